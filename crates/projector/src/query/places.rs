//! Ledgers, their locations and channels, and goods on their way.

use onhand_core::{
    Channel, ChannelId, Label, Ledger, LedgerId, Location, LocationId, LocationKind, Sku,
    SupplierId, Time, TransferId,
};
use serde::Serialize;

use super::{Missing, Seen};
use crate::projector::Projector;

/// A ledger and how much is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerView {
    pub ledger: LedgerId,
    pub position: u64,
    /// When its last entry was recorded.
    pub recorded_at: Time,
    pub items: usize,
    pub locations: usize,
    pub channels: usize,
    pub orders: usize,
    pub holds: usize,
}

/// Where a ledger's stock lies and is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacesView {
    pub seen: Seen,
    pub locations: Vec<LocationView>,
    pub channels: Vec<ChannelView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocationView {
    pub location: LocationId,
    pub name: Option<Label>,
    pub kind: LocationKind,
    pub supplier: Option<SupplierId>,
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelView {
    pub channel: ChannelId,
    pub name: Option<Label>,
    /// In the order in which they are drawn on.
    pub locations: Vec<LocationId>,
}

/// Goods on their way: units by SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransferView {
    pub seen: Seen,
    pub transfer: TransferId,
    pub from: LocationId,
    pub to: LocationId,
    pub sent: Vec<(Sku, u64)>,
    pub in_transit: Vec<(Sku, u64)>,
    /// Nothing is left in transit.
    pub closed: bool,
    pub position: u64,
}

impl Projector {
    /// All ledgers of the shard, by name.
    pub fn ledgers(&self) -> Vec<LedgerView> {
        let state = self.read();
        state.book.ledgers.values().map(ledger_view).collect()
    }

    /// # Errors
    /// Unknown ledger.
    pub fn places(&self, ledger: &LedgerId) -> Result<PlacesView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        Ok(PlacesView {
            seen: self.seen(&state, known),
            locations: known.locations().iter().map(location_view).collect(),
            channels: known.channels().iter().map(|it| channel_view(known, it)).collect(),
        })
    }

    /// # Errors
    /// Unknown ledger or transfer.
    pub fn transfer(&self, ledger: &LedgerId, id: &TransferId) -> Result<TransferView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let found = known.transfer(id).ok_or(Missing::Transfer)?;
        let named = |units: &std::collections::BTreeMap<u32, u64>| {
            let one =
                |(item, units): (&u32, &u64)| (known.items()[*item as usize].sku.clone(), *units);
            units.iter().map(one).collect()
        };
        Ok(TransferView {
            seen: self.seen(&state, known),
            transfer: id.clone(),
            from: found.from.clone(),
            to: found.to.clone(),
            sent: named(&found.sent),
            in_transit: named(&found.in_transit),
            closed: found.is_closed(),
            position: found.position,
        })
    }
}

fn ledger_view(ledger: &Ledger) -> LedgerView {
    LedgerView {
        ledger: ledger.id().clone(),
        position: ledger.position(),
        recorded_at: ledger.time(),
        items: ledger.items().len(),
        locations: ledger.locations().len(),
        channels: ledger.channels().len(),
        orders: ledger.orders().size_hint().0,
        holds: ledger.holds().size_hint().0,
    }
}

fn location_view(location: &Location) -> LocationView {
    LocationView {
        location: location.id.clone(),
        name: location.name.clone(),
        kind: location.kind,
        supplier: location.supplier.clone(),
        closed: location.closed,
    }
}

fn channel_view(ledger: &Ledger, channel: &Channel) -> ChannelView {
    let locations = channel.locations.iter().map(|it| ledger.location(*it).id.clone());
    ChannelView {
        channel: channel.id.clone(),
        name: channel.name.clone(),
        locations: locations.collect(),
    }
}
