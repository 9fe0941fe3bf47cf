//! What the age of a supplier's numbers does, and what open discrepancies doubt.

use onhand_core::{
    DifferenceKind, Discrepancy, FeedId, ItemNo, KeptBack, Label, Ledger, LocationNo, NOW,
    Staleness,
};
use serde::Serialize;

use super::behind::{EntryLink, entry_link};
use crate::supply::SupplyLog;

/// What the age of the item's numbers leaves of them. `step` is that of its tier; 0 where only the
/// item itself was left out or left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaleTold {
    pub feed: FeedId,
    pub tier: Label,
    pub step: u64,
    /// Part of the number that is still believed.
    pub trust_percent: u64,
    /// Kept back beside safety stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer: Option<KeptBack>,
    /// The entry that put it in force.
    pub entry: EntryLink,
}

/// An open discrepancy that says that units are not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoubtTold {
    pub number: u64,
    pub kind: DifferenceKind,
    /// Where to read about it.
    pub link: String,
    /// The entry that opened it.
    pub opened: EntryLink,
}

/// None: the numbers are fresh, or no supplier tells of the location.
pub fn told(
    ledger: &Ledger,
    item: ItemNo,
    location: LocationNo,
    position: u64,
) -> Option<StaleTold> {
    let number = ledger.feed_at(location)?;
    let feed = ledger.feed(number);
    let said = ledger.item(item).supplied.as_ref().and_then(|it| it.said_by(number));
    let place = said.map_or(0, |it| it.tier_at(position));
    let tier = feed.tiers.get(place as usize)?;
    let worth = ledger.staleness(item, location, position);
    if worth == Staleness::FRESH {
        return None;
    }
    // Steps of its tier, a ladder set anew, another tier before, snapshots that left it out.
    let of_tier = tier.worth.at(position).map(|(since, _)| since);
    let of_step = tier.step.at(position).map(|(since, _)| since);
    let own = said.and_then(|it| it.worth.at(position)).map(|(since, _)| since);
    let came = said.and_then(|it| it.tier_was.at(position)).map(|(since, _)| since);
    let since = of_tier.max(of_step).max(own).max(came)?;
    Some(StaleTold {
        feed: feed.id.clone(),
        tier: tier.tier.clone(),
        step: tier.step.at(position).map_or(0, |(_, step)| *step),
        trust_percent: worth.trust_percent,
        buffer: Some(worth.buffer).filter(|it| *it != KeptBack::default()),
        entry: entry_link(ledger.id(), since),
    })
}

/// The discrepancies behind what is doubted there as of `position`, by number.
pub fn doubts(
    ledger: &Ledger,
    supply: Option<&SupplyLog>,
    item: ItemNo,
    location: LocationNo,
    position: u64,
) -> Vec<DoubtTold> {
    if ledger.doubted(item, location, position) == 0 {
        return Vec::new();
    }
    let place = &ledger.location(location).id;
    let here = |it: &&Discrepancy| it.difference.location.as_ref() == Some(place);
    let ours = |it: &&Discrepancy| {
        let sku = it.difference.sku.as_ref();
        sku.is_some_and(|sku| ledger.item_no_at(sku, position.saturating_add(1)) == Some(item))
    };
    let open: Vec<&Discrepancy> = match (position, &ledger.item(item).supplied) {
        (NOW, Some(known)) => {
            let open = known.open.iter().filter_map(|it| ledger.discrepancy(*it));
            open.filter(here).filter(|it| it.doubted() > 0).collect()
        }
        _ => ledger
            .discrepancies()
            .filter(here)
            .filter(ours)
            .filter(|it| was_open(supply, it, position))
            .collect(),
    };
    let mut told: Vec<DoubtTold> = open.into_iter().map(|it| doubt(ledger, it)).collect();
    told.sort_unstable_by_key(|it| it.number);
    told
}

/// Whether it was open then. What closed it is the last entry about it; what came between is not
/// looked at, since a difference that is there again gets a new number.
fn was_open(supply: Option<&SupplyLog>, it: &Discrepancy, position: u64) -> bool {
    let about = supply.map_or(&[][..], |log| log.about(it.difference.number));
    let last = about.last().copied().unwrap_or(it.changed);
    it.opened <= position && (it.state.is_open() || last > position)
}

fn doubt(ledger: &Ledger, it: &Discrepancy) -> DoubtTold {
    let number = it.difference.number;
    DoubtTold {
        number,
        kind: it.difference.kind,
        link: format!("/v1/{}/discrepancies/{number}", ledger.id()),
        opened: entry_link(ledger.id(), it.opened),
    }
}
