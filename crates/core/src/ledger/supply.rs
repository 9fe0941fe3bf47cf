//! What is known of suppliers, their feeds, and of items as suppliers name and count them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{ChannelNo, History, ItemNo, Ledger, LocationNo};
use crate::*;

/// A supplier's number within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SupplierNo(pub u32);
/// A feed's number within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FeedNo(pub u32);

/// A supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplier {
    #[serde(with = "super::as_text")]
    pub terms: SupplierSet,
    /// When its orders are handed over next, if it has a cut-off.
    pub next_cut_off: Option<Time>,
    /// Position of the entry that said so last.
    pub position: u64,
    /// Position of the entry that said last what its codes mean.
    pub mapped: u64,
}

/// A stream of a supplier's numbers for one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    pub id: FeedId,
    pub supplier: SupplierNo,
    pub location: LocationNo,
    #[serde(with = "super::as_text")]
    pub terms: FeedTerms,
    /// In the order of `terms.tiers`.
    pub tiers: Vec<Tier>,
    /// The snapshot that was applied last.
    pub last: Option<SnapshotSeen>,
    /// A long snapshot of which more parts are to come: the next part.
    pub unfinished: Option<(SnapshotSeen, u64)>,
    /// Position of the entry that applied numbers of it last, be it a part.
    pub said: u64,
    /// A suspicious snapshot that somebody is to judge.
    pub held: Option<SnapshotSeen>,
    /// A suspicious snapshot that somebody confirmed and that was not applied yet.
    pub confirmed: Option<Label>,
    /// The newest snapshots, oldest first.
    pub recent: VecDeque<SnapshotSeen>,
    /// Units that settled themselves on a UTC day, by days since 1970.
    pub settled: (u64, u64),
    /// Position of the entry that set it last.
    pub position: u64,
}

/// How many snapshots a feed knows by name. Older ones are out of order by their time.
pub const RECENT_MAX: usize = 256;

/// A snapshot that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSeen {
    pub snapshot: Label,
    pub hash: Option<Label>,
    pub as_of: Time,
    pub heard_at: Time,
    /// Position of its entry, of a long one of its first.
    pub position: u64,
    pub complete: bool,
    pub tier: Option<Label>,
    pub orders_seen_through: Option<Time>,
    pub lines: u64,
    pub outcome: SnapshotOutcome,
}

/// How old the numbers of a tier are, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub tier: Label,
    /// The moment that its numbers are of. None: none ever came.
    pub as_of: Option<Time>,
    /// Since when they are waited for: the last snapshot, else the setting of the feed.
    pub since: Time,
    /// The ladder's step in force, from 1; 0: fresh.
    pub step: History<u64>,
    /// What its numbers are worth: what the step in force said when it came into force. A ladder
    /// that is set anew does not change the past.
    pub worth: History<Staleness>,
    /// Position of the entry that assigned an item to it last.
    pub assigned: u64,
    /// Positions of whole snapshots of it: the first after items were assigned to it, each time.
    pub vouched: Vec<u64>,
}

/// An item as suppliers name it and count it, and what others say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplied {
    pub sources: Vec<Source>,
    pub said: Vec<Said>,
    pub doubts: Vec<Doubt>,
    /// Numbers of its open differences.
    pub open: Vec<u64>,
    /// The numbers that were pushed to channels last.
    pub listed: Vec<Listed>,
}

/// The number that was pushed to a channel last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub channel: ChannelNo,
    pub quantity: u64,
    /// Since when.
    pub since: Time,
}

/// One code of one supplier for the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub supplier: SupplierNo,
    pub code: Sku,
    /// Units of ours in one of theirs.
    pub pack: u64,
    /// Minor currency units.
    pub unit_cost: Option<u64>,
    pub valid_from: Option<Time>,
    pub valid_until: Option<Time>,
}

impl Source {
    pub fn is_valid(&self, at: Time) -> bool {
        self.valid_from.is_none_or(|it| it <= at) && self.valid_until.is_none_or(|it| at < it)
    }
}

/// What a feed said of the item last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub feed: FeedNo,
    /// Place of its tier in the feed's.
    pub tier: u32,
    /// The same from each position on, if it was ever assigned to one.
    pub tier_was: History<u32>,
    /// In our units, on their basis. None: never, or left open.
    pub quantity: Option<u64>,
    /// The snapshot that said so first.
    pub as_of: Option<Time>,
    /// Whole snapshots left it out, or its number open, so many times in a row.
    pub missing: u64,
    /// What it is worth for that, from each position on; empty if none ever did. A ladder that is
    /// set anew does not change the past.
    pub worth: History<Staleness>,
    pub next_restock_at: Option<Time>,
    /// A difference, theirs less ours, that somebody decided to live with.
    pub kept: Option<i64>,
}

/// Units at a location that somebody credible says are not there, from each position on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    pub location: LocationNo,
    pub units: History<u64>,
}

impl Said {
    /// Place of the item's tier as of `position`.
    pub fn tier_at(&self, position: u64) -> u32 {
        self.tier_was.at(position).map_or(0, |(_, tier)| *tier)
    }

    /// What it was worth for itself as of `position`.
    fn worth_at(&self, position: u64) -> Staleness {
        self.worth.at(position).map_or(Staleness::FRESH, |(_, it)| *it)
    }

    /// Nobody vouched for it so many times: it goes down the ladder by as many steps.
    pub(super) fn come_to(&mut self, missing: u64, ladder: &[LadderStep], position: u64) {
        self.missing = missing;
        let steps = usize::try_from(missing).unwrap_or(usize::MAX).min(ladder.len());
        let worth = Staleness::after(&ladder[..steps]);
        if self.worth.now().copied().unwrap_or(Staleness::FRESH) != worth {
            self.worth.set(position, worth);
        }
    }

    /// As if it never had been said. What it was worth, and of what tier, stays known.
    pub(super) fn forget(&mut self) {
        (self.quantity, self.as_of, self.missing) = (None, None, 0);
        (self.next_restock_at, self.kept) = (None, None);
    }
}

impl Supplied {
    pub fn said_by(&self, feed: FeedNo) -> Option<&Said> {
        self.said.iter().find(|it| it.feed == feed)
    }

    pub(super) fn said_mut(&mut self, feed: FeedNo) -> &mut Said {
        let found = self.said.iter().position(|it| it.feed == feed);
        let index = found.unwrap_or_else(|| {
            self.said.reserve_exact(1);
            self.said.push(Said {
                feed,
                tier: 0,
                tier_was: History::default(),
                quantity: None,
                as_of: None,
                missing: 0,
                worth: History::default(),
                next_restock_at: None,
                kept: None,
            });
            self.said.len() - 1
        });
        &mut self.said[index]
    }
}

/// A difference between the book and what somebody else says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discrepancy {
    #[serde(with = "super::as_text")]
    pub difference: Difference,
    pub witness: Witness,
    pub state: DiscrepancyState,
    /// Position of the entry that opened it.
    pub opened: u64,
    /// Position of the entry that changed it last.
    pub changed: u64,
    /// What was said when it was last decided about.
    #[serde(with = "super::as_text")]
    pub reason: Option<Reason>,
}

/// How far a difference has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscrepancyState {
    Open,
    Disputed,
    /// Out of sight until then; open all the same.
    Snoozed(Time),
    Asked,
    /// Theirs was counted.
    Accepted,
    /// The book stood.
    Kept,
    /// It was gone when the numbers came again.
    Cleared,
}

impl DiscrepancyState {
    /// Whether it still is a difference.
    pub fn is_open(self) -> bool {
        match self {
            DiscrepancyState::Open
            | DiscrepancyState::Disputed
            | DiscrepancyState::Snoozed(_)
            | DiscrepancyState::Asked => true,
            DiscrepancyState::Accepted | DiscrepancyState::Kept | DiscrepancyState::Cleared => {
                false
            }
        }
    }
}

impl DiscrepancyState {
    /// Whether the same difference is found anew when it is there again.
    pub fn is_found_again(self) -> bool {
        matches!(self, DiscrepancyState::Accepted | DiscrepancyState::Cleared)
    }
}

impl Discrepancy {
    /// Units that the book has and the witness does not. What a channel shows says nothing about
    /// the shelf, and from a number that is too old nothing follows.
    pub fn doubted(&self) -> u64 {
        let of_shelf = !matches!(self.witness, Witness::Channel(_))
            && self.difference.kind != DifferenceKind::Stale;
        let theirs = self.difference.theirs.filter(|_| of_shelf && self.state.is_open());
        theirs.map_or(0, |it| u64::try_from(self.difference.ours - it).unwrap_or(0))
    }
}

/// Orders that a supplier was given to ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    #[serde(with = "super::as_text")]
    pub told: OrdersHandedOver,
    pub state: HandoverState,
    pub position: u64,
    #[serde(with = "super::as_text")]
    pub short: Vec<ShortLine>,
}

/// How far a handover has come; positions of the entries that said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverState {
    Waiting,
    Missed(u64),
    Confirmed { position: u64, late: bool },
}

/// The items that a supplier's code means, each in its own time: in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub first: ItemNo,
    /// Hardly ever any: a code that goes over to another item.
    pub others: Option<Box<[ItemNo]>>,
}

impl Meaning {
    pub fn all(&self) -> Vec<ItemNo> {
        let others = self.others.iter().flat_map(|it| it.iter().copied());
        std::iter::once(self.first).chain(others).collect()
    }

    pub fn add(&mut self, item: ItemNo) {
        let mut all = self.all();
        all.push(item);
        if let Some(meaning) = Meaning::of(all) {
            *self = meaning;
        }
    }

    pub fn without(&self, item: ItemNo) -> Option<Meaning> {
        Meaning::of(self.all().into_iter().filter(|it| *it != item).collect())
    }

    fn of(mut items: Vec<ItemNo>) -> Option<Meaning> {
        items.sort_unstable();
        items.dedup();
        let others = items.split_off(items.len().min(1));
        let first = items.pop()?;
        Some(Meaning { first, others: (!others.is_empty()).then(|| others.into_boxed_slice()) })
    }
}

/// What the writer is to see to at a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Appointee {
    Feed(FeedNo),
    CutOff(SupplierNo),
    Confirmation(SupplierId, Label),
}

/// What the age of a feed's numbers does to an item at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staleness {
    pub trust_percent: u64,
    #[serde(with = "super::as_text")]
    pub buffer: KeptBack,
}

impl Staleness {
    pub const FRESH: Staleness =
        Staleness { trust_percent: 100, buffer: KeptBack { units: None, percent: None } };

    /// What is left of a number that both are about.
    pub fn worse(self, other: Staleness) -> Staleness {
        let (one, another) = (self.buffer, other.buffer);
        let buffer = KeptBack {
            units: one.units.max(another.units),
            percent: one.percent.max(another.percent),
        };
        Staleness { trust_percent: self.trust_percent.min(other.trust_percent), buffer }
    }

    /// After these steps of a ladder. What a step does not say is as after the one before.
    pub fn after(steps: &[LadderStep]) -> Staleness {
        steps.iter().fold(Staleness::FRESH, |before, step| Staleness {
            trust_percent: step.trust_percent.unwrap_or(before.trust_percent),
            buffer: step.buffer.unwrap_or(before.buffer),
        })
    }
}

impl Feed {
    /// Whether the snapshot says, or leaves as it is, all that the feed has of the tier; of all
    /// tiers if none is given.
    pub fn vouches_for(&self, seen: &SnapshotSeen, tier: Option<&Label>) -> bool {
        let whole = seen.complete || self.terms.changes_only;
        whole && (seen.tier.is_none() || seen.tier.as_ref() == tier)
    }

    /// Whether a newer snapshot vouched for all that one of `as_of` is about, be it so far in part.
    /// One that vouches for nothing beyond its own lines comes after whatever is newer.
    pub fn is_late(&self, as_of: Time, tier: Option<&Label>, complete: bool) -> bool {
        let is_newer =
            |it: &SnapshotSeen| it.outcome == SnapshotOutcome::Applied && as_of < it.as_of;
        if !complete && !self.terms.changes_only && self.recent.iter().any(is_newer) {
            return true;
        }
        let unfinished = self.unfinished.as_ref().map(|(seen, _)| seen);
        let meant = |it: &&Tier| tier.is_none_or(|tier| *tier == it.tier);
        let mut tiers = self.tiers.iter().filter(meant).peekable();
        unfinished.is_some_and(|it| as_of < it.as_of && self.vouches_for(it, tier))
            || (tiers.peek().is_some() && tiers.all(|it| it.as_of.is_some_and(|it| as_of < it)))
    }

    /// The moment of the newest number of the item: said, or left as it is by one that vouched.
    pub fn said_as_of(&self, said: Option<&Said>) -> Option<Time> {
        let tier = self.tiers.get(said.map_or(0, |it| it.tier) as usize);
        said.and_then(|it| it.as_of).max(tier.and_then(|it| it.as_of))
    }

    /// What the tier's step in force as of `position` does.
    pub fn staleness(&self, tier: u32, position: u64) -> Staleness {
        let known = self.tiers.get(tier as usize);
        known.and_then(|it| it.worth.at(position)).map_or(Staleness::FRESH, |(_, it)| *it)
    }

    /// What the tier of the item does, and those that it was of before until a whole snapshot of the
    /// one that it came to: an old number is no younger for it.
    fn tiers_worth(&self, said: &Said, position: u64) -> Staleness {
        let was = said.tier_was.all();
        let was = &was[..was.partition_point(|(since, _)| *since <= position)];
        let mut worth = self.staleness(0, position);
        for (place, (since, tier)) in was.iter().enumerate() {
            let until = was.get(place + 1).map_or(position, |(until, _)| *until);
            let own = self.staleness(*tier, position);
            worth = if self.is_vouched(*tier, *since, until) { own } else { worth.worse(own) };
        }
        worth
    }

    /// Whether a whole snapshot of the tier came after `since` and by `until`.
    fn is_vouched(&self, tier: u32, since: u64, until: u64) -> bool {
        let Some(tier) = self.tiers.get(tier as usize) else { return false };
        let next = tier.vouched.partition_point(|it| *it <= since);
        tier.vouched.get(next).is_some_and(|it| *it <= until)
    }

    /// The step that the tier has come to at `time`, by its ladder.
    pub fn step_by(&self, tier: usize, time: Time) -> u64 {
        let (Some(terms), Some(known)) = (self.terms.tiers.get(tier), self.tiers.get(tier)) else {
            return 0;
        };
        terms.ladder.iter().take_while(|it| known.ages_at(it) <= time).count() as u64
    }
}

impl Tier {
    /// When the step applies, if no snapshot comes before.
    pub fn ages_at(&self, step: &LadderStep) -> Time {
        self.since.plus_seconds(step.after_minutes.saturating_mul(60))
    }
}

impl Ledger {
    pub fn suppliers(&self) -> &[Supplier] {
        &self.suppliers
    }

    pub fn supplier_no(&self, id: &SupplierId) -> Option<SupplierNo> {
        let found = self.suppliers.iter().position(|it| it.terms.supplier == *id);
        found.map(|it| SupplierNo(it as u32))
    }

    pub fn supplier(&self, number: SupplierNo) -> &Supplier {
        &self.suppliers[number.0 as usize]
    }

    pub fn feeds(&self) -> &[Feed] {
        &self.feeds
    }

    pub fn feed_no(&self, id: &FeedId) -> Option<FeedNo> {
        self.feeds.iter().position(|it| it.id == *id).map(|it| FeedNo(it as u32))
    }

    pub fn feed(&self, number: FeedNo) -> &Feed {
        &self.feeds[number.0 as usize]
    }

    /// The feed that tells of a location.
    pub fn feed_at(&self, location: LocationNo) -> Option<FeedNo> {
        self.feed_at.get(location.0 as usize).copied().flatten()
    }

    /// What a supplier's code meant at a moment.
    pub fn item_of_code(
        &self,
        supplier: SupplierNo,
        code: &Sku,
        at: Time,
    ) -> Option<(ItemNo, &Source)> {
        let known = self.codes.get(&(supplier, code.clone()))?;
        let valid = |item: ItemNo| {
            let sources = &self.item(item).supplied.as_ref()?.sources;
            let ours =
                |it: &&Source| it.supplier == supplier && it.code == *code && it.is_valid(at);
            sources.iter().find(ours).map(|source| (item, source))
        };
        let others = known.others.iter().flat_map(|it| it.iter().copied());
        std::iter::once(known.first).chain(others).find_map(valid)
    }

    /// What the age of its supplier's numbers does to the item there, as of `position`.
    pub fn staleness(&self, item: ItemNo, location: LocationNo, position: u64) -> Staleness {
        let Some(feed) = self.feed_at(location) else { return Staleness::FRESH };
        let said = self.item(item).supplied.as_ref().and_then(|it| it.said_by(feed));
        let feed = self.feed(feed);
        match said {
            Some(it) => feed.tiers_worth(it, position).worse(it.worth_at(position)),
            None => feed.staleness(0, position),
        }
    }

    /// Units of the item there that open differences say are not, as of `position`.
    pub fn doubted(&self, item: ItemNo, location: LocationNo, position: u64) -> u64 {
        let Some(supplied) = &self.item(item).supplied else { return 0 };
        let doubt = supplied.doubts.iter().find(|it| it.location == location);
        doubt.and_then(|it| it.units.at(position)).map_or(0, |(_, units)| *units)
    }

    pub fn discrepancy(&self, number: u64) -> Option<&Discrepancy> {
        self.discrepancies.get(&number)
    }

    /// All differences that ever were, in no order.
    pub fn discrepancies(&self) -> impl Iterator<Item = &Discrepancy> {
        self.discrepancies.values()
    }

    /// The number that the next new difference gets.
    pub fn next_discrepancy(&self) -> u64 {
        self.next_discrepancy
    }

    /// The open difference that a witness has about the item, at that location if it has one.
    pub fn open_difference(
        &self,
        item: ItemNo,
        witness: &Witness,
        location: Option<&LocationId>,
    ) -> Option<&Discrepancy> {
        let open = self.item(item).supplied.as_ref()?.open.iter();
        open.filter_map(|it| self.discrepancies.get(it))
            .find(|it| it.witness == *witness && it.difference.location.as_ref() == location)
    }

    /// Another open difference of the same witness about the same item.
    pub fn in_place_of(&self, discrepancy: &Discrepancy) -> Option<&Discrepancy> {
        let difference = &discrepancy.difference;
        let item = self.item_no(difference.sku.as_ref()?)?;
        let open =
            self.open_difference(item, &discrepancy.witness, difference.location.as_ref())?;
        Some(open).filter(|it| it.difference.number != difference.number)
    }

    /// The difference about a supplier's code that means nothing: open, or left so on purpose.
    pub fn open_unknown(&self, supplier: SupplierNo, code: &Sku) -> Option<u64> {
        self.unknown_codes.get(&(supplier, code.clone())).copied()
    }

    pub fn handover(&self, supplier: &SupplierId, handover: &Label) -> Option<&Handover> {
        self.handovers.get(&(supplier.clone(), handover.clone()))
    }

    /// All of them, in no order.
    pub fn handovers(&self) -> impl Iterator<Item = &Handover> {
        self.handovers.values()
    }

    /// Orders with units at the supplier's locations that it was not given yet, by their numbers.
    pub fn waiting(&self, supplier: SupplierNo) -> impl Iterator<Item = &OrderId> {
        self.waiting.get(&supplier).into_iter().flatten()
    }
}
