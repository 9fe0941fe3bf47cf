//! Receive a transfer or a part of it: received, damaged, missing.

use super::claim::check_lines;
use super::lines::{canonical, check_units, contradiction, field_of, movement, shelf};
use super::prelude::*;

args!(/** Receive a transfer or a part of it. */
ReceiveTransfer {
    pub transfer: TransferId,
    pub lines: Vec<ArrivedLine>,
});

args!(/** What became of an item in transit; at least one number is above zero. */
ArrivedLine {
    pub sku: Sku,
    #[serde(default)]
    pub received: u64,
    #[serde(default)]
    pub damaged: u64,
    #[serde(default)]
    pub missing: u64,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReceiveTransfer,
) -> Result<Decision, Rejection> {
    check_arrived(&command.lines)?;
    let names = command.lines.iter().map(|it| canonical(ledger, &it.sku));
    let items = names.collect::<Result<Vec<(ItemNo, Sku)>, Rejection>>()?;
    let transfer = ledger.known_transfer(&command.transfer)?;
    if let Some((_, sku)) = items.iter().find(|(item, _)| !transfer.sent.contains_key(&item.0)) {
        let transfer = command.transfer.clone();
        return Err(Rejection::NotInTransfer { transfer, sku: sku.clone() });
    }
    if transfer.is_closed() {
        return Err(Rejection::TransferClosed { transfer: command.transfer.clone() });
    }
    let mut arrival = Arrival {
        transfer: &command.transfer,
        to: &transfer.to,
        left: transfer.in_transit.clone(),
        movements: Vec::new(),
        flags: Vec::new(),
    };
    for (index, (line, (item, sku))) in command.lines.iter().zip(items).enumerate() {
        arrival.unload(index, line, item, &sku)?;
    }
    let whole = arrival.left.values().all(|it| *it == 0);
    let fact =
        Fact::TransferReceived(TransferReceived { transfer: command.transfer.clone(), whole });
    Ok(Decision { fact, movements: arrival.movements, flags: arrival.flags })
}

fn check_arrived(lines: &[ArrivedLine]) -> Result<(), Rejection> {
    check_lines(lines)?;
    for (index, line) in lines.iter().enumerate() {
        if line.received == 0 && line.damaged == 0 && line.missing == 0 {
            let message = "`damaged` or `missing` must be above zero";
            return Err(contradiction(field_of(index, "received"), message));
        }
        check_units(index, "received", line.received)?;
        check_units(index, "damaged", line.damaged)?;
        check_units(index, "missing", line.missing)?;
    }
    Ok(())
}

/// A transfer while it is unloaded, line by line.
struct Arrival<'a> {
    transfer: &'a TransferId,
    to: &'a LocationId,
    left: ByItem,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl Arrival<'_> {
    fn unload(
        &mut self,
        index: usize,
        line: &ArrivedLine,
        item: ItemNo,
        sku: &Sku,
    ) -> Result<(), Rejection> {
        let received = self.take(item, line.received);
        let damaged = self.take(item, line.damaged);
        if self.take(item, line.missing) < line.missing {
            let message = "is more than is left in transit";
            return Err(contradiction(field_of(index, "missing"), message));
        }
        let transit = Account::Transit(self.transfer.clone());
        let surplus = (line.received - received) + (line.damaged - damaged);
        let moves = [
            (received, &transit, shelf(self.to, Condition::Sellable)),
            (damaged, &transit, shelf(self.to, Condition::Damaged)),
            (line.missing, &transit, Account::Loss),
            (surplus, &Account::Adjustment, shelf(self.to, Condition::QualityControl)),
        ];
        for (units, from, to) in moves {
            self.movements.extend(movement(sku, units, from.clone(), to)?);
        }
        if surplus > 0 {
            self.flags.push(Flag::OverReceipt { sku: sku.clone(), quantity: surplus });
        }
        Ok(())
    }

    /// Takes up to `units` out of transit; returns how many there were.
    fn take(&mut self, item: ItemNo, units: u64) -> u64 {
        let left = self.left.entry(item.0).or_default();
        let taken = units.min(*left);
        *left -= taken;
        taken
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c11_units_stay_in_transit_until_they_are_explained() {
        check(
            "
            receive_stock A W:10 G:5
            start_transfer T1 from=A to=B W:10 G:5
            receive_transfer T1 W(received=6,damaged=1)
            receive_transfer T1 W(missing=4)
            receive_transfer T1 W(missing=3)
            receive_transfer T1 W(missing=1)
            receive_transfer T1 G(received=5)
            receive_transfer T1 G(received=1)
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                7 transfer_started: W 10 A/sellable > transit:T1; G 5 A/sellable > transit:T1
                8 transfer_received: W 6 transit:T1 > B/sellable; W 1 transit:T1 > B/damaged
                rejected contradiction field=lines[0].missing message=is more than is left in transit
                9 transfer_received: W 3 transit:T1 > loss
                rejected contradiction field=lines[0].missing message=is more than is left in transit
                10 transfer_received: G 5 transit:T1 > B/sellable; whole
                rejected transfer_closed transfer=T1
                W@B sellable 6 damaged 1 free 6
            "#]],
        );
    }

    #[test]
    fn c11_more_arrives_than_was_sent() {
        check(
            "
            receive_stock A W:10 G:1
            start_transfer T1 from=A to=B W:5 G:1
            receive_transfer T1 W(received=4) W(received=2,damaged=1)
            receive_transfer T1 W(received=1)
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 1 supplier > A/sellable
                7 transfer_started: W 5 A/sellable > transit:T1; G 1 A/sellable > transit:T1
                8 transfer_received: W 4 transit:T1 > B/sellable; W 1 transit:T1 > B/sellable; W 2 adjustment > B/quality_control; ! over_receipt quantity=2 sku=W
                9 transfer_received: W 1 adjustment > B/quality_control; ! over_receipt quantity=1 sku=W
                W@B sellable 5 quality_control 3 free 5
            "#]],
        );
    }

    #[test]
    fn bad_arrivals_are_refused() {
        check(
            "
            receive_stock A W:10 G:1
            start_transfer T1 from=A to=B W:5
            receive_transfer T1 G(received=1)
            receive_transfer T2 W(received=1)
            receive_transfer T1 W
            receive_transfer T1 lines=
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 1 supplier > A/sellable
                7 transfer_started: W 5 A/sellable > transit:T1
                rejected not_in_transfer sku=G transfer=T1
                rejected unknown_transfer transfer=T2
                rejected contradiction field=lines[0].received message=`damaged` or `missing` must be above zero
                rejected contradiction field=lines message=must have at least one line
            "#]],
        );
    }
}
