//! Step a feed's tier down its ladder: issued by the writer itself when numbers came of age.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Step a tier down. */
StepFeed {
    pub feed: FeedId,
    pub tier: Label,
    /// Counted from 1.
    pub step: u64,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &StepFeed,
) -> Result<Decision, Rejection> {
    let (feed, tier) = (command.feed.clone(), command.tier.clone());
    let known = ledger.feed(ledger.known_feed(&feed)?);
    let Some(place) = known.tiers.iter().position(|it| it.tier == tier) else {
        return Err(Rejection::UnknownTier { feed, tier });
    };
    let in_force = known.tiers[place].step.now().copied().unwrap_or(0);
    if command.step != in_force + 1 || known.step_by(place, now) < command.step {
        return Err(contradiction("step", "is not due"));
    }
    let fact = Fact::FeedStepped(FeedStepped { feed, tier, step: command.step });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, run};

    /// A supplier's location S that web sells from, ten of W there, and a feed with a whole ladder.
    const SHOP: &str = r#"
        register_location S kind=supplier supplier=acme
        set_supplier acme
        change_channel web locations=S
        receive_stock S W:10
        set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":60,"buffer":{"units":3}},{"after_minutes":120,"trust_percent":50},{"after_minutes":240,"trust_percent":0}]}]
        "#;

    /// A complete snapshot of the feed F, as of so many hours, that says nothing new.
    fn snapshot(name: u64, hour: u64) -> String {
        format!(
            r#"fact {{"snapshot_recorded":{{"feed":"F","snapshot":"{name}","part":1,"as_of":"2026-01-01T{hour:02}:00:00Z","complete":true,"lines":1,"outcome":"applied"}}}}"#
        )
    }

    /// What comes of the lines once the shop stands.
    #[track_caller]
    fn check_shop(lines: &str, outcomes: expect_test::Expect) {
        let said: String =
            run(&format!("{SHOP}{lines}")).into_iter().skip(5).map(|it| it + "\n").collect();
        outcomes.assert_eq(&said);
    }

    #[test]
    fn c15_numbers_nobody_vouches_for_are_worth_less_and_less() {
        check_shop(
            &format!(
                "
                feed F
                @3599 due
                offer W web
                @3600 due
                offer W web
                @7200 due
                offer W web
                commit_order O1 channel=web W:3
                @14399 due
                commit_order O1 channel=web W:2
                @14400 due
                feed F
                offer W web
                stock W@S
                hold_stock H1 channel=web W:1
                @18000 {}
                feed F
                offer W web
                @21600 due
                ",
                snapshot(1, 5)
            ),
            expect![[r#"
                F at S | all since 0s step 0 trust 100 | then all 1 at 3600s
                nothing is due
                W reservable 10 published 10 | base 10 share 10
                11 feed_stepped: F all to 1
                W reservable 7 published 7 | base 7 kept 3 share 7
                12 feed_stepped: F all to 2
                W reservable 2 published 2 | base 2 kept 3 share 2
                rejected insufficient_stock lines=[available=2 index=0 limiting=safety line=1 requested=3 shortfall=1 sku=W]
                nothing is due
                13 order_committed: W@S committed +2
                14 feed_stepped: F all to 3
                F at S | all since 0s step 3 trust 0 buffer units 3
                W reservable -2 published 0 | base -2 over 2 share -2
                W@S sellable 10 committed 2 free 8
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 requested=1 shortfall=1 sku=W]
                15 snapshot_recorded: applied
                F at S | all since 18000s step 0 trust 100 | then all 1 at 21600s
                W reservable 8 published 8 | base 8 share 8
                16 feed_stepped: F all to 1
            "#]],
        );
    }

    #[test]
    fn a_supplier_that_was_down_for_long_steps_down_one_entry_after_the_other() {
        check_shop(
            "
            @14400 due
            offer W web
            ",
            expect![[r#"
                11 feed_stepped: F all to 1
                12 feed_stepped: F all to 2
                13 feed_stepped: F all to 3
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn a_snapshot_that_comes_late_is_as_old_as_it_is() {
        check_shop(
            &format!("@10800 {}\nfeed F\noffer W web\n@14400 due", snapshot(1, 1)),
            expect![[r#"
                11 snapshot_recorded: applied
                F at S | all since 3600s step 2 trust 50 buffer units 3 | then all 3 at 18000s
                W reservable 2 published 2 | base 2 kept 3 share 2
                nothing is due
            "#]],
        );
    }

    #[test]
    fn a_snapshot_of_the_future_is_of_now() {
        check_shop(
            &format!("@3600 {}\nfeed F", snapshot(1, 9)),
            expect![[r#"
                11 snapshot_recorded: applied
                F at S | all since 3600s step 0 trust 100 | then all 1 at 7200s
            "#]],
        );
    }

    #[test]
    fn only_what_the_snapshot_is_about_is_fresh_again() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":60,"trust_percent":0}]},{"tier":"hot","every_minutes":15,"ladder":[{"after_minutes":30,"trust_percent":0}]}]
            @3600 due
            fact {"snapshot_recorded":{"feed":"F","snapshot":"1","part":1,"as_of":"2026-01-01T01:00:00Z","complete":false,"lines":1,"outcome":"applied"}}
            feed F
            fact {"snapshot_recorded":{"feed":"F","snapshot":"2","part":1,"as_of":"2026-01-01T01:00:00Z","complete":true,"tier":"hot","lines":1,"outcome":"applied"}}
            feed F
            fact {"snapshot_recorded":{"feed":"F","snapshot":"3","part":1,"as_of":"2026-01-01T00:50:00Z","complete":true,"lines":1,"outcome":"out_of_order"}}
            fact {"snapshot_recorded":{"feed":"F","snapshot":"4","part":1,"as_of":"2026-01-01T01:00:00Z","complete":true,"lines":1,"outcome":"held"}}
            feed F
            set_feed F supplier=acme location=S changes_only=true tiers=[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":60,"trust_percent":0}]},{"tier":"hot","every_minutes":15,"ladder":[{"after_minutes":30,"trust_percent":0}]}]
            fact {"snapshot_recorded":{"feed":"F","snapshot":"5","part":1,"as_of":"2026-01-01T01:00:00Z","complete":false,"lines":1,"outcome":"applied"}}
            feed F
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 feed_set:
                9 feed_stepped: F hot to 1
                10 feed_stepped: F all to 1
                11 snapshot_recorded: applied
                F at S | all since 0s step 1 trust 0 | hot since 0s step 1 trust 0
                12 snapshot_recorded: applied
                F at S | all since 0s step 1 trust 0 | hot since 3600s step 0 trust 100 | then hot 1 at 5400s
                13 snapshot_recorded: out_of_order
                14 snapshot_recorded: held
                F at S | all since 0s step 1 trust 0 | hot since 3600s step 0 trust 100 | then hot 1 at 5400s
                15 feed_set:
                16 snapshot_recorded: applied
                F at S | all since 3600s step 0 trust 100 | hot since 3600s step 0 trust 100 | then hot 1 at 5400s
            "#]],
        );
    }

    #[test]
    fn c15_only_what_was_vouched_for_is_fresh() {
        let said = |name: u64, hour: u64, said: &str| {
            snapshot(name, hour)
                .replace(r#""outcome""#, &format!(r#""said":[{{"sku":"W"{said}}}],"outcome""#))
        };
        check_shop(
            &format!(
                "
                @3599 {}
                offer W web
                receive_stock S G:10
                offer G web
                @7199 {}
                offer W web
                @9999 {}
                offer W web
                {}
                offer W web
                @10800 due
                offer W web
                @10801 {}
                offer W web
                ",
                said(1, 0, r#","missing":1"#),
                said(2, 1, r#","missing":2"#),
                said(3, 2, r#","missing":7"#),
                said(4, 2, r#","quantity":10"#),
                said(5, 3, r#","missing":1"#),
            ),
            expect![[r#"
                11 snapshot_recorded: applied
                W reservable 7 published 7 | base 7 kept 3 share 7
                12 stock_received: G 10 supplier > S/sellable
                G reservable 10 published 10 | base 10 share 10
                13 snapshot_recorded: applied
                W reservable 2 published 2 | base 2 kept 3 share 2
                14 snapshot_recorded: applied
                W reservable 0 published 0 | base 0 share 0
                15 snapshot_recorded: applied
                W reservable 10 published 10 | base 10 share 10
                16 feed_stepped: F all to 1
                W reservable 7 published 7 | base 7 kept 3 share 7
                17 snapshot_recorded: applied
                W reservable 7 published 7 | base 7 kept 3 share 7
            "#]],
        );
    }

    #[test]
    fn own_stock_beside_it_is_sold_as_ever() {
        check_shop(
            "
            change_channel web locations=A,S
            receive_stock A W:4
            offer W web
            @3600 due
            offer W web
            @14400 due
            offer W web
            commit_order O1 channel=web W:5
            commit_order O1 channel=web W:4
            offer W web
            ",
            expect![[r#"
                11 channel_changed:
                12 stock_received: W 4 supplier > A/sellable
                W reservable 14 published 14 | base 14 share 14
                13 feed_stepped: F all to 1
                W reservable 11 published 11 | base 11 kept 3 share 11
                14 feed_stepped: F all to 2
                15 feed_stepped: F all to 3
                W reservable 4 published 4 | base 4 share 4
                rejected insufficient_stock lines=[available=4 index=0 limiting=free_stock line=1 requested=5 shortfall=1 sku=W]
                16 order_committed: W@A committed +4
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn the_smaller_of_rule_and_step_is_believed() {
        check_shop(
            r#"
            set_policy location=S set={"trust_percent":40}
            offer W web
            @7200 due
            offer W web
            set_policy location=S set={"trust_percent":90}
            offer W web
            set_policy location=S set={"safety":{"units":1}}
            offer W web
            set_policy location=S set={"safety":{"units":9}}
            offer W web
            set_policy channel=web set={"oversell":{"ratio":140}}
            offer W web
            set_policy location=S set={"safety":{"units":0}}
            offer W web
            @14400 due
            offer W web
            "#,
            expect![[r#"
                11 policy_set:
                W reservable 4 published 4 | base 4 share 4
                12 feed_stepped: F all to 1
                13 feed_stepped: F all to 2
                W reservable 1 published 1 | base 1 kept 3 share 1
                14 policy_set:
                W reservable 2 published 2 | base 2 kept 3 share 2
                15 policy_set:
                W reservable 1 published 1 | base 1 kept 4 share 1
                16 policy_set:
                W reservable 0 published 0 | base 0 kept 5 share 0
                17 policy_set:
                W reservable 2 published 2 | base 0 kept 5 oversell 2 share 0
                18 policy_set:
                W reservable 4 published 4 | base 2 kept 3 oversell 2 share 2
                19 feed_stepped: F all to 3
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn what_is_set_aside_is_cut_with_the_number_it_is_part_of() {
        check_shop(
            "
            open_pool P1 channel=web W:6@S
            offer W web
            @3600 due
            offer W web
            @7200 due
            offer W web
            @14400 due
            offer W web
            commit_order O1 channel=web W:1
            ",
            expect![[r#"
                11 pool_opened: W@S pooled +6 in P1
                W reservable 10 published 10 | base 4 own 6 share 10
                12 feed_stepped: F all to 1
                W reservable 7 published 7 | base 1 kept 3 own 6 share 7
                13 feed_stepped: F all to 2
                W reservable 5 published 5 | base -1 over 1 own 6 share 5
                14 feed_stepped: F all to 3
                W reservable 0 published 0 | base -6 over 6 own 6 share 0
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 requested=1 shortfall=1 sku=W]
            "#]],
        );
    }

    #[test]
    fn kits_are_made_of_what_is_believed() {
        check_shop(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock S G:9
            offer K web
            @7200 due
            offer K web
            @14400 due
            offer K web
            ",
            expect![[r#"
                11 item_registered:
                12 kit_defined:
                13 stock_received: G 9 supplier > S/sellable
                K reservable 5 published 5 | assembled reservable 0 published 0 | base 0 share 0
                14 feed_stepped: F all to 1
                15 feed_stepped: F all to 2
                K reservable 1 published 1 | assembled reservable 0 published 0 | base 0 share 0
                16 feed_stepped: F all to 3
                K reservable 0 published 0 | assembled reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn what_is_promised_stays_promised() {
        check_shop(
            "
            commit_order O1 channel=web W:8
            @14400 due
            offer W web
            stock W@S
            ship_order O1
            offer W web
            ",
            expect![[r#"
                11 order_committed: W@S committed +8
                12 feed_stepped: F all to 1
                13 feed_stepped: F all to 2
                14 feed_stepped: F all to 3
                W reservable -8 published 0 | base -8 over 8 share -8
                W@S sellable 10 committed 8 free 2
                15 order_shipped: W 8 S/sellable > customer; W@S committed -8
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn only_the_next_step_is_taken_when_it_is_due() {
        check_shop(
            "
            step_feed F tier=all step=1
            @3600 step_feed X tier=all step=1
            step_feed F tier=hot step=1
            step_feed F tier=all step=2
            step_feed F tier=all step=0
            step_feed F tier=all step=1
            step_feed F tier=all step=1
            step_feed F tier=all step=2
            @99999 step_feed F tier=all step=3
            step_feed F tier=all step=2
            step_feed F tier=all step=3
            step_feed F tier=all step=4
            ",
            expect![[r#"
                rejected contradiction field=step message=is not due
                rejected unknown_feed feed=X
                rejected unknown_tier feed=F tier=hot
                rejected contradiction field=step message=is not due
                rejected contradiction field=step message=is not due
                11 feed_stepped: F all to 1
                rejected contradiction field=step message=is not due
                rejected contradiction field=step message=is not due
                rejected contradiction field=step message=is not due
                12 feed_stepped: F all to 2
                13 feed_stepped: F all to 3
                rejected contradiction field=step message=is not due
            "#]],
        );
    }

    /// An open difference of the feed F about W: ours ten, theirs so many.
    fn found(snapshot: u64, number: u64, theirs: u64, sku: &str) -> String {
        format!(
            r#"fact {{"snapshot_recorded":{{"feed":"F","snapshot":"{snapshot}","part":1,"as_of":"2026-01-01T00:00:00Z","complete":true,"lines":1,"outcome":"applied","found":[{{"number":{number},"kind":"unexplained_loss","sku":"{sku}","location":"S","theirs":{theirs},"ours":10,"as_of":"2026-01-01T00:00:00Z","confidence":50}}]}}}}"#
        )
    }

    #[test]
    fn units_that_the_supplier_says_are_gone_are_not_sold() {
        let (loss, more) = (found(1, 1, 7, "W"), found(2, 1, 12, "W"));
        check_shop(
            &format!(
                r#"
                {loss}
                offer W web
                hold_stock H1 channel=web W:8
                hold_stock H1 channel=web W:7
                release_hold H1
                {more}
                offer W web
                {loss}
                @7200 due
                offer W web
                {}
                offer W web
                fact {{"snapshot_recorded":{{"feed":"F","snapshot":"4","part":1,"as_of":"2026-01-01T02:00:00Z","complete":true,"lines":1,"outcome":"applied","cleared":[1]}}}}
                offer W web
                "#,
                found(3, 2, 4, "W"),
            ),
            expect![[r#"
                11 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 7 ours 10 as of 0s
                W reservable 7 published 7 | base 7 share 7
                rejected insufficient_stock lines=[available=7 index=0 limiting=free_stock line=1 requested=8 shortfall=1 sku=W]
                12 stock_held: W@S held +7; until 900s
                13 hold_released: W@S held -7; whole
                14 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 12 ours 10 as of 0s
                W reservable 10 published 10 | base 10 share 10
                15 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 7 ours 10 as of 0s
                16 feed_stepped: F all to 1
                17 feed_stepped: F all to 2
                W reservable 0 published 0 | base 0 kept 3 share 0
                18 snapshot_recorded: applied; found 2 W@S unexplained_loss theirs 4 ours 10 as of 0s
                W reservable 0 published 0 | base 0 kept 2 share 0
                19 snapshot_recorded: applied; cleared 1
                W reservable 4 published 4 | base 4 share 4
            "#]],
        );
    }

    #[test]
    fn a_settled_doubt_is_none() {
        let settle = |action: &str| {
            format!(
                r#"fact {{"discrepancy_settled":{{"action":"{action}","reason":{{"code":"correction"}},"lines":[{{"number":1}}]}}}}"#
            )
        };
        check_shop(
            &format!(
                "{}\noffer W web\n{}\noffer W web\n{}\noffer W web\n{}\noffer W web\n{}\noffer W web",
                found(1, 1, 7, "W"),
                settle("dispute"),
                settle("keep_ours"),
                settle("reopen"),
                settle("accept_theirs"),
            ),
            expect![[r#"
                11 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 7 ours 10 as of 0s
                W reservable 7 published 7 | base 7 share 7
                12 discrepancy_settled: 1
                W reservable 7 published 7 | base 7 share 7
                13 discrepancy_settled: 1
                W reservable 10 published 10 | base 10 share 10
                14 discrepancy_settled: 1
                W reservable 7 published 7 | base 7 share 7
                15 discrepancy_settled: 1
                W reservable 10 published 10 | base 10 share 10
            "#]],
        );
    }

    #[test]
    fn what_a_shelf_owes_it_owes_however_old_the_number() {
        check_shop(
            "
            change_channel web locations=A,S
            receive_stock A W:4
            ship_order O1 1:12(sku=W) location=S
            offer W web
            @14400 due
            offer W web
            ",
            expect![[r#"
                11 channel_changed:
                12 stock_received: W 4 supplier > A/sellable
                13 order_shipped: W 12 S/sellable > customer; ! uncommitted_ship order=O1 quantity=12 sku=W; ! negative_book balance=-2 condition=sellable location=S sku=W
                W reservable 2 published 2 | base 2 share 2
                14 feed_stepped: F all to 1
                15 feed_stepped: F all to 2
                16 feed_stepped: F all to 3
                W reservable 2 published 2 | base 2 share 2
            "#]],
        );
    }

    #[test]
    fn doubts_take_an_empty_shelf_no_further_down() {
        check_shop(
            &format!(
                "{}\nship_order O1 1:9(sku=W) location=S\noffer W web\nship_order O2 1:3(sku=W) location=S\noffer W web",
                found(1, 1, 0, "W"),
            ),
            expect![[r#"
                11 snapshot_recorded: applied; found 1 W@S unexplained_loss theirs 0 ours 10 as of 0s
                12 order_shipped: W 9 S/sellable > customer; ! uncommitted_ship order=O1 quantity=9 sku=W
                W reservable 0 published 0 | base 0 share 0
                13 order_shipped: W 3 S/sellable > customer; ! uncommitted_ship order=O2 quantity=3 sku=W; ! negative_book balance=-2 condition=sellable location=S sku=W
                W reservable -2 published 0 | base -2 over 2 share -2
            "#]],
        );
    }
}
