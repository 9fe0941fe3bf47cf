//! Handing commands to the shards: looked up first where they need the past, then routed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use onhand_core::{Command, FeedId, LedgerId, Rejection, Request, Settling};
use onhand_engine::{Answer, AnswerFault, Batch, Mode};

use super::{Node, shard_of};
use crate::snapshots::{Turn, look_up};

/// How often a command is looked up again when the book moved on meanwhile.
const LOOK_UPS_MAX: usize = 5;
/// Longest wait for the projector before each.
const CATCH_UP_MAX: Duration = Duration::from_secs(2);
/// Longest wait of a snapshot for a file of its feed that is being taken in, and when to ask again.
const TURN_MAX: Duration = Duration::from_secs(10);
const ASK_AGAIN_MS: u64 = 2_000;

impl Node {
    /// One answer per request, in their order, each once it is durable.
    ///
    /// Requests may be to ledgers of several shards, but for an atomic batch, which is to one
    /// ledger.
    #[tracing::instrument(
        target = "onhand::trace",
        level = "debug",
        name = "submit",
        skip_all,
        fields(commands = batch.requests.len(), dry_run = batch.dry_run)
    )]
    pub async fn submit(self: &Arc<Self>, batch: Batch) -> Vec<Answer> {
        if needs_the_past(&batch) {
            // Looking up blocks, and may have to wait for the projector.
            let (node, count) = (self.clone(), batch.requests.len());
            let done = tokio::task::spawn_blocking(move || node.submit_blocking(batch)).await;
            return done.unwrap_or_else(|error| unknown(&error.to_string(), count));
        }
        match self.one_shard(&batch.requests) {
            Some(ledger) => self.shard(&ledger).engine.submit(batch).await,
            None => self.submit_apart(batch).await,
        }
    }

    /// As [`Node::submit`], for threads; never call it from an async task.
    pub fn submit_blocking(&self, batch: Batch) -> Vec<Answer> {
        if !needs_the_past(&batch) {
            return self.hand_in(batch);
        }
        let count = batch.requests.len();
        let Some(_turns) = self.turns_of(&batch) else { return busy(count) };
        let asked = batch.clone();
        let mut answers = self.look_up_and_hand_in(batch);
        for _ in 0..LOOK_UPS_MAX {
            let moved = moved_on(&asked, &answers);
            let Some(position) = moved.iter().map(|(_, position)| *position).max() else { break };
            let again: Vec<usize> = moved.into_iter().map(|(place, _)| place).collect();
            self.wait_for(&asked.requests[again[0]].ledger, position);
            let requests = again.iter().map(|it| asked.requests[*it].clone()).collect();
            let part = Batch { requests, mode: asked.mode, dry_run: asked.dry_run };
            let told = self.look_up_and_hand_in(part);
            again.into_iter().zip(told).for_each(|(place, it)| answers[place] = it);
        }
        answers
    }

    /// The turns of all feeds that the batch has snapshots of, taken in one order by everybody.
    /// None: a long file of one of them is being taken in.
    fn turns_of(&self, batch: &Batch) -> Option<Vec<Turn<'_>>> {
        let of = |it: &Request| match &it.command {
            Command::RecordSnapshot(snapshot) if !batch.dry_run => {
                Some((it.ledger.clone(), snapshot.feed.clone()))
            }
            _ => None,
        };
        let feeds: BTreeSet<(LedgerId, FeedId)> = batch.requests.iter().filter_map(of).collect();
        let until = Instant::now() + TURN_MAX;
        let take = |(ledger, feed): &(LedgerId, FeedId)| {
            let left = until.saturating_duration_since(Instant::now());
            self.turns().take(ledger, feed, left)
        };
        feeds.iter().map(take).collect()
    }

    fn look_up_and_hand_in(&self, mut batch: Batch) -> Vec<Answer> {
        let count = batch.requests.len();
        // What was answered before is part of the past that is looked up.
        let ledgers: BTreeSet<&LedgerId> = batch.requests.iter().map(|it| &it.ledger).collect();
        if !ledgers.into_iter().all(|it| self.settle(it, CATCH_UP_MAX)) {
            return unavailable("what was booked before is not folded yet; send it again", count);
        }
        let mut wrong = Vec::new();
        for (place, request) in batch.requests.iter_mut().enumerate() {
            if let Err(fault) = self.shard(&request.ledger).projector.look_up(request) {
                return unavailable(&fault.to_string(), count);
            }
            match look_up(self, request, batch.dry_run) {
                Ok(rejection) => wrong.extend(rejection.map(|it| (place, it))),
                Err(error) => return unavailable(&error.to_string(), count),
            }
        }
        let mut answers = self.hand_in(batch);
        for (place, wrong) in wrong {
            tell_wrong(&mut answers[place], wrong);
        }
        answers
    }

    /// Until the projector has what the engine decided on. If it takes longer the answer says so.
    fn wait_for(&self, ledger: &LedgerId, position: u64) {
        self.shard(ledger).projector.wait_for(ledger, position, CATCH_UP_MAX);
    }

    fn hand_in(&self, batch: Batch) -> Vec<Answer> {
        if let Some(ledger) = self.one_shard(&batch.requests) {
            return self.shard(&ledger).engine.submit_blocking(batch);
        }
        let mut answers = Gathered::new(batch.requests.len());
        for (places, ledger, part) in self.parts(batch) {
            answers.put(places, self.shard(&ledger).engine.submit_blocking(part));
        }
        answers.all()
    }

    /// The ledger by which the whole batch is routed, if one shard has all of it.
    fn one_shard(&self, requests: &[Request]) -> Option<LedgerId> {
        let first = &requests.first()?.ledger;
        let shards = self.installation().shards;
        let shard = shard_of(first, shards);
        let same = |it: &Request| it.ledger == *first || shard_of(&it.ledger, shards) == shard;
        requests.iter().all(same).then(|| first.clone())
    }

    async fn submit_apart(&self, batch: Batch) -> Vec<Answer> {
        let mut answers = Gathered::new(batch.requests.len());
        for (places, ledger, part) in self.parts(batch) {
            answers.put(places, self.shard(&ledger).engine.submit(part).await);
        }
        answers.all()
    }

    /// The batch cut by shard, each part with the places of its requests and a ledger to route
    /// by. None of an atomic batch: all or nothing cannot be promised over shards.
    fn parts(&self, batch: Batch) -> Vec<(Vec<usize>, LedgerId, Batch)> {
        let Batch { requests, mode, dry_run } = batch;
        if mode == Mode::Atomic {
            return Vec::new();
        }
        let mut by_shard: BTreeMap<u16, (Vec<usize>, LedgerId, Vec<Request>)> = BTreeMap::new();
        for (place, request) in requests.into_iter().enumerate() {
            let shard = shard_of(&request.ledger, self.installation().shards);
            let new = || (Vec::new(), request.ledger.clone(), Vec::new());
            let part = by_shard.entry(shard).or_insert_with(new);
            part.0.push(place);
            part.2.push(request);
        }
        let part = |(places, ledger, requests)| (places, ledger, Batch { requests, mode, dry_run });
        by_shard.into_values().map(part).collect()
    }
}

/// Answers of several shards, each put at its request's place.
struct Gathered {
    answers: Vec<Answer>,
}

impl Gathered {
    fn new(count: usize) -> Gathered {
        Gathered { answers: unavailable("an atomic batch must be of one ledger", count) }
    }

    fn put(&mut self, places: Vec<usize>, told: Vec<Answer>) {
        places.into_iter().zip(told).for_each(|(place, it)| self.answers[place] = it);
    }

    fn all(self) -> Vec<Answer> {
        self.answers
    }
}

/// What was not compared because of what is wrong with it was refused as such: here is why. A
/// retry of what was booked before is answered as it was.
fn tell_wrong(answer: &mut Answer, wrong: Rejection) {
    if let Answer::Refused { rejection, .. } = answer
        && matches!(rejection, Rejection::SnapshotMoved { .. })
    {
        *rejection = wrong;
    }
}

fn needs_the_past(batch: &Batch) -> bool {
    batch.requests.iter().any(looks_up)
}

/// Whether the request is looked up in the past before it is decided, which may take a while.
pub(crate) fn looks_up(request: &Request) -> bool {
    match &request.command {
        Command::CountStock(it) => it.counted_at.is_some(),
        Command::ReverseEntry(_) => true,
        Command::RecordSnapshot(it) => it.findings.is_none() && it.hash.is_none(),
        Command::RecordStocktake(it) => it.counted_at.is_some(),
        Command::SettleDiscrepancy(it) => it.action == Settling::AcceptTheirs,
        _ => false,
    }
}

/// What a decision found out of date, with the position that it was decided at. Of an atomic batch
/// all of it, since all of it was refused.
fn moved_on(asked: &Batch, answers: &[Answer]) -> Vec<(usize, u64)> {
    let moved = |(place, answer): (usize, &Answer)| match answer {
        Answer::Refused {
            rejection: Rejection::BookMoved { .. } | Rejection::SnapshotMoved { .. },
            position,
            ..
        } => Some((place, *position)),
        _ => None,
    };
    let moved: Vec<(usize, u64)> = answers.iter().enumerate().filter_map(moved).collect();
    match (asked.mode, moved.first()) {
        (Mode::Atomic, Some((_, position))) => {
            (0..answers.len()).map(|place| (place, *position)).collect()
        }
        (Mode::Atomic, None) | (Mode::Each, _) => moved,
    }
}

fn unknown(message: &str, count: usize) -> Vec<Answer> {
    let one = || AnswerFault::OutcomeUnknown { message: message.to_owned() };
    (0..count).map(|_| Answer::Fault(one())).collect()
}

fn busy(count: usize) -> Vec<Answer> {
    let one = || AnswerFault::Overloaded { retry_after_ms: ASK_AGAIN_MS };
    (0..count).map(|_| Answer::Fault(one())).collect()
}

fn unavailable(message: &str, count: usize) -> Vec<Answer> {
    let message = format!("nothing was booked: {message}");
    let one = || Answer::Fault(AnswerFault::Unavailable { message: message.clone() });
    (0..count).map(|_| one()).collect()
}
