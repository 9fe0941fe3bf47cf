//! Every bound of an engine, with its name and unit.

use std::time::Duration;

use onhand_core::{Command, Rules};
use onhand_journal::{BLOCK_BYTES_MAX, HEADER_BYTES_MAX, Patience};

/// Room that the frame of a body takes beside its entries.
const FRAME_BYTES: usize = 64;

/// Most bytes of what a block records.
pub(crate) const BODY_BYTES_MAX: usize = BLOCK_BYTES_MAX - HEADER_BYTES_MAX - FRAME_BYTES;

/// What an operator may set about one shard's engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Most entries and refusals of one block.
    pub commands_max: usize,
    /// A block with so many bytes of body takes no more commands.
    pub block_bytes_max: usize,
    /// Most batches that wait to be decided; above it callers are told to come back.
    pub mailbox_batches: usize,
    /// Most commands that wait to be decided, over all batches.
    pub mailbox_commands: usize,
    /// Most of what is due that one block does: holds to expire, tranches, pools.
    pub expiries_max: usize,
    /// Most refusals that one block records.
    pub refusals_max: usize,
    /// Whether a refusal is recorded with its key. If not, a retry is decided anew.
    pub remember_refusals: bool,
    pub rules: Rules,
    /// Names the field in which two requests with one key differ: the recorded print, the new
    /// print, the new command.
    pub differing: fn(&str, &str, &Command) -> String,
    /// How long callers are kept over a restart.
    pub keep_max: Duration,
    /// What callers are told to wait when the mailbox is full.
    pub retry_after: Duration,
    /// First and longest pause between two attempts to start again.
    pub restart_pause: Duration,
    pub restart_pause_max: Duration,
    /// A clock further ahead than this of the time that has passed is not believed at once.
    pub leap_max: Duration,
    /// How long a leap must stand before it is believed.
    pub leap_confirm: Duration,
    /// Blocks a follower may lag before it has to read them from the journal.
    pub followers_lag: usize,
    /// Most commands of recent blocks kept in memory for replayed answers; long ones count as
    /// several, one for each 256 bytes.
    pub recent_commands: usize,
    /// How long one append may try.
    pub patience: Patience,
    /// Keys for which the index has room from the start.
    pub keys_reserved: usize,
}

impl EngineConfig {
    /// A draft with so many bytes takes no more: always so few that one more entry fits.
    pub(crate) fn draft_bytes_max(&self) -> usize {
        self.block_bytes_max.min(BODY_BYTES_MAX / 2)
    }

    /// Most bytes of one entry as it is stored: beside a draft that is almost full it still fits.
    pub(crate) fn entry_bytes_max(&self) -> usize {
        BODY_BYTES_MAX - self.draft_bytes_max()
    }
}

impl Default for EngineConfig {
    fn default() -> EngineConfig {
        EngineConfig {
            commands_max: 8_192,
            block_bytes_max: 2 << 20,
            mailbox_batches: 1_024,
            mailbox_commands: 65_536,
            expiries_max: 1_000,
            refusals_max: 8_192,
            remember_refusals: true,
            rules: Rules::default(),
            differing: |_, _, _| "request".to_string(),
            keep_max: Duration::from_secs(30),
            retry_after: Duration::from_millis(100),
            restart_pause: Duration::from_millis(50),
            restart_pause_max: Duration::from_secs(5),
            leap_max: Duration::from_secs(60),
            leap_confirm: Duration::from_secs(60),
            followers_lag: 16,
            recent_commands: 65_536,
            patience: Patience::default(),
            keys_reserved: 65_536,
        }
    }
}
