//! The state a decision reads: the fold of one ledger's entries so far.

mod as_text;
mod cell;
mod change;
mod due;
mod evolve;
mod history;
mod hold;
mod item;
mod merge_supplied;
mod order;
mod place;
mod policy;
mod pool;
mod promise;
mod read;
mod record_difference;
mod record_handover;
mod record_merge;
mod record_pool;
mod record_supply;
mod record_terms;
mod stored_rule;
mod supply;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

pub use cell::Cell;
pub use change::{Touched, Tracking};
pub use due::Due;
pub use evolve::Corrupt;
pub use history::{History, NOW};
pub use hold::{HeldUnits, Hold, HoldState};
pub use item::{Anchor, Expected, Item, ItemInfo, Recipe, Supply, WindowUse};
pub use order::{Handed, Order, OrderLine};
pub use place::{Channel, Location};
pub use policy::{Policies, RuleSet, Ruling, Standing, Where};
pub use pool::{Claimant, Pool, PoolNo, PoolPart, PoolUnits, Tranche};
pub use supply::{
    Discrepancy, DiscrepancyState, Doubt, Feed, FeedNo, Handover, HandoverState, Listed,
    RECENT_MAX, Said, SnapshotSeen, Source, Staleness, Supplied, Supplier, SupplierNo, Tier,
};
pub use transfer::Transfer;

use crate::{HoldId, Label, LedgerId, OrderId, PoolId, Sku, SupplierId, Time, TransferId};
use change::Undo;
use supply::{Appointee, Meaning};

/// An item's number within its ledger: dense, never shown, never stored in an entry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct ItemNo(pub u32);
/// A location's number within its ledger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct LocationNo(pub u32);
/// A channel's number within its ledger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct ChannelNo(pub u32);

/// One seller's book. Built only by [`Ledger::evolve`], or put together again from a checkpoint.
#[derive(Clone, Debug)]
pub struct Ledger {
    id: LedgerId,
    position: u64,
    time: Time,
    /// SKUs and aliases.
    by_sku: FxHashMap<Sku, ItemNo>,
    items: Vec<Item>,
    locations: Vec<Location>,
    channels: Vec<Channel>,
    orders: FxHashMap<OrderId, Order>,
    holds: FxHashMap<HoldId, Hold>,
    /// Ends of live holds, earliest first.
    ends: BTreeSet<(Time, HoldId)>,
    transfers: FxHashMap<TransferId, Transfer>,
    pools: Vec<Pool>,
    by_pool: FxHashMap<PoolId, PoolNo>,
    /// What the writer is to do about open pools, earliest first.
    appointments: BTreeSet<(Time, PoolNo)>,
    /// Units by which stock fell below the pools and that these are still to lose.
    short: Shortages,
    policies: Policies,
    suppliers: Vec<Supplier>,
    feeds: Vec<Feed>,
    /// The feed of each location, by its number.
    feed_at: Vec<Option<FeedNo>>,
    /// What suppliers' codes mean.
    codes: FxHashMap<(SupplierNo, Sku), Meaning>,
    discrepancies: FxHashMap<u64, Discrepancy>,
    next_discrepancy: u64,
    /// Open differences about codes that mean nothing.
    unknown_codes: FxHashMap<(SupplierNo, Sku), u64>,
    handovers: FxHashMap<(SupplierId, Label), Handover>,
    /// Orders with units at a supplier that it was not given yet.
    waiting: BTreeMap<SupplierNo, BTreeSet<OrderId>>,
    /// What the writer is to do about feeds and suppliers, earliest first.
    supply_due: BTreeSet<(Time, Appointee)>,
    /// Positions of entries that were undone.
    reversed: BTreeSet<u64>,
    tracking: Tracking,
    touched: Touched,
    undo: Vec<Undo>,
}

/// Units missing for the pools, by item and location.
pub type Shortages = BTreeMap<(ItemNo, LocationNo), u64>;

/// The parts of a ledger that are few: everything but items, orders, holds, transfers and pools.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Frame {
    pub id: LedgerId,
    pub position: u64,
    pub time: Time,
    pub locations: Vec<Location>,
    pub channels: Vec<Channel>,
    pub reversed: BTreeSet<u64>,
    pub policies: Policies,
    pub short: Shortages,
    pub suppliers: Vec<Supplier>,
    pub feeds: Vec<Feed>,
    pub next_discrepancy: u64,
}

impl Ledger {
    pub fn new(id: LedgerId) -> Ledger {
        Ledger::from_frame(Frame {
            id,
            position: 0,
            time: Time(0),
            locations: Vec::new(),
            channels: Vec::new(),
            reversed: BTreeSet::new(),
            policies: Policies::default(),
            short: Shortages::new(),
            suppliers: Vec::new(),
            feeds: Vec::new(),
            next_discrepancy: 1,
        })
    }

    /// A ledger without items, orders, holds, transfers and pools: the `put_…` functions bring them back.
    pub fn from_frame(frame: Frame) -> Ledger {
        let mut ledger = Ledger {
            id: frame.id,
            position: frame.position,
            time: frame.time,
            by_sku: FxHashMap::default(),
            items: Vec::new(),
            locations: frame.locations,
            channels: frame.channels,
            orders: FxHashMap::default(),
            holds: FxHashMap::default(),
            ends: BTreeSet::new(),
            transfers: FxHashMap::default(),
            pools: Vec::new(),
            by_pool: FxHashMap::default(),
            appointments: BTreeSet::new(),
            short: frame.short,
            policies: frame.policies,
            suppliers: frame.suppliers,
            feeds: frame.feeds,
            feed_at: Vec::new(),
            codes: FxHashMap::default(),
            discrepancies: FxHashMap::default(),
            next_discrepancy: frame.next_discrepancy,
            unknown_codes: FxHashMap::default(),
            handovers: FxHashMap::default(),
            waiting: BTreeMap::new(),
            supply_due: BTreeSet::new(),
            reversed: frame.reversed,
            tracking: Tracking::Off,
            touched: Touched::default(),
            undo: Vec::new(),
        };
        ledger.appoint_supply();
        ledger
    }

    pub fn frame(&self) -> Frame {
        Frame {
            id: self.id.clone(),
            position: self.position,
            time: self.time,
            locations: self.locations.clone(),
            channels: self.channels.clone(),
            reversed: self.reversed.clone(),
            policies: self.policies.clone(),
            short: self.short.clone(),
            suppliers: self.suppliers.clone(),
            feeds: self.feeds.clone(),
            next_discrepancy: self.next_discrepancy,
        }
    }

    /// Brings back the item with the next number.
    pub fn put_item(&mut self, item: Item) {
        let number = ItemNo(self.items.len() as u32);
        // Whatever an item was merged into has taken its names over.
        if item.info.as_ref().is_none_or(|it| it.merged_into.is_none()) {
            self.by_sku.insert(item.sku.clone(), number);
            for alias in item.aliases() {
                self.by_sku.insert(alias.clone(), number);
            }
        }
        if let Some(supplied) = &item.supplied {
            let codes: Vec<_> =
                supplied.sources.iter().map(|it| (it.supplier, it.code.clone())).collect();
            codes.into_iter().for_each(|it| self.mean(it, number));
        }
        self.items.push(item);
    }

    /// Brings back the pool with the next number.
    pub fn put_pool(&mut self, pool: Pool) {
        let number = PoolNo(self.pools.len() as u32);
        self.by_pool.insert(pool.id.clone(), number);
        self.pools.push(pool);
        self.appoint(number);
    }

    pub fn put_order(&mut self, id: OrderId, order: Order) {
        self.orders.insert(id.clone(), order);
        self.note_waiting(&id);
    }

    pub fn put_discrepancy(&mut self, discrepancy: Discrepancy) {
        self.name_unknown(&discrepancy);
        self.discrepancies.insert(discrepancy.difference.number, discrepancy);
    }

    pub fn put_handover(&mut self, handover: Handover) {
        self.await_confirmation(&handover);
        let key = (handover.told.supplier.clone(), handover.told.handover.clone());
        self.handovers.insert(key, handover);
    }

    pub fn put_hold(&mut self, id: HoldId, hold: Hold) {
        if hold.state == HoldState::Live {
            self.ends.insert((hold.expires_at, id.clone()));
        }
        self.holds.insert(id, hold);
    }

    pub fn put_transfer(&mut self, id: TransferId, transfer: Transfer) {
        self.transfers.insert(id, transfer);
    }
}

/// The same book: everything but what is remembered of changes.
impl PartialEq for Ledger {
    fn eq(&self, other: &Ledger) -> bool {
        self.frame() == other.frame()
            && self.by_sku == other.by_sku
            && self.items == other.items
            && self.orders == other.orders
            && self.holds == other.holds
            && self.ends == other.ends
            && self.transfers == other.transfers
            && self.pools == other.pools
            && self.appointments == other.appointments
            && self.codes == other.codes
            && self.discrepancies == other.discrepancies
            && self.unknown_codes == other.unknown_codes
            && self.handovers == other.handovers
            && self.waiting == other.waiting
            && self.supply_due == other.supply_due
    }
}

/// What a claim takes units of: those at a location, out of a pool there, or a window's capacity.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Spot {
    pub location: LocationNo,
    pub origin: Origin,
}

/// Out of what a claim's units come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Origin {
    Shared,
    Pool(PoolNo),
    /// The window that begins so many minutes after 1970.
    Window(u32),
}

impl Spot {
    pub fn shared(location: LocationNo) -> Spot {
        Spot { location, origin: Origin::Shared }
    }
}

/// Units by spot, in the order in which they were claimed.
pub type AtLocations = Vec<(Spot, u64)>;
/// Units by item.
pub type ByItem = BTreeMap<u32, u64>;
