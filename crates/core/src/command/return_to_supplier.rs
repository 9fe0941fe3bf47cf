//! Return stock to its supplier.

use super::prelude::*;

args!(/** Return stock to its supplier.. */
ReturnToSupplier {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReturnToSupplier) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
