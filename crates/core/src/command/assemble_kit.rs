//! Assemble kits: parts on the shelf become kits on the shelf, by the recipe in force. A promise:
//! it takes units that nobody else was promised.

use super::convert::Batch;
use super::prelude::*;

args!(/** Assemble kits. */
AssembleKit {
    pub sku: Sku,
    pub location: LocationId,
    pub quantity: Quantity,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &AssembleKit,
) -> Result<Decision, Rejection> {
    let AssembleKit { sku, location, quantity } = command;
    let batch = Batch::of(ledger, sku, location, *quantity)?;
    batch.refuse_closed(&[batch.kit])?;
    batch.refuse_short(&batch.recipe.parts, now)?;
    let parts = batch.recipe.parts.iter();
    let mut movements = parts
        .map(|(part, need)| batch.movement(*part, *need, false))
        .collect::<Result<Vec<Movement>, Rejection>>()?;
    movements.push(batch.movement(batch.kit, 1, true)?);
    let fact = Fact::KitAssembled(KitAssembled {
        sku: ledger.item(batch.kit).sku.clone(),
        location: location.clone(),
        quantity: *quantity,
        version: batch.recipe.version,
    });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn parts_become_kits_by_the_recipe_in_force() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4
            assemble_kit K location=A quantity=3
            stock W@A
            stock G@A
            stock K@A
            offer K web
            define_kit K W:1
            assemble_kit K location=A quantity=1
            stock W@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable
                9 kit_assembled: W 6 A/sellable > conversion; G 3 A/sellable > conversion; K 3 conversion > A/sellable
                W@A sellable 4 free 4
                G@A sellable 1 free 1
                K@A sellable 3 free 3
                K reservable 4 published 4 | assembled reservable 3 published 3 | base 3 share 3
                10 kit_defined:
                11 kit_assembled: W 1 A/sellable > conversion; K 1 conversion > A/sellable
                W@A sellable 3 free 3
            "#]],
        );
    }

    #[test]
    fn assembling_takes_nothing_that_was_promised() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:4
            hold_stock H1 W:5@A
            commit_order O1 G:4@A
            assemble_kit K location=A quantity=3
            assemble_kit K location=B quantity=1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 4 supplier > A/sellable
                9 stock_held: W@A held +5; until 900s
                10 order_committed: G@A committed +4
                rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 location=A part=W requested=3 shortfall=1 sku=K][available=0 index=1 limiting=free_stock line=2 location=A part=G requested=3 shortfall=3 sku=K]
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=B part=W requested=1 shortfall=1 sku=K][available=0 index=1 limiting=free_stock line=2 location=B part=G requested=1 shortfall=1 sku=K]
            "#]],
        );
    }

    #[test]
    fn bad_assemblies_are_refused() {
        check(
            "
            register_item K
            define_kit K W:1000000000000
            assemble_kit X location=A quantity=1
            assemble_kit K location=C quantity=1
            assemble_kit W location=A quantity=1
            assemble_kit K location=A quantity=1000000000000
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected not_a_kit sku=W
                rejected contradiction field=quantity message=makes too many units of a part
            "#]],
        );
    }
}
