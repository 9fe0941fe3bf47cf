//! Return stock: goods come back from a customer, linked to an order line or not.

use super::prelude::*;

args!(/** Return stock. */
ReturnStock {
    #[serde(default)]
    pub order: Option<OrderId>,
    pub location: LocationId,
    pub lines: Vec<ReturnLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A returned line: `ref` of the order, or `sku` where it is not known. */
ReturnLine {
    #[serde(default)]
    pub r#ref: Option<LineRef>,
    #[serde(default)]
    pub sku: Option<Sku>,
    pub quantity: Quantity,
    /// Where it lands; quality control unless said otherwise.
    #[serde(default)]
    pub condition: Option<Condition>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReturnStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
