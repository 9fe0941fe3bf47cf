//! Hand orders over: what waits for a supplier up to its cut-off becomes one list, once.

use super::prelude::*;

args!(/** Hand orders over to a supplier. The writer does it at the cut-off; anybody may do it before. */
HandOverOrders {
    pub supplier: SupplierId,
    /// Unique for the supplier, such as the day.
    pub handover: Label,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &HandOverOrders,
) -> Result<Decision, Rejection> {
    let supplier = ledger.known_supplier(&command.supplier)?;
    if ledger.handover(&command.supplier, &command.handover).is_some() {
        let name = command.handover.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "handover".into(), name });
    }
    let known = ledger.supplier(supplier);
    let (lines, more) = ledger.handed_lines(supplier, now, LINES_MAX);
    // There is nothing to confirm of an empty one.
    let within = known.terms.confirm_within.filter(|_| !lines.is_empty());
    let fact = Fact::OrdersHandedOver(OrdersHandedOver {
        supplier: command.supplier.clone(),
        handover: command.handover.clone(),
        cut_off: known.next_cut_off.filter(|it| *it <= now).unwrap_or(now),
        confirm_by: within.map(|it| now.plus_seconds(it.saturating_mul(60))),
        lines,
        more,
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

impl Ledger {
    /// What waits for the supplier as it would be handed over at `now`: at most about `most` lines,
    /// and whether more wait. Orders stay whole unless one alone is too long.
    pub fn handed_lines(
        &self,
        supplier: SupplierNo,
        now: Time,
        most: usize,
    ) -> (Vec<HandedLine>, bool) {
        let mut lines = Vec::new();
        for id in self.waiting(supplier) {
            let mut of_order = self.waiting_lines(supplier, id, now);
            let room = most.saturating_sub(lines.len());
            if of_order.len() <= room {
                lines.extend(of_order);
                continue;
            }
            if lines.is_empty() {
                of_order.truncate(room);
                lines = of_order;
            }
            return (lines, true);
        }
        (lines, false)
    }

    /// The parts of a kit that lie with the supplier are lines of their own.
    fn waiting_lines(&self, supplier: SupplierNo, id: &OrderId, now: Time) -> Vec<HandedLine> {
        let Some(order) = self.order(id) else { return Vec::new() };
        let mut lines = Vec::new();
        for line in &order.lines {
            let Some(sku) = &line.sku else { continue };
            for location in locations_of(line) {
                let waiting = Quantity::new(line.waiting_there(location));
                let ours = self.supplier_of(location) == Some(supplier);
                let Some(quantity) = waiting.filter(|_| ours) else { continue };
                lines.push(HandedLine {
                    order: id.clone(),
                    r#ref: line.r#ref.clone(),
                    sku: self.current_sku(sku),
                    supplier_sku: self.code_for(supplier, sku, now),
                    location: self.location(location).id.clone(),
                    quantity,
                });
            }
        }
        lines
    }

    /// What the supplier calls the item at `now`: of several codes the one of the smallest pack.
    pub fn code_for(&self, supplier: SupplierNo, sku: &Sku, now: Time) -> Option<Sku> {
        let supplied = self.item(self.item_no(sku)?).supplied.as_ref()?;
        let valid = |it: &&Source| it.supplier == supplier && it.is_valid(now);
        let source = supplied.sources.iter().filter(valid).min_by_key(|it| it.pack)?;
        Some(source.code.clone())
    }
}

/// Where units of the line are committed, each location once.
fn locations_of(line: &OrderLine) -> Vec<LocationNo> {
    let mut all = Vec::with_capacity(line.committed_at.len());
    for (spot, _) in &line.committed_at {
        if !all.contains(&spot.location) {
            all.push(spot.location);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_waits_is_handed_over_once() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","confirm_within":120}}
            register_location D kind=supplier supplier=S
            register_location E kind=supplier supplier=other
            receive_stock D W:10 G:5
            receive_stock E W:5
            receive_stock A W:5
            commit_order O2 W:3@D W:1@A
            commit_order O1 W:2@D G:1@D
            commit_order O3 W:1@E
            waiting S
            hand_over_orders S handover=H1
            waiting S
            hand_over_orders S handover=H1
            hand_over_orders S handover=H2
            commit_order O4 W:1@D
            hand_over_orders S handover=H3
            hand_over_orders other handover=H1
            hand_over_orders nobody handover=H1
            handover S H1
            handover S H4
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 location_registered:
                9 stock_received: W 10 supplier > D/sellable; G 5 supplier > D/sellable
                10 stock_received: W 5 supplier > E/sellable
                11 stock_received: W 5 supplier > A/sellable
                12 order_committed: W@D committed +3; W@A committed +1
                13 order_committed: W@D committed +2; G@D committed +1
                14 order_committed: W@E committed +1
                S | O1 1 W:2@D | O1 2 G:1@D | O2 1 W:3@D
                15 orders_handed_over: H1 at 0s confirm by 7200s | O1 1 W:2@D | O1 2 G:1@D | O2 1 W:3@D
                S | nothing
                rejected already_exists kind=handover name=H1
                16 orders_handed_over: H2 at 0s | nothing
                17 order_committed: W@D committed +1
                18 orders_handed_over: H3 at 0s confirm by 7200s | O4 1 W:1@D
                rejected unknown_supplier supplier=other
                rejected unknown_supplier supplier=nobody
                H1 waiting | O1 1 W:2@D | O1 2 G:1@D | O2 1 W:3@D
                H4 unknown
            "#]],
        );
    }

    #[test]
    fn what_is_cancelled_shipped_or_taken_elsewhere_is_not_handed_over() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            receive_stock A W:20
            commit_order O1 W:6@D
            commit_order O2 W:5@D
            commit_order O3 W:4@D
            commit_order O4 W:3@A
            cancel_order O1 1:2
            ship_order O2
            relocate_order O3 1:1@A
            relocate_order O4 1@D
            hand_over_orders S handover=H1
            relocate_order O3 1@A
            relocate_order O3 1:2@D
            cancel_order O4
            waiting S
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 stock_received: W 20 supplier > A/sellable
                10 order_committed: W@D committed +6
                11 order_committed: W@D committed +5
                12 order_committed: W@D committed +4
                13 order_committed: W@A committed +3
                14 order_cancelled: W@D committed -2
                15 order_shipped: W 5 D/sellable > customer; W@D committed -5
                16 order_relocated: W@D committed -1; W@A committed +1
                17 order_relocated: W@A committed -3; W@D committed +3
                18 orders_handed_over: H1 at 0s | O1 1 W:4@D | O3 1 W:3@D | O4 1 W:3@D
                19 order_relocated: W@D committed -3; W@A committed +3
                20 order_relocated: W@A committed -2; W@D committed +2
                21 order_cancelled: W@D committed -3
                S | O3 1 W:2@D
            "#]],
        );
    }

    #[test]
    fn a_supplier_ships_first_what_it_was_given() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            receive_stock A W:20
            commit_order O1 W:4@D W:6@A
            hand_over_orders S handover=H1
            relocate_order O1 2@D
            waiting S
            ship_order O1 1:4 2:1
            waiting S
            hand_over_orders S handover=H2
            ship_order O1 2:2
            reverse_entry 15 reason=did_not_occur
            waiting S
            order O1
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 stock_received: W 20 supplier > A/sellable
                10 order_committed: W@D committed +4; W@A committed +6
                11 orders_handed_over: H1 at 0s | O1 1 W:4@D
                12 order_relocated: W@A committed -6; W@D committed +6
                S | O1 2 W:6@D
                13 order_shipped: W 4 D/sellable > customer; W 1 D/sellable > customer; W@D committed -4; W@D committed -1
                S | O1 2 W:5@D
                14 orders_handed_over: H2 at 0s | O1 2 W:5@D
                15 order_shipped: W 2 D/sellable > customer; W@D committed -2
                16 entry_reversed: W 2 customer > D/sellable; W@D committed +2
                S | nothing
                O1 | 1 ordered 4 shipped 4 | 2 ordered 6 committed 5 shipped 1
            "#]],
        );
    }

    #[test]
    fn an_order_that_is_committed_again_is_handed_over_again() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:4@D
            hand_over_orders S handover=H1
            cancel_order O1
            commit_order O1 W:2@D(ref=2)
            waiting S
            hand_over_orders S handover=H2
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +4
                10 orders_handed_over: H1 at 0s | O1 1 W:4@D
                11 order_cancelled: W@D committed -4
                12 order_committed: W@D committed +2
                S | O1 2 W:2@D
                13 orders_handed_over: H2 at 0s | O1 2 W:2@D
            "#]],
        );
    }

    #[test]
    fn orders_that_came_before_the_supplier_was_known_wait_for_it() {
        check(
            r#"
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:4@D
            fact {"supplier_set":{"supplier":"S"}}
            waiting S
            fact {"supplier_set":{"supplier":"S","confirm_within":5}}
            @60 hand_over_orders S handover=H1
            "#,
            expect![[r#"
                6 location_registered:
                7 stock_received: W 20 supplier > D/sellable
                8 order_committed: W@D committed +4
                9 supplier_set:
                S | O1 1 W:4@D
                10 supplier_set:
                11 orders_handed_over: H1 at 60s confirm by 360s | O1 1 W:4@D
            "#]],
        );
    }

    #[test]
    fn the_parts_of_a_kit_are_lines_of_their_own() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D,A
            register_item K
            define_kit K W:2 G:1
            receive_stock D W:10 K:1
            receive_stock A G:10
            commit_order O1 channel=shop K:3
            order O1
            hand_over_orders S handover=H1
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 item_registered:
                10 kit_defined:
                11 stock_received: W 10 supplier > D/sellable; K 1 supplier > D/sellable
                12 stock_received: G 10 supplier > A/sellable
                13 order_committed: K@D committed +1; W@D committed +4; G@A committed +2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
                14 orders_handed_over: H1 at 0s | O1 1 K:1@D | O1 1.1 W:4@D
            "#]],
        );
    }

    #[test]
    fn the_suppliers_code_is_the_one_valid_now() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            fact {"supplier_sku_mapped":{"supplier":"S","lines":[{"supplier_sku":"OLD","sku":"W"},{"supplier_sku":"BOX","sku":"W","pack":12}]}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:2@D
            waiting S
            fact {"supplier_sku_mapped":{"supplier":"S","lines":[{"supplier_sku":"OLD"},{"supplier_sku":"NEW","sku":"W"}]}}
            waiting S
            rename_item W to=W2
            merge_items W2 into=G
            hand_over_orders S handover=H1
            "#,
            expect![[r#"
                6 supplier_set:
                7 supplier_sku_mapped:
                8 location_registered:
                9 stock_received: W 20 supplier > D/sellable
                10 order_committed: W@D committed +2
                S | O1 1 W:2@D as OLD
                11 supplier_sku_mapped:
                S | O1 1 W:2@D as NEW
                12 item_renamed:
                13 items_merged: W2 20 D/sellable > conversion; G 20 conversion > D/sellable; W2@D committed -2; G@D committed +2
                14 orders_handed_over: H1 at 0s | O1 1 G:2@D as NEW
            "#]],
        );
    }

    #[test]
    fn a_pools_units_and_shared_ones_are_one_line() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D
            receive_stock D W:20
            open_pool P channel=shop W:3@D
            commit_order O1 channel=shop W:5
            waiting S
            hand_over_orders S handover=H1
            cancel_order O1 1:1
            waiting S
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 stock_received: W 20 supplier > D/sellable
                10 pool_opened: W@D pooled +3 in P
                11 order_committed: W@D committed +3 in P; W@D committed +2; W@D pooled -3 in P
                S | O1 1 W:5@D
                12 orders_handed_over: H1 at 0s | O1 1 W:5@D
                13 order_cancelled: W@D committed -1
                S | nothing
            "#]],
        );
    }

    #[test]
    fn the_writer_hands_over_at_the_cut_off() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","cut_off":"00:02","confirm_within":1}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:2@D
            @119 due
            @120 due
            waiting S
            @179 due
            @180 due
            handover S 2026-01-01T00:02:00Z
            @86520 due
            @86640 due
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +2
                nothing is due
                10 orders_handed_over: 2026-01-01T00:02:00Z at 120s confirm by 180s | O1 1 W:2@D
                S | nothing next cut-off 2026-01-02T00:02:00Z
                nothing is due
                11 handover_missed: 2026-01-01T00:02:00Z
                2026-01-01T00:02:00Z missed at 11 | O1 1 W:2@D
                12 orders_handed_over: 2026-01-02T00:02:00Z at 86520s | nothing
                nothing is due
            "#]],
        );
    }

    #[test]
    fn missed_cut_offs_are_made_up_by_one_handover() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","cut_off":"00:02","time_zone":"Europe/Berlin"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            waiting S
            commit_order O1 W:2@D
            @100000 commit_order O2 W:2@D
            @300000 due
            waiting S
            due
            @341000 due
            @428000 hand_over_orders S handover=by-hand
            waiting S
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                S | nothing next cut-off 2026-01-01T23:02:00Z
                9 order_committed: W@D committed +2
                10 order_committed: W@D committed +2
                11 orders_handed_over: 2026-01-01T23:02:00Z at 82920s | O1 1 W:2@D | O2 1 W:2@D
                S | nothing next cut-off 2026-01-04T23:02:00Z
                nothing is due
                nothing is due
                12 orders_handed_over: by-hand at 342120s | nothing
                S | nothing next cut-off 2026-01-05T23:02:00Z
            "#]],
        );
    }

    #[test]
    fn the_cut_off_follows_the_clocks_of_the_supplier() {
        // 29 March 2026: Berlin's clocks go from 02:00 to 03:00. 25 October: back from 03:00 to 02:00.
        check(
            r#"
            @7516800 fact {"supplier_set":{"supplier":"S","cut_off":"02:30","time_zone":"Europe/Berlin"}}
            waiting S
            @7520400 due
            waiting S
            @7605000 due
            waiting S
            @7690000 due
            @25651800 due
            waiting S
            @25662600 due
            @25800000 due
            waiting S
            "#,
            expect![[r#"
                6 supplier_set:
                S | nothing next cut-off 2026-03-29T01:30:00Z
                nothing is due
                S | nothing next cut-off 2026-03-29T01:30:00Z
                7 orders_handed_over: 2026-03-29T01:30:00Z at 7522200s | nothing
                S | nothing next cut-off 2026-03-31T00:30:00Z
                nothing is due
                8 orders_handed_over: 2026-03-31T00:30:00Z at 7691400s | nothing
                S | nothing next cut-off 2026-10-25T00:30:00Z
                9 orders_handed_over: 2026-10-25T00:30:00Z at 25662600s | nothing
                10 orders_handed_over: 2026-10-26T01:30:00Z at 25752600s | nothing
                S | nothing next cut-off 2026-10-27T01:30:00Z
            "#]],
        );
    }

    #[test]
    fn what_is_too_long_for_one_entry_is_handed_over_in_parts() {
        let mut commands = String::from(
            r#"
            fact {"supplier_set":{"supplier":"S","cut_off":"00:02"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:5000
            "#,
        );
        let lines = "W:1@D ".repeat(600);
        for order in 1..=3 {
            commands += &format!("commit_order O{order} {lines}\n");
        }
        let asked = commands.lines().filter(|it| !it.trim().is_empty()).count();
        commands += "@120 due\n@180 due\n";
        let said = crate::testing::run(&commands);
        let told: Vec<String> = said[asked..]
            .iter()
            .flat_map(|it| it.lines())
            .map(|it| {
                let parts: Vec<&str> = it.split(" | ").collect();
                let more = if it.ends_with("more") { " more" } else { "" };
                format!("{} lines {}{more}", parts[0], parts.len() - 1)
            })
            .collect();
        expect![[r#"
            12 orders_handed_over: 2026-01-01T00:02:00Z at 120s lines 600 more
            13 orders_handed_over: 2026-01-01T00:02:00Z/2 at 120s lines 600 more
            14 orders_handed_over: 2026-01-01T00:02:00Z/3 at 120s lines 600
            nothing is due lines 0"#]]
        .assert_eq(&told.join("\n"));
    }
}
