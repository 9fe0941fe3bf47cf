//! Miss a handover: issued by the writer itself when the time to confirm is over.

use super::confirm_handover::known_handover;
use super::lines::contradiction;
use super::prelude::*;

args!(/** The time to confirm is over. */
MissHandover {
    pub supplier: SupplierId,
    pub handover: Label,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &MissHandover,
) -> Result<Decision, Rejection> {
    let handover = known_handover(ledger, &command.supplier, &command.handover)?;
    match handover.state {
        HandoverState::Confirmed { position, .. } => {
            return Err(Rejection::HandoverAlreadyConfirmed {
                supplier: command.supplier.clone(),
                handover: command.handover.clone(),
                position,
            });
        }
        HandoverState::Missed(_) => {
            return Err(contradiction("handover", "is missed already"));
        }
        HandoverState::Waiting => {}
    }
    if handover.told.confirm_by.is_none_or(|it| now < it) {
        return Err(contradiction("handover", "has time to be confirmed"));
    }
    let fact = Fact::HandoverMissed(HandoverMissed {
        supplier: command.supplier.clone(),
        handover: command.handover.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_handover_is_missed_when_its_time_is_over_and_confirmed_late_all_the_same() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","confirm_within":2}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:2@D
            hand_over_orders S handover=H1
            @119 due
            miss_handover S handover=H1
            @120 due
            handover S H1
            due
            miss_handover S handover=H1
            confirm_handover S handover=H1
            handover S H1
            miss_handover S handover=H1
            miss_handover S handover=H2
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +2
                10 orders_handed_over: H1 at 0s confirm by 120s | O1 1 W:2@D
                nothing is due
                rejected contradiction field=handover message=has time to be confirmed
                11 handover_missed: H1
                H1 missed at 11 | O1 1 W:2@D
                nothing is due
                rejected contradiction field=handover message=is missed already
                12 handover_confirmed: confirmed 2 late
                H1 confirmed at 12 late | O1 1 W:2@D
                rejected handover_already_confirmed handover=H1 position=12 supplier=S
                rejected unknown_handover handover=H2 supplier=S
            "#]],
        );
    }

    #[test]
    fn what_needs_no_confirmation_or_has_it_is_not_missed() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:2@D
            hand_over_orders S handover=H1
            fact {"supplier_set":{"supplier":"S","confirm_within":2}}
            hand_over_orders S handover=H2
            commit_order O2 W:2@D
            hand_over_orders S handover=H3
            @120 confirm_handover S handover=H3
            @500000 due
            miss_handover S handover=H1
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +2
                10 orders_handed_over: H1 at 0s | O1 1 W:2@D
                11 supplier_set:
                12 orders_handed_over: H2 at 0s | nothing
                13 order_committed: W@D committed +2
                14 orders_handed_over: H3 at 0s confirm by 120s | O2 1 W:2@D
                15 handover_confirmed: confirmed 2
                nothing is due
                rejected contradiction field=handover message=has time to be confirmed
            "#]],
        );
    }
}
