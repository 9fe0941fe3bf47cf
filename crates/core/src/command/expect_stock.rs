//! Expect stock: supply on its way, with a date and how sure it is.

use super::claim::{check_lines, refuse_doubles};
use super::lines::{canonical, check_units, contradiction, field_of};
use super::prelude::*;

args!(/** Expect stock.

Nothing of it is in stock before it is received. Channels that sell ahead count it from now on, also
past its date: late supply is expected until it is received or said otherwise. */
ExpectStock {
    /// The inbound shipment: what is received under this name is not expected any more.
    pub inbound: Label,
    pub location: LocationId,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// Each replaces what was expected of its item under the same name at the same location.
    pub lines: Vec<ExpectLine>,
});

args!(/** Units on their way. Zero: not any more. */
ExpectLine {
    pub sku: Sku,
    pub quantity: u64,
    pub expected_at: Time,
    /// Percent; 100 if not given.
    #[serde(default = "ExpectLine::sure")]
    pub confidence: u64,
});

impl ExpectLine {
    fn sure() -> u64 {
        100
    }
}

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ExpectStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity)?;
        if line.confidence > 100 {
            return Err(contradiction(field_of(index, "confidence"), "must be at most 100"));
        }
    }
    let expect = |line: &ExpectLine| {
        let sku = canonical(ledger, &line.sku)?.1;
        let ExpectLine { quantity, expected_at, confidence, .. } = *line;
        Ok(ExpectedLine { sku, quantity, expected_at, confidence })
    };
    let lines = command.lines.iter().map(expect).collect::<Result<Vec<_>, Rejection>>()?;
    let skus: Vec<&Sku> = lines.iter().map(|it| &it.sku).collect();
    refuse_doubles("lines.sku", &skus)?;
    check_location(ledger, command)?;
    let ExpectStock { inbound, location, supplier, .. } = command.clone();
    let fact = Fact::StockExpected(StockExpected { inbound, location, supplier, lines });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// A closed location can get nothing any more; what it was to get can be taken back.
fn check_location(ledger: &Ledger, command: &ExpectStock) -> Result<(), Rejection> {
    let withdraws = command.lines.iter().all(|it| it.quantity == 0);
    match ledger.open_location(&command.location) {
        Err(Rejection::LocationClosed { .. }) if withdraws => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_line_that_names_its_location_counts_what_is_expected_there() {
        check(
            r#"
            receive_stock A W:3
            set_policy set={"sell_ahead_days":3}
            expect_stock PO1 location=B W:1(expected_at=0)
            commit_order O1 channel=web W:4@A
            commit_order O1 channel=web W:1@B
            commit_order O2 channel=web W:3@A
            "#,
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 policy_set:
                8 stock_expected:
                rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=1 location=A requested=4 shortfall=1 sku=W]
                9 order_committed: W@B committed +1; ! oversold by=1 location=B sku=W
                10 order_committed: W@A committed +3
            "#]],
        );
    }

    #[test]
    fn a_channel_that_sells_ahead_counts_what_is_expected() {
        check(
            "
            @10 expect_stock I1 location=B W:10(expected_at=864000,confidence=85)
            offer W web
            set_policy channel=web set={\"sell_ahead_days\":30}
            offer W web
            set_policy channel=web set={\"sell_ahead_days\":9}
            offer W web
            set_policy channel=web set={\"sell_ahead_days\":10}
            offer W web
            commit_order O1 channel=web W:9
            commit_order O1 channel=web W:8
            offer W web
            ",
            expect![[r#"
                6 stock_expected:
                W reservable 0 published 0 | base 0 share 0
                7 policy_set:
                W reservable 8 published 8 | base 8 incoming 8 share 8
                8 policy_set:
                W reservable 0 published 0 | base 0 share 0
                9 policy_set:
                W reservable 8 published 8 | base 8 incoming 8 share 8
                rejected insufficient_stock lines=[available=8 index=0 limiting=free_stock line=1 requested=9 shortfall=1 sku=W]
                10 order_committed: W@B committed +8; ! oversold by=8 location=B sku=W
                W reservable 0 published 0 | base 0 incoming 8 share 0
            "#]],
        );
    }

    #[test]
    fn the_same_name_again_replaces_and_zero_withdraws() {
        check(
            "
            set_policy channel=web set={\"sell_ahead_days\":30}
            expect_stock I1 location=A W:10(expected_at=60) G:4(expected_at=60)
            expect_stock I1 location=A W:7(expected_at=90,confidence=50)
            offer W web
            offer G web
            expect_stock I2 location=A W:2(expected_at=90)
            expect_stock I1 location=B W:1(expected_at=90)
            offer W web
            expect_stock I1 location=A W:0(expected_at=90)
            offer W web
            ",
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                8 stock_expected:
                W reservable 3 published 3 | base 3 incoming 3 share 3
                G reservable 4 published 4 | base 4 incoming 4 share 4
                9 stock_expected:
                10 stock_expected:
                W reservable 6 published 6 | base 6 incoming 6 share 6
                11 stock_expected:
                W reservable 3 published 3 | base 3 incoming 3 share 3
            "#]],
        );
    }

    #[test]
    fn what_is_received_is_not_expected_any_more() {
        check(
            "
            @10 set_policy channel=web set={\"sell_ahead_days\":30}
            expect_stock I1 location=A W:10(expected_at=60)
            receive_stock A inbound=I1 W:3 GG:1
            offer W web
            receive_stock A inbound=I1 to=quality_control W:2
            offer W web
            receive_stock B inbound=I1 W:1
            receive_stock A inbound=I2 W:1
            offer W web
            receive_stock A inbound=I1 W:9
            offer W web
            ",
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                8 stock_received: W 3 supplier > A/sellable; G 1 supplier > A/sellable
                W reservable 10 published 10 | base 10 incoming 7 share 10
                9 stock_received: W 2 supplier > A/quality_control
                W reservable 8 published 8 | base 8 incoming 5 share 8
                10 stock_received: W 1 supplier > B/sellable
                11 stock_received: W 1 supplier > A/sellable
                W reservable 10 published 10 | base 10 incoming 5 share 10
                12 stock_received: W 9 supplier > A/sellable
                W reservable 14 published 14 | base 14 share 14
            "#]],
        );
    }

    #[test]
    fn c06_an_arrival_dated_before_a_count_is_an_arrival_once() {
        check(
            "
            @10 set_policy channel=web set={\"sell_ahead_days\":30}
            expect_stock I1 location=A W:10(expected_at=60)
            @30 count_stock A W:4
            @40 receive_stock A inbound=I1 W:4 occurred_at=20
            offer W web
            ",
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                8 stock_counted: W 4 count_variance > A/sellable; W counted 4 book 0
                9 stock_received: W 4 supplier > A/sellable; W 4 A/sellable > count_variance; ! before_count account=A/sellable change=4 sku=W
                W reservable 10 published 10 | base 10 incoming 6 share 10
            "#]],
        );
    }

    #[test]
    fn late_supply_is_expected_until_said_otherwise() {
        check(
            "
            @10 set_policy channel=web set={\"sell_ahead_days\":1}
            expect_stock I1 location=A W:5(expected_at=60)
            @90 offer W web
            expect_stock I1 location=A W:0(expected_at=60)
            offer W web
            ",
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                W reservable 5 published 5 | base 5 incoming 5 share 5
                8 stock_expected:
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn a_closed_location_expects_nothing() {
        check(
            "
            expect_stock I1 location=B W:5(expected_at=60)
            close_location B
            expect_stock I1 location=B W:6(expected_at=60)
            expect_stock I1 location=B W:0(expected_at=60)
            ",
            expect![[r#"
                6 stock_expected:
                7 location_closed:
                rejected location_closed location=B
                8 stock_expected:
            "#]],
        );
    }

    #[test]
    fn bad_expectations_are_refused() {
        check(
            "
            expect_stock I1 location=A lines=
            expect_stock I1 location=A W:1(expected_at=60,confidence=101)
            expect_stock I1 location=A W:1000000000001(expected_at=60)
            expect_stock I1 location=A G:1(expected_at=60) GG:1(expected_at=60)
            expect_stock I1 location=A X:1(expected_at=60)
            expect_stock I1 location=C W:1(expected_at=60)
            ",
            expect![[r#"
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=lines[0].confidence message=must be at most 100
                rejected contradiction field=lines[0].quantity message=must be at most 1000000000000
                rejected duplicate_in_batch field=lines.sku value=G
                rejected unknown_sku sku=X
                rejected unknown_location location=C
            "#]],
        );
    }
}
