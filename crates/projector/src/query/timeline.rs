//! What happened to an item, newest first: before, after, who and why.

use onhand_core::{
    CommandId, Entry, Fact, ItemNo, Label, Ledger, LedgerId, LocationId, LocationNo, OrderId,
    Reason, Sku, Time,
};
use serde::Serialize;

use super::{EntryPlace, Missing, Page, QueryError, Seen, bounded};
use crate::projector::Projector;
use crate::timeline::{Figures, Holder, Step, steps, united};

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
    /// The SKU of then, of an item that was merged into this one later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
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

/// What one entry did to one item: the item's own SKU if it was merged away later, and the figures
/// before and after by location.
struct Told {
    merged: Option<Sku>,
    at: Vec<(LocationId, Figures, Figures)>,
}

/// A position and what the entry there did.
type AtPosition = (u64, Vec<Told>);

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
        let positions: Vec<u64> = told.iter().map(|(position, _)| *position).collect();
        // The lock is free again: blocks are read without it.
        let entries = self.find_entries(ledger, &positions)?;
        let pairs = told.into_iter().zip(entries);
        let rows =
            pairs.flat_map(|((_, told), (place, entry))| rows(&told, place, &entry)).collect();
        Ok(Page { seen, rows, next })
    }

    fn told(
        &self,
        id: &LedgerId,
        sku: &Sku,
        query: &TimelineQuery,
    ) -> Result<(Seen, Vec<AtPosition>, Option<u64>), Missing> {
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
        let steps = steps(state.logs.get(id), &united(ledger, item), query.after);
        let told = steps.filter_map(|steps| tell(ledger, item, location, steps));
        let limit = bounded(query.limit);
        // One more than asked for, so that it is known whether there are more.
        let mut told: Vec<AtPosition> = told.take(limit + 1).collect();
        let next = (told.len() > limit).then(|| told[limit - 1].0);
        told.truncate(limit);
        Ok((self.seen(&state, ledger), told, next))
    }
}

/// What the entry of these steps did, if that is of interest.
fn tell(
    ledger: &Ledger,
    item: ItemNo,
    only: Option<LocationNo>,
    steps: Vec<Step>,
) -> Option<AtPosition> {
    let position = steps.first()?.record.position;
    let told = steps.into_iter().map(|step| Told {
        merged: (step.item != item).then(|| ledger.item(step.item).sku.clone()),
        at: at_locations(ledger, &step, only),
    });
    let told: Vec<Told> = told.filter(|it| only.is_none() || !it.at.is_empty()).collect();
    (!told.is_empty()).then_some((position, told))
}

/// Before and after at the locations of interest.
fn at_locations(
    ledger: &Ledger,
    step: &Step,
    only: Option<LocationNo>,
) -> Vec<(LocationId, Figures, Figures)> {
    let at = |(holder, before, after): &(Holder, Figures, Figures)| match holder {
        Holder::Location(it) if only.is_none_or(|only| only == *it) => {
            Some((ledger.location(*it).id.clone(), *before, *after))
        }
        Holder::Location(_) | Holder::Pool(..) | Holder::Window(_) => None,
    };
    step.figures.iter().filter_map(at).collect()
}

fn rows(told: &[Told], place: EntryPlace, entry: &Entry) -> Vec<TimelineRow> {
    told.iter().flat_map(|it| rows_of_item(it, place, entry)).collect()
}

fn rows_of_item(told: &Told, place: EntryPlace, entry: &Entry) -> Vec<TimelineRow> {
    let row = |at: Option<&(LocationId, Figures, Figures)>| TimelineRow {
        position: entry.position,
        height: place.height,
        recorded_at: place.recorded_at,
        occurred_at: occurred_at(entry).unwrap_or(place.recorded_at),
        kind: entry.fact.kind(),
        sku: told.merged.clone(),
        location: at.map(|(location, ..)| location.clone()),
        before: at.map(|(_, before, _)| with_on_hand(*before)),
        after: at.map(|(.., after)| with_on_hand(*after)),
        actor: entry.envelope.actor.clone(),
        cause: entry.envelope.cause.clone(),
        reason: reason(&entry.fact).cloned(),
        order: order(&entry.fact).cloned(),
        id: entry.envelope.id.clone(),
    };
    match told.at.is_empty() {
        true => vec![row(None)],
        false => told.at.iter().map(|at| row(Some(at))).collect(),
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
