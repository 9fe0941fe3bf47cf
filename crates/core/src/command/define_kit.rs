//! Define a kit: what it is made of from now on. Claims made before keep their recipe.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Define a kit. */
DefineKit {
    pub sku: Sku,
    pub parts: Vec<KitPartUnits>,
});

args!(/** One part, and how many of it a kit needs. */
KitPartUnits {
    pub sku: Sku,
    pub quantity: Quantity,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &DefineKit,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
