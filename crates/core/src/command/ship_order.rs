//! Ship an order or a part of it: goods leave for the customer. A fact, also when nothing was committed.

use super::prelude::*;

args!(/** Ship an order or a part of it. */
ShipOrder {
    pub order: OrderId,
    /// Where from, for lines that do not say so themselves. Without it: where they are committed.
    #[serde(default)]
    pub location: Option<LocationId>,
    /// Without lines all that is still committed.
    #[serde(default)]
    pub lines: Vec<ShipLine>,
    /// Refuse instead of recording when the shelf is short by the book.
    #[serde(default)]
    pub refuse_if_short: bool,
});

args!(/** A shipped line. `sku` is needed only where the order or line is not known yet. */
ShipLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
    #[serde(default)]
    pub sku: Option<Sku>,
    #[serde(default)]
    pub location: Option<LocationId>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ShipOrder) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
