//! Start a transfer: goods leave one location for another; until they arrive they are sellable nowhere.

use rustc_hash::FxHashMap;

use super::claim::check_lines;
use super::lines::{contradiction, shelf};
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
    let sold = |it: &TransferLine| {
        let item = ledger.sold_item(&it.sku)?;
        Ok((item, ledger.item(item).sku.clone()))
    };
    let items = command.lines.iter().map(sold).collect::<Result<Vec<_>, Rejection>>()?;
    let from = ledger.open_location(&command.from)?;
    ledger.open_location(&command.to)?;
    if ledger.transfer(&command.transfer).is_some() {
        let name = command.transfer.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "transfer".into(), name });
    }
    refuse_short(ledger, now, command, &items, from)?;
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

/// Promised and pooled units do not travel. Safety stock does: it is kept from buyers, not from
/// the seller.
fn refuse_short(
    ledger: &Ledger,
    now: Time,
    command: &StartTransfer,
    items: &[(ItemNo, Sku)],
    from: LocationNo,
) -> Result<(), Rejection> {
    let mut taken: FxHashMap<ItemNo, u64> = FxHashMap::default();
    let mut missing = Vec::new();
    for (index, (line, (item, sku))) in command.lines.iter().zip(items).enumerate() {
        let free = u64::try_from(ledger.free(*item, from, now)).unwrap_or(0);
        let taken = taken.entry(*item).or_default();
        let requested = line.quantity.units();
        let available = free.saturating_sub(*taken).min(requested);
        *taken += available;
        if available < requested {
            missing.push(Shortfall {
                index: index as u64,
                line: LineRef::numbered(index + 1),
                sku: sku.clone(),
                location: Some(command.from.clone()),
                requested,
                available,
                shortfall: requested - available,
                limiting: "free_stock".into(),
                part: None,
            });
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Rejection::InsufficientStock { lines: missing }) }
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
