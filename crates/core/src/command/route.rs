//! Routing: which locations a promise draws on, in which order, and what each gives.

use std::borrow::Cow;

use super::claim::{Available, Need};
use super::prelude::*;

/// The way a command's needs are served.
pub(super) struct Route<'a> {
    pub ledger: &'a Ledger,
    pub now: Time,
    pub who: Claimant<'a>,
    /// What earlier lines take.
    pub pending: Pending,
    /// The rule of the order: the strictest of its lines.
    pub rule: Routing,
    pub spread: Spread,
    /// No rule puts locations in another order than the usual one.
    pub plain: bool,
    /// Somebody asks why: reasons are noted.
    pub explains: bool,
}

/// How lines that name no location are spread.
pub(super) enum Spread {
    /// Each line by itself.
    EachLine,
    /// All lines together at `chosen`; at `others` what those fail to give.
    Together { chosen: Vec<LocationNo>, others: Vec<LocationNo> },
    /// All lines at `only`. `considered`: every location in order, and whether it lacks a line.
    One { only: LocationNo, why: RouteReason, considered: Vec<(LocationNo, bool)> },
}

impl<'a> Route<'a> {
    /// # Errors
    /// `contradiction` naming `ship_to` where it decides and is not given; `no_location`.
    pub fn plan(
        ledger: &'a Ledger,
        now: Time,
        who: Claimant<'a>,
        needs: &[Need],
        explains: bool,
    ) -> Result<Route<'a>, Rejection> {
        let (pending, rule) = (Pending::default(), Routing::default());
        let (spread, plain) = (Spread::EachLine, true);
        let mut route = Route { ledger, now, who, pending, rule, spread, plain, explains };
        route.obey(needs)?;
        if let Some(need) = needs.iter().find(|need| route.first(&route.locations(need)).is_none())
        {
            return Err(Rejection::NoLocation { line: need.line.clone() });
        }
        if route.rule.split == RouteSplit::Never {
            route.choose_one(needs);
        }
        Ok(route)
    }

    /// The locations that may serve a need that names none, in their usual order.
    pub fn served(&self, item: ItemNo) -> &'a [LocationNo] {
        self.who.channel.map_or(&[], |it| self.ledger.serving(item, it, NOW))
    }

    /// The locations that may serve a need, in the order in which they are drawn on.
    pub fn locations<'n>(&'n self, need: &'n Need) -> Cow<'n, [LocationNo]> {
        if need.location.is_some() {
            return Cow::Borrowed(need.location.as_slice());
        }
        let served = self.served(need.item);
        match &self.spread {
            Spread::EachLine if self.plain => Cow::Borrowed(served),
            Spread::One { only, .. } if served.contains(only) => {
                Cow::Borrowed(std::slice::from_ref(only))
            }
            Spread::Together { chosen, others } => {
                let all = chosen.iter().chain(others);
                Cow::Owned(all.copied().filter(|it| served.contains(it)).collect())
            }
            Spread::EachLine | Spread::One { .. } => match self.rule_of(need).by {
                RouteBy::Priority => Cow::Borrowed(served),
                by => Cow::Owned(self.rank(&[(need.item, need.quantity)], by, served)),
            },
        }
    }

    /// Where a claim goes that no stock covers.
    fn first(&self, locations: &[LocationNo]) -> Option<LocationNo> {
        locations.iter().copied().find(|it| !self.ledger.location(*it).closed)
    }

    /// The one location that serves the need: it names it, or the order is not to be split.
    pub fn only(&self, need: &Need) -> Option<LocationNo> {
        match &self.spread {
            Spread::One { only, .. } => need.location.or(Some(*only)),
            Spread::EachLine | Spread::Together { .. } => need.location,
        }
    }

    /// Whether the one location of the order does not serve the item at all.
    fn is_left_out(&self, need: &Need) -> bool {
        match &self.spread {
            Spread::One { only, .. } if need.location.is_none() => {
                !self.served(need.item).contains(only)
            }
            _ => false,
        }
    }

    /// What may be taken for a need.
    pub fn available(&self, need: &Need) -> Available {
        if self.is_left_out(need) {
            return Available { units: Some(0), limiting: "routing" };
        }
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

    /// The terms once earlier lines have their units. What they take counts in whole: else lines
    /// of one item would find a share of what is left where together they may only take the share.
    pub fn terms(&self, need: &Need) -> Terms {
        let terms = |pending| self.ledger.terms(need.item, &self.who, need.slot, self.now, pending);
        let mut left = terms(&self.pending);
        let taken = self.pending.of_item(need.item) as i64;
        if taken > 0 {
            let before = terms(&Pending::default());
            left.reservable = left.reservable.min(before.reservable - taken);
        }
        left
    }

    /// Whether the channel's rules have a say: they have none where its stock is not asked for.
    fn is_served(&self, need: &Need) -> bool {
        match (self.who.channel, need.location) {
            (Some(_), None) => true,
            (None, _) => matches!(self.ledger.item(need.item).mode(), Mode::Capacity(_)),
            (Some(_), Some(location)) => self.served(need.item).contains(&location),
        }
    }

    /// What the only location of a need could give, and what limits it there.
    fn local(&self, need: &Need, terms: &Terms) -> Option<(i64, &'static str)> {
        let location = self.only(need)?;
        if !self.ledger.item(need.item).mode().is_finite() {
            return None;
        }
        let kept = self.shelf(need.item, location).kept;
        let limiting = match need.location {
            None => "routing",
            Some(_) if kept > 0 => "safety",
            Some(_) => "free_stock",
        };
        Some((self.at_location(need, terms, location, true), limiting))
    }

    /// Units that one location could give. `beyond`: with what may be promised beyond the stock.
    pub fn at_location(
        &self,
        need: &Need,
        terms: &Terms,
        location: LocationNo,
        beyond: bool,
    ) -> i64 {
        let mut more = 0;
        if beyond && self.is_served(need) {
            more = terms.oversell;
            if terms.incoming > 0 {
                more += self.incoming(need, location);
            }
        }
        let shared = match terms.exclusive {
            true => more,
            false => (self.shelf(need.item, location).free + more).max(0),
        };
        shared + self.pooled_at(need, location) as i64
    }

    /// Units that one location expects and that the channel sells ahead.
    fn incoming(&self, need: &Need, location: LocationNo) -> i64 {
        let days = self.ledger.channel_rules(need.item, self.who.channel, NOW).sell_ahead_days;
        if days == 0 {
            return 0;
        }
        let until = self.now.plus_seconds(days.saturating_mul(86_400));
        self.ledger.incoming(need.item, &[location], until, NOW)
    }

    pub fn shelf(&self, item: ItemNo, location: LocationNo) -> ShelfTerms {
        self.ledger.shelf_terms(item, location, self.now, &self.pending)
    }

    /// Units that the claimant's pools can give at one location.
    pub fn pooled_at(&self, need: &Need, location: LocationNo) -> u64 {
        let pools = self.ledger.pools_for(need.item, &self.who, self.now);
        pools.into_iter().map(|pool| self.left_in(need.item, pool, location)).sum()
    }

    fn left_in(&self, item: ItemNo, pool: PoolNo, location: LocationNo) -> u64 {
        let spot = Spot { location, origin: Origin::Pool(pool) };
        let left = self.ledger.left_in_pool(item, spot, self.now, &self.pending);
        let left = u64::try_from(left).unwrap_or(0);
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
    pub fn draw(&self, need: &Need, units: u64) -> Drawn {
        let mut drawn = Drawn::new(units, self.explains);
        if units == 0 {
            return drawn;
        }
        let locations = self.locations(need);
        let Some(first) = self.first(&locations) else { return drawn };
        let why = match self.ledger.item(need.item).mode() {
            Mode::Unlimited => RouteReason::Unlimited,
            Mode::Capacity(capacity) => {
                let window = capacity.window_of(need.slot.unwrap_or(self.now));
                let window = window.unwrap_or_default().minutes();
                let spot = Spot { location: first, origin: Origin::Window(window) };
                drawn.take(spot, units, RouteReason::Capacity);
                return drawn;
            }
            Mode::Finite => {
                self.draw_finite(need, &locations, &mut drawn);
                RouteReason::Oversold
            }
        };
        let left = drawn.left;
        drawn.take(Spot::shared(first), left, why);
        drawn
    }

    fn draw_finite(&self, need: &Need, locations: &[LocationNo], drawn: &mut Drawn) {
        let pools = match self.ledger.item(need.item).pools().is_empty() {
            true => Vec::new(),
            false => self.ledger.pools_for(need.item, &self.who, self.now),
        };
        let exclusive = self.is_exclusive(need, &pools);
        let places = |at, bound| Places { need, pools: &pools, at, bound, exclusive };
        match &self.spread {
            Spread::Together { chosen, .. } if need.location.is_none() => {
                let near = locations.iter().filter(|it| chosen.contains(it)).count();
                self.draw_stock(&places(&locations[..near], true), drawn);
                self.draw_stock(&places(locations, false), drawn);
            }
            Spread::EachLine | Spread::Together { .. } | Spread::One { .. } => {
                self.draw_stock(&places(locations, self.only(need).is_some()), drawn);
            }
        }
        match exclusive {
            true => self.draw_beyond(&places(locations, self.only(need).is_some()), drawn),
            false => self.draw_expected(need, locations, drawn),
        }
    }

    /// Who sells from pools only promises beyond them on their account, so that overselling has an
    /// end: first what waits for its tranche, then what is not there at all.
    fn draw_beyond(&self, places: &Places<'_>, drawn: &mut Drawn) {
        let item = places.need.item;
        for pool in places.pools {
            for location in self.pool_places(places, *pool) {
                let spot = Spot { location, origin: Origin::Pool(*pool) };
                let left = self.ledger.left_in_pool(item, spot, self.now, &self.pending);
                let most = u64::try_from(left).unwrap_or(0).saturating_sub(drawn.at(spot));
                drawn.take(spot, most, RouteReason::Oversold);
            }
        }
        if let (Some(pool), Some(first)) = (places.pools.first(), self.first(places.at)) {
            let spot = Spot { location: first, origin: Origin::Pool(*pool) };
            drawn.take(spot, drawn.left, RouteReason::Oversold);
        }
    }

    fn draw_stock(&self, places: &Places<'_>, drawn: &mut Drawn) {
        if drawn.left == 0 {
            return;
        }
        self.draw_pools(places, true, drawn);
        if !places.exclusive {
            self.draw_shared(places, drawn);
        }
        self.draw_pools(places, false, drawn);
    }

    fn is_exclusive(&self, need: &Need, pools: &[PoolNo]) -> bool {
        let only = pools.iter().any(|it| self.ledger.pool(*it).draw == PoolDraw::Only);
        only || (self.is_served(need)
            && self.ledger.channel_rules(need.item, self.who.channel, NOW).exclusive)
    }

    /// `there`: only as far as the shelf has units that nobody else was promised.
    fn draw_pools(&self, places: &Places<'_>, there: bool, drawn: &mut Drawn) {
        let item = places.need.item;
        for pool in places.pools {
            let mut own = self.own_in(item, *pool).saturating_sub(drawn.of(*pool));
            for location in self.pool_places(places, *pool) {
                let spot = Spot { location, origin: Origin::Pool(*pool) };
                let mut most = self.left_in(item, *pool, location);
                most = most.saturating_sub(drawn.at(spot)).min(own);
                if there {
                    let unpromised = self.unpromised(item, location);
                    most = most.min(unpromised.saturating_sub(drawn.at_location(location)));
                }
                own -= drawn.take(spot, most, RouteReason::Pool);
            }
        }
    }

    /// Where a pool has units for the need: in the order in which it got them, or by rule.
    fn pool_places(&self, places: &Places<'_>, pool: PoolNo) -> Vec<LocationNo> {
        let Some(part) = self.ledger.pool(pool).part(places.need.item) else { return Vec::new() };
        let may = |it: &LocationNo| {
            !self.ledger.location(*it).closed && (!places.bound || places.at.contains(it))
        };
        let mut all: Vec<LocationNo> = part.left.iter().map(|(it, _)| *it).filter(may).collect();
        // Holds past their end give back where nothing is left by the book.
        let cells = self.ledger.item(places.need.item).cells.iter().map(|it| it.location);
        let others: Vec<LocationNo> = cells.filter(|it| may(it) && !all.contains(it)).collect();
        all.extend(others);
        let is_usual = matches!(self.spread, Spread::EachLine)
            && (self.plain || self.rule_of(places.need).by == RouteBy::Priority);
        if !is_usual {
            let place = |it: &LocationNo| places.at.iter().position(|at| at == it);
            all.sort_by_key(|it| place(it).unwrap_or(usize::MAX));
        }
        all
    }

    /// Units on the shelf that nobody was promised, in a pool or not.
    fn unpromised(&self, item: ItemNo, location: LocationNo) -> u64 {
        let shelf = self.shelf(item, location).shelf;
        u64::try_from(shelf.sellable - shelf.committed - shelf.held).unwrap_or(0)
    }

    /// The first location that has all that is left; else what each has, in their order.
    fn draw_shared(&self, places: &Places<'_>, drawn: &mut Drawn) {
        let need = places.need;
        if drawn.left == 0 {
            return;
        }
        let free = |location: LocationNo, drawn: &Drawn| {
            let free = u64::try_from(self.shelf(need.item, location).free).unwrap_or(0);
            free.saturating_sub(drawn.at(Spot::shared(location)))
        };
        let mut order = places.at.iter().enumerate();
        if let Some((place, whole)) = order.find(|(_, it)| free(**it, drawn) >= drawn.left) {
            let why = self.why(need, *whole, place, true);
            drawn.take(Spot::shared(*whole), drawn.left, why);
            return;
        }
        for (place, location) in places.at.iter().enumerate() {
            let why = self.why(need, *location, place, false);
            drawn.take(Spot::shared(*location), free(*location, drawn), why);
        }
    }

    /// What is sold ahead waits where it is expected.
    fn draw_expected(&self, need: &Need, locations: &[LocationNo], drawn: &mut Drawn) {
        let ruled = self.ledger.rule_sets(need.item).iter().any(Option::is_some);
        if drawn.left == 0 || !ruled || !self.is_served(need) {
            return;
        }
        for location in locations.iter().filter(|it| !self.ledger.location(**it).closed) {
            let promised = self.shelf(need.item, *location).free.min(0);
            let ahead = self.incoming(need, *location) + promised;
            let ahead = u64::try_from(ahead).unwrap_or(0);
            drawn.take(Spot::shared(*location), ahead, RouteReason::ExpectedSupply);
        }
    }
}

/// Where one need may be served from.
struct Places<'a> {
    need: &'a Need,
    pools: &'a [PoolNo],
    /// In the order in which they are drawn on.
    at: &'a [LocationNo],
    /// Pools are drawn on there only.
    bound: bool,
    /// Nothing is taken but from pools.
    exclusive: bool,
}

/// What is taken for one need so far.
pub(super) struct Drawn {
    left: u64,
    pub at: AtLocations,
    /// What is taken and why, if somebody asks.
    pub told: Option<Vec<(Spot, u64, RouteReason)>>,
}

impl Drawn {
    fn new(left: u64, explains: bool) -> Drawn {
        Drawn { left, at: AtLocations::new(), told: explains.then(Vec::new) }
    }

    /// Takes up to `most` of what is left; returns how much that is.
    fn take(&mut self, spot: Spot, most: u64, why: RouteReason) -> u64 {
        let units = most.min(self.left);
        if units == 0 {
            return 0;
        }
        self.left -= units;
        match self.at.iter_mut().find(|(it, _)| *it == spot) {
            Some((_, sum)) => *sum += units,
            None => self.at.push((spot, units)),
        }
        if let Some(told) = &mut self.told {
            told.push((spot, units, why));
        }
        units
    }

    fn at(&self, spot: Spot) -> u64 {
        self.at.iter().find(|(it, _)| *it == spot).map_or(0, |(_, units)| *units)
    }

    fn at_location(&self, location: LocationNo) -> u64 {
        let there = self.at.iter().filter(|(it, _)| it.location == location);
        there.map(|(_, units)| units).sum()
    }

    fn of(&self, pool: PoolNo) -> u64 {
        let ours = self.at.iter().filter(|(it, _)| it.origin == Origin::Pool(pool));
        ours.map(|(_, units)| units).sum()
    }
}
