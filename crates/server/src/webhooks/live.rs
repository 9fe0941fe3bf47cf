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
    pub cursor: Cursor,
}

/// Shared by a subscription's thread and whoever changes the subscription.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub counts: Counts,
    /// Grows with every change; what a thread does on an older one is not written.
    version: Mutex<u64>,
    told: Mutex<Told>,
    ended: AtomicBool,
}

impl Live {
    pub fn version(&self) -> u64 {
        *self.gate()
    }

    fn gate(&self) -> MutexGuard<'_, u64> {
        self.version.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is written; the thread begins anew with it.
    pub fn change<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut version = self.gate();
        *version += 1;
        work()
    }

    /// Writes unless somebody changed the subscription since that version.
    pub fn if_version<T>(&self, version: u64, work: impl FnOnce() -> T) -> Option<T> {
        let now = self.gate();
        (*now == version).then(work)
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
