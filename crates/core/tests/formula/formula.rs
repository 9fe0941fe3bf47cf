//! The formula, written down once more: slow, obvious, from the book and nothing else.

use onhand_core::*;

use crate::book::{About, At, Book, By, Id, OpenedPool, Promise, SetAside};

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub channel: Option<ChannelId>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
}

/// What the formula begins with, summed up.
#[derive(Clone, Copy, Debug, Default)]
struct Gathered {
    sellable: i64,
    there: i64,
    kept: i64,
    incoming: i64,
    own: i64,
    owed: i64,
    released: i64,
    only: bool,
    any: bool,
}

impl Book {
    /// The value of the most specific scope that says anything. The newest word of a scope counts,
    /// unless it took its word back.
    fn rule<T>(
        &self,
        scopes: &[(About, At)],
        dimension: Dimension,
        get: impl Fn(&Rule) -> Option<T>,
    ) -> Option<T> {
        for scope in scopes {
            let mut said = None;
            for (_, policy) in self.policies.iter().filter(|(of, _)| of == scope) {
                if policy.clear.contains(&dimension) {
                    said = None;
                }
                said = get(&policy.set).or(said);
            }
            if said.is_some() {
                return said;
            }
        }
        None
    }

    /// Item before category before everything; in each, the named place before anywhere.
    fn scopes(&self, id: Id, places: &[At]) -> Vec<(About, At)> {
        let category = self.items[id].category.clone().map(About::Category);
        let mut scopes = Vec::new();
        for about in [Some(About::Item(id)), category, Some(About::All)].into_iter().flatten() {
            scopes.extend(places.iter().map(|at| (about.clone(), at.clone())));
        }
        scopes
    }

    fn on_channel(&self, id: Id, who: &Who) -> Vec<(About, At)> {
        let mut places: Vec<At> = who.channel.iter().cloned().map(At::Channel).collect();
        places.push(At::Anywhere);
        self.scopes(id, &places)
    }

    fn at_location(&self, id: Id, location: &LocationId) -> Vec<(About, At)> {
        let mut places = vec![At::Location(location.clone())];
        let known = self.locations.iter().find(|(it, _)| it == location);
        places.extend(known.and_then(|it| it.1.clone()).map(At::Supplier));
        places.push(At::Anywhere);
        self.scopes(id, &places)
    }

    /// Whether the promise counts at `now`: a hold that is resolved or past its end holds nothing.
    fn counts(&self, promise: &Promise, now: Time) -> bool {
        match &promise.by {
            By::Hold(hold) => self.holds.get(hold).is_some_and(|end| now < *end),
            By::Order | By::Shipped => true,
        }
    }

    fn promised(&self, now: Time, matches: impl Fn(&Promise) -> bool) -> i64 {
        let counted = self.promises.iter().filter(|it| matches(it) && self.counts(it, now));
        counted.map(|it| it.units).sum()
    }

    /// Units that the pool got, other than by promises given back.
    fn put_in(&self, pool: &OpenedPool, id: Id) -> i64 {
        let ours = self.set_aside.iter().filter(|it| it.pool == pool.opened.pool && it.item == id);
        ours.map(|it| it.units).sum()
    }

    /// Units that promises took out of the pool. What was shipped stays taken.
    fn drawn(&self, pool: &OpenedPool, id: Id, now: Time) -> i64 {
        self.promised(now, |it| {
            it.item == id && it.pool.as_ref() == Some(&pool.opened.pool) && it.by != By::Shipped
        })
    }

    /// What the pool has at a location; below zero where it promised more.
    fn left_at(&self, pool: &OpenedPool, id: Id, location: &LocationId, now: Time) -> i64 {
        let name = &pool.opened.pool;
        let here = |it: &&SetAside| it.pool == *name && it.item == id && it.location == *location;
        let put: i64 = self.set_aside.iter().filter(here).map(|it| it.units).sum();
        let drawn = self.promised(now, |it| {
            it.item == id
                && it.location == *location
                && it.pool.as_ref() == Some(name)
                && it.by != By::Shipped
        });
        put - drawn
    }

    /// Set aside at a location and not taken: of pools that have not come to their end, recorded
    /// or not.
    fn pooled(&self, id: Id, location: &LocationId, now: Time) -> i64 {
        let open = self.pools.iter().filter(|it| is_open(it, now));
        open.map(|it| self.left_at(it, id, location, now).max(0)).sum()
    }

    /// Units that the pool promised beyond what it has where they lie.
    fn owed(&self, pool: &OpenedPool, id: Id, now: Time) -> i64 {
        let all = self.locations.iter().map(|(it, _)| (-self.left_at(pool, id, it, now)).max(0));
        all.sum()
    }

    pub fn shelf(&self, id: Id, location: &LocationId, now: Time) -> Shelf {
        let here = self.sellable.iter().filter(|it| it.0 == id && it.1 == *location);
        let at = |it: &Promise| it.item == id && it.location == *location;
        Shelf {
            sellable: here.map(|it| it.2).sum(),
            committed: self.promised(now, |it| at(it) && !matches!(it.by, By::Hold(_))),
            held: self.promised(now, |it| at(it) && matches!(it.by, By::Hold(_))),
            pooled: self.pooled(id, location, now),
            doubted: self.doubted(id, location),
        }
    }

    /// What the location has for sale: believed, before safety, kept back.
    pub fn believed(&self, id: Id, location: &LocationId, now: Time) -> (i64, i64, i64) {
        let shelf = self.shelf(id, location, now);
        let scopes = self.at_location(id, location);
        let trust = self.rule(&scopes, Dimension::TrustPercent, |it| it.trust_percent);
        let (worth, stale) = self.worth(id, location);
        let vouched = shelf.sellable - shelf.doubted.min(shelf.sellable.max(0));
        let believed = match vouched {
            owed @ ..0 => owed,
            there => percent(there, trust.unwrap_or(100).min(worth)),
        };
        let unclaimed = believed - shelf.committed - shelf.held - shelf.pooled;
        let safety = self.rule(&scopes, Dimension::Safety, |it| it.safety);
        let back = kept_back(safety, believed) + kept_back(Some(stale), believed);
        let kept = back.min(unclaimed.max(0));
        (believed, unclaimed, kept)
    }

    /// The channel's own list, or the one that a rule names.
    pub fn served_by(&self, id: Id, who: &Who) -> Vec<LocationId> {
        let Some(channel) = &who.channel else { return Vec::new() };
        let scopes = self.on_channel(id, who);
        let named = self.rule(&scopes, Dimension::Locations, |it| it.locations.clone());
        named.unwrap_or_else(|| self.channels[channel].clone())
    }

    fn incoming(&self, id: Id, locations: &[LocationId], days: u64, now: Time) -> i64 {
        let until = now.plus_seconds(days * 86_400);
        let due = |it: &&crate::book::Inbound| {
            it.item == id && locations.contains(&it.location) && it.expected_at <= until
        };
        self.inbound.iter().filter(due).map(|it| it.left * it.confidence / 100).sum()
    }

    /// Pools of the item that are open and meet all that they name.
    pub fn pools_for(&self, id: Id, who: &Who, now: Time) -> Vec<&OpenedPool> {
        let open = |it: &&OpenedPool| {
            let (opened, pool) = (&it.opened, &it.opened.pool);
            is_open(it, now)
                && (opened.channel.is_none() || opened.channel == who.channel)
                && (opened.campaign.is_none() || opened.campaign == who.campaign)
                && (opened.customer.is_none() || opened.customer == who.customer)
                && self.set_aside.iter().any(|it| it.pool == *pool && it.item == id)
        };
        self.pools.iter().filter(open).collect()
    }

    /// Units of the item whose tranches are out, if one of its tranches still waits.
    fn out(&self, pool: &OpenedPool, id: Id, now: Time) -> Option<i64> {
        let (mut out, mut waits) = (0, false);
        for wave in &pool.tranches {
            let units: i64 = wave.units.iter().filter(|it| it.0 == id).map(|it| it.1).sum();
            match pool.released.contains(&wave.name) || wave.release_at <= now {
                true => out += units,
                false => waits |= units > 0,
            }
        }
        waits.then_some(out)
    }

    /// Units that were or are there to be sold; with the last tranche everything that is there is.
    fn released(&self, pool: &OpenedPool, id: Id, now: Time) -> i64 {
        let whole = self.put_in(pool, id).max(0);
        self.out(pool, id, now).map_or(whole, |out| out.min(whole))
    }

    /// What the pool can still give: no more than lies in it, no more than is released. Below zero
    /// where it gave more.
    fn own_of(&self, pool: &OpenedPool, id: Id, now: Time) -> i64 {
        let drawn = self.drawn(pool, id, now);
        let left = self.put_in(pool, id) - drawn;
        self.out(pool, id, now).map_or(left, |out| left.min(out - drawn))
    }

    /// The formula for an item that is no kit.
    pub fn terms(&self, id: Id, who: &Who, slot: Option<Time>, now: Time) -> Terms {
        self.terms_with(id, who, slot, now, |it| it)
    }

    /// What there is, before the channel's rules: of a window, or of shelves and pools.
    fn gathered(&self, id: Id, who: &Who, slot: Option<Time>, now: Time) -> Gathered {
        let mut all = Gathered::default();
        if let Mode::Capacity(capacity) = &self.items[id].mode {
            let begin = window_of(capacity, slot.unwrap_or(now));
            let taken = self.promised(now, |it| {
                it.item == id && it.window == Some(begin) && it.by != By::Shipped
            });
            all.sellable = capacity.limit as i64;
            all.there = capacity.limit as i64 - taken;
            return all;
        }
        let locations = self.served_by(id, who);
        for location in &locations {
            let (believed, unclaimed, kept) = self.believed(id, location, now);
            all.sellable += believed;
            all.there += unclaimed;
            all.kept += kept;
        }
        let scopes = self.on_channel(id, who);
        let ahead = self.rule(&scopes, Dimension::SellAheadDays, |it| it.sell_ahead_days);
        if let Some(days @ 1..) = ahead {
            all.incoming = self.incoming(id, &locations, days, now);
            all.there += all.incoming;
        }
        for pool in self.pools_for(id, who, now) {
            all.any = true;
            all.own += self.own_of(pool, id, now);
            all.owed += self.owed(pool, id, now);
            all.released += self.released(pool, id, now);
            all.only |= pool.opened.draw == PoolDraw::Only;
        }
        all
    }

    fn terms_with(
        &self,
        id: Id,
        who: &Who,
        slot: Option<Time>,
        now: Time,
        allowed: impl Fn(i64) -> i64,
    ) -> Terms {
        let scopes = self.on_channel(id, who);
        let Gathered { sellable, there, kept, incoming, own, owed, released, only, any } =
            self.gathered(id, who, slot, now);
        let exclusive =
            only || self.rule(&scopes, Dimension::Exclusive, |it| it.exclusive).unwrap_or(false);
        let share_percent =
            self.rule(&scopes, Dimension::SharePercent, |it| it.share_percent).unwrap_or(100);
        // What a pool owes is a part of `own` already.
        let (base, over) = (there - kept, (-there - owed).max(0));
        let shared = if exclusive { 0 } else { percent(base.max(0), share_percent) };
        let share = own - over + shared;
        let measure = if exclusive { released } else { sellable };
        let buffer = kept_back(self.rule(&scopes, Dimension::Buffer, |it| it.buffer), measure);
        // Who sells from pools only, and has none, has nothing to sell beyond either.
        let rule = self.rule(&scopes, Dimension::Oversell, |it| it.oversell);
        let oversell = if exclusive && !any { 0 } else { allowed(beyond(rule, measure)) };
        let reservable = share - buffer + oversell;
        let end_when = self.rule(&scopes, Dimension::EndWhen, |it| it.end_when);
        let max_listed = self.rule(&scopes, Dimension::MaxListed, |it| it.max_listed);
        let listed = reservable.max(0).min(max_listed.map_or(i64::MAX, |it| it as i64));
        let ended = end_when.is_some_and(|it| share <= it as i64);
        let published = if ended { 0 } else { listed as u64 };
        Terms {
            sellable,
            incoming,
            kept,
            base,
            over,
            own,
            exclusive,
            share_percent,
            share,
            buffer,
            oversell,
            reservable,
            end_when,
            max_listed,
            published,
        }
    }

    pub fn offer(&self, id: Id, who: &Who, slot: Option<Time>, now: Time) -> Offer {
        let recipe = &self.items[id].recipe;
        if recipe.is_empty() {
            return match self.items[id].mode {
                Mode::Unlimited => Offer::Unlimited,
                _ => Offer::Units(self.terms(id, who, slot, now)),
            };
        }
        let limited = recipe.iter().filter(|(part, _)| self.items[*part].mode != Mode::Unlimited);
        let parts: Vec<(Terms, u64)> =
            limited.map(|(part, need)| (self.terms(*part, who, slot, now), *need)).collect();
        let most = parts.iter().map(|(it, need)| it.reservable.max(0) / *need as i64).min();
        let listed = parts.iter().map(|(it, need)| it.published / need).min();
        let (Some(most), Some(listed)) = (most, listed) else { return Offer::Unlimited };
        let assembled = self.assembled(id, who, now);
        let there = assembled.reservable.max(0);
        let (reservable, listed) = (there + most, there as u64 + listed);
        let ended = assembled.end_when.is_some_and(|it| reservable <= it as i64);
        let listed = listed.min(assembled.max_listed.unwrap_or(u64::MAX));
        Offer::Kit { assembled, reservable, published: if ended { 0 } else { listed } }
    }

    /// What stands assembled of a kit: that is not oversold, more of it is made of parts.
    pub fn assembled(&self, id: Id, who: &Who, now: Time) -> Terms {
        self.terms_with(id, who, None, now, |_| 0)
    }

    /// Units that the claimant's pools have ready at one location.
    pub fn pooled_for(&self, id: Id, who: &Who, location: &LocationId, now: Time) -> i64 {
        let at = |pool: &OpenedPool| {
            self.left_at(pool, id, location, now).min(self.own_of(pool, id, now)).max(0)
        };
        self.pools_for(id, who, now).into_iter().map(at).sum()
    }

    /// Whether the channel wants all from one place or nothing.
    pub fn is_never_split(&self, id: Id, who: &Who) -> bool {
        let routing = self.rule(&self.on_channel(id, who), Dimension::Routing, |it| it.routing);
        routing.is_some_and(|it| it.split == RouteSplit::Never)
    }

    /// What a line may get that names its location.
    pub fn local(&self, id: Id, who: &Who, location: &LocationId, now: Time) -> i64 {
        let (_, unclaimed, kept) = self.believed(id, location, now);
        let terms = self.terms(id, who, None, now);
        let served = self.served_by(id, who).contains(location);
        let scopes = self.on_channel(id, who);
        let ahead = self.rule(&scopes, Dimension::SellAheadDays, |it| it.sell_ahead_days);
        let expected = match ahead {
            Some(days @ 1..) => self.incoming(id, std::slice::from_ref(location), days, now),
            _ => 0,
        };
        let beyond = if served { terms.oversell + expected } else { 0 };
        let shared = if terms.exclusive { beyond } else { (unclaimed - kept + beyond).max(0) };
        shared + self.pooled_for(id, who, location, now)
    }
}

/// Not closed, and not past its end.
fn is_open(pool: &OpenedPool, now: Time) -> bool {
    !pool.closed && pool.opened.ends_at.is_none_or(|end| now < end)
}

/// Part of a number, rounded towards less.
fn percent(units: i64, percent: u64) -> i64 {
    (units * percent as i64).div_euclid(100)
}

/// The larger of units and part; the part rounds up.
fn kept_back(said: Option<KeptBack>, of: i64) -> i64 {
    let Some(KeptBack { units, percent }) = said else { return 0 };
    let part = (of.max(0) * percent.unwrap_or(0) as i64 + 99) / 100;
    part.max(units.unwrap_or(0) as i64)
}

/// The smaller of limit and part above a hundred percent; the part rounds down.
fn beyond(said: Option<Oversell>, of: i64) -> i64 {
    let Some(Oversell { limit, ratio }) = said else { return 0 };
    let part = ratio.map(|it| of.max(0) * (it as i64 - 100).max(0) / 100);
    let units = [limit.map(|it| it as i64), part].into_iter().flatten().min();
    units.unwrap_or(0)
}

/// Windows of zones without summer time: from midnight, or from a Monday, of the zone.
pub fn window_of(capacity: &Capacity, at: Time) -> Time {
    const DAY: i64 = 86_400;
    let offset = match capacity.zone.as_str() {
        "UTC" => 0,
        "Asia/Shanghai" => 8 * 3_600,
        other => panic!("the tests know no zone {other}"),
    };
    let local = (at.as_us() / 1_000_000) as i64 + offset;
    let begin = match capacity.window {
        Window::Minutes(length) => {
            let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
            day * DAY + second - second % (i64::from(length) * 60)
        }
        Window::Days(length) => {
            // 1970 began on a Thursday: the first Monday was the 5th of January.
            let since_monday = local.div_euclid(DAY) - 4;
            (since_monday - since_monday.rem_euclid(i64::from(length)) + 4) * DAY
        }
    };
    Time((begin - offset) as u64 * 1_000_000)
}
