//! The callers' end of a shard: hand in, ask how it is, stop it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use onhand_journal::Identity;
use tokio::sync::oneshot;

use crate::append::Appended;
use crate::desk::{Open, Reply};
use crate::load::Loaded;
use crate::metrics::add;
use crate::recall::{Archive, Recall};
use crate::recent::Recent;
use crate::shard::Shard;
use crate::shared::{Depth, Shared};
use crate::{Answer, AnswerFault, Batch, CommittedBlock, EngineConfig, EngineMetrics, Source};

/// How a shard is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Starting,
    Serving,
    /// A fault ended the last engine; the shard begins again. Callers are kept for a while.
    Restarting {
        reason: String,
    },
    /// Nothing more is written until an operator decides.
    Halted {
        reason: String,
    },
    Stopped,
}

/// What reaches the shard's thread.
pub(crate) enum Event {
    Batch(Box<Open>),
    Appended(Box<Appended>),
    Loaded(Box<Loaded>),
    /// Look around: something else changed.
    Wake,
}

/// One shard's engine. Clones share it; when the last one is dropped the shard stops.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

struct Inner {
    inbox: Sender<Event>,
    shared: Arc<Shared>,
    recall: Option<Recall>,
    retry_after_ms: u64,
    followers_lag: usize,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn close(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        let _ended = self.inbox.send(Event::Wake);
    }
}

/// Starts a shard's threads. It serves once its source is loaded; until then callers wait.
pub fn start(identity: Identity, config: EngineConfig, source: Box<dyn Source>) -> Handle {
    let metrics = Arc::new(EngineMetrics::default());
    let depth = Arc::new(Depth::new(metrics.clone(), &config));
    let shared = Arc::new(Shared::new(metrics, depth, config.recent_commands));
    let (inbox, events) = unbounded();
    let archive = Archive {
        identity,
        recent: shared.recent.clone(),
        reader: shared.reader.clone(),
        differing: config.differing,
        read_back: Recent::new(config.recent_commands),
    };
    let recall = Recall::start(archive, config.mailbox_batches);
    let retry_after_ms = u64::try_from(config.retry_after.as_millis()).unwrap_or(u64::MAX);
    let followers_lag = config.followers_lag;
    let shard = Shard::new(identity, config, shared.clone(), events, inbox.clone());
    let name = format!("shard-{}", identity.shard);
    let spawned = std::thread::Builder::new().name(name).spawn(move || shard.run(source));
    if let Some(error) = spawned.err().or(recall.as_ref().err().map(|it| it.kind().into())) {
        shared
            .set_status(Status::Halted { reason: format!("no thread to run the shard: {error}") });
    }
    let recall = recall.ok();
    Handle { inner: Arc::new(Inner { inbox, shared, recall, retry_after_ms, followers_lag }) }
}

impl Handle {
    /// Hands a batch in at once; the future gives one answer per request, in their order.
    pub fn submit(&self, batch: Batch) -> impl Future<Output = Vec<Answer>> + Send + use<> {
        let commands = batch.requests.len();
        let entered = self.enter(batch);
        let recall = self.inner.recall.clone();
        async move {
            let reply = match entered {
                Ok(waiting) => waiting.await,
                Err(answer) => return vec![answer; commands],
            };
            match reply.map(|reply| look_up(reply, recall)) {
                Ok(Ok(waiting)) => finish(waiting.await.ok(), commands),
                Ok(Err(reply)) => finish(Some(reply), commands),
                Err(_) => finish(None, commands),
            }
        }
    }

    /// As [`Handle::submit`], for callers outside async code.
    pub fn submit_blocking(&self, batch: Batch) -> Vec<Answer> {
        let commands = batch.requests.len();
        let reply = match self.enter(batch) {
            Ok(waiting) => waiting.blocking_recv(),
            Err(answer) => return vec![answer; commands],
        };
        match reply.map(|reply| look_up(reply, self.inner.recall.clone())) {
            Ok(Ok(waiting)) => finish(waiting.blocking_recv().ok(), commands),
            Ok(Err(reply)) => finish(Some(reply), commands),
            Err(_) => finish(None, commands),
        }
    }

    /// # Errors
    /// The one answer for all of them, if the batch cannot be taken.
    fn enter(&self, batch: Batch) -> Result<oneshot::Receiver<Reply>, Answer> {
        let shared = &self.inner.shared;
        let commands = batch.requests.len();
        if commands == 0 {
            // The answer stands for each of none.
            return Err(AnswerFault::unavailable("the batch is empty"));
        }
        match shared.status() {
            Status::Halted { reason } => return Err(AnswerFault::halted(reason)),
            Status::Stopped => return Err(AnswerFault::unavailable("the shard is stopped")),
            Status::Starting | Status::Serving | Status::Restarting { .. } => {}
        }
        if !shared.depth.enter(commands) {
            add(&shared.metrics.overloaded, commands as u64);
            let retry_after_ms = self.inner.retry_after_ms;
            return Err(Answer::Fault(AnswerFault::Overloaded { retry_after_ms }));
        }
        // Asked after entering: a closing shard waits until nobody is entered any more.
        if shared.closing.load(Ordering::SeqCst) {
            shared.depth.leave(commands);
            // It may have seen us in between, and wait.
            let _ended = self.inner.inbox.send(Event::Wake);
            return Err(AnswerFault::unavailable("the shard is shutting down"));
        }
        add(&shared.metrics.commands, commands as u64);
        let (reply, waiting) = oneshot::channel();
        if self.inner.inbox.send(Event::Batch(Box::new(open(batch, reply)))).is_err() {
            shared.depth.leave(commands);
            return Err(AnswerFault::unavailable("the shard is stopped"));
        }
        Ok(waiting)
    }

    pub fn status(&self) -> Status {
        self.inner.shared.status()
    }

    pub fn metrics(&self) -> &EngineMetrics {
        &self.inner.shared.metrics
    }

    /// Height of the newest block that this process made durable; 0: none yet. Whoever was answered
    /// finds its own write at or below it.
    pub fn committed_height(&self) -> u64 {
        self.inner.shared.committed.load(Ordering::Acquire)
    }

    /// Entries blocks as they become durable, from now on, in order. A follower that lags finds a
    /// gap, as it does where a block of another kind lies between, and reads on from the journal.
    pub fn committed(&self) -> Receiver<Arc<CommittedBlock>> {
        let (sender, receiver) = bounded(self.inner.followers_lag);
        self.inner.shared.follow(sender);
        receiver
    }

    /// Takes nothing more and finishes what waits. Returns at once; see [`Handle::wait_stopped`].
    pub fn shutdown(&self) {
        self.inner.close();
    }

    /// Waits until the shard is stopped or halted. False: it is still at it after `wait`.
    pub fn wait_stopped(&self, wait: Duration) -> bool {
        self.inner.shared.wait_for(wait, |it| matches!(it, Status::Stopped | Status::Halted { .. }))
    }

    /// Waits until the shard serves, or will not. False: neither after `wait`.
    pub fn wait_started(&self, wait: Duration) -> bool {
        self.inner
            .shared
            .wait_for(wait, |it| !matches!(it, Status::Starting | Status::Restarting { .. }))
    }
}

fn open(batch: Batch, reply: oneshot::Sender<Reply>) -> Open {
    let Batch { requests, mode, dry_run } = batch;
    let left = requests.len();
    let mut answers = Vec::new();
    answers.resize_with(left, || None);
    let (recalls, received) = (Vec::new(), Instant::now());
    Open {
        requests,
        mode,
        dry_run,
        answers,
        left,
        next: 0,
        recalls,
        reply,
        received,
        in_mailbox: true,
    }
}

/// Sends the batch to be completed with recorded answers, if it needs any.
fn look_up(reply: Reply, recall: Option<Recall>) -> Result<oneshot::Receiver<Reply>, Reply> {
    match recall {
        Some(recall) if !reply.recalls.is_empty() => recall.look_up(reply),
        Some(_) | None => Err(reply),
    }
}

fn finish(reply: Option<Reply>, commands: usize) -> Vec<Answer> {
    let lost = || AnswerFault::unknown("the shard ended before it answered");
    match reply {
        Some(reply) => reply.answers.into_iter().map(|it| it.unwrap_or_else(lost)).collect(),
        None => std::iter::repeat_with(lost).take(commands).collect(),
    }
}
