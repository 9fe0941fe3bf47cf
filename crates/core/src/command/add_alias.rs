//! Add an alias: another name of an item, resolved for ever.

use super::lines::canonical;
use super::prelude::*;

args!(/** Add an alias. */
AddAlias {
    pub sku: Sku,
    pub alias: Sku,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &AddAlias,
) -> Result<Decision, Rejection> {
    let (_, sku) = canonical(ledger, &command.sku)?;
    if ledger.item_no(&command.alias).is_some() {
        let name = command.alias.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "sku".into(), name });
    }
    let fact = Fact::AliasAdded(AliasAdded { sku, alias: command.alias.clone() });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}
