//! The newest blocks in memory, for those who follow: the journal is not read again for each of
//! them, and what a block did is put together once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onhand_core::{BlockBody, Time};

use crate::query::BlockMovements;

/// Blocks behind the newest that are worth keeping.
const RECENT_BLOCKS: u64 = 256;
/// Entries, and events, that are kept in all; of the newest block always everything.
const KEPT_MAX: usize = 16_384;
/// Older blocks that are kept for those who lag, and their events: a block is read in many pages.
const OLD_BLOCKS: usize = 64;
const OLD_EVENTS_MAX: usize = 32_768;

/// An entries block, read.
#[derive(Clone)]
pub(crate) struct Stored {
    pub height: u64,
    pub time: Time,
    pub body: Arc<BlockBody>,
}

#[derive(Default)]
pub(crate) struct Recent {
    stored: Mutex<Newest<Stored>>,
    told: Mutex<Newest<Arc<BlockMovements>>>,
    old: Mutex<Lately>,
    /// Held by whoever puts a recent block's events together: the others wait and find them.
    turn: Mutex<()>,
}

/// Things by height, of which the oldest go first.
struct Newest<T> {
    by_height: BTreeMap<u64, (usize, T)>,
    size: usize,
}

impl<T> Default for Newest<T> {
    fn default() -> Newest<T> {
        Newest { by_height: BTreeMap::new(), size: 0 }
    }
}

impl<T: Clone> Newest<T> {
    fn get(&self, height: u64) -> Option<T> {
        self.by_height.get(&height).map(|(_, it)| it.clone())
    }

    fn keep(&mut self, height: u64, size: usize, it: T) {
        if let Some((before, _)) = self.by_height.insert(height, (size, it)) {
            self.size -= before;
        }
        self.size += size;
        while self.by_height.len() > 1 && self.is_too_much() {
            let Some((_, (size, _))) = self.by_height.pop_first() else { return };
            self.size -= size;
        }
    }

    /// Whether something at this height would be kept, and nothing else be lost for it.
    fn has_room(&self, height: u64, size: usize) -> bool {
        let lowest = self.by_height.keys().next();
        lowest.is_none_or(|lowest| height > *lowest)
            || (self.size + size <= KEPT_MAX && (self.by_height.len() as u64) < RECENT_BLOCKS)
    }

    fn is_too_much(&self) -> bool {
        self.size > KEPT_MAX || self.by_height.len() as u64 > RECENT_BLOCKS
    }
}

/// Blocks by when they were last asked for, the latest at the end.
#[derive(Default)]
struct Lately {
    blocks: VecDeque<Arc<BlockMovements>>,
    events: usize,
}

impl Lately {
    fn get(&mut self, height: u64) -> Option<Arc<BlockMovements>> {
        let place = self.blocks.iter().position(|it| it.height == height)?;
        let found = self.blocks.remove(place)?;
        self.blocks.push_back(found.clone());
        Some(found)
    }

    fn keep(&mut self, told: Arc<BlockMovements>) {
        if self.get(told.height).is_some() {
            return;
        }
        self.events += told.events.len();
        self.blocks.push_back(told);
        while self.blocks.len() > 1
            && (self.events > OLD_EVENTS_MAX || self.blocks.len() > OLD_BLOCKS)
        {
            let Some(oldest) = self.blocks.pop_front() else { return };
            self.events -= oldest.events.len();
        }
    }
}

impl Recent {
    pub fn keep(&self, height: u64, time: Time, body: Arc<BlockBody>) {
        let size = body.entries.len();
        lock(&self.stored).keep(height, size, Stored { height, time, body });
    }

    pub fn stored(&self, height: u64) -> Option<Stored> {
        lock(&self.stored).get(height)
    }

    pub fn keep_told(&self, told: Arc<BlockMovements>) {
        lock(&self.told).keep(told.height, told.events.len(), told);
    }

    pub fn told(&self, height: u64) -> Option<Arc<BlockMovements>> {
        lock(&self.told).get(height)
    }

    /// Whether this block is one that followers read, and not one that somebody reads who lags.
    pub fn is_for_followers(&self, stored: &Stored) -> bool {
        lock(&self.told).has_room(stored.height, stored.body.entries.len())
    }

    pub fn keep_old(&self, told: Arc<BlockMovements>) {
        lock(&self.old).keep(told);
    }

    pub fn old(&self, height: u64) -> Option<Arc<BlockMovements>> {
        lock(&self.old).get(height)
    }

    pub fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.turn)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_the_newest_stays() {
        let mut newest = Newest::default();
        for height in 1..=4 {
            newest.keep(height, KEPT_MAX / 3, height);
        }
        let left: Vec<u64> = newest.by_height.keys().copied().collect();
        assert_eq!(left, [2, 3, 4]);
        newest.keep(5, KEPT_MAX * 2, 5);
        assert_eq!((newest.by_height.len(), newest.get(5)), (1, Some(5)));
        newest.keep(6, 1, 6);
        assert_eq!((newest.size, newest.get(5)), (1, None));
    }

    #[test]
    fn who_lags_takes_no_place_of_what_followers_read() {
        let mut newest = Newest::default();
        assert!(newest.has_room(1, KEPT_MAX * 2));
        newest.keep(8, KEPT_MAX / 2, 8);
        assert!(newest.has_room(7, KEPT_MAX / 2) && newest.has_room(9, KEPT_MAX));
        newest.keep(9, KEPT_MAX / 2, 9);
        assert!(!newest.has_room(7, 1) && newest.has_room(10, KEPT_MAX));
    }

    #[test]
    fn old_blocks_go_by_when_they_were_asked_for() {
        let told = |height| BlockMovements { height, recorded_at: Time(0), events: Vec::new() };
        let mut lately = Lately::default();
        for height in 1..=OLD_BLOCKS as u64 {
            lately.keep(Arc::new(told(height)));
        }
        assert!(lately.get(1).is_some());
        lately.keep(Arc::new(told(1_000)));
        assert!(lately.get(1).is_some() && lately.get(2).is_none() && lately.get(3).is_some());
        assert_eq!(lately.blocks.len(), OLD_BLOCKS);
    }
}
