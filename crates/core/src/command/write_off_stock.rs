//! Write off stock: goods are gone for good: scrapped, stolen, given away.

use super::lines::{check_reason, leave_condition};
use super::prelude::*;

args!(/** Write off stock. */
WriteOffStock {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &WriteOffStock,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let WriteOffStock { location, lines, reason } = command;
    let movements = leave_condition(ledger, location, lines, Condition::Damaged, &Account::Loss)?;
    let fact = Fact::StockWrittenOff(StockWrittenOff {
        location: location.clone(),
        reason: reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn goods_are_gone_for_good() {
        check(
            "
            receive_stock A W:5
            damage_stock A W:2
            write_off_stock A W:1 reason=defective
            write_off_stock A W:1/sellable W:1/sellable reason=other:gift
            stock W@A
            write_off_stock A W:2
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_damaged: W 2 A/sellable > A/damaged
                8 stock_written_off: W 1 A/damaged > loss
                9 stock_written_off: W 1 A/sellable > loss; W 1 A/sellable > loss
                W@A sellable 1 damaged 1 free 1
                10 stock_written_off: W 2 A/damaged > loss; ! negative_book balance=-1 condition=damaged location=A sku=W
            "#]],
        );
    }
}
