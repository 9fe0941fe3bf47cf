//! Miss a handover: issued by the writer itself when the time to confirm is over.

use super::lines::contradiction;
use super::prelude::*;

args!(/** The time to confirm is over. */
MissHandover {
    pub supplier: SupplierId,
    pub handover: Label,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &MissHandover,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
