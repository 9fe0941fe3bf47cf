//! Cancel an order or a part of it: what is still committed is free again, never more. A kit line is
//! cancelled in whole kits, its parts also one by one.

use super::claim::{check_lines, splits};
use super::kit_line::{KitLine, refuse_overlaps};
use super::lines::{check_reason, part};
use super::prelude::*;

args!(/** Cancel an order or a part of it. */
CancelOrder {
    pub order: OrderId,
    /// Without lines all that is still committed.
    #[serde(default)]
    pub lines: Vec<CancelLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A line, or a part of it, to cancel. Without a quantity all that is still committed. */
CancelLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &CancelOrder,
) -> Result<Decision, Rejection> {
    let order = ledger.order(&command.order);
    check_cancel(command, order)?;
    let (lines, tombstone) = match command.lines.is_empty() {
        true => cancel_whole(ledger, command, order)?,
        false => (cancel_lines(ledger, command, order)?, false),
    };
    let fact = Fact::OrderCancelled(OrderCancelled {
        order: command.order.clone(),
        lines,
        tombstone,
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_cancel(command: &CancelOrder, order: Option<&Order>) -> Result<(), Rejection> {
    if !command.lines.is_empty() {
        check_lines(&command.lines)?;
    }
    check_reason(command.reason.as_ref())?;
    let refs: Vec<&LineRef> = command.lines.iter().map(|it| &it.r#ref).collect();
    refuse_overlaps(order.map_or(&[][..], |it| &it.lines), &refs)
}

/// All that is committed; a tombstone if nothing of the order has arrived yet.
fn cancel_whole(
    ledger: &Ledger,
    command: &CancelOrder,
    order: Option<&Order>,
) -> Result<(Vec<CancelledLine>, bool), Rejection> {
    let known = order.map_or(&[][..], |it| &it.lines);
    let Some(first) = known.iter().find(|it| it.ordered > 0) else {
        return Ok((Vec::new(), true));
    };
    let committed = known.iter().filter(|it| it.committed() > 0);
    let lines: Vec<CancelledLine> =
        committed.map(|it| release(ledger, it, it.committed())).collect();
    match lines.is_empty() {
        true => Err(exceeds(command, first, first.ordered)),
        false => Ok((lines, false)),
    }
}

fn cancel_lines(
    ledger: &Ledger,
    command: &CancelOrder,
    order: Option<&Order>,
) -> Result<Vec<CancelledLine>, Rejection> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for asked in &command.lines {
        let kit = order.and_then(|it| KitLine::find(&it.lines, &asked.r#ref));
        // A kit line of which only shipments have been heard has not arrived either.
        if let Some(kit) = kit.filter(|it| it.lines().any(|line| line.ordered > 0)) {
            cancel_kits(ledger, command, asked, &kit, &mut lines)?;
            continue;
        }
        let known = order.and_then(|it| it.line(&asked.r#ref)).filter(|it| it.ordered > 0);
        lines.push(match known {
            None => cancel_early(asked),
            Some(known) => {
                let committed = known.committed();
                let units = asked.quantity.map_or(committed, Quantity::units);
                if units > committed {
                    return Err(exceeds(command, known, units));
                }
                if units == 0 {
                    return Err(exceeds(command, known, known.ordered));
                }
                release(ledger, known, units)
            }
        });
    }
    Ok(lines)
}

/// So many whole kits; without a quantity all that is committed of the kit line, whole or not.
fn cancel_kits(
    ledger: &Ledger,
    command: &CancelOrder,
    asked: &CancelLine,
    kit: &KitLine<'_, OrderLine>,
    lines: &mut Vec<CancelledLine>,
) -> Result<(), Rejection> {
    let exceeds = |requested: u64| Rejection::ExceedsCommitted {
        order: command.order.clone(),
        line: asked.r#ref.clone(),
        requested,
        committed: kit.whole(OrderLine::committed),
    };
    let units = match asked.quantity.map(Quantity::units) {
        Some(kits) => kit.parts_first(kits, OrderLine::committed).ok_or_else(|| exceeds(kits))?,
        None => kit.lines().map(|it| (it, it.committed())).filter(|it| it.1 > 0).collect(),
    };
    if units.is_empty() {
        return Err(exceeds(kit.whole(|it| it.ordered)));
    }
    lines.extend(units.into_iter().map(|(line, units)| release(ledger, line, units)));
    Ok(())
}

/// The line has not arrived: its cancellation waits for it.
fn cancel_early(asked: &CancelLine) -> CancelledLine {
    CancelledLine {
        r#ref: asked.r#ref.clone(),
        sku: None,
        at: Vec::new(),
        early: Some(asked.quantity.map_or(EarlyCancel::All, EarlyCancel::Units)),
    }
}

/// What was drawn on last is given back first.
fn release(ledger: &Ledger, line: &OrderLine, units: u64) -> CancelledLine {
    CancelledLine {
        r#ref: line.r#ref.clone(),
        sku: line.sku.as_ref().map(|it| ledger.current_sku(it)),
        at: splits(ledger, &part(line.committed_at.iter().rev(), units)),
        early: None,
    }
}

fn exceeds(command: &CancelOrder, line: &OrderLine, requested: u64) -> Rejection {
    Rejection::ExceedsCommitted {
        order: command.order.clone(),
        line: line.r#ref.clone(),
        requested,
        committed: line.committed(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c01_cancel_after_a_partial_shipment_frees_the_rest_only() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:10@A
            ship_order O1 1:4
            cancel_order O1 1:7
            cancel_order O1 1:2
            cancel_order O1 reason=promotion
            order O1
            stock W@A
            cancel_order O1
            cancel_order O1 1
            cancel_order O1 1:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +10
                8 order_shipped: W 4 A/sellable > customer; W@A committed -4
                rejected exceeds_committed committed=6 line=1 order=O1 requested=7
                9 order_cancelled: W@A committed -2
                10 order_cancelled: W@A committed -4
                O1 | 1 ordered 10 shipped 4 cancelled 6
                W@A sellable 6 free 6
                rejected exceeds_committed committed=0 line=1 order=O1 requested=10
                rejected exceeds_committed committed=0 line=1 order=O1 requested=10
                rejected exceeds_committed committed=0 line=1 order=O1 requested=1
            "#]],
        );
    }

    #[test]
    fn c02_an_order_cancelled_before_it_arrives_is_committed_and_cancelled() {
        check(
            "
            receive_stock A W:10
            cancel_order O1
            order O1
            commit_order O1 W:3@A
            order O1
            stock W@A
            cancel_order O1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_cancelled: tombstone
                O1 tombstone
                8 order_committed: 1 cancelled 3
                O1 tombstone | 1 ordered 3 cancelled 3
                W@A sellable 10 free 10
                rejected exceeds_committed committed=0 line=1 order=O1 requested=3
            "#]],
        );
    }

    #[test]
    fn c02_a_line_cancelled_before_it_arrives_in_part() {
        check(
            "
            receive_stock A W:10 G:10
            cancel_order O1 1:2
            cancel_order O1 1:1 2
            commit_order O1 W:5@A G:4@A W:1@A
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 10 supplier > A/sellable
                7 order_cancelled: 1 early units=2
                8 order_cancelled: 1 early units=1; 2 early all
                9 order_committed: W@A committed +2; W@A committed +1; 1 cancelled 3; 2 cancelled 4
                O1 | 1 ordered 5 committed 2 cancelled 3 | 2 ordered 4 cancelled 4 | 3 ordered 1 committed 1
                W@A sellable 10 committed 3 free 7
            "#]],
        );
    }

    #[test]
    fn c02_an_unknown_line_of_a_known_order_waits_too() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:1@A
            cancel_order O1 9
            commit_order O1 W:2@A(ref=9)
            order O1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +1
                8 order_cancelled: 9 early all
                9 order_committed: 9 cancelled 2
                O1 | 1 ordered 1 committed 1 | 9 ordered 2 cancelled 2
            "#]],
        );
    }

    #[test]
    fn r8_a_cancelled_order_never_restocks_what_was_shipped() {
        check(
            "
            receive_stock A W:3
            commit_order O1 W:3@A
            ship_order O1
            cancel_order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 order_shipped: W 3 A/sellable > customer; W@A committed -3
                rejected exceeds_committed committed=0 line=1 order=O1 requested=3
                W@A sellable 0 free 0
            "#]],
        );
    }

    #[test]
    fn what_was_drawn_on_last_is_given_back_first() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:2
            commit_order O1 channel=web W:4
            cancel_order O1 1:1
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 2 supplier > B/sellable
                8 order_committed: W@A committed +2; W@B committed +2
                9 order_cancelled: W@B committed -1
            "#]],
        );
    }

    #[test]
    fn bad_cancellations_are_refused() {
        check(
            "
            cancel_order O1 1:1 1:1
            cancel_order O1 reason=other
            cancel_order O1 reason=other:why
            ",
            expect![[r#"
                rejected duplicate_in_batch field=lines.ref value=1
                rejected contradiction field=reason.note message=is needed with the reason `other`
                6 order_cancelled: tombstone
            "#]],
        );
    }

    #[test]
    fn c19_kits_are_cancelled_by_the_recipe_of_their_claim() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            commit_order O1 K:4@A
            define_kit K W:7
            cancel_order O1 1:5
            cancel_order O1 1:2
            order O1
            cancel_order O1 1:2
            order O1
            cancel_order O1 1:1
            cancel_order O1 1
            stock W@A
            stock K@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_committed: K@A committed +1; W@A committed +6; G@A committed +3
                10 kit_defined:
                rejected exceeds_committed committed=4 line=1 order=O1 requested=5
                11 order_cancelled: W@A committed -4; G@A committed -2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 6 committed 2 cancelled 4 | 1.2 ordered 3 committed 1 cancelled 2
                12 order_cancelled: K@A committed -1; W@A committed -2; G@A committed -1
                O1 | 1 ordered 1 cancelled 1 | 1.1 ordered 6 cancelled 6 | 1.2 ordered 3 cancelled 3
                rejected exceeds_committed committed=0 line=1 order=O1 requested=1
                rejected exceeds_committed committed=0 line=1 order=O1 requested=4
                W@A sellable 10 free 10
                K@A sellable 1 free 1
            "#]],
        );
    }

    #[test]
    fn c19_parts_are_cancelled_one_by_one() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5
            commit_order O1 K:3@A W:1@A
            cancel_order O1 1.2:1
            order O1
            cancel_order O1 1:3
            cancel_order O1 1:1 1.2:1
            cancel_order O1 1:1 1:1
            cancel_order O1 1:1 2
            order O1
            cancel_order O1 1.1:1
            cancel_order O1 1:1
            cancel_order O1 1
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                9 order_committed: W@A committed +6; G@A committed +3; W@A committed +1
                10 order_cancelled: G@A committed -1
                O1 | 1.1 ordered 6 committed 6 | 1.2 ordered 3 committed 2 cancelled 1 | 2 ordered 1 committed 1
                rejected exceeds_committed committed=2 line=1 order=O1 requested=3
                rejected duplicate_in_batch field=lines.ref value=1.2
                rejected duplicate_in_batch field=lines.ref value=1
                11 order_cancelled: W@A committed -2; G@A committed -1; W@A committed -1
                O1 | 1.1 ordered 6 committed 4 cancelled 2 | 1.2 ordered 3 committed 1 cancelled 2 | 2 ordered 1 cancelled 1
                12 order_cancelled: W@A committed -1
                13 order_cancelled: W@A committed -2; G@A committed -1
                14 order_cancelled: W@A committed -1
                O1 | 1.1 ordered 6 cancelled 6 | 1.2 ordered 3 cancelled 3 | 2 ordered 1 cancelled 1
            "#]],
        );
    }

    #[test]
    fn c19_what_is_left_of_an_order_with_kits_is_cancelled() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            commit_order O1 K:3@A W:1@A
            ship_order O1 1:2
            cancel_order O1
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_committed: K@A committed +1; W@A committed +4; G@A committed +2; W@A committed +1
                10 order_shipped: K 1 A/sellable > customer; W 2 A/sellable > customer; G 1 A/sellable > customer; K@A committed -1; W@A committed -2; G@A committed -1
                11 order_cancelled: W@A committed -2; G@A committed -1; W@A committed -1
                O1 | 1 ordered 1 shipped 1 | 1.1 ordered 4 shipped 2 cancelled 2 | 1.2 ordered 2 shipped 1 cancelled 1 | 2 ordered 1 cancelled 1
            "#]],
        );
    }
}
