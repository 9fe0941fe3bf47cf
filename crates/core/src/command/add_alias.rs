//! Add an alias: another name of an item, resolved for ever.

use super::prelude::*;

args!(/** Add an alias. */
AddAlias {
    pub sku: Sku,
    pub alias: Sku,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &AddAlias) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
