//! Change the condition of goods where they lie.

use super::claim::check_lines;
use super::lines::{canonical, check_reason, contradiction, field_of, shelf};
use super::prelude::*;

args!(/** Change the condition of goods where they lie. */
ChangeCondition {
    pub location: LocationId,
    pub lines: Vec<ChangeLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** Units that go from one condition to another. */
ChangeLine {
    pub sku: Sku,
    pub quantity: Quantity,
    pub from: Condition,
    pub to: Condition,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ChangeCondition,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    check_reason(command.reason.as_ref())?;
    let mut movements = Vec::with_capacity(command.lines.len());
    for (index, line) in command.lines.iter().enumerate() {
        if line.from == line.to {
            return Err(contradiction(field_of(index, "to"), "is the same condition as `from`"));
        }
        let (_, sku) = canonical(ledger, &line.sku)?;
        let from = shelf(&command.location, line.from);
        let to = shelf(&command.location, line.to);
        movements.push(Movement { sku, quantity: line.quantity, from, to });
    }
    ledger.open_location(&command.location)?;
    let fact = Fact::ConditionChanged(ConditionChanged {
        location: command.location.clone(),
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn goods_change_where_they_lie() {
        check(
            "
            receive_stock A W:5
            change_condition A W:2(from=sellable,to=quarantined) reason=recall
            change_condition A W:1(from=quarantined,to=sellable)
            change_condition A W:1(from=damaged,to=damaged)
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 condition_changed: W 2 A/sellable > A/quarantined
                8 condition_changed: W 1 A/quarantined > A/sellable
                rejected contradiction field=lines[0].to message=is the same condition as `from`
                W@A sellable 4 quarantined 1 free 4
            "#]],
        );
    }
}
