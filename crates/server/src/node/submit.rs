//! Handing commands to the shards: looked up first where they need the past, then routed.

use std::collections::BTreeMap;

use onhand_core::{Command, LedgerId, Request};
use onhand_engine::{Answer, AnswerFault, Batch, Mode};

use super::{Node, shard_of};

impl Node {
    /// One answer per request, in their order, each once it is durable.
    ///
    /// Requests may be to ledgers of several shards, but for an atomic batch, which is to one
    /// ledger.
    pub async fn submit(&self, batch: Batch) -> Vec<Answer> {
        let batch = match needs_the_past(&batch) {
            true => self.look_up(batch).await,
            false => Ok(batch),
        };
        match batch {
            Err(answers) => answers,
            Ok(batch) => match self.one_shard(&batch.requests) {
                Some(ledger) => self.shard(&ledger).engine.submit(batch).await,
                None => self.submit_apart(batch).await,
            },
        }
    }

    /// As [`Node::submit`], for threads; never call it from an async task.
    pub fn submit_blocking(&self, mut batch: Batch) -> Vec<Answer> {
        if needs_the_past(&batch)
            && let Err(answers) = self.fill_in(&mut batch)
        {
            return answers;
        }
        if let Some(ledger) = self.one_shard(&batch.requests) {
            return self.shard(&ledger).engine.submit_blocking(batch);
        }
        self.apart(batch, |ledger, part| self.shard(ledger).engine.submit_blocking(part))
    }

    /// Reads what decisions need from the past on a thread that may block.
    async fn look_up(&self, batch: Batch) -> Result<Batch, Vec<Answer>> {
        // The projectors are shared, so the batch can go to another thread and come back.
        let projectors = self.projectors();
        let shards = self.installation().shards;
        let count = batch.requests.len();
        let work = move || {
            let mut batch = batch;
            for request in &mut batch.requests {
                let shard = usize::from(shard_of(&request.ledger, shards));
                projectors[shard].look_up(request).map_err(|it| it.to_string())?;
            }
            Ok(batch)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let done = done.unwrap_or_else(|error| Err(error.to_string()));
        done.map_err(|message: String| unavailable(&message, count))
    }

    fn fill_in(&self, batch: &mut Batch) -> Result<(), Vec<Answer>> {
        let count = batch.requests.len();
        for request in &mut batch.requests {
            let done = self.shard(&request.ledger).projector.look_up(request);
            done.map_err(|fault| unavailable(&fault.to_string(), count))?;
        }
        Ok(())
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
        let mut answers: Vec<Option<Answer>> = batch.requests.iter().map(|_| None).collect();
        if batch.mode == Mode::Atomic && !batch.requests.is_empty() {
            return unavailable("an atomic batch must be of one ledger", answers.len());
        }
        for (places, part) in self.parts(batch) {
            let Some(first) = part.requests.first() else { continue };
            let told = self.shard(&first.ledger).engine.submit(part).await;
            places.into_iter().zip(told).for_each(|(place, it)| answers[place] = Some(it));
        }
        answers.into_iter().map(|it| it.unwrap_or_else(lost)).collect()
    }

    fn apart(&self, batch: Batch, hand: impl Fn(&LedgerId, Batch) -> Vec<Answer>) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = batch.requests.iter().map(|_| None).collect();
        if batch.mode == Mode::Atomic && !batch.requests.is_empty() {
            return unavailable("an atomic batch must be of one ledger", answers.len());
        }
        for (places, part) in self.parts(batch) {
            let Some(ledger) = part.requests.first().map(|it| it.ledger.clone()) else { continue };
            let told = hand(&ledger, part);
            places.into_iter().zip(told).for_each(|(place, it)| answers[place] = Some(it));
        }
        answers.into_iter().map(|it| it.unwrap_or_else(lost)).collect()
    }

    /// The batch cut by shard, each part with the places of its requests.
    fn parts(&self, batch: Batch) -> Vec<(Vec<usize>, Batch)> {
        let Batch { requests, mode, dry_run } = batch;
        let mut by_shard: BTreeMap<u16, (Vec<usize>, Vec<Request>)> = BTreeMap::new();
        for (place, request) in requests.into_iter().enumerate() {
            let shard = shard_of(&request.ledger, self.installation().shards);
            let part = by_shard.entry(shard).or_default();
            part.0.push(place);
            part.1.push(request);
        }
        let parts = by_shard.into_values();
        parts.map(|(places, requests)| (places, Batch { requests, mode, dry_run })).collect()
    }
}

fn needs_the_past(batch: &Batch) -> bool {
    batch.requests.iter().any(|it| match &it.command {
        Command::CountStock(it) => it.counted_at.is_some(),
        Command::ReverseEntry(_) => true,
        _ => false,
    })
}

fn unavailable(message: &str, count: usize) -> Vec<Answer> {
    let message = format!("nothing was booked: {message}");
    let one = || Answer::Fault(AnswerFault::Unavailable { message: message.clone() });
    (0..count).map(|_| one()).collect()
}

fn lost() -> Answer {
    let message = "the shard gave no answer".to_owned();
    Answer::Fault(AnswerFault::OutcomeUnknown { message })
}
