//! Extend a hold: a live hold ends later.

use super::prelude::*;

args!(/** Extend a hold. */
ExtendHold {
    pub hold: HoldId,
    /// Seconds from now; 1 to 31,536,000. A hold is never shortened.
    pub expires_in: u64,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ExtendHold) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
