//! Adjust stock: correct the book by a change, or set it where the caller knows what it says.

use rustc_hash::FxHashMap;

use super::claim::check_lines;
use super::lines::{check_reason, check_units, contradiction, correction, field_of, shelf};
use super::named::Named;
use super::prelude::*;

args!(/** Adjust stock. */
AdjustStock {
    pub location: LocationId,
    pub lines: Vec<AdjustLine>,
    pub reason: Reason,
    /// Register SKUs that nobody knows yet, instead of refusing them.
    #[serde(default)]
    pub create_items: bool,
});

args!(/** Either `change`, or `set` together with `expected`. */
AdjustLine {
    pub sku: Sku,
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Units more (positive) or fewer (negative).
    #[serde(default)]
    pub change: Option<i64>,
    /// The number the book shall say.
    #[serde(default)]
    pub set: Option<u64>,
    /// The number the caller believes it says now; `null` waives the check, leaving it out is an error.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub expected: Option<Option<u64>>,
});

/// Tells `null` from a field that is not there.
fn said<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<u64>>, D::Error> {
    Option::<u64>::deserialize(deserializer).map(Some)
}

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &AdjustStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    check_reason(Some(&command.reason))?;
    let wishes = command.lines.iter().enumerate().map(|(index, line)| wish(index, line));
    let wishes = wishes.collect::<Result<Vec<Wish>, Rejection>>()?;
    let mut named = Named::new(ledger, command.create_items);
    let balances = balances(&mut named, &command.lines, &wishes)?;
    let location = ledger.open_location(&command.location)?;
    let mut movements = Vec::with_capacity(wishes.len());
    for ((item, sku, condition), wish) in balances.into_iter().zip(wishes) {
        let change = match wish {
            Wish::Change(change) => change,
            Wish::Set { units, expected } => {
                let actual = item.map_or(0, |it| ledger.cell(it, location).balance(condition));
                if let Some(expected) = expected.filter(|it| i64::try_from(*it) != Ok(actual)) {
                    let location = command.location.clone();
                    return Err(Rejection::StaleExpectation {
                        sku,
                        location,
                        condition,
                        expected,
                        actual,
                    });
                }
                units as i64 - actual
            }
        };
        let shelf = shelf(&command.location, condition);
        movements.extend(correction(&sku, change, shelf, Account::Adjustment)?);
    }
    let fact = Fact::StockAdjusted(StockAdjusted {
        created: named.created(),
        location: command.location.clone(),
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

/// What a line asks for.
#[derive(Clone, Copy)]
enum Wish {
    /// Never zero.
    Change(i64),
    Set {
        units: u64,
        expected: Option<u64>,
    },
}

fn wish(index: usize, line: &AdjustLine) -> Result<Wish, Rejection> {
    let says = |field, message| Err(contradiction(field_of(index, field), message));
    match (line.change, line.set, line.expected) {
        (None, None, _) => says("change", "or `set` is needed"),
        (Some(_), Some(_), _) => says("set", "stands beside `change`; leave one of them out"),
        (Some(0), None, _) => says("change", "must not be zero"),
        (Some(_), None, Some(_)) => says("expected", "belongs to `set`; leave it out"),
        (Some(change), None, None) => {
            check_units(index, "change", change.unsigned_abs())?;
            Ok(Wish::Change(change))
        }
        (None, Some(_), None) => says("expected", "is needed with `set`; `null` waives the check"),
        (None, Some(units), Some(expected)) => {
            check_units(index, "set", units)?;
            Ok(Wish::Set { units, expected })
        }
    }
}

/// The balance each line corrects. Changes of one balance add up; one that is set is named once.
fn balances(
    named: &mut Named<'_>,
    lines: &[AdjustLine],
    wishes: &[Wish],
) -> Result<Vec<(Option<ItemNo>, Sku, Condition)>, Rejection> {
    let mut balances = Vec::with_capacity(lines.len());
    let mut seen: FxHashMap<(Sku, Condition), bool> = FxHashMap::default();
    for (line, wish) in lines.iter().zip(wishes) {
        let (item, sku) = named.find(&line.sku)?;
        let condition = line.condition.unwrap_or(Condition::Sellable);
        let sets = matches!(wish, Wish::Set { .. });
        let before = seen.insert((sku.clone(), condition), sets);
        if before.is_some_and(|it| it || sets) {
            return Err(Rejection::DuplicateInBatch {
                field: "lines.sku".into(),
                value: line.sku.as_str().into(),
            });
        }
        balances.push((item, sku, condition));
    }
    Ok(balances)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn the_book_is_corrected_by_a_change() {
        check(
            "
            adjust_stock A W(change=5) G(change=1) G(change=1) reason=found
            adjust_stock A W(change=-2) W(change=1,condition=damaged) reason=shrinkage
            stock W@A
            adjust_stock A W(change=-9) reason=correction
            ",
            expect![[r#"
                6 stock_adjusted: W 5 adjustment > A/sellable; G 1 adjustment > A/sellable; G 1 adjustment > A/sellable
                7 stock_adjusted: W 2 A/sellable > adjustment; W 1 adjustment > A/damaged
                W@A sellable 3 damaged 1 free 3
                8 stock_adjusted: W 9 A/sellable > adjustment; ! negative_book balance=-6 condition=sellable location=A sku=W
            "#]],
        );
    }

    #[test]
    fn the_book_is_set_where_the_caller_knows_it() {
        check(
            "
            receive_stock A W:5
            adjust_stock A W(set=7,expected=4) reason=correction
            adjust_stock A W(set=7,expected=5) reason=correction
            adjust_stock A W(set=7,expected=7) reason=correction
            adjust_stock A W(set=3,expected=null) reason=data_import
            adjust_stock A W(set=3) reason=correction
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                rejected stale_expectation actual=5 condition=sellable expected=4 location=A sku=W
                7 stock_adjusted: W 2 adjustment > A/sellable
                8 stock_adjusted:
                9 stock_adjusted: W 4 A/sellable > adjustment
                rejected contradiction field=lines[0].expected message=is needed with `set`; `null` waives the check
                W@A sellable 3 free 3
            "#]],
        );
    }

    #[test]
    fn bad_adjustments_are_refused() {
        check(
            "
            adjust_stock A W reason=found
            adjust_stock A W(change=0) reason=found
            adjust_stock A W(change=1,set=1) reason=found
            adjust_stock A W(change=1,expected=1) reason=found
            adjust_stock A W(change=1) reason=other
            adjust_stock A W(change=1) W(set=1,expected=null) reason=found
            adjust_stock A W(change=-1000000000001) reason=found
            adjust_stock A W(set=1000000000001,expected=null) reason=found
            adjust_stock A W(change=1) reason=other:seen
            ",
            expect![[r#"
                rejected contradiction field=lines[0].change message=or `set` is needed
                rejected contradiction field=lines[0].change message=must not be zero
                rejected contradiction field=lines[0].set message=stands beside `change`; leave one of them out
                rejected contradiction field=lines[0].expected message=belongs to `set`; leave it out
                rejected contradiction field=reason.note message=is needed with the reason `other`
                rejected duplicate_in_batch field=lines.sku value=W
                rejected contradiction field=lines[0].change message=must be at most 1000000000000
                rejected contradiction field=lines[0].set message=must be at most 1000000000000
                6 stock_adjusted: W 1 adjustment > A/sellable
            "#]],
        );
    }

    #[test]
    fn items_are_created_where_the_caller_asks_for_it() {
        check(
            "
            adjust_stock A X(change=2) X(change=3) Y(set=4,expected=0) reason=found create_items=true
            stock X@A
            adjust_stock A Z(set=4,expected=1) reason=found create_items=true
            adjust_stock A Z(set=4,expected=null) Z(change=1) reason=found create_items=true
            adjust_stock A Z(change=-1) reason=found
            adjust_stock A Z(change=-1) reason=shrinkage create_items=true
            ",
            expect![[r#"
                6 stock_adjusted: X 2 adjustment > A/sellable; X 3 adjustment > A/sellable; Y 4 adjustment > A/sellable
                X@A sellable 5 free 5
                rejected stale_expectation actual=0 condition=sellable expected=1 location=A sku=Z
                rejected duplicate_in_batch field=lines.sku value=Z
                rejected unknown_sku sku=Z
                7 stock_adjusted: Z 1 A/sellable > adjustment; ! negative_book balance=-1 condition=sellable location=A sku=Z
            "#]],
        );
    }
}
