//! What the writer itself asks for: ends of holds, tranches, ends of pools, pools that shrink,
//! steps of feeds, cut-offs of suppliers and missed confirmations.

use std::collections::BTreeMap;

use onhand_core::{
    ClosePool, Command, CommandId, Due, Envelope, ExpireHold, HandOverOrders, Label, LedgerId,
    MissHandover, ReleaseTranche, Request, ShrinkPools, StepFeed, Time, accept,
};
use smol_str::format_smolstr;

use crate::decide::too_long;
use crate::draft::Keys;
use crate::engine::{Engine, Stop, evolve};
use crate::metrics::add;

/// Who the writer says it is.
const ACTOR: &str = "onhand";

impl Engine {
    /// When something is due next.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.dues.first().map(|(at, _)| *at)
    }

    /// Does what is due at the draft's time, up to the bound and as long as the block has room; the
    /// rest waits for the next block.
    pub(crate) fn do_due(&mut self) -> Result<(), Stop> {
        let mut left = self.config.expiries_max;
        while left > 0 && !self.is_full() {
            let Some((at, id)) = self.dues.first().cloned() else { return Ok(()) };
            if at > self.draft.time {
                return Ok(());
            }
            let done = self.do_due_in(&id, left)?;
            if done == 0 {
                // Never twice in a row: the ledger comes back when what is due next changes.
                self.dues.remove(&(at, id));
            }
            left -= done.min(left);
        }
        Ok(())
    }

    /// Returns how much of what is due in one ledger was done.
    fn do_due_in(&mut self, id: &LedgerId, most: usize) -> Result<usize, Stop> {
        let (now, rules) = (self.draft.time, &self.config.rules);
        let bytes_max = self.config.entry_bytes_max();
        let Some(ledger) = self.book.ledgers.get_mut(id) else { return Ok(0) };
        let mut done = 0;
        for due in ledger.due(now, most) {
            // A handover alone may be long: several would not fit into any block.
            if self.draft.is_full(&self.config) {
                break;
            }
            let expires = matches!(due, Due::Hold(..));
            let Some(request) = request(id, due) else { continue };
            let mut decided = accept(ledger, now, rules, &request);
            if let Ok(entry) = &decided
                && !self.draft.write_entry(entry, bytes_max)?
            {
                decided = Err(too_long(bytes_max));
            }
            match decided {
                Ok(entry) => {
                    evolve(&mut self.dues, ledger, &entry, now)?;
                    let keys = Keys::of(&self.book.seen, &request);
                    self.draft.place_entry(keys, entry);
                    add(&self.shared.metrics.expired, u64::from(expires));
                    done += 1;
                }
                Err(rejection) => {
                    let command = request.command.stem();
                    tracing::error!(ledger = %id, %command, ?rejection, "what is due was refused");
                }
            }
        }
        Ok(done)
    }
}

/// The writer's own request. What is due is named by the position of the entry that made it: its
/// own name may be too long to be part of another.
fn request(ledger: &LedgerId, due: Due) -> Option<Request> {
    let (id, command) = match due {
        Due::Hold(hold, position) => {
            (format_smolstr!("expire:{position}"), Command::ExpireHold(ExpireHold { hold }))
        }
        Due::Tranche(pool, tranche, position, place) => (
            format_smolstr!("tranche:{position}:{place}"),
            Command::ReleaseTranche(ReleaseTranche { pool, tranche }),
        ),
        Due::PoolEnd(pool, position) => {
            (format_smolstr!("end:{position}"), Command::ClosePool(ClosePool { pool }))
        }
        Due::Shortage(position) => {
            (format_smolstr!("shrink:{position}"), Command::ShrinkPools(ShrinkPools {}))
        }
        Due::Step(feed, tier, step, mark) => {
            (mark, Command::StepFeed(StepFeed { feed, tier, step }))
        }
        Due::CutOff(supplier, handover, mark) => {
            (mark, Command::HandOverOrders(HandOverOrders { supplier, handover }))
        }
        Due::Missed(supplier, handover, position) => (
            format_smolstr!("missed:{position}"),
            Command::MissHandover(MissHandover { supplier, handover }),
        ),
    };
    let envelope = Envelope {
        id: CommandId::new(&id).ok()?,
        request: command.stem().into(),
        occurred_at: None,
        actor: Label::new(ACTOR).ok(),
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: BTreeMap::new(),
    };
    Some(Request { ledger: ledger.clone(), envelope, command })
}
