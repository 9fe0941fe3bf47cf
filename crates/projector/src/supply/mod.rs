//! What is known of suppliers beside the book: how well they did by day, which goods wait for
//! inspection, how their feeds beat, and which entries are about which difference.
//!
//! Why running sums and not the journal on demand: a year of a busy shop is millions of entries,
//! of which a scorecard needs a few thousand, and settlements are read again and again. The sums
//! are folded from the journal alone, in whole numbers, so whoever replays it gets the same ones;
//! a checkpoint keeps them and may be thrown away. Days are those of UTC on which an entry was
//! recorded: what is told of a day that is over changes only where a later answer belongs to it,
//! such as the confirmation of a handover. Only lead times ask when things occurred. What is
//! undone later stays counted: the receipt or inspection that is booked in its place counts too.

mod day;
mod goods;
mod pulse;

pub use day::{Day, Inspected, Samples};
pub use goods::Goods;
pub use pulse::Pulses;

use std::collections::{BTreeMap, BTreeSet};

use onhand_core::{Entry, Fact, Ledger, SnapshotOutcome, SnapshotRecorded, SupplierId, Time};

use crate::timeline::effective;

/// Days of one stored part.
pub const PART_DAYS: u32 = 32;
const DAY_US: u64 = 24 * 60 * 60 * 1_000_000;

/// Days since 1970, of UTC.
pub fn day_of(time: Time) -> u32 {
    u32::try_from(time.as_us() / DAY_US).unwrap_or(u32::MAX)
}

/// Its first moment.
pub fn begin_of(day: u32) -> Time {
    Time(u64::from(day) * DAY_US)
}

/// The days of one supplier within one part, by their numbers.
pub type Days = BTreeMap<u32, Day>;

/// All of it, of one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupplyLog {
    /// By supplier and part.
    days: BTreeMap<(SupplierId, u32), Days>,
    /// By item number.
    goods: BTreeMap<u32, Goods>,
    pulses: Pulses,
    /// Positions of the entries about each difference, by its number.
    about: BTreeMap<u64, Vec<u64>>,
    /// Whether changes are remembered for a checkpoint.
    pub tracked: bool,
    changed: BTreeSet<(SupplierId, u32)>,
}

impl SupplyLog {
    pub fn new(tracked: bool) -> SupplyLog {
        SupplyLog { tracked, ..SupplyLog::default() }
    }

    /// Adds what `entry` says, by the ledger that has recorded it.
    pub fn add(&mut self, ledger: &Ledger, entry: &Entry, recorded: Time) {
        self.note_differences(entry);
        match &entry.fact {
            Fact::StockExpected(it) => {
                let at = effective(entry, recorded);
                goods::expect(&mut self.goods, ledger, it, entry.position, at);
            }
            Fact::ItemsMerged(it) => goods::merge(&mut self.goods, ledger, it, entry.position),
            Fact::FeedSet(it) => {
                let late = self.pulses.set(it, recorded);
                self.add_late(late);
            }
            Fact::SnapshotRecorded(it) => self.add_snapshot(ledger, it, recorded),
            Fact::OrdersHandedOver(_) | Fact::HandoverConfirmed(_) | Fact::HandoverMissed(_) => {
                self.add_handover(&entry.fact, day_of(recorded));
            }
            _ => {}
        }
        self.move_goods(ledger, entry, recorded);
    }

    /// Only what was applied is scored: what is held comes again once somebody confirmed it.
    fn add_snapshot(&mut self, ledger: &Ledger, it: &SnapshotRecorded, recorded: Time) {
        let Some(supplier) = pulse::supplier_of(ledger, &it.feed) else { return };
        let day = self.day(&supplier, day_of(recorded));
        match it.outcome {
            SnapshotOutcome::OutOfOrder => return,
            SnapshotOutcome::Held => {
                day.held += 1;
                return;
            }
            SnapshotOutcome::Applied => {
                day.compared += it.compared;
                day.accurate += it.accurate;
            }
        }
        if !it.more {
            let heard = self.pulses.hear(ledger, it, recorded);
            let day = self.day(&supplier, day_of(recorded));
            day.heard += heard.all;
            day.in_time += heard.in_time;
            self.add_late(heard.late);
        }
    }

    fn add_handover(&mut self, fact: &Fact, today: u32) {
        if let Some((supplier, day, change)) = self.pulses.hand_over(fact, today) {
            self.day(&supplier, day).add_handover(&change);
        }
    }

    /// Goods that come, wait for inspection and leave it.
    fn move_goods(&mut self, ledger: &Ledger, entry: &Entry, recorded: Time) {
        let at = effective(entry, recorded);
        for told in goods::moved(&mut self.goods, ledger, entry, at) {
            self.day(&told.supplier, day_of(recorded)).add_goods(&told.what);
        }
    }

    fn add_late(&mut self, late: Vec<pulse::Late>) {
        for pulse::Late { supplier, day, seconds } in late {
            self.day(&supplier, day).late_seconds += seconds;
        }
    }

    fn day(&mut self, supplier: &SupplierId, day: u32) -> &mut Day {
        let part = (supplier.clone(), day / PART_DAYS);
        if self.tracked {
            self.changed.insert(part.clone());
        }
        self.days.entry(part).or_default().entry(day).or_default()
    }

    fn note_differences(&mut self, entry: &Entry) {
        for number in differences(&entry.fact) {
            let about = self.about.entry(number).or_default();
            if about.last() != Some(&entry.position) {
                about.push(entry.position);
            }
        }
    }

    /// Positions of the entries about a difference, oldest first.
    pub fn about(&self, number: u64) -> &[u64] {
        self.about.get(&number).map_or(&[], |it| it)
    }

    /// The supplier's days from `from` to `to`, both included.
    pub fn days_of(&self, supplier: &SupplierId, from: u32, to: u32) -> Vec<(u32, &Day)> {
        let begin = (supplier.clone(), from / PART_DAYS);
        let parts = self.days.range(begin..).take_while(|((it, _), _)| it == supplier);
        let days = parts.flat_map(|(_, days)| days.iter().map(|(day, it)| (*day, it)));
        days.skip_while(|(day, _)| *day < from).take_while(|(day, _)| *day <= to).collect()
    }

    pub fn knows(&self, supplier: &SupplierId) -> bool {
        let first = self.days.range((supplier.clone(), 0)..).next();
        first.is_some_and(|((it, _), _)| it == supplier)
    }

    pub fn pulses(&self) -> &Pulses {
        &self.pulses
    }
}

/// What a checkpoint writes, and how it comes back.
impl SupplyLog {
    /// Parts that changed since the last call.
    pub fn take_changes(&mut self) -> BTreeSet<(SupplierId, u32)> {
        std::mem::take(&mut self.changed)
    }

    pub fn parts(&self) -> impl Iterator<Item = &(SupplierId, u32)> {
        self.days.keys()
    }

    pub fn part(&self, supplier: &SupplierId, part: u32) -> Option<&Days> {
        self.days.get(&(supplier.clone(), part))
    }

    pub fn goods_of(&self, items: std::ops::Range<u32>) -> Vec<(u32, &Goods)> {
        self.goods.range(items).map(|(item, goods)| (*item, goods)).collect()
    }

    pub fn put_part(&mut self, supplier: SupplierId, part: u32, days: Days) {
        self.days.insert((supplier, part), days);
    }

    pub fn put_goods(&mut self, goods: impl IntoIterator<Item = (u32, Goods)>) {
        self.goods.extend(goods);
    }

    pub fn put_pulses(&mut self, pulses: Pulses) {
        self.pulses = pulses;
    }

    pub fn put_about(&mut self, number: u64, about: Vec<u64>) {
        self.about.insert(number, about);
    }
}

/// Numbers of the differences that a fact is about.
fn differences(fact: &Fact) -> Vec<u64> {
    let both = |found: &[onhand_core::Difference], cleared: &[u64]| {
        found.iter().map(|it| it.number).chain(cleared.iter().copied()).collect()
    };
    match fact {
        Fact::SnapshotRecorded(it) => both(&it.found, &it.cleared),
        Fact::StocktakeRecorded(it) => both(&it.found, &it.cleared),
        Fact::StockHeard(it) => both(&it.found, &it.cleared),
        Fact::HandoverConfirmed(it) => both(&it.found, &[]),
        Fact::SupplierSkuMapped(it) => it.settled.clone(),
        Fact::DiscrepancySettled(it) => it.lines.iter().map(|it| it.number).collect(),
        Fact::EntryReversed(it) => it.unsettled.iter().map(|it| it.number).collect(),
        _ => Vec::new(),
    }
}
