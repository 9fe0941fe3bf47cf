//! Register an item: from now on its SKU can be moved and sold.

use super::prelude::*;

args!(/** Register an item. */
RegisterItem {
    pub sku: Sku,
    #[serde(default)]
    pub aliases: Vec<Sku>,
    #[serde(default)]
    pub name: Option<Label>,
    #[serde(default)]
    pub category: Option<Label>,
    /// Decimals that one base unit stands for: 3 for grams of an item sold in kilograms. At most 6.
    #[serde(default)]
    pub scale: u8,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &RegisterItem) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
