//! Counters of one shard's engine. They begin at zero with the process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of [`EngineMetrics::append_seconds`], in seconds.
pub const APPEND_SECONDS: [f64; 14] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// All only grow, but for `mailbox_batches` and `mailbox_commands`, which say what waits now.
#[derive(Debug, Default)]
pub struct EngineMetrics {
    /// Requests taken from callers.
    pub commands: AtomicU64,
    pub accepted: AtomicU64,
    /// Refused by the ledger, for the first time.
    pub refused: AtomicU64,
    /// Answered as before.
    pub replayed: AtomicU64,
    /// Requests turned away because too much waited.
    pub overloaded: AtomicU64,
    /// Holds that the engine expired.
    pub expired: AtomicU64,
    /// Entries blocks that became durable, and the bytes of their bodies.
    pub blocks: AtomicU64,
    pub block_bytes: AtomicU64,
    pub mailbox_batches: AtomicU64,
    pub mailbox_commands: AtomicU64,
    /// Starts after the first one.
    pub restarts: AtomicU64,
    /// Requests answered with an unknown outcome.
    pub unknown_outcomes: AtomicU64,
    /// Seconds from handing a block over until it was durable.
    pub append_seconds: Histogram,
}

/// Counts by bucket, not cumulative; the last bucket is everything above.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; APPEND_SECONDS.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    pub(crate) fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = APPEND_SECONDS.iter().position(|it| seconds <= *it);
        add(&self.counts[bucket.unwrap_or(APPEND_SECONDS.len())], 1);
        add(&self.sum_us, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Observations by bucket, in the order of [`APPEND_SECONDS`], then those above.
    pub fn counts(&self) -> Vec<u64> {
        self.counts.iter().map(|it| it.load(Ordering::Relaxed)).collect()
    }

    /// The sum of all observations, in seconds.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_us.load(Ordering::Relaxed) as f64 / 1e6
    }
}

/// Counters are read one by one: no order between them is promised.
pub(crate) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
