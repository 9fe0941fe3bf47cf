//! The sled tree under a checkpoint: sealed values, a digest over all of them, no panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use onhand_journal::Hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::META;
use super::meta::Meta;

/// Pages sled keeps in memory. Old values are read back to keep the digest.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// Why a checkpoint cannot be used or written.
#[derive(Debug)]
pub enum Trouble {
    /// Another process has it open.
    Locked(String),
    Damaged(String),
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Trouble {
        match &error {
            sled::Error::Io(io) if io.to_string().contains("acquire lock") => {
                Trouble::Locked(error.to_string())
            }
            _ => Trouble::Damaged(error.to_string()),
        }
    }
}

fn damaged(what: impl Into<String>) -> Trouble {
    Trouble::Damaged(what.into())
}

/// A key and its sealed value.
pub type Stored = (Vec<u8>, Vec<u8>);

/// Hears of a key and its value; None says that it cannot be read.
pub type Tell<'a> = dyn FnMut(&[u8], &[u8]) -> Option<()> + 'a;

/// An open checkpoint.
pub struct Store {
    db: sled::Db,
    /// Over everything but the meta.
    keys: u64,
    digest: u128,
}

/// sled lets go of its file a moment after it was dropped, on threads of its own: whoever opens it
/// again at once has to wait for that, and for no more than this.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);
/// Between two attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

impl Store {
    /// Opens the directory, or makes it.
    pub fn open(path: &Path) -> Result<Store, Trouble> {
        let begun = Instant::now();
        loop {
            match Store::open_once(path) {
                Err(Trouble::Locked(_)) if begun.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                other => return other,
            }
        }
    }

    fn open_once(path: &Path) -> Result<Store, Trouble> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            // Only an explicit flush makes a checkpoint count.
            .flush_every_ms(None);
        guarded(|| Ok(Store { db: config.open()?, keys: 0, digest: 0 }))
    }

    /// The meta. None: nothing was ever finished here.
    pub fn meta(&self) -> Result<Option<Meta>, Trouble> {
        guarded(|| match self.db.get(META)? {
            Some(sealed) => Ok(Some(open(&META, &sealed)?)),
            None => Ok(None),
        })
    }

    pub fn is_empty(&self) -> bool {
        guarded(|| Ok(self.db.is_empty())).unwrap_or(false)
    }

    /// Tells every key and unsealed value, in the order of keys, then checks that none is missing
    /// and none is left from before.
    pub fn load(&mut self, meta: &Meta, tell: &mut Tell<'_>) -> Result<(), Trouble> {
        let (keys, digest) = guarded(|| {
            let (mut keys, mut digest) = (0, 0);
            for pair in self.db.iter() {
                let (key, sealed) = pair?;
                if *key == META {
                    continue;
                }
                keys += 1;
                digest ^= print(&key, &sealed);
                let value = unseal(&key, &sealed)?;
                tell(&key, value).ok_or_else(|| damaged("a value cannot be read"))?;
            }
            Ok((keys, digest))
        })?;
        if (keys, digest) != (meta.keys, meta.digest) {
            let expected = meta.keys;
            return Err(damaged(format!(
                "it holds {keys} keys where {expected} were written, or old values"
            )));
        }
        (self.keys, self.digest) = (keys, digest);
        Ok(())
    }

    /// Takes the meta away: until the next one is written there is no checkpoint.
    pub fn begin(&self) -> Result<(), Trouble> {
        guarded(|| {
            self.db.remove(META)?;
            self.db.flush()?;
            Ok(())
        })
    }

    /// Writes `stored`, each key once, in one atomic batch; with a meta the batch is a checkpoint
    /// and durable on return.
    pub fn write(&mut self, stored: Vec<Stored>, meta: Option<Meta>) -> Result<(), Trouble> {
        let (mut keys, mut digest) = (self.keys, self.digest);
        guarded(|| {
            let mut batch = sled::Batch::default();
            for (key, sealed) in stored {
                match self.db.get(&key)? {
                    Some(old) => digest ^= print(&key, &old),
                    None => keys += 1,
                }
                digest ^= print(&key, &sealed);
                batch.insert(key, sealed);
            }
            let Some(meta) = meta.map(|it| Meta { keys, digest, ..it }) else {
                return Ok(self.db.apply_batch(batch)?);
            };
            batch.insert(&META, seal(&META, &meta)?);
            self.db.apply_batch(batch)?;
            self.db.flush()?;
            match self.db.get(META)? {
                Some(sealed) if open::<Meta>(&META, &sealed)? == meta => Ok(()),
                Some(_) | None => Err(damaged("what was written does not read back")),
            }
        })?;
        (self.keys, self.digest) = (keys, digest);
        Ok(())
    }

    pub fn bytes_on_disk(&self) -> u64 {
        guarded(|| Ok(self.db.size_on_disk()?)).unwrap_or(0)
    }
}

/// sled panics on some damage. A checkpoint is no reason to stop.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(damaged(format!("sled panicked: {}", text.unwrap_or("without a word"))))
    })
}

/// The value's bytes with their checksum behind.
pub fn seal<T: Serialize + ?Sized>(key: &[u8], value: &T) -> Result<Vec<u8>, Trouble> {
    let mut sealed = postcard::to_stdvec(value).map_err(|error| damaged(error.to_string()))?;
    let checksum = checksum(key, &sealed);
    sealed.extend_from_slice(&checksum.to_le_bytes());
    Ok(sealed)
}

fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], Trouble> {
    let broken = || damaged("a value's checksum is wrong");
    let (value, found) = sealed.split_last_chunk().ok_or_else(broken)?;
    if checksum(key, value) != u32::from_le_bytes(*found) {
        return Err(broken());
    }
    Ok(value)
}

fn open<T: DeserializeOwned>(key: &[u8], sealed: &[u8]) -> Result<T, Trouble> {
    postcard::from_bytes(unseal(key, sealed)?).map_err(|error| damaged(error.to_string()))
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

/// What a key and its value add to the digest.
fn print(key: &[u8], sealed: &[u8]) -> u128 {
    let joined = [&(key.len() as u32).to_le_bytes(), key, sealed].concat();
    let Hash(bytes) = Hash::of(&joined);
    let (half, _) = bytes.split_at(16);
    half.try_into().map_or(0, u128::from_le_bytes)
}
