//! The fold of suppliers and feeds: terms, codes, snapshots, and the age of numbers.

use rustc_hash::FxHashSet;

use super::evolve::Recorded;
use super::supply::{Appointee, Meaning};
use super::{
    Feed, FeedNo, History, ItemNo, Ledger, RECENT_MAX, SnapshotSeen, Source, Staleness, Supplier,
    SupplierNo, Tier,
};
use crate::*;

impl Ledger {
    pub(super) fn record_supplier(&mut self, it: &SupplierSet) -> Recorded {
        self.touch_supply();
        let known = self.supplier_no(&it.supplier);
        let mapped = known.map_or(0, |it| self.supplier(it).mapped);
        // A cut-off that has come is still to be seen to, whatever the terms are from now on.
        let come = known.and_then(|it| self.supplier(it).next_cut_off);
        let come = come.filter(|at| *at <= self.time && it.cut_off.is_some());
        let next_cut_off = come.or_else(|| next_cut_off(it, self.time));
        let supplier =
            Supplier { terms: it.clone(), next_cut_off, position: self.position, mapped };
        match known {
            Some(number) => self.suppliers[number.0 as usize] = supplier,
            None => {
                self.suppliers.push(supplier);
                self.note_all_waiting();
            }
        }
        self.appoint_supply();
        Ok(())
    }

    pub(super) fn stored_supplier(&self, id: &SupplierId) -> Result<SupplierNo, String> {
        self.supplier_no(id).ok_or_else(|| format!("names the unknown supplier {id}"))
    }

    pub(super) fn stored_feed(&self, id: &FeedId) -> Result<FeedNo, String> {
        self.feed_no(id).ok_or_else(|| format!("names the unknown feed {id}"))
    }

    pub(super) fn record_mapping(&mut self, it: &SupplierSkuMapped) -> Recorded {
        let supplier = self.stored_supplier(&it.supplier)?;
        self.touch_supply();
        self.suppliers[supplier.0 as usize].mapped = self.position;
        for line in &it.lines {
            self.unmap(supplier, &line.supplier_sku, line.valid_from);
            let Some(sku) = &line.sku else { continue };
            let item = self.stored_item(sku)?;
            self.touch_item(item);
            let sources = &mut self.items[item.0 as usize].supplied_mut().sources;
            sources.reserve_exact(1);
            sources.push(Source {
                supplier,
                code: line.supplier_sku.clone(),
                pack: line.pack.units(),
                unit_cost: line.unit_cost,
                valid_from: line.valid_from,
                valid_until: line.valid_until,
            });
            self.mean((supplier, line.supplier_sku.clone()), item);
        }
        let action = DiscrepancyEnd::Accepted;
        it.settled.iter().try_for_each(|number| self.end_discrepancy(*number, action))
    }

    /// What the code meant so far it means no more from `from` on, or not at all.
    fn unmap(&mut self, supplier: SupplierNo, code: &Sku, from: Option<Time>) {
        let key = (supplier, code.clone());
        let meant = self.codes.get(&key).map_or_else(Vec::new, Meaning::all);
        for item in meant {
            self.touch_item(item);
            let sources = &mut self.items[item.0 as usize].supplied_mut().sources;
            let ours = |it: &Source| it.supplier == supplier && it.code == *code;
            if let Some(from) = from {
                for source in sources.iter_mut().filter(|it| ours(it)) {
                    source.valid_until = Some(source.valid_until.map_or(from, |it| it.min(from)));
                }
            }
            let is_empty =
                |it: &Source| it.valid_from.unwrap_or(Time(0)) >= from.unwrap_or(Time(0));
            sources.retain(|it| !ours(it) || (from.is_some() && !is_empty(it)));
            if !sources.iter().any(ours) {
                self.unmean(&key, item);
            }
        }
    }

    /// The code means the item too.
    pub(super) fn mean(&mut self, code: (SupplierNo, Sku), item: ItemNo) {
        self.touch_code(&code);
        match self.codes.get_mut(&code) {
            Some(known) => known.add(item),
            None => drop(self.codes.insert(code, Meaning { first: item, others: None })),
        }
    }

    pub(super) fn unmean(&mut self, code: &(SupplierNo, Sku), item: ItemNo) {
        self.touch_code(code);
        let rest = self.codes.remove(code).and_then(|it| it.without(item));
        if let Some(rest) = rest {
            self.codes.insert(code.clone(), rest);
        }
    }

    pub(super) fn record_feed(&mut self, it: &FeedSet) -> Recorded {
        let supplier = self.stored_supplier(&it.supplier)?;
        let location = self.stored_location(&it.location)?;
        self.touch_supply();
        let known = self.feed_no(&it.feed).map(|it| self.feeds[it.0 as usize].clone());
        let (position, time) = (self.position, self.time);
        let before = known.as_ref().map_or(&[][..], |it| &it.tiers);
        // The items of a new tier were of another one: their numbers are no younger for it.
        let first = before.first().map_or((None, time), |it| (it.as_of, it.since));
        let tier = |terms: &TierTerms| {
            let same = before.iter().find(|it| it.tier == terms.tier);
            same.cloned().unwrap_or_else(|| Tier {
                tier: terms.tier.clone(),
                as_of: first.0,
                since: first.1,
                step: History::begin(position, 0),
                worth: History::begin(position, Staleness::FRESH),
                assigned: 0,
                vouched: Vec::new(),
            })
        };
        let tiers = it.terms.tiers.iter().map(tier).collect();
        let mut feed = Feed {
            id: it.feed.clone(),
            supplier,
            location,
            terms: (*it.terms).clone(),
            tiers,
            last: known.as_ref().and_then(|it| it.last.clone()),
            unfinished: known.as_ref().and_then(|it| it.unfinished.clone()),
            said: known.as_ref().map_or(0, |it| it.said),
            held: known.as_ref().and_then(|it| it.held.clone()),
            confirmed: known.as_ref().and_then(|it| it.confirmed.clone()),
            recent: known.as_ref().map(|it| it.recent.clone()).unwrap_or_default(),
            settled: known.as_ref().map_or((0, 0), |it| it.settled),
            position,
        };
        (0..feed.tiers.len()).for_each(|it| feed.come_to(it, feed.step_by(it, time), position));
        match self.feed_no(&it.feed) {
            Some(number) => self.feeds[number.0 as usize] = feed,
            None => self.feeds.push(feed),
        }
        self.appoint_supply();
        Ok(())
    }

    pub(super) fn record_tiers(&mut self, it: &TierAssigned) -> Recorded {
        let feed = self.stored_feed(&it.feed)?;
        for line in &it.lines {
            let item = self.stored_item(&line.sku)?;
            let tier = self.stored_tier(feed, &line.tier)?;
            self.touch_item(item);
            let position = self.position;
            let said = self.items[item.0 as usize].supplied_mut().said_mut(feed);
            if said.tier != tier {
                said.tier = tier;
                said.tier_was.set(position, tier);
            }
        }
        self.touch_supply();
        self.note_assigned(feed);
        Ok(())
    }

    /// Items of the feed are of other tiers from here on: who vouches for those next is noted.
    pub(super) fn note_assigned(&mut self, feed: FeedNo) {
        let position = self.position;
        self.feeds[feed.0 as usize].tiers.iter_mut().for_each(|it| it.assigned = position);
    }

    fn stored_tier(&self, feed: FeedNo, tier: &Label) -> Result<u32, String> {
        let tiers = &self.feed(feed).tiers;
        let place = tiers.iter().position(|it| it.tier == *tier);
        place.map(|it| it as u32).ok_or_else(|| format!("names the unknown tier {tier}"))
    }

    pub(super) fn record_step(&mut self, it: &FeedStepped) -> Recorded {
        let feed = self.stored_feed(&it.feed)?;
        let tier = self.stored_tier(feed, &it.tier)?;
        self.touch_supply();
        let position = self.position;
        self.feeds[feed.0 as usize].come_to(tier as usize, it.step, position);
        self.appoint_supply();
        Ok(())
    }

    pub(super) fn record_snapshot(&mut self, it: &SnapshotRecorded) -> Recorded {
        let feed = self.stored_feed(&it.feed)?;
        self.touch_supply();
        self.note_seen(feed, it);
        let lived_with: FxHashSet<&Sku> = it.lived_with.iter().collect();
        for line in &it.said {
            let item = self.stored_item(&line.sku)?;
            self.touch_item(item);
            let said = self.items[item.0 as usize].supplied_mut().said_mut(feed);
            (said.quantity, said.as_of) = (line.quantity, Some(it.as_of));
            said.next_restock_at = line.next_restock_at;
            let tiers = &self.feeds[feed.0 as usize].terms.tiers;
            let ladder = tiers.get(said.tier as usize).map_or(&[][..], |it| &it.ladder);
            said.come_to(line.missing, ladder, self.position);
            if !lived_with.contains(&line.sku) {
                said.kept = None;
            }
        }
        let location = self.feed(feed).location;
        let counted = it.counted.iter().filter(|line| line.applied);
        let settled: u64 = counted.map(|line| line.book.abs_diff(line.counted as i64)).sum();
        self.note_settled(feed, settled);
        self.record_counted(location, it.as_of, &it.counted)?;
        let witness = Witness::Feed(it.feed.clone());
        self.record_found(&witness, &it.found)?;
        it.cleared.iter().try_for_each(|it| self.end_discrepancy(*it, DiscrepancyEnd::Cleared))?;
        self.appoint_supply();
        Ok(())
    }

    fn note_seen(&mut self, feed: FeedNo, it: &SnapshotRecorded) {
        let (position, time) = (self.position, self.time);
        let feed = &mut self.feeds[feed.0 as usize];
        let first = feed.unfinished.as_ref().map(|(seen, _)| seen).filter(|_| it.part > 1);
        let seen = first.cloned().unwrap_or_else(|| SnapshotSeen {
            snapshot: it.snapshot.clone(),
            hash: it.hash.clone(),
            as_of: it.as_of,
            heard_at: time,
            position,
            complete: it.complete,
            tier: it.tier.clone(),
            orders_seen_through: it.orders_seen_through,
            lines: it.lines,
            outcome: it.outcome,
        });
        if it.part == 1 {
            feed.remember(&seen);
        }
        match it.outcome {
            SnapshotOutcome::Held => {
                // Of two the newer one is judged: once it is applied the other is out of order.
                let newer = feed.held.take().filter(|it| it.as_of > seen.as_of);
                feed.held = newer.or(Some(seen));
            }
            SnapshotOutcome::OutOfOrder => {}
            SnapshotOutcome::Applied => feed.apply(seen, it, position, time),
        }
    }

    fn note_settled(&mut self, feed: FeedNo, units: u64) {
        let day = self.time.as_us() / DAY_US;
        let settled = &mut self.feeds[feed.0 as usize].settled;
        if settled.0 != day {
            *settled = (day, 0);
        }
        settled.1 = settled.1.saturating_add(units);
    }

    pub(super) fn record_judgement(&mut self, it: &SnapshotJudged) -> Recorded {
        let feed = self.stored_feed(&it.feed)?;
        self.touch_supply();
        let feed = &mut self.feeds[feed.0 as usize];
        match it.verdict {
            Verdict::Confirm => feed.confirmed = Some(it.snapshot.clone()),
            Verdict::Reject => feed.confirmed = None,
        }
        feed.held = None;
        Ok(())
    }

    /// Writes down anew what the writer is to do about feeds, suppliers and handovers, and which
    /// feed tells of which location. There are few of each.
    pub(super) fn appoint_supply(&mut self) {
        self.feed_at = vec![None; self.locations.len()];
        let mut due = std::mem::take(&mut self.supply_due);
        due.retain(|(_, it)| matches!(it, Appointee::Confirmation(..)));
        for (number, feed) in self.feeds.iter().enumerate() {
            let number = FeedNo(number as u32);
            if let Some(place) = self.feed_at.get_mut(feed.location.0 as usize) {
                *place = Some(number);
            }
            due.extend(feed.next_step().map(|(at, _, _)| (at, Appointee::Feed(number))));
        }
        for (number, supplier) in self.suppliers.iter().enumerate() {
            let cut_off = supplier.next_cut_off;
            due.extend(cut_off.map(|at| (at, Appointee::CutOff(SupplierNo(number as u32)))));
        }
        self.supply_due = due;
    }
}

/// How a difference ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiscrepancyEnd {
    Accepted,
    Cleared,
}

impl Feed {
    fn remember(&mut self, seen: &SnapshotSeen) {
        self.recent.retain(|known| known.snapshot != seen.snapshot);
        self.recent.push_back(seen.clone());
        while self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }

    /// Its numbers are said, or those of a part of it: then the next one is awaited.
    fn apply(&mut self, seen: SnapshotSeen, it: &SnapshotRecorded, position: u64, time: Time) {
        self.said = position;
        self.unfinished = it.more.then(|| (seen.clone(), it.part + 1));
        // What somebody confirmed is waited for until it comes, or until something newer does.
        let confirmed =
            self.recent.iter().find(|known| Some(&known.snapshot) == self.confirmed.as_ref());
        let answers =
            |it: &SnapshotSeen| it.as_of <= seen.as_of && self.vouches_for(&seen, it.tier.as_ref());
        let is_over = self.held.as_ref().is_some_and(answers);
        if confirmed.is_none_or(|it| it.snapshot == seen.snapshot || answers(it)) {
            self.confirmed = None;
        }
        if !it.more {
            self.freshen(&seen, position, time);
            self.held = self.held.take().filter(|_| !is_over);
            self.last = Some(seen);
        }
    }

    /// The tiers that a snapshot vouches for are as old as it is.
    fn freshen(&mut self, seen: &SnapshotSeen, position: u64, time: Time) {
        let whole = seen.complete || self.terms.changes_only;
        for place in 0..self.tiers.len() {
            let tier = &mut self.tiers[place];
            let meant = seen.tier.as_ref().is_none_or(|it| *it == tier.tier);
            if !whole || !meant || tier.as_of.is_some_and(|it| it > seen.as_of) {
                continue;
            }
            tier.as_of = Some(seen.as_of);
            tier.since = seen.as_of.min(time);
            if tier.vouched.last().copied().unwrap_or(0) < tier.assigned {
                tier.vouched.push(position);
            }
            // Numbers that come late are as old as they are.
            self.come_to(place, self.step_by(place, time), position);
        }
    }

    /// The tier's step is in force from `position` on, and what its ladder says of it.
    fn come_to(&mut self, place: usize, step: u64, position: u64) {
        let (Some(terms), Some(tier)) = (self.terms.tiers.get(place), self.tiers.get_mut(place))
        else {
            return;
        };
        let worth = Staleness::after(terms.ladder.get(..step as usize).unwrap_or(&terms.ladder));
        if tier.step.now() != Some(&step) {
            tier.step.set(position, step);
        }
        if tier.worth.now() != Some(&worth) {
            tier.worth.set(position, worth);
        }
    }

    /// The ladder's next step: when, of which tier by its place, and which step.
    pub fn next_step(&self) -> Option<(Time, usize, u64)> {
        let next = |(place, tier): (usize, &Tier)| {
            let step = tier.step.now().copied().unwrap_or(0);
            let ladder = &self.terms.tiers.get(place)?.ladder;
            Some((tier.ages_at(ladder.get(step as usize)?), place, step + 1))
        };
        self.tiers.iter().enumerate().filter_map(next).min()
    }
}

/// The first moment after `after` at which the supplier's local clock shows its cut-off.
pub(super) fn next_cut_off(terms: &SupplierSet, after: Time) -> Option<Time> {
    let minutes = i64::from(terms.cut_off?.minutes());
    let zone = terms.time_zone.as_ref().map_or("UTC", Label::as_str);
    local_minute_after(zone, minutes, after)
}
