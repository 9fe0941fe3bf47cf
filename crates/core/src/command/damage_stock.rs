//! Damage stock: goods are found or made unfit for sale.

use super::lines::{check_reason, leave_condition, shelf};
use super::prelude::*;

args!(/** Damage stock. */
DamageStock {
    pub location: LocationId,
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** Units in a condition; `sellable` unless said otherwise. */
ConditionLine {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub condition: Option<Condition>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &DamageStock,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let DamageStock { location, lines, reason } = command;
    let damaged = shelf(location, Condition::Damaged);
    let movements = leave_condition(ledger, location, lines, Condition::Sellable, &damaged)?;
    let fact =
        Fact::StockDamaged(StockDamaged { location: location.clone(), reason: reason.clone() });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c22_damage_below_what_is_committed_is_recorded_and_flagged() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:4@A
            damage_stock A W:3 reason=damaged_warehouse
            stock W@A
            damage_stock A W:1/damaged
            damage_stock A W:1/quarantined
            damage_stock A W:1 reason=other
            damage_stock A X:1
            damage_stock C W:1
            damage_stock A lines=
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +4
                8 stock_damaged: W 3 A/sellable > A/damaged; ! oversold by=2 location=A sku=W
                W@A sellable 2 damaged 3 committed 4 free -2
                rejected contradiction field=lines[0].condition message=is the condition the goods are to go to
                9 stock_damaged: W 1 A/quarantined > A/damaged; ! negative_book balance=-1 condition=quarantined location=A sku=W
                rejected contradiction field=reason.note message=is needed with the reason `other`
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected contradiction field=lines message=must have at least one line
            "#]],
        );
    }
}
