//! An installation opened to be read: no engine, no claim, nothing appended.

use std::path::PathBuf;

use onhand_journal::{Fault, Hash, Identity, Reader};

use super::journals::{self, Backend};
use super::lock::DataLock;
use super::{Installation, StartError};
use crate::config::{Config, JournalKind};

/// The journals of an installation for reading, and where its checkpoints lie.
pub struct Archive {
    installation: Installation,
    config: Config,
    backends: Vec<Backend>,
    /// None: a server uses the directory now. Streams can be read all the same, checkpoints not.
    lock: Option<DataLock>,
}

impl Archive {
    /// # Errors
    /// No installation is there, a journal is gone or cannot be opened, or an embedded one is in
    /// use by a server.
    pub fn open(config: &Config) -> Result<Archive, StartError> {
        let installation = Installation::read(&config.data_dir)?;
        let lock = match DataLock::take(&config.data_dir) {
            Ok(lock) => Some(lock),
            Err(StartError::InUse { .. }) if installation.journal == JournalKind::Jetstream => None,
            Err(error) => return Err(error),
        };
        let backends = (0..installation.shards)
            .map(|shard| journals::open(config, &installation, shard))
            .collect::<Result<_, _>>()?;
        Ok(Archive { installation, config: config.clone(), backends, lock })
    }

    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    pub fn identity(&self, shard: u16) -> Identity {
        self.installation.identity(shard)
    }

    /// # Errors
    /// The journal cannot be reached or opened.
    pub fn reader(&self, shard: u16) -> Result<Box<dyn Reader>, Fault> {
        let Some(backend) = self.backends.get(usize::from(shard)) else {
            return Err(Fault::Missing(format!("there is no shard {shard}")));
        };
        backend.journal(&self.identity(shard))?.reader()
    }

    /// The checkpoint's directory, unless a server uses it now.
    pub fn checkpoint(&self, shard: u16) -> Option<PathBuf> {
        self.lock.as_ref()?;
        Some(journals::shard_path(&self.config.data_dir, "checkpoint", shard, ""))
    }

    /// The highest acknowledged height and its hash, kept outside the journal. Height 0: none yet.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn high_water(&self, shard: u16) -> Result<(u64, Hash), Fault> {
        Ok(journals::high_water(&self.config.data_dir, shard)?.get())
    }
}
