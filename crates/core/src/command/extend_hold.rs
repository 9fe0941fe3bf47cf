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
    check_expires_in("expires_in", command.expires_in)?;
    let hold = ledger.live_hold(&command.hold, now)?;
    let expires_at = hold.expires_at.max(now.plus_seconds(command.expires_in));
    let fact = Fact::HoldExtended(HoldExtended { hold: command.hold.clone(), expires_at });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r4_a_live_hold_ends_later_and_never_sooner() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:1@A expires_in=60
            @20 extend_hold H1 expires_in=10
            extend_hold H1 expires_in=100
            hold H1
            @120 extend_hold H1 expires_in=10
            expire_hold H1
            extend_hold H1 expires_in=10
            extend_hold H2 expires_in=10
            extend_hold H2 expires_in=0
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +1; until 70s
                8 hold_extended: until 70s
                9 hold_extended: until 120s
                H1 live Live until 120s | 1 W 1
                rejected hold_expired expired_at=120s hold=H1 lines=
                10 hold_expired: W@A held -1
                rejected hold_expired expired_at=120s hold=H1 lines=
                rejected unknown_hold hold=H2
                rejected contradiction field=expires_in message=must be from 1 to 31536000 seconds
            "#]],
        );
    }
}
