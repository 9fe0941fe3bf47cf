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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r11_an_alias_resolves_for_ever_and_entries_name_the_item() {
        check(
            "
            receive_stock A W:5
            add_alias W alias=WW
            commit_order O1 WW:2@A
            stock WW@A
            add_alias G alias=WW
            add_alias WW alias=W3
            receive_stock A W3:1
            add_alias X alias=X1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 alias_added:
                8 order_committed: W@A committed +2
                WW@A sellable 5 committed 2 free 3
                rejected already_exists kind=sku name=WW
                9 alias_added:
                10 stock_received: W 1 supplier > A/sellable
                rejected unknown_sku sku=X
            "#]],
        );
    }
}
