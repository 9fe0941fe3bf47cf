//! Reverse an entry: exact counter-movements, once.

use rustc_hash::FxHashMap;

use super::lines::shelf;
use super::prelude::*;

args!(/** Reverse an entry. */
ReverseEntry {
    pub position: u64,
    pub reason: ReversalReason,
    /// The entry to undo; looked up by the edge.
    #[serde(skip)]
    pub entry: Option<Box<Entry>>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReverseEntry,
) -> Result<Decision, Rejection> {
    let position = command.position;
    let looked_up = command.entry.as_ref().filter(|it| it.position == position);
    let Some(entry) = looked_up.filter(|it| it.ledger == *ledger.id()) else {
        return Err(Rejection::UnknownPosition { position });
    };
    if let Some(instead) = not_reversible(&entry.fact) {
        let (kind, instead) = (entry.fact.kind().into(), instead.into());
        return Err(Rejection::NotReversible { position, kind, instead });
    }
    if ledger.is_reversed(position) {
        return Err(Rejection::AlreadyReversed { position });
    }
    let mut reversal = EntryReversed {
        reversed: position,
        why: command.reason,
        order: None,
        unshipped: Vec::new(),
        unreturned: Vec::new(),
        unsettled: Vec::new(),
    };
    match &entry.fact {
        Fact::OrderShipped(it) => {
            reversal.order = Some(it.order.clone());
            reversal.unshipped = unship(ledger, it)?;
        }
        Fact::StockReturned(it) => {
            reversal.order.clone_from(&it.order);
            reversal.unreturned = it.lines.iter().filter(|line| line.linked > 0).cloned().collect();
        }
        Fact::DiscrepancySettled(it) => reversal.unsettled.clone_from(&it.lines),
        _ => {}
    }
    let mut movements: Vec<Movement> = entry.movements.iter().map(|it| back(ledger, it)).collect();
    check_open(ledger, &movements, &reversal)?;
    let flags = leave_later_counts(ledger, &reversal.unsettled, &mut movements);
    Ok(Decision { fact: Fact::EntryReversed(reversal), movements, flags })
}

/// What was counted since stands: that an earlier count is undone does not change the balance after
/// it. It is taken back against the count's variance, and both stay visible.
fn leave_later_counts(
    ledger: &Ledger,
    unsettled: &[SettledLine],
    movements: &mut Vec<Movement>,
) -> Vec<Flag> {
    let mut flags = Vec::new();
    for count in unsettled.iter().filter_map(|it| it.counted.as_ref()) {
        let sku = ledger.current_sku(&count.line.sku);
        let (Some(item), Some(at)) = (ledger.item_no(&sku), ledger.location_no(&count.location))
        else {
            continue;
        };
        let anchor = ledger.item(item).anchor(at, count.line.condition);
        let account = shelf(&count.location, count.line.condition);
        let ours = |it: &&Movement| it.sku == sku && (it.from == account || it.to == account);
        let stands = anchor.is_some_and(|it| it.counted_at > count.counted_at);
        let Some(undone) = movements.iter().find(ours).filter(|_| stands).cloned() else {
            continue;
        };
        let change = undone.quantity.signed() * if undone.to == account { 1 } else { -1 };
        movements.push(back(ledger, &undone));
        flags.push(Flag::BeforeCount { sku, account, change });
    }
    flags
}

/// Under the item's SKU of today, by which it is found in whatever it was merged into too.
fn back(ledger: &Ledger, movement: &Movement) -> Movement {
    let Movement { sku, quantity, from, to } = movement.clone();
    Movement { sku: ledger.current_sku(&sku), quantity, from: to, to: from }
}

/// What undoes an entry of this kind, where a reversal does not.
fn not_reversible(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::StockReceived(_)
        | Fact::StockInspected(_)
        | Fact::OrderShipped(_)
        | Fact::StockReturned(_)
        | Fact::StockDamaged(_)
        | Fact::StockWrittenOff(_)
        | Fact::ConditionChanged(_)
        | Fact::StockReturnedToSupplier(_)
        | Fact::StockAdjusted(_) => None,
        Fact::ItemRegistered(_) | Fact::AliasAdded(_) => Some("add_alias"),
        Fact::LocationRegistered(_) => Some("close_location"),
        Fact::LocationClosed(_) => Some("register_location"),
        Fact::ChannelRegistered(_) | Fact::ChannelChanged(_) => Some("change_channel"),
        Fact::StockHeld(_) | Fact::HoldExtended(_) => Some("release_hold"),
        Fact::HoldReleased(_) | Fact::HoldExpired(_) => Some("hold_stock"),
        Fact::OrderCommitted(_) => Some("cancel_order"),
        Fact::OrderCancelled(_) => Some("commit_order"),
        Fact::TransferStarted(_) => Some("cancel_transfer"),
        Fact::TransferReceived(_) | Fact::TransferCancelled(_) => Some("start_transfer"),
        Fact::StockCounted(_) => Some("count_stock"),
        Fact::EntryReversed(_) => Some("adjust_stock"),
        Fact::OrderRelocated(_) => Some("relocate_order"),
        Fact::PoolOpened(_) | Fact::TrancheReleased(_) => Some("close_pool"),
        Fact::PoolMoved(_) | Fact::PoolShrunk(_) => Some("move_pool"),
        Fact::PoolClosed(_) => Some("open_pool"),
        Fact::PolicySet(_) => Some("set_policy"),
        Fact::ModeSet(_) => Some("set_mode"),
        Fact::KitDefined(_) => Some("define_kit"),
        Fact::KitAssembled(_) => Some("disassemble_kit"),
        Fact::KitDisassembled(_) => Some("assemble_kit"),
        Fact::ItemRenamed(_) => Some("rename_item"),
        Fact::ItemsMerged(_) | Fact::ItemClosed(_) => Some("register_item"),
        Fact::StockExpected(_) => Some("expect_stock"),
        Fact::SupplierSet(_) => Some("set_supplier"),
        Fact::SupplierSkuMapped(_) => Some("map_supplier_sku"),
        Fact::FeedSet(_) => Some("set_feed"),
        Fact::TierAssigned(_) => Some("assign_tier"),
        Fact::FeedStepped(_) | Fact::SnapshotRecorded(_) => Some("record_snapshot"),
        Fact::SnapshotJudged(_) => Some("judge_snapshot"),
        // What was open before it was opened again nobody knows.
        Fact::DiscrepancySettled(it) => {
            (it.action == Settling::Reopen).then_some("settle_discrepancy")
        }
        Fact::StocktakeRecorded(_) => Some("record_stocktake"),
        Fact::StockListed(_) => Some("list_stock"),
        Fact::StockHeard(_) => Some("hear_stock"),
        Fact::OrdersHandedOver(_) | Fact::HandoverConfirmed(_) | Fact::HandoverMissed(_) => {
            Some("confirm_handover")
        }
    }
}

/// The lines as they go back. A commitment that a late order took for shipped is restored too,
/// where the goods come back to.
fn unship(ledger: &Ledger, shipped: &OrderShipped) -> Result<Vec<ShippedLine>, Rejection> {
    let mut done: FxHashMap<&LineRef, (u64, u64)> = FxHashMap::default();
    let mut lines = Vec::with_capacity(shipped.lines.len());
    for line in &shipped.lines {
        let order = || shipped.order.clone();
        let known = ledger.order(&shipped.order).and_then(|it| it.line(&line.r#ref));
        let known = known
            .ok_or_else(|| Rejection::UnknownLine { order: order(), line: line.r#ref.clone() })?;
        let (unshipped, waived) = done.entry(&line.r#ref).or_default();
        let units = line.quantity.units();
        let left = known.shipped - known.returned - *unshipped;
        if units > left {
            let line = line.r#ref.clone();
            let (order, requested) = (order(), units);
            return Err(Rejection::ExceedsShipped { order, line, requested, shipped: left });
        }
        *unshipped += units;
        let released: u64 = line.released.iter().map(|it| it.quantity.units()).sum();
        let uncommitted = (units - released).min(known.uncommitted - *waived);
        *waived += uncommitted;
        let mut line = line.clone();
        line.sku = ledger.current_sku(&line.sku);
        commit_again(&mut line, units - released - uncommitted);
        lines.push(line);
    }
    Ok(lines)
}

fn commit_again(line: &mut ShippedLine, units: u64) {
    let Some(more) = Quantity::new(units) else { return };
    let ours =
        |it: &&mut Split| it.location == line.location && it.pool.is_none() && it.window.is_none();
    let here = line.released.iter_mut().find(ours);
    match here.and_then(|it| Some((Quantity::new(it.quantity.units() + units)?, it))) {
        Some((sum, split)) => split.quantity = sum,
        None => line.released.push(Split {
            location: line.location.clone(),
            quantity: more,
            pool: None,
            shared: false,
            window: None,
        }),
    }
}

/// Nothing comes back to a location that is closed: it is empty and stays so.
fn check_open(
    ledger: &Ledger,
    movements: &[Movement],
    reversal: &EntryReversed,
) -> Result<(), Rejection> {
    for account in movements.iter().flat_map(|it| [&it.from, &it.to]) {
        if let Account::Shelf(location, _) = account {
            ledger.open_location(location)?;
        }
    }
    for split in reversal.unshipped.iter().flat_map(|it| &it.released) {
        ledger.open_location(&split.location)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r6_an_entry_is_undone_once_and_stays() {
        check(
            "
            receive_stock A W:5 G:2
            reverse_entry 6 reason=did_not_occur
            reverse_entry 6 reason=did_not_occur
            reverse_entry 7 reason=did_not_occur
            reverse_entry 99 reason=did_not_occur
            reverse_entry 1 reason=did_not_occur
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; G 2 supplier > A/sellable
                7 entry_reversed: W 5 A/sellable > supplier; G 2 A/sellable > supplier
                rejected already_reversed position=6
                rejected not_reversible instead=adjust_stock kind=entry_reversed position=7
                rejected unknown_position position=99
                rejected not_reversible instead=add_alias kind=item_registered position=1
                W@A sellable 0 free 0
            "#]],
        );
    }

    #[test]
    fn an_undone_shipment_is_committed_again() {
        check(
            "
            receive_stock A W:5
            receive_stock B W:5
            commit_order O1 W:3@A
            ship_order O1 1:5@B
            order O1
            reverse_entry 9 reason=did_not_occur
            order O1
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 order_committed: W@A committed +3
                9 order_shipped: W 5 B/sellable > customer; W@A committed -3; ! uncommitted_ship order=O1 quantity=2 sku=W
                O1 | 1 ordered 3 shipped 5 uncommitted 2
                10 entry_reversed: W 5 customer > B/sellable; W@A committed +3
                O1 | 1 ordered 3 committed 3
                W@A sellable 5 committed 3 free 2
                W@B sellable 5 free 5
            "#]],
        );
    }

    #[test]
    fn an_undone_shipment_that_a_late_order_had_absorbed() {
        check(
            "
            receive_stock A W:5
            ship_order O1 1:3(sku=W) location=A
            commit_order O1 W:2@A
            order O1
            reverse_entry 7 reason=incorrect_data
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_shipped: W 3 A/sellable > customer; ! uncommitted_ship order=O1 quantity=3 sku=W
                8 order_committed: 1 shipped 2
                O1 | 1 ordered 2 shipped 3 uncommitted 1
                9 entry_reversed: W 3 customer > A/sellable; W@A committed +2
                O1 | 1 ordered 2 committed 2
                W@A sellable 5 committed 2 free 3
            "#]],
        );
    }

    #[test]
    fn a_shipment_that_came_back_is_not_undone() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:3@A
            ship_order O1
            return_stock A order=O1 1:1/sellable
            reverse_entry 8 reason=did_not_occur
            reverse_entry 9 reason=did_not_occur
            order O1
            reverse_entry 8 reason=did_not_occur
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 order_shipped: W 3 A/sellable > customer; W@A committed -3
                9 stock_returned: W 1 customer > A/sellable; 1 linked 1
                rejected exceeds_shipped line=1 order=O1 requested=3 shipped=2
                10 entry_reversed: W 1 A/sellable > customer
                O1 | 1 ordered 3 shipped 3
                11 entry_reversed: W 3 customer > A/sellable; W@A committed +3
                O1 | 1 ordered 3 committed 3
                W@A sellable 5 committed 3 free 2
            "#]],
        );
    }

    #[test]
    fn other_entries_are_undone_by_other_commands() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:3@A
            hold_stock H1 W:1@A
            count_stock A W:4
            start_transfer T1 from=A to=B W:1
            reverse_entry 7 reason=did_not_occur
            reverse_entry 8 reason=did_not_occur
            reverse_entry 9 reason=did_not_occur
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 stock_held: W@A held +1; until 900s
                9 stock_counted: W 1 A/sellable > count_variance; W counted 4 book 5
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=1 shortfall=1 sku=W]
                rejected not_reversible instead=cancel_order kind=order_committed position=7
                rejected not_reversible instead=release_hold kind=stock_held position=8
                rejected not_reversible instead=count_stock kind=stock_counted position=9
            "#]],
        );
    }

    #[test]
    fn an_undone_settlement_is_open_again_and_the_count_before_it_stands() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @15 count_stock B G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:unexplained_gain:6/5
            @30 settle_discrepancy accept_theirs 1 2 reason=shrinkage actor=ann
            @40 ship_order O1 1:2(sku=W) location=B
            reverse_entry 11 reason=incorrect_data
            reverse_entry 11 reason=incorrect_data
            inbox
            stock W@B
            @50 count_stock B W:9 G:4 counted_at=14
            count_stock B W:9 G:4 counted_at=16
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 stock_counted: G counted 5 book 5
                10 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_gain theirs 6 ours 5 as of 20s
                11 discrepancy_settled: W 3 B/sellable > count_variance; G 1 count_variance > B/sellable; 1 W counted 7 book 10 at 20s; 2 G counted 6 book 5 at 20s for 5
                12 order_shipped: W 2 B/sellable > customer; ! uncommitted_ship order=O1 quantity=2 sku=W
                13 entry_reversed: W 3 count_variance > B/sellable; G 1 B/sellable > count_variance; unsettled 1; unsettled 2
                rejected already_reversed position=11
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 10 changed 13
                2 G@B unexplained_gain theirs 6 ours 5 as of 20s, feed F, open, opened 10 changed 13
                W@B sellable 8 free 8 doubted 3
                14 stock_counted: W 1 B/sellable > count_variance; ! superseded_count sku=G; W counted 9 book 10; G counted 4 book 5 not applied
                15 stock_counted: G 1 B/sellable > count_variance; W counted 9 book 9; G counted 4 book 5
                W@B sellable 7 free 7 doubted 3
            "#]],
        );
    }

    #[test]
    fn an_undone_settlement_leaves_what_came_after_it() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:unexplained_gain:6/5
            @30 settle_discrepancy accept_theirs 1 reason=shrinkage actor=ann
            @40 count_stock B W:6
            @50 record_snapshot F s2 as_of=50 found=W:unexplained_loss:5/6
            settle_discrepancy keep_ours 2 reason=correction actor=ann
            settle_discrepancy reopen 2 reason=correction actor=ann
            reverse_entry 10 reason=did_not_occur
            reverse_entry 13 reason=did_not_occur
            reverse_entry 14 reason=did_not_occur
            inbox
            discrepancy 1
            stock W@B
            count_stock B W:8 counted_at=35
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_gain theirs 6 ours 5 as of 20s
                10 discrepancy_settled: W 3 B/sellable > count_variance; 1 W counted 7 book 10 at 20s
                11 stock_counted: W 1 B/sellable > count_variance; W counted 6 book 7
                12 snapshot_recorded: applied; found 3 W@B unexplained_loss theirs 5 ours 6 as of 50s
                13 discrepancy_settled: 2
                14 discrepancy_settled: 2
                15 entry_reversed: W 3 count_variance > B/sellable; W 3 B/sellable > count_variance; ! before_count account=B/sellable change=3 sku=W; unsettled 1
                16 entry_reversed: unsettled 2
                rejected not_reversible instead=settle_discrepancy kind=discrepancy_settled position=14
                2 G@B unexplained_gain theirs 6 ours 5 as of 20s, feed F, open, opened 9 changed 14
                3 W@B unexplained_loss theirs 5 ours 6 as of 50s, feed F, open, opened 12 changed 12
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, cleared, opened 9 changed 15
                W@B sellable 6 free 6 doubted 1
                17 stock_counted: ! superseded_count sku=W; W counted 8 book 7 not applied
            "#]],
        );
    }

    #[test]
    fn a_settlement_is_undone_whenever_that_is_said_to_have_been() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            @30 settle_discrepancy accept_theirs 1 reason=shrinkage actor=ann
            @40 reverse_entry 10 reason=incorrect_data occurred_at=15
            inbox
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                10 discrepancy_settled: W 3 B/sellable > count_variance; 1 W counted 7 book 10 at 20s
                11 entry_reversed: W 3 count_variance > B/sellable; unsettled 1
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 11
                W@B sellable 10 free 10 doubted 3
            "#]],
        );
    }

    #[test]
    fn an_undone_decision_to_keep_ours_is_open_again() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            settle_discrepancy keep_ours 1 reason=correction actor=ann
            said F W
            reverse_entry 10 reason=did_not_occur
            said F W
            inbox
            reverse_entry 9 reason=did_not_occur
            record_stocktake T1 B W:10
            reverse_entry 12 reason=did_not_occur
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                10 discrepancy_settled: 1
                W open kept -3
                11 entry_reversed: unsettled 1
                W open
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 11
                rejected not_reversible instead=record_snapshot kind=snapshot_recorded position=9
                12 stocktake_recorded: W counted 10 book 10
                rejected not_reversible instead=record_stocktake kind=stocktake_recorded position=12
            "#]],
        );
    }
}
