//! Return stock: goods come back from a customer, linked to an order line or not. A kit line comes back
//! in whole kits, its parts also one by one.

use super::claim::check_lines;
use super::kit_line::KitLine;
use super::lines::{canonical, check_reason, contradiction, field_of, movement, shelf};
use super::prelude::*;

args!(/** Return stock. */
ReturnStock {
    #[serde(default)]
    pub order: Option<OrderId>,
    pub location: LocationId,
    pub lines: Vec<ReturnLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A returned line: `ref` of the order, or `sku` where it is not known. */
ReturnLine {
    #[serde(default)]
    pub r#ref: Option<LineRef>,
    #[serde(default)]
    pub sku: Option<Sku>,
    pub quantity: Quantity,
    /// Where it lands; as the rule `return_to` says, or in quality control, if not given.
    #[serde(default)]
    pub condition: Option<Condition>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReturnStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    check_reason(command.reason.as_ref())?;
    let mut came_back = CameBack::default();
    for (index, line) in command.lines.iter().enumerate() {
        if command.order.is_none() && line.r#ref.is_some() {
            return Err(contradiction(field_of(index, "ref"), "needs `order`"));
        }
        match kit_of(ledger, command, line) {
            Some(kit) => came_back.add_kits(ledger, command, index, line, &kit)?,
            None => came_back.add(ledger, command, index, line)?,
        }
    }
    ledger.open_location(&command.location)?;
    let fact = Fact::StockReturned(StockReturned {
        order: command.order.clone(),
        location: command.location.clone(),
        lines: came_back.lines,
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements: came_back.movements, flags: came_back.flags })
}

fn kit_of<'a>(
    ledger: &'a Ledger,
    command: &ReturnStock,
    line: &ReturnLine,
) -> Option<KitLine<'a, OrderLine>> {
    let order = ledger.order(command.order.as_ref()?)?;
    KitLine::find(&order.lines, line.r#ref.as_ref()?)
}

/// What came back, line by line.
#[derive(Default)]
struct CameBack {
    lines: Vec<ReturnedLine>,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl CameBack {
    /// Whole kits, as they were shipped: what was assembled first, then parts by the recipe of then.
    fn add_kits(
        &mut self,
        ledger: &Ledger,
        command: &ReturnStock,
        index: usize,
        line: &ReturnLine,
        kit: &KitLine<'_, OrderLine>,
    ) -> Result<(), Rejection> {
        if let (Some(sku), Some(order)) = (&line.sku, &command.order) {
            let (requested, sku) = canonical(ledger, sku)?;
            if ledger.item_no(&kit.kit.sku) != Some(requested) {
                return Err(Rejection::LineOfAnotherItem {
                    order: order.clone(),
                    line: kit.kit.line.clone(),
                    recorded: kit.kit.sku.clone(),
                    requested: sku,
                });
            }
        }
        let shipped = |it: &OrderLine| self.left_of(it);
        let units = kit.assembled_first(line.quantity.units(), shipped).ok_or_else(|| {
            contradiction(field_of(index, "quantity"), "makes too many units of a part")
        })?;
        for (part, units) in units {
            let Some(quantity) = Quantity::new(units) else { continue };
            let (r#ref, condition) = (Some(part.r#ref.clone()), line.condition);
            let line = ReturnLine { r#ref, sku: None, quantity, condition };
            self.add(ledger, command, index, &line)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        ledger: &Ledger,
        command: &ReturnStock,
        index: usize,
        line: &ReturnLine,
    ) -> Result<(), Rejection> {
        let order = command.order.as_ref().and_then(|it| ledger.order(it));
        let known = order.zip(line.r#ref.as_ref()).and_then(|(order, it)| order.line(it));
        let sku = sku_of(ledger, command, index, line, known)?;
        let units = line.quantity.units();
        let linked = units.min(known.map_or(0, |it| self.left_of(it)));
        let condition = line.condition.unwrap_or_else(|| usual_landing(ledger, command, &sku));
        // What nobody sold on that line nobody vouches for: it waits in quality control.
        let surplus = if line.r#ref.is_some() { units - linked } else { 0 };
        let whole = surplus == 0 || condition == Condition::QualityControl;
        let inspected = if whole { 0 } else { surplus };
        // What is not counted by its units lies on no shelf: it goes back to whoever makes it.
        let is_counted = ledger.item(ledger.known_item(&sku)?).mode().is_finite();
        let at = |condition| match is_counted {
            true => shelf(&command.location, condition),
            false => Account::Supplier,
        };
        let (landing, waiting) = (at(condition), at(Condition::QualityControl));
        self.movements.extend(movement(&sku, units - inspected, Account::Customer, landing)?);
        self.movements.extend(movement(&sku, inspected, Account::Customer, waiting)?);
        if surplus > 0 {
            self.flags.push(Flag::UnlinkedReturn { sku: sku.clone(), quantity: surplus });
        }
        let (r#ref, quantity) = (line.r#ref.clone(), line.quantity);
        self.lines.push(ReturnedLine { r#ref, sku, quantity, linked });
        Ok(())
    }

    /// Units of the order line that were shipped and have not come back, nor in earlier lines.
    fn left_of(&self, known: &OrderLine) -> u64 {
        let same = self.lines.iter().filter(|it| it.r#ref.as_ref() == Some(&known.r#ref));
        let before: u64 = same.map(|it| it.linked).sum();
        known.shipped - known.returned - before
    }
}

/// Where goods land that nobody says more of.
fn usual_landing(ledger: &Ledger, command: &ReturnStock, sku: &Sku) -> Condition {
    let place = ledger.item_no(sku).zip(ledger.location_no(&command.location));
    let ruled = place.and_then(|(item, location)| {
        ledger.ruling_at_location(item, location, NOW).find(|it| it.return_to)
    });
    ruled.unwrap_or(Condition::QualityControl)
}

/// The line's SKU, by the book or, where that does not know it, by the caller.
fn sku_of(
    ledger: &Ledger,
    command: &ReturnStock,
    index: usize,
    line: &ReturnLine,
    known: Option<&OrderLine>,
) -> Result<Sku, Rejection> {
    let requested = line.sku.as_ref().map(|it| canonical(ledger, it)).transpose()?;
    let recorded = known.and_then(|it| it.sku.as_ref()).map(|it| ledger.current_sku(it));
    match (recorded, requested, &command.order, &line.r#ref) {
        (Some(recorded), Some((_, requested)), Some(order), Some(line))
            if recorded != requested =>
        {
            Err(Rejection::LineOfAnotherItem {
                order: order.clone(),
                line: line.clone(),
                recorded,
                requested,
            })
        }
        (Some(recorded), _, _, _) => Ok(recorded),
        (None, Some((_, requested)), _, _) => Ok(requested),
        (None, None, Some(order), _) if ledger.order(order).is_none() => {
            Err(Rejection::UnknownOrder { order: order.clone() })
        }
        (None, None, Some(order), Some(line)) => {
            Err(Rejection::UnknownLine { order: order.clone(), line: line.clone() })
        }
        (None, None, _, _) => Err(contradiction(field_of(index, "sku"), "or `ref` is needed")),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c10_goods_land_where_the_rules_say() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:5@A
            ship_order O1
            set_policy location=A set={\"return_to\":\"sellable\"}
            return_stock A order=O1 1:1
            return_stock A order=O1 1:1/damaged
            return_stock B order=O1 1:1
            set_policy sku=W set={\"return_to\":\"quarantined\"}
            return_stock B order=O1 1:1
            return_stock A order=O1 1:3
            return_stock A _:1(sku=GG)
            return_stock C _:1(sku=W)
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +5
                8 order_shipped: W 5 A/sellable > customer; W@A committed -5
                9 policy_set:
                10 stock_returned: W 1 customer > A/sellable; 1 linked 1
                11 stock_returned: W 1 customer > A/damaged; 1 linked 1
                12 stock_returned: W 1 customer > B/quality_control; 1 linked 1
                13 policy_set:
                14 stock_returned: W 1 customer > B/quarantined; 1 linked 1
                15 stock_returned: W 1 customer > A/quarantined; W 2 customer > A/quality_control; ! unlinked_return quantity=2 sku=W; 1 linked 1
                16 stock_returned: G 1 customer > A/sellable
                rejected unknown_location location=C
            "#]],
        );
    }

    #[test]
    fn c09_a_surplus_return_waits_in_quality_control() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:5@A
            ship_order O1
            return_stock A order=O1 1:2/sellable
            return_stock A order=O1 1:4/sellable
            order O1
            stock W@A
            return_stock A order=O1 1:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +5
                8 order_shipped: W 5 A/sellable > customer; W@A committed -5
                9 stock_returned: W 2 customer > A/sellable; 1 linked 2
                10 stock_returned: W 3 customer > A/sellable; W 1 customer > A/quality_control; ! unlinked_return quantity=1 sku=W; 1 linked 3
                O1 | 1 ordered 5 shipped 5 returned 5
                W@A sellable 10 quality_control 1 free 10
                11 stock_returned: W 1 customer > A/quality_control; ! unlinked_return quantity=1 sku=W; 1 linked 0
            "#]],
        );
    }

    #[test]
    fn c09_lines_of_one_return_share_what_was_shipped() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:3@A
            ship_order O1
            return_stock A order=O1 1:2/sellable 1:2/damaged
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 order_shipped: W 3 A/sellable > customer; W@A committed -3
                9 stock_returned: W 2 customer > A/sellable; W 1 customer > A/damaged; W 1 customer > A/quality_control; ! unlinked_return quantity=1 sku=W; 1 linked 2; 1 linked 1
            "#]],
        );
    }

    #[test]
    fn c09_a_return_of_an_unknown_order_is_recorded_if_the_item_is_named() {
        check(
            "
            return_stock A order=O9 1:2
            return_stock A order=O9 1:2/sellable(sku=W)
            return_stock A order=O9 _:2
            ",
            expect![[r#"
                rejected unknown_order order=O9
                6 stock_returned: W 2 customer > A/quality_control; ! unlinked_return quantity=2 sku=W; 1 linked 0
                rejected unknown_order order=O9
            "#]],
        );
    }

    #[test]
    fn c10_goods_come_back_in_the_condition_somebody_saw() {
        check(
            "
            receive_stock A W:9
            commit_order O1 W:9@A
            ship_order O1
            return_stock A order=O1 1:1
            return_stock A order=O1 1:1/sellable
            return_stock A order=O1 1:1/damaged
            return_stock A order=O1 1:1/quarantined
            stock W@A
            inspect_stock A W(passed=1)
            ",
            expect![[r#"
                6 stock_received: W 9 supplier > A/sellable
                7 order_committed: W@A committed +9
                8 order_shipped: W 9 A/sellable > customer; W@A committed -9
                9 stock_returned: W 1 customer > A/quality_control; 1 linked 1
                10 stock_returned: W 1 customer > A/sellable; 1 linked 1
                11 stock_returned: W 1 customer > A/damaged; 1 linked 1
                12 stock_returned: W 1 customer > A/quarantined; 1 linked 1
                W@A sellable 1 quality_control 1 damaged 1 quarantined 1 free 1
                13 stock_inspected: W 1 A/quality_control > A/sellable
            "#]],
        );
    }

    #[test]
    fn r8_an_expected_return_is_no_stock() {
        check(
            "
            receive_stock A W:1
            commit_order O1 W:1@A
            ship_order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 1 supplier > A/sellable
                7 order_committed: W@A committed +1
                8 order_shipped: W 1 A/sellable > customer; W@A committed -1
                W@A sellable 0 free 0
            "#]],
        );
    }

    #[test]
    fn an_unlinked_return_needs_its_item() {
        check(
            "
            return_stock A _:2(sku=W)
            return_stock A _:1/sellable(sku=GG)
            return_stock A _:2
            return_stock A 1:2
            receive_stock A W:1
            commit_order O1 W:1@A
            return_stock A order=O1 1:1(sku=G)
            return_stock A order=O1 2:1
            return_stock C _:1(sku=W)
            ",
            expect![[r#"
                6 stock_returned: W 2 customer > A/quality_control
                7 stock_returned: G 1 customer > A/sellable
                rejected contradiction field=lines[0].sku message=or `ref` is needed
                rejected contradiction field=lines[0].ref message=needs `order`
                8 stock_received: W 1 supplier > A/sellable
                9 order_committed: W@A committed +1
                rejected line_of_another_item line=1 order=O1 recorded=W requested=G
                rejected unknown_line line=2 order=O1
                rejected unknown_location location=C
            "#]],
        );
    }

    #[test]
    fn c19_kits_come_back_by_the_recipe_of_their_claim() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            commit_order O1 K:4@A
            ship_order O1
            define_kit K W:7
            return_stock A order=O1 1:2/sellable
            order O1
            return_stock A order=O1 1.2:1/damaged
            return_stock A order=O1 1:1/sellable(sku=G)
            return_stock A order=O1 1:1/sellable(sku=K) 1:1/sellable
            order O1
            return_stock A order=O1 1:1000000000000
            reverse_entry 12 reason=incorrect_data
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_committed: K@A committed +1; W@A committed +6; G@A committed +3
                10 order_shipped: K 1 A/sellable > customer; W 6 A/sellable > customer; G 3 A/sellable > customer; K@A committed -1; W@A committed -6; G@A committed -3
                11 kit_defined:
                12 stock_returned: K 1 customer > A/sellable; W 2 customer > A/sellable; G 1 customer > A/sellable; 1 linked 1; 1.1 linked 2; 1.2 linked 1
                O1 | 1 ordered 1 shipped 1 returned 1 | 1.1 ordered 6 shipped 6 returned 2 | 1.2 ordered 3 shipped 3 returned 1
                13 stock_returned: G 1 customer > A/damaged; 1.2 linked 1
                rejected line_of_another_item line=1 order=O1 recorded=K requested=G
                14 stock_returned: W 2 customer > A/sellable; G 1 customer > A/sellable; W 2 customer > A/sellable; G 1 customer > A/quality_control; ! unlinked_return quantity=1 sku=G; 1.1 linked 2; 1.2 linked 1; 1.1 linked 2; 1.2 linked 0
                O1 | 1 ordered 1 shipped 1 returned 1 | 1.1 ordered 6 shipped 6 returned 6 | 1.2 ordered 3 shipped 3 returned 3
                rejected contradiction field=lines[0].quantity message=makes too many units of a part
                15 entry_reversed: K 1 A/sellable > customer; W 2 A/sellable > customer; G 1 A/sellable > customer
                O1 | 1 ordered 1 shipped 1 | 1.1 ordered 6 shipped 6 returned 4 | 1.2 ordered 3 shipped 3 returned 2
            "#]],
        );
    }
}
