//! Close an item: nothing of it can be promised any more.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Close an item. */
CloseItem {
    pub sku: Sku,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &CloseItem,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
