//! The newest blocks in memory, for those who follow: the journal is not read again for each of
//! them, and what a block did is put together once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onhand_core::{BlockBody, Time};

use crate::query::BlockMovements;

/// Blocks behind the newest that are worth keeping.
pub(crate) const RECENT_BLOCKS: u64 = 256;
/// Entries, and events, that are kept in all; of the newest block always everything.
const KEPT_MAX: usize = 16_384;

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

    fn is_too_much(&self) -> bool {
        self.size > KEPT_MAX || self.by_height.len() as u64 > RECENT_BLOCKS
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
}
