//! How the feeds of suppliers beat, and the handovers that wait for an answer.

use std::collections::BTreeMap;

use onhand_core::{Fact, FeedId, FeedSet, Label, Ledger, SnapshotRecorded, SupplierId, Time};
use serde::{Deserialize, Serialize};

use super::{begin_of, day_of};

/// What is open of a ledger's suppliers: little, and written whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulses {
    tiers: Vec<Pulse>,
    waiting: BTreeMap<(SupplierId, Label), Waiting>,
}

/// The beat of one tier of a feed. A tier that was taken away and comes back begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    pub supplier: SupplierId,
    feed: FeedId,
    tier: Label,
    every_seconds: u64,
    /// The moment that its last numbers are of.
    as_of: Option<Time>,
    since: Time,
    /// Up to here its being late is in the days.
    counted: Time,
    begun: Time,
    ended: Option<Time>,
}

/// A handover that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    day: u32,
    units: u64,
    deadline: bool,
    missed: bool,
}

/// Seconds of a day in which a tier was late.
pub struct Late {
    pub supplier: SupplierId,
    pub day: u32,
    pub seconds: u64,
}

/// What a snapshot meant for the tiers it vouches for.
#[derive(Default)]
pub struct Heard {
    pub all: u64,
    pub in_time: u64,
    pub late: Vec<Late>,
}

/// What became of a handover. `late`: none where no deadline was set, or its being missed counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoverChange {
    Handed { units: u64 },
    Answered { units: u64, short: u64, late: Option<bool> },
    Missed,
}

pub fn supplier_of(ledger: &Ledger, feed: &FeedId) -> Option<SupplierId> {
    let feed = ledger.feed(ledger.feed_no(feed)?);
    Some(ledger.supplier(feed.supplier).terms.supplier.clone())
}

impl Pulses {
    pub fn set(&mut self, it: &FeedSet, now: Time) -> Vec<Late> {
        let mut late = Vec::new();
        let ours = |pulse: &&mut Pulse| pulse.feed == it.feed && pulse.ended.is_none();
        for pulse in self.tiers.iter_mut().filter(ours) {
            late.extend(pulse.count_late(now));
            match it.terms.tiers.iter().find(|terms| terms.tier == pulse.tier) {
                Some(terms) if pulse.supplier == it.supplier => {
                    pulse.every_seconds = terms.every_minutes.saturating_mul(60);
                }
                _ => pulse.ended = Some(now),
            }
        }
        for terms in &it.terms.tiers {
            if self.living(&it.feed, &terms.tier).is_none() {
                self.tiers.push(Pulse {
                    supplier: it.supplier.clone(),
                    feed: it.feed.clone(),
                    tier: terms.tier.clone(),
                    every_seconds: terms.every_minutes.saturating_mul(60),
                    as_of: None,
                    since: now,
                    counted: now,
                    begun: now,
                    ended: None,
                });
            }
        }
        late
    }

    fn living(&mut self, feed: &FeedId, tier: &Label) -> Option<&mut Pulse> {
        let same = |it: &&mut Pulse| it.feed == *feed && it.tier == *tier && it.ended.is_none();
        self.tiers.iter_mut().find(same)
    }

    /// A snapshot was applied: it vouches for its tier, or for all, if it is whole.
    pub fn hear(&mut self, ledger: &Ledger, it: &SnapshotRecorded, now: Time) -> Heard {
        let mut heard = Heard::default();
        let feed = ledger.feed_no(&it.feed).map(|number| ledger.feed(number));
        if !it.complete && !feed.is_some_and(|feed| feed.terms.changes_only) {
            return heard;
        }
        for pulse in self.tiers.iter_mut().filter(|pulse| pulse.feed == it.feed) {
            let meant = it.tier.as_ref().is_none_or(|tier| *tier == pulse.tier);
            let is_older = pulse.as_of.is_some_and(|known| known > it.as_of);
            if pulse.ended.is_some() || !meant || is_older {
                continue;
            }
            heard.all += 1;
            heard.in_time += u64::from(now <= pulse.due());
            heard.late.extend(pulse.count_late(now));
            (pulse.as_of, pulse.since) = (Some(it.as_of), it.as_of.min(now));
        }
        heard
    }

    /// What a fact about a handover means for the day on which it was handed over.
    pub fn hand_over(
        &mut self,
        fact: &Fact,
        today: u32,
    ) -> Option<(SupplierId, u32, HandoverChange)> {
        match fact {
            // A day without orders is known to be done; there is nothing to answer.
            Fact::OrdersHandedOver(it) if it.lines.is_empty() => None,
            Fact::OrdersHandedOver(it) => {
                let units = it.lines.iter().map(|line| line.quantity.units()).sum();
                let deadline = it.confirm_by.is_some();
                let waiting = Waiting { day: today, units, deadline, missed: false };
                self.waiting.insert((it.supplier.clone(), it.handover.clone()), waiting);
                let change = HandoverChange::Handed { units };
                Some((it.supplier.clone(), today, change))
            }
            Fact::HandoverConfirmed(it) => {
                let key = (it.supplier.clone(), it.handover.clone());
                let known = self.waiting.remove(&key)?;
                let short = it.short.iter().map(|line| line.short.units()).sum();
                let counts = known.deadline && !known.missed;
                let change = HandoverChange::Answered {
                    units: known.units,
                    short,
                    late: counts.then_some(it.late),
                };
                Some((it.supplier.clone(), known.day, change))
            }
            Fact::HandoverMissed(it) => {
                let key = (it.supplier.clone(), it.handover.clone());
                let known = self.waiting.get_mut(&key).filter(|it| it.deadline && !it.missed)?;
                known.missed = true;
                Some((it.supplier.clone(), known.day, HandoverChange::Missed))
            }
            _ => None,
        }
    }

    /// Handovers with orders that nobody confirmed, be their time over or not.
    pub fn unanswered(&self) -> impl Iterator<Item = (&SupplierId, &Label)> {
        self.waiting.keys().map(|(supplier, handover)| (supplier, handover))
    }

    /// Seconds in which tiers of the supplier were waited for, and seconds in which they are late
    /// that no day knows of yet; within `from` and `to`, as of `now`.
    pub fn watched(&self, supplier: &SupplierId, from: Time, to: Time, now: Time) -> (u64, u64) {
        let (mut watched, mut late) = (0, 0);
        for pulse in self.tiers.iter().filter(|it| it.supplier == *supplier) {
            let end = pulse.ended.unwrap_or(now).min(to);
            watched += seconds_between(pulse.begun.max(from), end);
            if pulse.ended.is_none() {
                let begin = pulse.due().max(pulse.counted).max(from);
                late += seconds_between(begin, end);
            }
        }
        (watched, late)
    }
}

impl Pulse {
    fn due(&self) -> Time {
        self.since.plus_seconds(self.every_seconds)
    }

    /// The seconds until `now` in which it was late and that no day knows of yet, by day.
    fn count_late(&mut self, now: Time) -> Vec<Late> {
        let mut begin = self.due().max(self.counted);
        self.counted = self.counted.max(now);
        let mut late = Vec::new();
        while begin < now {
            let day = day_of(begin);
            let end = begin_of(day.saturating_add(1)).min(now);
            let seconds = seconds_between(begin, end);
            late.push(Late { supplier: self.supplier.clone(), day, seconds });
            begin = end;
        }
        late
    }
}

fn seconds_between(begin: Time, end: Time) -> u64 {
    end.as_us().saturating_sub(begin.as_us()) / 1_000_000
}
