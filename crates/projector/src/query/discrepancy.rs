//! One difference in full: what explains it, what became of it, and what accepting it would do.

use onhand_core::{
    Condition, CountedLine, Discrepancy, Entry, Fact, Label, Ledger, LedgerId, LocationId, Pending,
    Reason, Sku, Suggestion, Time,
};
use serde::Serialize;

use super::inbox::{InboxRow, location_of, row};
use super::{EntryPlace, Missing, QueryError, Seen};
use crate::projector::Projector;
use crate::query::explain::{EntryLink, entry_link};

/// A difference with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiscrepancyView {
    pub seen: Seen,
    #[serde(flatten)]
    pub row: InboxRow,
    /// Items that an unknown code may mean, the likeliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// Entries that explain it.
    pub explained_by: Vec<EntryTold>,
    /// The entries about it, oldest first.
    pub history: Vec<HistoryRow>,
    /// What accepting theirs would come to. None: there is nothing to accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepting: Option<Accepting>,
}

/// An entry by its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryTold {
    #[serde(flatten)]
    pub entry: EntryLink,
    pub kind: &'static str,
    pub recorded_at: Time,
    /// The document that explains it, such as an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Label>,
}

/// What an entry did to the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryStep {
    Opened,
    /// New figures under its old number.
    Changed,
    /// Somebody decided about it: `action` says what. It may be open still.
    Decided,
    /// Within tolerance: their number was counted.
    Counted,
    /// The numbers agreed again.
    Cleared,
    /// The code means an item now.
    Mapped,
    /// What settled it was undone.
    Reopened,
}

/// One entry about the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryRow {
    #[serde(flatten)]
    pub entry: EntryTold,
    pub step: HistoryStep,
    /// The figures that it was found with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<i64>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<onhand_core::Settling>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Label>,
}

/// Accepting theirs counts their number at the moment that it is of: what moved since then moves
/// the balance on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepting {
    pub sku: Sku,
    pub location: LocationId,
    pub counted_at: Time,
    pub counted: i64,
    /// The book at that moment, as far as it was known when the difference was found.
    pub book: i64,
    /// By how much sellable stock would change.
    pub change: i64,
    /// Sellable now, and what it would be.
    pub sellable: i64,
    pub sellable_after: i64,
    /// Units free for new promises at the location now. Fewer may be free than are taken away.
    pub free: i64,
}

/// All but what the journal has to tell.
struct Outline {
    view: DiscrepancyView,
    /// The item, as the difference calls it.
    sku: Option<Sku>,
    /// Positions of the entries that explain it, and of those about it.
    explaining: Vec<u64>,
    about: Vec<u64>,
}

impl Projector {
    /// # Errors
    /// Unknown ledger or number; or the journal cannot be read now.
    pub fn discrepancy(
        &self,
        ledger: &LedgerId,
        number: u64,
    ) -> Result<DiscrepancyView, QueryError> {
        let Outline { mut view, sku, explaining, about } = self.outline(ledger, number)?;
        // The lock is free again: blocks are read without it.
        let entries = self.find_entries(ledger, &explaining)?;
        view.explained_by = entries.iter().map(|(place, entry)| told(*place, entry)).collect();
        let entries = self.find_entries(ledger, &about)?;
        let of = (number, sku.as_ref());
        view.history = entries.iter().filter_map(|(place, it)| history(*place, it, of)).collect();
        if let Some(first) = view.history.first_mut() {
            first.step = HistoryStep::Opened;
        }
        Ok(view)
    }

    fn outline(&self, ledger: &LedgerId, number: u64) -> Result<Outline, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let it = known.discrepancy(number).ok_or(Missing::Discrepancy)?;
        let is_there = |position: &u64| (1..=known.position()).contains(position);
        let explaining = it.difference.explained_by.iter().copied().filter(is_there).collect();
        let about = state.supplies.get(ledger).map_or(&[][..], |log| log.about(number));
        let view = DiscrepancyView {
            seen: self.seen(&state, known),
            row: row(known, state.logs.get(ledger), it),
            suggestions: it.difference.suggestions.clone(),
            explained_by: Vec::new(),
            history: Vec::new(),
            accepting: accepting(known, it, self.now(known.time())),
        };
        let sku = it.difference.sku.clone();
        Ok(Outline { view, sku, explaining, about: about.to_vec() })
    }
}

fn accepting(ledger: &Ledger, it: &Discrepancy, now: Time) -> Option<Accepting> {
    let told = &it.difference;
    let counted = told.theirs.filter(|_| it.state.is_open())?;
    let (item, location) = (ledger.item_no(told.sku.as_ref()?)?, location_of(ledger, it)?);
    let cell = ledger.cell(item, location);
    let (sellable, change) = (cell.balance(Condition::Sellable), counted - told.ours);
    Some(Accepting {
        sku: ledger.item(item).sku.clone(),
        location: ledger.location(location).id.clone(),
        counted_at: told.as_of,
        counted,
        book: told.ours,
        change,
        sellable,
        sellable_after: sellable + change,
        free: free(ledger, item, location, now),
    })
}

/// Before doubts and rules: what is there and promised to nobody.
fn free(
    ledger: &Ledger,
    item: onhand_core::ItemNo,
    location: onhand_core::LocationNo,
    now: Time,
) -> i64 {
    let cell = ledger.cell(item, location);
    let shelf = ledger.shelf_of(item, &cell, now, &Pending::default());
    shelf.sellable - shelf.committed - shelf.held - shelf.pooled
}

fn told(place: EntryPlace, entry: &Entry) -> EntryTold {
    EntryTold {
        entry: entry_link(&entry.ledger, entry.position),
        kind: entry.fact.kind(),
        recorded_at: place.recorded_at,
        cause: entry.envelope.cause.clone(),
    }
}

/// What the entry says of the difference with this number, which is about this item.
fn history(
    place: EntryPlace,
    entry: &Entry,
    (number, sku): (u64, Option<&Sku>),
) -> Option<HistoryRow> {
    let mut row = HistoryRow {
        entry: told(place, entry),
        step: ended(&entry.fact, sku),
        theirs: None,
        ours: None,
        action: None,
        reason: None,
        actor: entry.envelope.actor.clone(),
    };
    let found = match &entry.fact {
        Fact::SnapshotRecorded(it) => &it.found[..],
        Fact::StocktakeRecorded(it) => &it.found,
        Fact::StockHeard(it) => &it.found,
        Fact::HandoverConfirmed(it) => &it.found,
        Fact::SupplierSkuMapped(_) => {
            row.step = HistoryStep::Mapped;
            &[]
        }
        Fact::DiscrepancySettled(it) => {
            row.step = HistoryStep::Decided;
            (row.action, row.reason) = (Some(it.action), Some(it.reason.clone()));
            &[]
        }
        Fact::EntryReversed(_) => {
            row.step = HistoryStep::Reopened;
            &[]
        }
        _ => return None,
    };
    if let Some(found) = found.iter().find(|it| it.number == number) {
        row.step = HistoryStep::Changed;
        (row.theirs, row.ours) = (found.theirs, Some(found.ours));
    }
    Some(row)
}

/// How the difference ended where the entry does not name it among what it found.
fn ended(fact: &Fact, sku: Option<&Sku>) -> HistoryStep {
    let counted = match fact {
        Fact::SnapshotRecorded(it) => &it.counted[..],
        Fact::StocktakeRecorded(it) => &it.counted,
        _ => &[],
    };
    let moves = |it: &CountedLine| it.applied && it.counted as i64 != it.book;
    match counted.iter().any(|it| Some(&it.sku) == sku && moves(it)) {
        true => HistoryStep::Counted,
        false => HistoryStep::Cleared,
    }
}
