//! Where an installation keeps its journals, and how they are made and opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onhand_core::Time;
use onhand_journal::{Embedded, Fault, HighWater, Identity, JetStreamConfig, Journal, jetstream};

use super::{Installation, StartError};
use crate::config::{Config, Durability, JournalKind};

/// A journal that is open, or the way to open one anew at every start of its writer.
#[derive(Clone)]
pub(super) enum Backend {
    /// The file is locked as long as it is open, so there is one handle and its clones.
    Embedded(Embedded),
    JetStream(Box<JetStreamConfig>),
}

impl Backend {
    /// # Errors
    /// Whatever keeps a stream from being opened; an embedded file is open already.
    pub fn journal(&self, identity: &Identity) -> Result<Box<dyn Journal>, Fault> {
        match self {
            Backend::Embedded(file) => Ok(Box::new(file.clone())),
            Backend::JetStream(config) => Ok(Box::new(jetstream::open(config, identity)?)),
        }
    }
}

/// `DIR/<room>/shard-000<suffix>`.
pub(super) fn shard_path(data_dir: &Path, room: &str, shard: u16, suffix: &str) -> PathBuf {
    data_dir.join(room).join(format!("shard-{shard:03}{suffix}"))
}

pub(super) fn journal_path(data_dir: &Path, shard: u16) -> PathBuf {
    shard_path(data_dir, "journal", shard, ".redb")
}

pub(super) fn high_water(data_dir: &Path, shard: u16) -> Result<HighWater, Fault> {
    HighWater::open(shard_path(data_dir, "high-water", shard, ".mark"))
}

/// Makes the journal of one shard.
pub(super) fn create(
    config: &Config,
    installation: &Installation,
    shard: u16,
    now: Time,
) -> Result<(), StartError> {
    let identity = installation.identity(shard);
    let failed = |fault| StartError::Journal { shard, fault };
    let shards = installation.shards;
    match installation.journal {
        JournalKind::Embedded => {
            let path = journal_path(&config.data_dir, shard);
            Embedded::create(path, &identity, shards, now.as_us()).map(drop).map_err(failed)
        }
        JournalKind::Jetstream => {
            let config = stream_config(config);
            jetstream::create(&config, &identity, shards, now.as_us()).map(drop).map_err(failed)
        }
    }
}

/// Takes back a journal that was just made and holds nothing but its genesis. A stream stays: only
/// its operator deletes one.
pub(super) fn discard(config: &Config, installation: &Installation, shard: u16) {
    if installation.journal == JournalKind::Embedded {
        let path = journal_path(&config.data_dir, shard);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "a new journal could not be removed");
        }
    }
}

/// Opens the journal of one shard. Never makes one.
pub(super) fn open(
    config: &Config,
    installation: &Installation,
    shard: u16,
) -> Result<Backend, StartError> {
    match installation.journal {
        JournalKind::Embedded => {
            let journal = journal_path(&config.data_dir, shard);
            if !journal.exists() {
                let installation = Installation::path(&config.data_dir);
                return Err(StartError::JournalGone { journal, installation });
            }
            let file = open_embedded(&journal);
            Ok(Backend::Embedded(file.map_err(|fault| StartError::Journal { shard, fault })?))
        }
        JournalKind::Jetstream => Ok(Backend::JetStream(Box::new(stream_config(config)))),
    }
}

/// Longest wait for a file that is still locked.
const UNLOCK_MAX: Duration = Duration::from_secs(5);

/// Whoever opens a journal has the lock of its directory already, so a file that is locked all the
/// same belongs to threads of a node that is just closing: they are given a moment.
fn open_embedded(path: &Path) -> Result<Embedded, Fault> {
    let begun = Instant::now();
    loop {
        match Embedded::open(path) {
            Err(Fault::Gate(_)) if begun.elapsed() < UNLOCK_MAX => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => return opened,
        }
    }
}

fn stream_config(config: &Config) -> JetStreamConfig {
    let mut stream = JetStreamConfig::new(config.journal_url.clone());
    let given = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
    stream.credentials = given(&config.journal_credentials);
    stream.tls.ca = given(&config.journal_tls_ca);
    stream.tls.client = given(&config.journal_tls_cert).zip(given(&config.journal_tls_key));
    stream.replicas = config.journal_replicas as usize;
    stream.durability = match config.journal_durability {
        Durability::Strict => jetstream::Durability::Strict,
        Durability::Relaxed => jetstream::Durability::Relaxed,
    };
    let monitor = config.journal_monitor_url.clone();
    stream.monitor_url = (!monitor.is_empty()).then_some(monitor);
    stream.ack_timeout = Duration::from_millis(config.journal_ack_ms_max);
    stream.stream_prefix = config.journal_stream_prefix.clone();
    stream.subject_prefix = config.journal_subject_prefix.clone();
    stream
}

/// Makes the directories of an installation.
pub(super) fn create_rooms(data_dir: &Path) -> Result<(), StartError> {
    for room in ["", "journal", "checkpoint", "high-water"] {
        let path = data_dir.join(room);
        fs::create_dir_all(&path)
            .map_err(|error| StartError::io(format!("create {}", path.display()), error))?;
    }
    Ok(())
}
