//! Commands and questions by request and reply, found by the micro protocol of NATS (ADR-32).
//!
//! One task takes what has come, reads it and hands it in: commands that came together go to their
//! shard together, and no command has a task of its own. Whoever cannot be taken is told at once, as
//! far as there is room to remember where to; nothing is booked of which nobody is told.

mod batches;
mod discovery;
mod endpoints;
mod questions;
mod reply;
mod request;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use async_nats::{Client, Message, Subject, Subscriber};
use axum::Router;
use futures_util::StreamExt;
use futures_util::stream::select;
use onhand_core::Request;
use onhand_engine::{Batch, Mode};
use onhand_wire::{No, Problem, Trouble, problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::link::{Lost, keep_up, lost};
use crate::http::commands::{self, Told, is_judgement, tell};
use crate::http::{Rooms, Taken};
use crate::node::looks_up;
use discovery::Discovery;
use endpoints::{Endpoints, QUEUE};

/// Messages that are read in one go.
const TOGETHER_MAX: usize = 256;
/// Questions under way at once; more are told to come back.
const QUESTIONS_MAX: usize = 256;
/// Batches under way at once, whose commands are not counted one by one; more are told to come back.
const BATCHES_MAX: usize = 32;
/// Refusals that wait to be sent. Behind them a caller is told nothing, and runs into its own timeout.
const REFUSALS_MAX: usize = 4_096;
/// When those are to ask again that cannot be taken.
const RETRY_AFTER_MS: u64 = 100;

/// What lives on when a connection does not.
pub(super) struct Service {
    rooms: Arc<Rooms>,
    router: Router,
    endpoints: Arc<Endpoints>,
    /// Against the bound of commands under way.
    seats: Arc<Semaphore>,
    questions: Arc<Semaphore>,
    batches: Arc<Semaphore>,
}

/// What every message is answered with.
struct Desk {
    service: Arc<Service>,
    client: Client,
    relaxed: bool,
}

impl Deref for Desk {
    type Target = Service;
    fn deref(&self) -> &Service {
        &self.service
    }
}

/// A message that is to be answered. What it says is not kept for that.
struct Call {
    reply: Subject,
    /// Its place among the endpoints; none of a subject that means nothing.
    endpoint: Option<usize>,
    begun: Instant,
    _taken: Taken,
}

/// Where refusals go.
type Refusals = mpsc::Sender<(Call, Box<Problem>)>;

/// Commands of one shard that came together.
struct Group {
    shard: u16,
    dry_run: bool,
    /// Looked up in the past first: nobody else waits for it.
    alone: bool,
    calls: Vec<Call>,
    requests: Vec<Request>,
    seats: OwnedSemaphorePermit,
}

impl Service {
    pub fn new(rooms: Arc<Rooms>, router: Router) -> Service {
        let config = rooms.node.config();
        let endpoints = Arc::new(Endpoints::new(&config.nats_subject_prefix));
        let seats = Arc::new(Semaphore::new(config.nats_commands_max as usize));
        let questions = Arc::new(Semaphore::new(QUESTIONS_MAX));
        let batches = Arc::new(Semaphore::new(BATCHES_MAX));
        Service { rooms, router, endpoints, seats, questions, batches }
    }

    /// Takes commands and questions until `ending` turns true and all that was taken is answered.
    pub async fn run(self: Arc<Self>, mut ending: watch::Receiver<bool>) {
        let (serving, mut is_serving) = watch::channel(false);
        // The end is ours to find: what is under way comes before it.
        let never = watch::Sender::new(false);
        let (this, end) = (&self, ending.clone());
        let kept_up = keep_up(self.rooms.node.clone(), "commands", never.subscribe(), |client| {
            this.clone().serve(client, end.clone(), serving.clone())
        });
        let ended = async {
            drop(ending.wait_for(|it| *it).await);
            drop(is_serving.wait_for(|it| !*it).await);
        };
        tokio::select! {
            () = kept_up => {}
            () = ended => {}
        }
    }

    async fn serve(
        self: Arc<Self>,
        client: Client,
        ending: watch::Receiver<bool>,
        serving: watch::Sender<bool>,
    ) -> Result<(), Lost> {
        let _serving = Serving::begin(serving);
        let prefix = &self.rooms.node.config().nats_subject_prefix;
        let doing = |error| lost("subscribe to commands", error);
        let commands = client.queue_subscribe(format!("{prefix}cmd.>"), QUEUE.to_owned());
        let commands = commands.await.map_err(doing)?;
        let questions = client.queue_subscribe(format!("{prefix}qry.>"), QUEUE.to_owned());
        let questions = questions.await.map_err(doing)?;
        let discovery = Discovery::new(
            client.clone(),
            self.endpoints.clone(),
            self.rooms.node.config().nats_reply_prefix.clone(),
        );
        let asked = discovery.listen().await.map_err(doing)?;
        let desk = Arc::new(Desk { relaxed: self.rooms.node.is_relaxed(), service: self, client });
        let (refusals, refused) = mpsc::channel(REFUSALS_MAX);
        let taking = take(&desk, refusals, commands, questions, ending);
        tokio::select! {
            ((), ()) = async { tokio::join!(taking, desk.refuse(refused)) } => {}
            () = discovery.answer(asked) => return Err(lost("answer", "the client is closed")),
        }
        desk.finish().await;
        Ok(())
    }
}

/// True as long as it lives.
struct Serving(watch::Sender<bool>);

impl Serving {
    fn begin(serving: watch::Sender<bool>) -> Serving {
        serving.send_replace(true);
        Serving(serving)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

/// Takes messages until the service ends; what the servers had sent by then is taken too.
async fn take(
    desk: &Arc<Desk>,
    refusals: Refusals,
    mut commands: Subscriber,
    mut questions: Subscriber,
    mut ended: watch::Receiver<bool>,
) {
    {
        let together = select(&mut commands, &mut questions).ready_chunks(TOGETHER_MAX);
        let mut together = std::pin::pin!(together);
        loop {
            tokio::select! {
                messages = together.next() => match messages {
                    Some(messages) => desk.take(messages, &refusals),
                    None => return,
                },
                _ = ended.wait_for(|it| *it) => break,
            }
        }
    }
    for subscriber in [&mut commands, &mut questions] {
        if let Err(error) = subscriber.drain().await {
            tracing::debug!(%error, "not drained");
        }
    }
    let mut rest = select(commands, questions).ready_chunks(TOGETHER_MAX);
    while let Some(messages) = rest.next().await {
        desk.take(messages, &refusals);
    }
}

impl Desk {
    /// Until all that was taken is answered.
    async fn finish(&self) {
        let all = self.rooms.node.config().nats_commands_max as u32;
        let _booked = self.seats.acquire_many(all).await;
        let _told = self.questions.acquire_many(QUESTIONS_MAX as u32).await;
        let _all_told = self.batches.acquire_many(BATCHES_MAX as u32).await;
        let _written = self.client.flush().await;
    }

    fn take(self: &Arc<Self>, messages: Vec<Message>, refusals: &Refusals) {
        let mut groups: Vec<Group> = Vec::new();
        for message in messages {
            let Some(call) = self.call(&message) else { continue };
            if let Err((call, problem)) = self.begin(call, message, &mut groups)
                && refusals.try_send((call, problem)).is_err()
            {
                tracing::debug!("too many are refused for all to be told");
            }
        }
        for group in groups {
            tokio::spawn(self.clone().book(group));
        }
    }

    /// None: it is not to be answered.
    fn call(&self, message: &Message) -> Option<Call> {
        // It would be answered with our rights on a subject of the caller's choice, such as the
        // journal's. There is nobody to be told that it is not.
        let prefix = self.rooms.node.config().nats_reply_prefix.as_str();
        let Some(reply) = message.reply.clone().filter(|it| it.starts_with(prefix)) else {
            tracing::warn!(subject = %message.subject, "a request without an inbox is not taken");
            return None;
        };
        let (endpoint, begun) = (self.endpoint(&message.subject), Instant::now());
        Some(Call { reply, endpoint, begun, _taken: self.rooms.metrics.nats.taken() })
    }

    /// # Errors
    /// Why it is not taken.
    fn begin(
        self: &Arc<Self>,
        call: Call,
        message: Message,
        groups: &mut Vec<Group>,
    ) -> Result<(), (Call, Box<Problem>)> {
        let Some(endpoint) = call.endpoint else {
            return Err((call, Box::new(request::nowhere())));
        };
        let seats = match endpoint {
            it if it == self.endpoints.questions() => &self.questions,
            it if it == self.endpoints.batches() => &self.batches,
            _ => &self.seats,
        };
        let Ok(seat) = seats.clone().try_acquire_owned() else {
            let trouble = Trouble::Overloaded { retry_after_ms: RETRY_AFTER_MS };
            return Err((call, Box::new(problem(No::Trouble(&trouble)))));
        };
        if endpoint >= self.endpoints.batches() {
            tokio::spawn(self.clone().ask(call, message, seat));
            return Ok(());
        }
        let stem = self.endpoints.all[endpoint].name;
        match request::command(&self.rooms, stem, &message) {
            Ok((request, dry_run)) => self.join(groups, call, request, dry_run, seat),
            Err(problem) => return Err((call, problem)),
        }
        Ok(())
    }

    /// None: the subject means nothing.
    fn endpoint(&self, subject: &str) -> Option<usize> {
        let prefix = &self.rooms.node.config().nats_subject_prefix;
        let mut tokens = subject.strip_prefix(prefix.as_str())?.split('.');
        match tokens.next()? {
            "qry" => Some(self.endpoints.questions()),
            _ => {
                let stem = tokens.nth(1)?;
                tokens.next().is_none().then(|| self.endpoints.find(stem)).flatten()
            }
        }
    }

    fn join(
        &self,
        groups: &mut Vec<Group>,
        call: Call,
        request: Request,
        dry_run: bool,
        seat: OwnedSemaphorePermit,
    ) {
        let shard = self.rooms.node.shard_of(&request.ledger);
        let alone = looks_up(&request);
        let fits =
            |it: &&mut Group| !it.alone && !alone && it.shard == shard && it.dry_run == dry_run;
        match groups.iter_mut().find(fits) {
            Some(group) => {
                group.calls.push(call);
                group.requests.push(request);
                group.seats.merge(seat);
            }
            None => {
                let (calls, requests) = (vec![call], vec![request]);
                groups.push(Group { shard, dry_run, alone, calls, requests, seats: seat });
            }
        }
    }

    /// Each is answered once all of them are durable: they share a block most of the time.
    async fn book(self: Arc<Self>, group: Group) {
        let Group { dry_run, calls, requests, seats, .. } = group;
        let is_judged = !dry_run && requests.iter().any(is_judgement);
        let batch = Batch { requests, mode: Mode::Each, dry_run };
        let mut answers = self.rooms.node.submit(batch).await.into_iter();
        if is_judged {
            self.rooms.snapshots.poke();
        }
        for call in calls {
            let told = tell(&answers.next().unwrap_or_else(commands::lost));
            self.answer(&call, told).await;
        }
        drop(seats);
    }

    /// Until nothing more is taken.
    async fn refuse(&self, mut refused: mpsc::Receiver<(Call, Box<Problem>)>) {
        while let Some((call, problem)) = refused.recv().await {
            self.answer(&call, Told::no(*problem)).await;
        }
    }

    /// A batch or a question, which each take their time.
    async fn ask(self: Arc<Self>, call: Call, message: Message, seat: OwnedSemaphorePermit) {
        let response = match call.endpoint == Some(self.endpoints.questions()) {
            true => self.question(&message).await,
            false => self.batch(&message).await,
        };
        self.pass_on(&call, response).await;
        drop(seat);
    }
}
