//! One day of one supplier: whole numbers that add up.

use onhand_core::LocationNo;
use serde::{Deserialize, Serialize};

use super::goods::GoodsTold;
use super::pulse::HandoverChange;

/// How often each length of time came, in minutes, the shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples(Vec<(u32, u64)>);

impl Samples {
    pub fn add(&mut self, minutes: u32, times: u64) {
        match self.0.binary_search_by_key(&minutes, |it| it.0) {
            Ok(place) => self.0[place].1 += times,
            Err(place) => self.0.insert(place, (minutes, times)),
        }
    }

    pub fn add_all(&mut self, more: &Samples) {
        more.0.iter().for_each(|(minutes, times)| self.add(*minutes, *times));
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|it| it.1).sum()
    }

    /// Rounded half up. None: there are none.
    pub fn mean(&self) -> Option<u64> {
        let sum: u128 = self.0.iter().map(|it| u128::from(it.0) * u128::from(it.1)).sum();
        let count = u128::from(self.count());
        let mean = (sum * 2 + count).checked_div(count * 2)?;
        u64::try_from(mean).ok()
    }

    /// The shortest length that so many percent of them do not exceed (nearest rank).
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |it: &&(u32, u64)| {
            seen += it.1;
            seen >= rank
        };
        self.0.iter().find(reached).map(|it| u64::from(it.0))
    }
}

/// Units of one location that were inspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    pub units: u64,
    pub rejected: u64,
}

/// What a supplier did on a day. Handovers count on the day on which they were handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Lines of snapshots that were set against the book, and those that agreed or were within
    /// tolerance.
    pub compared: u64,
    pub accurate: u64,
    /// Snapshots that vouched for a tier, once for each tier, and those that came in time.
    pub heard: u64,
    pub in_time: u64,
    /// Snapshots that were suspicious.
    pub held: u64,
    /// Seconds by which tiers were late, over all tiers.
    pub late_seconds: u64,
    /// Handovers that were confirmed by the moment that was set for it, and those that were not.
    pub confirmed_in_time: u64,
    pub missed: u64,
    /// Units handed over; those whose handover was answered; and of these the short ones.
    pub handed: u64,
    pub answered: u64,
    pub short: u64,
    pub received: u64,
    /// From order to receipt, once for each line of a receipt.
    pub ordered_to_received: Samples,
    /// From receipt to inspection, once for each receipt and inspection.
    pub received_to_inspected: Samples,
    pub inspected: Vec<(LocationNo, Inspected)>,
}

impl Day {
    pub(super) fn add_handover(&mut self, change: &HandoverChange) {
        match *change {
            HandoverChange::Handed { units } => self.handed += units,
            HandoverChange::Answered { units, short, late } => {
                self.answered += units;
                self.short += short.min(units);
                match late {
                    Some(true) => self.missed += 1,
                    Some(false) => self.confirmed_in_time += 1,
                    None => {}
                }
            }
            HandoverChange::Missed => self.missed += 1,
        }
    }

    pub(super) fn add_goods(&mut self, told: &GoodsTold) {
        match *told {
            GoodsTold::Received { units, since_order } => {
                self.received += units;
                since_order.into_iter().for_each(|it| self.ordered_to_received.add(it, 1));
            }
            GoodsTold::Inspected { location, units, rejected, since_receipt } => {
                let known = self.inspected.iter().position(|it| it.0 == location);
                let place = known.unwrap_or_else(|| {
                    self.inspected.push((location, Inspected::default()));
                    self.inspected.len() - 1
                });
                let known = &mut self.inspected[place].1;
                known.units += units;
                known.rejected += if rejected { units } else { 0 };
                since_receipt.into_iter().for_each(|it| self.received_to_inspected.add(it, 1));
            }
        }
    }

    /// Adds another day's figures.
    pub fn add_all(&mut self, more: &Day) {
        let sums = [
            (&mut self.compared, more.compared),
            (&mut self.accurate, more.accurate),
            (&mut self.heard, more.heard),
            (&mut self.in_time, more.in_time),
            (&mut self.held, more.held),
            (&mut self.late_seconds, more.late_seconds),
            (&mut self.confirmed_in_time, more.confirmed_in_time),
            (&mut self.missed, more.missed),
            (&mut self.handed, more.handed),
            (&mut self.answered, more.answered),
            (&mut self.short, more.short),
            (&mut self.received, more.received),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += more);
        self.ordered_to_received.add_all(&more.ordered_to_received);
        self.received_to_inspected.add_all(&more.received_to_inspected);
        for (location, more) in &more.inspected {
            match self.inspected.iter_mut().find(|it| it.0 == *location) {
                Some((_, known)) => {
                    known.units += more.units;
                    known.rejected += more.rejected;
                }
                None => self.inspected.push((*location, *more)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_tell_mean_and_ranks() {
        let mut samples = Samples::default();
        assert_eq!((samples.mean(), samples.percentile(50)), (None, None));
        for minutes in [30, 10, 20, 10, 1_000] {
            samples.add(minutes, 1);
        }
        assert_eq!(samples.mean(), Some(214));
        let ranks = [1, 40, 41, 50, 80, 90, 100].map(|it| samples.percentile(it));
        assert_eq!(ranks, [10, 10, 20, 20, 30, 1_000, 1_000].map(Some));
    }
}
