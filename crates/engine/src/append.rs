//! The thread that makes blocks durable, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use onhand_core::Time;
use onhand_journal::{Block, Fault, Writer};

use crate::handle::Event;
use crate::{CommittedBlock, EngineMetrics};

/// A block body on its way to the journal.
struct Job {
    time: Time,
    body: Vec<u8>,
    /// Old blocks, to be taken apart here rather than by the thread that decides.
    gone: Vec<Arc<CommittedBlock>>,
}

/// What became of a body.
pub(crate) struct Appended {
    /// Which reign's; a report of an earlier one is of no interest any more.
    pub reign: u64,
    /// The block that holds the body.
    pub stored: Result<Block, Fault>,
    /// The body's memory, for another one.
    pub body: Vec<u8>,
}

/// The engine's end of the thread. Dropping it waits for the block in flight.
pub(crate) struct Appender {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Appender {
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        writer: Writer,
        reign: u64,
        inbox: Sender<Event>,
        metrics: Arc<EngineMetrics>,
    ) -> Result<Appender, Fault> {
        let (jobs, waiting) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("append".to_string())
            .spawn(move || run(writer, reign, &waiting, &inbox, &metrics))
            .map_err(|error| Fault::io("start the appending thread", error))?;
        Ok(Appender { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands over a body. One at a time: only once the report of the last one has come.
    pub fn append(&self, time: Time, body: Vec<u8>, gone: Vec<Arc<CommittedBlock>>) {
        if let Some(jobs) = &self.jobs {
            // The thread ends only after a report of a fault, which drops this.
            let _ended = jobs.send(Job { time, body, gone });
        }
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there was caught and reported.
            let _panicked = thread.join();
        }
    }
}

fn run(
    mut writer: Writer,
    reign: u64,
    waiting: &Receiver<Job>,
    inbox: &Sender<Event>,
    metrics: &EngineMetrics,
) {
    while let Ok(Job { time, body, gone }) = waiting.recv() {
        let begun = Instant::now();
        let stored = catch_unwind(AssertUnwindSafe(|| append(&mut writer, time, &body)))
            .unwrap_or_else(|_| Err(Fault::OutcomeUnknown("appending panicked".to_string())));
        metrics.append_seconds.observe(begun.elapsed());
        let failed = stored.is_err();
        let report = Appended { reign, stored, body };
        if inbox.send(Event::Appended(Box::new(report))).is_err() || failed {
            return;
        }
        // Nobody waits for this.
        drop(gone);
    }
}

fn append(writer: &mut Writer, time: Time, body: &[u8]) -> Result<Block, Fault> {
    let block = writer.append(time.as_us(), body)?.pop();
    let block = block.ok_or_else(|| Fault::OutcomeUnknown("no block was reported".to_string()))?;
    if block.time_us == time.as_us() {
        return Ok(block);
    }
    // The entries were decided at another moment than the block now says.
    Err(Fault::OutcomeUnknown(format!(
        "block {} was stored at {} us instead of {} us",
        block.height,
        block.time_us,
        time.as_us()
    )))
}
