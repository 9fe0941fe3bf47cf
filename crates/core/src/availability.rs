//! The one formula: what a channel may promise of an item, what it publishes, and every term of it.
//!
//! ```text
//! believed(l)  = (sellable(l) - doubted(l)) x trust(l), rounded down; trust falls with the age of
//!                numbers. A shelf below zero owes all of it, however little is believed
//! unclaimed(l) = believed(l) - committed(l) - held(l) - pooled(l)
//! kept(l)      = the part of unclaimed(l), if any, that safety(l) and stale(l) keep back
//! base         = sum of unclaimed(l) - kept(l) over the channel's locations, + incoming
//! over         = what is promised beyond what is there: the shortfall of base before safety,
//!                less what own counts of it
//! share        = own - over + (exclusive ? 0 : base x percent, rounded down, if above zero)
//! reservable   = share - buffer + oversell
//! published    = 0 if share <= end_when, else reservable between 0 and max_listed
//! ```
//! `own` is what the channel's open pools have released and not given away; below zero where they
//! promised more, as `oversell` lets them. Buffer and oversell are measured on what is believed
//! sellable, on an exclusive channel on what its pools released: without a pool it sells nothing.
//! A capacity item has one shelf: its window.

use serde::Serialize;

use crate::{
    ChannelNo, Claimant, ItemNo, KeptBack, Ledger, LocationNo, LowStock, Mode, NOW, Origin,
    Oversell, Pending, PoolDraw, PoolNo, Recipe, Ruling, Time,
};

/// The figures of one item at one location that the formula begins with, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    pub sellable: i64,
    pub committed: i64,
    /// By holds that are live.
    pub held: i64,
    /// Set aside in open pools and not drawn.
    pub pooled: i64,
    /// Of `sellable`, what open differences say is not there.
    #[serde(skip_serializing_if = "is_nothing")]
    pub doubted: i64,
}

fn is_nothing(units: &i64) -> bool {
    *units == 0
}

/// What the rules say of a location's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ShelfRules {
    pub safety: KeptBack,
    pub trust_percent: u64,
    /// Kept back beside safety, because the supplier's numbers are old.
    pub stale: KeptBack,
}

impl ShelfRules {
    /// Nobody said anything.
    pub const PLAIN: ShelfRules = ShelfRules {
        safety: KeptBack { units: None, percent: None },
        trust_percent: 100,
        stale: KeptBack { units: None, percent: None },
    };
}

/// What one location gives to the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ShelfTerms {
    #[serde(flatten)]
    pub shelf: Shelf,
    pub believed: i64,
    /// Before safety; below zero where promises exceed the stock.
    pub unclaimed: i64,
    /// Kept back as safety stock.
    pub kept: i64,
    pub free: i64,
}

impl Shelf {
    pub fn terms(self, rules: &ShelfRules) -> ShelfTerms {
        // What is doubted takes an empty shelf no further down.
        let vouched = self.sellable - self.doubted.min(self.sellable.max(0));
        let believed = part(vouched.max(0), rules.trust_percent) + vouched.min(0);
        let unclaimed = believed - self.committed - self.held - self.pooled;
        let back = rules.safety.of(believed) + rules.stale.of(believed);
        let kept = back.min(unclaimed.max(0));
        ShelfTerms { shelf: self, believed, unclaimed, kept, free: unclaimed - kept }
    }
}

/// What the rules say of a channel's sales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelRules {
    pub share_percent: u64,
    pub exclusive: bool,
    pub buffer: KeptBack,
    pub oversell: Oversell,
    pub end_when: Option<u64>,
    pub max_listed: Option<u64>,
    pub sell_ahead_days: u64,
}

/// What the channel's own pools hold for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Own {
    /// Released and not drawn; below zero where more was drawn than released.
    pub units: i64,
    /// Released, drawn or not.
    pub released: i64,
    /// A pool is to be sold instead of the shared stock.
    pub only: bool,
    /// Promised beyond what they have where it lies: `units` counts it, and so does the shelf.
    pub owed: i64,
    /// There is a pool.
    pub any: bool,
}

/// Every term of the formula for one item on one channel, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Believed sellable over the channel's locations.
    pub sellable: i64,
    pub incoming: i64,
    /// Kept back as safety stock.
    pub kept: i64,
    pub base: i64,
    pub over: i64,
    pub own: i64,
    pub exclusive: bool,
    pub share_percent: u64,
    pub share: i64,
    pub buffer: i64,
    pub oversell: i64,
    /// What a hold or commitment may take. Below zero where promises exceed the stock.
    pub reservable: i64,
    pub end_when: Option<u64>,
    pub max_listed: Option<u64>,
    pub published: u64,
}

/// The shelves of a channel, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub believed: i64,
    pub unclaimed: i64,
    pub kept: i64,
    pub incoming: i64,
}

impl Sum {
    pub fn add(&mut self, shelf: &ShelfTerms) {
        self.believed += shelf.believed;
        self.unclaimed += shelf.unclaimed;
        self.kept += shelf.kept;
    }

    /// The formula.
    pub fn terms(&self, rules: &ChannelRules, own: Own) -> Terms {
        let exclusive = rules.exclusive || own.only;
        let there = self.unclaimed + self.incoming;
        let base = there - self.kept;
        let over = (-there - own.owed).max(0);
        let shared = if exclusive { 0 } else { part(base.max(0), rules.share_percent) };
        let share = own.units - over + shared;
        let measure = if exclusive { own.released } else { self.believed };
        let buffer = rules.buffer.of(measure);
        let oversell = if exclusive && !own.any { 0 } else { rules.oversell.of(measure) };
        let reservable = share - buffer + oversell;
        let ended = rules.end_when.is_some_and(|end| share <= end as i64);
        let listed = u64::try_from(reservable).unwrap_or(0);
        let published = match ended {
            true => 0,
            false => rules.max_listed.map_or(listed, |most| listed.min(most)),
        };
        Terms {
            sellable: self.believed,
            incoming: self.incoming,
            kept: self.kept,
            base,
            over,
            own: own.units,
            exclusive,
            share_percent: rules.share_percent,
            share,
            buffer,
            oversell,
            reservable,
            end_when: rules.end_when,
            max_listed: rules.max_listed,
            published,
        }
    }
}

/// `percent` of `units`, rounded down towards less.
pub fn part(units: i64, percent: u64) -> i64 {
    if percent == 100 {
        return units;
    }
    (i128::from(units) * i128::from(percent)).div_euclid(100) as i64
}

/// What there is of an item for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    Unlimited,
    Units(Terms),
    /// Of a kit: what is assembled, and how many more its parts would make.
    Kit {
        assembled: Terms,
        reservable: i64,
        published: u64,
    },
}

impl Offer {
    /// Of a kit: what is assembled, and as many as the scarcest of its parts allows. Of each part
    /// what may be promised, what is published, and how many of it a kit needs.
    pub fn of_kit(
        assembled: Terms,
        parts: impl Iterator<Item = (Option<i64>, Option<u64>, u64)>,
    ) -> Offer {
        let kits = parts.map(|(reservable, published, need)| {
            (reservable.map(|it| it.max(0) / need as i64), published.map(|it| it / need))
        });
        let scarcest = kits.reduce(|one, other| (less(one.0, other.0), less(one.1, other.1)));
        match scarcest {
            Some((Some(of_parts), Some(listed))) => {
                let reservable = assembled.reservable.max(0) + of_parts;
                let listed = listed + assembled.reservable.max(0) as u64;
                // What ends or bounds the listing of a kit means all of it, however it is made up.
                let ended = assembled.end_when.is_some_and(|end| reservable <= end as i64);
                let listed = if ended { 0 } else { listed };
                let published = assembled.max_listed.map_or(listed, |most| listed.min(most));
                Offer::Kit { assembled, reservable, published }
            }
            // Every part is without end.
            Some(_) => Offer::Unlimited,
            None => Offer::Units(assembled),
        }
    }

    /// What may be promised. None: there is no end to it.
    pub fn reservable(&self) -> Option<i64> {
        match self {
            Offer::Unlimited => None,
            Offer::Units(terms) => Some(terms.reservable),
            Offer::Kit { reservable, .. } => Some(*reservable),
        }
    }
    /// What is published. None: there is no end to it.
    pub fn published(&self) -> Option<u64> {
        match self {
            Offer::Unlimited => None,
            Offer::Units(terms) => Some(terms.published),
            Offer::Kit { published, .. } => Some(*published),
        }
    }
}

/// The moments that the formula asks for.
struct When {
    /// Whose window is asked for, of an item with capacity.
    slot: Option<Time>,
    now: Time,
    /// Until when supply counts as there, beside what the channel sells ahead.
    by: Time,
}

impl ChannelRules {
    /// For what stands assembled of a kit. It has no oversell: what is not assembled is made of
    /// parts, and these say how far they can be oversold.
    pub fn of_assembled(self) -> ChannelRules {
        ChannelRules { oversell: PLAIN.oversell, ..self }
    }
}

const PLAIN: ChannelRules = ChannelRules {
    share_percent: 100,
    exclusive: false,
    buffer: KeptBack { units: None, percent: None },
    oversell: Oversell { limit: None, ratio: None },
    end_when: None,
    max_listed: None,
    sell_ahead_days: 0,
};

impl Ledger {
    /// Whether any rule could say something about the item.
    fn is_ruled(&self, item: ItemNo) -> bool {
        self.rule_sets(item).iter().any(Option::is_some)
    }

    pub fn shelf_rules(&self, item: ItemNo, location: LocationNo, position: u64) -> ShelfRules {
        let stale = self.staleness(item, location, position);
        let plain = ShelfRules {
            trust_percent: stale.trust_percent,
            stale: stale.buffer,
            ..ShelfRules::PLAIN
        };
        if !self.is_ruled(item) {
            return plain;
        }
        let ruling = self.ruling_at_location(item, location, position);
        // A rule that trusts little is not overruled by fresh numbers, nor a rule by old ones.
        let trusted = ruling.find(|it| it.trust_percent).unwrap_or(100);
        ShelfRules {
            safety: ruling.find(|it| it.safety).unwrap_or(plain.safety),
            trust_percent: trusted.min(plain.trust_percent),
            ..plain
        }
    }

    pub fn channel_rules(
        &self,
        item: ItemNo,
        channel: Option<ChannelNo>,
        position: u64,
    ) -> ChannelRules {
        if !self.is_ruled(item) {
            return PLAIN;
        }
        channel_rules_of(&self.ruling_on_channel(item, channel, position))
    }

    /// When the item counts as low on the channel, if a rule says so.
    pub fn low_stock(&self, item: ItemNo, channel: ChannelNo) -> Option<LowStock> {
        if !self.is_ruled(item) {
            return None;
        }
        self.ruling_on_channel(item, Some(channel), NOW).find(|it| it.low_stock)
    }

    /// Which locations serve the channel for this item, in the order in which they are drawn on.
    pub fn serving(&self, item: ItemNo, channel: ChannelNo, position: u64) -> &[LocationNo] {
        if self.is_ruled(item) {
            let ruling = self.ruling_on_channel(item, Some(channel), position);
            if let Some(named) = ruling.serving() {
                return named;
            }
        }
        let channel = self.channel(channel);
        match position {
            NOW => &channel.locations,
            _ => channel.served.at(position).map_or(&[], |(_, list)| list),
        }
    }

    /// The figures at a location at `now`.
    pub fn shelf(&self, item: ItemNo, location: LocationNo, now: Time) -> Shelf {
        self.shelf_of(item, &self.cell(item, location), now, &Pending::default())
    }

    /// What the location has for sale, whoever asks, once what is pending is claimed.
    pub fn shelf_terms(
        &self,
        item: ItemNo,
        location: LocationNo,
        now: Time,
        pending: &Pending,
    ) -> ShelfTerms {
        let shelf = self.shelf_of(item, &self.cell(item, location), now, pending);
        shelf.terms(&self.shelf_rules(item, location, NOW))
    }

    /// Supply of the item at these locations that counts as there, as of `position`.
    pub fn incoming(
        &self,
        item: ItemNo,
        locations: &[LocationNo],
        until: Time,
        position: u64,
    ) -> i64 {
        let here = self.item(item).expected().iter().filter(|it| locations.contains(&it.location));
        let supply = here.filter_map(|it| it.supply.at(position).map(|(_, supply)| supply));
        let due = supply.filter(|it| it.expected_at <= until);
        due.map(|it| part(it.left as i64, it.confidence)).sum()
    }

    /// The open pools that serve the claimant with this item, first to be drawn on first.
    pub fn pools_for(&self, item: ItemNo, who: &Claimant<'_>, now: Time) -> Vec<PoolNo> {
        let open = self.item(item).pools().iter().copied();
        let mut pools: Vec<PoolNo> =
            open.filter(|it| self.pool(*it).is_open(now) && self.pool(*it).serves(who)).collect();
        pools.sort_by_key(|it| std::cmp::Reverse(self.pool(*it).priority));
        pools
    }

    /// What the pools that serve the claimant hold for it at `now`, less what is pending.
    pub fn own(&self, item: ItemNo, who: &Claimant<'_>, now: Time, pending: &Pending) -> Own {
        let mut own = Own::default();
        if self.item(item).pools().is_empty() {
            return own;
        }
        for number in self.pools_for(item, who, now) {
            own.any = true;
            own.owed += self.owed_by(number, item, now, pending);
            own.units += self.own_in(number, item, now) - pending.of_pool(item, number) as i64;
            own.released += self.pool(number).released(item, now) as i64;
            own.only |= self.pool(number).draw == PoolDraw::Only;
        }
        own
    }

    /// Units of one pool that can be drawn at `now`: what holds past their end give back included.
    /// Below zero where more was drawn than released.
    pub fn own_in(&self, number: PoolNo, item: ItemNo, now: Time) -> i64 {
        let back = self.given_back_to(item, now, |it| it.origin == Origin::Pool(number));
        self.pool(number).own(item, now, back)
    }

    /// The window's shelf of a capacity item: what is taken of it counts as committed.
    fn window_shelf(&self, item: ItemNo, at: Time, now: Time, pending: &Pending) -> Option<Shelf> {
        let Mode::Capacity(capacity) = self.item(item).mode() else { return None };
        // A zone is checked when it is set; a moment outside the calendar has no capacity.
        let Some(window) = capacity.window_of(at) else { return Some(Shelf::default()) };
        let window = window.minutes();
        let taken = self.taken_of_window(item, window, now) + pending.of_window(item, window);
        let (sellable, committed) = (capacity.limit as i64, taken as i64);
        Some(Shelf { sellable, committed, ..Shelf::default() })
    }

    /// What there is of an item for a claimant at `now`. `slot`: the moment whose window is asked
    /// for, of an item with capacity; else that is now.
    pub fn offer(&self, item: ItemNo, who: &Claimant<'_>, slot: Option<Time>, now: Time) -> Offer {
        match self.item(item).recipe() {
            Some(recipe) => self.kit_offer(item, recipe, who, slot, now),
            None => self.plain_offer(item, who, slot, now),
        }
    }

    /// As [`Ledger::offer`], of an item as it is: of a kit what is assembled.
    pub fn plain_offer(
        &self,
        item: ItemNo,
        who: &Claimant<'_>,
        slot: Option<Time>,
        now: Time,
    ) -> Offer {
        match self.item(item).mode() {
            Mode::Unlimited => Offer::Unlimited,
            Mode::Finite | Mode::Capacity(_) => {
                Offer::Units(self.terms(item, who, slot, now, &Pending::default()))
            }
        }
    }

    /// The terms of an item, once what is pending is claimed.
    pub fn terms(
        &self,
        item: ItemNo,
        who: &Claimant<'_>,
        slot: Option<Time>,
        now: Time,
        pending: &Pending,
    ) -> Terms {
        let rules = self.channel_rules(item, who.channel, NOW);
        self.terms_with(&rules, item, who, &When { slot, now, by: Time(0) }, pending)
    }

    /// As [`Ledger::terms`], once everything has arrived that is expected until `by`: beside what
    /// the channel sells ahead. Of a kit the terms of what stands assembled.
    pub fn terms_by(&self, item: ItemNo, who: &Claimant<'_>, now: Time, by: Time) -> Terms {
        let rules = self.channel_rules(item, who.channel, NOW);
        let is_kit = self.item(item).recipe().is_some();
        let rules = if is_kit { rules.of_assembled() } else { rules };
        self.terms_with(&rules, item, who, &When { slot: None, now, by }, &Pending::default())
    }

    /// The terms of what stands assembled of a kit.
    pub fn assembled(&self, item: ItemNo, who: &Claimant<'_>, now: Time) -> Terms {
        let rules = self.channel_rules(item, who.channel, NOW).of_assembled();
        let when = When { slot: None, now, by: Time(0) };
        self.terms_with(&rules, item, who, &when, &Pending::default())
    }

    fn terms_with(
        &self,
        rules: &ChannelRules,
        item: ItemNo,
        who: &Claimant<'_>,
        &When { slot, now, by }: &When,
        pending: &Pending,
    ) -> Terms {
        let mut sum = Sum::default();
        if let Some(window) = self.window_shelf(item, slot.unwrap_or(now), now, pending) {
            sum.add(&window.terms(&ShelfRules::PLAIN));
            return sum.terms(rules, Own::default());
        }
        let locations = who.channel.map_or(&[][..], |it| self.serving(item, it, NOW));
        for location in locations {
            sum.add(&self.shelf_terms(item, *location, now, pending));
        }
        let ahead = match rules.sell_ahead_days {
            0 => Time(0),
            days => now.plus_seconds(days.saturating_mul(86_400)),
        };
        let until = ahead.max(by);
        if until > Time(0) {
            sum.incoming = self.incoming(item, locations, until, NOW);
        }
        sum.terms(rules, self.own(item, who, now, pending))
    }

    /// A kit has what stands assembled, and as many as the part that is scarcest makes by its own final
    /// figures.
    fn kit_offer(
        &self,
        item: ItemNo,
        recipe: &Recipe,
        who: &Claimant<'_>,
        slot: Option<Time>,
        now: Time,
    ) -> Offer {
        let assembled = self.assembled(item, who, now);
        let parts = recipe.parts.iter().map(|(part, need)| {
            let offer = self.plain_offer(*part, who, slot, now);
            (offer.reservable(), offer.published(), *need)
        });
        Offer::of_kit(assembled, parts)
    }
}

/// The smaller number; none is without end.
fn less<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn channel_rules_of(ruling: &Ruling<'_>) -> ChannelRules {
    ChannelRules {
        share_percent: ruling.find(|it| it.share_percent).unwrap_or(PLAIN.share_percent),
        exclusive: ruling.find(|it| it.exclusive).unwrap_or(PLAIN.exclusive),
        buffer: ruling.find(|it| it.buffer).unwrap_or(PLAIN.buffer),
        oversell: ruling.find(|it| it.oversell).unwrap_or(PLAIN.oversell),
        end_when: ruling.find(|it| it.end_when),
        max_listed: ruling.find(|it| it.max_listed),
        sell_ahead_days: ruling.find(|it| it.sell_ahead_days).unwrap_or(PLAIN.sell_ahead_days),
    }
}
