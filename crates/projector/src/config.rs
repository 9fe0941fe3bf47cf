//! What may be set about a projector, and what it tells about itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use onhand_core::Time;
use onhand_journal::Tip;
use serde::Serialize;

/// The wall clock, for holds that end between two entries.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What may be set about a projector.
#[derive(Clone)]
pub struct ProjectorConfig {
    /// Directory of the checkpoint. None: memory only, every start reads the whole journal.
    pub checkpoint_dir: Option<PathBuf>,
    /// How often the checkpoint moves on. It waits longer where writing it takes long.
    pub checkpoint_every: Duration,
    /// Whether to keep a timeline per item. Counts in the past need one.
    pub timeline: bool,
    /// How long ago the end of the journal may have been seen before answers are marked stale.
    pub stale_after: Duration,
    /// How often to look for blocks nobody announced.
    pub poll_every: Duration,
    pub clock: Clock,
}

impl Default for ProjectorConfig {
    fn default() -> ProjectorConfig {
        ProjectorConfig {
            checkpoint_dir: None,
            checkpoint_every: Duration::from_millis(300),
            timeline: true,
            stale_after: Duration::from_secs(5),
            poll_every: Duration::from_millis(500),
            clock: Arc::new(wall_clock),
        }
    }
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub height: u64,
    /// Entries folded by this replay.
    pub entries: u64,
}

/// What a projector began from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// There is no checkpoint, and none is wanted.
    Memory,
    /// There was no checkpoint yet.
    NoCheckpoint,
    Checkpoint {
        height: u64,
    },
    /// The checkpoint could not be used. It was moved aside, to `aside` if that worked.
    Rebuilt {
        because: String,
        aside: Option<PathBuf>,
    },
}

/// How opening went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenReport {
    pub origin: Origin,
    pub tip: Tip,
    /// Entries read from the journal behind the checkpoint.
    pub entries_replayed: u64,
    pub took: Duration,
}

/// How a projector is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectorState {
    pub tip: Tip,
    /// Milliseconds since it last knew itself at the end of the journal.
    pub age_ms: u64,
    pub stale: bool,
    /// Why it stopped folding, if it did. Reads go on with what was there.
    pub halted: Option<String>,
    /// Height of the last checkpoint written or loaded; 0 if none.
    pub checkpoint_height: u64,
    /// Bytes of the checkpoint on disk after the last write; 0 before the first.
    pub checkpoint_bytes: u64,
    /// Why no more checkpoints are written, if so.
    pub checkpoint_fault: Option<String>,
    pub ledgers: usize,
    /// Answers known by their key.
    pub keys: usize,
}

/// What a projector knows of, over all its ledgers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pools that are not closed.
    pub pools_open: u64,
    /// Notices ever told.
    pub notices: u64,
}
