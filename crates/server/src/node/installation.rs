//! `installation.json`: which installation a data directory holds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use onhand_journal::Identity;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StartError;
use crate::config::JournalKind;

/// The format of the file that is written.
const FORMAT: u32 = 1;

/// What an installation is for its whole life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    pub format: u32,
    pub installation: Uuid,
    pub shards: u16,
    pub journal: JournalKind,
    /// Keys the fingerprints of idempotency keys, so that nobody outside can make two collide.
    pub fingerprint_key: Uuid,
    pub created: String,
}

impl Installation {
    pub(super) fn new(shards: u16, journal: JournalKind) -> Installation {
        Installation {
            format: FORMAT,
            installation: Uuid::now_v7(),
            shards,
            journal,
            fingerprint_key: random_key(),
            created: jiff::Timestamp::now().to_string(),
        }
    }

    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("installation.json")
    }

    pub fn identity(&self, shard: u16) -> Identity {
        Identity { installation: self.installation, shard }
    }

    pub fn key(&self) -> [u8; 16] {
        *self.fingerprint_key.as_bytes()
    }

    /// # Errors
    /// `NotThere` if the directory holds none, `Damaged` if the file cannot be read as one.
    pub fn read(data_dir: &Path) -> Result<Installation, StartError> {
        let path = Installation::path(data_dir);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StartError::NotThere { data_dir: data_dir.to_owned() });
            }
            Err(error) => return Err(StartError::io(format!("read {}", path.display()), error)),
        };
        let damaged = |reason: String| StartError::Damaged { path: path.clone(), reason };
        let read: Installation =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        match read.format {
            FORMAT if read.shards > 0 => Ok(read),
            FORMAT => Err(damaged("it has no shards".to_owned())),
            other => Err(damaged(format!("format {other} is not known to this release"))),
        }
    }

    /// Written last of all: a directory with this file has all that belongs to it.
    pub(super) fn write(&self, data_dir: &Path) -> Result<(), StartError> {
        let path = Installation::path(data_dir);
        let failed = |error| StartError::io(format!("write {}", path.display()), error);
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other).map_err(failed)?;
        write_whole(&path, text.as_bytes()).map_err(failed)
    }
}

/// Writes a file so that it is there whole or not at all, and durable.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// 128 bits, most of them random: two version 7 ids folded together leave no clock in them.
fn random_key() -> Uuid {
    let (one, two) = (Uuid::now_v7().as_u128(), Uuid::now_v7().as_u128());
    Uuid::from_u128(one ^ two.rotate_left(64))
}
