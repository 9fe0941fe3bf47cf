//! A journal in memory that can fail in every way a real one was seen to fail.
//!
//! Handles are clones that share one store, so two writers can fight over it. Faults are a script:
//! each one waits for the append it names and then happens once. Nothing here is random.

use crate::block::{Block, Identity, genesis};
use crate::fault::{AppendError, Fault};
use crate::{Journal, Reader};
use bytes::Bytes;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What goes wrong with one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Stored, but the acknowledgement is lost.
    LostAck,
    /// Not stored, and the answer is lost.
    LostAppend,
    /// The answer is a timeout; the block arrives after so many further calls on the store, and is
    /// stored then if it still fits.
    LateArrival { calls: u64 },
    /// Refused with a wrong last height although nothing changed.
    FalseRefusal,
    /// Stored; the acknowledgement calls it a duplicate.
    Duplicate,
    /// Nothing is stored: no room.
    Full,
    /// Nothing is stored: nobody answers.
    Unavailable,
    /// The last so many blocks are gone, then the append happens.
    TailLost { blocks: u64 },
    /// The block at this height is gone, later ones are there.
    Hole { height: u64 },
    /// One bit of the block at this height is another one.
    BitFlip { height: u64, bit: usize },
}

/// A fault and the append it waits for: the `append`-th on the store from its creation, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultAt {
    pub append: u64,
    pub kind: FaultKind,
}

/// One shard's blocks in memory. Clones share them.
#[derive(Clone, Default)]
pub struct MemoryJournal {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    store: Mutex<Store>,
    grown: Condvar,
}

#[derive(Default)]
struct Store {
    /// Index 0 is height 1. None is a hole.
    blocks: Vec<Option<Bytes>>,
    faults: Vec<FaultAt>,
    /// Appends so far, faulty ones included.
    appends: u64,
    /// Appends, reads and reconnects so far.
    calls: u64,
    /// Blocks on their way, with the call at which they arrive.
    late: Vec<(u64, Block)>,
}

impl MemoryJournal {
    /// An empty store without even a genesis block.
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    /// A store with its genesis block.
    pub fn create(identity: &Identity, shards: u16, time_us: u64) -> MemoryJournal {
        let journal = MemoryJournal::new();
        journal.lock().blocks.push(Some(genesis(identity, shards, time_us).bytes));
        journal
    }

    /// Adds a fault to the script.
    pub fn push(&self, fault: FaultAt) {
        self.lock().faults.push(fault);
    }

    /// What the next append meets.
    pub fn fail_next(&self, kind: FaultKind) {
        let mut store = self.lock();
        let append = store.appends + 1;
        store.faults.push(FaultAt { append, kind });
    }

    /// Everything stored, holes left out, once every late block has arrived or been refused.
    pub fn settled(&self) -> Vec<Bytes> {
        let mut store = self.lock();
        store.arrive(u64::MAX);
        store.blocks.iter().flatten().cloned().collect()
    }

    /// Appends tried so far on this store.
    pub fn appends(&self) -> u64 {
        self.lock().appends
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn last(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Counts a call on the store, and lets the blocks arrive whose time has come.
    fn call(&mut self) {
        self.calls += 1;
        self.arrive(self.calls);
    }

    fn arrive(&mut self, now: u64) {
        let (arrived, waiting) = self.late.drain(..).partition(|(at, _)| *at <= now);
        self.late = waiting;
        let arrived: Vec<(u64, Block)> = arrived;
        for (_, block) in arrived {
            // Refused if its height is taken: nobody hears of it.
            let _refused = self.store(&block);
        }
    }

    fn store(&mut self, block: &Block) -> Result<(), AppendError> {
        if self.last() + 1 != block.height {
            return Err(AppendError::WrongHeight { last: self.last() });
        }
        self.blocks.push(Some(block.bytes.clone()));
        Ok(())
    }

    fn take_fault(&mut self) -> Option<FaultKind> {
        let at = self.faults.iter().position(|fault| fault.append == self.appends)?;
        Some(self.faults.remove(at).kind)
    }

    fn append(&mut self, block: &Block) -> Result<(), AppendError> {
        let Some(kind) = self.take_fault() else { return self.store(block) };
        let unknown = |what: &str| Err(AppendError::Unknown(what.to_string()));
        match kind {
            FaultKind::LostAck => self.store(block).and_then(|()| unknown("no acknowledgement")),
            FaultKind::Duplicate => self.store(block).and_then(|()| unknown("duplicate")),
            FaultKind::LostAppend => unknown("no acknowledgement"),
            FaultKind::LateArrival { calls } => {
                self.late.push((self.calls + calls, block.clone()));
                unknown("timed out")
            }
            FaultKind::FalseRefusal => Err(AppendError::WrongHeight { last: self.last() }),
            FaultKind::Full => not_stored(Fault::Full("no space left".to_string())),
            FaultKind::Unavailable => not_stored(Fault::Unavailable("nobody answers".to_string())),
            FaultKind::TailLost { .. } | FaultKind::Hole { .. } | FaultKind::BitFlip { .. } => {
                self.damage(kind);
                self.store(block)
            }
        }
    }

    /// What a disk does behind everybody's back.
    fn damage(&mut self, kind: FaultKind) {
        match kind {
            FaultKind::TailLost { blocks } => {
                let kept = self.last().saturating_sub(blocks);
                self.blocks.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
            }
            FaultKind::Hole { height } => {
                if let Some(block) = self.slot(height) {
                    *block = None;
                }
            }
            FaultKind::BitFlip { height, bit } => {
                if let Some(Some(block)) = self.slot(height) {
                    let mut bytes = block.to_vec();
                    let bit = bit % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    *block = Bytes::from(bytes);
                }
            }
            FaultKind::LostAck
            | FaultKind::LostAppend
            | FaultKind::LateArrival { .. }
            | FaultKind::FalseRefusal
            | FaultKind::Duplicate
            | FaultKind::Full
            | FaultKind::Unavailable => {}
        }
    }

    fn slot(&mut self, height: u64) -> Option<&mut Option<Bytes>> {
        self.blocks.get_mut(usize::try_from(height.checked_sub(1)?).ok()?)
    }

    fn get(&mut self, height: u64) -> Option<Bytes> {
        self.slot(height).and_then(|block| block.clone())
    }

    fn range(&self, height: u64, bytes_max: usize) -> Vec<Bytes> {
        let skip = usize::try_from(height.saturating_sub(1)).unwrap_or(usize::MAX);
        let mut total = 0;
        let fits = |block: &&Bytes| {
            let first = total == 0;
            total += block.len();
            first || total <= bytes_max
        };
        self.blocks.iter().skip(skip).flatten().take_while(fits).cloned().collect()
    }
}

fn not_stored(fault: Fault) -> Result<(), AppendError> {
    Err(AppendError::NotStored(fault))
}

impl MemoryJournal {
    /// Damages what is stored now, without an append.
    pub fn damage(&self, kind: FaultKind) {
        self.lock().damage(kind);
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, block: &Block) -> Result<(), AppendError> {
        let mut store = self.lock();
        store.call();
        store.appends += 1;
        let result = store.append(block);
        self.shared.grown.notify_all();
        result
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        let mut store = self.lock();
        store.call();
        Ok(store.get(height))
    }

    fn reconnect(&mut self) -> Result<(), Fault> {
        self.lock().call();
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fault> {
        Ok(Box::new(self.clone()))
    }
}

impl Reader for MemoryJournal {
    fn read_from(
        &mut self,
        height: u64,
        bytes_max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, Fault> {
        let deadline = Instant::now() + wait;
        let mut store = self.lock();
        loop {
            let blocks = store.range(height, bytes_max);
            let left = deadline.saturating_duration_since(Instant::now());
            if !blocks.is_empty() || left.is_zero() {
                return Ok(blocks);
            }
            let waited = self.shared.grown.wait_timeout(store, left);
            store = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        Ok(self.lock().get(height))
    }
}
