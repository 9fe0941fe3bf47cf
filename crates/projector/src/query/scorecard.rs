//! How well a supplier did in a period, in whole numbers: settlements hang on it.
//!
//! Days are those of UTC on which entries were recorded; a handover counts on the day on which it
//! was handed over. Rates are told as their two numbers and in basis points, rounded down.

use std::collections::BTreeMap;

use onhand_core::{HandoverState, Ledger, LedgerId, LocationId, SupplierId, Time};
use serde::{Deserialize, Serialize};

use super::{Missing, Seen};
use crate::projector::Projector;
use crate::supply::{Day, Samples, SupplyLog, begin_of, day_of};
use crate::timeline::LedgerLog;

/// How a period is cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    Day,
    /// From Monday.
    Week,
    Month,
}

/// Whose, and when. Both days are included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorecardQuery {
    pub supplier: SupplierId,
    /// A moment of the first day; 30 days up to the last if not given.
    pub from: Option<Time>,
    /// A moment of the last day; today if not given.
    pub to: Option<Time>,
    pub by: Option<Trend>,
}

/// Days if nothing is said.
const DAYS: u32 = 30;

/// A supplier's figures over a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    pub seen: Seen,
    pub supplier: SupplierId,
    /// First and last day, as `2026-01-31`.
    pub from: String,
    pub to: String,
    #[serde(flatten)]
    pub card: Card,
    /// The same by day, week or month; weeks and months that the period cuts off are cut off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<ScoredPeriod>,
}

/// A part of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScoredPeriod {
    pub from: String,
    pub to: String,
    #[serde(flatten)]
    pub card: Card,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rate {
    pub part: u64,
    pub of: u64,
    /// In hundredths of a percent. None: of nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis_points: Option<u64>,
}

impl Rate {
    pub fn new(part: u64, of: u64) -> Rate {
        let points = (u128::from(part) * 10_000).checked_div(u128::from(of));
        Rate { part, of, basis_points: points.and_then(|it| u64::try_from(it).ok()) }
    }
}

/// How long something took, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_minutes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_minutes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_minutes: Option<u64>,
}

impl Spread {
    fn of(samples: &Samples) -> Spread {
        Spread {
            count: samples.count(),
            p50_minutes: samples.percentile(50),
            p90_minutes: samples.percentile(90),
            mean_minutes: samples.mean(),
        }
    }
}

/// Inspections at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warehouse {
    pub location: LocationId,
    /// Units rejected of those inspected.
    pub rejected: Rate,
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Lines of snapshots that agreed with the book or were within tolerance, of those compared.
    pub accuracy: Rate,
    /// Units that the supplier confirmed, or shipped where it confirmed nothing, of those handed
    /// over to it.
    pub fill: Rate,
    /// Handovers confirmed in time, of those whose time is over.
    pub confirmation: Rate,
    /// Snapshots that came as soon as their tier asks for, once for each tier.
    pub snapshots_in_time: Rate,
    /// Seconds in which no numbers were late, of those in which they were waited for.
    pub fresh: Rate,
    /// Snapshots that were suspicious.
    pub snapshots_held: u64,
    /// Units that came.
    pub received: u64,
    /// By line of a receipt.
    pub ordered_to_received: Spread,
    /// By receipt and inspection.
    pub received_to_inspected: Spread,
    /// Units rejected of those inspected, everywhere and by location.
    pub rejected: Rate,
    pub warehouses: Vec<Warehouse>,
}

impl Projector {
    /// # Errors
    /// Unknown ledger, or nothing was ever recorded of the supplier.
    pub fn scorecard(
        &self,
        ledger: &LedgerId,
        query: &ScorecardQuery,
    ) -> Result<Scorecard, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let supply = state.supplies.get(ledger).ok_or(Missing::Supplier)?;
        if known.supplier_no(&query.supplier).is_none() && !supply.knows(&query.supplier) {
            return Err(Missing::Supplier);
        }
        let now = self.now(known.time());
        let to = day_of(query.to.unwrap_or(now));
        let from = query.from.map_or(to.saturating_sub(DAYS - 1), day_of);
        let log = state.logs.get(ledger);
        let scores = Scores { ledger: known, log, supply, supplier: &query.supplier, now };
        let parts = query.by.map(|by| cut(from, to, by)).unwrap_or_default();
        let part = |(from, to): (u32, u32)| ScoredPeriod {
            from: date(from),
            to: date(to),
            card: scores.card(from, to),
        };
        Ok(Scorecard {
            seen: self.seen(&state, known),
            supplier: query.supplier.clone(),
            from: date(from),
            to: date(to),
            card: scores.card(from, to),
            trend: parts.into_iter().map(part).collect(),
        })
    }
}

struct Scores<'a> {
    ledger: &'a Ledger,
    log: Option<&'a LedgerLog>,
    supply: &'a SupplyLog,
    supplier: &'a SupplierId,
    now: Time,
}

impl Scores<'_> {
    fn card(&self, from: u32, to: u32) -> Card {
        let mut sum = Day::default();
        let days = self.supply.days_of(self.supplier, from, to);
        days.iter().for_each(|(_, day)| sum.add_all(day));
        let (begin, end) = (begin_of(from), begin_of(to.saturating_add(1)));
        let pulses = self.supply.pulses();
        let (watched, late) = pulses.watched(self.supplier, begin, end, self.now);
        let late = (late + sum.late_seconds).min(watched);
        let filled = sum.answered - sum.short + self.shipped_unanswered(from, to);
        let inspected = |it: fn(&crate::supply::Inspected) -> u64| {
            sum.inspected.iter().map(|(_, inspected)| it(inspected)).sum::<u64>()
        };
        Card {
            accuracy: Rate::new(sum.accurate, sum.compared),
            fill: Rate::new(filled, sum.handed),
            confirmation: Rate::new(sum.confirmed_in_time, sum.confirmed_in_time + sum.missed),
            snapshots_in_time: Rate::new(sum.in_time, sum.heard),
            fresh: Rate::new(watched - late, watched),
            snapshots_held: sum.held,
            received: sum.received,
            ordered_to_received: Spread::of(&sum.ordered_to_received),
            received_to_inspected: Spread::of(&sum.received_to_inspected),
            rejected: Rate::new(inspected(|it| it.rejected), inspected(|it| it.units)),
            warehouses: self.warehouses(&sum),
        }
    }

    fn warehouses(&self, sum: &Day) -> Vec<Warehouse> {
        let told = sum.inspected.iter().map(|(location, it)| Warehouse {
            location: self.ledger.location(*location).id.clone(),
            rejected: Rate::new(it.rejected, it.units),
        });
        let mut told: Vec<Warehouse> = told.collect();
        told.sort_by(|one, other| one.location.cmp(&other.location));
        told
    }

    /// Units of handovers of these days that nobody answered, and that went on their way all the
    /// same.
    fn shipped_unanswered(&self, from: u32, to: u32) -> u64 {
        let day = |position| self.log.and_then(|log| log.place(position)).map(|it| day_of(it.time));
        let mut units = 0;
        for it in self.ledger.handovers().filter(|it| it.told.supplier == *self.supplier) {
            let is_answered = matches!(it.state, HandoverState::Confirmed { .. });
            if is_answered || !day(it.position).is_some_and(|it| (from..=to).contains(&it)) {
                continue;
            }
            for line in &it.told.lines {
                let order = self.ledger.order(&line.order);
                let known = order.and_then(|order| order.line(&line.r#ref));
                units += known.map_or(0, |known| known.shipped.min(line.quantity.units()));
            }
        }
        units
    }
}

/// As `2026-01-31`.
fn date(day: u32) -> String {
    begin_of(day).to_string().chars().take(10).collect()
}

/// The period in parts, each with its first and last day.
fn cut(from: u32, to: u32, by: Trend) -> Vec<(u32, u32)> {
    let mut parts: BTreeMap<(u32, String), (u32, u32)> = BTreeMap::new();
    for day in from..=to {
        let key = match by {
            Trend::Day => (day, String::new()),
            // 1970 began on a Thursday.
            Trend::Week => ((day + 3) / 7, String::new()),
            Trend::Month => (0, date(day).chars().take(7).collect()),
        };
        parts.entry(key).or_insert((day, day)).1 = day;
    }
    parts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_cut_at_mondays_and_firsts() {
        let day = |text: &str| day_of(format!("{text}T12:00:00Z").parse().unwrap());
        let (from, to) = (day("2025-12-27"), day("2026-02-02"));
        let told = |by| {
            let parts = cut(from, to, by).into_iter();
            parts.map(|(from, to)| format!("{}..{}", date(from), date(to))).collect::<Vec<_>>()
        };
        assert_eq!(
            told(Trend::Month),
            ["2025-12-27..2025-12-31", "2026-01-01..2026-01-31", "2026-02-01..2026-02-02"]
        );
        let weeks = told(Trend::Week);
        assert_eq!(weeks[..2], ["2025-12-27..2025-12-28", "2025-12-29..2026-01-04"]);
        assert_eq!(weeks.last().unwrap(), "2026-02-02..2026-02-02");
        assert_eq!(told(Trend::Day).len(), 38);
    }

    #[test]
    fn a_rate_of_nothing_is_none() {
        assert_eq!(Rate::new(0, 0).basis_points, None);
        assert_eq!(Rate::new(2, 3).basis_points, Some(6_666));
    }
}
