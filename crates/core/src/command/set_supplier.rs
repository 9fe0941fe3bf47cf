//! Set a supplier: who it is, how its day runs, what it confirms.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Set a supplier. What is left out is not known any more. */
SetSupplier {
    pub supplier: SupplierId,
    #[serde(default)]
    pub name: Option<Label>,
    /// How to reach it: an address, a telephone number, a person.
    #[serde(default)]
    pub contact: Option<Note>,
    /// IANA name; UTC if not given.
    #[serde(default)]
    pub time_zone: Option<Label>,
    /// When the day's orders are handed over, by its clocks.
    #[serde(default)]
    pub cut_off: Option<TimeOfDay>,
    /// Minutes after the cut-off within which it is to confirm.
    #[serde(default)]
    pub confirm_within: Option<u64>,
    /// What happens to orders that it cannot serve.
    #[serde(default)]
    pub on_shortage: OnShortage,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &SetSupplier,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
