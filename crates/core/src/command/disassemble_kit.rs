//! Disassemble kits: kits on the shelf become parts on the shelf, by the recipe in force. So a
//! pack becomes its pieces too. A promise: it takes kits that nobody else was promised.

use super::convert::Batch;
use super::prelude::*;

args!(/** Disassemble kits. */
DisassembleKit {
    pub sku: Sku,
    pub location: LocationId,
    pub quantity: Quantity,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &DisassembleKit,
) -> Result<Decision, Rejection> {
    let DisassembleKit { sku, location, quantity } = command;
    let batch = Batch::of(ledger, sku, location, *quantity)?;
    let parts: Vec<ItemNo> = batch.recipe.parts.iter().map(|(part, _)| *part).collect();
    batch.refuse_closed(&parts)?;
    batch.refuse_short(&[(batch.kit, 1)], now)?;
    let mut movements = vec![batch.movement(batch.kit, 1, false)?];
    for (part, need) in &batch.recipe.parts {
        movements.push(batch.movement(*part, *need, true)?);
    }
    let fact = Fact::KitDisassembled(KitDisassembled {
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
    fn c17_a_pack_becomes_its_pieces() {
        check(
            "
            register_item BOX
            define_kit BOX W:12
            receive_stock A BOX:3 W:5
            disassemble_kit BOX location=A quantity=1
            stock BOX@A
            stock W@A
            assemble_kit BOX location=A quantity=1
            stock W@A
            offer BOX web
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: BOX 3 supplier > A/sellable; W 5 supplier > A/sellable
                9 kit_disassembled: BOX 1 A/sellable > conversion; W 12 conversion > A/sellable
                BOX@A sellable 2 free 2
                W@A sellable 17 free 17
                10 kit_assembled: W 12 A/sellable > conversion; BOX 1 conversion > A/sellable
                W@A sellable 5 free 5
                BOX reservable 3 published 3 | assembled reservable 3 published 3 | base 3 share 3
            "#]],
        );
    }

    #[test]
    fn kits_that_were_promised_stay_whole() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A K:3
            commit_order O1 K:2@A
            disassemble_kit K location=A quantity=2
            disassemble_kit K location=B quantity=1
            disassemble_kit K location=A quantity=1
            disassemble_kit W location=A quantity=1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: K 3 supplier > A/sellable
                9 order_committed: K@A committed +2
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 location=A requested=2 shortfall=1 sku=K]
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=B requested=1 shortfall=1 sku=K]
                10 kit_disassembled: K 1 A/sellable > conversion; W 2 conversion > A/sellable; G 1 conversion > A/sellable
                rejected not_a_kit sku=W
            "#]],
        );
    }
}
