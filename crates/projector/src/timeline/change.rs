//! The figures of an item at a location or in a pool, and what an entry did to them.

use std::ops::{AddAssign, SubAssign};

use onhand_core::{
    Account, Cell, Claim, ClaimChange, Condition, Difference, Entry, Fact, ItemNo, Ledger, Sku,
    Time, TrancheReleased,
};
use serde::Serialize;

use super::codec;
use super::holder::Holder;

/// Balances and claims of one item at one location, or how they changed, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub sellable: i64,
    pub quality_control: i64,
    pub damaged: i64,
    pub quarantined: i64,
    pub held: i64,
    pub committed: i64,
    pub pooled: i64,
}

impl Figures {
    pub fn of(cell: &Cell) -> Figures {
        let Cell {
            sellable, quality_control, damaged, quarantined, held, committed, pooled, ..
        } = *cell;
        Figures { sellable, quality_control, damaged, quarantined, held, committed, pooled }
    }

    pub fn on_hand(&self) -> i64 {
        self.sellable + self.quality_control + self.damaged + self.quarantined
    }

    pub fn balance(&self, condition: Condition) -> i64 {
        let [sellable, quality_control, damaged, quarantined, ..] = self.each();
        match condition {
            Condition::Sellable => sellable,
            Condition::QualityControl => quality_control,
            Condition::Damaged => damaged,
            Condition::Quarantined => quarantined,
        }
    }

    pub fn claim(&self, claim: Claim) -> i64 {
        match claim {
            Claim::Held => self.held,
            Claim::Committed => self.committed,
            Claim::Pooled => self.pooled,
        }
    }

    fn each(&self) -> [i64; 7] {
        let Figures { sellable, quality_control, damaged, quarantined, held, committed, pooled } =
            *self;
        [sellable, quality_control, damaged, quarantined, held, committed, pooled]
    }

    fn from_each(each: [i64; 7]) -> Figures {
        let [sellable, quality_control, damaged, quarantined, held, committed, pooled] = each;
        Figures { sellable, quality_control, damaged, quarantined, held, committed, pooled }
    }

    /// A byte that says which figures are not zero, then those.
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        let mask = bytes.len();
        bytes.push(0);
        for (bit, figure) in self.each().into_iter().enumerate() {
            if figure != 0 {
                bytes[mask] |= 1 << bit;
                codec::put_signed(bytes, figure);
            }
        }
    }

    pub(super) fn take(bytes: &mut &[u8]) -> Option<Figures> {
        let mask = codec::take_byte(bytes)?;
        let mut each = [0; 7];
        for (bit, figure) in each.iter_mut().enumerate() {
            if mask & (1 << bit) != 0 {
                *figure = codec::take_signed(bytes)?;
            }
        }
        Some(Figures::from_each(each))
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, more: Figures) {
        let (mut each, more) = (self.each(), more.each());
        each.iter_mut().zip(more).for_each(|(figure, more)| *figure += more);
        *self = Figures::from_each(each);
    }
}

impl SubAssign for Figures {
    fn sub_assign(&mut self, less: Figures) {
        let (mut each, less) = (self.each(), less.each());
        each.iter_mut().zip(less).for_each(|(figure, less)| *figure -= less);
        *self = Figures::from_each(each);
    }
}

/// How the figures of one holder changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Holder,
    pub by: Figures,
}

/// One thing an entry did: the item, and whose figures it changed by how much, if any.
#[derive(Clone, Copy)]
pub(crate) struct Touch {
    pub item: ItemNo,
    pub change: Option<Change>,
}

/// Looks names up as the entry meant them, each only once where it comes several times in a row.
struct Names<'a> {
    ledger: &'a Ledger,
    position: u64,
    last: Option<(&'a Sku, ItemNo)>,
}

impl<'a> Names<'a> {
    fn item(&mut self, sku: &'a Sku) -> Option<ItemNo> {
        match self.last {
            Some((known, item)) if known == sku => Some(item),
            Some(_) | None => {
                let item = self.ledger.item_no_at(sku, self.position)?;
                self.last = Some((sku, item));
                Some(item)
            }
        }
    }
}

/// Everything `entry` did to items, in no order. `ledger` is one that has recorded it.
pub(crate) fn touches(ledger: &Ledger, entry: &Entry, touched: &mut Vec<Touch>) {
    touched.clear();
    let mut names = Names { ledger, position: entry.position, last: None };
    for movement in &entry.movements {
        let Some(item) = names.item(&movement.sku) else { continue };
        for (account, sign) in [(&movement.from, -1), (&movement.to, 1)] {
            let Account::Shelf(location, condition) = account else { continue };
            let Some(location) = ledger.location_no(location) else { continue };
            let by = moved(*condition, sign * movement.quantity.signed());
            let at = Holder::Location(location);
            touched.push(Touch { item, change: Some(Change { at, by }) });
        }
    }
    entry.fact.claims(&mut |it| {
        let Some(item) = names.item(it.sku) else { return };
        let claimed = |at, by| Touch { item, change: Some(Change { at, by }) };
        if let Some(location) = ledger.location_no(it.location) {
            touched.push(claimed(Holder::Location(location), of_claim(it.claim, it.units)));
        }
        touched.extend(in_pool(ledger, &it).map(|(at, by)| claimed(at, by)));
        if let Some(window) = it.window {
            touched.push(claimed(Holder::Window(window.minutes()), of_claim(it.claim, it.units)));
        }
    });
    touch_named(&mut names, &entry.fact, touched);
}

/// What a claim does to the pool's own figures.
fn in_pool(ledger: &Ledger, change: &ClaimChange<'_>) -> Option<(Holder, Figures)> {
    let pool = change.pool.filter(|_| change.claim == Claim::Pooled)?;
    let at = Holder::Pool(ledger.pool_no(pool)?, ledger.location_no(change.location)?);
    let drawn = if change.drawn { -change.units } else { 0 };
    Some((at, Figures { pooled: change.units, committed: drawn, ..Figures::default() }))
}

/// Items that a fact is about without changing a figure.
fn touch_named<'a>(names: &mut Names<'a>, fact: &'a Fact, touched: &mut Vec<Touch>) {
    let mut name = |sku: &'a Sku| {
        touched.extend(names.item(sku).map(|item| Touch { item, change: None }));
    };
    match fact {
        Fact::ItemRegistered(it) => name(&it.sku),
        Fact::AliasAdded(it) => name(&it.sku),
        Fact::ItemRenamed(it) => name(&it.from),
        Fact::ItemClosed(it) => name(&it.sku),
        Fact::ModeSet(it) => name(&it.sku),
        Fact::PolicySet(it) => it.scope.sku.iter().for_each(name),
        Fact::StockExpected(it) => it.lines.iter().for_each(|line| name(&line.sku)),
        Fact::ItemsMerged(it) => [&it.from, &it.into].into_iter().for_each(name),
        Fact::KitDefined(it) => {
            name(&it.sku);
            it.parts.iter().for_each(|part| name(&part.sku));
        }
        Fact::PoolOpened(it) => {
            let lines = it.tranches.iter().flat_map(|tranche| &tranche.lines);
            lines.for_each(|line| name(&line.sku));
        }
        // Also items of which nothing is left: a pool may have stood for them all the same.
        Fact::PoolClosed(it) => {
            let pool = names.ledger.pool_no(&it.pool).map(|number| names.ledger.pool(number));
            let parts = pool.iter().flat_map(|pool| &pool.parts);
            touched.extend(parts.map(|part| Touch { item: part.item, change: None }));
        }
        Fact::TrancheReleased(it) => touch_released(names.ledger, it, touched),
        Fact::StockCounted(it) => {
            let Some(location) = names.ledger.location_no(&it.location) else { return };
            let at = Holder::Location(location);
            let change = Some(Change { at, by: Figures::default() });
            let items = it.lines.iter().filter_map(|line| names.item(&line.sku));
            touched.extend(items.map(|item| Touch { item, change }));
        }
        _ => touch_supplied(names, fact, touched),
    }
}

/// Items of which somebody else said something: what is believed of them may have changed.
fn touch_supplied<'a>(names: &mut Names<'a>, fact: &'a Fact, touched: &mut Vec<Touch>) {
    let (mut skus, mut numbers): (Vec<&'a Sku>, Vec<u64>) = (Vec::new(), Vec::new());
    let found = |found: &'a [Difference]| found.iter().filter_map(|it| it.sku.as_ref());
    match fact {
        Fact::SupplierSkuMapped(it) => {
            skus.extend(it.lines.iter().filter_map(|it| it.sku.as_ref()));
        }
        Fact::TierAssigned(it) => skus.extend(it.lines.iter().map(|it| &it.sku)),
        Fact::SnapshotRecorded(it) => {
            skus.extend(it.said.iter().map(|it| &it.sku).chain(found(&it.found)));
            skus.extend(it.counted.iter().map(|it| &it.sku));
            numbers.extend(&it.cleared);
        }
        Fact::StocktakeRecorded(it) => {
            skus.extend(it.counted.iter().map(|it| &it.sku).chain(found(&it.found)));
            numbers.extend(&it.cleared);
        }
        Fact::StockHeard(it) => {
            skus.extend(found(&it.found));
            numbers.extend(&it.cleared);
        }
        Fact::HandoverConfirmed(it) => skus.extend(found(&it.found)),
        Fact::DiscrepancySettled(it) => numbers.extend(it.lines.iter().map(|it| it.number)),
        Fact::EntryReversed(it) => numbers.extend(it.unsettled.iter().map(|it| it.number)),
        _ => {}
    }
    let known = |number: u64| names.ledger.discrepancy(number)?.difference.sku.as_ref();
    let named: Vec<ItemNo> = numbers
        .into_iter()
        .filter_map(known)
        .filter_map(|sku| names.ledger.item_no_at(sku, names.position))
        .collect();
    touched.extend(named.into_iter().map(|item| Touch { item, change: None }));
    for sku in skus {
        touched.extend(names.item(sku).map(|item| Touch { item, change: None }));
    }
}

fn touch_released(ledger: &Ledger, it: &TrancheReleased, touched: &mut Vec<Touch>) {
    let pool = ledger.pool_no(&it.pool).map(|number| ledger.pool(number));
    let tranches = pool.iter().flat_map(|pool| &pool.tranches);
    let lines = tranches.filter(|known| known.id == it.tranche).flat_map(|known| &known.lines);
    touched.extend(lines.map(|(item, _)| Touch { item: *item, change: None }));
}

/// By item and then holder, each pair once.
pub(super) fn combine(touched: &mut Vec<Touch>) {
    if touched.len() < 2 {
        return;
    }
    let place = |it: &Touch| (it.item, it.change.map(|change| change.at));
    touched.sort_by_key(place);
    touched.dedup_by(|next, kept| {
        if place(next) != place(kept) {
            return false;
        }
        if let (Some(kept), Some(next)) = (&mut kept.change, next.change) {
            kept.by += next.by;
        }
        true
    });
}

pub(crate) fn moved(condition: Condition, units: i64) -> Figures {
    let mut by = Figures::default();
    match condition {
        Condition::Sellable => by.sellable = units,
        Condition::QualityControl => by.quality_control = units,
        Condition::Damaged => by.damaged = units,
        Condition::Quarantined => by.quarantined = units,
    }
    by
}

pub(crate) fn of_claim(claim: Claim, units: i64) -> Figures {
    let mut by = Figures::default();
    match claim {
        Claim::Held => by.held = units,
        Claim::Committed => by.committed = units,
        Claim::Pooled => by.pooled = units,
    }
    by
}

/// How long before it was recorded what an entry did had occurred.
pub(super) struct Late {
    recorded: Time,
    us: u64,
    /// Of items whose count belongs to a moment of its own.
    apart: Vec<(ItemNo, u64)>,
}

impl Late {
    pub fn of(ledger: &Ledger, entry: &Entry, recorded: Time) -> Late {
        let us = recorded.0 - effective(entry, recorded).0;
        let mut late = Late { recorded, us, apart: Vec::new() };
        // What undoes a count is of the moment of that count, or the book of then would keep it.
        let lines = match &entry.fact {
            Fact::DiscrepancySettled(it) => &it.lines[..],
            Fact::EntryReversed(it) => &it.unsettled[..],
            _ => &[],
        };
        let counts = lines.iter().filter_map(|line| line.counted.as_ref());
        late.apart.extend(counts.filter_map(|count| {
            let item = ledger.item_no_at(&count.line.sku, entry.position)?;
            Some((item, late.recorded.0.saturating_sub(count.counted_at.0)))
        }));
        late
    }

    pub fn us(&self, item: ItemNo) -> u64 {
        let apart = self.apart.iter().find(|(it, _)| *it == item);
        apart.map_or(self.us, |(_, us)| *us)
    }
}

/// When an entry's movements count as having occurred: never after they were recorded. A count's
/// variance belongs to the moment of counting.
pub(crate) fn effective(entry: &Entry, recorded: Time) -> Time {
    let claimed = match &entry.fact {
        Fact::StockCounted(it) => Some(it.counted_at),
        Fact::SnapshotRecorded(it) => Some(it.as_of),
        Fact::StocktakeRecorded(it) => Some(it.counted_at),
        _ => entry.envelope.occurred_at,
    };
    claimed.map_or(recorded, |it| it.min(recorded))
}
