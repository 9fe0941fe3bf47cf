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
