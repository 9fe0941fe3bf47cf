//! Damage stock: goods are found or made unfit for sale.

use super::lines::{check_reason, leave_condition, shelf};
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

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &DamageStock,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let DamageStock { location, lines, reason } = command;
    let damaged = shelf(location, Condition::Damaged);
    let movements = leave_condition(ledger, location, lines, Condition::Sellable, &damaged)?;
    let fact =
        Fact::StockDamaged(StockDamaged { location: location.clone(), reason: reason.clone() });
    Ok(Decision { fact, movements, flags: Vec::new() })
}
