//! Expire a hold: issued by the writer itself when a hold is past its end.

use super::lines::contradiction;
use super::prelude::*;
use super::release_hold::all_that_is_held;

args!(/** Expire a hold. */
ExpireHold {
    pub hold: HoldId,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &ExpireHold,
) -> Result<Decision, Rejection> {
    let id = &command.hold;
    let hold = ledger.hold(id).ok_or_else(|| Rejection::UnknownHold { hold: id.clone() })?;
    if hold.state != HoldState::Live {
        ledger.live_hold(id, now)?;
    }
    if hold.is_live(now) {
        return Err(contradiction("hold", "has not come to its end yet"));
    }
    let lines = all_that_is_held(ledger, hold);
    let fact = Fact::HoldExpired(HoldExpired { hold: id.clone(), lines });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}
