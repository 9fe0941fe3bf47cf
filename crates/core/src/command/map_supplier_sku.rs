//! Map a supplier's SKUs: which of our items its codes mean, in what packs, at what cost.

use smol_str::{SmolStr, format_smolstr};

use super::claim::{check_lines, refuse_doubles};
use super::lines::{canonical, check_units, contradiction, field_of};
use super::prelude::*;

args!(/** Map a supplier's SKUs. A new meaning replaces those before it, from its beginning on. */
MapSupplierSku {
    pub supplier: SupplierId,
    pub lines: Vec<MappedLine>,
});

/// Most units of ours in one of theirs.
pub(super) const PACK_MAX: u64 = 1_000_000;

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &MapSupplierSku,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        check_line(index, line)?;
    }
    let codes: Vec<&Sku> = command.lines.iter().map(|it| &it.supplier_sku).collect();
    refuse_doubles("lines.supplier_sku", &codes)?;
    let mut lines = Vec::with_capacity(command.lines.len());
    for line in &command.lines {
        let sku = match &line.sku {
            Some(sku) => Some(canonical(ledger, sku)?.1),
            None => None,
        };
        lines.push(MappedLine { sku, ..line.clone() });
    }
    let supplier = ledger.known_supplier(&command.supplier)?;
    // A code that means something later only means nothing until then.
    let known = |it: &&MappedLine| it.sku.is_some() && is_valid(it, now);
    let known = lines.iter().filter(known);
    let settled = known.filter_map(|it| ledger.open_unknown(supplier, &it.supplier_sku)).collect();
    let supplier = command.supplier.clone();
    let fact = Fact::SupplierSkuMapped(SupplierSkuMapped { supplier, lines, settled });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn is_valid(line: &MappedLine, at: Time) -> bool {
    line.valid_from.is_none_or(|it| it <= at) && line.valid_until.is_none_or(|it| at < it)
}

fn check_line(index: usize, line: &MappedLine) -> Result<(), Rejection> {
    if line.sku.is_none() {
        return check_unmapped(index, line);
    }
    if line.pack.units() > PACK_MAX {
        let message = format_smolstr!("must be at most {PACK_MAX} units");
        return Err(Rejection::Contradiction { field: field_of(index, "pack"), message });
    }
    check_units(index, "unit_cost", line.unit_cost.unwrap_or(0))?;
    match line.valid_until {
        Some(until) if line.valid_from.unwrap_or(Time(0)) >= until => {
            Err(contradiction(field_of(index, "valid_until"), "must be after `valid_from`"))
        }
        _ => Ok(()),
    }
}

/// A code that ends to mean anything says from when on at most.
fn check_unmapped(index: usize, line: &MappedLine) -> Result<(), Rejection> {
    let said = [
        ("pack", line.pack != Quantity::ONE),
        ("unit_cost", line.unit_cost.is_some()),
        ("valid_until", line.valid_until.is_some()),
    ];
    match said.iter().find(|(_, said)| *said) {
        Some((field, _)) => {
            let message: SmolStr = "is of an item: give `sku`, or leave it out".into();
            Err(Rejection::Contradiction { field: field_of(index, field), message })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_code_means_an_item_in_packs_at_a_cost() {
        check(
            "
            set_supplier acme
            set_supplier best
            map_supplier_sku acme W(supplier_sku=0017,pack=12,unit_cost=250) GG(supplier_sku=X)
            means acme 0017
            means acme X
            means acme 17
            means best X
            map_supplier_sku best W(supplier_sku=X)
            means best X
            means acme X
            rename_item G to=H
            means acme X
            close_item H
            means acme X
            map_supplier_sku acme GG(supplier_sku=X,pack=3)
            means acme X
            ",
            expect![[r#"
                6 supplier_set:
                7 supplier_set:
                8 supplier_sku_mapped:
                0017 means W pack 12 cost 250
                X means G pack 1
                17 means nothing
                X means nothing
                9 supplier_sku_mapped:
                X means W pack 1
                X means G pack 1
                10 item_renamed:
                X means H pack 1
                11 item_closed:
                X means H pack 1
                12 supplier_sku_mapped:
                X means H pack 3
            "#]],
        );
    }

    #[test]
    fn c16_a_code_that_goes_over_means_each_item_in_its_time() {
        check(
            "
            set_supplier acme
            map_supplier_sku acme W(supplier_sku=X,unit_cost=5)
            map_supplier_sku acme G(supplier_sku=X,valid_from=100,valid_until=300)
            @99 means acme X
            @100 means acme X
            @299 means acme X
            @300 means acme X
            map_supplier_sku acme W(supplier_sku=X,valid_from=200,pack=6)
            @50 means acme X
            @199 means acme X
            @200 means acme X
            @900 means acme X
            map_supplier_sku acme W(supplier_sku=X,valid_from=150,pack=7)
            @149 means acme X
            @150 means acme X
            @99 means acme X
            ",
            expect![[r#"
                6 supplier_set:
                7 supplier_sku_mapped:
                8 supplier_sku_mapped:
                X means W pack 1 cost 5
                X means G pack 1
                X means G pack 1
                X means nothing
                9 supplier_sku_mapped:
                X means W pack 1 cost 5
                X means G pack 1
                X means W pack 6
                X means W pack 6
                10 supplier_sku_mapped:
                X means G pack 1
                X means W pack 7
                X means W pack 1 cost 5
            "#]],
        );
    }

    #[test]
    fn c17_the_pack_changes_at_a_moment() {
        check(
            "
            set_supplier acme
            map_supplier_sku acme W(supplier_sku=X,pack=6,unit_cost=10)
            map_supplier_sku acme W(supplier_sku=X,pack=12,unit_cost=9,valid_from=60)
            means acme X
            @60 means acme X
            map_supplier_sku acme W(supplier_sku=Y) W(supplier_sku=Z,pack=24)
            means acme Y
            means acme Z
            means acme X
            ",
            expect![[r#"
                6 supplier_set:
                7 supplier_sku_mapped:
                8 supplier_sku_mapped:
                X means W pack 6 cost 10
                X means W pack 12 cost 9
                9 supplier_sku_mapped:
                Y means W pack 1
                Z means W pack 24
                X means W pack 12 cost 9
            "#]],
        );
    }

    #[test]
    fn a_code_is_unmapped_at_once_or_from_a_moment_on() {
        check(
            "
            set_supplier acme
            map_supplier_sku acme W(supplier_sku=X) W(supplier_sku=Y) W(supplier_sku=Z)
            map_supplier_sku acme _(supplier_sku=X) _(supplier_sku=Y,valid_from=60) _(supplier_sku=Q)
            means acme X
            means acme Y
            means acme Z
            @59 means acme Y
            @60 means acme Y
            map_supplier_sku acme G(supplier_sku=X)
            means acme X
            ",
            expect![[r#"
                6 supplier_set:
                7 supplier_sku_mapped:
                8 supplier_sku_mapped:
                X means nothing
                Y means W pack 1
                Z means W pack 1
                Y means W pack 1
                Y means nothing
                9 supplier_sku_mapped:
                X means G pack 1
            "#]],
        );
    }

    #[test]
    fn an_unknown_code_is_settled_once_it_means_something() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            set_supplier best
            set_feed F supplier=acme location=S
            fact {"snapshot_recorded":{"feed":"F","snapshot":"1","part":1,"as_of":"2026-01-01T00:00:00Z","complete":true,"lines":2,"outcome":"applied","unknown":2,"found":[{"number":1,"kind":"unknown_sku","supplier_sku":"X","location":"S","theirs":4,"ours":0,"as_of":"2026-01-01T00:00:00Z","confidence":100},{"number":2,"kind":"unknown_sku","supplier_sku":"Y","location":"S","theirs":4,"ours":0,"as_of":"2026-01-01T00:00:00Z","confidence":100}]}}
            map_supplier_sku acme _(supplier_sku=X)
            map_supplier_sku best W(supplier_sku=X)
            map_supplier_sku acme W(supplier_sku=X,valid_from=60)
            map_supplier_sku acme W(supplier_sku=X,valid_until=60) W(supplier_sku=Y,valid_from=1)
            @2 map_supplier_sku acme G(supplier_sku=X) G(supplier_sku=Y)
            map_supplier_sku acme G(supplier_sku=X) G(supplier_sku=Y)
            stock G@S
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 supplier_set:
                9 feed_set:
                10 snapshot_recorded: applied; found 1 X@S unknown_sku theirs 4 ours 0 as of 0s; found 2 Y@S unknown_sku theirs 4 ours 0 as of 0s
                11 supplier_sku_mapped:
                12 supplier_sku_mapped:
                13 supplier_sku_mapped:
                14 supplier_sku_mapped: settled 1
                15 supplier_sku_mapped: settled 2
                16 supplier_sku_mapped:
                G@S sellable 0 free 0
            "#]],
        );
    }

    #[test]
    fn bad_mappings_are_refused() {
        check(
            "
            map_supplier_sku acme W(supplier_sku=X)
            set_supplier acme
            map_supplier_sku acme lines=
            map_supplier_sku acme W(supplier_sku=X,pack=1000001)
            map_supplier_sku acme W(supplier_sku=X,pack=1000000,unit_cost=1000000000001)
            map_supplier_sku acme W(supplier_sku=Y) W(supplier_sku=X,valid_from=60,valid_until=60)
            map_supplier_sku acme W(supplier_sku=X,valid_from=61,valid_until=60)
            map_supplier_sku acme _(supplier_sku=X,pack=6)
            map_supplier_sku acme _(supplier_sku=X,unit_cost=6)
            map_supplier_sku acme _(supplier_sku=X,valid_until=6)
            map_supplier_sku acme W(supplier_sku=X) _(supplier_sku=X)
            map_supplier_sku acme W(supplier_sku=X) V(supplier_sku=Y)
            means acme X
            ",
            expect![[r#"
                rejected unknown_supplier supplier=acme
                6 supplier_set:
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=lines[0].pack message=must be at most 1000000 units
                rejected contradiction field=lines[0].unit_cost message=must be at most 1000000000000
                rejected contradiction field=lines[1].valid_until message=must be after `valid_from`
                rejected contradiction field=lines[0].valid_until message=must be after `valid_from`
                rejected contradiction field=lines[0].pack message=is of an item: give `sku`, or leave it out
                rejected contradiction field=lines[0].unit_cost message=is of an item: give `sku`, or leave it out
                rejected contradiction field=lines[0].valid_until message=is of an item: give `sku`, or leave it out
                rejected duplicate_in_batch field=lines.supplier_sku value=X
                rejected unknown_sku sku=V
                X means nothing
            "#]],
        );
    }

    #[test]
    fn at_most_so_many_lines_are_mapped_at_once() {
        let lines =
            |most: usize| (0..most).map(|it| format!("W(supplier_sku=X{it})")).collect::<Vec<_>>();
        let said = crate::testing::run(&format!(
            "set_supplier acme\nmap_supplier_sku acme {}\nmap_supplier_sku acme {}",
            lines(1_001).join(" "),
            lines(1_000).join(" ")
        ));
        assert_eq!(
            said[1],
            "rejected contradiction field=lines message=has 1001 lines; at most 1000 are allowed"
        );
        assert_eq!(said[2], "7 supplier_sku_mapped:");
    }
}
