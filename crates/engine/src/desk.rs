//! Batches that were taken and are not answered in full yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use onhand_core::{Place, Request};
use tokio::sync::oneshot;

use crate::shared::Depth;
use crate::{Answer, AnswerFault, Mode};

/// A batch on its way, with the answers it has so far.
pub(crate) struct Open {
    pub requests: Vec<Request>,
    pub mode: Mode,
    pub dry_run: bool,
    pub answers: Vec<Option<Answer>>,
    /// Answers still missing.
    pub left: usize,
    /// The next request to decide.
    pub next: usize,
    /// Requests that were answered long ago, and where the answer is recorded.
    pub recalls: Vec<(usize, Place)>,
    pub reply: oneshot::Sender<Reply>,
    pub received: Instant,
    /// Whether it still counts as waiting in the mailbox.
    pub in_mailbox: bool,
}

/// A batch that is answered, but for what has to be read from the journal.
pub(crate) struct Reply {
    pub requests: Vec<Request>,
    pub answers: Vec<Option<Answer>>,
    pub recalls: Vec<(usize, Place)>,
}

/// Names a batch at the desk. Used again for another one once the batch is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchId(u32);

/// One request: its batch and its place in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub batch: BatchId,
    pub index: u32,
}

pub(crate) struct Desk {
    depth: Arc<Depth>,
    batches: Vec<Option<Box<Open>>>,
    free: Vec<u32>,
    /// Batches with requests that are not decided yet, in the order in which they came.
    waiting: VecDeque<BatchId>,
    /// The request being decided: the suspect if deciding it breaks the engine.
    pub deciding: Option<Seat>,
}

impl Desk {
    pub fn new(depth: Arc<Depth>) -> Desk {
        let (batches, free, waiting) = (Vec::new(), Vec::new(), VecDeque::new());
        Desk { depth, batches, free, waiting, deciding: None }
    }

    pub fn take(&mut self, open: Box<Open>) {
        let id = match self.free.pop() {
            Some(id) => {
                self.batches[id as usize] = Some(open);
                BatchId(id)
            }
            None => {
                self.batches.push(Some(open));
                BatchId(self.batches.len() as u32 - 1)
            }
        };
        self.waiting.push_back(id);
    }

    /// The batch to decide next. From here on it does not count as waiting any more.
    pub fn first(&mut self) -> Option<BatchId> {
        loop {
            let id = *self.waiting.front()?;
            match self.batches[id.0 as usize].as_deref_mut() {
                Some(open) => {
                    if std::mem::take(&mut open.in_mailbox) {
                        self.depth.leave(open.requests.len());
                    }
                    return Some(id);
                }
                None => drop(self.waiting.pop_front()),
            }
        }
    }

    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the batch to decide next is decided in part.
    pub fn is_between(&self) -> bool {
        let first = self.waiting.front().and_then(|id| self.batches[id.0 as usize].as_ref());
        first.is_some_and(|open| open.next > 0)
    }

    /// The first batch is decided to its end.
    pub fn drop_first(&mut self) {
        self.waiting.pop_front();
    }

    /// None: it is answered and gone.
    pub fn get(&mut self, id: BatchId) -> Option<&mut Open> {
        self.batches[id.0 as usize].as_deref_mut()
    }

    pub fn is_empty(&self) -> bool {
        self.batches.len() == self.free.len()
    }

    pub fn answer(&mut self, seat: Seat, answer: Answer) {
        let Some(open) = self.get(seat.batch) else { return };
        let place = &mut open.answers[seat.index as usize];
        if place.is_none() {
            *place = Some(answer);
            self.answered(seat.batch);
        }
    }

    /// Answers one request, or the whole batch where it belongs together.
    pub fn give_up(&mut self, seat: Seat, answer: &Answer) {
        let Some(open) = self.get(seat.batch) else { return };
        match open.mode {
            Mode::Each if !open.dry_run => self.answer(seat, answer.clone()),
            Mode::Each | Mode::Atomic => self.answer_batch(seat.batch, || answer.clone()),
        }
    }

    /// The answer is recorded at `place`; somebody else reads it.
    pub fn recall(&mut self, seat: Seat, place: Place) {
        let Some(open) = self.get(seat.batch) else { return };
        open.recalls.push((seat.index as usize, place));
        self.answer(seat, AnswerFault::unknown("the recorded answer was not read"));
    }

    fn answered(&mut self, id: BatchId) {
        let Some(open) = self.get(id) else { return };
        open.left -= 1;
        if open.left == 0 {
            self.dismiss(id);
        }
    }

    fn dismiss(&mut self, id: BatchId) {
        let Some(open) = self.batches[id.0 as usize].take() else { return };
        self.free.push(id.0);
        if open.in_mailbox {
            self.depth.leave(open.requests.len());
        }
        // Somebody who does not wait any more needs no answer.
        let _gone = open.reply.send(Reply {
            requests: open.requests,
            answers: open.answers,
            recalls: open.recalls,
        });
    }

    /// Everything unanswered is to be decided again, in the order in which it came.
    pub fn begin_again(&mut self) {
        let known: Vec<BatchId> = self.waiting.drain(..).collect();
        let ids = (0..self.batches.len() as u32).map(BatchId);
        // Batches decided to their end came before those that still wait.
        let mut earlier: Vec<BatchId> =
            ids.filter(|id| self.batches[id.0 as usize].is_some() && !known.contains(id)).collect();
        earlier.sort_by_key(|id| self.batches[id.0 as usize].as_ref().map(|it| it.received));
        self.waiting.extend(earlier);
        self.waiting.extend(known);
        for open in self.batches.iter_mut().flatten() {
            open.next = 0;
        }
    }

    /// Answers everything unanswered of the batches that `which` picks.
    pub fn answer_all(&mut self, which: impl Fn(&Open) -> bool, answer: impl Fn() -> Answer) {
        for id in (0..self.batches.len() as u32).map(BatchId) {
            if self.get(id).is_some_and(|open| which(open)) {
                self.answer_batch(id, &answer);
            }
        }
    }

    /// Answers what is unanswered of one batch.
    pub fn answer_batch(&mut self, id: BatchId, answer: impl Fn() -> Answer) {
        let Some(open) = self.get(id) else { return };
        for place in &mut open.answers {
            place.get_or_insert_with(&answer);
        }
        self.waiting.retain(|it| *it != id);
        self.dismiss(id);
    }
}
