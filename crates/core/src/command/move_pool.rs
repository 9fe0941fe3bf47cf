//! Move units between two pools, or between a pool and the shared stock.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Move units between pools. */
MovePool {
    /// The shared stock, if not given.
    #[serde(default)]
    pub from: Option<PoolId>,
    /// The shared stock, if not given.
    #[serde(default)]
    pub to: Option<PoolId>,
    pub lines: Vec<PoolStock>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &MovePool,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
