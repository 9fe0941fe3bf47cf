//! Following: blocks this process just committed are folded as they come, all others are read.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use onhand_core::BlockBody;
use onhand_journal::{Fault, Hash, Tip};

use crate::projector::Projector;

/// A block that this process sealed and that is durable. Its hash needs no second look.
pub struct Arrived<'a> {
    pub height: u64,
    pub hash: Hash,
    pub previous: Hash,
    pub time_us: u64,
    pub body: &'a BlockBody,
}

/// The threads that keep a projector up to date. Dropped or stopped, they end.
pub struct Follower {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Follower {
    /// Ends the threads and waits for them; what was announced before is folded.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the projector panicked");
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.end();
    }
}

impl Projector {
    /// Starts to follow, on threads of its own. `committed` brings blocks in the order in which
    /// they were appended; where some are missing they are read from the journal. Once nobody
    /// sends any more the journal alone is followed.
    ///
    /// # Errors
    /// No thread could be started.
    pub fn follow<T: Send + 'static>(
        self: &Arc<Self>,
        committed: Receiver<T>,
        arrived: impl for<'a> Fn(&'a T) -> Arrived<'a> + Send + 'static,
    ) -> io::Result<Follower> {
        let stop = Arc::new(AtomicBool::new(false));
        let (projector, stopped) = (self.clone(), stop.clone());
        let name = format!("project-{}", self.identity.shard);
        let follow = move || projector.run(committed, &arrived, &stopped);
        let thread = std::thread::Builder::new().name(name).spawn(follow)?;
        Ok(Follower { stop, threads: vec![thread] })
    }

    fn run<T>(
        &self,
        mut committed: Receiver<T>,
        arrived: &dyn for<'a> Fn(&'a T) -> Arrived<'a>,
        stop: &AtomicBool,
    ) {
        loop {
            let stopping = stop.load(Ordering::Acquire);
            match committed.recv_timeout(if stopping { Duration::ZERO } else { self.patience() }) {
                Ok(block) => self.take(&arrived(&block)),
                Err(_) if stopping => return,
                // Blocks are dropped when the channel is full, and other processes append too.
                Err(RecvTimeoutError::Timeout) => self.poll(),
                Err(RecvTimeoutError::Disconnected) => committed = crossbeam_channel::never(),
            }
        }
    }

    /// Short, so that a stop is heard soon.
    fn patience(&self) -> Duration {
        self.config.poll_every.min(Duration::from_millis(200))
    }

    fn take(&self, block: &Arrived<'_>) {
        match self.take_arrived(block) {
            Ok(()) => self.at_end(),
            // Halted is told by the state; the rest is tried again at the next poll.
            Err(fault) => tracing::debug!(%fault, height = block.height, "not folded now"),
        }
    }

    fn take_arrived(&self, block: &Arrived<'_>) -> Result<(), Fault> {
        let feed = self.feed();
        let tip = self.tip();
        if block.height <= tip.height {
            return Ok(());
        }
        if block.height == tip.height + 1 && block.previous == tip.hash {
            let next = Tip {
                height: block.height,
                hash: block.hash,
                epoch: tip.epoch,
                time_us: block.time_us,
            };
            return self.fold(next, block.previous, Some(block.body));
        }
        drop(feed);
        // Claims, barriers and blocks that were not handed over.
        self.catch_up().map(drop)
    }

    fn poll(&self) {
        if self.read().halted.is_some() {
            return;
        }
        if let Err(fault) = self.catch_up() {
            tracing::warn!(shard = self.identity.shard, %fault, "the journal cannot be followed now");
        }
    }
}
