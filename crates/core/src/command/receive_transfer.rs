//! Receive a transfer or a part of it: received, damaged, missing.

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

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReceiveTransfer) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
