//! Close a location: it must be empty and stays in the history.

use super::prelude::*;

args!(/** Close a location. */
CloseLocation {
    pub location: LocationId,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CloseLocation,
) -> Result<Decision, Rejection> {
    let location = ledger.open_location(&command.location)?;
    let mut left = items_left(ledger, now, location).chain(items_on_the_way(ledger, location));
    if let Some(first) = left.next() {
        return Err(Rejection::LocationNotEmpty {
            location: command.location.clone(),
            items: 1 + left.count() as u64,
            first: first.clone(),
        });
    }
    let fact = Fact::LocationClosed(LocationClosed { location: command.location.clone() });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Items with a balance or a claim at the location.
fn items_left(ledger: &Ledger, now: Time, location: LocationNo) -> impl Iterator<Item = &Sku> {
    let left = move |(index, item): &(usize, &Item)| {
        item.cell(location).is_some_and(|cell| {
            let shelf = ledger.shelf_of(ItemNo(*index as u32), cell, now, &Pending::default());
            shelf.pooled != 0 || !Cell { held: shelf.held, ..*cell }.is_empty()
        })
    };
    ledger.items().iter().enumerate().filter(left).map(|(_, item)| &item.sku)
}

/// Items in transit to or from the location: they need a place to arrive at or to come back to.
fn items_on_the_way(ledger: &Ledger, location: LocationNo) -> impl Iterator<Item = &Sku> {
    let here = &ledger.location(location).id;
    let open =
        ledger.transfers().map(|(_, it)| it).filter(move |it| it.from == *here || it.to == *here);
    // The order of transfers is not that of the journal: the smallest SKU is named, not any.
    let mut skus: Vec<&Sku> = open
        .flat_map(|it| it.in_transit.keys())
        .map(|item| &ledger.item(ItemNo(*item)).sku)
        .collect();
    skus.sort_unstable();
    skus.into_iter()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r11_a_closed_location_is_empty() {
        check(
            "
            receive_stock B W:5 G:1
            close_location B
            commit_order O1 W:5@B
            ship_order O1
            ship_order O2 1:1(sku=G) location=B
            close_location B
            close_location B
            receive_stock B W:1
            return_stock B order=O1 1:1
            ship_order O3 1:1(sku=W) location=B
            commit_order O3 W:1@B
            reverse_entry 8 reason=did_not_occur
            close_location C
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > B/sellable; G 1 supplier > B/sellable
                rejected location_not_empty first=W items=2 location=B
                7 order_committed: W@B committed +5
                8 order_shipped: W 5 B/sellable > customer; W@B committed -5
                9 order_shipped: G 1 B/sellable > customer; ! uncommitted_ship order=O2 quantity=1 sku=G
                10 location_closed:
                rejected location_closed location=B
                rejected location_closed location=B
                rejected location_closed location=B
                rejected location_closed location=B
                rejected location_closed location=B
                rejected location_closed location=B
                rejected unknown_location location=C
            "#]],
        );
    }

    #[test]
    fn r11_goods_on_their_way_keep_both_ends_open() {
        check(
            "
            receive_stock A W:5
            start_transfer T1 from=A to=B W:5
            close_location A
            close_location B
            receive_transfer T1 W(received=5)
            close_location A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 transfer_started: W 5 A/sellable > transit:T1
                rejected location_not_empty first=W items=1 location=A
                rejected location_not_empty first=W items=1 location=B
                8 transfer_received: W 5 transit:T1 > B/sellable; whole
                9 location_closed:
            "#]],
        );
    }

    #[test]
    fn r11_a_claim_keeps_a_location_open_and_an_ended_hold_does_not() {
        check(
            "
            @10 receive_stock A W:1
            hold_stock H1 W:1@A expires_in=60
            write_off_stock A W:1/sellable
            @20 close_location A
            @70 close_location A
            expire_hold H1
            ",
            expect![[r#"
                6 stock_received: W 1 supplier > A/sellable
                7 stock_held: W@A held +1; until 70s
                8 stock_written_off: W 1 A/sellable > loss
                rejected location_not_empty first=W items=1 location=A
                9 location_closed:
                10 hold_expired: W@A held -1
            "#]],
        );
    }

    #[test]
    fn r11_a_negative_balance_keeps_a_location_open() {
        check(
            "
            ship_order O1 1:1(sku=W) location=A
            close_location A
            ",
            expect![[r#"
                6 order_shipped: W 1 A/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=W; ! negative_book balance=-1 condition=sellable location=A sku=W
                rejected location_not_empty first=W items=1 location=A
            "#]],
        );
    }

    #[test]
    fn r11_a_closed_location_is_promised_nothing() {
        check(
            "
            close_location A
            commit_order O1 channel=web W:1 if_short=accept_oversold
            close_location B
            ",
            expect![[r#"
                6 location_closed:
                7 order_committed: W@B committed +1; ! oversold by=1 location=B sku=W
                rejected location_not_empty first=W items=1 location=B
            "#]],
        );
    }
}
