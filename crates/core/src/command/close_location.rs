//! Close a location: it must be empty and stays in the history.

use super::prelude::*;

args!(/** Close a location. */
CloseLocation {
    pub location: LocationId,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &CloseLocation) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
