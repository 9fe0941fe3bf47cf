//! Hear stock: the numbers that a channel shows are confirmation or discrepancy, never a movement.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Hear stock: these numbers are shown. */
HearStock {
    pub channel: ChannelId,
    /// Now, if not given.
    #[serde(default)]
    pub heard_at: Option<Time>,
    pub lines: Vec<ListedLine>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &HearStock,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
