//! Return stock to its supplier.

use super::lines::{check_reason, leave_condition};
use super::prelude::*;

args!(/** Return stock to its supplier. */
ReturnToSupplier {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReturnToSupplier,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let ReturnToSupplier { location, lines, supplier, reason } = command;
    let outside = Account::Supplier;
    let movements = leave_condition(ledger, location, lines, Condition::Damaged, &outside)?;
    let fact = Fact::StockReturnedToSupplier(StockReturnedToSupplier {
        location: location.clone(),
        supplier: supplier.clone(),
        reason: reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}
