//! What the list of entries says of suppliers' numbers: how old they are, and what is doubted.
//!
//! As naive as the book: from the beginning, every time.

use std::collections::BTreeMap;

use onhand_core::*;

use crate::book::{Book, Id, Recorded};

/// The items of a feed that age together.
#[derive(Clone, Debug)]
struct Aging {
    terms: TierTerms,
    as_of: Option<Time>,
    since: Time,
    /// What the ladder has left of the numbers: percent, and what is kept back.
    worth: (u64, KeptBack),
}

#[derive(Clone, Debug)]
struct Feed {
    location: LocationId,
    changes_only: bool,
    tiers: Vec<Aging>,
    /// Places of the tiers of items that the feed knows: the last is the item's own. Those before
    /// it count too until a whole snapshot of its own comes.
    tiers_of: BTreeMap<Id, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Differing {
    number: u64,
    item: Id,
    location: Option<LocationId>,
    witness: Witness,
    as_of: Time,
    /// Ours less theirs.
    less: i64,
    open: bool,
    changed: u64,
}

/// Suppliers' numbers, as far as availability hangs on them.
#[derive(Clone, Debug, Default)]
pub struct Supplied {
    feeds: BTreeMap<FeedId, Feed>,
    differences: Vec<Differing>,
}

impl Book {
    pub fn hear(&mut self, it: &Recorded) {
        let position = it.entry.position;
        match &it.entry.fact {
            Fact::FeedSet(fact) => self.supplied.set_feed(fact, it.time),
            Fact::TierAssigned(fact) => {
                let lines: Vec<_> = fact.lines.iter().map(|it| (self.id(&it.sku), it)).collect();
                for (id, line) in lines {
                    let feed = self.supplied.feed(&fact.feed);
                    let place = feed.tiers.iter().position(|it| it.terms.tier == line.tier);
                    let tiers = feed.tiers_of.entry(id).or_insert_with(|| vec![0]);
                    if tiers.last() != Some(&place.unwrap()) {
                        tiers.push(place.unwrap());
                    }
                }
            }
            Fact::FeedStepped(fact) => {
                let tiers = &mut self.supplied.feed(&fact.feed).tiers;
                let tier = tiers.iter_mut().find(|it| it.terms.tier == fact.tier).unwrap();
                tier.come_to(fact.step as usize);
            }
            Fact::SnapshotRecorded(fact) => self.hear_snapshot(fact, it.time, position),
            Fact::StockCounted(fact) => {
                self.count(&fact.location, fact.counted_at, &fact.lines, position);
            }
            Fact::StocktakeRecorded(fact) => {
                self.count(&fact.location, fact.counted_at, &fact.counted, position);
                self.find(&Witness::Stocktake(fact.location.clone()), &fact.found, position);
                self.supplied.end(&fact.cleared, position);
            }
            Fact::DiscrepancySettled(fact) => self.settle(fact, position),
            Fact::EntryReversed(fact) => {
                for line in &fact.unsettled {
                    self.supplied.unsettle(line.number, fact.reversed, position);
                }
            }
            Fact::ItemsMerged(fact) => {
                // Their names are one item's by now; the items of then are told apart by number.
                let ids = (self.gone.last().copied().unwrap(), self.id(&fact.into));
                self.supplied.merge(ids, position);
            }
            _ => {}
        }
    }

    fn hear_snapshot(&mut self, it: &SnapshotRecorded, time: Time, position: u64) {
        if it.outcome != SnapshotOutcome::Applied {
            return;
        }
        let said: Vec<Id> = it.said.iter().map(|it| self.id(&it.sku)).collect();
        let feed = self.supplied.feed(&it.feed);
        for id in said {
            feed.tiers_of.entry(id).or_insert_with(|| vec![0]);
        }
        let whole = !it.more && (it.complete || feed.changes_only);
        let meant = |tier: &Aging| it.tier.is_none() || it.tier.as_ref() == Some(&tier.terms.tier);
        for (place, tier) in feed.tiers.iter_mut().enumerate().filter(|(_, tier)| meant(tier)) {
            if whole && tier.as_of.is_none_or(|known| known <= it.as_of) {
                tier.as_of = Some(it.as_of);
                tier.since = it.as_of.min(time);
                tier.age(time);
                let own = |it: &&mut Vec<usize>| it.last() == Some(&place);
                feed.tiers_of.values_mut().filter(own).for_each(|it| *it = vec![place]);
            }
        }
        let location = feed.location.clone();
        self.count(&location, it.as_of, &it.counted, position);
        self.find(&Witness::Feed(it.feed.clone()), &it.found, position);
        self.supplied.end(&it.cleared, position);
    }

    fn find(&mut self, witness: &Witness, found: &[Difference], position: u64) {
        for it in found {
            let (Some(sku), Some(theirs)) = (&it.sku, it.theirs) else { continue };
            let (number, item) = (it.number, self.id(sku));
            let known = self.supplied.differences.iter().find(|it| it.number == number);
            let open = known.is_none_or(|it| it.open);
            self.supplied.differences.retain(|it| it.number != number);
            self.supplied.differences.push(Differing {
                number,
                item,
                location: it.location.clone(),
                witness: witness.clone(),
                as_of: it.as_of,
                less: it.ours - theirs,
                open,
                changed: position,
            });
        }
    }

    /// Whoever counts a shelf answers what an earlier stocktake left open there.
    fn count(&mut self, location: &LocationId, at: Time, lines: &[CountedLine], position: u64) {
        let stocktake = Witness::Stocktake(location.clone());
        let counts = |it: &&CountedLine| it.applied && it.condition == Condition::Sellable;
        for id in lines.iter().filter(counts).map(|it| self.id(&it.sku)).collect::<Vec<_>>() {
            let answered = |it: &&mut Differing| {
                it.open && it.item == id && it.witness == stocktake && it.as_of <= at
            };
            for it in self.supplied.differences.iter_mut().filter(answered) {
                (it.open, it.changed) = (false, position);
            }
        }
    }

    fn settle(&mut self, it: &DiscrepancySettled, position: u64) {
        for line in &it.lines {
            if let Some(it) = &line.counted {
                let lines = std::slice::from_ref(&it.line);
                self.count(&it.location, it.counted_at, lines, position);
            }
            let differences = &mut self.supplied.differences;
            let Some(known) = differences.iter_mut().find(|it| it.number == line.number) else {
                continue;
            };
            known.changed = position;
            known.open = !matches!(it.action, Settling::AcceptTheirs | Settling::KeepOurs);
            // Whoever decides about what a feed says has heard of the item by it.
            if let Witness::Feed(feed) = known.witness.clone() {
                let item = known.item;
                self.supplied.feed(&feed).tiers_of.entry(item).or_insert_with(|| vec![0]);
            }
        }
    }

    /// What the age of its numbers leaves of the item there: percent, and what is kept back.
    pub fn worth(&self, id: Id, location: &LocationId) -> (u64, KeptBack) {
        let feed = self.supplied.feeds.values().find(|it| it.location == *location);
        let Some(feed) = feed else { return (100, KeptBack::default()) };
        let tiers = feed.tiers_of.get(&id).map_or(&[0][..], |it| it);
        let all = tiers.iter().map(|it| feed.tiers[*it].worth);
        all.reduce(worse).unwrap()
    }

    /// The largest of the open doubts about the item there: they may be about the same units.
    pub fn doubted(&self, id: Id, location: &LocationId) -> i64 {
        let open = self.supplied.differences.iter().filter(|it| it.open && it.item == id);
        let here = open.filter(|it| it.location.as_ref() == Some(location));
        here.map(|it| it.less).max().unwrap_or(0).max(0)
    }
}

impl Supplied {
    fn feed(&mut self, id: &FeedId) -> &mut Feed {
        self.feeds.get_mut(id).unwrap()
    }

    fn set_feed(&mut self, it: &FeedSet, time: Time) {
        let known = self.feeds.remove(&it.feed);
        let before = known.as_ref().map_or(&[][..], |it| &it.tiers);
        let (as_of, since) = before.first().map_or((None, time), |it| (it.as_of, it.since));
        let tier = |terms: &TierTerms| {
            let same = before.iter().find(|it| it.terms.tier == terms.tier);
            let (as_of, since) = same.map_or((as_of, since), |it| (it.as_of, it.since));
            let mut tier =
                Aging { terms: terms.clone(), as_of, since, worth: (100, KeptBack::default()) };
            tier.age(time);
            tier
        };
        let tiers = it.terms.tiers.iter().map(tier).collect();
        let feed = Feed {
            location: it.location.clone(),
            changes_only: it.terms.changes_only,
            tiers,
            tiers_of: known.map(|it| it.tiers_of).unwrap_or_default(),
        };
        self.feeds.insert(it.feed.clone(), feed);
    }

    fn end(&mut self, numbers: &[u64], position: u64) {
        for it in self.differences.iter_mut().filter(|it| numbers.contains(&it.number)) {
            (it.open, it.changed) = (false, position);
        }
    }

    /// The place of another one that is open, of the same witness about the same.
    fn replacing(&self, it: &Differing, item: Id) -> Option<usize> {
        self.differences.iter().position(|other| {
            other.open
                && other.number != it.number
                && other.item == item
                && (&other.witness, &other.location) == (&it.witness, &it.location)
        })
    }

    /// Open again, unless somebody decided anew or it was found anew since.
    fn unsettle(&mut self, number: u64, settled: u64, position: u64) {
        let known = self.differences.iter().find(|it| it.number == number).unwrap().clone();
        if known.changed == settled {
            let open = self.replacing(&known, known.item).is_none();
            let known = self.differences.iter_mut().find(|it| it.number == number).unwrap();
            (known.open, known.changed) = (open, position);
        }
    }

    /// What is open about the one is open about the other. Where both are open, one is about both.
    fn merge(&mut self, (from, into): (Id, Id), position: u64) {
        for place in 0..self.differences.len() {
            let it = self.differences[place].clone();
            if it.item != from {
                continue;
            }
            let both = it.open.then(|| self.replacing(&it, into)).flatten();
            if let Some(other) = both {
                self.differences[other].less += it.less;
                self.differences[other].changed = position;
            }
            let it = &mut self.differences[place];
            it.item = into;
            if both.is_some() {
                (it.open, it.changed) = (false, position);
            }
        }
        for feed in self.feeds.values_mut() {
            let Some(gone) = feed.tiers_of.get(&from).and_then(|it| it.last().copied()) else {
                continue;
            };
            let tiers = feed.tiers_of.entry(into).or_insert_with(|| vec![0, gone]);
            let own = tiers.last().copied().unwrap();
            if own != gone {
                tiers.extend([gone, own]);
            }
        }
    }
}

impl Aging {
    /// As many steps down as the time since says.
    fn age(&mut self, time: Time) {
        let came = |it: &&LadderStep| self.since.plus_seconds(it.after_minutes * 60) <= time;
        let steps = self.terms.ladder.iter().filter(came).count();
        self.come_to(steps);
    }

    fn come_to(&mut self, steps: usize) {
        let ladder = &self.terms.ladder[..steps];
        let trust = ladder.iter().rev().find_map(|it| it.trust_percent);
        let buffer = ladder.iter().rev().find_map(|it| it.buffer);
        self.worth = (trust.unwrap_or(100), buffer.unwrap_or_default());
    }
}

/// The smaller part that is believed, and the larger of what is kept back.
fn worse(one: (u64, KeptBack), other: (u64, KeptBack)) -> (u64, KeptBack) {
    let (units, percent) = (one.1.units.max(other.1.units), one.1.percent.max(other.1.percent));
    (one.0.min(other.0), KeptBack { units, percent })
}
