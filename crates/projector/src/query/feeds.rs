//! Feeds: how old their numbers are, when the next are due, and what waits for somebody.

use onhand_core::{
    Basis, Feed, FeedId, FeedTerms, Label, Ledger, LedgerId, LocationId, SnapshotOutcome,
    SnapshotSeen, SupplierId, Tier, Time,
};
use serde::Serialize;

use super::freshness::age_seconds;
use super::{Missing, Seen};
use crate::projector::Projector;

/// All feeds, the latest first: those that are late by the longest time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedsView {
    pub seen: Seen,
    pub rows: Vec<FeedView>,
}

/// One feed with its terms and newest snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedAnswer {
    pub seen: Seen,
    #[serde(flatten)]
    pub feed: FeedView,
    pub terms: FeedTerms,
    /// The newest snapshots, newest first.
    pub recent: Vec<SnapshotView>,
}

/// How a feed stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedView {
    pub feed: FeedId,
    pub supplier: SupplierId,
    pub location: LocationId,
    pub basis: Basis,
    pub tiers: Vec<TierView>,
    /// The snapshot that was applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<SnapshotView>,
    /// A suspicious one that somebody is to judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<SnapshotView>,
    /// A long one of which more parts are to come, and the number of the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<SnapshotView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_part: Option<u64>,
    /// Whether numbers of any tier are late.
    pub late: bool,
    /// Position of the entry that set it last.
    pub position: u64,
}

/// How old the numbers of a tier are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierView {
    pub tier: Label,
    pub every_minutes: u64,
    /// The moment that its numbers are of. None: none ever came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// When the next numbers are due.
    pub due_at: Time,
    pub late: bool,
    /// By how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_seconds: Option<u64>,
    /// The ladder's step in force, from 1. None: the numbers are fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// When the next step applies, if no numbers come before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step_at: Option<Time>,
}

/// A snapshot that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotView {
    pub snapshot: Label,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Label>,
    pub as_of: Time,
    pub heard_at: Time,
    pub position: u64,
    pub complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders_seen_through: Option<Time>,
    pub lines: u64,
    pub outcome: SnapshotOutcome,
}

impl From<&SnapshotSeen> for SnapshotView {
    fn from(it: &SnapshotSeen) -> SnapshotView {
        SnapshotView {
            snapshot: it.snapshot.clone(),
            hash: it.hash.clone(),
            as_of: it.as_of,
            heard_at: it.heard_at,
            position: it.position,
            complete: it.complete,
            tier: it.tier.clone(),
            orders_seen_through: it.orders_seen_through,
            lines: it.lines,
            outcome: it.outcome,
        }
    }
}

impl Projector {
    /// What is due and what is late, feed by feed.
    ///
    /// # Errors
    /// Unknown ledger, or no supplier of that name.
    pub fn feeds(
        &self,
        ledger: &LedgerId,
        supplier: Option<&SupplierId>,
    ) -> Result<FeedsView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let only = supplier.map(|it| known.supplier_no(it).ok_or(Missing::Supplier)).transpose()?;
        let now = self.now(known.time());
        let feeds = known.feeds().iter().filter(|it| only.is_none_or(|only| it.supplier == only));
        let mut rows: Vec<FeedView> = feeds.map(|it| view(known, it, now)).collect();
        let late = |it: &FeedView| it.tiers.iter().filter_map(|it| it.late_seconds).max();
        rows.sort_by_key(|it| std::cmp::Reverse(late(it)));
        Ok(FeedsView { seen: self.seen(&state, known), rows })
    }

    /// # Errors
    /// Unknown ledger or feed.
    pub fn feed_of(&self, ledger: &LedgerId, id: &FeedId) -> Result<FeedAnswer, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let feed = known.feed(known.feed_no(id).ok_or(Missing::Feed)?);
        Ok(FeedAnswer {
            seen: self.seen(&state, known),
            feed: view(known, feed, self.now(known.time())),
            terms: feed.terms.clone(),
            recent: feed.recent.iter().rev().map(SnapshotView::from).collect(),
        })
    }
}

fn view(ledger: &Ledger, feed: &Feed, now: Time) -> FeedView {
    let tiers: Vec<TierView> =
        feed.tiers.iter().enumerate().map(|(place, it)| tier(feed, place, it, now)).collect();
    FeedView {
        feed: feed.id.clone(),
        supplier: ledger.supplier(feed.supplier).terms.supplier.clone(),
        location: ledger.location(feed.location).id.clone(),
        basis: feed.terms.basis,
        late: tiers.iter().any(|it| it.late),
        tiers,
        last: feed.last.as_ref().map(SnapshotView::from),
        held: feed.held.as_ref().map(SnapshotView::from),
        unfinished: feed.unfinished.as_ref().map(|(seen, _)| seen.into()),
        next_part: feed.unfinished.as_ref().map(|(_, next)| *next),
        position: feed.position,
    }
}

fn tier(feed: &Feed, place: usize, it: &Tier, now: Time) -> TierView {
    let terms = feed.terms.tiers.get(place);
    let every_minutes = terms.map_or(0, |terms| terms.every_minutes);
    let due_at = it.since.plus_seconds(every_minutes.saturating_mul(60));
    let step = it.step.now().copied().unwrap_or(0);
    let next = terms.and_then(|terms| terms.ladder.get(usize::try_from(step).ok()?));
    TierView {
        tier: it.tier.clone(),
        every_minutes,
        as_of: it.as_of,
        age_seconds: it.as_of.map(|it| age_seconds(it, now)),
        due_at,
        late: due_at < now,
        late_seconds: (due_at < now).then(|| age_seconds(due_at, now)),
        step: (step > 0).then_some(step),
        next_step_at: next.map(|step| it.ages_at(step)),
    }
}
