//! Rename an item: its own SKU is another one from now on, and the old one stays a name of it.

use super::lines::{canonical, contradiction};
use super::prelude::*;

args!(/** Rename an item. */
RenameItem {
    /// Any name of the item.
    pub sku: Sku,
    /// A name that nobody has, or an alias of the item itself.
    pub to: Sku,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &RenameItem,
) -> Result<Decision, Rejection> {
    let (item, from) = canonical(ledger, &command.sku)?;
    let to = command.to.clone();
    if from == to {
        return Err(contradiction("to", "is the item's own SKU already"));
    }
    if ledger.item_no(&to).is_some_and(|it| it != item) {
        return Err(Rejection::AlreadyExists { kind: "sku".into(), name: to.into() });
    }
    let fact = Fact::ItemRenamed(ItemRenamed { from, to });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c16_an_old_name_means_the_item_for_ever() {
        check(
            "
            receive_stock A W:10
            rename_item W to=WX
            receive_stock A W:1 WX:2
            stock W@A
            register_item W
            rename_item W to=WY
            receive_stock A WX:1
            rename_item WY to=W
            receive_stock A WY:1
            stock WX@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 item_renamed:
                8 stock_received: WX 1 supplier > A/sellable; WX 2 supplier > A/sellable
                W@A sellable 13 free 13
                rejected already_exists kind=sku name=W
                9 item_renamed:
                10 stock_received: WY 1 supplier > A/sellable
                11 item_renamed:
                12 stock_received: W 1 supplier > A/sellable
                WX@A sellable 15 free 15
            "#]],
        );
    }

    #[test]
    fn c16_orders_and_holds_of_the_old_name_go_on() {
        check(
            "
            @10 receive_stock A W:20
            commit_order O1 W:4@A
            hold_stock H1 W:3@A
            hold_stock H2 W:2@A
            hold_stock H3 W:1@A expires_in=60
            rename_item W to=WX
            stock WX@A
            cancel_order O1 1:1
            ship_order O1 1:1(sku=W)
            ship_order O1 1:1(sku=WX)
            return_stock A order=O1 1:1/sellable(sku=WX)
            return_stock A order=O1 1:1/sellable
            reverse_entry 13 reason=did_not_occur
            release_hold H1 1:1
            release_hold H1
            commit_order O2 hold=H2 WX:1@A
            order O2
            @70 expire_hold H3
            commit_order O3 hold=H3
            commit_order O1 W:4@A
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 20 supplier > A/sellable
                7 order_committed: W@A committed +4
                8 stock_held: W@A held +3; until 910s
                9 stock_held: W@A held +2; until 910s
                10 stock_held: W@A held +1; until 70s
                11 item_renamed:
                WX@A sellable 20 committed 4 held 6 free 10
                12 order_cancelled: WX@A committed -1
                13 order_shipped: WX 1 A/sellable > customer; WX@A committed -1
                14 order_shipped: WX 1 A/sellable > customer; WX@A committed -1
                15 stock_returned: WX 1 customer > A/sellable; 1 linked 1
                16 stock_returned: WX 1 customer > A/sellable; 1 linked 1
                rejected exceeds_shipped line=1 order=O1 requested=1 shipped=0
                17 hold_released: WX@A held -1
                18 hold_released: WX@A held -2; whole
                19 order_committed: WX@A held -1; WX@A committed +1; WX@A held -1
                O2 | 1 ordered 1 committed 1
                20 hold_expired: WX@A held -1
                21 order_committed: WX@A committed +1; converted_late
                rejected line_already_committed line=1 order=O1 same=true
                O1 | 1 ordered 4 committed 1 shipped 2 cancelled 1 returned 2
                W@A sellable 20 committed 3 free 17
            "#]],
        );
    }

    #[test]
    fn c16_transfers_of_the_old_name_arrive() {
        check(
            "
            receive_stock A W:10
            start_transfer T1 from=A to=B W:5
            rename_item W to=WX
            receive_transfer T1 W(received=2)
            receive_transfer T1 WX(received=1)
            cancel_transfer T1 outcome=restock
            stock WX@A
            stock WX@B
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 transfer_started: W 5 A/sellable > transit:T1
                8 item_renamed:
                9 transfer_received: WX 2 transit:T1 > B/sellable
                10 transfer_received: WX 1 transit:T1 > B/sellable
                11 transfer_cancelled: WX 2 transit:T1 > A/sellable
                WX@A sellable 7 free 7
                WX@B sellable 3 free 3
            "#]],
        );
    }

    #[test]
    fn c16_rules_and_counts_stay_with_the_item() {
        check(
            "
            @10 set_policy sku=W channel=web set={\"buffer\":{\"units\":2}}
            receive_stock A W:10
            @20 count_stock A W:8
            @30 rename_item W to=WX
            offer WX web
            ship_order O1 1:1(sku=WX) location=A occurred_at=15
            ",
            expect![[r#"
                6 policy_set:
                7 stock_received: W 10 supplier > A/sellable
                8 stock_counted: W 2 A/sellable > count_variance; W counted 8 book 10
                9 item_renamed:
                WX reservable 6 published 6 | base 8 buffer 2 share 8
                10 order_shipped: WX 1 A/sellable > customer; WX 1 count_variance > A/sellable; ! uncommitted_ship order=O1 quantity=1 sku=WX; ! before_count account=A/sellable change=-1 sku=WX
            "#]],
        );
    }

    #[test]
    fn bad_renamings_are_refused() {
        check(
            "
            rename_item W to=W
            rename_item GG to=G
            rename_item W to=GG
            rename_item X to=Y
            rename_item GG to=GG
            register_item Y aliases=G
            ",
            expect![[r#"
                rejected contradiction field=to message=is the item's own SKU already
                rejected contradiction field=to message=is the item's own SKU already
                rejected already_exists kind=sku name=GG
                rejected unknown_sku sku=X
                6 item_renamed:
                rejected already_exists kind=sku name=G
            "#]],
        );
    }
}
