//! Facts about suppliers: who they are, what their codes mean, how their numbers come.
//!
//! Every type here is stored for ever: add variants and optional fields, never change one.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::fact::is_zero_u64;
use crate::{
    Basis, FeedId, KeptBack, Label, LineRef, LocationId, Note, OrderId, Quantity, Sku, Split,
    SupplierId, Time, TimeOfDay,
};

/// What happens to orders that a supplier says it cannot serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnShortage {
    /// They stay committed; somebody decides.
    #[default]
    Keep,
    /// The units that are short are cancelled.
    Cancel,
    /// They are committed elsewhere where the channel has free units; what finds none stays.
    Reroute,
}

fact!(/** Who a supplier is and how it works with us, from now on; what is left out is not known. */
SupplierSet {
    supplier: SupplierId,
    #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] contact: Option<Note>,
    /** IANA name; UTC if not given. */
    #[serde(default, skip_serializing_if = "Option::is_none")] time_zone: Option<Label>,
    /** When the day's orders are handed over, by its clocks. */
    #[serde(default, skip_serializing_if = "Option::is_none")] cut_off: Option<TimeOfDay>,
    /** Within how many minutes after it the supplier is to confirm. */
    #[serde(default, skip_serializing_if = "Option::is_none")] confirm_within: Option<u64>,
    #[serde(default)] on_shortage: OnShortage,
});
fact!(/** What one code of the supplier means. No `sku`: it means nothing any more. */
MappedLine {
    supplier_sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")] sku: Option<Sku>,
    /** Units of ours in one of theirs. */
    #[serde(default = "one", skip_serializing_if = "is_one")] pack: Quantity,
    /** Of one unit of ours, in minor currency units. */
    #[serde(default, skip_serializing_if = "Option::is_none")] unit_cost: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")] valid_from: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")] valid_until: Option<Time>,
});
fact!(/** Codes of a supplier mean these items. `settled`: discrepancies about unknown codes that this ends. */
SupplierSkuMapped {
    supplier: SupplierId,
    lines: Vec<MappedLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] settled: Vec<u64>,
});

fn one() -> Quantity {
    Quantity::ONE
}

fn is_one(quantity: &Quantity) -> bool {
    *quantity == Quantity::ONE
}

fact!(/** What a number is worth once it is so old. What is not said is as in the step before. */
LadderStep {
    after_minutes: u64,
    /** Part of the number that is still believed; 0: nothing is sold. */
    #[serde(default, skip_serializing_if = "Option::is_none")] trust_percent: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")] buffer: Option<KeptBack>,
});
fact!(/** Items that are asked for equally often, and what becomes of their numbers with age. */
TierTerms {
    tier: Label,
    /** How often a number is to come. */
    every_minutes: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] ladder: Vec<LadderStep>,
});
fact!(/** What makes a snapshot suspicious. What is not said is not checked. */
#[derive(Default)]
Breakers {
    /** Part of the items that had stock and drop to zero at once. */
    #[serde(default, skip_serializing_if = "Option::is_none")] to_zero_percent: Option<u64>,
    /** Part of the items said before that a complete snapshot leaves out. */
    #[serde(default, skip_serializing_if = "Option::is_none")] missing_percent: Option<u64>,
    /** By how much the sum of all units may change. */
    #[serde(default, skip_serializing_if = "Option::is_none")] change_percent: Option<u64>,
    /** Largest number that is believed. */
    #[serde(default, skip_serializing_if = "Option::is_none")] quantity_max: Option<u64>,
});
fact!(/** Which differences settle themselves: theirs is counted. All that is said must hold. */
#[derive(Default)]
Tolerance {
    #[serde(default, skip_serializing_if = "Option::is_none")] units: Option<u64>,
    /** Of the book's number. */
    #[serde(default, skip_serializing_if = "Option::is_none")] percent: Option<u64>,
    /** Units times unit cost, in minor currency units; an item without a cost does not settle. */
    #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<u64>,
    /** Most units that settle themselves in one UTC day. */
    #[serde(default, skip_serializing_if = "Option::is_none")] daily_units: Option<u64>,
    /** Numbers below ours settle at once, whatever they are. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] lower: bool,
    /** The first number of an item settles at once: it is how the book begins. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] first: bool,
});
impl Tolerance {
    /// Whether a difference is too small to bother anybody: all that is said must hold, and where
    /// nothing is said, none is. `percent` is of the book's number, whatever its sign, rounded
    /// down; `unit_cost` in minor currency units. `lower` and `first` are the caller's to ask.
    pub fn allows(&self, theirs: i64, ours: i64, unit_cost: Option<u64>) -> bool {
        let apart = u128::from(theirs.abs_diff(ours));
        let book = u128::from(ours.unsigned_abs());
        let cost = unit_cost.map(u128::from);
        let within = [
            self.units.map(|most| apart <= u128::from(most)),
            self.percent.map(|most| apart <= book * u128::from(most) / 100),
            self.value.map(|most| cost.is_some_and(|it| apart * it <= u128::from(most))),
        ];
        let mut said = within.into_iter().flatten().peekable();
        said.peek().is_some() && said.all(|it| it)
    }
}

fact!(/** Where a feed's numbers are fetched. One of `url` and `directory`. */
Pull {
    #[serde(default, skip_serializing_if = "Option::is_none")] url: Option<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")] directory: Option<Note>,
});
fact!(/** How the numbers of one location of a supplier come and what they are worth. */
FeedTerms {
    #[serde(default)] basis: Basis,
    /** A partial snapshot vouches for all that it leaves out: the feed sends changes only. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] changes_only: bool,
    /** After so many complete snapshots without it an item counts as zero. */
    missing_after: u64,
    /** The first is that of items that were assigned to none. */
    tiers: Vec<TierTerms>,
    #[serde(default)] breakers: Breakers,
    #[serde(default)] tolerance: Tolerance,
    /** TOML: how to read its files. */
    #[serde(default, skip_serializing_if = "Option::is_none")] profile: Option<SmolStr>,
    #[serde(default, skip_serializing_if = "Option::is_none")] pull: Option<Pull>,
});
fact!(/** A feed works so from now on. */
FeedSet { feed: FeedId, supplier: SupplierId, location: LocationId, terms: Box<FeedTerms> });
fact!(/** An item of the feed belongs to the tier. */
TierLine { sku: Sku, tier: Label });
fact!(/** Items belong to these tiers from now on. */
TierAssigned { feed: FeedId, lines: Vec<TierLine> });
fact!(/** Numbers of the tier are so old that the ladder's step applies; counted from 1. */
FeedStepped { feed: FeedId, tier: Label, step: u64 });

fact!(/** Units of one order line that a supplier is to ship. */
HandedLine {
    order: OrderId,
    r#ref: LineRef,
    sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier_sku: Option<Sku>,
    location: LocationId,
    quantity: Quantity,
});
fact!(/** A supplier got the orders that came up to its cut-off. */
OrdersHandedOver {
    supplier: SupplierId,
    handover: Label,
    cut_off: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")] confirm_by: Option<Time>,
    lines: Vec<HandedLine>,
    /** Too many for one entry: the rest follows under a name of its own. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] more: bool,
});
fact!(/** Units of an order line that the supplier does not have, and what became of them. */
ShortLine {
    order: OrderId,
    r#ref: LineRef,
    sku: Sku,
    short: Quantity,
    action: OnShortage,
    /** Claims that are given up. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] from: Vec<Split>,
    /** Claims in their place. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] to: Vec<Split>,
});
fact!(/** The supplier said what it will ship; what it did not name it confirmed. */
HandoverConfirmed {
    supplier: SupplierId,
    handover: Label,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] late: bool,
    #[serde(default, skip_serializing_if = "is_zero_u64")] confirmed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] short: Vec<ShortLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] found: Vec<crate::Difference>,
});
fact!(/** The supplier's time to confirm is over. */
HandoverMissed { supplier: SupplierId, handover: Label });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_within_tolerance_if_all_that_is_said_holds() {
        let units = Tolerance { units: Some(2), ..Tolerance::default() };
        let percent = Tolerance { percent: Some(10), ..Tolerance::default() };
        let value = Tolerance { value: Some(500), ..Tolerance::default() };
        let both = Tolerance { units: Some(2), percent: Some(10), ..Tolerance::default() };
        let silent = Tolerance { lower: true, first: true, ..Tolerance::default() };
        for (tolerance, theirs, ours, cost, allowed) in [
            (&units, 8, 10, None, true),
            (&units, 7, 10, None, false),
            (&percent, 20, 19, None, true),
            (&percent, 20, 22, None, true),
            (&percent, 16, 19, None, false),
            (&percent, 0, -9, None, false),
            (&percent, -9, -10, None, true),
            (&value, 8, 10, Some(250), true),
            (&value, 8, 10, Some(251), false),
            (&value, 9, 10, None, false),
            (&both, 9, 10, None, true),
            (&both, 97, 100, None, false),
            (&both, 7, 8, None, false),
            (&silent, 9, 10, Some(1), false),
            (&units, i64::MAX, i64::MIN, None, false),
        ] {
            assert_eq!(tolerance.allows(theirs, ours, cost), allowed, "{theirs} for {ours}");
        }
    }
}
