//! What a shard's threads and its callers share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use crate::recall::SharedReader;
use crate::recent::Recent;
use crate::{CommittedBlock, EngineConfig, EngineMetrics, Status};

/// What waits to be decided, against its bounds.
pub(crate) struct Depth {
    metrics: Arc<EngineMetrics>,
    batches_max: u64,
    commands_max: u64,
}

impl Depth {
    pub fn new(metrics: Arc<EngineMetrics>, config: &EngineConfig) -> Depth {
        let batches_max = config.mailbox_batches as u64;
        Depth { metrics, batches_max, commands_max: config.mailbox_commands as u64 }
    }

    /// False: too much waits already.
    pub fn enter(&self, commands: usize) -> bool {
        let EngineMetrics { mailbox_batches, mailbox_commands, .. } = &*self.metrics;
        let batches = mailbox_batches.fetch_add(1, Ordering::SeqCst);
        let before = mailbox_commands.fetch_add(commands as u64, Ordering::SeqCst);
        // One batch alone is taken whatever its size.
        let fits = before == 0 || before + commands as u64 <= self.commands_max;
        if fits && batches < self.batches_max {
            return true;
        }
        self.leave(commands);
        false
    }

    pub fn leave(&self, commands: usize) {
        self.metrics.mailbox_batches.fetch_sub(1, Ordering::SeqCst);
        self.metrics.mailbox_commands.fetch_sub(commands as u64, Ordering::SeqCst);
    }

    pub fn is_empty(&self) -> bool {
        self.metrics.mailbox_batches.load(Ordering::SeqCst) == 0
    }
}

/// What the shard's threads and its callers share.
pub(crate) struct Shared {
    pub metrics: Arc<EngineMetrics>,
    pub depth: Arc<Depth>,
    pub closing: AtomicBool,
    pub recent: Arc<Recent>,
    pub reader: SharedReader,
    /// Height of the newest entries block that this process made durable; 0: none yet.
    pub committed: AtomicU64,
    status: Mutex<Status>,
    changed: Condvar,
    followers: Mutex<Vec<Sender<Arc<CommittedBlock>>>>,
}

impl Shared {
    pub fn new(metrics: Arc<EngineMetrics>, depth: Arc<Depth>, recent_commands: usize) -> Shared {
        Shared {
            metrics,
            depth,
            closing: AtomicBool::new(false),
            recent: Arc::new(Recent::new(recent_commands)),
            reader: SharedReader::default(),
            committed: AtomicU64::new(0),
            status: Mutex::new(Status::Starting),
            changed: Condvar::new(),
            followers: Mutex::new(Vec::new()),
        }
    }

    pub fn status(&self) -> Status {
        self.lock_status().clone()
    }

    /// Waits until the status is what `reached` wants. False: it is not after `wait`.
    pub fn wait_for(&self, wait: Duration, reached: impl Fn(&Status) -> bool) -> bool {
        let status = self.lock_status();
        let waited = self.changed.wait_timeout_while(status, wait, |it| !reached(it));
        let (status, _) = waited.unwrap_or_else(PoisonError::into_inner);
        reached(&status)
    }

    pub fn follow(&self, follower: Sender<Arc<CommittedBlock>>) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(follower);
    }

    fn lock_status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_status(&self, status: Status) {
        *self.lock_status() = status;
        self.changed.notify_all();
    }

    /// Tells every follower that keeps up.
    pub fn publish(&self, block: &Arc<CommittedBlock>) {
        self.committed.store(block.height, Ordering::Release);
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain(|it| match it.try_send(block.clone()) {
            Ok(()) | Err(TrySendError::Full(_)) => true,
            Err(TrySendError::Disconnected(_)) => false,
        });
    }
}
