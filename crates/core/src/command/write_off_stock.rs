//! Write off stock: goods are gone for good: scrapped, stolen, given away.

use super::lines::{check_reason, leave_condition};
use super::prelude::*;

args!(/** Write off stock. */
WriteOffStock {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &WriteOffStock,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let WriteOffStock { location, lines, reason } = command;
    let movements = leave_condition(ledger, location, lines, Condition::Damaged, &Account::Loss)?;
    let fact = Fact::StockWrittenOff(StockWrittenOff {
        location: location.clone(),
        reason: reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}
