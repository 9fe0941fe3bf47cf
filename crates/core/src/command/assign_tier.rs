//! Assign items of a feed to its tiers: how often they are asked for, how fast they age.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Assign items to tiers. */
AssignTier {
    pub feed: FeedId,
    pub lines: Vec<TierLine>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &AssignTier,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
