//! The high-water mark: the highest acknowledged (height, hash), kept outside the journal.
//!
//! It catches what the journal cannot show by itself: a tail that was acknowledged and is gone.
//! The file has two slots, written in turn, each with its own checksum, so that a torn write
//! costs one slot. A mark is written plainly at each acknowledgement, which survives the death of
//! the process (kill -9); a thread makes it durable at most every 100 ms, so after a power failure
//! the mark may be that much too low, never too high.

use crate::fault::Fault;
use crate::hash::Hash;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

const MAGIC: &[u8; 8] = b"ONHANDH1";
/// Magic, height, hash, checksum.
const SLOT_BYTES: usize = 8 + 8 + 32 + 4;
/// Slots lie in different disk sectors, so that a torn write cannot hit both.
const SLOT_SPACING: u64 = 4096;
const SYNC_EVERY: Duration = Duration::from_millis(100);

/// The highest acknowledged block. Height 0 says that none is known yet.
#[derive(Debug)]
pub struct HighWater {
    height: u64,
    hash: Hash,
    file: Option<MarkFile>,
}

impl HighWater {
    /// The mark kept in the file at `path`. An absent file is made and holds no mark; a file that
    /// is there but holds no readable mark is a fault, because the mark it held is lost.
    pub fn open(path: impl AsRef<Path>) -> Result<HighWater, Fault> {
        let path = path.as_ref();
        let (height, hash, slot) = match read_slots(path)? {
            None => create(path)?,
            Some(slots) => newest(&slots).ok_or_else(|| unreadable(path))?,
        };
        let file = MarkFile::open(path, slot)?;
        Ok(HighWater { height, hash, file: Some(file) })
    }

    /// A mark that lives as long as the process: for tests and for journals in memory.
    pub fn in_memory() -> HighWater {
        HighWater { height: 0, hash: Hash::ZERO, file: None }
    }

    /// Height and hash of the highest acknowledged block; height 0 if none is known.
    pub fn get(&self) -> (u64, Hash) {
        (self.height, self.hash)
    }

    /// Moves the mark up. A height at or below the mark changes nothing.
    pub fn raise(&mut self, height: u64, hash: Hash) -> Result<(), Fault> {
        if height <= self.height {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            file.write(height, hash)?;
        }
        (self.height, self.hash) = (height, hash);
        Ok(())
    }
}

fn unreadable(path: &Path) -> Fault {
    Fault::Gate(format!(
        "the high-water mark {} cannot be read: both slots are damaged. It says how far the \
         journal was acknowledged. Verify the journal, then move the file away to go on without it",
        path.display()
    ))
}

/// None: there is no such file.
fn read_slots(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let doing = || format!("read the high-water mark {}", path.display());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fault::io(doing(), error)),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Fault::io(doing(), error))?;
    Ok(Some(bytes))
}

/// Height, hash and slot of the higher readable mark.
fn newest(bytes: &[u8]) -> Option<(u64, Hash, u64)> {
    (0..2)
        .filter_map(|slot| {
            let start = usize::try_from(slot * SLOT_SPACING).ok()?;
            let (height, hash) = decode(bytes.get(start..start + SLOT_BYTES)?)?;
            Some((height, hash, slot))
        })
        .max_by_key(|(height, _, _)| *height)
}

fn encode(height: u64, hash: Hash) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..8].copy_from_slice(MAGIC);
    slot[8..16].copy_from_slice(&height.to_le_bytes());
    slot[16..48].copy_from_slice(&hash.0);
    let checksum = crc32fast::hash(&slot[..48]);
    slot[48..].copy_from_slice(&checksum.to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<(u64, Hash)> {
    let (covered, checksum) = slot.split_at_checked(48)?;
    if !covered.starts_with(MAGIC) || crc32fast::hash(covered).to_le_bytes() != checksum {
        return None;
    }
    let height = u64::from_le_bytes(covered[8..16].try_into().ok()?);
    Some((height, Hash(covered[16..].try_into().ok()?)))
}

/// A new file with no mark in it. It appears under its name only when it is complete and durable,
/// so that an interrupted start never leaves a file that looks damaged.
fn create(path: &Path) -> Result<(u64, Hash, u64), Fault> {
    let failed = |error| Fault::io(format!("create the high-water mark {}", path.display()), error);
    let fresh = path.with_extension("new");
    let file = File::create(&fresh).map_err(failed)?;
    file.write_all_at(&encode(0, Hash::ZERO), 0).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&fresh, path).map_err(failed)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    Ok((0, Hash::ZERO, 0))
}

/// The open file, the slot written last, and the thread that makes marks durable.
#[derive(Debug)]
struct MarkFile {
    path: PathBuf,
    file: Arc<File>,
    slot: u64,
    written: SyncSender<()>,
    sync_failed: Arc<AtomicBool>,
}

impl MarkFile {
    fn open(path: &Path, slot: u64) -> Result<MarkFile, Fault> {
        let doing = || format!("open the high-water mark {}", path.display());
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = Arc::new(file.map_err(|error| Fault::io(doing(), error))?);
        let sync_failed = Arc::new(AtomicBool::new(false));
        let (written, waiting) = sync_channel(1);
        let (synced, failed) = (file.clone(), sync_failed.clone());
        std::thread::Builder::new()
            .name("high-water".to_string())
            .spawn(move || sync_repeatedly(&synced, &waiting, &failed))
            .map_err(|error| Fault::io("start the high-water thread", error))?;
        Ok(MarkFile { path: path.to_path_buf(), file, slot, written, sync_failed })
    }

    fn write(&mut self, height: u64, hash: Hash) -> Result<(), Fault> {
        let doing = || format!("write the high-water mark {}", self.path.display());
        if self.sync_failed.load(Ordering::Relaxed) {
            let source = std::io::Error::other("an earlier fdatasync failed");
            return Err(Fault::io(doing(), source));
        }
        let slot = 1 - self.slot;
        self.file
            .write_all_at(&encode(height, hash), slot * SLOT_SPACING)
            .map_err(|error| Fault::io(doing(), error))?;
        self.slot = slot;
        match self.written.try_send(()) {
            // A full channel: the thread has not yet taken up an earlier mark, it will see this one.
            Ok(()) | Err(TrySendError::Full(())) | Err(TrySendError::Disconnected(())) => Ok(()),
        }
    }
}

impl Drop for MarkFile {
    fn drop(&mut self) {
        if let Err(error) = self.file.sync_data() {
            tracing::warn!(%error, path = %self.path.display(), "the high-water mark was not synced");
        }
    }
}

fn sync_repeatedly(file: &File, written: &Receiver<()>, failed: &AtomicBool) {
    while written.recv().is_ok() {
        if let Err(error) = file.sync_data() {
            // Never tried again: after a failed sync the system may have forgotten the write.
            tracing::error!(%error, "fdatasync of the high-water mark failed");
            failed.store(true, Ordering::Relaxed);
            return;
        }
        std::thread::sleep(SYNC_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(directory: &tempfile::TempDir) -> PathBuf {
        directory.path().join("shard-000.mark")
    }

    #[test]
    fn remembers_the_highest_only() {
        let directory = tempfile::tempdir().unwrap();
        for height in [1, 2, 5] {
            let mut high_water = HighWater::open(mark(&directory)).unwrap();
            high_water.raise(height, Hash::of(&[height as u8])).unwrap();
            high_water.raise(1, Hash::of(b"lower")).unwrap();
        }
        let high_water = HighWater::open(mark(&directory)).unwrap();
        assert_eq!(high_water.get(), (5, Hash::of(&[5])));
    }

    #[test]
    fn an_absent_file_holds_no_mark() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(HighWater::open(mark(&directory)).unwrap().get(), (0, Hash::ZERO));
    }

    #[test]
    fn a_torn_write_costs_one_slot() {
        let directory = tempfile::tempdir().unwrap();
        let mut high_water = HighWater::open(mark(&directory)).unwrap();
        high_water.raise(1, Hash::of(b"1")).unwrap();
        high_water.raise(2, Hash::of(b"2")).unwrap();
        drop(high_water);
        let mut bytes = std::fs::read(mark(&directory)).unwrap();
        bytes[10] ^= 1;
        std::fs::write(mark(&directory), &bytes).unwrap();
        assert_eq!(HighWater::open(mark(&directory)).unwrap().get(), (1, Hash::of(b"1")));
    }

    #[test]
    fn a_file_without_a_readable_mark_is_a_fault_with_a_remedy() {
        let directory = tempfile::tempdir().unwrap();
        for content in [&b""[..], b"something else entirely"] {
            std::fs::write(mark(&directory), content).unwrap();
            let fault = HighWater::open(mark(&directory)).unwrap_err();
            assert!(fault.to_string().contains("move the file away"), "{fault}");
        }
    }
}
