//! Start a transfer: goods leave one location for another; until they arrive they are sellable nowhere.

use super::claim::{Need, Short, check_lines, route};
use super::lines::{canonical, contradiction, shelf};
use super::prelude::*;

args!(/** Start a transfer. */
StartTransfer {
    pub transfer: TransferId,
    pub from: LocationId,
    pub to: LocationId,
    pub lines: Vec<TransferLine>,
});

args!(/** Units on their way. */
TransferLine {
    pub sku: Sku,
    pub quantity: Quantity,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &StartTransfer,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    if command.from == command.to {
        return Err(contradiction("to", "is the same location as `from`"));
    }
    let skus = command.lines.iter().map(|it| canonical(ledger, &it.sku));
    let items = skus.collect::<Result<Vec<(ItemNo, Sku)>, Rejection>>()?;
    let from = ledger.open_location(&command.from)?;
    ledger.open_location(&command.to)?;
    if ledger.transfer(&command.transfer).is_some() {
        let name = command.transfer.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "transfer".into(), name });
    }
    route(ledger, now, None, &needs(command, &items, from), Short::Follow(Partial::None))?;
    let leave = |(line, (_, sku)): (&TransferLine, (ItemNo, Sku))| Movement {
        sku,
        quantity: line.quantity,
        from: shelf(&command.from, Condition::Sellable),
        to: Account::Transit(command.transfer.clone()),
    };
    let movements = command.lines.iter().zip(items).map(leave).collect();
    let StartTransfer { transfer, from, to, .. } = command.clone();
    let fact = Fact::TransferStarted(TransferStarted { transfer, from, to });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

/// Promised units do not travel: a transfer takes what is free, like any other promise.
fn needs(command: &StartTransfer, items: &[(ItemNo, Sku)], from: LocationNo) -> Vec<Need> {
    let need = |(index, (line, (item, _))): (usize, (&TransferLine, &(ItemNo, Sku)))| Need {
        index,
        line: LineRef::numbered(index + 1),
        item: *item,
        quantity: line.quantity.units(),
        location: Some(from),
    };
    command.lines.iter().zip(items).enumerate().map(need).collect()
}
