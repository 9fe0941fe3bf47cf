//! Merge two items into one: units and claims move, history stays.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Merge an item into another. */
MergeItems {
    /// Ceases to be an item of its own.
    pub sku: Sku,
    pub into: Sku,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &MergeItems,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
