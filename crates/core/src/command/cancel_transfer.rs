//! Cancel a transfer: what is still in transit comes back or is lost; the caller says which.

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

pub(super) fn decide(ledger: &Ledger, now: Time, command: &CancelTransfer) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
