//! Register an item: from now on its SKU can be moved and sold.

use super::claim::refuse_doubles;
use super::prelude::*;

args!(/** Register an item. */
RegisterItem {
    pub sku: Sku,
    #[serde(default)]
    pub aliases: Vec<Sku>,
    #[serde(default)]
    pub name: Option<Label>,
    #[serde(default)]
    pub category: Option<Label>,
    /// Decimals that one base unit stands for: 3 for grams of an item sold in kilograms. At most 6.
    #[serde(default)]
    pub scale: u8,
});

/// Most decimals of an item.
const SCALE_MAX: u8 = 6;

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &RegisterItem,
) -> Result<Decision, Rejection> {
    if command.scale > SCALE_MAX {
        let message = smol_str::format_smolstr!("must be at most {SCALE_MAX}");
        return Err(Rejection::Contradiction { field: "scale".into(), message });
    }
    let names: Vec<&Sku> = command.aliases.iter().chain([&command.sku]).collect();
    refuse_doubles("aliases", &names)?;
    if let Some(taken) = names.iter().find(|it| ledger.item_no(it).is_some()) {
        return Err(Rejection::AlreadyExists { kind: "sku".into(), name: taken.as_str().into() });
    }
    let fact = Fact::ItemRegistered(ItemRegistered {
        sku: command.sku.clone(),
        aliases: command.aliases.clone(),
        name: command.name.clone(),
        category: command.category.clone(),
        scale: command.scale,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn an_item_and_its_aliases_are_one() {
        check(
            "
            register_item X aliases=X1,X2 name=Mug category=cups scale=3
            receive_stock A X2:5
            stock X@A
            register_item X1
            register_item Y aliases=X
            register_item Y aliases=Y
            register_item Y scale=7
            ",
            expect![[r#"
                6 item_registered:
                7 stock_received: X 5 supplier > A/sellable
                X@A sellable 5 free 5
                rejected already_exists kind=sku name=X1
                rejected already_exists kind=sku name=X
                rejected duplicate_in_batch field=aliases value=Y
                rejected contradiction field=scale message=must be at most 6
            "#]],
        );
    }

    #[test]
    fn c28_quantities_are_whole_base_units_of_an_item() {
        check(
            "
            register_item KG scale=3
            receive_stock A KG:1500
            commit_order O1 KG:250@A
            ship_order O1
            return_stock A order=O1 1:250/sellable
            stock KG@A
            ",
            expect![[r#"
                6 item_registered:
                7 stock_received: KG 1500 supplier > A/sellable
                8 order_committed: KG@A committed +250
                9 order_shipped: KG 250 A/sellable > customer; KG@A committed -250
                10 stock_returned: KG 250 customer > A/sellable; 1 linked 250
                KG@A sellable 1500 free 1500
            "#]],
        );
    }
}
