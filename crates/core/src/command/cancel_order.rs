//! Cancel an order or a part of it: what is still committed is free again, never more.

use super::prelude::*;

args!(/** Cancel an order or a part of it. */
CancelOrder {
    pub order: OrderId,
    /// Without lines all that is still committed.
    #[serde(default)]
    pub lines: Vec<CancelLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A line, or a part of it, to cancel. Without a quantity all that is still committed. */
CancelLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &CancelOrder) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
