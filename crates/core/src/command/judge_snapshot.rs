//! Judge a suspicious snapshot: confirm that it is right, or reject it.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Judge a snapshot that is held. Who does it is to be named. */
JudgeSnapshot {
    pub feed: FeedId,
    pub snapshot: Label,
    pub verdict: Verdict,
    pub reason: Reason,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &JudgeSnapshot,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
