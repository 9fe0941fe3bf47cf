//! Start a transfer: goods leave one location for another; until they arrive they are sellable nowhere.

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

pub(super) fn decide(ledger: &Ledger, now: Time, command: &StartTransfer) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
