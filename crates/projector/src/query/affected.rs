//! Which orders are touched when more is committed than can be shipped: the newest first.

use onhand_core::{ChannelId, Ledger, LedgerId, LocationId, LocationNo, Order, OrderId, Sku};
use rustc_hash::FxHashSet;
use serde::Serialize;

use super::{Missing, Seen, bounded};
use crate::projector::Projector;
use crate::timeline::{Holder, records, united};

/// Open orders over an item at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AffectedOrders {
    pub seen: Seen,
    pub sku: Sku,
    pub location: LocationId,
    /// Units committed beyond what can be shipped.
    pub oversold: u64,
    /// Newest first.
    pub orders: Vec<AffectedOrder>,
    /// More orders are open than were told.
    pub more: bool,
}

/// An order with units committed there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AffectedOrder {
    pub order: OrderId,
    pub channel: Option<ChannelId>,
    /// Position of the entry that first named it.
    pub position: u64,
    /// Units committed to it there.
    pub committed: u64,
    /// Whether it is one of the newest that together make up what is oversold.
    pub affected: bool,
}

impl Projector {
    /// Orders with units of the item committed at the location, newest commitment first.
    ///
    /// # Errors
    /// Unknown ledger, SKU or location; or timelines are switched off.
    pub fn affected_orders(
        &self,
        ledger: &LedgerId,
        sku: &Sku,
        location: &LocationId,
        limit: usize,
    ) -> Result<AffectedOrders, Missing> {
        let state = self.read();
        if !state.timeline {
            return Err(Missing::Timeline);
        }
        let known = state.known_ledger(ledger)?;
        let item = known.item_no(sku).ok_or(Missing::Sku)?;
        let place = known.location_no(location).ok_or(Missing::Location)?;
        let cell = known.cell(item, place);
        let records = records(state.logs.get(ledger), &united(known, item)).flatten();
        let here = Holder::Location(place);
        let named = records
            .map(|(_, record)| record)
            .filter(|record| record.changes.iter().any(|it| it.at == here && it.by.committed > 0));
        let mut open = Open { ledger: known, item: item.0, place, told: FxHashSet::default() };
        let wanted = u64::try_from(cell.committed).unwrap_or(0);
        let (mut orders, mut found, mut more) = (Vec::new(), 0, false);
        for id in named.filter_map(|record| record.order) {
            // Once all that is committed is accounted for, nothing older can be open.
            if found >= wanted {
                break;
            }
            let Some((order, committed)) = open.committed(&id) else { continue };
            if orders.len() == bounded(limit) {
                more = true;
                break;
            }
            let affected = found < cell.oversold();
            found += committed;
            let (channel, position) = (order.channel.clone(), order.position);
            orders.push(AffectedOrder { order: id, channel, position, committed, affected });
        }
        Ok(AffectedOrders {
            seen: self.seen(&state, known),
            sku: known.item(item).sku.clone(),
            location: location.clone(),
            oversold: cell.oversold(),
            orders,
            more,
        })
    }
}

/// Looks at each order once.
struct Open<'a> {
    ledger: &'a Ledger,
    item: u32,
    place: LocationNo,
    told: FxHashSet<OrderId>,
}

impl<'a> Open<'a> {
    /// The order and its units committed there, if any are and it was not told before.
    fn committed(&mut self, id: &OrderId) -> Option<(&'a Order, u64)> {
        if !self.told.insert(id.clone()) {
            return None;
        }
        let order = self.ledger.order(id)?;
        let ours = |sku: &Sku| self.ledger.item_no(sku).is_some_and(|it| it.0 == self.item);
        let lines = order.lines.iter().filter(|line| line.sku.as_ref().is_some_and(ours));
        let there =
            lines.flat_map(|line| &line.committed_at).filter(|(it, _)| it.location == self.place);
        let committed = there.map(|(_, quantity)| quantity).sum();
        (committed > 0).then_some((order, committed))
    }
}
