//! Reverse an entry: exact counter-movements, once.

use super::prelude::*;

args!(/** Reverse an entry. */
ReverseEntry {
    pub position: u64,
    pub reason: ReversalReason,
    /// The entry to undo; looked up by the edge.
    #[serde(skip)]
    pub entry: Option<Box<Entry>>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ReverseEntry) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
