//! What happened to an item, newest first: before, after, who and why.

use onhand_core::{
    CommandId, Entry, Fact, ItemNo, Label, Ledger, LedgerId, LocationId, LocationNo, OrderId,
    Reason, Sku, Time,
};
use serde::Serialize;

use super::{EntryPlace, Missing, Page, QueryError, Seen, bounded};
use crate::projector::Projector;
use crate::timeline::{Figures, ItemLog, LedgerLog, Record};

/// Which part of a timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineQuery {
    /// Only at this location.
    pub location: Option<LocationId>,
    /// Older than this position: the `next` of the page before.
    pub after: Option<u64>,
    /// Most entries of the answer; each has a row per location it changed.
    pub limit: usize,
}

/// The figures at a location before or after an entry, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineFigures {
    pub on_hand: i64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// What one entry did to an item at one location, or that it was about the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineRow {
    pub position: u64,
    pub height: u64,
    pub recorded_at: Time,
    /// As claimed, or when it was recorded.
    pub occurred_at: Time,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<TimelineFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<TimelineFigures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The key of the command.
    pub id: CommandId,
}

/// A record with the figures it left behind, by location.
struct Told {
    record: Record,
    after: Vec<(LocationId, Figures, Figures)>,
}

impl Projector {
    /// What happened to an item, newest first.
    ///
    /// # Errors
    /// Unknown ledger, SKU or location; timelines are switched off; or the journal cannot be read
    /// now.
    pub fn timeline(
        &self,
        ledger: &LedgerId,
        sku: &Sku,
        query: &TimelineQuery,
    ) -> Result<Page<TimelineRow, u64>, QueryError> {
        let (seen, told, next) = self.told(ledger, sku, query)?;
        let positions: Vec<u64> = told.iter().map(|it| it.record.position).collect();
        // The lock is free again: blocks are read without it.
        let entries = self.find_entries(ledger, &positions)?;
        let pairs = told.into_iter().zip(entries);
        let rows = pairs.flat_map(|(told, (place, entry))| rows(&told, place, &entry)).collect();
        Ok(Page { seen, rows, next })
    }

    fn told(
        &self,
        id: &LedgerId,
        sku: &Sku,
        query: &TimelineQuery,
    ) -> Result<(Seen, Vec<Told>, Option<u64>), Missing> {
        let state = self.read();
        if !state.timeline {
            return Err(Missing::Timeline);
        }
        let ledger = state.known_ledger(id)?;
        let item = ledger.item_no(sku).ok_or(Missing::Sku)?;
        let location = match &query.location {
            Some(id) => Some(ledger.location_no(id).ok_or(Missing::Location)?),
            None => None,
        };
        let mut told = item_log(state.logs.get(id), item)
            .map_or_else(Vec::new, |log| walk_back(ledger, log, location, query));
        let limit = bounded(query.limit);
        let next = (told.len() > limit).then(|| told[limit - 1].record.position);
        told.truncate(limit);
        Ok((self.seen(&state, ledger), told, next))
    }
}

fn item_log(log: Option<&LedgerLog>, item: ItemNo) -> Option<&ItemLog> {
    log?.item(item)
}

/// One record more than asked for, so that it is known whether there are more.
fn walk_back(
    ledger: &Ledger,
    log: &ItemLog,
    location: Option<LocationNo>,
    query: &TimelineQuery,
) -> Vec<Told> {
    let mut told = Vec::new();
    for stretch in log.stretches() {
        if stretch.records.first().is_some_and(|it| query.after.is_some_and(|at| it.position >= at))
        {
            continue;
        }
        let mut figures = stretch.after();
        for record in stretch.records.into_iter().rev() {
            let after = step_back(ledger, &mut figures, &record, location);
            let newer = query.after.is_some_and(|at| record.position >= at);
            let elsewhere = location.is_some() && after.is_empty();
            if !newer && !elsewhere {
                told.push(Told { record, after });
            }
            if told.len() > bounded(query.limit) {
                return told;
            }
        }
    }
    told
}

/// Takes a record's changes back; tells before and after where it changed something of interest.
fn step_back(
    ledger: &Ledger,
    figures: &mut [(LocationNo, Figures)],
    record: &Record,
    only: Option<LocationNo>,
) -> Vec<(LocationId, Figures, Figures)> {
    let mut told = Vec::with_capacity(record.changes.len());
    for change in &record.changes {
        let Some((_, known)) = figures.iter_mut().find(|(it, _)| *it == change.location) else {
            continue;
        };
        let after = *known;
        *known -= change.by;
        if only.is_none_or(|it| it == change.location) {
            told.push((ledger.location(change.location).id.clone(), *known, after));
        }
    }
    told
}

fn rows(told: &Told, place: EntryPlace, entry: &Entry) -> Vec<TimelineRow> {
    let row = |at: Option<&(LocationId, Figures, Figures)>| TimelineRow {
        position: entry.position,
        height: place.height,
        recorded_at: place.recorded_at,
        occurred_at: occurred_at(entry).unwrap_or(place.recorded_at),
        kind: entry.fact.kind(),
        location: at.map(|(location, ..)| location.clone()),
        before: at.map(|(_, before, _)| with_on_hand(*before)),
        after: at.map(|(.., after)| with_on_hand(*after)),
        actor: entry.envelope.actor.clone(),
        cause: entry.envelope.cause.clone(),
        reason: reason(&entry.fact).cloned(),
        order: order(&entry.fact).cloned(),
        id: entry.envelope.id.clone(),
    };
    match told.after.is_empty() {
        true => vec![row(None)],
        false => told.after.iter().map(|at| row(Some(at))).collect(),
    }
}

fn occurred_at(entry: &Entry) -> Option<Time> {
    match &entry.fact {
        Fact::StockCounted(it) => Some(it.counted_at),
        _ => entry.envelope.occurred_at,
    }
}

fn with_on_hand(figures: Figures) -> TimelineFigures {
    TimelineFigures { on_hand: figures.on_hand(), figures }
}

fn reason(fact: &Fact) -> Option<&Reason> {
    match fact {
        Fact::OrderCancelled(it) => it.reason.as_ref(),
        Fact::StockReturned(it) => it.reason.as_ref(),
        Fact::StockDamaged(it) => it.reason.as_ref(),
        Fact::StockWrittenOff(it) => it.reason.as_ref(),
        Fact::ConditionChanged(it) => it.reason.as_ref(),
        Fact::StockReturnedToSupplier(it) => it.reason.as_ref(),
        Fact::StockAdjusted(it) => Some(&it.reason),
        _ => None,
    }
}

fn order(fact: &Fact) -> Option<&OrderId> {
    match fact {
        Fact::OrderCommitted(it) => Some(&it.order),
        Fact::OrderCancelled(it) => Some(&it.order),
        Fact::OrderShipped(it) => Some(&it.order),
        Fact::StockReturned(it) => it.order.as_ref(),
        Fact::EntryReversed(it) => it.order.as_ref(),
        _ => None,
    }
}
