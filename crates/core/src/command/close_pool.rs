//! Close a pool: what is left of it is shared stock again. The writer asks for it when the pool ends.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Close a pool. */
ClosePool {
    pub pool: PoolId,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ClosePool,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
