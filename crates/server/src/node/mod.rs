//! An installation that is open: its shards, each with journal, projector and engine.

mod archive;
mod installation;
mod journals;
mod lock;
mod shard;
mod source;
mod start_error;
mod submit;

use std::sync::Arc;
use std::time::Duration;

use onhand_core::LedgerId;
use onhand_projector::{LedgerView, OpenReport, Progress, Projector};
use sha2::{Digest, Sha256};

use crate::config::{Config, Durability, JournalKind};
use crate::snapshots::{Kept, Turns};
use lock::DataLock;

pub use archive::Archive;
pub use installation::Installation;
pub(crate) use installation::write_whole;
pub(crate) use shard::Shard;
pub use shard::ShardState;
pub(crate) use source::now;
pub use start_error::StartError;
pub(crate) use submit::looks_up;

/// What opening tells of itself while it goes on, which may take long.
#[derive(Clone, Debug)]
pub enum Opening {
    /// A shard's journal is read.
    Replaying { shard: u16, progress: Progress },
    /// A shard's book is there.
    Opened { shard: u16, report: OpenReport },
}

/// The shard that a ledger lies on: the first 8 bytes of the SHA-256 of its name, as a big-endian
/// number, modulo the number of shards.
pub fn shard_of(ledger: &LedgerId, shards: u16) -> u16 {
    let digest = Sha256::digest(ledger.as_str().as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (number % u64::from(shards.max(1))) as u16
}

/// An open installation. One process at a time has it.
pub struct Node {
    config: Config,
    installation: Installation,
    shards: Vec<Shard>,
    kept: Kept,
    turns: Turns,
    _lock: DataLock,
}

impl Node {
    /// Makes a new installation with its journals, and writes down what it is.
    ///
    /// # Errors
    /// `AlreadyThere` if the directory or the servers hold one; whatever the journals refuse.
    pub fn create(config: &Config) -> Result<Installation, StartError> {
        let data_dir = &config.data_dir;
        if Installation::path(data_dir).exists() {
            return Err(StartError::AlreadyThere { data_dir: data_dir.clone() });
        }
        journals::create_rooms(data_dir)?;
        let _lock = DataLock::take(data_dir)?;
        let made = Installation::new(config.journal_shards as u16, config.journal_kind);
        for shard in 0..made.shards {
            if let Err(error) = journals::create(config, &made, shard, now()) {
                // Only what this very call has made: a journal that was there is not ours to touch.
                (0..shard).for_each(|it| journals::discard(config, &made, it));
                return Err(error);
            }
        }
        made.write(data_dir)?;
        Ok(made)
    }

    /// Opens an installation: every shard from its checkpoint and journal. Never makes one.
    /// `tell` hears how far it has come.
    ///
    /// # Errors
    /// [`StartError`] names what is missing, damaged or in use.
    pub fn open(config: &Config, tell: &mut dyn FnMut(Opening)) -> Result<Node, StartError> {
        let installation = Installation::read(&config.data_dir)?;
        let lock = DataLock::take(&config.data_dir)?;
        let mut shards = Vec::with_capacity(usize::from(installation.shards));
        for shard in 0..installation.shards {
            shards.push(Shard::open(config, &installation, shard, tell)?);
        }
        let kept = Kept::new(&config.data_dir, config.snapshot_bytes_max);
        let (config, turns) = (config.clone(), Turns::default());
        Ok(Node { config, installation, shards, kept, turns, _lock: lock })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The shard that the ledger lies on.
    pub(crate) fn shard_of(&self, ledger: &LedgerId) -> u16 {
        shard_of(ledger, self.installation.shards)
    }

    fn shard(&self, ledger: &LedgerId) -> &Shard {
        &self.shards[usize::from(self.shard_of(ledger))]
    }

    /// The projector of the shard that the ledger lies on.
    pub fn projector(&self, ledger: &LedgerId) -> Arc<Projector> {
        self.shard(ledger).projector.clone()
    }

    /// Waits until all that was answered of the ledger's shard is folded. False: it is not in time.
    pub(crate) fn settle(&self, ledger: &LedgerId, longest: Duration) -> bool {
        self.shard(ledger).settle(longest)
    }

    /// Every shard's projector, in the order of the shards.
    pub fn projectors(&self) -> Vec<Arc<Projector>> {
        self.shards.iter().map(|it| it.projector.clone()).collect()
    }

    /// Suppliers' files as they came.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Whose turn it is to take a snapshot in.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// All ledgers, by shard and name.
    pub fn ledgers(&self) -> Vec<LedgerView> {
        self.shards.iter().flat_map(|it| it.projector.ledgers()).collect()
    }

    pub fn shard_states(&self) -> Vec<ShardState> {
        self.shards.iter().map(Shard::state).collect()
    }

    pub(crate) fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// Whether answers stand on servers that did not prove that they sync.
    pub fn is_relaxed(&self) -> bool {
        self.installation.journal == JournalKind::Jetstream
            && self.config.journal_durability == Durability::Relaxed
    }

    /// What an acknowledgement stands on, in one word.
    pub fn durability(&self) -> Durability {
        if self.is_relaxed() { Durability::Relaxed } else { Durability::Strict }
    }

    /// Takes no more commands, so that whoever books in the background comes to an end.
    pub(crate) fn stop_taking(&self) {
        self.shards.iter().for_each(Shard::stop_taking);
    }

    /// Takes no more commands, finishes those that wait, folds them and writes the checkpoints.
    /// Blocks until all is done; never call it from an async task.
    pub fn shutdown_blocking(&self) {
        self.stop_taking();
        self.shards.iter().for_each(Shard::close);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The lock is let go of only after the last block is durable.
        self.shutdown_blocking();
    }
}
