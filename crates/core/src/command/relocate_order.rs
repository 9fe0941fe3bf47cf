//! Relocate an order: what is committed will be shipped from elsewhere.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Relocate an order or a part of it. */
RelocateOrder {
    pub order: OrderId,
    pub lines: Vec<RelocateLine>,
});

args!(/** A line to relocate. Without a quantity all of it; without `from` from wherever it is committed. */
RelocateLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
    #[serde(default)]
    pub from: Option<LocationId>,
    pub to: LocationId,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &RelocateOrder,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
