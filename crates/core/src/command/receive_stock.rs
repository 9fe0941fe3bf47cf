//! Receive stock: goods arrive from a supplier, or are there when the book is opened.

use super::prelude::*;

args!(/** Receive stock. */
ReceiveStock {
    pub location: LocationId,
    pub lines: Vec<ReceiveLine>,
    #[serde(default)]
    pub to: ReceiveTo,
    /// `opening` for what was there when the book began.
    #[serde(default)]
    pub from: ReceiveFrom,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// The inbound shipment it belongs to.
    #[serde(default)]
    pub inbound: Option<Label>,
});

args!(/** One received item. `unit_cost` in minor units of the supplier's currency. */
ReceiveLine {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub lot: Option<Label>,
    #[serde(default)]
    pub unit_cost: Option<u64>,
});

/// Where received goods land.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiveTo {
    #[default]
    Sellable,
    QualityControl,
}

/// Which external account received goods come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiveFrom {
    #[default]
    Supplier,
    Opening,
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReceiveStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
