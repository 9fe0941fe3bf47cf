//! The thread that reads recorded answers back, for requests that were answered long ago.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use onhand_core::{BlockBody, Command, Place};
use onhand_journal::{Fault, Identity, Kind, Reader, parse};
use tokio::sync::oneshot;

use crate::answer::recorded;
use crate::desk::Reply;
use crate::recent::Recent;
use crate::{Answer, AnswerFault, CommittedBlock};

/// A batch with answers to look up, and who waits for it.
struct Job {
    reply: Reply,
    done: oneshot::Sender<Reply>,
}

/// Where the thread reads; replaced at every start of the engine.
pub(crate) type SharedReader = Arc<Mutex<Option<Box<dyn Reader>>>>;

/// A way to the thread, which ends with the last clone.
#[derive(Clone)]
pub(crate) struct Recall {
    jobs: Sender<Job>,
}

pub(crate) struct Archive {
    pub identity: Identity,
    pub recent: Arc<Recent>,
    pub reader: SharedReader,
    pub differing: fn(&str, &str, &Command) -> String,
    /// Blocks read back, apart from the recent ones so that old questions do not displace them.
    pub read_back: Recent,
}

impl Recall {
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(archive: Archive, jobs_max: usize) -> Result<Recall, std::io::Error> {
        let (jobs, waiting) = bounded(jobs_max);
        std::thread::Builder::new()
            .name("recall".to_string())
            .spawn(move || run(&archive, &waiting))?;
        Ok(Recall { jobs })
    }

    /// The batch with its recorded answers, once they are read.
    ///
    /// # Errors
    /// Too many wait: the batch as it was.
    pub fn look_up(&self, reply: Reply) -> Result<oneshot::Receiver<Reply>, Reply> {
        let (done, waiting) = oneshot::channel();
        match self.jobs.try_send(Job { reply, done }) {
            Ok(()) => Ok(waiting),
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => Err(job.reply),
        }
    }
}

fn run(archive: &Archive, waiting: &Receiver<Job>) {
    while let Ok(Job { mut reply, done }) = waiting.recv() {
        for (index, place) in std::mem::take(&mut reply.recalls) {
            let answer = archive.answer(place, &reply.requests[index]);
            reply.answers[index] = Some(answer);
        }
        let _gone = done.send(reply);
    }
}

impl Archive {
    fn answer(&self, place: Place, request: &onhand_core::Request) -> Answer {
        match self.block(place.height) {
            Ok(block) => recorded(&block, place, request, self.differing),
            Err(message) => AnswerFault::unknown(format!(
                "the command was answered before, in block {}, which cannot be read now: {message}",
                place.height
            )),
        }
    }

    fn block(&self, height: u64) -> Result<Arc<CommittedBlock>, String> {
        if let Some(block) = self.recent.get(height).or_else(|| self.read_back.get(height)) {
            return Ok(block);
        }
        let block = Arc::new(self.read(height)?);
        drop(self.read_back.keep(block.clone()));
        Ok(block)
    }

    fn read(&self, height: u64) -> Result<CommittedBlock, String> {
        let bytes = {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let reader = reader.as_mut().ok_or("the shard is not open")?;
            reader.read(height).map_err(|fault: Fault| fault.to_string())?
        };
        let block = parse(bytes.ok_or("nothing is stored there")?).map_err(|it| it.to_string())?;
        if block.identity != self.identity || block.height != height || block.kind != Kind::Entries
        {
            return Err("another block is stored there".to_string());
        }
        let body: BlockBody =
            serde_json::from_slice(block.body()).map_err(|error| error.to_string())?;
        Ok(CommittedBlock::new(&block, body))
    }
}
