//! Requests that are tried out first: atomic batches, and dry runs.

use std::collections::BTreeSet;

use onhand_core::{Entry, Ledger, LedgerId, Rejection, Request, Rules, Time, accept};

use crate::Mode;
use crate::answer::Answer;
use crate::config::BODY_BYTES_MAX;
use crate::decide::{Known, too_long};
use crate::desk::{BatchId, Desk, Open, Seat};
use crate::draft::{Keys, Verdict};
use crate::engine::{Engine, Stop, note_due};
use crate::metrics::add;

/// A refusal of one request of a batch, and the ledger's position it was decided at.
struct Refused {
    index: usize,
    rejection: Rejection,
    position: u64,
}

/// What an atomic batch would record: its entries, and their stored forms separated by commas.
type Tried = (Vec<(Keys, Entry)>, Vec<u8>);

impl Engine {
    /// Decides a whole batch. None: it needs more room than the draft has left.
    pub(crate) fn decide_together(
        &mut self,
        desk: &mut Desk,
        batch: BatchId,
    ) -> Result<Option<usize>, Stop> {
        let Some(open) = desk.get(batch) else { return Ok(Some(0)) };
        let requests = open.requests.len();
        if open.answers.iter().all(Option::is_some) {
            return Ok(Some(requests));
        }
        let keys: Vec<Keys> =
            open.requests.iter().map(|it| Keys::of(&self.book.seen, it)).collect();
        let known: Vec<Option<Known>> = keys.iter().map(|it| self.known(*it)).collect();
        if open.dry_run {
            let answers = self.try_out(open, &known)?;
            self.tell(desk, batch, &known, answers);
            return Ok(Some(requests));
        }
        // A retry is a retry as a whole: what is new beside it is refused.
        if let Some(first) = known.iter().position(Option::is_some) {
            let rejection = Rejection::BatchRefused { index: first as u64 };
            let answers = vec![refused(rejection, 0); requests];
            self.tell(desk, batch, &known, answers);
            return Ok(Some(requests));
        }
        if !self.draft.is_empty() && self.draft.len() + requests > self.config.commands_max {
            return Ok(None);
        }
        self.decide_atomic(desk, batch, &keys)
    }

    fn decide_atomic(
        &mut self,
        desk: &mut Desk,
        batch: BatchId,
        keys: &[Keys],
    ) -> Result<Option<usize>, Stop> {
        let Some(open) = desk.get(batch) else { return Ok(Some(0)) };
        let requests = open.requests.len();
        let tried = match self.check_atomic(&open.requests, keys) {
            Ok(()) => self.try_atomic(&open.requests, keys)?,
            Err(refused) => Some(Err(refused)),
        };
        match tried {
            None => return Ok(None),
            Some(Ok((entries, stored))) => {
                let slots = self.draft.add_stored(entries, &stored);
                for (index, slot) in slots.into_iter().enumerate() {
                    let seat = Seat { batch, index: index as u32 };
                    self.draft.waiting.push((seat, Verdict::Fresh { slot, position: 0 }));
                }
            }
            Some(Err(first)) => {
                add(&self.shared.metrics.refused, requests as u64);
                self.tell(desk, batch, &vec![None; requests], spread(first, requests));
            }
        }
        Ok(Some(requests))
    }

    /// What no ledger needs to be asked about.
    fn check_atomic(&self, requests: &[Request], keys: &[Keys]) -> Result<(), Refused> {
        let refused = |index, rejection| Err(Refused { index, rejection, position: 0 });
        let commands_max = self.config.commands_max;
        if requests.len() > commands_max {
            let message = format!("an atomic batch has at most {commands_max} commands");
            return refused(0, contradiction("commands", &message));
        }
        let other = requests.iter().position(|it| it.ledger != requests[0].ledger);
        if let Some(index) = other {
            return refused(index, contradiction("ledger", "an atomic batch is of one ledger"));
        }
        let mut seen = BTreeSet::new();
        for (index, keys) in keys.iter().enumerate() {
            let once = seen.insert(keys.id) && keys.event.is_none_or(|it| seen.insert(it));
            if !once {
                let value = requests[index].envelope.id.as_str().into();
                let field = "id".into();
                return refused(index, Rejection::DuplicateInBatch { field, value });
            }
        }
        Ok(())
    }

    /// Decides all on the ledger itself; on the first refusal it is as it was before.
    /// None: the draft has no room for it.
    fn try_atomic(
        &mut self,
        requests: &[Request],
        keys: &[Keys],
    ) -> Result<Option<Result<Tried, Refused>>, Stop> {
        let Some(first) = requests.first() else { return Ok(None) };
        let is_new = !self.book.ledgers.contains_key(&first.ledger);
        let ledger = self.book.ledger_mut(&first.ledger);
        let due = ledger.next_due();
        ledger.begin_trial();
        let (now, rules) = (self.draft.time, &self.config.rules);
        let ((entries, stored), mut refusal) = try_all(ledger, now, rules, requests, keys)?;
        if refusal.is_none() && stored.len() > BODY_BYTES_MAX {
            let message = format!("an atomic batch is stored in at most {BODY_BYTES_MAX} bytes");
            let rejection = contradiction("commands", &message);
            refusal = Some(Refused { index: 0, rejection, position: ledger.position() });
        }
        let whole = self.draft.bytes() + stored.len();
        let has_room = self.draft.is_empty() || whole <= self.config.draft_bytes_max();
        if refusal.is_none() && has_room {
            ledger.keep();
            note_due(&mut self.dues, ledger, due);
            return Ok(Some(Ok((entries, stored))));
        }
        ledger.roll_back();
        if is_new {
            self.book.ledgers.remove(&first.ledger);
        }
        Ok(refusal.map(Err))
    }

    /// What each request of a dry run would be told; nothing of it stays.
    fn try_out(&mut self, open: &Open, known: &[Option<Known>]) -> Result<Vec<Answer>, Stop> {
        let ledgers: BTreeSet<&LedgerId> = open.requests.iter().map(|it| &it.ledger).collect();
        let is_new = |it: &&LedgerId| self.book.ledger(it).is_none();
        let new: Vec<LedgerId> = ledgers.iter().copied().filter(is_new).cloned().collect();
        for id in &ledgers {
            self.book.ledger_mut(id).begin_trial();
        }
        let answers = self.try_each(open, known);
        for id in ledgers {
            self.book.ledger_mut(id).roll_back();
        }
        for id in new {
            self.book.ledgers.remove(&id);
        }
        answers
    }

    fn try_each(&mut self, open: &Open, known: &[Option<Known>]) -> Result<Vec<Answer>, Stop> {
        let (now, rules) = (self.draft.time, self.config.rules);
        let bytes_max = self.config.entry_bytes_max();
        let mut answers = Vec::with_capacity(open.requests.len());
        for (request, known) in open.requests.iter().zip(known) {
            let ledger: &mut Ledger = self.book.ledger_mut(&request.ledger);
            let position = ledger.position();
            // What is booked already is not tried again; its place is taken by the real answer.
            let tried = match known {
                Some(_) => Err(Rejection::BatchRefused { index: answers.len() as u64 }),
                None => fitting(accept(ledger, now, &rules, request), bytes_max)?,
            };
            match tried {
                Ok(entry) => {
                    ledger.evolve(&entry, now)?;
                    answers.push(Answer::WouldAccept { entry: Box::new(entry) });
                }
                Err(rejection) if open.mode == Mode::Atomic => {
                    let first = Refused { index: answers.len(), rejection, position };
                    return Ok(spread(first, open.requests.len()));
                }
                Err(rejection) => answers.push(refused(rejection, position)),
            }
        }
        Ok(answers)
    }

    /// Answers a batch of which nothing is recorded; those seen before are answered as before.
    fn tell(
        &mut self,
        desk: &mut Desk,
        batch: BatchId,
        known: &[Option<Known>],
        answers: Vec<Answer>,
    ) {
        for (index, (known, answer)) in known.iter().zip(answers).enumerate() {
            let seat = Seat { batch, index: index as u32 };
            match known {
                Some(known) => self.answer_again(desk, seat, *known),
                None => self.say(desk, seat, answer),
            }
        }
    }
}

/// Decides one after the other, each on what the ones before it made; ends at the first refusal.
fn try_all(
    ledger: &mut Ledger,
    now: Time,
    rules: &Rules,
    requests: &[Request],
    keys: &[Keys],
) -> Result<(Tried, Option<Refused>), Stop> {
    let mut stored = Vec::new();
    let mut entries = Vec::with_capacity(requests.len());
    for (index, (request, keys)) in requests.iter().zip(keys).enumerate() {
        match accept(ledger, now, rules, request) {
            Ok(entry) => {
                ledger.evolve(&entry, now)?;
                if index > 0 {
                    stored.push(b',');
                }
                serde_json::to_writer(&mut stored, &entry)?;
                entries.push((*keys, entry));
            }
            Err(rejection) => {
                let refused = Refused { index, rejection, position: ledger.position() };
                return Ok(((entries, stored), Some(refused)));
            }
        }
    }
    Ok(((entries, stored), None))
}

/// Of a dry run, too, what no block has room for is refused.
fn fitting(
    decided: Result<Entry, Rejection>,
    bytes_max: usize,
) -> Result<Result<Entry, Rejection>, Stop> {
    let Ok(entry) = &decided else { return Ok(decided) };
    let fits = serde_json::to_vec(entry)?.len() <= bytes_max;
    Ok(if fits { decided } else { Err(too_long(bytes_max)) })
}

fn refused(rejection: Rejection, position: u64) -> Answer {
    Answer::Refused { rejection, replayed: false, position }
}

fn contradiction(field: &str, message: &str) -> Rejection {
    Rejection::Contradiction { field: field.into(), message: message.into() }
}

/// One refusal, and what all others of its batch are told.
fn spread(first: Refused, requests: usize) -> Vec<Answer> {
    let Refused { index, rejection, position } = first;
    let others = refused(Rejection::BatchRefused { index: index as u64 }, position);
    let mut answers = vec![others; requests];
    answers[index] = refused(rejection, position);
    answers
}
