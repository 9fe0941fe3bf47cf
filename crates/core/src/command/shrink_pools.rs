//! Shrink pools: issued by the writer itself when stock fell below what they hold.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Shrink the pools that stock fell below. */
ShrinkPools {});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ShrinkPools,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
