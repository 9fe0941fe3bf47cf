//! Confirm a handover: what the supplier will ship, and what it does not have.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Confirm a handover. What is not named the supplier confirms in full. */
ConfirmHandover {
    pub supplier: SupplierId,
    pub handover: Label,
    #[serde(default)]
    pub short: Vec<ShortageLine>,
    /// As the supplier's terms say, if not given.
    #[serde(default)]
    pub on_shortage: Option<OnShortage>,
});

args!(/** Units of an order line that the supplier does not have. */
ShortageLine {
    pub order: OrderId,
    pub r#ref: LineRef,
    pub short: Quantity,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ConfirmHandover,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
