//! Routing explained: every location that was considered for a line, what it gives, and why.

use super::claim::{Available, Need};
use super::prelude::*;
use super::route::{Drawn, Route, Spread};

impl Route<'_> {
    /// What is told of a need before anything is taken for it.
    pub fn told(&self, need: &Need, available: Available) -> PreviewLine {
        PreviewLine {
            line: need.line.clone(),
            sku: self.ledger.item(need.item).sku.clone(),
            quantity: need.quantity,
            available: available.units,
            limiting: available.units.map(|_| available.limiting),
            by: self.rule_of(need).by,
            candidates: Vec::new(),
        }
    }

    /// Every location that was considered for a need. Asked before what is drawn is pending.
    pub fn candidates(&self, need: &Need, units: u64, drawn: &Drawn) -> Vec<Candidate> {
        let told = drawn.told.as_deref().unwrap_or_default();
        let mut order = self.considered(need);
        // A pool may lie where the channel is not served from.
        let elsewhere: Vec<LocationNo> =
            told.iter().map(|(spot, ..)| spot.location).filter(|it| !order.contains(it)).collect();
        for location in elsewhere.into_iter().rev() {
            if !order.contains(&location) {
                order.insert(0, location);
            }
        }
        order.into_iter().map(|it| self.candidate(need, units, it, told)).collect()
    }

    fn considered(&self, need: &Need) -> Vec<LocationNo> {
        if need.location.is_some() {
            return need.location.into_iter().collect();
        }
        let served = self.served(need.item);
        let first: Vec<LocationNo> = match &self.spread {
            Spread::One { considered, .. } => considered.iter().map(|(it, _)| *it).collect(),
            Spread::EachLine | Spread::Together { .. } => self.locations(need).into_owned(),
        };
        let is_closed = |it: &LocationNo| self.ledger.location(*it).closed;
        let open = first.into_iter().filter(|it| served.contains(it) && !is_closed(it));
        open.chain(served.iter().copied().filter(is_closed)).collect()
    }

    fn candidate(
        &self,
        need: &Need,
        units: u64,
        location: LocationNo,
        told: &[(Spot, u64, RouteReason)],
    ) -> Candidate {
        let here = told.iter().filter(|(spot, ..)| spot.location == location);
        let takes: Vec<Take> = here
            .map(|(spot, units, reason)| Take {
                units: *units,
                reason: *reason,
                pool: match spot.origin {
                    Origin::Pool(pool) => Some(self.ledger.pool(pool).id.clone()),
                    Origin::Shared | Origin::Window(_) => None,
                },
            })
            .collect();
        let nearness = self.place_of_region(need.item, location).map(|it| it as u64 + 1);
        let why_none = || self.why_none(need, units, location);
        Candidate {
            location: self.ledger.location(location).id.clone(),
            free: self.shelf(need.item, location).free,
            cost: self.cost(need.item, location),
            nearness,
            units: takes.iter().map(|it| it.units).sum(),
            reason: takes.first().map_or_else(why_none, |it| it.reason),
            takes,
        }
    }

    fn why_none(&self, need: &Need, units: u64, location: LocationNo) -> RouteReason {
        let lacks = match &self.spread {
            Spread::One { considered, .. } => considered.contains(&(location, true)),
            Spread::EachLine | Spread::Together { .. } => false,
        };
        let is_finite = self.ledger.item(need.item).mode().is_finite();
        let pooled = || self.pooled_at(need, location) > 0;
        if self.ledger.location(location).closed {
            RouteReason::Closed
        } else if is_finite && self.shelf(need.item, location).free <= 0 && !pooled() {
            RouteReason::NothingFree
        } else if is_finite && self.terms(need).exclusive && !pooled() {
            RouteReason::PoolOnly
        } else if lacks {
            RouteReason::LacksALine
        } else if units == 0 {
            RouteReason::LineShort
        } else {
            RouteReason::NotNeeded
        }
    }
}
