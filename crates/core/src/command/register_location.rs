//! Register a location: goods can lie there from now on.

use super::prelude::*;

args!(/** Register a location. */
RegisterLocation {
    pub location: LocationId,
    #[serde(default)]
    pub name: Option<Label>,
    #[serde(default)]
    pub kind: LocationKind,
    /// Whose warehouse it is, if `kind` is `supplier`.
    #[serde(default)]
    pub supplier: Option<SupplierId>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &RegisterLocation) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
