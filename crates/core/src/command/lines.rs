//! What many commands check and build alike: reasons, accounts, movements, parts of claims.

use smol_str::{SmolStr, format_smolstr};

use super::claim::check_lines;
use super::prelude::*;

/// A rejection that names the field and says what is wrong with it.
pub(super) fn contradiction(field: impl Into<SmolStr>, message: &str) -> Rejection {
    Rejection::Contradiction { field: field.into(), message: message.into() }
}

/// The name of a field of the line at `index`, as callers write it.
pub(super) fn field_of(index: usize, field: &str) -> SmolStr {
    format_smolstr!("lines[{index}].{field}")
}

/// # Errors
/// `contradiction`: the reason `other` says nothing without a note.
pub(super) fn check_reason(reason: Option<&Reason>) -> Result<(), Rejection> {
    match reason {
        Some(Reason { code: ReasonCode::Other, note: None }) => {
            Err(contradiction("reason.note", "is needed with the reason `other`"))
        }
        _ => Ok(()),
    }
}

/// The item's number and its SKU, whichever of its names was used.
///
/// # Errors
/// `unknown_sku`.
pub(super) fn canonical(ledger: &Ledger, name: &Sku) -> Result<(ItemNo, Sku), Rejection> {
    let item = ledger.known_item(name)?;
    Ok((item, ledger.item(item).sku.clone()))
}

pub(super) fn shelf(location: &LocationId, condition: Condition) -> Account {
    Account::Shelf(location.clone(), condition)
}

/// A movement of `units`; none for zero.
///
/// # Errors
/// `balance_too_large` above the largest quantity.
pub(super) fn movement(
    sku: &Sku,
    units: u64,
    from: Account,
    to: Account,
) -> Result<Option<Movement>, Rejection> {
    match Quantity::new(units) {
        Some(quantity) => Ok(Some(Movement { sku: sku.clone(), quantity, from, to })),
        None if units == 0 => Ok(None),
        None => Err(Rejection::BalanceTooLarge { sku: sku.clone() }),
    }
}

/// A movement that takes `change` units from `outside` onto the shelf, or back if it is negative.
///
/// # Errors
/// `balance_too_large`.
pub(super) fn correction(
    sku: &Sku,
    change: i64,
    on_shelf: Account,
    outside: Account,
) -> Result<Option<Movement>, Rejection> {
    let (from, to) = if change > 0 { (outside, on_shelf) } else { (on_shelf, outside) };
    movement(sku, change.unsigned_abs(), from, to)
}

/// The movements of lines that leave a condition at one location; `usual` where a line names none.
///
/// # Errors
/// `contradiction` if goods would go where they are, `unknown_sku`, `unknown_location`,
/// `location_closed`.
pub(super) fn leave_condition(
    ledger: &Ledger,
    location: &LocationId,
    lines: &[ConditionLine],
    usual: Condition,
    to: &Account,
) -> Result<Vec<Movement>, Rejection> {
    check_lines(lines)?;
    let mut movements = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let from = shelf(location, line.condition.unwrap_or(usual));
        if from == *to {
            let message = "is the condition the goods are to go to";
            return Err(contradiction(field_of(index, "condition"), message));
        }
        let (_, sku) = canonical(ledger, &line.sku)?;
        movements.push(Movement { sku, quantity: line.quantity, from, to: to.clone() });
    }
    ledger.open_location(location)?;
    Ok(movements)
}

/// Takes up to `units` out of `at`, in the order in which `at` gives them.
pub(super) fn part<'a>(at: impl Iterator<Item = &'a (Spot, u64)>, units: u64) -> AtLocations {
    let mut left = units;
    let mut taken = AtLocations::new();
    for (spot, there) in at {
        let some = left.min(*there);
        if some > 0 {
            taken.push((*spot, some));
            left -= some;
        }
    }
    taken
}

/// # Errors
/// `contradiction` above the largest quantity; zero is allowed.
pub(super) fn check_units(index: usize, field: &str, units: u64) -> Result<(), Rejection> {
    if units <= QUANTITY_MAX {
        return Ok(());
    }
    let message = format_smolstr!("must be at most {QUANTITY_MAX}");
    Err(Rejection::Contradiction { field: field_of(index, field), message })
}

/// # Errors
/// `contradiction` above `most`.
pub(super) fn at_most(field: &str, value: Option<u64>, most: u64) -> Result<(), Rejection> {
    match value {
        Some(value) if value > most => {
            let message = format_smolstr!("must be at most {most}");
            Err(Rejection::Contradiction { field: field.into(), message })
        }
        _ => Ok(()),
    }
}
