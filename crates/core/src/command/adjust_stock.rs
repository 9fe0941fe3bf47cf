//! Adjust stock: correct the book by a change, or set it where the caller knows what it says.

use rustc_hash::FxHashMap;

use super::claim::check_lines;
use super::lines::{check_reason, check_units, contradiction, correction, field_of, shelf};
use super::prelude::*;

args!(/** Adjust stock. */
AdjustStock {
    pub location: LocationId,
    pub lines: Vec<AdjustLine>,
    pub reason: Reason,
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
    #[serde(default, deserialize_with = "said")]
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
    let balances = balances(ledger, &command.lines, &wishes)?;
    let location = ledger.open_location(&command.location)?;
    let mut movements = Vec::with_capacity(wishes.len());
    for ((item, condition), wish) in balances.into_iter().zip(wishes) {
        let sku = &ledger.item(item).sku;
        let change = match wish {
            Wish::Change(change) => change,
            Wish::Set { units, expected } => {
                let actual = ledger.cell(item, location).balance(condition);
                if let Some(expected) = expected.filter(|it| i64::try_from(*it) != Ok(actual)) {
                    let (sku, location) = (sku.clone(), command.location.clone());
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
        movements.extend(correction(sku, change, shelf, Account::Adjustment)?);
    }
    let fact = Fact::StockAdjusted(StockAdjusted {
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
    ledger: &Ledger,
    lines: &[AdjustLine],
    wishes: &[Wish],
) -> Result<Vec<(ItemNo, Condition)>, Rejection> {
    let mut balances = Vec::with_capacity(lines.len());
    let mut seen: FxHashMap<(ItemNo, Condition), bool> = FxHashMap::default();
    for (line, wish) in lines.iter().zip(wishes) {
        let balance =
            (ledger.known_item(&line.sku)?, line.condition.unwrap_or(Condition::Sellable));
        let sets = matches!(wish, Wish::Set { .. });
        let before = seen.insert(balance, sets);
        if before.is_some_and(|it| it || sets) {
            return Err(Rejection::DuplicateInBatch {
                field: "lines.sku".into(),
                value: line.sku.as_str().into(),
            });
        }
        balances.push(balance);
    }
    Ok(balances)
}
