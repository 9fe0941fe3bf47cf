//! Rename an item: its own SKU is another one from now on, and the old one stays a name of it.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Rename an item. */
RenameItem {
    pub sku: Sku,
    pub to: Sku,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &RenameItem,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
