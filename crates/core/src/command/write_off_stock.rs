//! Write off stock: goods are gone for good: scrapped, stolen, given away.

use super::prelude::*;

args!(/** Write off stock. */
WriteOffStock {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &WriteOffStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
