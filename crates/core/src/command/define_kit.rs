//! Define a kit: what it is made of from now on. Claims made before keep their recipe.

use smol_str::{SmolStr, format_smolstr};

use super::lines::contradiction;
use super::prelude::*;

args!(/** Define a kit. */
DefineKit {
    pub sku: Sku,
    pub parts: Vec<KitPartUnits>,
});

args!(/** One part, and how many of it a kit needs. */
KitPartUnits {
    pub sku: Sku,
    pub quantity: Quantity,
});

/// Most parts of one kit.
const PARTS_MAX: usize = 100;

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &DefineKit,
) -> Result<Decision, Rejection> {
    check_number(command)?;
    check_kit(ledger, command)?;
    for (index, part) in command.parts.iter().enumerate() {
        check_part(ledger, command, index, part)?;
    }
    refuse_doubled_parts(ledger, command)?;
    let kit = ledger.known_item(&command.sku)?;
    let parts = command.parts.iter();
    let parts = parts.map(|it| Ok((ledger.known_item(&it.sku)?, it.quantity)));
    let parts = parts.collect::<Result<Vec<(ItemNo, Quantity)>, Rejection>>()?;
    ledger.sold_item(&command.sku)?;
    for part in &command.parts {
        ledger.sold_item(&part.sku)?;
    }
    let own_name = |(item, quantity)| KitPart { sku: ledger.item(item).sku.clone(), quantity };
    let fact = Fact::KitDefined(KitDefined {
        sku: ledger.item(kit).sku.clone(),
        version: ledger.item(kit).recipe().map_or(1, |it| it.version + 1),
        parts: parts.into_iter().map(own_name).collect(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_number(command: &DefineKit) -> Result<(), Rejection> {
    match command.parts.len() {
        0 => Err(contradiction("parts", "must have at least one part")),
        1..=PARTS_MAX => Ok(()),
        more => {
            let message = format_smolstr!("has {more} parts; at most {PARTS_MAX} are allowed");
            Err(contradiction("parts", &message))
        }
    }
}

/// What is assembled stands on a shelf and is counted; and no kit is made of kits.
fn check_kit(ledger: &Ledger, command: &DefineKit) -> Result<(), Rejection> {
    let Some(kit) = ledger.item_no(&command.sku) else { return Ok(()) };
    if !ledger.item(kit).mode().is_finite() {
        let message = "must be counted by its units: a kit has what its parts make";
        return Err(contradiction("sku", message));
    }
    if let Some(pool) = ledger.item(kit).pools().first() {
        let pool = &ledger.pool(*pool).id;
        let message = format_smolstr!("has units in the pool {pool}: close it first");
        return Err(contradiction("sku", &message));
    }
    let used_in = ledger.item(kit).info.as_ref().map_or(&[][..], |it| &it.used_in);
    let made_of_it = |it: &&ItemNo| {
        let recipe = ledger.item(**it).recipe();
        recipe.is_some_and(|it| it.parts.iter().any(|(part, _)| *part == kit))
    };
    match used_in.iter().find(made_of_it) {
        Some(whole) => {
            let whole = &ledger.item(*whole).sku;
            let message = format_smolstr!("is a part of the kit {whole}: list its parts there");
            Err(contradiction("sku", &message))
        }
        None => Ok(()),
    }
}

fn check_part(
    ledger: &Ledger,
    command: &DefineKit,
    index: usize,
    part: &KitPartUnits,
) -> Result<(), Rejection> {
    let known = ledger.item_no(&part.sku);
    let is_itself =
        part.sku == command.sku || known.is_some_and(|it| Some(it) == ledger.item_no(&command.sku));
    if is_itself {
        return Err(contradiction(sku_of(index), "is the kit itself"));
    }
    match known.and_then(|it| ledger.item(it).recipe()) {
        Some(_) => Err(contradiction(sku_of(index), "is a kit: list its parts instead")),
        None => Ok(()),
    }
}

fn sku_of(index: usize) -> SmolStr {
    format_smolstr!("parts[{index}].sku")
}

/// One part under two of its names is doubled too.
fn refuse_doubled_parts(ledger: &Ledger, command: &DefineKit) -> Result<(), Rejection> {
    let same = |one: &Sku, other: &Sku| {
        one == other || ledger.item_no(one).is_some_and(|it| Some(it) == ledger.item_no(other))
    };
    for (index, part) in command.parts.iter().enumerate() {
        if command.parts[..index].iter().any(|before| same(&before.sku, &part.sku)) {
            let (field, value) = ("parts.sku".into(), part.sku.as_str().into());
            return Err(Rejection::DuplicateInBatch { field, value });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_a_pool_holds_is_no_kit() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web W:2@A
            define_kit W G:1
            close_pool P1
            define_kit W G:1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +2 in P1
                rejected contradiction field=sku message=has units in the pool P1: close it first
                8 pool_closed: W@A pooled -2 in P1
                9 kit_defined:
            "#]],
        );
    }

    #[test]
    fn a_kit_counts_its_versions_and_stores_parts_by_their_own_names() {
        check(
            "
            register_item K aliases=KK
            define_kit K W:2 GG:1
            receive_stock A W:9 G:9
            offer K web
            define_kit KK W:3
            offer K web
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 9 supplier > A/sellable; G 9 supplier > A/sellable
                K reservable 4 published 4 | assembled reservable 0 published 0 | base 0 share 0
                9 kit_defined:
                K reservable 3 published 3 | assembled reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn bad_kits_are_refused() {
        check(
            "
            register_item K aliases=KK
            register_item L
            define_kit K parts=[]
            define_kit K K:1
            define_kit K W:1 KK:1
            define_kit K W:1 W:2
            define_kit K G:1 GG:2
            define_kit K X:1 X:1
            define_kit K W:1 X:1
            define_kit X W:1
            define_kit X X:1
            define_kit K W:1 G:1
            define_kit L W:1 K:1
            define_kit W G:1
            define_kit K G:1
            define_kit W L:1
            ",
            expect![[r#"
                6 item_registered:
                7 item_registered:
                rejected contradiction field=parts message=must have at least one part
                rejected contradiction field=parts[0].sku message=is the kit itself
                rejected contradiction field=parts[1].sku message=is the kit itself
                rejected duplicate_in_batch field=parts.sku value=W
                rejected duplicate_in_batch field=parts.sku value=GG
                rejected duplicate_in_batch field=parts.sku value=X
                rejected unknown_sku sku=X
                rejected unknown_sku sku=X
                rejected contradiction field=parts[0].sku message=is the kit itself
                8 kit_defined:
                rejected contradiction field=parts[1].sku message=is a kit: list its parts instead
                rejected contradiction field=sku message=is a part of the kit K: list its parts there
                9 kit_defined:
                10 kit_defined:
            "#]],
        );
    }

    #[test]
    fn a_kit_has_at_most_a_hundred_parts() {
        let parts = |many: usize| {
            let part = |place: usize| format!("{{\"sku\":\"P{place}\",\"quantity\":1}}");
            (0..many).map(part).collect::<Vec<String>>().join(",")
        };
        check(
            &format!("define_kit W parts=[{}]\ndefine_kit W parts=[{}]", parts(100), parts(101)),
            expect![[r#"
                rejected unknown_sku sku=P0
                rejected contradiction field=parts message=has 101 parts; at most 100 are allowed
            "#]],
        );
    }

    #[test]
    fn c23_a_kit_has_what_the_final_figures_of_its_parts_make() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:40 G:12
            offer K web
            set_policy sku=W channel=web set={\"buffer\":{\"units\":20}}
            offer K web
            receive_stock B K:2
            offer K web
            set_policy sku=W channel=web set={\"max_listed\":5}
            offer K web
            damage_stock A W:36
            offer W web
            offer K web
            set_policy sku=W channel=web set={\"oversell\":{\"limit\":30}}
            offer K web
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 40 supplier > A/sellable; G 12 supplier > A/sellable
                K reservable 12 published 12 | assembled reservable 0 published 0 | base 0 share 0
                9 policy_set:
                K reservable 10 published 10 | assembled reservable 0 published 0 | base 0 share 0
                10 stock_received: K 2 supplier > B/sellable
                K reservable 12 published 12 | assembled reservable 2 published 2 | base 2 share 2
                11 policy_set:
                K reservable 12 published 4 | assembled reservable 2 published 2 | base 2 share 2
                12 stock_damaged: W 36 A/sellable > A/damaged
                W reservable -16 published 0 | base 4 buffer 20 share 4
                K reservable 2 published 2 | assembled reservable 2 published 2 | base 2 share 2
                13 policy_set:
                K reservable 9 published 4 | assembled reservable 2 published 2 | base 2 share 2
            "#]],
        );
    }

    #[test]
    fn c23_a_kit_whose_part_is_oversold_has_nothing() {
        check(
            "
            register_item K
            define_kit K W:1 G:1
            receive_stock A W:6 G:33
            commit_order O1 W:6@A
            damage_stock A W:6
            offer W web
            offer K web
            hold_stock H1 channel=web K:1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 6 supplier > A/sellable; G 33 supplier > A/sellable
                9 order_committed: W@A committed +6
                10 stock_damaged: W 6 A/sellable > A/damaged; ! oversold by=6 location=A sku=W
                W reservable -6 published 0 | base -6 over 6 share -6
                K reservable 0 published 0 | assembled reservable 0 published 0 | base 0 share 0
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 part=W requested=1 shortfall=1 sku=K]
            "#]],
        );
    }

    #[test]
    fn rules_about_a_kit_itself() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:40 G:12 K:2
            set_policy channel=web set={\"oversell\":{\"limit\":4}}
            offer K web
            set_policy channel=web clear=oversell
            set_policy sku=K channel=web set={\"max_listed\":5,\"end_when\":3}
            offer K web
            hold_stock H1 channel=web K:11
            offer K web
            set_policy sku=K channel=web set={\"buffer\":{\"units\":1}}
            release_hold H1
            offer K web
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 40 supplier > A/sellable; G 12 supplier > A/sellable; K 2 supplier > A/sellable
                9 policy_set:
                K reservable 18 published 18 | assembled reservable 2 published 2 | base 2 share 2
                10 policy_set:
                11 policy_set:
                K reservable 14 published 5 | assembled reservable 2 published 0 | base 2 share 2
                12 stock_held: K@A held +2; W@A held +18; G@A held +9; until 900s
                K reservable 3 published 0 | assembled reservable 0 published 0 | base 0 share 0
                13 policy_set:
                14 hold_released: K@A held -2; W@A held -18; G@A held -9; whole
                K reservable 13 published 5 | assembled reservable 1 published 0 | base 2 buffer 1 share 2
            "#]],
        );
    }
}
