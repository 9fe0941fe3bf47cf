//! Cancel a transfer: what is still in transit comes back or is lost; the caller says which.

use super::lines::{movement, shelf};
use super::prelude::*;

args!(/** Cancel a transfer. */
CancelTransfer {
    pub transfer: TransferId,
    pub outcome: TransferOutcome,
});

/// What became of goods that never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferOutcome {
    Restock,
    WriteOff,
}

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &CancelTransfer,
) -> Result<Decision, Rejection> {
    let transfer = ledger.known_transfer(&command.transfer)?;
    if transfer.is_closed() {
        return Err(Rejection::TransferClosed { transfer: command.transfer.clone() });
    }
    let mut movements = Vec::with_capacity(transfer.in_transit.len());
    for (item, units) in &transfer.in_transit {
        let to = match command.outcome {
            TransferOutcome::Restock => shelf(&transfer.from, Condition::Sellable),
            TransferOutcome::WriteOff => Account::Loss,
        };
        let from = Account::Transit(command.transfer.clone());
        movements.extend(movement(&ledger.item(ItemNo(*item)).sku, *units, from, to)?);
    }
    let fact = Fact::TransferCancelled(TransferCancelled { transfer: command.transfer.clone() });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c11_the_caller_says_what_became_of_the_rest() {
        check(
            "
            receive_stock A W:10 G:2
            start_transfer T1 from=A to=B W:6 G:2
            receive_transfer T1 W(received=2)
            cancel_transfer T1 outcome=restock
            cancel_transfer T1 outcome=restock
            start_transfer T2 from=A to=B W:3
            cancel_transfer T2 outcome=write_off
            cancel_transfer T3 outcome=restock
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 2 supplier > A/sellable
                7 transfer_started: W 6 A/sellable > transit:T1; G 2 A/sellable > transit:T1
                8 transfer_received: W 2 transit:T1 > B/sellable
                9 transfer_cancelled: W 4 transit:T1 > A/sellable; G 2 transit:T1 > A/sellable
                rejected transfer_closed transfer=T1
                10 transfer_started: W 3 A/sellable > transit:T2
                11 transfer_cancelled: W 3 transit:T2 > loss
                rejected unknown_transfer transfer=T3
                W@A sellable 5 free 5
            "#]],
        );
    }
}
