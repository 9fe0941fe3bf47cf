//! Rules of selling: what a policy may say, and about what.
//!
//! Stored for ever as part of entries: add fields, never change one.

use serde::{Deserialize, Serialize};

use crate::{ChannelId, Condition, Label, LocationId, Sku, SupplierId};

/// What a policy is about: nothing named is the whole ledger. At most one of `sku` and `category`,
/// and at most one of `channel`, `location` and `supplier`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<SupplierId>,
}

/// Units kept back from sale: the larger of both. The percentage is of what is sellable, rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptBack {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
}

impl KeptBack {
    /// Units kept back of `sellable`.
    pub fn of(&self, sellable: i64) -> i64 {
        let units = self.units.unwrap_or(0) as i64;
        let part = self.percent.unwrap_or(0) as i128 * i128::from(sellable.max(0));
        units.max(((part + 99) / 100) as i64)
    }
}

/// Units that may be promised beyond what is there: the smaller of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oversell {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Percent of what is sellable that may be promised in all, from 100: 105 is 5 % more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<u64>,
}

impl Oversell {
    /// Units beyond `sellable`, rounded down.
    pub fn of(&self, sellable: i64) -> i64 {
        let more = self.ratio.map(|ratio| {
            let part = i128::from(ratio.saturating_sub(100)) * i128::from(sellable.max(0));
            (part / 100) as i64
        });
        match (self.limit.map(|it| it as i64), more) {
            (Some(limit), Some(more)) => limit.min(more),
            (Some(units), None) | (None, Some(units)) => units,
            (None, None) => 0,
        }
    }
}

/// When an item runs low on a channel: at `at` units or fewer; not any more from `clear` units on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowStock {
    pub at: u64,
    /// Above `at`: so much more must be there before it counts as back. `at + 1` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<u64>,
}

impl LowStock {
    pub fn clears_at(&self) -> u64 {
        self.clear.unwrap_or(self.at + 1)
    }
}

/// How locations are chosen for lines that name none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    #[serde(default)]
    pub by: RouteBy,
    #[serde(default)]
    pub split: RouteSplit,
}

/// Which location comes first. What is equal keeps the order of the channel's locations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteBy {
    /// In the order of the channel's locations.
    #[default]
    Priority,
    /// Where most is free.
    HighestStock,
    /// Where `cost` is least; locations without a cost last.
    Cost,
    /// Where the destination's region stands first in `regions`; locations that do not list it last.
    Nearest,
}

/// Over how many locations an order may be spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteSplit {
    /// Each line by itself: from one location that has all of it, else from as many as it takes.
    #[default]
    Allowed,
    /// All lines together from as few locations as can be found.
    Fewest,
    /// All lines from one location, or not at all.
    Never,
}

/// Declares what a rule may say, with a name and a number for each part.
macro_rules! dimensions {
    ($($(#[doc = $doc:literal])* $field:ident: $type:ty, $variant:ident on $axis:ident;)*) => {
        /// What one scope says. A dimension that is not set leaves it to the next scope.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Rule {
            $($(#[doc = $doc])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,)*
        }

        /// One thing a rule may say. Exactly one rule applies per dimension.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Dimension { $($variant,)* }

        impl Dimension {
            pub const ALL: &[Dimension] = &[$(Dimension::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Dimension::$variant => stringify!($field),)* }
            }
            /// Where it is looked for: at the channel that sells, or at the location that has.
            pub fn axis(self) -> Axis {
                match self { $(Dimension::$variant => Axis::$axis,)* }
            }
        }

        impl Rule {
            /// Whether the rule says anything about a dimension.
            pub fn has(&self, dimension: Dimension) -> bool {
                match dimension { $(Dimension::$variant => self.$field.is_some(),)* }
            }
            pub fn clear(&mut self, dimension: Dimension) {
                match dimension { $(Dimension::$variant => self.$field = None,)* }
            }
            /// Says what `newer` says, and what it said before where that is silent.
            pub fn overlay(&mut self, newer: &Rule) {
                $(if newer.$field.is_some() { self.$field.clone_from(&newer.$field); })*
            }
        }
    };
}

/// Which end of a sale a dimension belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    Channel,
    Location,
}

dimensions! {
    /// Kept back from the channel's share.
    buffer: KeptBack, Buffer on Channel;
    /// The channel's part of the shared stock in percent, rounded down; 100 if nothing says otherwise.
    share_percent: u64, SharePercent on Channel;
    /// The channel sells from its pools only.
    exclusive: bool, Exclusive on Channel;
    /// May be promised beyond what is there.
    oversell: Oversell, Oversell on Channel;
    /// Most that is published.
    max_listed: u64, MaxListed on Channel;
    /// Nothing is published when the share has come down to this.
    end_when: u64, EndWhen on Channel;
    /// Which locations serve the channel, in the order in which they are drawn on.
    locations: Vec<LocationId>, Locations on Channel;
    /// How long a hold lasts that does not say so itself.
    hold_seconds: u64, HoldSeconds on Channel;
    /// Sells what is expected within so many days; 0 sells nothing ahead.
    sell_ahead_days: u64, SellAheadDays on Channel;
    /// When a notice says that stock runs low.
    low_stock: LowStock, LowStock on Channel;
    /// How locations are chosen.
    routing: Routing, Routing on Channel;
    /// Kept back from every channel at the location.
    safety: KeptBack, Safety on Location;
    /// How much of what is said to be there is believed, in percent, rounded down.
    trust_percent: u64, TrustPercent on Location;
    /// What a unit costs from there, in minor units of one currency.
    cost: u64, Cost on Location;
    /// Regions that are near, the nearest first.
    regions: Vec<Label>, Regions on Location;
    /// Where returned goods land that do not say so themselves.
    return_to: Condition, ReturnTo on Location;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_back_rounds_up_and_oversell_rounds_down() {
        let kept = KeptBack { units: Some(2), percent: Some(20) };
        assert_eq!([0, 4, 10, 11, 100].map(|it| kept.of(it)), [2, 2, 2, 3, 20]);
        let oversell = Oversell { limit: None, ratio: Some(105) };
        assert_eq!([-5, 0, 19, 20, 100].map(|it| oversell.of(it)), [0, 0, 0, 1, 5]);
        assert_eq!(Oversell { limit: Some(3), ..oversell }.of(100), 3);
        assert_eq!(Oversell::default().of(100), 0);
    }
}
