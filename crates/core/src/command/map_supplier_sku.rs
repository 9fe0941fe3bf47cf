//! Map a supplier's SKUs: which of our items its codes mean, in what packs, at what cost.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Map a supplier's SKUs. A new meaning replaces those before it, from its beginning on. */
MapSupplierSku {
    pub supplier: SupplierId,
    pub lines: Vec<MappedLine>,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &MapSupplierSku,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
