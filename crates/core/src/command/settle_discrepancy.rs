//! Settle discrepancies: accept theirs, keep ours, dispute, snooze, ask the supplier, reopen.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Settle discrepancies. Who does it is to be named. */
SettleDiscrepancy {
    pub action: Settling,
    /// Of the discrepancies, as the inbox shows them.
    pub numbers: Vec<u64>,
    pub reason: Reason,
    /// Of a snooze: until when.
    #[serde(default)]
    pub until: Option<Time>,
    /// What the book said at each one's moment, looked up by the edge where theirs is accepted.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &SettleDiscrepancy,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
