//! Expire a hold: issued by the writer itself when a hold is past its end.

use super::prelude::*;

args!(/** Expire a hold. */
ExpireHold {
    pub hold: HoldId,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ExpireHold) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
