//! Release a tranche: its units can be sold from now on. The writer asks for it when its moment has come.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Release a tranche. */
ReleaseTranche {
    pub pool: PoolId,
    pub tranche: TrancheId,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &ReleaseTranche,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
