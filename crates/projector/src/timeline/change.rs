//! The figures of an item at a location, and what an entry did to them.

use std::ops::{AddAssign, SubAssign};

use onhand_core::{
    Account, Cell, Claim, Condition, Entry, Fact, ItemNo, Ledger, LocationNo, Sku, Time,
};
use serde::Serialize;

use super::codec;

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

/// How the figures at one location changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub location: LocationNo,
    pub by: Figures,
}

/// One thing an entry did: the item, and where it did how much, if anywhere.
#[derive(Clone, Copy)]
pub(super) struct Touch {
    pub item: ItemNo,
    pub change: Option<Change>,
}

/// Looks names up, each only once where it comes several times in a row.
struct Names<'a> {
    ledger: &'a Ledger,
    last: Option<(&'a Sku, ItemNo)>,
}

impl<'a> Names<'a> {
    fn item(&mut self, sku: &'a Sku) -> Option<ItemNo> {
        match self.last {
            Some((known, item)) if known == sku => Some(item),
            Some(_) | None => {
                let item = self.ledger.item_no(sku)?;
                self.last = Some((sku, item));
                Some(item)
            }
        }
    }
}

/// Everything `entry` did to items, by item and then location, each pair once. `ledger` is one
/// that has recorded it.
pub(super) fn touches(ledger: &Ledger, entry: &Entry, touched: &mut Vec<Touch>) {
    touched.clear();
    let mut names = Names { ledger, last: None };
    for movement in &entry.movements {
        let Some(item) = names.item(&movement.sku) else { continue };
        for (account, sign) in [(&movement.from, -1), (&movement.to, 1)] {
            let Account::Shelf(location, condition) = account else { continue };
            let Some(location) = ledger.location_no(location) else { continue };
            let by = moved(*condition, sign * movement.quantity.signed());
            touched.push(Touch { item, change: Some(Change { location, by }) });
        }
    }
    entry.fact.claims(&mut |it| {
        if let (Some(item), Some(location)) = (names.item(it.sku), ledger.location_no(it.location))
        {
            let by = claimed(it.claim, it.units);
            touched.push(Touch { item, change: Some(Change { location, by }) });
        }
    });
    touch_named(ledger, &entry.fact, touched);
    combine(touched);
}

/// Items that a fact is about without changing a figure.
fn touch_named(ledger: &Ledger, fact: &Fact, touched: &mut Vec<Touch>) {
    match fact {
        Fact::ItemRegistered(it) => {
            touched.extend(ledger.item_no(&it.sku).map(|item| Touch { item, change: None }));
        }
        Fact::AliasAdded(it) => {
            touched.extend(ledger.item_no(&it.sku).map(|item| Touch { item, change: None }));
        }
        Fact::StockCounted(it) => {
            let Some(location) = ledger.location_no(&it.location) else { return };
            let by = Figures::default();
            let items = it.lines.iter().filter_map(|line| ledger.item_no(&line.sku));
            touched.extend(items.map(|item| Touch { item, change: Some(Change { location, by }) }));
        }
        _ => {}
    }
}

fn combine(touched: &mut Vec<Touch>) {
    if touched.len() < 2 {
        return;
    }
    let place = |it: &Touch| (it.item, it.change.map(|change| change.location));
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

fn moved(condition: Condition, units: i64) -> Figures {
    let mut by = Figures::default();
    match condition {
        Condition::Sellable => by.sellable = units,
        Condition::QualityControl => by.quality_control = units,
        Condition::Damaged => by.damaged = units,
        Condition::Quarantined => by.quarantined = units,
    }
    by
}

fn claimed(claim: Claim, units: i64) -> Figures {
    let mut by = Figures::default();
    match claim {
        Claim::Held => by.held = units,
        Claim::Committed => by.committed = units,
        Claim::Pooled => by.pooled = units,
    }
    by
}

/// When an entry's movements count as having occurred: never after they were recorded. A count's
/// variance belongs to the moment of counting.
pub fn effective(entry: &Entry, recorded: Time) -> Time {
    let claimed = match &entry.fact {
        Fact::StockCounted(it) => Some(it.counted_at),
        _ => entry.envelope.occurred_at,
    };
    claimed.map_or(recorded, |it| it.min(recorded))
}
