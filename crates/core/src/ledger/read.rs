//! What a decision or a query may ask of a ledger.

use std::collections::BTreeSet;

use super::{
    Cell, Channel, ChannelNo, Hold, HoldState, Item, ItemNo, Ledger, Location, LocationNo, Order,
    Transfer,
};
use crate::{ChannelId, HoldId, LedgerId, LocationId, OrderId, Rejection, Sku, Time, TransferId};

impl Ledger {
    pub fn id(&self) -> &LedgerId {
        &self.id
    }
    /// Position of the last entry; 0 before the first.
    pub fn position(&self) -> u64 {
        self.position
    }
    /// When the last entry was recorded.
    pub fn time(&self) -> Time {
        self.time
    }
    pub fn items(&self) -> &[Item] {
        &self.items
    }
    pub fn locations(&self) -> &[Location] {
        &self.locations
    }
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }
    pub fn orders(&self) -> impl Iterator<Item = (&OrderId, &Order)> {
        self.orders.iter()
    }
    pub fn holds(&self) -> impl Iterator<Item = (&HoldId, &Hold)> {
        self.holds.iter()
    }
    pub fn transfers(&self) -> impl Iterator<Item = (&TransferId, &Transfer)> {
        self.transfers.iter()
    }
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        self.orders.get(id)
    }
    pub fn hold(&self, id: &HoldId) -> Option<&Hold> {
        self.holds.get(id)
    }
    pub fn transfer(&self, id: &TransferId) -> Option<&Transfer> {
        self.transfers.get(id)
    }
    pub fn is_reversed(&self, position: u64) -> bool {
        self.reversed.contains(&position)
    }

    pub fn item_no(&self, sku: &Sku) -> Option<ItemNo> {
        self.by_sku.get(sku).copied()
    }
    pub fn item(&self, number: ItemNo) -> &Item {
        &self.items[number.0 as usize]
    }
    /// Locations are few: a walk is faster than a table.
    pub fn location_no(&self, id: &LocationId) -> Option<LocationNo> {
        let found = self.locations.iter().position(|it| it.id == *id)?;
        Some(LocationNo(found as u32))
    }
    pub fn location(&self, number: LocationNo) -> &Location {
        &self.locations[number.0 as usize]
    }
    pub fn channel_no(&self, id: &ChannelId) -> Option<ChannelNo> {
        let found = self.channels.iter().position(|it| it.id == *id)?;
        Some(ChannelNo(found as u32))
    }
    pub fn channel(&self, number: ChannelNo) -> &Channel {
        &self.channels[number.0 as usize]
    }

    /// # Errors
    /// `unknown_sku`.
    pub fn known_item(&self, sku: &Sku) -> Result<ItemNo, Rejection> {
        self.item_no(sku).ok_or_else(|| Rejection::UnknownSku { sku: sku.clone() })
    }
    /// An open location.
    ///
    /// # Errors
    /// `unknown_location`, `location_closed`.
    pub fn open_location(&self, id: &LocationId) -> Result<LocationNo, Rejection> {
        let number = self
            .location_no(id)
            .ok_or_else(|| Rejection::UnknownLocation { location: id.clone() })?;
        if self.location(number).closed {
            return Err(Rejection::LocationClosed { location: id.clone() });
        }
        Ok(number)
    }
    /// # Errors
    /// `unknown_channel`.
    pub fn known_channel(&self, id: &ChannelId) -> Result<ChannelNo, Rejection> {
        self.channel_no(id).ok_or_else(|| Rejection::UnknownChannel { channel: id.clone() })
    }

    /// # Errors
    /// `unknown_transfer`.
    pub fn known_transfer(&self, id: &TransferId) -> Result<&Transfer, Rejection> {
        self.transfer(id).ok_or_else(|| Rejection::UnknownTransfer { transfer: id.clone() })
    }
    /// A hold that still holds at `now`. One past its end does not, recorded or not.
    ///
    /// # Errors
    /// `unknown_hold`, `hold_expired`, `hold_already_released`, `hold_already_converted`.
    pub fn live_hold(&self, id: &HoldId, now: Time) -> Result<&Hold, Rejection> {
        let hold = self.hold(id).ok_or_else(|| Rejection::UnknownHold { hold: id.clone() })?;
        let id = id.clone();
        match &hold.state {
            HoldState::Live if hold.is_live(now) => Ok(hold),
            HoldState::Live | HoldState::Expired => {
                let (expired_at, lines) = (hold.expires_at, Vec::new());
                Err(Rejection::HoldExpired { hold: id, expired_at, lines })
            }
            HoldState::Released => Err(Rejection::HoldAlreadyReleased { hold: id }),
            HoldState::Converted(order) => {
                Err(Rejection::HoldAlreadyConverted { hold: id, order: order.clone() })
            }
        }
    }

    /// The cell of an item at a location; all zero where nothing ever was.
    pub fn cell(&self, item: ItemNo, location: LocationNo) -> Cell {
        self.item(item).cell(location).copied().unwrap_or_else(|| Cell::new(location))
    }

    /// Units that may still be promised: sellable, less committed, less what live holds hold.
    pub fn free(&self, item: ItemNo, location: LocationNo, now: Time) -> i64 {
        let cell = self.cell(item, location);
        cell.sellable - cell.committed - self.held(item, &cell, now)
    }

    /// Units that holds hold at `now`: a hold past its end counts no more, recorded or not.
    pub fn held(&self, item: ItemNo, cell: &Cell, now: Time) -> i64 {
        if cell.held == 0 || self.ends.first().is_none_or(|(end, _)| *end > now) {
            return cell.held;
        }
        cell.held
            - self
                .overdue(now)
                .map(|(_, hold)| self.held_by(hold, item, cell.location))
                .sum::<i64>()
    }

    fn held_by(&self, hold: &Hold, item: ItemNo, location: LocationNo) -> i64 {
        let lines = hold.lines.iter().filter(|line| self.item_no(&line.sku) == Some(item));
        let splits = lines.flat_map(|line| line.at.iter()).filter(|(at, _)| *at == location);
        splits.map(|(_, quantity)| *quantity as i64).sum()
    }

    /// Live holds whose end has come, in the order of their ends.
    pub fn overdue(&self, now: Time) -> impl Iterator<Item = (&HoldId, &Hold)> {
        let due = self.ends.iter().take_while(move |(end, _)| *end <= now);
        due.filter_map(|(_, id)| self.holds.get_key_value(id))
    }

    /// When the next live hold ends.
    pub fn next_end(&self) -> Option<Time> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Free units over a channel's locations: the plain sum. Below zero where the locations are oversold.
    pub fn available(&self, item: ItemNo, channel: ChannelNo, now: Time) -> i64 {
        let locations = &self.channel(channel).locations;
        locations.iter().map(|it| self.free(item, *it, now)).sum()
    }

    /// Every name that leads to an item: SKUs and aliases.
    pub fn names(&self) -> impl Iterator<Item = (&Sku, ItemNo)> {
        self.by_sku.iter().map(|(sku, number)| (sku, *number))
    }

    pub fn reversed(&self) -> &BTreeSet<u64> {
        &self.reversed
    }
}
