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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r4_the_expiry_of_a_hold_is_recorded_once() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:4@A expires_in=60
            release_hold H1 1:1
            @69 expire_hold H1
            @70 stock W@A
            expire_hold H1
            stock W@A
            expire_hold H1
            expire_hold H2
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                8 hold_released: W@A held -1
                rejected contradiction field=hold message=has not come to its end yet
                W@A sellable 5 free 5
                9 hold_expired: W@A held -3
                W@A sellable 5 free 5
                rejected hold_expired expired_at=70s hold=H1 lines=
                rejected unknown_hold hold=H2
            "#]],
        );
    }
}
