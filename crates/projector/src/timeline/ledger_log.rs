//! The logs of all items of a ledger, and the way from a position to its block.

use onhand_core::{Entry, Fact, ItemNo, ItemsMerged, Ledger, OrderId, Time};
use serde::{Deserialize, Serialize};

use super::change::{Late, Touch, combine, touches};
use super::holder::Holder;
use super::item_log::{ItemLog, Sealed};
use super::{Change, Figures, kind};

/// From this position on the ledger's entries are in the block at `height`, until the next mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub position: u64,
    pub height: u64,
    pub time: Time,
}

/// Timelines of one ledger.
#[derive(Clone, Default)]
pub struct LedgerLog {
    marks: Vec<Mark>,
    /// By item number; shorter than the items where the last ones were never touched.
    items: Vec<ItemLog>,
    /// Whether changes are remembered for a checkpoint.
    pub(crate) tracked: bool,
    /// Stretches sealed since they were last taken: item and number of the stretch.
    sealed: Vec<(u32, u32)>,
    /// Items that got a record although the book did not change.
    quiet: Vec<u32>,
    scratch: Vec<Touch>,
    changes: Vec<Change>,
}

impl PartialEq for LedgerLog {
    fn eq(&self, other: &LedgerLog) -> bool {
        self.marks == other.marks && self.items == other.items
    }
}

impl LedgerLog {
    pub fn new(tracked: bool) -> LedgerLog {
        LedgerLog { tracked, ..LedgerLog::default() }
    }

    /// Notes that the block at `height` holds entries from `position` on.
    pub fn mark(&mut self, position: u64, height: u64, time: Time) {
        // Two stretches of one ledger in a block are one: its positions are contiguous.
        if self.marks.last().is_none_or(|last| last.height != height) {
            self.marks.push(Mark { position, height, time });
        }
    }

    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Where the entry at `position` is. None: before the first mark.
    pub fn place(&self, position: u64) -> Option<Mark> {
        let behind = self.marks.partition_point(|mark| mark.position <= position);
        self.marks.get(behind.checked_sub(1)?).copied()
    }

    /// The last position recorded at or before `time`; 0 if none.
    pub fn last_recorded_by(&self, time: Time) -> u64 {
        let behind = self.marks.partition_point(|mark| mark.time <= time);
        self.marks.get(behind).map_or(u64::MAX, |mark| mark.position - 1)
    }

    pub fn item(&self, item: ItemNo) -> Option<&ItemLog> {
        self.items.get(item.0 as usize)
    }

    /// Adds what `entry` did, by the ledger that has recorded it, if `keep`. Either way the items
    /// that it touched are added to `items`, with its position.
    pub fn add(
        &mut self,
        ledger: &Ledger,
        entry: &Entry,
        recorded: Time,
        keep: bool,
        items: &mut Vec<(ItemNo, u64)>,
    ) {
        let mut touched = std::mem::take(&mut self.scratch);
        touches(ledger, entry, &mut touched);
        if let Fact::ItemsMerged(it) = &entry.fact {
            self.move_drawn(ledger, it, entry.position, &mut touched);
        }
        combine(&mut touched);
        let late = Late::of(ledger, entry, recorded);
        let kind = kind::number(&entry.fact);
        let order = committed_order(&entry.fact);
        for one in touched.chunk_by(|one, next| one.item == next.item) {
            items.push((one[0].item, entry.position));
            if keep {
                let late_us = late.us(one[0].item);
                self.add_to_item(one, (entry.position, kind), late_us, order);
            }
        }
        self.scratch = touched;
    }

    /// What promises drew from pools moves to the item that another is merged into: the entry tells
    /// of what is left in the pools only.
    fn move_drawn(
        &self,
        ledger: &Ledger,
        it: &ItemsMerged,
        position: u64,
        touched: &mut Vec<Touch>,
    ) {
        let item = |sku| ledger.item_no_at(sku, position);
        let (Some(from), Some(into)) = (item(&it.from), item(&it.into)) else { return };
        let stretches = self.item(from).into_iter().flat_map(|log| log.stretches());
        let changes = stretches.flat_map(|it| it.records).flat_map(|it| it.changes);
        for Change { at, by } in changes {
            if matches!(at, Holder::Pool(..)) && by.committed != 0 {
                for (item, committed) in [(from, -by.committed), (into, by.committed)] {
                    let by = Figures { committed, ..Figures::default() };
                    touched.push(Touch { item, change: Some(Change { at, by }) });
                }
            }
        }
    }

    fn add_to_item(
        &mut self,
        touched: &[Touch],
        place: (u64, u8),
        late_us: u64,
        order: Option<&OrderId>,
    ) {
        let number = touched[0].item.0;
        let index = number as usize;
        if self.items.len() <= index {
            self.items.resize_with(index + 1, ItemLog::default);
        }
        self.changes.clear();
        self.changes.extend(touched.iter().filter_map(|it| it.change));
        let full = self.items[index].add(place, late_us, order, self.changes.iter());
        if !self.tracked {
            return;
        }
        self.sealed.extend(full.map(|stretch| (number, stretch as u32)));
        if self.changes.iter().all(|change| change.by == Figures::default()) {
            self.quiet.push(number);
        }
    }

    /// Since the last call: items with a record the book does not know of, and sealed stretches
    /// by item and number.
    pub fn take_changes(&mut self) -> (Vec<u32>, Vec<(u32, u32)>) {
        (std::mem::take(&mut self.quiet), std::mem::take(&mut self.sealed))
    }

    /// Every sealed stretch, by item and number.
    pub fn all_sealed(&self) -> impl Iterator<Item = (u32, u32)> {
        let items = self.items.iter().enumerate();
        items.flat_map(|(item, log)| (0..log.sealed().len()).map(move |n| (item as u32, n as u32)))
    }

    pub fn items(&self) -> &[ItemLog] {
        &self.items
    }

    /// Brings back marks, in order.
    pub fn put_marks(&mut self, marks: impl IntoIterator<Item = Mark>) {
        self.marks.extend(marks);
    }

    /// Brings back the log of the item with the next number, without its sealed stretches.
    pub fn put_item(&mut self, log: ItemLog) {
        self.items.push(log);
    }

    /// Brings back the next sealed stretch of an item. False: there is no such item.
    pub fn put_sealed(&mut self, item: u32, sealed: Sealed) -> bool {
        match self.items.get_mut(item as usize) {
            Some(log) => {
                log.put_sealed(sealed);
                true
            }
            None => false,
        }
    }
}

/// The order that an entry commits units to, new ones or such as a reversal gives back.
fn committed_order(fact: &Fact) -> Option<&OrderId> {
    match fact {
        Fact::OrderCommitted(it) => Some(&it.order),
        Fact::EntryReversed(it) => it.order.as_ref(),
        _ => None,
    }
}
