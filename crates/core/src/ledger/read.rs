//! What a decision or a query may ask of a ledger.

use std::collections::BTreeSet;

use super::{
    Cell, Channel, ChannelNo, FeedNo, Hold, HoldState, Item, ItemNo, Ledger, Location, LocationNo,
    Order, Origin, Pool, PoolNo, Shortages, Spot, SupplierNo, Transfer,
};
use crate::{
    ChannelId, FeedId, HoldId, LedgerId, LocationId, OrderId, Pending, PoolId, Rejection, Shelf,
    Sku, SupplierId, Time, TransferId,
};

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
    /// The item that the entry at `position` means by a name: before a merge that is the one that
    /// was merged away later.
    pub fn item_no_at(&self, sku: &Sku, position: u64) -> Option<ItemNo> {
        let mut item = self.item_no(sku)?;
        while let Some(former) = self.former(item, sku, position) {
            item = former;
        }
        Some(item)
    }

    /// The item that had the name until it was merged into `item`, at `position` or later.
    fn former(&self, item: ItemNo, sku: &Sku, position: u64) -> Option<ItemNo> {
        let merged = self.merged(item).iter().copied();
        let mut then =
            merged.filter(|it| self.item(*it).closed_at().is_some_and(|at| at >= position));
        then.find(|it| self.item(*it).sku == *sku || self.item(*it).aliases().contains(sku))
    }

    /// Items that were merged into this one.
    pub fn merged(&self, item: ItemNo) -> &[ItemNo] {
        self.item(item).info.as_ref().map_or(&[], |it| &it.merged)
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
    /// `unknown_supplier`.
    pub fn known_supplier(&self, id: &SupplierId) -> Result<SupplierNo, Rejection> {
        self.supplier_no(id).ok_or_else(|| Rejection::UnknownSupplier { supplier: id.clone() })
    }
    /// # Errors
    /// `unknown_feed`.
    pub fn known_feed(&self, id: &FeedId) -> Result<FeedNo, Rejection> {
        self.feed_no(id).ok_or_else(|| Rejection::UnknownFeed { feed: id.clone() })
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

    /// Units that nobody was promised and no pool holds: sellable, less committed, less what live
    /// holds hold, less what is set aside.
    pub fn free(&self, item: ItemNo, location: LocationNo, now: Time) -> i64 {
        let cell = self.cell(item, location);
        let shelf = self.shelf_of(item, &cell, now, &Pending::default());
        shelf.sellable - shelf.committed - shelf.held - shelf.pooled
    }

    /// The figures of a cell at `now`, once what is pending is claimed. What time has ended is
    /// ended, recorded or not. What pools promised beyond what they had they do not hold.
    pub fn shelf_of(&self, item: ItemNo, cell: &Cell, now: Time, pending: &Pending) -> Shelf {
        let left = |number: &PoolNo| {
            let spot = Spot { location: cell.location, origin: Origin::Pool(*number) };
            self.left_in_pool(item, spot, now, pending).max(0)
        };
        let open = self.item(item).pools().iter().filter(|it| self.pool(**it).is_open(now));
        Shelf {
            sellable: cell.sellable,
            committed: cell.committed + pending.at(item, cell.location) as i64,
            held: self.held(item, cell, now),
            pooled: open.map(left).sum(),
            doubted: self.doubted(item, cell.location, crate::NOW) as i64,
        }
    }

    /// What a pool has at a location at `now`, once what is pending is claimed; below zero where it
    /// promised more.
    pub fn left_in_pool(&self, item: ItemNo, spot: Spot, now: Time, pending: &Pending) -> i64 {
        let Origin::Pool(number) = spot.origin else { return 0 };
        let left = self.pool(number).part(item).map_or(0, |it| it.left_at(spot.location));
        let back = self.given_back_to(item, now, |it| it == spot);
        left + back as i64 - pending.of_spot(item, spot) as i64
    }

    /// Units that a pool promised beyond what it has where they lie.
    pub fn owed_by(&self, number: PoolNo, item: ItemNo, now: Time, pending: &Pending) -> i64 {
        let (mut owed, mut elsewhere) = (0, pending.of_pool(item, number) as i64);
        for cell in &self.item(item).cells {
            let spot = Spot { location: cell.location, origin: Origin::Pool(number) };
            owed += (-self.left_in_pool(item, spot, now, pending)).max(0);
            elsewhere -= pending.of_spot(item, spot) as i64;
        }
        owed + elsewhere
    }

    /// Units that holds hold at `now`: a hold past its end counts no more, recorded or not.
    pub fn held(&self, item: ItemNo, cell: &Cell, now: Time) -> i64 {
        let here = |spot: Spot| spot.location == cell.location;
        match cell.held {
            0 => 0,
            held => held - self.given_back_to(item, now, here) as i64,
        }
    }

    /// Units of an item that holds past their end give back at `now`, at the spots that match.
    pub fn given_back_to(&self, item: ItemNo, now: Time, matches: impl Fn(Spot) -> bool) -> u64 {
        if self.ends.first().is_none_or(|(end, _)| *end > now) {
            return 0;
        }
        let overdue = self.overdue(now).flat_map(|(_, hold)| self.spots_of(hold, item));
        overdue.filter(|(spot, _)| matches(*spot)).map(|(_, units)| units).sum()
    }

    fn spots_of<'a>(&'a self, hold: &'a Hold, item: ItemNo) -> impl Iterator<Item = (Spot, u64)> {
        let lines = hold.lines.iter().filter(move |line| self.item_no(&line.sku) == Some(item));
        lines.flat_map(|line| line.at.iter().copied())
    }

    /// What is taken of a window's capacity at `now`: holds past their end count no more.
    pub fn taken_of_window(&self, item: ItemNo, window: u32, now: Time) -> u64 {
        let windows = self.item(item).info.as_ref().map(|it| &it.windows);
        let used = windows.and_then(|it| it.get(&window)).copied().unwrap_or_default();
        let over = self.given_back_to(item, now, |it| it.origin == Origin::Window(window));
        used.held - over.min(used.held) + used.taken
    }

    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }
    pub fn pool_no(&self, id: &PoolId) -> Option<PoolNo> {
        self.by_pool.get(id).copied()
    }
    pub fn pool(&self, number: PoolNo) -> &Pool {
        &self.pools[number.0 as usize]
    }
    /// # Errors
    /// `unknown_pool`.
    pub fn known_pool(&self, id: &PoolId) -> Result<PoolNo, Rejection> {
        self.pool_no(id).ok_or_else(|| Rejection::UnknownPool { pool: id.clone() })
    }
    /// A pool that was not closed and is not past its end.
    ///
    /// # Errors
    /// `unknown_pool`, `pool_closed`.
    pub fn open_pool(&self, id: &PoolId, now: Time) -> Result<PoolNo, Rejection> {
        let number = self.known_pool(id)?;
        match self.pool(number).is_open(now) {
            true => Ok(number),
            false => Err(Rejection::PoolClosed { pool: id.clone() }),
        }
    }
    pub fn short(&self) -> &Shortages {
        &self.short
    }
    /// Units that the pools hold at a location and that are not there, promised as they may be.
    pub fn pool_deficit(&self, item: ItemNo, location: LocationNo) -> u64 {
        let parts = self.item(item).pools().iter().filter_map(|it| self.pool(*it).part(item));
        let pooled: i64 = parts.map(|it| it.left_at(location).max(0)).sum();
        let missing = pooled - self.cell(item, location).unpromised();
        u64::try_from(missing.min(pooled)).unwrap_or(0)
    }

    /// An item of which something may be promised.
    ///
    /// # Errors
    /// `unknown_sku`, `item_closed`.
    pub fn sold_item(&self, sku: &Sku) -> Result<ItemNo, Rejection> {
        let item = self.known_item(sku)?;
        match self.item(item).is_closed() {
            true => Err(Rejection::ItemClosed { sku: sku.clone() }),
            false => Ok(item),
        }
    }

    /// An item's own SKU as of now, whichever name it was recorded under.
    pub fn current_sku(&self, name: &Sku) -> Sku {
        self.item_no(name).map_or(name, |it| &self.item(it).sku).clone()
    }

    /// Every name that leads to an item: SKUs and aliases.
    pub fn names(&self) -> impl Iterator<Item = (&Sku, ItemNo)> {
        self.by_sku.iter().map(|(sku, number)| (sku, *number))
    }

    pub fn reversed(&self) -> &BTreeSet<u64> {
        &self.reversed
    }
}
