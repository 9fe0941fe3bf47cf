//! The projector of one shard: opened from checkpoint and journal, then fed and asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::{Duration, Instant};

use onhand_core::{Book, LedgerId, Time, Tracking};
use onhand_journal::{Fault, Identity, Reader, Tip};

use crate::checkpoint::{Begun, Dirty, Trouble, Writer, begin};
use crate::config::{Counts, OpenReport, Progress, ProjectorConfig, ProjectorState};
use crate::recent::Recent;
use crate::state::State;

/// The committed state of one shard. Shared by its followers and everybody who asks.
pub struct Projector {
    pub(crate) identity: Identity,
    pub(crate) config: ProjectorConfig,
    state: RwLock<State>,
    /// Held by whoever folds blocks: one at a time, in the order of the journal.
    pub(crate) reader: Mutex<Box<dyn Reader>>,
    /// For those who read far behind, so that they do not hold up the fold. None: the one above.
    history: Mutex<Option<Box<dyn Reader>>>,
    pub(crate) recent: Recent,
    /// Held while a block is folded and looked at: a checkpoint is taken between blocks.
    block: Mutex<()>,
    /// Counts folds, for those who wait for a position.
    folds: Mutex<u64>,
    folded: Condvar,
    begun: Instant,
    /// When the end of the journal was last seen, in milliseconds since `begun`.
    seen_end_ms: AtomicU64,
    /// None: no checkpoint is kept.
    checkpoint: Mutex<Option<Writer>>,
    checkpoint_height: AtomicU64,
    checkpoint_bytes: AtomicU64,
    checkpoint_fault: Mutex<Option<String>>,
}

impl Projector {
    /// Loads the checkpoint if there is one that fits, and reads the journal to its end.
    /// `key`: the installation's key of the fingerprints. `progress` is told how far it has come.
    ///
    /// # Errors
    /// `Halted`: the journal is broken, or it lost a tail that the checkpoint has seen. Others:
    /// the journal cannot be read now.
    pub fn open(
        identity: Identity,
        key: [u8; 16],
        mut reader: Box<dyn Reader>,
        config: ProjectorConfig,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Arc<Projector>, OpenReport), Fault> {
        let begun = Instant::now();
        let Begun { mut state, writer, origin, fault } =
            begin(&identity, key, &mut *reader, &config)?;
        state.begin_listing();
        let height = state.tip.height;
        let projector = Arc::new(Projector {
            identity,
            config,
            state: RwLock::new(state),
            reader: Mutex::new(reader),
            history: Mutex::new(None),
            recent: Recent::default(),
            block: Mutex::new(()),
            folds: Mutex::new(0),
            folded: Condvar::new(),
            begun,
            seen_end_ms: AtomicU64::new(0),
            checkpoint: Mutex::new(writer),
            checkpoint_height: AtomicU64::new(height),
            checkpoint_bytes: AtomicU64::new(0),
            checkpoint_fault: Mutex::new(fault),
        });
        let mut entries_replayed = 0;
        let tip = projector.catch_up_with(&mut |it| {
            entries_replayed = it.entries;
            progress(it);
        })?;
        if height == 0 {
            projector.track_everything();
        }
        Ok((projector, OpenReport { origin, tip, entries_replayed, took: begun.elapsed() }))
    }

    /// Reads the journal to its end and folds what is new.
    ///
    /// # Errors
    /// `Halted`: the journal is broken; reads go on with what was folded before. Others: it cannot
    /// be read now.
    pub fn catch_up(&self) -> Result<Tip, Fault> {
        self.catch_up_with(&mut |_| ())
    }

    /// The committed book and its tip, for a starting engine.
    pub fn book(&self) -> (Book, Tip) {
        let state = self.read();
        let mut book = state.book.clone();
        book.seen.keep_news(false);
        book.tracking = Tracking::Off;
        for ledger in book.ledgers.values_mut() {
            ledger.track(Tracking::Off);
            drop(ledger.take_touched());
        }
        (book, state.tip)
    }

    /// Whether nobody folds at this moment, so that a short question waits for nothing.
    pub fn is_free(&self) -> bool {
        self.state.try_read().is_ok()
    }

    pub fn tip(&self) -> Tip {
        self.read().tip
    }

    pub fn state(&self) -> ProjectorState {
        let state = self.read();
        ProjectorState {
            tip: state.tip,
            age_ms: self.age_ms(),
            stale: self.is_stale(&state),
            halted: state.halted.clone(),
            checkpoint_height: self.checkpoint_height.load(Ordering::Relaxed),
            checkpoint_bytes: self.checkpoint_bytes.load(Ordering::Relaxed),
            checkpoint_fault: self.lock_fault().clone(),
            ledgers: state.book.ledgers.len(),
            keys: state.book.seen.len(),
        }
    }

    /// Looks through all ledgers; meant for a scrape rather than a request.
    pub fn counts(&self) -> Counts {
        let state = self.read();
        let pools = state.book.ledgers.values().flat_map(|it| it.pools());
        Counts {
            pools_open: pools.filter(|it| it.closed.is_none()).count() as u64,
            notices: state.notices.values().map(|it| it.last()).sum(),
        }
    }

    /// Writes a checkpoint of now, if one is kept and anything is new. Returns its height. The
    /// follower does so by itself.
    pub fn checkpoint(&self) -> u64 {
        let mut kept = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = kept.as_mut() else { return 0 };
        match writer.write(self) {
            Ok(tip) => {
                self.checkpoint_height.store(tip.height, Ordering::Relaxed);
                self.checkpoint_bytes.store(writer.bytes_on_disk(), Ordering::Relaxed);
            }
            Err(Trouble::Damaged(why) | Trouble::Locked(why)) => {
                tracing::error!(shard = self.identity.shard, %why, "no more checkpoints are written");
                if let Some(writer) = kept.take() {
                    writer.abandon();
                }
                // What changed would be remembered for nobody.
                self.write().track(false);
                *self.lock_fault() = Some(why);
            }
        }
        self.checkpoint_height.load(Ordering::Relaxed)
    }

    /// The first checkpoint is of everything: a fold from the beginning remembers no changes.
    fn track_everything(&self) {
        let mut kept = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = kept.as_mut() {
            let mut state = self.write();
            writer.dirty = Dirty::everything(&state);
            state.track(true);
        }
    }

    fn lock_fault(&self) -> MutexGuard<'_, Option<String>> {
        self.checkpoint_fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the ledger's entries up to `min_position` are folded; false if `timeout` ends
    /// first, or if nothing is folded any more.
    pub fn wait_for(&self, ledger: &LedgerId, min_position: u64, timeout: Duration) -> bool {
        self.wait_until(timeout, |state| {
            state.book.ledger(ledger).map_or(0, |it| it.position()) >= min_position
        })
    }

    /// As [`Projector::wait_for`], for all blocks up to a height.
    pub fn wait_for_height(&self, height: u64, timeout: Duration) -> bool {
        self.wait_until(timeout, |state| state.tip.height >= height)
    }

    fn wait_until(&self, timeout: Duration, is_folded: impl Fn(&State) -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        let mut folds = self.folds.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (folded, halted) = {
                let state = self.read();
                (is_folded(&state), state.halted.is_some())
            };
            if folded {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if halted || left.is_zero() {
                return false;
            }
            let waited = self.folded.wait_timeout(folds, left);
            folds = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Wakes those who wait for a position.
    pub(crate) fn announce(&self) {
        *self.folds.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.folded.notify_all();
    }

    /// As long as this is held, no block is half done. Taken before the state.
    pub(crate) fn whole_blocks(&self) -> MutexGuard<'_, ()> {
        self.block.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn feed(&self) -> MutexGuard<'_, Box<dyn Reader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Past blocks are read with this one from now on.
    pub fn read_history_with(&self, reader: Box<dyn Reader>) {
        *self.history.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
    }

    /// Does `work` with the reader of past blocks.
    pub(crate) fn with_history<T>(&self, work: impl FnOnce(&mut dyn Reader) -> T) -> T {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        match history.as_mut() {
            Some(reader) => work(&mut **reader),
            None => work(&mut **self.feed()),
        }
    }

    /// Notes that everything the journal holds now is folded.
    pub(crate) fn at_end(&self) {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen_end_ms.store(since, Ordering::Relaxed);
    }

    pub(crate) fn age_ms(&self) -> u64 {
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        since.saturating_sub(self.seen_end_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn is_stale(&self, state: &State) -> bool {
        state.halted.is_some() || u128::from(self.age_ms()) > self.config.stale_after.as_millis()
    }

    /// Now: the wall clock's, but never before what the ledger recorded.
    pub(crate) fn now(&self, recorded: Time) -> Time {
        (self.config.clock)().max(recorded)
    }
}
