//! Handovers: what waits for a supplier's cut-off, what it was given, and what it confirmed.

use std::collections::BTreeSet;

use onhand_core::{
    HandedLine, Handover, HandoverState, Label, LedgerId, OrderId, ShortLine, SupplierId, Time,
};
use serde::{Deserialize, Serialize};

use super::{Missing, Page, Seen, bounded};
use crate::projector::Projector;
use crate::supply::SupplyLog;

/// What a supplier was not given yet, as it would be handed over now; orders by their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    pub seen: Seen,
    pub supplier: SupplierId,
    /// When it is handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cut_off: Option<Time>,
    /// Orders of which something waits.
    pub orders: u64,
    pub lines: Vec<HandedLine>,
    /// There are more lines than these.
    pub more: bool,
}

/// How far a handover has come, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverStanding {
    /// Nothing waited: there is nothing to confirm.
    Empty,
    Waiting,
    /// The time to confirm is over, be that recorded or not.
    Missed,
    Confirmed,
}

/// Which handovers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandoverQuery {
    /// These only; all if empty.
    pub states: Vec<HandoverStanding>,
    /// Older than the one at this position.
    pub before: Option<u64>,
    pub limit: usize,
}

/// One handover without its lines. Quantities in our units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoverRow {
    pub handover: Label,
    pub state: HandoverStanding,
    /// It was confirmed after its time, or was not yet and its time is over.
    pub late: bool,
    pub cut_off: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_by: Option<Time>,
    pub orders: u64,
    pub lines: u64,
    pub units: u64,
    /// Units that the supplier said it does not have.
    pub short: u64,
    /// It was too long for one: the rest is in the next.
    pub more: bool,
    /// Position of its entry.
    pub position: u64,
    /// Position of the entry that confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<u64>,
}

/// One handover, with what was handed over and what was short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoverAnswer {
    pub seen: Seen,
    pub supplier: SupplierId,
    #[serde(flatten)]
    pub row: HandoverRow,
    pub handed: Vec<HandedLine>,
    /// Lines that the supplier could not serve, and what became of them.
    pub shortages: Vec<ShortLine>,
}

impl Projector {
    /// # Errors
    /// Unknown ledger or supplier.
    pub fn waiting(
        &self,
        ledger: &LedgerId,
        id: &SupplierId,
        limit: usize,
    ) -> Result<WaitingView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.supplier_no(id).ok_or(Missing::Supplier)?;
        let now = self.now(known.time());
        let (lines, more) = known.handed_lines(number, now, bounded(limit));
        Ok(WaitingView {
            seen: self.seen(&state, known),
            supplier: id.clone(),
            next_cut_off: known.supplier(number).next_cut_off,
            orders: known.waiting(number).count() as u64,
            lines,
            more,
        })
    }

    /// Handovers to a supplier, newest first. `next`: the position to go on before.
    ///
    /// # Errors
    /// Unknown ledger or supplier.
    pub fn handovers(
        &self,
        ledger: &LedgerId,
        id: &SupplierId,
        query: &HandoverQuery,
    ) -> Result<Page<HandoverRow, u64>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        known.supplier_no(id).ok_or(Missing::Supplier)?;
        let now = self.now(known.time());
        let wanted = |it: &&Handover| {
            it.told.supplier == *id
                && query.before.is_none_or(|before| it.position < before)
                && (query.states.is_empty() || query.states.contains(&standing(it, now)))
        };
        let mut found: Vec<&Handover> = known.handovers().filter(wanted).collect();
        found.sort_unstable_by_key(|it| std::cmp::Reverse(it.position));
        let limit = bounded(query.limit);
        let next = (found.len() > limit).then(|| found[limit - 1].position);
        let rows = found.into_iter().take(limit).map(|it| row(it, now)).collect();
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }

    /// # Errors
    /// Unknown ledger, supplier or handover.
    pub fn handover(
        &self,
        ledger: &LedgerId,
        id: &SupplierId,
        handover: &Label,
    ) -> Result<HandoverAnswer, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        known.supplier_no(id).ok_or(Missing::Supplier)?;
        let found = known.handover(id, handover).ok_or(Missing::Handover)?;
        Ok(HandoverAnswer {
            seen: self.seen(&state, known),
            supplier: id.clone(),
            row: row(found, self.now(known.time())),
            handed: found.told.lines.clone(),
            shortages: found.short.clone(),
        })
    }

    /// Handovers of all ledgers whose time to confirm is over and that nobody confirmed since.
    /// Looks at those that wait for an answer only, however many there ever were.
    pub fn missed_handovers(&self) -> u64 {
        let state = self.read();
        let missed = |(id, supply): (&LedgerId, &SupplyLog)| {
            let Some(ledger) = state.book.ledger(id) else { return 0 };
            let now = self.now(ledger.time());
            let unanswered = supply.pulses().unanswered();
            let known = unanswered.filter_map(|(supplier, it)| ledger.handover(supplier, it));
            known.filter(|it| standing(it, now) == HandoverStanding::Missed).count() as u64
        };
        state.supplies.iter().map(missed).sum()
    }
}

fn standing(it: &Handover, now: Time) -> HandoverStanding {
    match it.state {
        HandoverState::Confirmed { .. } => HandoverStanding::Confirmed,
        HandoverState::Missed(_) => HandoverStanding::Missed,
        HandoverState::Waiting if it.told.lines.is_empty() => HandoverStanding::Empty,
        HandoverState::Waiting if it.told.confirm_by.is_some_and(|by| by <= now) => {
            HandoverStanding::Missed
        }
        HandoverState::Waiting => HandoverStanding::Waiting,
    }
}

fn row(it: &Handover, now: Time) -> HandoverRow {
    let state = standing(it, now);
    let (confirmed, late) = match it.state {
        HandoverState::Confirmed { position, late } => (Some(position), late),
        HandoverState::Missed(_) | HandoverState::Waiting => {
            (None, state == HandoverStanding::Missed)
        }
    };
    let orders: BTreeSet<&OrderId> = it.told.lines.iter().map(|it| &it.order).collect();
    HandoverRow {
        handover: it.told.handover.clone(),
        state,
        late,
        cut_off: it.told.cut_off,
        confirm_by: it.told.confirm_by,
        orders: orders.len() as u64,
        lines: it.told.lines.len() as u64,
        units: it.told.lines.iter().map(|it| it.quantity.units()).sum(),
        short: it.short.iter().map(|it| it.short.units()).sum(),
        more: it.told.more,
        position: it.position,
        confirmed,
    }
}
