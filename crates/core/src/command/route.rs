//! Routing: which locations a promise draws on, in which order, and what each gives.

use std::borrow::Cow;

use super::claim::{Available, Need};
use super::prelude::*;

/// The way a command's needs are served.
pub(super) struct Route<'a> {
    ledger: &'a Ledger,
    now: Time,
    who: Claimant<'a>,
    /// What earlier lines take.
    pub pending: Pending,
}

impl<'a> Route<'a> {
    /// # Errors
    /// `no_location`.
    pub fn plan(
        ledger: &'a Ledger,
        now: Time,
        who: Claimant<'a>,
        needs: &[Need],
    ) -> Result<Route<'a>, Rejection> {
        let route = Route { ledger, now, who, pending: Pending::default() };
        match needs.iter().find(|need| route.first(need).is_none()) {
            Some(need) => Err(Rejection::NoLocation { line: need.line.clone() }),
            None => Ok(route),
        }
    }

    /// The locations that may serve a need, in the order in which they are drawn on.
    pub fn locations(&self, need: &Need) -> Cow<'a, [LocationNo]> {
        if let Some(named) = need.location {
            return Cow::Owned(vec![named]);
        }
        let serving = self.who.channel.map(|it| self.ledger.serving(need.item, it, NOW));
        Cow::Borrowed(serving.unwrap_or_default())
    }

    /// Where a claim goes that no stock covers.
    fn first(&self, need: &Need) -> Option<LocationNo> {
        let locations = self.locations(need);
        locations.iter().copied().find(|it| !self.ledger.location(*it).closed)
    }

    /// What may be taken for a need.
    pub fn available(&self, need: &Need) -> Available {
        if *self.ledger.item(need.item).mode() == Mode::Unlimited {
            return Available { units: None, limiting: "free_stock" };
        }
        let terms = self.terms(need);
        let (units, limiting) = match self.local(need, &terms) {
            Some((units, limiting)) if units < terms.reservable || !self.is_served(need) => {
                (units, limiting)
            }
            _ => (terms.reservable, self.limiting(need, &terms)),
        };
        Available { units: Some(u64::try_from(units).unwrap_or(0)), limiting }
    }

    fn terms(&self, need: &Need) -> Terms {
        self.ledger.terms(need.item, &self.who, need.slot, self.now, &self.pending)
    }

    /// Whether the channel's rules have a say: they have none where its stock is not asked for.
    fn is_served(&self, need: &Need) -> bool {
        match (self.who.channel, need.location) {
            (Some(_), None) => true,
            (None, _) => matches!(self.ledger.item(need.item).mode(), Mode::Capacity(_)),
            (Some(channel), Some(location)) => {
                self.ledger.serving(need.item, channel, NOW).contains(&location)
            }
        }
    }

    /// What the location that the need names could give, and what limits it there.
    fn local(&self, need: &Need, terms: &Terms) -> Option<(i64, &'static str)> {
        let location = need.location?;
        if !self.ledger.item(need.item).mode().is_finite() {
            return None;
        }
        let shelf = self.ledger.shelf_terms(need.item, location, self.now, &self.pending);
        let more = if self.is_served(need) { terms.oversell + terms.incoming } else { 0 };
        let shared = if terms.exclusive { more } else { (shelf.free + more).max(0) };
        let limiting = if shelf.kept > 0 { "safety" } else { "free_stock" };
        Some((shared + self.pooled_at(need, location) as i64, limiting))
    }

    /// Units that the claimant's pools can give at one location.
    fn pooled_at(&self, need: &Need, location: LocationNo) -> u64 {
        let pools = self.ledger.pools_for(need.item, &self.who, self.now);
        pools.into_iter().map(|pool| self.left_in(need.item, pool, location)).sum()
    }

    fn left_in(&self, item: ItemNo, pool: PoolNo, location: LocationNo) -> u64 {
        let spot = Spot { location, origin: Origin::Pool(pool) };
        let left = self.ledger.pool(pool).part(item).map_or(0, |it| it.left_at(location));
        let left = u64::try_from(left).unwrap_or(0);
        let left = left.saturating_sub(self.pending.of_spot(item, spot));
        left.min(self.own_in(item, pool))
    }

    fn own_in(&self, item: ItemNo, pool: PoolNo) -> u64 {
        let own = u64::try_from(self.ledger.own_in(pool, item, self.now)).unwrap_or(0);
        own.saturating_sub(self.pending.of_pool(item, pool))
    }

    /// The term that keeps the channel from more.
    fn limiting(&self, need: &Need, terms: &Terms) -> &'static str {
        let shared = if terms.exclusive { 0 } else { terms.base.max(0) };
        match self.ledger.item(need.item).mode() {
            Mode::Capacity(_) => "capacity",
            // Only who asks for more than there is meets the limit of overselling.
            _ if terms.oversell > 0 && need.quantity as i64 > shared + terms.own => "oversell",
            _ if terms.buffer > 0 => "buffer",
            _ if terms.exclusive => "exclusive",
            _ if terms.share_percent < 100 => "share_percent",
            _ if terms.kept > 0 => "safety",
            _ => "free_stock",
        }
    }

    /// Where `units` for a need are taken: first from the claimant's pools, then from the shared
    /// stock, then beyond what is there, which the formula has allowed or the caller accepted.
    pub fn draw(&self, need: &Need, units: u64) -> AtLocations {
        let mut drawn = Drawn { left: units, at: AtLocations::new() };
        if units == 0 {
            return drawn.at;
        }
        let Some(first) = self.first(need) else { return drawn.at };
        match self.ledger.item(need.item).mode() {
            Mode::Unlimited => {}
            Mode::Capacity(capacity) => {
                let window = capacity.window_of(need.slot.unwrap_or(self.now));
                let window = window.unwrap_or_default().minutes();
                drawn.take(Spot { location: first, origin: Origin::Window(window) }, units);
            }
            Mode::Finite => self.draw_finite(need, first, &mut drawn),
        }
        let left = drawn.left;
        drawn.take(Spot::shared(first), left);
        drawn.at
    }

    fn draw_finite(&self, need: &Need, first: LocationNo, drawn: &mut Drawn) {
        let locations = self.locations(need);
        let pools = match self.ledger.item(need.item).pools().is_empty() {
            true => Vec::new(),
            false => self.ledger.pools_for(need.item, &self.who, self.now),
        };
        self.draw_pools(need, &pools, true, drawn);
        let is_exclusive = self.is_exclusive(need, &pools);
        if !is_exclusive {
            self.draw_shared(need, &locations, drawn);
        }
        self.draw_pools(need, &pools, false, drawn);
        if is_exclusive {
            self.draw_beyond(need, &pools, first, drawn);
        }
    }

    /// Who sells from pools only promises beyond them on their account, so that overselling has an
    /// end: first what waits for its tranche, then what is not there at all.
    fn draw_beyond(&self, need: &Need, pools: &[PoolNo], first: LocationNo, drawn: &mut Drawn) {
        for pool in pools {
            let part = self.ledger.pool(*pool).part(need.item);
            for (location, left) in part.into_iter().flat_map(|it| &it.left) {
                if need.location.is_some_and(|it| it != *location) {
                    continue;
                }
                let spot = Spot { location: *location, origin: Origin::Pool(*pool) };
                let taken = self.pending.of_spot(need.item, spot) + drawn.at(spot);
                drawn.take(spot, u64::try_from(*left).unwrap_or(0).saturating_sub(taken));
            }
        }
        if let Some(pool) = pools.first() {
            let left = drawn.left;
            drawn.take(Spot { location: first, origin: Origin::Pool(*pool) }, left);
        }
    }

    fn is_exclusive(&self, need: &Need, pools: &[PoolNo]) -> bool {
        let only = pools.iter().any(|it| self.ledger.pool(*it).draw == PoolDraw::Only);
        only || (self.is_served(need)
            && self.ledger.channel_rules(need.item, self.who.channel, NOW).exclusive)
    }

    /// `there`: only as far as the shelf has units that nobody else was promised.
    fn draw_pools(&self, need: &Need, pools: &[PoolNo], there: bool, drawn: &mut Drawn) {
        for pool in pools {
            let Some(part) = self.ledger.pool(*pool).part(need.item) else { continue };
            let mut own = self.own_in(need.item, *pool).saturating_sub(drawn.of(*pool));
            for (location, _) in &part.left {
                let elsewhere = need.location.is_some_and(|it| it != *location);
                if elsewhere || self.ledger.location(*location).closed {
                    continue;
                }
                let spot = Spot { location: *location, origin: Origin::Pool(*pool) };
                let mut most = self.left_in(need.item, *pool, *location);
                most = most.saturating_sub(drawn.at(spot)).min(own);
                if there {
                    most = most.min(self.unpromised(need.item, *location));
                }
                own -= drawn.take(spot, most);
            }
        }
    }

    /// Units on the shelf that nobody was promised, in a pool or not.
    fn unpromised(&self, item: ItemNo, location: LocationNo) -> u64 {
        let shelf = self.ledger.shelf_terms(item, location, self.now, &self.pending).shelf;
        u64::try_from(shelf.sellable - shelf.committed - shelf.held).unwrap_or(0)
    }

    /// The first location that has all that is left; else what each has, in their order.
    fn draw_shared(&self, need: &Need, locations: &[LocationNo], drawn: &mut Drawn) {
        let free = |location: LocationNo| {
            let shelf = self.ledger.shelf_terms(need.item, location, self.now, &self.pending);
            u64::try_from(shelf.free).unwrap_or(0)
        };
        if let Some(whole) = locations.iter().find(|it| free(**it) >= drawn.left) {
            drawn.take(Spot::shared(*whole), drawn.left);
            return;
        }
        for location in locations {
            drawn.take(Spot::shared(*location), free(*location));
        }
    }
}

/// What is taken for one need so far.
struct Drawn {
    left: u64,
    at: AtLocations,
}

impl Drawn {
    /// Takes up to `most` of what is left; returns how much that is.
    fn take(&mut self, spot: Spot, most: u64) -> u64 {
        let units = most.min(self.left);
        if units == 0 {
            return 0;
        }
        self.left -= units;
        match self.at.iter_mut().find(|(it, _)| *it == spot) {
            Some((_, sum)) => *sum += units,
            None => self.at.push((spot, units)),
        }
        units
    }

    fn at(&self, spot: Spot) -> u64 {
        self.at.iter().find(|(it, _)| *it == spot).map_or(0, |(_, units)| *units)
    }

    fn of(&self, pool: PoolNo) -> u64 {
        let ours = self.at.iter().filter(|(it, _)| it.origin == Origin::Pool(pool));
        ours.map(|(_, units)| units).sum()
    }
}
