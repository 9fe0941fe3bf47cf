//! How a subscription is doing right now, told by its thread to the doors and the metrics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use onhand_core::Time;

use super::subscription::Cursor;

/// Attempts since the process began, by how they ended.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub delivered: AtomicU64,
    pub failed: AtomicU64,
    pub given_up: AtomicU64,
    pub missed: AtomicU64,
    pub store_faults: AtomicU64,
    /// Panics of its thread, which goes on behind each.
    pub stumbles: AtomicU64,
}

/// What its thread last said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub pending: u64,
    pub dead: u64,
    /// When the oldest event that waits was first tried.
    pub oldest: Option<Time>,
    /// Until when the target is left alone.
    pub rest_until: Option<Instant>,
    /// Why nothing new can be read.
    pub why: Option<String>,
    /// The last thing it did ended in a fault of the server's own; until something is done again.
    pub stumbled: bool,
    pub cursor: Cursor,
}

/// What a thread knows may be out of date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Version {
    /// Grows with every change: the thread reads all of it anew.
    changes: u64,
    /// Grows when the cursor is set or all is gone: what is under way is not written then.
    moves: u64,
    /// The subscription is gone for good. Another one may have its name by now.
    removed: bool,
}

impl Version {
    pub fn is_removed(self) -> bool {
        self.removed
    }
}

/// Shared by a subscription's thread and whoever changes the subscription.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub counts: Counts,
    version: Mutex<Version>,
    told: Mutex<Told>,
    ended: AtomicBool,
}

impl Live {
    pub(super) fn version(&self) -> Version {
        *self.gate()
    }

    fn gate(&self) -> MutexGuard<'_, Version> {
        self.version.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is written; the thread begins anew with it. None: it was removed meanwhile.
    pub fn change<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let mut version = self.gate();
        version.changes += 1;
        (!version.removed).then(work)
    }

    /// As [`Live::change`], of what sets the cursor.
    pub fn uproot<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let mut version = self.gate();
        (version.changes, version.moves) = (version.changes + 1, version.moves + 1);
        (!version.removed).then(work)
    }

    /// Forgets the subscription: whoever still holds this one touches nothing under its name again.
    pub fn remove<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Option<Result<T, E>> {
        let mut version = self.gate();
        (version.changes, version.moves) = (version.changes + 1, version.moves + 1);
        (!version.removed).then(|| work().inspect(|_| version.removed = true))
    }

    /// Writes unless somebody set the cursor or removed the subscription since that version. Told
    /// whether it is still the same.
    pub(super) fn write<T>(&self, version: Version, work: impl FnOnce(bool) -> T) -> Option<T> {
        let now = self.gate();
        (!now.removed && now.moves == version.moves).then(|| work(*now == version))
    }

    pub fn count(&self, which: impl FnOnce(&Counts) -> &AtomicU64) {
        which(&self.counts).fetch_add(1, Ordering::Relaxed);
    }

    pub fn told(&self) -> Told {
        self.tell().clone()
    }

    fn tell(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn rests(&self, until: Option<Instant>) {
        self.tell().rest_until = until;
    }

    pub fn reads(&self, why: Option<String>) {
        self.tell().why = why;
    }

    /// The thread met a fault of the server's own, and goes on.
    pub fn stumbles(&self, has: bool) {
        self.tell().stumbled = has;
    }

    pub fn holds(&self, pending: u64, dead: u64, oldest: Option<Time>, cursor: Cursor) {
        let mut told = self.tell();
        (told.pending, told.dead, told.oldest, told.cursor) = (pending, dead, oldest, cursor);
    }

    /// The thread is at its end.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}
