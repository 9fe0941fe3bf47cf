//! Inspect stock: goods in quality control are passed or rejected.

use super::claim::check_lines;
use super::lines::{canonical, check_units, contradiction, field_of, movement, shelf};
use super::prelude::*;

args!(/** Inspect stock. */
InspectStock {
    pub location: LocationId,
    pub lines: Vec<InspectLine>,
    /// Where rejected goods go.
    #[serde(default)]
    pub rejected_to: RejectedTo,
});

args!(/** One inspected item; at least one of the two numbers is above zero. */
InspectLine {
    pub sku: Sku,
    #[serde(default)]
    pub passed: u64,
    #[serde(default)]
    pub rejected: u64,
});

/// Where goods go that failed an inspection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedTo {
    #[default]
    Damaged,
    Supplier,
}

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &InspectStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        if line.passed == 0 && line.rejected == 0 {
            let message = "or `rejected` must be above zero";
            return Err(contradiction(field_of(index, "passed"), message));
        }
        check_units(index, "passed", line.passed)?;
        check_units(index, "rejected", line.rejected)?;
    }
    let waiting = shelf(&command.location, Condition::QualityControl);
    let passed = shelf(&command.location, Condition::Sellable);
    let rejected = match command.rejected_to {
        RejectedTo::Damaged => shelf(&command.location, Condition::Damaged),
        RejectedTo::Supplier => Account::Supplier,
    };
    let mut movements = Vec::with_capacity(command.lines.len());
    for line in &command.lines {
        let (_, sku) = canonical(ledger, &line.sku)?;
        movements.extend(movement(&sku, line.passed, waiting.clone(), passed.clone())?);
        movements.extend(movement(&sku, line.rejected, waiting.clone(), rejected.clone())?);
    }
    ledger.open_location(&command.location)?;
    let fact = Fact::StockInspected(StockInspected { location: command.location.clone() });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn goods_pass_or_fail() {
        check(
            "
            receive_stock A W:10 to=quality_control
            inspect_stock A W(passed=6,rejected=1)
            inspect_stock A W(rejected=2) rejected_to=supplier
            stock W@A
            inspect_stock A W
            inspect_stock A W(passed=1000000000001)
            inspect_stock A W(passed=2)
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/quality_control
                7 stock_inspected: W 6 A/quality_control > A/sellable; W 1 A/quality_control > A/damaged
                8 stock_inspected: W 2 A/quality_control > supplier
                W@A sellable 6 quality_control 1 damaged 1 free 6
                rejected contradiction field=lines[0].passed message=or `rejected` must be above zero
                rejected contradiction field=lines[0].passed message=must be at most 1000000000000
                9 stock_inspected: W 2 A/quality_control > A/sellable; ! negative_book balance=-1 condition=quality_control location=A sku=W
            "#]],
        );
    }
}
