//! Hand orders over: what waits for a supplier up to its cut-off becomes one list, once.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Hand orders over to a supplier. The writer does it at the cut-off; anybody may do it before. */
HandOverOrders {
    pub supplier: SupplierId,
    /// Unique for the supplier, such as the day.
    pub handover: Label,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &HandOverOrders,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
