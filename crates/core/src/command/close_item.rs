//! Close an item: nothing of it can be promised any more. What happens to it is still recorded.

use smol_str::format_smolstr;

use super::lines::canonical;
use super::prelude::*;

args!(/** Close an item. */
CloseItem {
    pub sku: Sku,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CloseItem,
) -> Result<Decision, Rejection> {
    let (item, sku) = canonical(ledger, &command.sku)?;
    ledger.sold_item(&sku)?;
    check_kits(ledger, item)?;
    check_pools(ledger, item)?;
    let left = place_left(ledger, now, item)
        .or_else(|| on_the_way(ledger, item))
        .or_else(|| expected_at(ledger, item));
    if let Some(location) = left {
        return Err(Rejection::ItemNotEmpty { sku, location });
    }
    let fact = Fact::ItemClosed(ItemClosed { sku });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_kits(ledger: &Ledger, item: ItemNo) -> Result<(), Rejection> {
    match kit_in_force(ledger, item) {
        Some(kit) => {
            let message = format_smolstr!("is a part of the kit {}", ledger.item(kit).sku);
            Err(Rejection::Contradiction { field: "sku".into(), message })
        }
        None => Ok(()),
    }
}

/// A kit that is sold and made of the item as things stand.
pub(super) fn kit_in_force(ledger: &Ledger, item: ItemNo) -> Option<ItemNo> {
    let used_in = ledger.item(item).info.as_ref().map_or(&[][..], |it| &it.used_in);
    let made_of_it = |kit: &&ItemNo| {
        let kit = ledger.item(**kit);
        let recipe = kit.recipe().filter(|_| !kit.is_closed());
        recipe.is_some_and(|it| it.parts.iter().any(|(part, _)| *part == item))
    };
    used_in.iter().find(made_of_it).copied()
}

/// A pool may be out of units and still get some back.
fn check_pools(ledger: &Ledger, item: ItemNo) -> Result<(), Rejection> {
    match ledger.item(item).pools().first() {
        Some(pool) => {
            let message =
                format_smolstr!("is in the pool {}; close it first", ledger.pool(*pool).id);
            Err(Rejection::Contradiction { field: "sku".into(), message })
        }
        None => Ok(()),
    }
}

/// The first location with a balance or a live claim.
fn place_left(ledger: &Ledger, now: Time, item: ItemNo) -> Option<LocationId> {
    let left = |cell: &&Cell| {
        let held = ledger.held(item, cell, now);
        !Cell { held, ..**cell }.is_empty()
    };
    let cell = ledger.item(item).cells.iter().find(left)?;
    Some(ledger.location(cell.location).id.clone())
}

/// Where units in transit are to arrive. The order of transfers is not that of the journal: the
/// smallest name is told, not any.
fn on_the_way(ledger: &Ledger, item: ItemNo) -> Option<LocationId> {
    let carries = |it: &&Transfer| it.in_transit.contains_key(&item.0);
    ledger.transfers().map(|(_, it)| it).filter(carries).map(|it| &it.to).min().cloned()
}

fn expected_at(ledger: &Ledger, item: ItemNo) -> Option<LocationId> {
    let waits = |it: &&Expected| it.supply.now().is_some_and(|supply| supply.left > 0);
    let waits = ledger.item(item).expected().iter().find(waits)?;
    Some(ledger.location(waits.location).id.clone())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r11_a_closed_item_is_empty_and_can_be_promised_no_more() {
        check(
            "
            receive_stock B W:5
            close_item W
            commit_order O1 W:5@B
            ship_order O1
            close_item W
            close_item W
            hold_stock H1 W:1@B
            commit_order O2 W:1@B if_short=accept_oversold
            start_transfer T1 from=B to=A W:1
            return_stock B order=O1 1:2/sellable
            count_stock B W:1
            ship_order O3 1:1(sku=W) location=B
            register_item W
            close_item X
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > B/sellable
                rejected item_not_empty location=B sku=W
                7 order_committed: W@B committed +5
                8 order_shipped: W 5 B/sellable > customer; W@B committed -5
                9 item_closed:
                rejected item_closed sku=W
                rejected item_closed sku=W
                rejected item_closed sku=W
                rejected item_closed sku=W
                10 stock_returned: W 2 customer > B/sellable; 1 linked 2
                11 stock_counted: W 1 B/sellable > count_variance; W counted 1 book 2
                12 order_shipped: W 1 B/sellable > customer; ! uncommitted_ship order=O3 quantity=1 sku=W
                rejected already_exists kind=sku name=W
                rejected unknown_sku sku=X
            "#]],
        );
    }

    #[test]
    fn whatever_is_left_is_named_by_its_location() {
        check(
            "
            receive_stock A W:3
            start_transfer T1 from=A to=B W:3
            close_item W
            receive_transfer T1 W(damaged=3)
            close_item W
            write_off_stock B W:3/damaged reason=expired
            expect_stock I1 location=A W:5(expected_at=60)
            close_item W
            expect_stock I1 location=A W:0(expected_at=60)
            close_item W
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 transfer_started: W 3 A/sellable > transit:T1
                rejected item_not_empty location=B sku=W
                8 transfer_received: W 3 transit:T1 > B/damaged; whole
                rejected item_not_empty location=B sku=W
                9 stock_written_off: W 3 B/damaged > loss
                10 stock_expected:
                rejected item_not_empty location=A sku=W
                11 stock_expected:
                12 item_closed:
            "#]],
        );
    }

    #[test]
    fn a_hold_past_its_end_keeps_no_item_open() {
        check(
            "
            @10 receive_stock A W:3
            hold_stock H1 W:1@A expires_in=60
            count_stock A W:0
            close_item W
            @70 close_item W
            due
            commit_order O1 hold=H1
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_held: W@A held +1; until 70s
                8 stock_counted: W 3 A/sellable > count_variance; W counted 0 book 3
                rejected item_not_empty location=A sku=W
                9 item_closed:
                10 hold_expired: W@A held -1
                rejected item_closed sku=W
            "#]],
        );
    }
}
