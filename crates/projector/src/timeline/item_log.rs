//! The records of one item: sealed stretches, and an open one at the end.

use std::sync::Arc;

use onhand_core::OrderId;
use serde::{Deserialize, Serialize};

use super::change::{Change, Figures};
use super::codec;
use super::holder::Holder;
use super::record::{self, Record};

/// An open stretch is sealed at this many bytes.
const STRETCH_BYTES: usize = 512;

/// Everything that happened to one item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLog {
    /// Position of the last record.
    last: u64,
    open: Vec<u8>,
    /// Not part of what is serialised: stretches are stored one by one.
    #[serde(skip)]
    #[allow(clippy::box_collection, reason = "most items have none, and there are millions")]
    sealed: Option<Box<Vec<Sealed>>>,
}

/// A stretch that will not change any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Position of the last record before this stretch, 0 if none.
    pub base: u64,
    /// Position of its last record.
    pub last: u64,
    /// The figures by holder before it, then its records.
    pub bytes: Arc<[u8]>,
}

/// A stretch taken apart: where things stood before it, and what happened in it, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub before: Vec<(Holder, Figures)>,
    pub records: Vec<Record>,
}

impl ItemLog {
    /// Adds a record behind the last one. Returns the number of a stretch that became full.
    pub(super) fn add<'a>(
        &mut self,
        (position, kind): (u64, u8),
        late_us: u64,
        order: Option<&OrderId>,
        changes: impl ExactSizeIterator<Item = &'a Change>,
    ) -> Option<usize> {
        record::put(&mut self.open, position - self.last, kind, late_us, order, changes);
        self.last = position;
        (self.open.len() >= STRETCH_BYTES).then(|| self.seal())
    }

    fn seal(&mut self) -> usize {
        let (base, before) = self.base();
        let mut bytes = Vec::with_capacity(STRETCH_BYTES + 64);
        codec::put(&mut bytes, before.len() as u64);
        for (holder, figures) in &before {
            holder.put(&mut bytes);
            figures.put(&mut bytes);
        }
        bytes.append(&mut self.open);
        let sealed = self.sealed.get_or_insert_default();
        sealed.push(Sealed { base, last: self.last, bytes: bytes.into() });
        sealed.len() - 1
    }

    /// The end of the sealed part: its last position, and the figures there.
    fn base(&self) -> (u64, Vec<(Holder, Figures)>) {
        match self.sealed().last() {
            None => (0, Vec::new()),
            Some(sealed) => (sealed.last, sealed.read().summary()),
        }
    }

    /// Position of the last record; 0 if there is none.
    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn sealed(&self) -> &[Sealed] {
        self.sealed.as_ref().map_or(&[], |it| it)
    }

    /// Brings back a stretch that was stored by itself, in order.
    pub fn put_sealed(&mut self, sealed: Sealed) {
        self.sealed.get_or_insert_default().push(sealed);
    }

    /// Whether an entry at `position` touched the item.
    pub fn has(&self, position: u64) -> bool {
        let behind = self.sealed().partition_point(|it| it.last < position);
        let stretch = self.sealed().get(behind).map_or_else(|| self.read_open(), Sealed::read);
        stretch.records.iter().any(|record| record.position == position)
    }

    /// The figures of each location before `position`. Those of pools and windows are not complete.
    pub fn before(&self, position: u64) -> Vec<(Holder, Figures)> {
        let behind = self.sealed().partition_point(|it| it.last < position);
        let stretch = self.sealed().get(behind).map_or_else(|| self.read_open(), Sealed::read);
        let mut figures = stretch.before;
        let earlier = stretch.records.iter().take_while(|it| it.position < position);
        earlier.flat_map(|it| &it.changes).for_each(|change| add(&mut figures, change));
        figures
    }

    /// Stretches, newest first.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch> {
        std::iter::once_with(|| self.read_open())
            .chain(self.sealed().iter().rev().map(Sealed::read))
    }

    fn read_open(&self) -> Stretch {
        let (base, before) = self.base();
        Stretch { before, records: read_records(&self.open, base) }
    }
}

impl Sealed {
    pub fn read(&self) -> Stretch {
        let mut bytes = &self.bytes[..];
        // Bytes that cannot be read end the stretch: they were checked when they were loaded.
        let before = read_before(&mut bytes).unwrap_or_default();
        Stretch { before, records: read_records(bytes, self.base) }
    }
}

impl Stretch {
    /// What the next stretch begins with. Pools and windows are left out: an item has ever more of
    /// them, and their figures are added up where they are asked for.
    fn summary(&self) -> Vec<(Holder, Figures)> {
        let mut figures = self.after();
        let lasts = |(holder, figures): &(Holder, Figures)| {
            holder.is_location() && *figures != Figures::default()
        };
        figures.retain(lasts);
        figures
    }

    /// The figures at its end.
    pub fn after(&self) -> Vec<(Holder, Figures)> {
        let mut figures = self.before.clone();
        let changes = self.records.iter().flat_map(|record| &record.changes);
        changes.for_each(|change| add(&mut figures, change));
        figures
    }
}

/// Adds a change to the figures of its holder.
pub(crate) fn add(figures: &mut Vec<(Holder, Figures)>, change: &Change) {
    match figures.iter_mut().find(|(holder, _)| *holder == change.at) {
        Some((_, known)) => *known += change.by,
        None => figures.push((change.at, change.by)),
    }
}

fn read_before(bytes: &mut &[u8]) -> Option<Vec<(Holder, Figures)>> {
    let count = codec::take(bytes)?;
    let one = |_| Some((Holder::take(bytes)?, Figures::take(bytes)?));
    (0..count).map(one).collect()
}

fn read_records(mut bytes: &[u8], base: u64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut last = base;
    while !bytes.is_empty() {
        let Some(record) = record::take(&mut bytes, last) else { break };
        last = record.position;
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use onhand_core::LocationNo;

    use super::*;

    #[test]
    fn stretches_tell_what_was_added() {
        let mut log = ItemLog::default();
        let order = OrderId::new("SO-1").unwrap();
        let mut sellable = 0;
        for position in 1..=1_000 {
            let by = Figures { sellable: position as i64, ..Figures::default() };
            sellable += by.sellable;
            let change = Change { at: Holder::Location(LocationNo(position as u32 % 3)), by };
            let order = (position % 2 == 0).then_some(&order);
            log.add((position, 7), position % 5, order, [change].iter());
        }
        assert!(log.sealed().len() > 5);
        let mut expected = 1_000;
        for stretch in log.stretches() {
            for record in stretch.records.iter().rev() {
                assert_eq!((record.position, record.late_us), (expected, expected % 5));
                assert_eq!(record.order.is_some(), expected % 2 == 0);
                expected -= 1;
            }
        }
        assert_eq!(expected, 0);
        let after = log.stretches().next().unwrap().after();
        assert_eq!(after.iter().map(|(_, it)| it.sellable).sum::<i64>(), sellable);
    }
}
