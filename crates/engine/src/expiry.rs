//! Holds that came to their end: the writer itself records it, in the order of their ends.

use std::collections::BTreeMap;

use onhand_core::{
    Command, CommandId, Envelope, ExpireHold, HoldId, Label, LedgerId, Request, Time, accept,
};

use crate::draft::Keys;
use crate::engine::{Engine, Stop, evolve};
use crate::metrics::add;

/// Who the writer says it is.
const ACTOR: &str = "onhand";

impl Engine {
    /// When the next hold ends.
    pub(crate) fn next_end(&self) -> Option<Time> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Expires what is due at the draft's time, up to the bound; the rest waits for the next block.
    pub(crate) fn expire_due(&mut self) -> Result<(), Stop> {
        let mut left = self.config.expiries_max;
        while left > 0 {
            let Some((end, id)) = self.ends.first().cloned() else { return Ok(()) };
            if end > self.draft.time {
                return Ok(());
            }
            let expired = self.expire_in(&id, left)?;
            if expired == 0 {
                // Never twice in a row: the ledger comes back when its next hold changes.
                self.ends.remove(&(end, id));
            }
            left -= expired.min(left);
        }
        Ok(())
    }

    /// Returns how many holds of one ledger were expired.
    fn expire_in(&mut self, id: &LedgerId, most: usize) -> Result<usize, Stop> {
        let (now, rules) = (self.draft.time, &self.config.rules);
        let Some(ledger) = self.book.ledgers.get_mut(id) else { return Ok(0) };
        let due = ledger.overdue(now).take(most);
        let due: Vec<(HoldId, u64)> = due.map(|(id, hold)| (id.clone(), hold.position)).collect();
        let mut expired = 0;
        for (hold, position) in due {
            let Some(request) = request(id, hold, position) else { continue };
            match accept(ledger, now, rules, &request) {
                Ok(entry) => {
                    evolve(&mut self.ends, ledger, &entry, now)?;
                    let keys = Keys::of(&self.book.seen, &request);
                    self.draft.add_entry(keys, entry)?;
                    expired += 1;
                }
                Err(rejection) => {
                    tracing::error!(ledger = %id, ?rejection, "a hold past its end did not expire");
                }
            }
        }
        add(&self.shared.metrics.expired, expired as u64);
        Ok(expired)
    }
}

/// The writer's own request. A hold is named by the position of the entry that made it: its own
/// name may be too long to be part of another.
fn request(ledger: &LedgerId, hold: HoldId, position: u64) -> Option<Request> {
    let envelope = Envelope {
        id: CommandId::new(&format!("expire:{position}")).ok()?,
        request: "expire_hold".into(),
        occurred_at: None,
        actor: Label::new(ACTOR).ok(),
        source: None,
        source_event: None,
        cause: None,
        metadata: BTreeMap::new(),
    };
    let command = Command::ExpireHold(ExpireHold { hold });
    Some(Request { ledger: ledger.clone(), envelope, command })
}
