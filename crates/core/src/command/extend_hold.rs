//! Extend a hold: a live hold ends later.

use super::hold_stock::check_expires_in;
use super::prelude::*;

args!(/** Extend a hold. */
ExtendHold {
    pub hold: HoldId,
    /// Seconds from now; 1 to 31,536,000. A hold is never shortened.
    pub expires_in: u64,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &ExtendHold,
) -> Result<Decision, Rejection> {
    check_expires_in(command.expires_in)?;
    let hold = ledger.live_hold(&command.hold, now)?;
    let expires_at = hold.expires_at.max(now.plus_seconds(command.expires_in));
    let fact = Fact::HoldExtended(HoldExtended { hold: command.hold.clone(), expires_at });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}
