//! Step a feed's tier down its ladder: issued by the writer itself when numbers came of age.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Step a tier down. */
StepFeed {
    pub feed: FeedId,
    pub tier: Label,
    /// Counted from 1.
    pub step: u64,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &StepFeed,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
