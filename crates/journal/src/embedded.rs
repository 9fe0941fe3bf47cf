//! The embedded journal: one redb file, one fsync per block. Honest storage for one machine.
//!
//! Handles share one open database; the file lock keeps every other process out.

use crate::block::{Block, Identity, genesis};
use crate::fault::{AppendError, Fault};
use crate::{Journal, Reader};
use bytes::Bytes;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Pages redb keeps in memory. The engine and the projector hold the state; blocks are read once.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// One shard's blocks in one file. Clones share the open file.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    /// None only while a reconnect is between closing and opening, or after it failed to open.
    database: RwLock<Option<Database>>,
    /// The last height known here, for readers that wait.
    last: Mutex<u64>,
    grown: Condvar,
}

impl Embedded {
    /// A new journal at `path` with its genesis block. Refuses if a file is there.
    pub fn create(
        path: impl AsRef<Path>,
        identity: &Identity,
        shards: u16,
        time_us: u64,
    ) -> Result<Embedded, Fault> {
        let path = path.as_ref();
        if path.exists() {
            return Err(Fault::Exists(path.display().to_string()));
        }
        // Made under another name first: a journal without its genesis never bears the name.
        let fresh = path.with_extension("new");
        let failed = |error| Fault::io(format!("create {}", path.display()), error);
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let database = builder().create(&fresh).map_err(|error| open_fault(path, error))?;
        match store(&database, &genesis(identity, shards, time_us)) {
            Ok(()) => {}
            Err(StoreError::Failed(error)) => return Err(write_fault(*error)),
            Err(StoreError::WrongHeight(last)) => {
                return Err(failed(io::Error::other(format!("it holds {last} blocks already"))));
            }
        }
        drop(database);
        std::fs::rename(&fresh, path).map_err(failed)?;
        sync_directory(path).map_err(failed)?;
        Embedded::open(path)
    }

    /// The journal at `path`. Never creates one.
    pub fn open(path: impl AsRef<Path>) -> Result<Embedded, Fault> {
        let path = path.as_ref().to_path_buf();
        let database = open_database(&path)?;
        let last = last_height(&database).map_err(|error| read_fault(&path, error))?;
        let (database, last) = (RwLock::new(Some(database)), Mutex::new(last));
        Ok(Embedded { shared: Arc::new(Shared { path, database, last, grown: Condvar::new() }) })
    }

    /// The last height stored, 0 if none.
    pub fn last_height(&self) -> Result<u64, Fault> {
        self.with(|database| last_height(database).map_err(|error| self.read_fault(error)))
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, Fault> {
        let guard = self.shared.database.read().unwrap_or_else(PoisonError::into_inner);
        match &*guard {
            Some(database) => work(database),
            None => Err(Fault::Unavailable(format!("{} is closed", self.shared.path.display()))),
        }
    }

    fn read_fault(&self, error: redb::Error) -> Fault {
        read_fault(&self.shared.path, error)
    }

    fn get(&self, height: u64) -> Result<Option<Bytes>, Fault> {
        self.with(|database| get(database, height).map_err(|error| self.read_fault(error)))
    }

    /// Waits until `height` is stored or `wait` is over.
    fn await_height(&self, height: u64, wait: Duration) {
        let deadline = Instant::now() + wait;
        let mut last = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        while *last < height {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.shared.grown.wait_timeout(last, left);
            last = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn announce(&self, height: u64) {
        let mut last = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (*last).max(height);
        self.shared.grown.notify_all();
    }

    /// A write that failed half way. The file is opened again, which repairs it, and then shows
    /// what became of the block: nobody else writes here, and nothing is in any queue.
    fn settle(&mut self, block: &Block, fault: Fault) -> AppendError {
        if let Err(reopen) = Journal::reconnect(self) {
            return AppendError::Unknown(format!("{fault}; {reopen}"));
        }
        match self.get(block.height) {
            Ok(None) => AppendError::NotStored(fault),
            // There, but its sync may have failed: a barrier behind it will tell.
            Ok(Some(_)) => AppendError::Unknown(fault.to_string()),
            Err(read) => AppendError::Unknown(format!("{fault}; {read}")),
        }
    }
}

impl Journal for Embedded {
    fn append(&mut self, block: &Block) -> Result<(), AppendError> {
        match self.with(|database| Ok(store(database, block))) {
            Ok(Ok(())) => {
                self.announce(block.height);
                Ok(())
            }
            Ok(Err(StoreError::WrongHeight(last))) => Err(AppendError::WrongHeight { last }),
            Ok(Err(StoreError::Failed(error))) => Err(self.settle(block, write_fault(*error))),
            // Closed after a reconnect that failed.
            Err(fault) => Err(AppendError::NotStored(fault)),
        }
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        self.get(height)
    }

    fn reconnect(&mut self) -> Result<(), Fault> {
        let mut guard = self.shared.database.write().unwrap_or_else(PoisonError::into_inner);
        // Closed before it is opened: the file lock is held by the open database.
        *guard = None;
        *guard = Some(open_database(&self.shared.path)?);
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fault> {
        Ok(Box::new(self.clone()))
    }
}

impl Reader for Embedded {
    fn read_from(
        &mut self,
        height: u64,
        bytes_max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, Fault> {
        let range = |database: &Database| {
            range(database, height, bytes_max).map_err(|error| self.read_fault(error))
        };
        let blocks = self.with(range)?;
        if !blocks.is_empty() || wait.is_zero() {
            return Ok(blocks);
        }
        self.await_height(height, wait);
        self.with(range)
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        self.get(height)
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn open_database(path: &Path) -> Result<Database, Fault> {
    if !path.exists() {
        return Err(Fault::Missing(format!(
            "{} does not exist; `onhand init` creates one",
            path.display()
        )));
    }
    builder().open(path).map_err(|error| open_fault(path, error))
}

fn open_fault(path: &Path, error: redb::DatabaseError) -> Fault {
    use redb::DatabaseError as E;
    let path = path.display();
    match error {
        E::DatabaseAlreadyOpen | E::LockProtocolMismatch => Fault::Gate(format!(
            "the journal {path} is locked: another process has it open. Stop that process first; \
             a journal has one server"
        )),
        error => Fault::io(format!("open the journal {path}"), io::Error::other(error)),
    }
}

fn read_fault(path: &Path, error: redb::Error) -> Fault {
    Fault::io(format!("read the journal {}", path.display()), io::Error::other(error))
}

enum StoreError {
    WrongHeight(u64),
    /// Boxed because it is large and rare.
    Failed(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> StoreError {
        StoreError::Failed(Box::new(error.into()))
    }
}

/// Stores the block as the next one.
fn store(database: &Database, block: &Block) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    {
        let mut table = transaction.open_table(BLOCKS)?;
        let last = table.last()?.map_or(0, |(height, _)| height.value());
        if last + 1 != block.height {
            return Err(StoreError::WrongHeight(last));
        }
        table.insert(block.height, &*block.bytes)?;
    }
    Ok(transaction.commit()?)
}

fn write_fault(error: redb::Error) -> Fault {
    match error {
        redb::Error::Io(source) if source.kind() == io::ErrorKind::StorageFull => {
            Fault::Full(source.to_string())
        }
        error => Fault::Unavailable(error.to_string()),
    }
}

fn last_height(database: &Database) -> Result<u64, redb::Error> {
    let table = database.begin_read()?.open_table(BLOCKS)?;
    Ok(table.last()?.map_or(0, |(height, _)| height.value()))
}

fn get(database: &Database, height: u64) -> Result<Option<Bytes>, redb::Error> {
    let table = database.begin_read()?.open_table(BLOCKS)?;
    Ok(table.get(height)?.map(|bytes| Bytes::copy_from_slice(bytes.value())))
}

fn range(database: &Database, from: u64, bytes_max: usize) -> Result<Vec<Bytes>, redb::Error> {
    let table = database.begin_read()?.open_table(BLOCKS)?;
    let mut blocks: Vec<Bytes> = Vec::new();
    let mut total = 0;
    for stored in table.range(from..)? {
        let (_, bytes) = stored?;
        total += bytes.value().len();
        if total > bytes_max && !blocks.is_empty() {
            break;
        }
        blocks.push(Bytes::copy_from_slice(bytes.value()));
    }
    Ok(blocks)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    std::fs::File::open(directory)?.sync_all()
}
