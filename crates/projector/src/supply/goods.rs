//! Goods from the order to the end of their inspection: when they were ordered, when they came,
//! and whose they are while they wait in quality control.
//!
//! Goods in quality control are alike: what came first is inspected first.

use std::collections::BTreeMap;

use onhand_core::{
    Account, Condition, Entry, Fact, ItemsMerged, Label, Ledger, LocationNo, Movement,
    StockExpected, StockReceived, SupplierId, Time,
};
use serde::{Deserialize, Serialize};

/// What is open of one item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    ordered: Vec<Ordered>,
    /// The first to come first.
    lots: Vec<Lot>,
}

/// Units that were ordered and have not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ordered {
    inbound: Label,
    location: LocationNo,
    supplier: Option<SupplierId>,
    at: Time,
    left: u64,
}

/// Units in quality control that came together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lot {
    location: LocationNo,
    /// None: they came from elsewhere, such as from a customer.
    supplier: Option<SupplierId>,
    at: Time,
    left: u64,
}

/// What an entry did with goods of a supplier.
pub struct Told {
    pub supplier: SupplierId,
    pub what: GoodsTold,
}

/// Times are minutes; none where nothing is known of the beginning, or it was told already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodsTold {
    Received { units: u64, since_order: Option<u32> },
    Inspected { location: LocationNo, units: u64, rejected: bool, since_receipt: Option<u32> },
}

type All = BTreeMap<u32, Goods>;

/// An order keeps its first moment, however often its quantity changes.
pub fn expect(all: &mut All, ledger: &Ledger, it: &StockExpected, position: u64, at: Time) {
    let Some(location) = ledger.location_no(&it.location) else { return };
    for line in &it.lines {
        let Some(item) = ledger.item_no_at(&line.sku, position) else { continue };
        let goods = all.entry(item.0).or_default();
        let same = |known: &Ordered| known.inbound == it.inbound && known.location == location;
        match goods.ordered.iter().position(same) {
            Some(place) if line.quantity == 0 => drop(goods.ordered.remove(place)),
            Some(place) => {
                goods.ordered[place].left = line.quantity;
                goods.ordered[place].supplier = it.supplier.clone();
            }
            None if line.quantity == 0 => {}
            None => goods.ordered.push(Ordered {
                inbound: it.inbound.clone(),
                location,
                supplier: it.supplier.clone(),
                at,
                left: line.quantity,
            }),
        }
        forget_empty(all, item.0);
    }
}

/// What was the one item's is the other's.
pub fn merge(all: &mut All, ledger: &Ledger, it: &ItemsMerged, position: u64) {
    let number = |sku| ledger.item_no_at(sku, position);
    let (Some(from), Some(into)) = (number(&it.from), number(&it.into)) else { return };
    let Some(goods) = all.remove(&from.0) else { return };
    let known = all.entry(into.0).or_default();
    known.ordered.extend(goods.ordered);
    known.lots.extend(goods.lots);
    known.lots.sort_by_key(|it| it.at);
}

fn forget_empty(all: &mut All, item: u32) {
    if all.get(&item).is_some_and(|it| it.ordered.is_empty() && it.lots.is_empty()) {
        all.remove(&item);
    }
}

/// Follows the movements of an entry, which occurred `at`.
pub fn moved(all: &mut All, ledger: &Ledger, entry: &Entry, at: Time) -> Vec<Told> {
    let mut told = Vec::new();
    // A merge moves what waits with the item; that is done already.
    if matches!(entry.fact, Fact::ItemsMerged(_)) {
        return told;
    }
    let mut sampled: Vec<(u32, SupplierId, Time)> = Vec::new();
    for movement in &entry.movements {
        let receipt = match &entry.fact {
            Fact::StockReceived(it) if movement.from == Account::Supplier => Some(it),
            _ => None,
        };
        let (from, to) = (waiting_at(&movement.from), waiting_at(&movement.to));
        if receipt.is_none() && from.is_none() && to.is_none() {
            continue;
        }
        let Some(item) = ledger.item_no_at(&movement.sku, entry.position) else { continue };
        let goods = all.entry(item.0).or_default();
        if let Some(location) = from.and_then(|it| ledger.location_no(it)) {
            let inspected = matches!(entry.fact, Fact::StockInspected(_));
            for (lot, units) in goods.take(location, movement.quantity.units()) {
                let Some(supplier) = lot.supplier.filter(|_| inspected) else { continue };
                let known = (item.0, supplier.clone(), lot.at);
                let is_first = !sampled.contains(&known);
                let since_receipt = is_first.then(|| minutes_between(lot.at, at));
                sampled.extend(is_first.then_some(known));
                let rejected = !is_sellable(&movement.to);
                let what = GoodsTold::Inspected { location, units, rejected, since_receipt };
                told.push(Told { supplier, what });
            }
        }
        let supplier = receipt.and_then(|it| goods.receive(ledger, it, movement, at, &mut told));
        if let Some(location) = to.and_then(|it| ledger.location_no(it)) {
            goods.wait(Lot { location, supplier, at, left: movement.quantity.units() });
        }
        forget_empty(all, item.0);
    }
    told
}

impl Goods {
    /// Notes the receipt of a line; whose it is, if that is known.
    fn receive(
        &mut self,
        ledger: &Ledger,
        it: &StockReceived,
        movement: &Movement,
        at: Time,
        told: &mut Vec<Told>,
    ) -> Option<SupplierId> {
        let location = ledger.location_no(&it.location)?;
        let units = movement.quantity.units();
        let same = |known: &Ordered| {
            it.inbound.as_ref() == Some(&known.inbound) && known.location == location
        };
        let place = self.ordered.iter().position(same);
        let ordered = place.map(|place| self.ordered[place].clone());
        if let Some(place) = place {
            self.ordered[place].left = self.ordered[place].left.saturating_sub(units);
            if self.ordered[place].left == 0 {
                self.ordered.remove(place);
            }
        }
        let of_order = ordered.as_ref().and_then(|it| it.supplier.clone());
        let supplier = it.supplier.clone().or(of_order)?;
        let since_order = ordered.map(|it| minutes_between(it.at, at));
        let what = GoodsTold::Received { units, since_order };
        told.push(Told { supplier: supplier.clone(), what });
        Some(supplier)
    }

    fn wait(&mut self, lot: Lot) {
        let same = |known: &Lot| {
            known.location == lot.location && known.supplier == lot.supplier && known.at == lot.at
        };
        match self.lots.iter().position(same) {
            Some(place) => self.lots[place].left += lot.left,
            None => self.lots.push(lot),
        }
    }

    /// Units that leave quality control, by the lot that they came with.
    fn take(&mut self, location: LocationNo, mut units: u64) -> Vec<(Lot, u64)> {
        let mut taken = Vec::new();
        for lot in self.lots.iter_mut().filter(|it| it.location == location) {
            let some = lot.left.min(units);
            if some > 0 {
                (lot.left, units) = (lot.left - some, units - some);
                taken.push((lot.clone(), some));
            }
        }
        self.lots.retain(|it| it.left > 0);
        taken
    }
}

fn waiting_at(account: &Account) -> Option<&onhand_core::LocationId> {
    match account {
        Account::Shelf(location, Condition::QualityControl) => Some(location),
        _ => None,
    }
}

fn is_sellable(account: &Account) -> bool {
    matches!(account, Account::Shelf(_, Condition::Sellable))
}

/// Whole minutes; none where the end lies before the beginning.
fn minutes_between(begin: Time, end: Time) -> u32 {
    u32::try_from(end.as_us().saturating_sub(begin.as_us()) / 60_000_000).unwrap_or(u32::MAX)
}
