//! One reign of one writer: what is decided in memory, one block ahead of what is durable.
//!
//! `step` and `appended` consume the engine and give it back; after a fault there is none.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use onhand_core::{Book, Corrupt, Entry, Ledger, LedgerId, Time};
use onhand_journal::{Block, Fault};

use crate::answer::recorded;
use crate::append::{Appended, Appender};
use crate::decide::Looked;
use crate::desk::{Desk, Seat};
use crate::draft::{Draft, Verdict};
use crate::metrics::add;
use crate::shared::Shared;
use crate::{Answer, AnswerFault, CommittedBlock, EngineConfig};

/// Commands decided in one step: so often the engine looks up from its work.
const STEP_COMMANDS: usize = 128;

/// Why there is no engine any more.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The journal failed. Whoever waited for the block in flight has been told.
    Journal(Fault),
    /// What was decided could not be recorded: a mistake in this program.
    Broken(String),
}

impl From<Corrupt> for Stop {
    fn from(corrupt: Corrupt) -> Stop {
        Stop::Broken(corrupt.to_string())
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Stop {
        Stop::Broken(format!("write an entry: {error}"))
    }
}

pub(crate) struct Engine {
    pub config: Arc<EngineConfig>,
    pub shared: Arc<Shared>,
    /// Ledgers as they will be once everything decided is durable. The index of keys holds only
    /// what is durable: the drafts have their own.
    pub book: Book,
    /// Being decided.
    pub draft: Draft,
    /// Being made durable.
    pub in_flight: Option<Draft>,
    /// Memory for the next draft.
    spare: Option<Draft>,
    /// Blocks nobody looks at any more, on their way to be taken apart.
    gone: Vec<Arc<CommittedBlock>>,
    appender: Appender,
    reign: u64,
    /// When something is due next in each ledger.
    pub dues: BTreeSet<(Time, LedgerId)>,
    /// Memory for looking up keys.
    pub looked: Vec<Looked>,
    /// The first batch at the desk needs a block of its own.
    pub wants_room: bool,
}

impl Engine {
    pub fn new(
        config: Arc<EngineConfig>,
        shared: Arc<Shared>,
        mut book: Book,
        appender: Appender,
        reign: u64,
    ) -> Box<Engine> {
        book.seen.reserve(config.keys_reserved);
        let due_of = |it: &Ledger| Some((it.next_due()?, it.id().clone()));
        let dues = book.ledgers.values().filter_map(due_of).collect();
        Box::new(Engine {
            config,
            shared,
            book,
            draft: Draft::new(),
            in_flight: None,
            spare: None,
            gone: Vec::new(),
            appender,
            reign,
            dues,
            looked: Vec::new(),
            wants_room: false,
        })
    }

    /// Decides some of what waits, and sends a block off if one is due. `now` reads ledger time.
    pub fn step(
        mut self: Box<Self>,
        desk: &mut Desk,
        now: impl FnOnce() -> Time,
    ) -> Result<Box<Self>, Stop> {
        if self.draft.is_empty() {
            // Everything in a block happens at one moment: that of its beginning.
            self.draft.time = now();
            self.do_due()?;
        }
        let mut left = STEP_COMMANDS;
        while left > 0 && !self.is_full() && !self.wants_room && desk.has_waiting() {
            left = left.saturating_sub(self.decide_next(desk, left)?);
        }
        self.send_off(desk);
        Ok(self)
    }

    /// Whether a step would get anything done before something comes in.
    pub fn can_step(&self, desk: &Desk) -> bool {
        let decide = desk.has_waiting() && !self.is_full() && !self.wants_room;
        decide || (self.in_flight.is_none() && !self.draft.is_empty())
    }

    /// Whether nothing is on its way.
    pub fn is_idle(&self) -> bool {
        self.draft.is_empty() && self.in_flight.is_none()
    }

    pub fn is_full(&self) -> bool {
        self.draft.is_full(&self.config)
    }

    /// One block in flight: the draft leaves when the last one is durable. When nothing else is
    /// there to do it leaves at once; a batch that is being decided is decided to its end first.
    fn send_off(&mut self, desk: &Desk) {
        if self.in_flight.is_some() || self.draft.is_empty() {
            return;
        }
        if desk.is_between() && !self.is_full() {
            return;
        }
        let next = self.spare.take().unwrap_or_else(Draft::new);
        let mut draft = std::mem::replace(&mut self.draft, next);
        self.appender.append(draft.time, draft.finish(), std::mem::take(&mut self.gone));
        self.draft.time = draft.time;
        self.in_flight = Some(draft);
        self.wants_room = false;
    }

    /// The block in flight has come to its end.
    pub fn appended(
        mut self: Box<Self>,
        desk: &mut Desk,
        report: Appended,
    ) -> Result<Box<Self>, Stop> {
        if report.reign != self.reign {
            return Ok(self);
        }
        let Some(mut draft) = self.in_flight.take() else {
            return Err(Stop::Broken("a block was reported that was not sent".to_string()));
        };
        match report.stored {
            Ok(block) => {
                self.commit(desk, &mut draft, &block, report.body.len());
                draft.reuse(report.body);
                self.spare = Some(draft);
                Ok(self)
            }
            Err(fault) => {
                self.fail(desk, draft, &fault);
                Err(Stop::Journal(fault))
            }
        }
    }

    fn commit(&mut self, desk: &mut Desk, draft: &mut Draft, block: &Block, bytes: usize) {
        for (fingerprint, slot) in &draft.keys {
            self.book.seen.insert(*fingerprint, slot.at(block.height));
        }
        let committed = draft.committed(block);
        self.gone.append(&mut self.shared.recent.keep(committed.clone()));
        // Followers first: a caller who reads after the answer finds its own write sooner.
        self.shared.publish(&committed);
        let metrics = &self.shared.metrics;
        add(&metrics.blocks, 1);
        add(&metrics.block_bytes, bytes as u64);
        add(&metrics.accepted, committed.body.entries.len() as u64);
        add(&metrics.refused, committed.body.refusals.len() as u64);
        for (seat, verdict) in draft.waiting.drain(..) {
            let answer = self.answer(desk, seat, verdict, &committed);
            if let Some(answer) = answer {
                desk.answer(seat, answer);
            }
        }
    }

    fn answer(
        &self,
        desk: &mut Desk,
        seat: Seat,
        verdict: Verdict,
        block: &Arc<CommittedBlock>,
    ) -> Option<Answer> {
        match verdict {
            Verdict::Fresh { slot, position } if slot.refusal => {
                let rejection = block.body.refusals.get(slot.index as usize)?.rejection.clone();
                Some(Answer::Refused { rejection, replayed: false, position })
            }
            Verdict::Fresh { slot, .. } => {
                let index = slot.index as usize;
                Some(Answer::Accepted { block: block.clone(), index, replayed: false })
            }
            Verdict::Again(slot) => {
                let request = desk.get(seat.batch)?.requests.get(seat.index as usize)?;
                Some(recorded(block, slot.at(block.height), request, self.config.differing))
            }
            Verdict::Said(answer) => Some(*answer),
        }
    }

    /// Nobody hears "failed" of what may be stored.
    fn fail(&self, desk: &mut Desk, draft: Draft, fault: &Fault) {
        let message = explain(fault);
        for (seat, _) in draft.waiting {
            let answer = match fault.nothing_stored() {
                true => AnswerFault::unavailable(message.clone()),
                false => {
                    add(&self.shared.metrics.unknown_outcomes, 1);
                    AnswerFault::unknown(message.clone())
                }
            };
            desk.answer(seat, answer);
        }
    }

    /// Tells a request what is not recorded anywhere, once everything it was decided on is durable.
    pub fn say(&mut self, desk: &mut Desk, seat: Seat, answer: Answer) {
        let on = match &mut self.in_flight {
            _ if !self.draft.is_empty() => &mut self.draft,
            Some(in_flight) => in_flight,
            None => return desk.answer(seat, answer),
        };
        on.waiting.push((seat, Verdict::Said(Box::new(answer))));
    }
}

/// Records an entry in its ledger, and keeps an eye on what is due next in it.
pub(crate) fn evolve(
    dues: &mut BTreeSet<(Time, LedgerId)>,
    ledger: &mut Ledger,
    entry: &Entry,
    time: Time,
) -> Result<(), Corrupt> {
    let before = ledger.next_due();
    ledger.evolve(entry, time)?;
    note_due(dues, ledger, before);
    Ok(())
}

/// Something was due at `before`; it may be something else now.
pub(crate) fn note_due(
    dues: &mut BTreeSet<(Time, LedgerId)>,
    ledger: &Ledger,
    before: Option<Time>,
) {
    let after = ledger.next_due();
    if before == after {
        return;
    }
    if let Some(end) = before {
        dues.remove(&(end, ledger.id().clone()));
    }
    if let Some(end) = after {
        dues.insert((end, ledger.id().clone()));
    }
}

/// A fault with its causes, in one line.
pub(crate) fn explain(fault: &Fault) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
