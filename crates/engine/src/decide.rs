//! Requests that stand alone: known, accepted or refused, one after the other.

use onhand_core::{Ledger, Place, Refusal, Rejection, Request, accept};

use crate::desk::{BatchId, Desk, Seat};
use crate::draft::{Draft, Keys, Slot, Verdict};
use crate::engine::{Engine, Stop, evolve};
use crate::metrics::add;
use crate::{Answer, Mode};

/// Where a key was seen before.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    Draft(Slot),
    InFlight(Slot),
    Recorded(Place),
}

/// A request's keys, and where the index of durable answers knows them.
pub(crate) struct Looked {
    keys: Keys,
    by_id: Option<Place>,
    by_event: Option<Place>,
}

impl Engine {
    /// Decides up to `most` of the requests at the desk that come next, all of one batch.
    /// Returns how many were decided.
    pub(crate) fn decide_next(&mut self, desk: &mut Desk, most: usize) -> Result<usize, Stop> {
        let Some(batch) = desk.first() else { return Ok(0) };
        let Some(open) = desk.get(batch) else { return Ok(0) };
        if open.dry_run || open.mode == Mode::Atomic {
            return self.decide_whole(desk, batch);
        }
        let (first, requests) = (open.next, open.requests.len());
        let end = requests.min(first + most);
        let looked = self.look_up_all(&open.requests[first..end]);
        let mut next = first;
        for looked in &looked {
            if self.is_full() {
                break;
            }
            let seat = Seat { batch, index: next as u32 };
            desk.deciding = Some(seat);
            self.decide_one(desk, seat, looked)?;
            next += 1;
        }
        desk.deciding = None;
        self.looked = looked;
        match desk.get(batch) {
            Some(open) if next < requests => open.next = next,
            Some(_) | None => desk.drop_first(),
        }
        Ok((next - first).max(1))
    }

    /// Looks up many keys at once. Each look into a large index waits for memory; in a loop of
    /// nothing else the processor waits for several of them together.
    fn look_up_all(&mut self, requests: &[Request]) -> Vec<Looked> {
        let seen = &self.book.seen;
        let mut looked = std::mem::take(&mut self.looked);
        looked.clear();
        looked.extend(requests.iter().map(|it| {
            let keys = Keys::of(seen, it);
            Looked { keys, by_id: None, by_event: None }
        }));
        for it in &mut looked {
            it.by_id = seen.place(it.keys.id);
            it.by_event = it.keys.event.and_then(|event| seen.place(event));
        }
        looked
    }

    fn decide_whole(&mut self, desk: &mut Desk, batch: BatchId) -> Result<usize, Stop> {
        desk.deciding = Some(Seat { batch, index: 0 });
        let decided = self.decide_together(desk, batch)?;
        desk.deciding = None;
        if decided.is_some() {
            desk.drop_first();
        }
        self.wants_room = decided.is_none();
        Ok(decided.unwrap_or(0))
    }

    fn decide_one(&mut self, desk: &mut Desk, seat: Seat, looked: &Looked) -> Result<(), Stop> {
        let Some(open) = desk.get(seat.batch) else { return Ok(()) };
        let index = seat.index as usize;
        // Answered before a restart.
        if open.answers[index].is_some() {
            return Ok(());
        }
        let request = &open.requests[index];
        match self.known_from(looked) {
            Some(known) => self.answer_again(desk, seat, known),
            None => match self.decide(request, looked.keys)? {
                Verdict::Said(answer) => self.say(desk, seat, *answer),
                verdict => self.draft.waiting.push((seat, verdict)),
            },
        }
        Ok(())
    }

    pub(crate) fn known(&self, keys: Keys) -> Option<Known> {
        let place = |key| self.book.seen.place(key);
        self.known_from(&Looked {
            keys,
            by_id: place(keys.id),
            by_event: keys.event.and_then(place),
        })
    }

    /// The caller's key decides before the source's.
    fn known_from(&self, looked: &Looked) -> Option<Known> {
        let find = |key, place: Option<Place>| {
            let in_flight = self.in_flight.as_ref().and_then(|it| it.keys.get(&key));
            let slot = self.draft.keys.get(&key).map(|it| Known::Draft(*it));
            slot.or(in_flight.map(|it| Known::InFlight(*it))).or(place.map(Known::Recorded))
        };
        let Looked { keys, by_id, by_event } = looked;
        find(keys.id, *by_id).or_else(|| keys.event.and_then(|event| find(event, *by_event)))
    }

    /// The answer is that of an earlier request with the same key.
    pub(crate) fn answer_again(&mut self, desk: &mut Desk, seat: Seat, known: Known) {
        add(&self.shared.metrics.replayed, 1);
        let wait = |draft: &mut Draft, slot| draft.waiting.push((seat, Verdict::Again(slot)));
        match (known, &mut self.in_flight) {
            (Known::Draft(slot), _) => wait(&mut self.draft, slot),
            (Known::InFlight(slot), Some(in_flight)) => wait(in_flight, slot),
            // Found in flight a moment ago, so it still is.
            (Known::InFlight(_), None) => {}
            (Known::Recorded(place), _) => desk.recall(seat, place),
        }
    }

    fn decide(&mut self, request: &Request, keys: Keys) -> Result<Verdict, Stop> {
        let (now, rules) = (self.draft.time, &self.config.rules);
        let bytes_max = self.config.entry_bytes_max();
        let Some(ledger) = self.book.ledgers.get_mut(&request.ledger) else {
            return self.decide_in_new_ledger(request, keys);
        };
        let position = ledger.position();
        match accept(ledger, now, rules, request) {
            Ok(entry) => {
                if !self.draft.write_entry(&entry, bytes_max)? {
                    return self.refuse(request, keys, too_long(bytes_max), position);
                }
                evolve(&mut self.dues, ledger, &entry, now)?;
                let slot = self.draft.place_entry(keys, entry);
                Ok(Verdict::Fresh { slot, position })
            }
            Err(rejection) => self.refuse(request, keys, rejection, position),
        }
    }

    /// A ledger begins with its first entry; a refusal begins none.
    fn decide_in_new_ledger(&mut self, request: &Request, keys: Keys) -> Result<Verdict, Stop> {
        let (now, rules) = (self.draft.time, &self.config.rules);
        let bytes_max = self.config.entry_bytes_max();
        let mut ledger = Ledger::new(request.ledger.clone());
        match accept(&ledger, now, rules, request) {
            Ok(entry) => {
                if !self.draft.write_entry(&entry, bytes_max)? {
                    return self.refuse(request, keys, too_long(bytes_max), 0);
                }
                evolve(&mut self.dues, &mut ledger, &entry, now)?;
                self.book.ledgers.insert(request.ledger.clone(), ledger);
                let slot = self.draft.place_entry(keys, entry);
                Ok(Verdict::Fresh { slot, position: 0 })
            }
            Err(rejection) => self.refuse(request, keys, rejection, 0),
        }
    }

    fn refuse(
        &mut self,
        request: &Request,
        keys: Keys,
        rejection: Rejection,
        position: u64,
    ) -> Result<Verdict, Stop> {
        if rejection.is_transient() || !self.config.remember_refusals {
            add(&self.shared.metrics.refused, 1);
            let answer = Answer::Refused { rejection, replayed: false, position };
            return Ok(Verdict::Said(Box::new(answer)));
        }
        let refusal = Refusal {
            ledger: request.ledger.clone(),
            id: request.envelope.id.clone(),
            request: request.envelope.request.clone(),
            rejection,
        };
        let slot = self.draft.add_refusal(keys, refusal)?;
        Ok(Verdict::Fresh { slot, position })
    }
}

/// An entry that no block has room for.
pub(crate) fn too_long(bytes_max: usize) -> Rejection {
    let message = format!("its entry would take more than {bytes_max} bytes; send it in parts");
    Rejection::Contradiction { field: "command".into(), message: message.into() }
}
