//! Assemble kits: parts on the shelf become kits on the shelf.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Assemble kits. */
AssembleKit {
    pub sku: Sku,
    pub location: LocationId,
    pub quantity: Quantity,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &AssembleKit,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
