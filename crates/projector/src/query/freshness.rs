//! How old a supplier's numbers of an item are, and what follows from it.

use onhand_core::{
    Feed, FeedId, FeedNo, ItemNo, Label, Ledger, LocationId, LocationNo, NOW, Sku, SnapshotOutcome,
    Time,
};
use serde::Serialize;

/// One item at one location of a supplier whose numbers come by a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FreshAt {
    pub location: LocationId,
    pub feed: FeedId,
    /// The tier of the feed that the item belongs to.
    pub tier: Label,
    /// The moment that the numbers are of. None: none ever came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Time>,
    /// How long ago that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// The ladder's step in force, from 1. None: the numbers are fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// Units that open discrepancies say are not there.
    #[serde(skip_serializing_if = "is_nothing")]
    pub doubted: u64,
}

/// How old a supplier's numbers of one of several items are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FreshOf {
    pub sku: Sku,
    #[serde(flatten)]
    pub fresh: FreshAt,
}

/// Of the item at these locations, now.
pub(super) fn fresh_of<'a>(
    ledger: &'a Ledger,
    item: ItemNo,
    locations: impl IntoIterator<Item = LocationNo> + 'a,
    now: Time,
) -> impl Iterator<Item = FreshOf> + 'a {
    let fresh = locations.into_iter().filter_map(move |at| fresh_at(ledger, item, at, NOW, now));
    fresh.map(move |fresh| FreshOf { sku: ledger.item(item).sku.clone(), fresh })
}

fn is_nothing(units: &u64) -> bool {
    *units == 0
}

/// As of a position, at the moment `now`. None: no supplier tells of the item there.
pub(super) fn fresh_at(
    ledger: &Ledger,
    item: ItemNo,
    location: LocationNo,
    position: u64,
    now: Time,
) -> Option<FreshAt> {
    let number = ledger.feed_at(location)?;
    let tier = tier_of(ledger, item, location, (number, position))?;
    let feed = ledger.feed(number);
    let known = feed.tiers.get(tier)?;
    let said = ledger.item(item).supplied.as_ref().and_then(|it| it.said_by(number));
    let as_of = match position {
        NOW => known.as_of.max(said.and_then(|it| it.as_of)),
        _ => as_of_then(feed, &known.tier, position),
    };
    let step = known.step.at(position).map_or(0, |(_, step)| *step);
    Some(FreshAt {
        location: ledger.location(location).id.clone(),
        feed: feed.id.clone(),
        tier: known.tier.clone(),
        as_of,
        age_seconds: as_of.map(|it| age_seconds(it, now)),
        step: (step > 0).then_some(step),
        doubted: ledger.doubted(item, location, position),
    })
}

/// The place of the item's tier. None: the feed never said anything of it, and nothing of it ever
/// was at the location.
fn tier_of(
    ledger: &Ledger,
    item: ItemNo,
    location: LocationNo,
    (feed, position): (FeedNo, u64),
) -> Option<usize> {
    let known = ledger.item(item);
    let said = known.supplied.as_ref().and_then(|it| it.said_by(feed));
    match (said, known.cell(location)) {
        (Some(said), _) => Some(said.tier_at(position) as usize),
        (None, Some(_)) => Some(0),
        (None, None) => None,
    }
}

/// Of the snapshots that the feed still knows by name.
fn as_of_then(feed: &Feed, tier: &Label, position: u64) -> Option<Time> {
    let counts = |it: &&onhand_core::SnapshotSeen| {
        it.position <= position
            && it.outcome == SnapshotOutcome::Applied
            && (it.complete || feed.terms.changes_only)
            && it.tier.as_ref().is_none_or(|meant| meant == tier)
    };
    feed.recent.iter().filter(counts).map(|it| it.as_of).max()
}

pub(super) fn age_seconds(as_of: Time, now: Time) -> u64 {
    now.as_us().saturating_sub(as_of.as_us()) / 1_000_000
}
