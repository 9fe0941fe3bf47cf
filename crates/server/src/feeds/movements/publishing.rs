//! How far the movements of a shard are published to others, for whoever watches.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Of one shard, since the server started.
#[derive(Default)]
pub(crate) struct Publishing {
    published: AtomicU64,
    ended: AtomicU64,
    height: AtomicU64,
    stopped: Mutex<Option<String>>,
}

impl Publishing {
    /// Messages that are stored in the stream.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Sessions with the server that ended: each is begun anew, behind what is stored.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// Everything up to this height of the journal is in the stream; 0 before that is known.
    pub fn height(&self) -> u64 {
        self.height.load(Ordering::Relaxed)
    }

    /// Why nothing is published now. None: it goes on, or was never tried.
    pub fn stopped(&self) -> Option<String> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Until it is begun anew.
    pub(crate) fn note_stopped(&self, why: impl fmt::Display) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_string());
    }

    pub(crate) fn note_begun(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn note_published(&self, messages: u64) {
        self.published.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn note_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_height(&self, height: u64) {
        self.height.store(height, Ordering::Relaxed);
    }
}
