//! Set a feed: how the numbers of one location of a supplier come, and what they are worth.

use super::lines::contradiction;
use super::prelude::*;
use smol_str::SmolStr;

args!(/** Set a feed. What is left out is as at the beginning. */
SetFeed {
    pub feed: FeedId,
    pub supplier: SupplierId,
    /// The supplier's location that its numbers are about; one feed tells of a location.
    pub location: LocationId,
    #[serde(default)]
    pub basis: Basis,
    /// It sends what changed only: whatever a file leaves out stands, and is as fresh.
    #[serde(default)]
    pub changes_only: bool,
    /// An item that is missing in so many complete snapshots in a row counts as zero; 2 if not given.
    #[serde(default)]
    pub missing_after: Option<u64>,
    /// The first is that of items assigned to none. One tier `all`, asked for daily, if not given.
    #[serde(default)]
    pub tiers: Vec<TierTerms>,
    #[serde(default)]
    pub breakers: Breakers,
    #[serde(default)]
    pub tolerance: Tolerance,
    /// How to read its files: TOML.
    #[serde(default)]
    pub profile: Option<SmolStr>,
    #[serde(default)]
    pub pull: Option<Pull>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &SetFeed,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
