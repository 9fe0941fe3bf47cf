//! How far the movements of a shard are published to others, for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

use onhand_projector::Projector;

/// Of one shard, since the server started.
#[derive(Default)]
pub(crate) struct Publishing {
    published: AtomicU64,
    ended: AtomicU64,
    height: AtomicU64,
    /// When what is published up to there was recorded, in microseconds since 1970.
    recorded_us: AtomicU64,
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

    /// Entries that are booked and not in the stream yet.
    pub fn entries_behind(&self, projector: &Projector) -> u64 {
        projector.entries_above(self.height())
    }

    /// Seconds between what was recorded last and what of it is in the stream; 0 before it is known
    /// what is.
    pub fn seconds_behind(&self, projector: &Projector) -> f64 {
        let (tip, reached) = (projector.tip(), self.recorded_us());
        match reached == 0 || self.height() >= tip.height || self.entries_behind(projector) == 0 {
            true => 0.0,
            false => tip.time_us.saturating_sub(reached) as f64 / 1e6,
        }
    }

    /// When the last block that is in the stream was recorded, in microseconds since 1970.
    pub fn recorded_us(&self) -> u64 {
        self.recorded_us.load(Ordering::Relaxed)
    }

    pub(crate) fn note_published(&self, messages: u64) {
        self.published.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn note_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_height(&self, height: u64, recorded_us: u64) {
        self.height.store(height, Ordering::Relaxed);
        self.recorded_us.store(recorded_us, Ordering::Relaxed);
    }
}
