//! Set how an item is counted: by its units, not at all, or by what a span of time can take.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Set how an item is counted. */
SetMode {
    pub sku: Sku,
    pub mode: Mode,
    /// What lies where, when counting by units begins: every location that is not named is empty.
    #[serde(default)]
    pub counts: Option<Vec<ModeCount>>,
});

args!(/** What was seen of the item at one location. */
ModeCount {
    pub location: LocationId,
    pub quantity: u64,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &SetMode,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
