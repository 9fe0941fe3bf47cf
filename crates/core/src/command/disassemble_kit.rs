//! Disassemble kits: kits on the shelf become parts on the shelf.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Disassemble kits. */
DisassembleKit {
    pub sku: Sku,
    pub location: LocationId,
    pub quantity: Quantity,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &DisassembleKit,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
