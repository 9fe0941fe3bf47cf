//! The book as of a past moment and what changed it since, for whoever compares it with what
//! somebody else says. Asked under one lock: all answers are of one position.

use onhand_core::{ItemNo, Ledger, LedgerId, LocationNo, Time};

use crate::projector::Projector;
use crate::state::State;
use crate::timeline::{Figures, Holder, LedgerLog, Record, kind_name, records, united};

/// One ledger's past as of one position. As long as it is there, nothing is folded.
pub struct PastBook<'a> {
    ledger: &'a Ledger,
    log: Option<&'a LedgerLog>,
}

/// What one entry did to an item at a location, in base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    pub position: u64,
    /// As `Fact::kind` names it.
    pub kind: &'static str,
    pub occurred_at: Time,
    pub recorded_at: Time,
    pub location: LocationNo,
    pub by: Figures,
}

impl Projector {
    /// Lets `work` look at a ledger and its past. Folding waits meanwhile: ask for little at once.
    /// None: there is no such ledger.
    pub fn with_past<T>(
        &self,
        id: &LedgerId,
        work: impl FnOnce(&Ledger, &PastBook<'_>) -> T,
    ) -> Option<T> {
        let state = self.read();
        let ledger = state.book.ledger(id)?;
        Some(work(ledger, &PastBook::new(&state, ledger)))
    }
}

impl<'a> PastBook<'a> {
    pub(crate) fn new(state: &'a State, ledger: &'a Ledger) -> PastBook<'a> {
        let log = state.logs.get(ledger.id()).filter(|_| state.timeline);
        PastBook { ledger, log }
    }

    /// Position of the last entry that was recorded by `at`. None: timelines are switched off.
    pub fn position_at(&self, at: Time) -> Option<u64> {
        Some(self.log?.last_recorded_by(at).min(self.ledger.position()))
    }

    /// The item at the location, together with what was merged into it: the sum of what is
    /// recorded until now and occurred by `at`. None: timelines are switched off, and `at` lies
    /// before the last entry.
    pub fn at(&self, item: ItemNo, location: LocationNo, at: Time) -> Option<Figures> {
        let items = self.united(item);
        let mut figures = Figures::default();
        for item in &items {
            figures += Figures::of(&self.ledger.cell(*item, location));
        }
        if at >= self.ledger.time() {
            return Some(figures);
        }
        let log = self.log?;
        let known_by_then = log.last_recorded_by(at);
        // What is recorded by then cannot have occurred later.
        if !self.is_touched_since(&items, known_by_then) {
            return Some(figures);
        }
        for record in self.since(&items, known_by_then) {
            let recorded = log.place(record.position)?.time;
            if recorded.0 - record.late_us > at.0 {
                let here = record.changes.iter().find(|it| it.at == Holder::Location(location));
                here.into_iter().for_each(|change| figures -= change.by);
            }
        }
        Some(figures)
    }

    /// What changed the item there, or at any location if none is given, and was recorded after
    /// `since`; newest first, at most `most` of it. Nothing where timelines are switched off.
    pub fn changes(
        &self,
        item: ItemNo,
        location: Option<LocationNo>,
        since: Time,
        most: usize,
    ) -> Vec<PastChange> {
        let Some(log) = self.log else { return Vec::new() };
        let items = self.united(item);
        let known_by_then = log.last_recorded_by(since);
        if !self.is_touched_since(&items, known_by_then) {
            return Vec::new();
        }
        let told = self.since(&items, known_by_then).flat_map(|it| told(log, location, &it));
        told.take(most).collect()
    }

    fn united(&self, item: ItemNo) -> Vec<ItemNo> {
        match self.ledger.merged(item).is_empty() {
            true => vec![item],
            false => united(self.ledger, item),
        }
    }

    fn is_touched_since(&self, items: &[ItemNo], position: u64) -> bool {
        let logs = items.iter().filter_map(|item| self.log?.item(*item));
        logs.into_iter().any(|log| log.last() > position)
    }

    /// Records behind a position, newest first.
    fn since(&self, items: &[ItemNo], position: u64) -> impl Iterator<Item = Record> + 'a {
        let records = records(self.log, items).flatten().map(|(_, record)| record);
        records.take_while(move |record| record.position > position)
    }
}

fn told(log: &LedgerLog, location: Option<LocationNo>, record: &Record) -> Vec<PastChange> {
    let Some(place) = log.place(record.position) else { return Vec::new() };
    let (recorded_at, kind) = (place.time, kind_name(record.kind).unwrap_or_default());
    let here = record.changes.iter().filter_map(|change| match change.at {
        Holder::Location(at) if location.is_none_or(|it| it == at) => Some((at, change.by)),
        Holder::Location(_) | Holder::Pool(..) | Holder::Window(_) => None,
    });
    let told = here.map(|(location, by)| PastChange {
        position: record.position,
        kind,
        occurred_at: Time(recorded_at.0.saturating_sub(record.late_us)),
        recorded_at,
        location,
        by,
    });
    told.collect()
}
