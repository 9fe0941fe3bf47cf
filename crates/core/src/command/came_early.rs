//! What came before the commitment of an order's line: another commitment, a shipment, a
//! cancellation. A kit line is one line here, however it is made up.

use super::claim::Need;
use super::kit_line::KitLine;
use super::prelude::*;

/// Units of a need that were shipped or cancelled before its line came.
#[derive(Clone, Copy, Default)]
pub(super) struct Early {
    pub shipped: u64,
    pub cancelled: u64,
}

/// What came early of the needs of one line, in their order.
///
/// # Errors
/// `line_already_committed`, `line_of_another_item`.
pub(super) fn came_early(
    ledger: &Ledger,
    id: &OrderId,
    order: &Order,
    group: &[Need],
) -> Result<Vec<Early>, Rejection> {
    let heard = Heard { ledger, id, order };
    if let Some(first) = group.first() {
        heard.check_line(first, group)?;
    }
    let mut all = Vec::with_capacity(group.len());
    for need in group {
        let known = heard.check(need)?;
        let shipped = known.map_or(0, |it| it.uncommitted).min(need.quantity);
        all.push(Early { shipped, cancelled: 0 });
    }
    heard.cancel(group, &mut all);
    Ok(all)
}

/// What was heard of an order.
struct Heard<'a> {
    ledger: &'a Ledger,
    id: &'a OrderId,
    order: &'a Order,
}

impl Heard<'_> {
    /// The line as the caller knows it: a kit line is committed once, whether in parts or not.
    fn check_line(&self, first: &Need, group: &[Need]) -> Result<(), Rejection> {
        let name = first.kit.as_ref().map_or(&first.line, |it| &it.line);
        let kit = first.kit.as_ref().and_then(|it| self.ledger.item_no(&it.sku));
        let item = kit.unwrap_or(first.item);
        if let Some(kit) = KitLine::find(&self.order.lines, name) {
            let same_item = self.ledger.item_no(&kit.kit.sku) == Some(item);
            if kit.lines().any(|it| it.ordered > 0) {
                let ordered = kit.whole(|it| it.ordered);
                return Err(self.committed(name, same_item && ordered == lines_of(group)));
            }
            return match same_item {
                true => Ok(()),
                false => Err(self.of_another(name, &kit.kit.sku, item)),
            };
        }
        let Some(known) = self.order.line(name) else { return Ok(()) };
        let same_item = known.sku.as_ref().is_none_or(|it| self.ledger.item_no(it) == Some(item));
        // A part of one kit line is no line of its own.
        let is_part = known.kit.as_ref().is_some_and(|it| it.line != *name);
        match &known.sku {
            _ if known.ordered > 0 => {
                let same = same_item && !is_part && known.ordered == lines_of(group);
                Err(self.committed(name, same))
            }
            Some(recorded) if !same_item => Err(self.of_another(name, recorded, item)),
            _ => Ok(()),
        }
    }

    /// What is recorded under the need's own name.
    fn check(&self, need: &Need) -> Result<Option<&OrderLine>, Rejection> {
        let Some(known) = self.order.line(&need.line) else {
            // The part's name may be that of another kit line.
            return match KitLine::find(&self.order.lines, &need.line) {
                Some(_) if need.is_part() => Err(self.committed(&need.line, false)),
                _ => Ok(None),
            };
        };
        if known.ordered > 0 {
            return Err(self.committed(&need.line, false));
        }
        let of_another = |it: &&Sku| self.ledger.item_no(it) != Some(need.item);
        match known.sku.as_ref().filter(of_another) {
            Some(recorded) => Err(self.of_another(&need.line, recorded, need.item)),
            None => Ok(Some(known)),
        }
    }

    /// Cancelled kits are cancelled in parts before what stands assembled.
    fn cancel(&self, group: &[Need], all: &mut [Early]) {
        let line = group.iter().find_map(|it| it.kit.as_ref().map(|kit| &kit.line));
        let kits = line.map_or(0, |it| self.called_off(it));
        let mut of_parts = 0;
        for (need, early) in group.iter().zip(all.iter_mut()).filter(|(it, _)| it.is_part()) {
            let left = need.quantity - early.shipped;
            let units = kits.saturating_mul(need.per_line());
            early.cancelled = left.min(units.saturating_add(self.called_off(&need.line)));
            of_parts = of_parts.max(left.min(units).div_ceil(need.per_line()));
        }
        for (need, early) in group.iter().zip(all.iter_mut()).filter(|(it, _)| !it.is_part()) {
            let units = match need.kit {
                Some(_) => kits.saturating_sub(of_parts),
                None => self.called_off(&need.line),
            };
            early.cancelled = units.min(need.quantity - early.shipped);
        }
    }

    /// Units of a line that were cancelled early.
    fn called_off(&self, line: &LineRef) -> u64 {
        called_off(self.order, line)
    }

    fn committed(&self, line: &LineRef, same: bool) -> Rejection {
        Rejection::LineAlreadyCommitted { order: self.id.clone(), line: line.clone(), same }
    }

    fn of_another(&self, line: &LineRef, recorded: &Sku, requested: ItemNo) -> Rejection {
        Rejection::LineOfAnotherItem {
            order: self.id.clone(),
            line: line.clone(),
            recorded: recorded.clone(),
            requested: self.ledger.item(requested).sku.clone(),
        }
    }
}

/// Units of a line, or kits of a kit line, that were cancelled before it came: more than there can
/// be, if all of it was.
pub(super) fn called_off(order: &Order, line: &LineRef) -> u64 {
    match order.line(line).and_then(|it| it.early) {
        _ if order.tombstone => u64::MAX,
        Some(EarlyCancel::All) => u64::MAX,
        Some(EarlyCancel::Units(units)) => units.units(),
        None => 0,
    }
}

/// Units of the line that these needs make up: kits, of a kit line.
fn lines_of(group: &[Need]) -> u64 {
    let assembled = group.iter().filter(|it| !it.is_part()).map(|it| it.quantity);
    let of_parts = group.iter().filter(|it| it.is_part()).map(|it| it.quantity / it.per_line());
    assembled.sum::<u64>() + of_parts.min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c03_a_kit_line_is_committed_once_however_it_is_made_up() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:9
            commit_order O1 K:2@A
            receive_stock A K:9
            commit_order O1 K:2@A
            commit_order O1 K:3@A
            commit_order O1 W:2@A
            commit_order O1 W:4@A(ref=1.1)
            commit_order O1 K:1@A(ref=1.1)
            commit_order O2 K:2@A
            commit_order O2 K:2@A
            commit_order O3 K:8@A
            commit_order O3 K:8@A
            commit_order O4 G:1@A(ref=1.1)
            commit_order O4 K:9@A
            order O1
            order O3
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 9 supplier > A/sellable
                9 order_committed: W@A committed +4; G@A committed +2
                10 stock_received: K 9 supplier > A/sellable
                rejected line_already_committed line=1 order=O1 same=true
                rejected line_already_committed line=1 order=O1 same=false
                rejected line_already_committed line=1 order=O1 same=false
                rejected line_already_committed line=1.1 order=O1 same=false
                rejected line_already_committed line=1.1 order=O1 same=false
                11 order_committed: K@A committed +2
                rejected line_already_committed line=1 order=O2 same=true
                12 order_committed: K@A committed +7; W@A committed +2; G@A committed +1
                rejected line_already_committed line=1 order=O3 same=true
                13 order_committed: G@A committed +1
                rejected line_already_committed line=1.1 order=O4 same=false
                O1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
                O3 | 1 ordered 7 committed 7 | 1.1 ordered 2 committed 2 | 1.2 ordered 1 committed 1
            "#]],
        );
    }

    #[test]
    fn c02_a_kit_line_cancelled_before_it_came() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10 K:2
            cancel_order O1 1
            commit_order O1 K:3@A
            order O1
            cancel_order O2 1:1
            cancel_order O2 1.2:1
            commit_order O2 K:4@A
            order O2
            cancel_order O3 1:9
            commit_order O3 K:2@A
            order O3
            cancel_order O4
            commit_order O4 K:2@A
            order O4
            stock K@A
            cancel_order O2 1:1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable; K 2 supplier > A/sellable
                9 order_cancelled: 1 early all
                10 order_committed: 1.1 cancelled 6; 1.2 cancelled 3
                O1 | 1.1 ordered 6 cancelled 6 | 1.2 ordered 3 cancelled 3
                11 order_cancelled: 1 early units=1
                12 order_cancelled: 1.2 early units=1
                13 order_committed: K@A committed +2; W@A committed +2; 1.1 cancelled 2; 1.2 cancelled 2
                O2 | 1 ordered 2 committed 2 | 1.2 ordered 2 cancelled 2 | 1.1 ordered 4 committed 2 cancelled 2
                14 order_cancelled: 1 early units=9
                15 order_committed: 1.1 cancelled 4; 1.2 cancelled 2
                O3 | 1.1 ordered 4 cancelled 4 | 1.2 ordered 2 cancelled 2
                16 order_cancelled: tombstone
                17 order_committed: 1.1 cancelled 4; 1.2 cancelled 2
                O4 tombstone | 1.1 ordered 4 cancelled 4 | 1.2 ordered 2 cancelled 2
                K@A sellable 2 committed 2 free 0
                18 order_cancelled: K@A committed -1
            "#]],
        );
    }

    #[test]
    fn c02_a_hold_of_a_kit_cancelled_before_it_became_an_order() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10 K:2
            hold_stock H1 K:3@A
            cancel_order O1 1:2
            commit_order O1 hold=H1
            order O1
            stock W@A
            stock K@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable; K 2 supplier > A/sellable
                9 stock_held: K@A held +2; W@A held +2; G@A held +1; until 900s
                10 order_cancelled: 1 early units=2
                11 order_committed: K@A held -1; K@A committed +1; K@A held -1; W@A held -2; G@A held -1; 1 cancelled 1; 1.1 cancelled 2; 1.2 cancelled 1
                O1 | 1 ordered 2 committed 1 cancelled 1 | 1.1 ordered 2 cancelled 2 | 1.2 ordered 1 cancelled 1
                W@A sellable 20 free 20
                K@A sellable 2 committed 1 free 1
            "#]],
        );
    }

    #[test]
    fn c04_a_kit_shipped_by_part_before_it_came() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10
            ship_order O1 1.1:3(sku=W) location=A
            receive_stock A K:9
            commit_order O1 K:3@A
            order O1
            ship_order O1
            order O1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable
                9 order_shipped: W 3 A/sellable > customer; ! uncommitted_ship order=O1 quantity=3 sku=W
                10 stock_received: K 9 supplier > A/sellable
                11 order_committed: K@A committed +1; W@A committed +1; G@A committed +2; 1.1 shipped 3
                O1 | 1.1 ordered 4 committed 1 shipped 3 | 1 ordered 1 committed 1 | 1.2 ordered 2 committed 2
                12 order_shipped: W 1 A/sellable > customer; K 1 A/sellable > customer; G 2 A/sellable > customer; W@A committed -1; K@A committed -1; G@A committed -2
                O1 | 1.1 ordered 4 shipped 4 | 1 ordered 1 shipped 1 | 1.2 ordered 2 shipped 2
            "#]],
        );
    }

    #[test]
    fn c04_a_kit_shipped_before_it_came() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10 K:1
            ship_order O1 1:3(sku=K) location=A
            order O1
            ship_order O1 1:1(sku=W)
            ship_order O1 1:1(sku=K) location=A
            define_kit K W:5
            receive_stock A K:9
            commit_order O1 W:1@A
            commit_order O1 K:6@A
            order O1
            cancel_order O1 1:1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_shipped: K 1 A/sellable > customer; W 4 A/sellable > customer; G 2 A/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=K; ! uncommitted_ship order=O1 quantity=4 sku=W; ! uncommitted_ship order=O1 quantity=2 sku=G
                O1 | 1 ordered 0 shipped 1 uncommitted 1 | 1.1 ordered 0 shipped 4 uncommitted 4 | 1.2 ordered 0 shipped 2 uncommitted 2
                rejected line_of_another_item line=1 order=O1 recorded=K requested=W
                10 order_shipped: W 2 A/sellable > customer; G 1 A/sellable > customer; ! uncommitted_ship order=O1 quantity=2 sku=W; ! uncommitted_ship order=O1 quantity=1 sku=G
                11 kit_defined:
                12 stock_received: K 9 supplier > A/sellable
                rejected line_of_another_item line=1 order=O1 recorded=K requested=W
                13 order_committed: K@A committed +2; 1 shipped 1; 1.1 shipped 6; 1.2 shipped 3
                O1 | 1 ordered 3 committed 2 shipped 1 | 1.1 ordered 6 shipped 6 | 1.2 ordered 3 shipped 3
                14 order_cancelled: K@A committed -1
            "#]],
        );
    }

    #[test]
    fn c04_kits_shipped_before_they_came_and_called_off() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10
            ship_order O1 1:1(sku=K) location=A
            cancel_order O1 1:1
            order O1
            commit_order O1 K:3@A
            order O1
            commit_order O2 K:1@A(ref=7)
            commit_order O2 G:1@A
            ship_order O2 2:2(sku=K) 3:1(sku=K) location=A
            order O2
            ship_order O3 1:1(sku=K)
            ship_order O3 1:1000000000000(sku=K) location=A
            commit_order O4 G:1@A(ref=1.1)
            ship_order O4 1:1(sku=K) location=A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable
                9 order_shipped: W 2 A/sellable > customer; G 1 A/sellable > customer; ! uncommitted_ship order=O1 quantity=2 sku=W; ! uncommitted_ship order=O1 quantity=1 sku=G
                10 order_cancelled: 1 early units=1
                O1 | 1.1 ordered 0 shipped 2 uncommitted 2 | 1.2 ordered 0 shipped 1 uncommitted 1 | 1 ordered 0 early units=1
                11 order_committed: W@A committed +2; G@A committed +1; 1.1 cancelled 2; 1.1 shipped 2; 1.2 cancelled 1; 1.2 shipped 1
                O1 | 1.1 ordered 6 committed 2 shipped 2 cancelled 2 | 1.2 ordered 3 committed 1 shipped 1 cancelled 1
                12 order_committed: W@A committed +2; G@A committed +1
                13 order_committed: G@A committed +1
                14 order_shipped: W 4 A/sellable > customer; G 2 A/sellable > customer; W 2 A/sellable > customer; G 1 A/sellable > customer; ! uncommitted_ship order=O2 quantity=4 sku=W; ! uncommitted_ship order=O2 quantity=2 sku=G; ! uncommitted_ship order=O2 quantity=2 sku=W; ! uncommitted_ship order=O2 quantity=1 sku=G
                O2 | 7.1 ordered 2 committed 2 | 7.2 ordered 1 committed 1 | 1 ordered 1 committed 1 | 2.1 ordered 0 shipped 4 uncommitted 4 | 2.2 ordered 0 shipped 2 uncommitted 2 | 3.1 ordered 0 shipped 2 uncommitted 2 | 3.2 ordered 0 shipped 1 uncommitted 1
                rejected no_location line=1
                rejected contradiction field=lines[0].quantity message=makes too many units of a part
                15 order_committed: G@A committed +1
                rejected line_of_another_item line=1.1 order=O4 recorded=G requested=W
            "#]],
        );
    }

    #[test]
    fn c02_a_part_cancelled_before_its_kit_came() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:20 G:10 K:9
            cancel_order O1 1.2:1
            commit_order O1 K:3@A
            order O1
            cancel_order O2 1.2
            commit_order O2 K:2@A
            order O2
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 20 supplier > A/sellable; G 10 supplier > A/sellable; K 9 supplier > A/sellable
                9 order_cancelled: 1.2 early units=1
                10 order_committed: K@A committed +2; W@A committed +2; 1.2 cancelled 1
                O1 | 1.2 ordered 1 cancelled 1 | 1 ordered 2 committed 2 | 1.1 ordered 2 committed 2
                11 order_cancelled: 1.2 early all
                12 order_committed: W@A committed +4; 1.2 cancelled 2
                O2 | 1.2 ordered 2 cancelled 2 | 1.1 ordered 4 committed 4
            "#]],
        );
    }
}
