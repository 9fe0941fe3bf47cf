//! The inbox: differences between the book and what others say of our stock.

use onhand_core::{
    ChannelId, DifferenceKind, Discrepancy, DiscrepancyState, FeedId, Ledger, LedgerId, LocationId,
    LocationNo, Reason, Sku, SupplierId, Time, Witness,
};
use serde::{Deserialize, Serialize};

use super::{Missing, Page, bounded};
use crate::projector::Projector;
use crate::timeline::LedgerLog;

/// How far a difference has come, as one asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxState {
    Open,
    Disputed,
    Snoozed,
    Asked,
    Accepted,
    Kept,
    Cleared,
}

impl InboxState {
    pub fn of(state: DiscrepancyState) -> InboxState {
        match state {
            DiscrepancyState::Open => InboxState::Open,
            DiscrepancyState::Disputed => InboxState::Disputed,
            DiscrepancyState::Snoozed(_) => InboxState::Snoozed,
            DiscrepancyState::Asked => InboxState::Asked,
            DiscrepancyState::Accepted => InboxState::Accepted,
            DiscrepancyState::Kept => InboxState::Kept,
            DiscrepancyState::Cleared => InboxState::Cleared,
        }
    }
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxOrder {
    #[default]
    Newest,
    /// By units that theirs and ours differ by.
    Largest,
}

/// Which differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxQuery {
    /// These; if empty, whatever is open and not out of sight until later.
    pub states: Vec<InboxState>,
    /// These only; all if empty.
    pub kinds: Vec<DifferenceKind>,
    pub supplier: Option<SupplierId>,
    pub feed: Option<FeedId>,
    pub location: Option<LocationId>,
    /// By SKU or alias.
    pub sku: Option<Sku>,
    /// Of more units than this.
    pub larger_than: Option<u64>,
    pub order: InboxOrder,
    /// Behind the one with this number, in the order asked for.
    pub after: Option<u64>,
    pub limit: usize,
}

/// One difference. Numbers are on our basis, in our units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InboxRow {
    pub number: u64,
    pub kind: DifferenceKind,
    pub state: InboxState,
    /// Until when it is out of sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier_sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<SupplierId>,
    /// Who says otherwise: a feed, a channel, or else a stocktake of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// None: they leave it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<i64>,
    /// The book at `as_of`.
    pub ours: i64,
    /// Theirs less ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
    pub as_of: Time,
    /// Percent.
    pub confidence: u64,
    /// When the entry that opened it was recorded.
    pub since: Time,
    /// Position of that entry, and of the one that changed it last.
    pub opened: u64,
    pub changed: u64,
    /// What was said when it was last decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Projector {
    /// Differences, page by page. `next`: the number to go on behind.
    ///
    /// # Errors
    /// Unknown ledger, supplier, feed, location, SKU; or there is no difference numbered `after`.
    pub fn inbox(
        &self,
        ledger: &LedgerId,
        query: &InboxQuery,
    ) -> Result<Page<InboxRow, u64>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let wanted = Wanted::new(known, query, self.now(known.time()))?;
        let place = |it: &Discrepancy| place(it, query.order);
        let after = match query.after {
            Some(number) => Some(place(known.discrepancy(number).ok_or(Missing::Discrepancy)?)),
            None => None,
        };
        let rest = |it: &&Discrepancy| after.is_none_or(|after| place(it) > after);
        let all = known.discrepancies().filter(|it| wanted.has(it));
        let mut found: Vec<&Discrepancy> = all.filter(rest).collect();
        let limit = bounded(query.limit);
        // A page of an inbox with a million differences needs no sorting of all of them.
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, |it| place(it));
            found.truncate(limit + 1);
        }
        found.sort_unstable_by_key(|it| place(it));
        let next = (found.len() > limit).then(|| found[limit - 1].difference.number);
        let log = state.logs.get(ledger);
        let rows = found.into_iter().take(limit).map(|it| row(known, log, it)).collect();
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

/// Where it stands: larger first, if that is asked for, then newer.
fn place(it: &Discrepancy, order: InboxOrder) -> (u64, u64) {
    let largest = match order {
        InboxOrder::Newest => 0,
        InboxOrder::Largest => u64::MAX - units(it),
    };
    (largest, u64::MAX - it.difference.number)
}

/// Units that theirs and ours differ by.
fn units(it: &Discrepancy) -> u64 {
    it.difference.theirs.map_or(0, |theirs| theirs.abs_diff(it.difference.ours))
}

struct Wanted<'a> {
    ledger: &'a Ledger,
    query: &'a InboxQuery,
    now: Time,
    sku: Option<Sku>,
}

impl Wanted<'_> {
    fn new<'a>(
        ledger: &'a Ledger,
        query: &'a InboxQuery,
        now: Time,
    ) -> Result<Wanted<'a>, Missing> {
        if let Some(id) = &query.supplier {
            ledger.supplier_no(id).ok_or(Missing::Supplier)?;
        }
        if let Some(id) = &query.feed {
            ledger.feed_no(id).ok_or(Missing::Feed)?;
        }
        if let Some(id) = &query.location {
            ledger.location_no(id).ok_or(Missing::Location)?;
        }
        let sku = query.sku.as_ref().map(|it| {
            let item = ledger.item_no(it).ok_or(Missing::Sku)?;
            Ok(ledger.item(item).sku.clone())
        });
        Ok(Wanted { ledger, query, now, sku: sku.transpose()? })
    }

    fn has(&self, it: &Discrepancy) -> bool {
        let (query, told) = (self.query, &it.difference);
        let of_supplier = |id: &SupplierId| supplier(self.ledger, it).as_ref() == Some(id);
        let feed = |id: &FeedId| matches!(&it.witness, Witness::Feed(feed) if feed == id);
        let sku =
            |sku: &Sku| told.sku.as_ref().is_some_and(|it| self.ledger.current_sku(it) == *sku);
        self.in_state(it.state)
            && (query.kinds.is_empty() || query.kinds.contains(&told.kind))
            && query.supplier.as_ref().is_none_or(of_supplier)
            && query.feed.as_ref().is_none_or(feed)
            && query.location.as_ref().is_none_or(|it| told.location.as_ref() == Some(it))
            && self.sku.as_ref().is_none_or(sku)
            && query.larger_than.is_none_or(|than| units(it) > than)
    }

    /// A snooze whose moment has come is over, without an entry.
    fn in_state(&self, state: DiscrepancyState) -> bool {
        if !self.query.states.is_empty() {
            return self.query.states.contains(&InboxState::of(state));
        }
        match state {
            DiscrepancyState::Snoozed(until) => until <= self.now,
            other => other.is_open(),
        }
    }
}

/// Whose number it is: of the feed, or of the location.
pub(super) fn supplier(ledger: &Ledger, it: &Discrepancy) -> Option<SupplierId> {
    if let Witness::Feed(feed) = &it.witness {
        let feed = ledger.feed(ledger.feed_no(feed)?);
        return Some(ledger.supplier(feed.supplier).terms.supplier.clone());
    }
    let location = ledger.location_no(it.difference.location.as_ref()?)?;
    ledger.location(location).supplier.clone()
}

/// The location of the difference, if it has one that is known.
pub(super) fn location_of(ledger: &Ledger, it: &Discrepancy) -> Option<LocationNo> {
    ledger.location_no(it.difference.location.as_ref()?)
}

pub(super) fn row(ledger: &Ledger, log: Option<&LedgerLog>, it: &Discrepancy) -> InboxRow {
    let told = &it.difference;
    let (feed, channel) = match &it.witness {
        Witness::Feed(feed) => (Some(feed.clone()), None),
        Witness::Channel(channel) => (None, Some(channel.clone())),
        Witness::Stocktake(_) => (None, None),
    };
    let until = match it.state {
        DiscrepancyState::Snoozed(until) => Some(until),
        _ => None,
    };
    let recorded = log.and_then(|log| log.place(it.opened));
    InboxRow {
        number: told.number,
        kind: told.kind,
        state: InboxState::of(it.state),
        until,
        sku: told.sku.as_ref().map(|it| ledger.current_sku(it)),
        supplier_sku: told.supplier_sku.clone(),
        location: told.location.clone(),
        supplier: supplier(ledger, it),
        feed,
        channel,
        theirs: told.theirs,
        ours: told.ours,
        difference: told.theirs.map(|theirs| theirs - told.ours),
        as_of: told.as_of,
        confidence: told.confidence,
        since: recorded.map_or(told.as_of, |mark| mark.time),
        opened: it.opened,
        changed: it.changed,
        reason: it.reason.clone(),
    }
}
