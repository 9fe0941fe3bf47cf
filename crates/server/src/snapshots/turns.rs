//! Whose turn it is: one snapshot at a time for each feed, however it comes.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use onhand_core::{FeedId, LedgerId};

/// The feeds that somebody is at. Others take no room.
#[derive(Default)]
pub(crate) struct Turns {
    taken: Mutex<HashSet<(LedgerId, FeedId)>>,
    freed: Condvar,
}

/// A feed's turn; over when dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    place: (LedgerId, FeedId),
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.place);
        self.turns.freed.notify_all();
    }
}

impl Turns {
    /// Waits for the feed's turn, at most so long. None: somebody else is still at it.
    pub fn take(&self, ledger: &LedgerId, feed: &FeedId, longest: Duration) -> Option<Turn<'_>> {
        let (place, until) = ((ledger.clone(), feed.clone()), Instant::now().checked_add(longest));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while taken.contains(&place) {
            let left = until.map_or(longest, |it| it.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return None;
            }
            let woken = self.freed.wait_timeout(taken, left);
            taken = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        taken.insert(place.clone());
        Some(Turn { turns: self, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_for_each_feed() {
        let turns = Turns::default();
        let (ledger, f) = (LedgerId::new("acme").unwrap(), FeedId::new("f").unwrap());
        let g = FeedId::new("g").unwrap();
        let mine = turns.take(&ledger, &f, Duration::ZERO);
        assert!(mine.is_some() && turns.take(&ledger, &g, Duration::ZERO).is_some());
        assert!(turns.take(&ledger, &f, Duration::from_millis(1)).is_none());
        drop(mine);
        assert!(turns.take(&ledger, &f, Duration::ZERO).is_some());
        assert!(turns.taken.lock().unwrap().is_empty());
    }
}
