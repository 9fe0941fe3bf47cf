//! Return stock to its supplier.

use super::lines::{check_reason, leave_condition};
use super::prelude::*;

args!(/** Return stock to its supplier. */
ReturnToSupplier {
    pub location: LocationId,
    /// `damaged` unless a line says otherwise.
    pub lines: Vec<ConditionLine>,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReturnToSupplier,
) -> Result<Decision, Rejection> {
    check_reason(command.reason.as_ref())?;
    let ReturnToSupplier { location, lines, supplier, reason } = command;
    let outside = Account::Supplier;
    let movements = leave_condition(ledger, location, lines, Condition::Damaged, &outside)?;
    let fact = Fact::StockReturnedToSupplier(StockReturnedToSupplier {
        location: location.clone(),
        supplier: supplier.clone(),
        reason: reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn goods_go_back_to_the_supplier() {
        check(
            "
            receive_stock A W:5
            damage_stock A W:2
            return_to_supplier A W:2 supplier=acme reason=defective
            return_to_supplier A W:1/sellable
            stock W@A
            return_to_supplier A W:1 reason=other
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_damaged: W 2 A/sellable > A/damaged
                8 stock_returned_to_supplier: W 2 A/damaged > supplier
                9 stock_returned_to_supplier: W 1 A/sellable > supplier
                W@A sellable 2 free 2
                rejected contradiction field=reason.note message=is needed with the reason `other`
            "#]],
        );
    }
}
