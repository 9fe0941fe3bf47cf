//! Merge two items into one: units and claims move, every name of the one means the other, and
//! history stays where it was made.

use smol_str::format_smolstr;

use super::close_item::kit_in_force;
use super::lines::{canonical, contradiction, correction, movement, shelf};
use super::prelude::*;

args!(/** Merge an item into another.

Rules and counts of `into` stand; those of the merged item are history. Nobody can tell any more which
of the two a count from before the merge was of: such a count is recorded and not applied. */
MergeItems {
    /// Ceases to be an item of its own.
    pub sku: Sku,
    pub into: Sku,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &MergeItems,
) -> Result<Decision, Rejection> {
    let (gone, from) = canonical(ledger, &command.sku)?;
    let kept = ledger.known_item(&command.into)?;
    if gone == kept {
        return Err(contradiction("into", "is the same item as `sku`"));
    }
    let into = ledger.item(ledger.sold_item(&command.into)?).sku.clone();
    check_kits(ledger, gone)?;
    check_alike(ledger.item(gone), ledger.item(kept))?;
    let mut movements = shelves(ledger, ledger.item(gone), &from, &into)?;
    movements.extend(transits(ledger, gone, &from, &into)?);
    let claims = claims(ledger, gone)?;
    let fact = Fact::ItemsMerged(ItemsMerged { from, into, claims });
    Ok(Decision { fact, movements, flags: Vec::new() })
}

fn check_kits(ledger: &Ledger, gone: ItemNo) -> Result<(), Rejection> {
    if ledger.item(gone).recipe().is_some() {
        return Err(contradiction("sku", "is a kit, and kits are not merged"));
    }
    match kit_in_force(ledger, gone) {
        Some(kit) => {
            let kit = &ledger.item(kit).sku;
            let message =
                format_smolstr!("is a part of the kit {kit}: define that without it first");
            Err(Rejection::Contradiction { field: "sku".into(), message })
        }
        None => Ok(()),
    }
}

/// Units of the one must be units of the other.
fn check_alike(gone: &Item, kept: &Item) -> Result<(), Rejection> {
    if !gone.mode().is_finite() || !kept.mode().is_finite() {
        return Err(contradiction("into", "and `sku` must both be counted by their units"));
    }
    let scale = |it: &Item| it.info.as_ref().map_or(0, |info| info.scale);
    match scale(gone) == scale(kept) {
        true => Ok(()),
        false => Err(contradiction("into", "has another scale than `sku`")),
    }
}

/// Every balance, also those below zero, leaves the one and arrives at the other.
fn shelves(
    ledger: &Ledger,
    gone: &Item,
    from: &Sku,
    into: &Sku,
) -> Result<Vec<Movement>, Rejection> {
    let mut movements = Vec::new();
    for cell in &gone.cells {
        for condition in Condition::ALL {
            let balance = cell.balance(condition);
            let place = shelf(&ledger.location(cell.location).id, condition);
            movements.extend(correction(from, -balance, place.clone(), Account::Conversion)?);
            movements.extend(correction(into, balance, place, Account::Conversion)?);
        }
    }
    Ok(movements)
}

fn transits(
    ledger: &Ledger,
    gone: ItemNo,
    from: &Sku,
    into: &Sku,
) -> Result<Vec<Movement>, Rejection> {
    let left = ledger.transfers().filter_map(|(id, it)| Some((id, *it.in_transit.get(&gone.0)?)));
    // The order of transfers is not that of the journal.
    let mut left: Vec<(&TransferId, u64)> = left.collect();
    left.sort_unstable();
    let mut movements = Vec::new();
    for (transfer, units) in left {
        let transit = Account::Transit(transfer.clone());
        movements.extend(movement(from, units, transit.clone(), Account::Conversion)?);
        movements.extend(movement(into, units, Account::Conversion, transit)?);
    }
    Ok(movements)
}

/// Every claim, those of holds past their end included: their expiry will release them.
fn claims(ledger: &Ledger, gone: ItemNo) -> Result<Vec<MovedClaim>, Rejection> {
    let item = ledger.item(gone);
    let mut claims = Vec::new();
    let mut add = |location: LocationNo, claim: Claim, units: i64, pool: Option<&PoolId>| {
        if units == 0 {
            return Ok(());
        }
        let quantity = Quantity::new(units.unsigned_abs())
            .ok_or_else(|| Rejection::BalanceTooLarge { sku: item.sku.clone() })?;
        let location = ledger.location(location).id.clone();
        let (pool, owed) = (pool.cloned(), units < 0);
        claims.push(MovedClaim { location, claim, quantity, pool, owed });
        Ok(())
    };
    for cell in &item.cells {
        add(cell.location, Claim::Held, cell.held, None)?;
        add(cell.location, Claim::Committed, cell.committed, None)?;
    }
    for pool in item.pools().iter().map(|it| ledger.pool(*it)) {
        for (location, units) in pool.part(gone).map_or(&[][..], |it| &it.left) {
            add(*location, Claim::Pooled, *units, Some(&pool.id))?;
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c17_units_and_claims_move_in_one_balanced_entry() {
        check(
            "
            receive_stock A W:10 G:1
            receive_stock B W:4
            damage_stock A W:2
            commit_order O1 W:3@A
            hold_stock H1 W:2@A
            start_transfer T1 from=A to=B W:1
            ship_order O9 1:6(sku=W) location=B
            merge_items W into=GG
            stock W@A
            stock G@A
            stock G@B
            merge_items W into=G
            receive_stock A W:1 GG:1
            register_item W
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 1 supplier > A/sellable
                7 stock_received: W 4 supplier > B/sellable
                8 stock_damaged: W 2 A/sellable > A/damaged
                9 order_committed: W@A committed +3
                10 stock_held: W@A held +2; until 900s
                11 transfer_started: W 1 A/sellable > transit:T1
                12 order_shipped: W 6 B/sellable > customer; ! uncommitted_ship order=O9 quantity=6 sku=W; ! negative_book balance=-2 condition=sellable location=B sku=W
                13 items_merged: W 7 A/sellable > conversion; G 7 conversion > A/sellable; W 2 A/damaged > conversion; G 2 conversion > A/damaged; W 2 conversion > B/sellable; G 2 B/sellable > conversion; W 1 transit:T1 > conversion; G 1 conversion > transit:T1; W@A held -2; G@A held +2; W@A committed -3; G@A committed +3; ! negative_book balance=-2 condition=sellable location=B sku=G
                W@A sellable 8 damaged 2 committed 3 held 2 free 3
                G@A sellable 8 damaged 2 committed 3 held 2 free 3
                G@B sellable -2 free -2
                rejected contradiction field=into message=is the same item as `sku`
                14 stock_received: G 1 supplier > A/sellable; G 1 supplier > A/sellable
                rejected already_exists kind=sku name=W
            "#]],
        );
    }

    #[test]
    fn c17_orders_and_holds_of_the_merged_item_go_on() {
        check(
            "
            @10 receive_stock A W:20
            commit_order O1 W:4@A
            hold_stock H1 W:3@A
            hold_stock H2 W:2@A
            hold_stock H3 W:1@A expires_in=60
            commit_order O2 G:1@A if_short=accept_oversold
            merge_items W into=G
            stock G@A
            cancel_order O1 1:1
            ship_order O1 1:1(sku=W)
            ship_order O1 1:1(sku=G)
            return_stock A order=O1 1:1/sellable(sku=W)
            return_stock A order=O1 1:1/sellable
            reverse_entry 14 reason=did_not_occur
            release_hold H1 1:1
            release_hold H1
            commit_order O3 hold=H2 G:1@A
            order O3
            @70 stock G@A
            due
            commit_order O4 hold=H3
            ship_order O1
            ship_order O2
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 20 supplier > A/sellable
                7 order_committed: W@A committed +4
                8 stock_held: W@A held +3; until 910s
                9 stock_held: W@A held +2; until 910s
                10 stock_held: W@A held +1; until 70s
                11 order_committed: G@A committed +1; ! oversold by=1 location=A sku=G
                12 items_merged: W 20 A/sellable > conversion; G 20 conversion > A/sellable; W@A held -6; G@A held +6; W@A committed -4; G@A committed +4
                G@A sellable 20 committed 5 held 6 free 9
                13 order_cancelled: G@A committed -1
                14 order_shipped: G 1 A/sellable > customer; G@A committed -1
                15 order_shipped: G 1 A/sellable > customer; G@A committed -1
                16 stock_returned: G 1 customer > A/sellable; 1 linked 1
                17 stock_returned: G 1 customer > A/sellable; 1 linked 1
                rejected exceeds_shipped line=1 order=O1 requested=1 shipped=0
                18 hold_released: G@A held -1
                19 hold_released: G@A held -2; whole
                20 order_committed: G@A held -1; G@A committed +1; G@A held -1
                O3 | 1 ordered 1 committed 1
                G@A sellable 20 committed 3 free 17
                21 hold_expired: G@A held -1
                22 order_committed: G@A committed +1; converted_late
                23 order_shipped: G 1 A/sellable > customer; G@A committed -1
                24 order_shipped: G 1 A/sellable > customer; G@A committed -1
                O1 | 1 ordered 4 shipped 3 cancelled 1 returned 2
                W@A sellable 18 committed 2 free 16
            "#]],
        );
    }

    #[test]
    fn c17_transfers_of_the_merged_item_arrive() {
        check(
            "
            receive_stock A W:10 G:10
            start_transfer T1 from=A to=B W:5 G:1
            start_transfer T2 from=A to=B W:3 G:1
            receive_transfer T2 W(received=3)
            merge_items W into=G
            receive_transfer T1 W(received=2) G(received=1)
            cancel_transfer T1 outcome=restock
            receive_transfer T2 W(received=2)
            stock G@A
            stock G@B
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 10 supplier > A/sellable
                7 transfer_started: W 5 A/sellable > transit:T1; G 1 A/sellable > transit:T1
                8 transfer_started: W 3 A/sellable > transit:T2; G 1 A/sellable > transit:T2
                9 transfer_received: W 3 transit:T2 > B/sellable
                10 items_merged: W 2 A/sellable > conversion; G 2 conversion > A/sellable; W 3 B/sellable > conversion; G 3 conversion > B/sellable; W 5 transit:T1 > conversion; G 5 conversion > transit:T1
                11 transfer_received: G 2 transit:T1 > B/sellable; G 1 transit:T1 > B/sellable
                12 transfer_cancelled: G 3 transit:T1 > A/sellable
                13 transfer_received: G 1 transit:T2 > B/sellable; G 1 adjustment > B/quality_control; ! over_receipt quantity=1 sku=G; whole
                G@A sellable 13 free 13
                G@B sellable 7 quality_control 1 free 7
            "#]],
        );
    }

    #[test]
    fn c17_supply_rules_and_counts() {
        check(
            "
            @10 set_policy sku=W channel=web set={\"buffer\":{\"units\":2}}
            set_policy sku=G channel=web set={\"sell_ahead_days\":30}
            expect_stock I1 location=A W:10(expected_at=60) G:5(expected_at=90)
            @20 receive_stock A W:10 G:10
            @30 count_stock A W:8
            @40 merge_items W into=G
            offer G web
            receive_stock A inbound=I1 W:12
            offer G web
            expect_stock I1 location=A W:1(expected_at=90)
            offer G web
            @50 count_stock A W:7 counted_at=35
            ship_order O1 1:1(sku=W) location=A occurred_at=15
            count_stock A G:30 counted_at=45
            ",
            expect![[r#"
                6 policy_set:
                7 policy_set:
                8 stock_expected:
                9 stock_received: W 10 supplier > A/sellable; G 10 supplier > A/sellable
                10 stock_counted: W 2 A/sellable > count_variance; W counted 8 book 10
                11 items_merged: W 8 A/sellable > conversion; G 8 conversion > A/sellable
                G reservable 33 published 33 | base 33 incoming 15 share 33
                12 stock_received: G 12 supplier > A/sellable
                G reservable 33 published 33 | base 33 incoming 3 share 33
                13 stock_expected:
                G reservable 31 published 31 | base 31 incoming 1 share 31
                14 stock_counted: ! superseded_count sku=G; G counted 7 book 18 not applied
                15 order_shipped: G 1 A/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=G
                16 stock_counted: G 1 count_variance > A/sellable; G counted 30 book 29
            "#]],
        );
    }

    #[test]
    fn c17_the_names_of_names_lead_to_the_last() {
        check(
            "
            receive_stock A W:1 G:1
            register_item K
            rename_item W to=WX
            commit_order O1 W:1@A
            merge_items WX into=G
            merge_items W into=K
            stock W@A
            stock WX@A
            stock GG@A
            ship_order O1
            rename_item GG to=KX
            receive_stock A W:1
            ",
            expect![[r#"
                6 stock_received: W 1 supplier > A/sellable; G 1 supplier > A/sellable
                7 item_registered:
                8 item_renamed:
                9 order_committed: WX@A committed +1
                10 items_merged: WX 1 A/sellable > conversion; G 1 conversion > A/sellable; WX@A committed -1; G@A committed +1
                11 items_merged: G 2 A/sellable > conversion; K 2 conversion > A/sellable; G@A committed -1; K@A committed +1
                W@A sellable 2 committed 1 free 1
                WX@A sellable 2 committed 1 free 1
                GG@A sellable 2 committed 1 free 1
                12 order_shipped: K 1 A/sellable > customer; K@A committed -1
                13 item_renamed:
                14 stock_received: KX 1 supplier > A/sellable
            "#]],
        );
    }

    #[test]
    fn a_merge_happens_when_it_is_recorded() {
        check(
            "
            @10 receive_stock A W:10
            @30 count_stock A W:8
            @40 merge_items W into=G occurred_at=20
            stock G@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_counted: W 2 A/sellable > count_variance; W counted 8 book 10
                8 items_merged: W 8 A/sellable > conversion; G 8 conversion > A/sellable
                G@A sellable 8 free 8
            "#]],
        );
    }

    #[test]
    fn windows_of_the_past_are_merged() {
        check(
            "
            @10 set_mode W mode={\"capacity\":{\"limit\":10,\"window\":\"1h\",\"zone\":\"UTC\"}}
            commit_order O1 channel=web W:6
            hold_stock H1 channel=web W:1
            merge_items W into=G
            merge_items G into=W
            set_mode W mode=finite A:2
            merge_items W into=G
            cancel_order O1 1:5
            release_hold H1
            ship_order O1
            ",
            expect![[r#"
                6 mode_set:
                7 order_committed: W@A committed +6 for 0s
                8 stock_held: W@A held +1 for 0s; until 910s
                rejected contradiction field=into message=and `sku` must both be counted by their units
                rejected contradiction field=into message=and `sku` must both be counted by their units
                9 mode_set: W 2 count_variance > A/sellable; ! oversold by=4 location=A sku=W
                10 items_merged: W 2 A/sellable > conversion; G 2 conversion > A/sellable; W@A held -1; G@A held +1; W@A committed -6; G@A committed +6; ! oversold by=4 location=A sku=G
                11 order_cancelled: G@A committed -5 for 0s
                12 hold_released: G@A held -1 for 0s; whole
                13 order_shipped: G 1 A/sellable > customer; G@A committed -1
            "#]],
        );
    }

    #[test]
    fn bad_merges_are_refused() {
        check(
            "
            merge_items W into=W
            merge_items G into=GG
            merge_items X into=W
            merge_items W into=X
            register_item K scale=3
            merge_items K into=W
            close_item G
            merge_items W into=G
            merge_items G into=W
            merge_items G into=W
            receive_stock A GG:1
            ",
            expect![[r#"
                rejected contradiction field=into message=is the same item as `sku`
                rejected contradiction field=into message=is the same item as `sku`
                rejected unknown_sku sku=X
                rejected unknown_sku sku=X
                6 item_registered:
                rejected contradiction field=into message=has another scale than `sku`
                7 item_closed:
                rejected item_closed sku=G
                8 items_merged:
                rejected contradiction field=into message=is the same item as `sku`
                9 stock_received: W 1 supplier > A/sellable
            "#]],
        );
    }
}
