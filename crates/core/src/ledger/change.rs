//! What changed: the keys a checkpoint must write, or the old values that undo a trial.

use rustc_hash::FxHashSet;

use super::supply::Meaning;
use super::{
    Channel, Discrepancy, Feed, Handover, Hold, Item, ItemNo, Ledger, Location, Order, Policies,
    Pool, PoolNo, Shortages, Supplier, SupplierNo, Transfer,
};
use crate::{HoldId, Label, OrderId, Sku, SupplierId, Time, TransferId};

/// What a ledger remembers of its own changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracking {
    #[default]
    Off,
    /// Which keys changed.
    Keys,
    /// What they were before.
    Undo,
}

/// Keys that changed since they were last taken. The frame is small and always written.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    pub items: FxHashSet<u32>,
    pub orders: FxHashSet<OrderId>,
    pub holds: FxHashSet<HoldId>,
    pub transfers: FxHashSet<TransferId>,
    pub pools: FxHashSet<u32>,
    pub discrepancies: FxHashSet<u64>,
    pub handovers: FxHashSet<(SupplierId, Label)>,
}

/// One step back.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    Head(u64, Time),
    Item(ItemNo, Item),
    ItemAdded(Sku),
    NameAdded(Sku),
    /// A name led to another item before.
    NameMoved(Sku, ItemNo),
    Places(Vec<Location>, Vec<Channel>),
    Order(OrderId, Option<Order>),
    Hold(HoldId, Option<Hold>),
    Transfer(TransferId, Option<Transfer>),
    Pool(PoolNo, Option<Box<Pool>>),
    Policies(Box<Policies>),
    Short(Shortages),
    Reversed(u64),
    /// Suppliers, feeds, and the number of the next difference.
    Supply(Box<(Vec<Supplier>, Vec<Feed>, u64)>),
    Code((SupplierNo, Sku), Option<Meaning>),
    Discrepancy(u64, Option<Box<Discrepancy>>),
    Handover((SupplierId, Label), Option<Box<Handover>>),
}

impl Ledger {
    pub fn track(&mut self, tracking: Tracking) {
        self.tracking = tracking;
    }

    pub fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    /// Remembers everything from here on, until [`Ledger::keep`] or [`Ledger::roll_back`].
    pub fn begin_trial(&mut self) {
        self.undo.clear();
        self.tracking = Tracking::Undo;
        self.undo.push(Undo::Head(self.position, self.time));
    }

    /// What was tried becomes real.
    pub fn keep(&mut self) {
        self.tracking = Tracking::Off;
        self.undo.clear();
    }

    /// The ledger is as it was at [`Ledger::begin_trial`].
    pub fn roll_back(&mut self) {
        self.tracking = Tracking::Off;
        while let Some(step) = self.undo.pop() {
            self.step_back(step);
        }
    }

    fn step_back(&mut self, step: Undo) {
        match step {
            Undo::Head(position, time) => (self.position, self.time) = (position, time),
            Undo::Item(number, item) => self.items[number.0 as usize] = item,
            Undo::ItemAdded(sku) => {
                self.by_sku.remove(&sku);
                self.items.pop();
            }
            Undo::NameAdded(alias) => drop(self.by_sku.remove(&alias)),
            Undo::NameMoved(name, item) => drop(self.by_sku.insert(name, item)),
            Undo::Places(locations, channels) => {
                (self.locations, self.channels) = (locations, channels);
            }
            Undo::Order(id, before) => self.step_back_order(id, before),
            Undo::Hold(id, before) => self.step_back_hold(id, before),
            Undo::Transfer(id, Some(transfer)) => drop(self.transfers.insert(id, transfer)),
            Undo::Transfer(id, None) => drop(self.transfers.remove(&id)),
            Undo::Pool(number, before) => self.step_back_pool(number, before),
            Undo::Policies(policies) => self.policies = *policies,
            Undo::Short(short) => self.short = short,
            Undo::Reversed(position) => drop(self.reversed.remove(&position)),
            Undo::Supply(before) => {
                (self.suppliers, self.feeds, self.next_discrepancy) = *before;
                let known = self.suppliers.len();
                self.waiting.retain(|number, _| (number.0 as usize) < known);
                self.appoint_supply();
            }
            Undo::Code(code, Some(meaning)) => drop(self.codes.insert(code, meaning)),
            Undo::Code(code, None) => drop(self.codes.remove(&code)),
            Undo::Discrepancy(number, before) => self.step_back_discrepancy(number, before),
            Undo::Handover(key, before) => {
                self.handovers.remove(&key);
                self.await_no_confirmation(&key);
                before.into_iter().for_each(|it| self.put_handover(*it));
            }
        }
    }

    fn step_back_order(&mut self, id: OrderId, before: Option<Order>) {
        match before {
            Some(order) => drop(self.orders.insert(id.clone(), order)),
            None => drop(self.orders.remove(&id)),
        }
        self.note_waiting(&id);
    }

    fn step_back_discrepancy(&mut self, number: u64, before: Option<Box<Discrepancy>>) {
        if let Some(now) = self.discrepancies.remove(&number) {
            self.forget_unknown(&now);
        }
        before.into_iter().for_each(|it| self.put_discrepancy(*it));
    }

    fn step_back_pool(&mut self, number: PoolNo, before: Option<Box<Pool>>) {
        self.unappoint(number);
        match before {
            Some(before) => {
                self.pools[number.0 as usize] = *before;
                self.appoint(number);
            }
            None => {
                if let Some(pool) = self.pools.pop() {
                    self.by_pool.remove(&pool.id);
                }
            }
        }
    }

    fn step_back_hold(&mut self, id: HoldId, before: Option<Hold>) {
        if let Some(now) = self.holds.remove(&id) {
            self.ends.remove(&(now.expires_at, id.clone()));
        }
        if let Some(before) = before {
            self.put_hold(id, before);
        }
    }

    pub(super) fn touch_item(&mut self, number: ItemNo) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.items.insert(number.0)),
            Tracking::Undo => {
                self.undo.push(Undo::Item(number, self.items[number.0 as usize].clone()));
            }
        }
    }

    pub(super) fn touch_item_added(&mut self, number: ItemNo, sku: &Sku) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.items.insert(number.0)),
            Tracking::Undo => self.undo.push(Undo::ItemAdded(sku.clone())),
        }
    }

    pub(super) fn touch_name_added(&mut self, alias: &Sku) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::NameAdded(alias.clone()));
        }
    }

    pub(super) fn touch_places(&mut self) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::Places(self.locations.clone(), self.channels.clone()));
        }
    }

    pub(super) fn touch_order(&mut self, id: &OrderId) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.orders.insert(id.clone())),
            // The lines of one order are touched in a row: the first step back covers them all.
            Tracking::Undo if matches!(self.undo.last(), Some(Undo::Order(it, _)) if it == id) => {}
            Tracking::Undo => self.undo.push(Undo::Order(id.clone(), self.orders.get(id).cloned())),
        }
    }

    pub(super) fn touch_hold(&mut self, id: &HoldId) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.holds.insert(id.clone())),
            Tracking::Undo if matches!(self.undo.last(), Some(Undo::Hold(it, _)) if it == id) => {}
            Tracking::Undo => self.undo.push(Undo::Hold(id.clone(), self.holds.get(id).cloned())),
        }
    }

    pub(super) fn touch_transfer(&mut self, id: &TransferId) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.transfers.insert(id.clone())),
            Tracking::Undo => {
                self.undo.push(Undo::Transfer(id.clone(), self.transfers.get(id).cloned()));
            }
        }
    }

    /// Before a pool changes; `None` before the first that is known of it.
    pub(super) fn touch_pool(&mut self, number: PoolNo) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.pools.insert(number.0)),
            Tracking::Undo => {
                let before = self.pools.get(number.0 as usize).cloned().map(Box::new);
                self.undo.push(Undo::Pool(number, before));
            }
        }
    }

    pub(super) fn touch_policies(&mut self) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::Policies(Box::new(self.policies.clone())));
        }
    }

    pub(super) fn touch_short(&mut self) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::Short(self.short.clone()));
        }
    }

    pub(super) fn touch_name_moved(&mut self, name: &Sku, before: ItemNo) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::NameMoved(name.clone(), before));
        }
    }

    pub(super) fn touch_supply(&mut self) {
        if self.tracking == Tracking::Undo {
            let all = (self.suppliers.clone(), self.feeds.clone(), self.next_discrepancy);
            self.undo.push(Undo::Supply(Box::new(all)));
        }
    }

    pub(super) fn touch_code(&mut self, code: &(SupplierNo, Sku)) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::Code(code.clone(), self.codes.get(code).cloned()));
        }
    }

    pub(super) fn touch_discrepancy(&mut self, number: u64) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.discrepancies.insert(number)),
            Tracking::Undo => {
                let before = self.discrepancies.get(&number).cloned().map(Box::new);
                self.undo.push(Undo::Discrepancy(number, before));
            }
        }
    }

    pub(super) fn touch_handover(&mut self, key: &(SupplierId, Label)) {
        match self.tracking {
            Tracking::Off => {}
            Tracking::Keys => drop(self.touched.handovers.insert(key.clone())),
            Tracking::Undo => {
                let before = self.handovers.get(key).cloned().map(Box::new);
                self.undo.push(Undo::Handover(key.clone(), before));
            }
        }
    }

    pub(super) fn touch_reversed(&mut self, position: u64) {
        if self.tracking == Tracking::Undo {
            self.undo.push(Undo::Reversed(position));
        }
    }
}
