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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r8_goods_in_transit_are_sellable_nowhere() {
        check(
            "
            receive_stock A W:10
            start_transfer T1 from=A to=B W:4 GG:1
            start_transfer T1 from=A to=B W:4
            stock W@A
            stock W@B
            start_transfer T1 from=A to=B W:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                rejected insufficient_stock lines=[available=0 index=1 limiting=free_stock line=2 location=A requested=1 shortfall=1 sku=G]
                7 transfer_started: W 4 A/sellable > transit:T1
                W@A sellable 6 free 6
                W@B sellable 0 free 0
                rejected already_exists kind=transfer name=T1
            "#]],
        );
    }

    #[test]
    fn promised_units_do_not_travel() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:4@A
            hold_stock H1 W:3@A
            start_transfer T1 from=A to=B W:2 W:2
            start_transfer T1 from=A to=B W:2 W:1
            start_transfer T2 from=A to=A W:1
            start_transfer T2 from=A to=C W:1
            start_transfer T2 from=A to=B X:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +4
                8 stock_held: W@A held +3; until 900s
                rejected insufficient_stock lines=[available=1 index=1 limiting=free_stock line=2 location=A requested=2 shortfall=1 sku=W]
                9 transfer_started: W 2 A/sellable > transit:T1; W 1 A/sellable > transit:T1
                rejected contradiction field=to message=is the same location as `from`
                rejected unknown_location location=C
                rejected unknown_sku sku=X
            "#]],
        );
    }
}
