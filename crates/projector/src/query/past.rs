//! What was available: the same rows as of now, put together from what is explained.

use onhand_core::{ChannelId, LedgerId, Time};
use serde::Serialize;

use super::{
    AvailabilityQuery, AvailabilityRow, Explain, ExplainQuery, Explained, FreeAt, FreshAt, KitRow,
    LocationTold, Missing, OwnPool, PartRow, Seen,
};
use crate::projector::Projector;

/// Availability as of a past position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastAvailability {
    pub seen: Seen,
    /// The last entry that counts.
    pub position: u64,
    /// The moment at which ends of pools and tranches are judged.
    pub at: Time,
    /// In the order in which the items were named.
    pub rows: Vec<AvailabilityRow>,
}

impl Projector {
    /// What was available of the items named once the entry at position `at` was recorded, or, if
    /// none is given, by `at_time`.
    ///
    /// # Errors
    /// As [`Projector::explain`]; unknown SKU also where none is named.
    pub fn availability_at(
        &self,
        ledger: &LedgerId,
        query: &AvailabilityQuery,
        at: Option<u64>,
        at_time: Option<Time>,
    ) -> Result<PastAvailability, Missing> {
        let mut told: Option<PastAvailability> = None;
        for sku in &query.skus {
            let query = ExplainQuery {
                at,
                at_time,
                slot: query.slot,
                campaign: query.campaign.clone(),
                customer: query.customer.clone(),
                ..ExplainQuery::now(sku.clone(), query.channel.clone())
            };
            let Explain { seen, position, at, channel, item, .. } = self.explain(ledger, &query)?;
            let row = row(channel, item);
            match &mut told {
                Some(told) => told.rows.push(row),
                None => told = Some(PastAvailability { seen, position, at, rows: vec![row] }),
            }
        }
        told.ok_or(Missing::Sku)
    }
}

fn row(channel: ChannelId, item: Explained) -> AvailabilityRow {
    let pools = item.pools.into_iter();
    let kit = item.kit.map(|kit| {
        let parts = kit.parts.into_iter().map(|part| PartRow {
            sku: part.item.sku,
            need: part.need,
            published: part.item.published,
            freshness: freshness(&part.item.locations),
        });
        KitRow { version: kit.version, parts: parts.collect() }
    });
    let freshness = freshness(&item.locations);
    AvailabilityRow {
        sku: item.sku,
        channel,
        available: item.available,
        published: item.published,
        mode: item.mode,
        terms: item.terms,
        locations: item.locations.into_iter().map(free_at).collect(),
        pools: pools.map(|it| OwnPool { pool: it.pool, own: it.own, left: it.left }).collect(),
        kit,
        freshness,
    }
}

fn freshness(locations: &[LocationTold]) -> Vec<FreshAt> {
    locations.iter().filter_map(|it| it.freshness.clone()).collect()
}

fn free_at(it: LocationTold) -> FreeAt {
    super::availability::free_at(it.location, &it.terms)
}
