//! List stock: the numbers that were pushed to a channel, to be known when they are heard back.

use super::lines::contradiction;
use super::prelude::*;

args!(/** List stock: these numbers were pushed. */
ListStock {
    pub channel: ChannelId,
    pub lines: Vec<ListedLine>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ListStock,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
