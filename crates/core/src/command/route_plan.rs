//! Which locations serve a whole order: their order by rule, the one that has all, or a few that do.

use super::claim::Need;
use super::lines::contradiction;
use super::prelude::*;
use super::route::{Route, Spread};
use super::route_table::Table;

impl Route<'_> {
    /// How locations are chosen for a need.
    pub fn rule_of(&self, need: &Need) -> Routing {
        // A line that names its location has nothing left to choose.
        let ruled = self.ledger.rule_sets(need.item).iter().any(Option::is_some);
        if !ruled || need.location.is_some() {
            return Routing::default();
        }
        let ruling = self.ledger.ruling_on_channel(need.item, self.who.channel, NOW);
        ruling.find(|it| it.routing).unwrap_or_default()
    }

    /// Takes up the rules of the lines. The strictest rules the order; of equals the first.
    ///
    /// # Errors
    /// `contradiction` naming `ship_to` where nearness decides and nobody says near to what.
    pub fn obey(&mut self, needs: &[Need]) -> Result<(), Rejection> {
        let mut is_first = true;
        for need in needs.iter().filter(|it| it.location.is_none()) {
            let rule = self.rule_of(need);
            if rule.by == RouteBy::Nearest && self.who.region.is_none() {
                let message = "is needed: the channel's locations are chosen by how near they are";
                return Err(contradiction("ship_to", message));
            }
            if is_first || strictness(rule.split) > strictness(self.rule.split) {
                self.rule = rule;
            }
            self.plain &= rule.by == RouteBy::Priority;
            is_first = false;
        }
        Ok(())
    }

    /// The open ones of these locations, first the one that the rule puts first for all that is
    /// wanted. What is equal keeps its order.
    pub fn rank(
        &self,
        wanted: &[(ItemNo, u64)],
        by: RouteBy,
        list: &[LocationNo],
    ) -> Vec<LocationNo> {
        let open = list.iter().copied().filter(|it| !self.ledger.location(*it).closed);
        let mut ranked: Vec<LocationNo> = open.collect();
        ranked.sort_by_cached_key(|location| {
            let weights = wanted.iter().map(|it| self.weight(*it, by, *location));
            let sum: Option<i128> = weights.sum();
            // What has no cost, or lists the region nowhere, comes last.
            (sum.is_none(), sum)
        });
        ranked
    }

    /// What puts a location behind others for one item: the smaller, the earlier.
    fn weight(
        &self,
        (item, units): (ItemNo, u64),
        by: RouteBy,
        location: LocationNo,
    ) -> Option<i128> {
        match by {
            RouteBy::Priority => Some(0),
            RouteBy::HighestStock if !self.ledger.item(item).mode().is_finite() => Some(0),
            RouteBy::HighestStock => Some(-i128::from(self.shelf(item, location).free)),
            RouteBy::Cost => {
                Some(i128::from(self.cost(item, location)?).saturating_mul(i128::from(units)))
            }
            RouteBy::Nearest => self.place_of_region(item, location).map(|it| it as i128),
        }
    }

    /// What a unit costs from there, if a rule says so.
    pub fn cost(&self, item: ItemNo, location: LocationNo) -> Option<u64> {
        self.ledger.ruling_at_location(item, location, NOW).find(|it| it.cost)
    }

    /// The place of the destination's region among those that are near to the location, from 0.
    pub fn place_of_region(&self, item: ItemNo, location: LocationNo) -> Option<usize> {
        let region = self.who.region?;
        let ruling = self.ledger.ruling_at_location(item, location, NOW);
        ruling.find(|it| it.regions.as_ref())?.iter().position(|it| it == region)
    }

    /// Decides on the one location for all lines that name none: the first that has them whole,
    /// else the one that lacks the least.
    pub fn choose_one(&mut self, needs: &[Need]) {
        let units: Vec<u64> = needs.iter().map(|it| it.quantity).collect();
        let table = Table::of(self, needs, &units, false);
        let lacks: Vec<(usize, u64)> =
            (0..table.locations.len()).map(|it| table.lack(it)).collect();
        let is_whole = |column: &usize| lacks[*column] == (0, 0);
        let whole: Vec<usize> = (0..lacks.len()).filter(is_whole).collect();
        let (column, why) = match whole[..] {
            [only] => (Some(only), RouteReason::OnlyOneWithAll),
            [0, ..] => (Some(0), first_by(self.rule.by)),
            [first, ..] => (Some(first), RouteReason::FirstWithAll),
            [] => (self.most_of_it(needs, &units, &lacks), RouteReason::HasMost),
        };
        let Some(column) = column else { return };
        let lacking = lacks.iter().map(|it| *it != (0, 0));
        self.spread = Spread::One {
            only: table.locations[column],
            why,
            considered: table.locations.iter().copied().zip(lacking).collect(),
        };
    }

    /// No location has all lines: the one that lacks the least, if there is one, once it promises
    /// what it may beyond its stock; of equals the one whose stock lacks the least.
    fn most_of_it(&self, needs: &[Need], units: &[u64], lacks: &[(usize, u64)]) -> Option<usize> {
        let beyond = Table::of(self, needs, units, true);
        (0..lacks.len()).min_by_key(|it| (beyond.lack(*it), lacks[*it]))
    }

    /// Decides on few locations for all lines that name none, of which each is to have `units`.
    pub fn gather(&mut self, needs: &[Need], units: &[u64]) {
        self.pending = Pending::default();
        let table = Table::of(self, needs, units, false);
        let few = table.few();
        let pick = |chosen: bool| {
            let columns = (0..table.locations.len()).filter(|it| few.contains(it) == chosen);
            columns.map(|it| table.locations[it]).collect()
        };
        self.spread = Spread::Together { chosen: pick(true), others: pick(false) };
    }

    /// Why a location is drawn on, which is at `place` of the order. `whole`: it has all that is left.
    pub fn why(&self, need: &Need, location: LocationNo, place: usize, whole: bool) -> RouteReason {
        match &self.spread {
            // Nobody asks.
            _ if !self.explains => RouteReason::NextInOrder,
            _ if need.location.is_some() => RouteReason::Named,
            Spread::One { only, why, .. } if location == *only => *why,
            Spread::Together { chosen, .. } if chosen.contains(&location) => {
                RouteReason::FewestSplits
            }
            _ => match (self.rule_of(need).by, whole) {
                (RouteBy::Priority, false) => RouteReason::NextInOrder,
                (by, _) if place == 0 => first_by(by),
                (_, true) => RouteReason::FirstWithAll,
                (_, false) => RouteReason::NextInOrder,
            },
        }
    }
}

fn first_by(by: RouteBy) -> RouteReason {
    match by {
        RouteBy::Priority => RouteReason::FirstWithAll,
        RouteBy::HighestStock => RouteReason::HighestStock,
        RouteBy::Cost => RouteReason::Cheapest,
        RouteBy::Nearest => RouteReason::Nearest,
    }
}

fn strictness(split: RouteSplit) -> u8 {
    match split {
        RouteSplit::Allowed => 0,
        RouteSplit::Fewest => 1,
        RouteSplit::Never => 2,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn without_a_rule_the_first_location_with_all_is_taken() {
        check(
            "
            receive_stock A W:3
            receive_stock B W:5
            preview O1 channel=web W:4
            preview O1 channel=web W:3
            preview O1 channel=web W:8
            preview O1 channel=web W:9
            preview O1 channel=web W:4@A
            preview O1 channel=web W:2@A W:4
            commit_order O1 channel=web W:8
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                split allowed locations 1 | 1 W 4 of 4 available 8 free_stock, A free 3 not_needed, B free 5 4 first_with_all
                split allowed locations 1 | 1 W 3 of 3 available 8 free_stock, A free 3 3 first_with_all, B free 5 not_needed
                split allowed locations 2 | 1 W 8 of 8 available 8 free_stock, A free 3 3 next_in_order, B free 5 5 next_in_order
                split allowed locations 0 | 1 W 0 of 9 available 8 free_stock, A free 3 line_short, B free 5 line_short | rejected insufficient_stock lines=[available=8 index=0 limiting=free_stock line=1 requested=9 shortfall=1 sku=W]
                split allowed locations 0 | 1 W 0 of 4 available 3 free_stock, A free 3 line_short | rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=1 location=A requested=4 shortfall=1 sku=W]
                split allowed locations 2 | 1 W 2 of 2 available 3 free_stock, A free 3 2 named | 2 W 4 of 4 available 6 free_stock, A free 1 not_needed, B free 5 4 first_with_all
                8 order_committed: W@A committed +3; W@B committed +5
            "#]],
        );
    }

    #[test]
    fn highest_stock_counts_what_is_free_and_ties_keep_the_order() {
        check(
            r#"
            register_location C
            register_channel shop locations=A,B,C
            set_policy channel=shop set={"routing":{"by":"highest_stock"}}
            receive_stock A W:5
            receive_stock B W:9
            receive_stock C W:5
            preview O1 channel=shop W:5
            preview O1 channel=shop W:9 W:5
            commit_order O1 W:6@B
            preview O2 channel=shop W:1
            preview O2 channel=shop W:12
            commit_order O2 channel=shop W:12
            preview O3 channel=shop W:2
            "#,
            expect![[r#"
                6 location_registered:
                7 channel_registered:
                8 policy_set:
                9 stock_received: W 5 supplier > A/sellable
                10 stock_received: W 9 supplier > B/sellable
                11 stock_received: W 5 supplier > C/sellable
                split allowed locations 1 | 1 W 5 of 5 available 19 free_stock, B free 9 5 highest_stock, A free 5 not_needed, C free 5 not_needed
                split allowed locations 2 | 1 W 9 of 9 available 19 free_stock, B free 9 9 highest_stock, A free 5 not_needed, C free 5 not_needed | 2 W 5 of 5 available 10 free_stock, A free 5 5 highest_stock, C free 5 not_needed, B free 0 nothing_free
                12 order_committed: W@B committed +6
                split allowed locations 1 | 1 W 1 of 1 available 13 free_stock, A free 5 1 highest_stock, C free 5 not_needed, B free 3 not_needed
                split allowed locations 3 | 1 W 12 of 12 available 13 free_stock, A free 5 5 highest_stock, C free 5 5 next_in_order, B free 3 2 next_in_order
                13 order_committed: W@A committed +5; W@C committed +5; W@B committed +2
                split allowed locations 0 | 1 W 0 of 2 available 1 free_stock, B free 1 line_short, A free 0 nothing_free, C free 0 nothing_free | rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 requested=2 shortfall=1 sku=W]
            "#]],
        );
    }

    #[test]
    fn the_cheapest_location_comes_first_and_one_without_a_cost_last() {
        check(
            r#"
            register_location C
            register_location D kind=supplier supplier=S1
            register_channel shop locations=A,B,C,D
            set_policy channel=shop set={"routing":{"by":"cost"}}
            set_policy location=B set={"cost":30}
            set_policy location=C set={"cost":20}
            set_policy supplier=S1 set={"cost":25}
            set_policy sku=G supplier=S1 set={"cost":10}
            receive_stock A W:9 G:9
            receive_stock B W:9 G:9
            receive_stock C W:4 G:9
            receive_stock D W:2 G:9
            preview O1 channel=shop W:4 G:1
            preview O1 channel=shop W:5
            preview O1 channel=shop W:20
            commit_order O1 channel=shop W:20 G:1
            set_policy location=A set={"cost":0}
            preview O2 channel=shop G:1
            "#,
            expect![[r#"
                6 location_registered:
                7 location_registered:
                8 channel_registered:
                9 policy_set:
                10 policy_set:
                11 policy_set:
                12 policy_set:
                13 policy_set:
                14 stock_received: W 9 supplier > A/sellable; G 9 supplier > A/sellable
                15 stock_received: W 9 supplier > B/sellable; G 9 supplier > B/sellable
                16 stock_received: W 4 supplier > C/sellable; G 9 supplier > C/sellable
                17 stock_received: W 2 supplier > D/sellable; G 9 supplier > D/sellable
                split allowed locations 2 | 1 W 4 of 4 available 24 free_stock, C free 4 cost 20 4 cheapest, D free 2 cost 25 not_needed, B free 9 cost 30 not_needed, A free 9 not_needed | 2 G 1 of 1 available 36 free_stock, D free 9 cost 10 1 cheapest, C free 9 cost 20 not_needed, B free 9 cost 30 not_needed, A free 9 not_needed
                split allowed locations 1 | 1 W 5 of 5 available 24 free_stock, C free 4 cost 20 not_needed, D free 2 cost 25 not_needed, B free 9 cost 30 5 first_with_all, A free 9 not_needed
                split allowed locations 4 | 1 W 20 of 20 available 24 free_stock, C free 4 cost 20 4 cheapest, D free 2 cost 25 2 next_in_order, B free 9 cost 30 9 next_in_order, A free 9 5 next_in_order
                18 order_committed: W@C committed +4; W@D committed +2; W@B committed +9; W@A committed +5; G@D committed +1
                19 policy_set:
                split allowed locations 1 | 1 G 1 of 1 available 35 free_stock, A free 9 cost 0 1 cheapest, D free 8 cost 10 not_needed, C free 9 cost 20 not_needed, B free 9 cost 30 not_needed
            "#]],
        );
    }

    #[test]
    fn the_nearest_location_is_the_one_that_lists_the_region_first() {
        check(
            r#"
            register_location C
            register_channel shop locations=A,B,C
            set_policy channel=shop set={"routing":{"by":"nearest"}}
            set_policy location=B set={"regions":["north","south"]}
            set_policy location=C set={"regions":["south"]}
            receive_stock A W:5
            receive_stock B W:5
            receive_stock C W:5
            preview O1 channel=shop W:1 ship_to=south
            preview O1 channel=shop W:1 ship_to=north
            preview O1 channel=shop W:1 ship_to=east
            preview O1 channel=shop W:12 ship_to=south
            commit_order O1 channel=shop W:1
            hold_stock H1 channel=shop W:1
            commit_order O1 channel=shop W:1@A
            commit_order O2 channel=shop W:1 ship_to=south
            "#,
            expect![[r#"
                6 location_registered:
                7 channel_registered:
                8 policy_set:
                9 policy_set:
                10 policy_set:
                11 stock_received: W 5 supplier > A/sellable
                12 stock_received: W 5 supplier > B/sellable
                13 stock_received: W 5 supplier > C/sellable
                split allowed locations 1 | 1 W 1 of 1 available 15 free_stock, C free 5 nearness 1 1 nearest, B free 5 nearness 2 not_needed, A free 5 not_needed
                split allowed locations 1 | 1 W 1 of 1 available 15 free_stock, B free 5 nearness 1 1 nearest, A free 5 not_needed, C free 5 not_needed
                split allowed locations 1 | 1 W 1 of 1 available 15 free_stock, A free 5 1 nearest, B free 5 not_needed, C free 5 not_needed
                split allowed locations 3 | 1 W 12 of 12 available 15 free_stock, C free 5 nearness 1 5 nearest, B free 5 nearness 2 5 next_in_order, A free 5 2 next_in_order
                rejected contradiction field=ship_to message=is needed: the channel's locations are chosen by how near they are
                rejected contradiction field=ship_to message=is needed: the channel's locations are chosen by how near they are
                14 order_committed: W@A committed +1
                15 order_committed: W@C committed +1
            "#]],
        );
    }

    #[test]
    fn c20_a_hold_remembers_where_the_goods_are_to_go() {
        check(
            r#"
            set_policy channel=web set={"routing":{"by":"nearest"}}
            set_policy location=B set={"regions":["south"]}
            receive_stock A W:5
            receive_stock B W:5
            @10 hold_stock H1 channel=web W:2 ship_to=south expires_in=60
            @70 commit_order O1 hold=H1
            @80 hold_stock H2 channel=web W:2 ship_to=south
            set_policy location=A set={"regions":["north"]}
            preview O2 hold=H2 W:3
            commit_order O2 hold=H2 ship_to=north W:3
            "#,
            expect![[r#"
                6 policy_set:
                7 policy_set:
                8 stock_received: W 5 supplier > A/sellable
                9 stock_received: W 5 supplier > B/sellable
                10 stock_held: W@B held +2; until 70s
                11 order_committed: W@B committed +2; W@B held -2; converted_late
                12 stock_held: W@B held +2; until 980s
                13 policy_set:
                split allowed locations 1 | 1 W 3 of 3 available 8 free_stock, B free 1 2 held, B free 1 nearness 1 1 nearest, A free 5 not_needed
                14 order_committed: W@A committed +1; W@B held -2; W@B committed +2
            "#]],
        );
    }

    #[test]
    fn closed_locations_are_skipped() {
        check(
            r#"
            register_location C
            register_channel shop locations=A,B,C
            close_location A
            receive_stock B W:2
            receive_stock C W:3
            preview O1 channel=shop W:3
            set_policy channel=shop set={"routing":{"by":"highest_stock","split":"never"}}
            preview O1 channel=shop W:2
            set_policy channel=shop set={"routing":{"by":"cost","split":"fewest"}}
            preview O1 channel=shop W:5
            preview O1 channel=shop W:6 if_short=accept_oversold
            "#,
            expect![[r#"
                6 location_registered:
                7 channel_registered:
                8 location_closed:
                9 stock_received: W 2 supplier > B/sellable
                10 stock_received: W 3 supplier > C/sellable
                split allowed locations 1 | 1 W 3 of 3 available 5 free_stock, B free 2 not_needed, C free 3 3 first_with_all, A free 0 closed
                11 policy_set:
                split never locations 1 | 1 W 2 of 2 available 3 routing, C free 3 2 highest_stock, B free 2 not_needed, A free 0 closed
                12 policy_set:
                split fewest locations 2 | 1 W 5 of 5 available 5 free_stock, B free 2 2 fewest_splits, C free 3 3 fewest_splits, A free 0 closed
                split fewest locations 2 | 1 W 6 of 6 available 5 free_stock, B free 2 2 fewest_splits 1 oversold, C free 3 3 fewest_splits, A free 0 closed
            "#]],
        );
    }

    #[test]
    fn the_channels_share_limits_whatever_the_route() {
        check(
            r#"
            set_policy channel=web set={"buffer":{"units":4},"routing":{"by":"highest_stock","split":"never"}}
            receive_stock A W:3
            receive_stock B W:5
            preview O1 channel=web W:4
            preview O1 channel=web W:5
            set_policy channel=web set={"routing":{"split":"fewest"}}
            preview O1 channel=web W:5
            preview O1 channel=web W:5 partial=best_effort
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_received: W 3 supplier > A/sellable
                8 stock_received: W 5 supplier > B/sellable
                split never locations 1 | 1 W 4 of 4 available 4 buffer, B free 5 4 only_one_with_all, A free 3 lacks_a_line
                split never locations 0 | 1 W 0 of 5 available 4 buffer, B free 5 line_short, A free 3 lacks_a_line | rejected insufficient_stock lines=[available=4 index=0 limiting=buffer line=1 location=B requested=5 shortfall=1 sku=W]
                9 policy_set:
                split fewest locations 0 | 1 W 0 of 5 available 4 buffer, A free 3 line_short, B free 5 line_short | rejected insufficient_stock lines=[available=4 index=0 limiting=buffer line=1 requested=5 shortfall=1 sku=W]
                split fewest locations 1 | 1 W 4 of 5 available 4 buffer, B free 5 4 fewest_splits, A free 3 not_needed
            "#]],
        );
    }

    #[test]
    fn more_than_there_is_goes_to_the_first_location_by_rule() {
        check(
            r#"
            set_policy channel=web set={"oversell":{"limit":4},"routing":{"by":"cost"}}
            set_policy location=A set={"cost":9}
            set_policy location=B set={"cost":3}
            receive_stock A W:3
            receive_stock B W:2
            preview O1 channel=web W:7
            set_policy channel=web set={"routing":{"by":"cost","split":"never"}}
            preview O1 channel=web W:3
            preview O1 channel=web W:6
            preview O1 channel=web W:8
            commit_order O1 channel=web W:6
            commit_order O2 channel=web W:4
            "#,
            expect![[r#"
                6 policy_set:
                7 policy_set:
                8 policy_set:
                9 stock_received: W 3 supplier > A/sellable
                10 stock_received: W 2 supplier > B/sellable
                split allowed locations 2 | 1 W 7 of 7 available 9 oversell, B free 2 cost 3 2 cheapest 2 oversold, A free 3 cost 9 3 next_in_order
                11 policy_set:
                split never locations 1 | 1 W 3 of 3 available 7 routing, B free 2 cost 3 lacks_a_line, A free 3 cost 9 3 only_one_with_all
                split never locations 1 | 1 W 6 of 6 available 7 routing, B free 2 cost 3 lacks_a_line, A free 3 cost 9 3 has_most 3 oversold
                split never locations 0 | 1 W 0 of 8 available 7 routing, B free 2 cost 3 lacks_a_line, A free 3 cost 9 lacks_a_line | rejected insufficient_stock lines=[available=7 index=0 limiting=routing line=1 location=A requested=8 shortfall=1 sku=W]
                12 order_committed: W@A committed +6; ! oversold by=3 location=A sku=W
                rejected oversell_limit_reached lines=[available=3 index=0 limiting=oversell line=1 location=B requested=4 shortfall=1 sku=W]
            "#]],
        );
    }

    #[test]
    fn a_line_without_a_location_is_named() {
        check(
            r#"
            register_channel phone locations=
            set_policy channel=web set={"routing":{"by":"highest_stock","split":"never"}}
            set_policy sku=G channel=web set={"locations":[]}
            receive_stock A W:5
            commit_order O1 W:1
            commit_order O1 channel=phone W:1@A W:1
            close_location B
            commit_order O1 channel=web W:1 G:1(ref=g)
            preview O1 W:1
            preview O1 channel=web X:1
            preview_hold H1 channel=web W:2
            "#,
            expect![[r#"
                6 channel_registered:
                7 policy_set:
                8 policy_set:
                9 stock_received: W 5 supplier > A/sellable
                rejected no_location line=1
                rejected no_location line=2
                10 location_closed:
                rejected no_location line=g
                split allowed locations 0 | rejected no_location line=1
                split allowed locations 0 | rejected unknown_sku sku=X
                split never locations 1 | 1 W 2 of 2 available 5 free_stock, A free 5 2 only_one_with_all, B free 0 closed
            "#]],
        );
    }

    #[test]
    fn what_is_sold_ahead_waits_where_it_is_expected() {
        check(
            r#"
            set_policy channel=web set={"sell_ahead_days":7}
            fact {"stock_expected":{"inbound":"P1","location":"B","lines":[{"sku":"W","quantity":5,"expected_at":"2026-01-03T00:00:00Z","confidence":80}]}}
            receive_stock A W:2
            offer W web
            preview O1 channel=web W:4
            commit_order O1 channel=web W:4
            preview O2 channel=web W:2
            preview O2 channel=web W:2@A
            preview O2 channel=web W:2@B
            preview O2 channel=web W:3
            preview O2 channel=web W:3 if_short=accept_oversold
            set_policy channel=web set={"oversell":{"limit":1}}
            commit_order O2 channel=web W:3
            commit_order O3 channel=web W:1
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                8 stock_received: W 2 supplier > A/sellable
                W reservable 6 published 6 | base 6 incoming 4 share 6
                split allowed locations 2 | 1 W 4 of 4 available 6 free_stock, A free 2 2 next_in_order, B free 0 2 expected_supply
                9 order_committed: W@A committed +2; W@B committed +2; ! oversold by=2 location=B sku=W
                split allowed locations 1 | 1 W 2 of 2 available 2 free_stock, A free 0 nothing_free, B free -2 2 expected_supply
                split allowed locations 0 | 1 W 0 of 2 available 0 free_stock, A free 0 nothing_free | rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=2 shortfall=2 sku=W]
                split allowed locations 1 | 1 W 2 of 2 available 2 free_stock, B free -2 2 expected_supply
                split allowed locations 0 | 1 W 0 of 3 available 2 free_stock, A free 0 nothing_free, B free -2 nothing_free | rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 requested=3 shortfall=1 sku=W]
                split allowed locations 2 | 1 W 3 of 3 available 2 free_stock, A free 0 1 oversold, B free -2 2 expected_supply
                10 policy_set:
                11 order_committed: W@B committed +2; W@A committed +1; ! oversold by=4 location=B sku=W; ! oversold by=1 location=A sku=W
                rejected oversell_limit_reached lines=[available=0 index=0 limiting=oversell line=1 requested=1 shortfall=1 sku=W]
            "#]],
        );
    }
}
