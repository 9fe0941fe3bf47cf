//! Damage stock: goods are found or made unfit for sale.

use super::prelude::*;

args!(/** Damage stock. */
DamageStock {
    pub location: LocationId,
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** Units in a condition; `sellable` unless said otherwise. */
ConditionLine {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub condition: Option<Condition>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &DamageStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
