//! What a channel may still sell, and why that much.

use onhand_core::{
    ChannelId, ChannelNo, Claimant, ItemNo, Ledger, LedgerId, LocationId, Sku, Time,
};
use serde::Serialize;

use super::stock::page_items;
use super::{Missing, Page};
use crate::projector::Projector;

/// One item on one channel, in base units: the sum over the channel's locations, with its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AvailabilityRow {
    pub sku: Sku,
    pub channel: ChannelId,
    /// What a hold or commitment may take. Below zero where promises exceed the stock.
    pub available: i64,
    /// What to tell the channel: never below zero.
    pub published: u64,
    /// In the order in which the channel draws on them.
    pub locations: Vec<FreeAt>,
}

/// The terms of one location: `free = sellable - committed - held`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FreeAt {
    pub location: LocationId,
    pub sellable: i64,
    pub committed: i64,
    /// By holds that are live now.
    pub held: i64,
    pub free: i64,
}

impl Projector {
    /// What is available of these items on a channel; with no items named, of all, page by page.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU.
    pub fn availability(
        &self,
        ledger: &LedgerId,
        channel: &ChannelId,
        skus: &[Sku],
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Page<AvailabilityRow, Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let channel = known.channel_no(channel).ok_or(Missing::Channel)?;
        let now = self.now(known.time());
        let (items, next) = page_items(known, skus, after, limit)?;
        let rows = items.into_iter().map(|item| row(known, item, channel, now)).collect();
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

fn row(ledger: &Ledger, item: ItemNo, channel: ChannelNo, now: Time) -> AvailabilityRow {
    let who = Claimant { channel: Some(channel), ..Claimant::default() };
    let offer = ledger.offer(item, &who, None, now);
    let available = offer.reservable().unwrap_or(i64::MAX);
    let channel = ledger.channel(channel);
    let locations = channel.locations.iter().map(|location| {
        let cell = ledger.cell(item, *location);
        FreeAt {
            location: ledger.location(*location).id.clone(),
            sellable: cell.sellable,
            committed: cell.committed,
            held: ledger.held(item, &cell, now),
            free: ledger.free(item, *location, now),
        }
    });
    AvailabilityRow {
        sku: ledger.item(item).sku.clone(),
        channel: channel.id.clone(),
        available,
        published: offer.published().unwrap_or(u64::MAX),
        locations: locations.collect(),
    }
}
