//! Following: blocks this process just committed are folded as they come, all others are read.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use onhand_core::{BlockBody, Time};
use onhand_journal::{Fault, Hash, Tip};

use crate::projector::Projector;

/// A block that this process sealed and that is durable. Its hash needs no second look.
pub struct Arrived<'a> {
    pub height: u64,
    pub hash: Hash,
    pub previous: Hash,
    pub time_us: u64,
    pub body: &'a Arc<BlockBody>,
}

/// The threads that keep a projector up to date. Dropped or stopped, they end.
pub struct Follower {
    projector: Arc<Projector>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Follower {
    /// Ends the threads and waits for them; what was announced before is folded and kept.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        let deadline = Instant::now() + LAST_WRITE_MAX;
        let threads: Vec<JoinHandle<()>> = self.threads.drain(..).collect();
        if !threads.into_iter().all(|it| ended(it, deadline)) {
            return;
        }
        let projector = self.projector.clone();
        let last = self.projector.spawn("checkpoint", move || {
            projector.checkpoint();
        });
        if let Ok(thread) = last {
            ended(thread, deadline);
        }
    }
}

/// Longest wait for the last checkpoint: a store whose disk failed may never come back, and what
/// it would have written can be read from the journal again.
const LAST_WRITE_MAX: Duration = Duration::from_secs(20);

/// Waits for the end of a thread; false: it did not end in time and is left behind.
fn ended(thread: JoinHandle<()>, deadline: Instant) -> bool {
    while !thread.is_finished() {
        if Instant::now() >= deadline {
            tracing::error!("the checkpoint does not come to an end and is left behind");
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    if thread.join().is_err() {
        tracing::error!("a thread of the projector panicked");
    }
    true
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
        let follow = move || projector.run(committed, &arrived, &stopped);
        let threads = vec![self.spawn("project", follow)?];
        let mut follower = Follower { projector: self.clone(), stop, threads };
        if self.config.checkpoint_dir.is_some() {
            let (projector, stopped) = (self.clone(), follower.stop.clone());
            let keep = move || projector.keep_checkpoint(&stopped);
            follower.threads.push(self.spawn("checkpoint", keep)?);
        }
        Ok(follower)
    }

    fn spawn(
        &self,
        what: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name(format!("{what}-{}", self.identity.shard)).spawn(work)
    }

    /// Moves the checkpoint on until it is time to stop. It may take a fifth of one core.
    fn keep_checkpoint(&self, stop: &AtomicBool) {
        let mut pause = self.config.checkpoint_every;
        loop {
            let deadline = Instant::now() + pause;
            while Instant::now() < deadline && !stop.load(Ordering::Acquire) {
                std::thread::sleep(self.patience().min(pause));
            }
            if stop.load(Ordering::Acquire) {
                return;
            }
            let begun = Instant::now();
            self.checkpoint();
            pause = self.config.checkpoint_every.max(begun.elapsed() * 4);
        }
    }

    fn run<T>(
        &self,
        mut committed: Receiver<T>,
        arrived: &dyn for<'a> Fn(&'a T) -> Arrived<'a>,
        stop: &AtomicBool,
    ) {
        let mut polled = Instant::now();
        loop {
            let stopping = stop.load(Ordering::Acquire);
            match committed.recv_timeout(if stopping { Duration::ZERO } else { self.patience() }) {
                Ok(block) => self.take(&arrived(&block)),
                Err(_) if stopping => return,
                // Blocks are dropped when the channel is full, and other processes append too.
                Err(RecvTimeoutError::Timeout) if polled.elapsed() >= self.config.poll_every => {
                    self.poll();
                    polled = Instant::now();
                }
                Err(RecvTimeoutError::Timeout) => {}
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
            // Before it is folded: whoever hears of the fold asks for it at once.
            self.recent.keep(block.height, Time(block.time_us), block.body.clone());
            return self.fold(next, block.previous, Some(&**block.body));
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
