//! How far the movements of a shard are published to others, for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

/// Of one shard, since the server started.
#[derive(Default)]
pub(crate) struct Publishing {
    published: AtomicU64,
    failed: AtomicU64,
    height: AtomicU64,
    /// When what is published up to there was recorded, in microseconds since 1970.
    recorded_us: AtomicU64,
}

impl Publishing {
    /// Messages that are stored in the stream.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Sessions that ended in a fault, after which it was begun anew.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Everything up to this height of the journal is in the stream; 0 before that is known.
    pub fn height(&self) -> u64 {
        self.height.load(Ordering::Relaxed)
    }

    /// When the last block that is in the stream was recorded, in microseconds since 1970.
    pub fn recorded_us(&self) -> u64 {
        self.recorded_us.load(Ordering::Relaxed)
    }

    pub(crate) fn note_published(&self, messages: u64) {
        self.published.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn note_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_height(&self, height: u64, recorded_us: u64) {
        self.height.store(height, Ordering::Relaxed);
        self.recorded_us.store(recorded_us, Ordering::Relaxed);
    }
}
