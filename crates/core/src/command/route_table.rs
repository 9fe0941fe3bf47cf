//! What each location could give to an order: which one has all of it, and which few do together.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::claim::Need;
use super::prelude::*;
use super::route::Route;

/// What each location could give to the lines that name none.
pub(super) struct Table {
    /// By rule, the first first.
    pub locations: Vec<LocationNo>,
    /// Of each item what each location could give; nothing where it does not serve the item.
    there: Vec<Vec<u64>>,
    /// The row of each line's item, and the units that the line is to have.
    lines: Vec<(usize, u64)>,
}

impl Table {
    /// `beyond`: with what may be promised beyond the stock.
    pub fn of(route: &Route<'_>, needs: &[Need], units: &[u64], beyond: bool) -> Table {
        let mut rows: FxHashMap<ItemNo, usize> = FxHashMap::default();
        let mut wanted: Vec<(ItemNo, u64)> = Vec::new();
        let mut asking: Vec<&Need> = Vec::new();
        let mut lines = Vec::with_capacity(needs.len());
        for (need, units) in needs.iter().zip(units).filter(|(it, _)| it.location.is_none()) {
            let row = *rows.entry(need.item).or_insert_with(|| {
                wanted.push((need.item, 0));
                asking.push(need);
                wanted.len() - 1
            });
            wanted[row].1 += units;
            lines.push((row, *units));
        }
        let mut all: Vec<LocationNo> = Vec::new();
        for (item, _) in &wanted {
            let more: Vec<_> =
                route.served(*item).iter().copied().filter(|it| !all.contains(it)).collect();
            all.extend(more);
        }
        let locations = route.rank(&wanted, route.rule.by, &all);
        let row = |need: &&Need| row_of(route, need, &locations, beyond);
        let mut there: Vec<Vec<u64>> = asking.iter().map(row).collect();
        // Lines that name a location come first there.
        for (need, units) in needs.iter().zip(units) {
            let column = need.location.and_then(|at| locations.iter().position(|it| *it == at));
            if let (Some(row), Some(column)) = (rows.get(&need.item), column) {
                there[*row][column] = there[*row][column].saturating_sub(*units);
            }
        }
        Table { locations, there, lines }
    }

    /// What a location gives of what is still open of each line: first to lines that it has whole.
    fn given(&self, column: usize, open: &[u64]) -> Vec<u64> {
        let mut rest: Vec<u64> = self.there.iter().map(|row| row[column]).collect();
        let mut given = vec![0; open.len()];
        for whole in [true, false] {
            for (place, (row, _)) in self.lines.iter().enumerate() {
                let missing = open[place] - given[place];
                let units = missing.min(rest[*row]);
                if !whole || units == missing {
                    given[place] += units;
                    rest[*row] -= units;
                }
            }
        }
        given
    }

    fn wanted(&self) -> Vec<u64> {
        self.lines.iter().map(|(_, units)| *units).collect()
    }

    /// Lines that a location has not whole, and the units that it lacks of them.
    pub fn lack(&self, column: usize) -> (usize, u64) {
        let open = self.wanted();
        let given = self.given(column, &open);
        let missing = || open.iter().zip(&given).map(|(open, given)| open - given);
        (missing().filter(|it| *it > 0).count(), missing().sum())
    }

    /// Columns of few locations that have all lines together, or as much of them as there is.
    pub fn few(&self) -> Vec<usize> {
        let all = 0..self.locations.len();
        if let Some(one) = all.clone().find(|it| self.lack(*it) == (0, 0)) {
            return vec![one];
        }
        let mut open = self.wanted();
        let mut chosen: Vec<usize> = Vec::new();
        loop {
            let gives = |column: usize| {
                let given = self.given(column, &open);
                let whole = open.iter().zip(&given).filter(|(open, it)| **open > 0 && open == it);
                let (whole, units) = (whole.count(), given.iter().sum::<u64>());
                (units > 0).then_some((Reverse(whole), Reverse(units), column, given))
            };
            let left = all.clone().filter(|it| !chosen.contains(it));
            let Some((.., column, given)) = left.filter_map(gives).min() else { break };
            chosen.push(column);
            open.iter_mut().zip(given).for_each(|(open, given)| *open -= given);
        }
        self.spare(&mut chosen);
        chosen
    }

    /// Drops locations that the later ones have made needless.
    fn spare(&self, chosen: &mut Vec<usize>) {
        let enough = self.covered(chosen);
        for column in chosen.clone() {
            let others: Vec<usize> = chosen.iter().copied().filter(|it| *it != column).collect();
            if self.covered(&others) == enough {
                *chosen = others;
            }
        }
    }

    /// Units of all lines that these locations could give together.
    fn covered(&self, columns: &[usize]) -> u64 {
        let mut wanted = vec![0; self.there.len()];
        self.lines.iter().for_each(|(row, units)| wanted[*row] += units);
        let there =
            |row: &Vec<u64>| columns.iter().fold(0u64, |sum, it| sum.saturating_add(row[*it]));
        self.there.iter().zip(wanted).map(|(row, wanted)| there(row).min(wanted)).sum()
    }
}

fn row_of(route: &Route<'_>, need: &Need, locations: &[LocationNo], beyond: bool) -> Vec<u64> {
    let served = route.served(need.item);
    let finite = route.ledger.item(need.item).mode().is_finite().then(|| route.terms(need));
    let cell = |location: &LocationNo| match &finite {
        _ if !served.contains(location) => 0,
        None => u64::MAX,
        Some(terms) => {
            u64::try_from(route.at_location(need, terms, *location, beyond)).unwrap_or(0)
        }
    };
    locations.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn fewest_takes_one_location_for_all_lines_if_there_is_one() {
        check(
            r#"
            register_item X
            register_location C
            register_channel shop locations=A,B,C
            set_policy channel=shop set={"routing":{"split":"fewest"}}
            receive_stock A W:5 G:1
            receive_stock B W:5 G:5
            receive_stock C W:5 G:5 X:5
            preview O1 channel=shop W:2 G:2
            preview O1 channel=shop W:2 G:1 X:1
            preview O1 channel=shop W:5 W:1
            preview O1 channel=shop W:2
            commit_order O1 channel=shop W:2 G:2
            "#,
            expect![[r#"
                6 item_registered:
                7 location_registered:
                8 channel_registered:
                9 policy_set:
                10 stock_received: W 5 supplier > A/sellable; G 1 supplier > A/sellable
                11 stock_received: W 5 supplier > B/sellable; G 5 supplier > B/sellable
                12 stock_received: W 5 supplier > C/sellable; G 5 supplier > C/sellable; X 5 supplier > C/sellable
                split fewest locations 1 | 1 W 2 of 2 available 15 free_stock, B free 5 2 fewest_splits, A free 5 not_needed, C free 5 not_needed | 2 G 2 of 2 available 11 free_stock, B free 5 2 fewest_splits, A free 1 not_needed, C free 5 not_needed
                split fewest locations 1 | 1 W 2 of 2 available 15 free_stock, C free 5 2 fewest_splits, A free 5 not_needed, B free 5 not_needed | 2 G 1 of 1 available 11 free_stock, C free 5 1 fewest_splits, A free 1 not_needed, B free 5 not_needed | 3 X 1 of 1 available 5 free_stock, C free 5 1 fewest_splits, A free 0 nothing_free, B free 0 nothing_free
                split fewest locations 2 | 1 W 5 of 5 available 15 free_stock, A free 5 5 fewest_splits, B free 5 not_needed, C free 5 not_needed | 2 W 1 of 1 available 10 free_stock, A free 0 nothing_free, B free 5 1 fewest_splits, C free 5 not_needed
                split fewest locations 1 | 1 W 2 of 2 available 15 free_stock, A free 5 2 fewest_splits, B free 5 not_needed, C free 5 not_needed
                13 order_committed: W@B committed +2; G@B committed +2
            "#]],
        );
    }

    #[test]
    fn fewest_takes_the_location_that_completes_most_lines_then_most_units() {
        check(
            r#"
            register_item X
            register_location C
            register_location D
            register_channel shop locations=A,B,C,D
            set_policy channel=shop set={"routing":{"split":"fewest"}}
            receive_stock A W:9
            receive_stock B W:2 G:2
            receive_stock C X:2 G:1
            receive_stock D X:2
            preview O1 channel=shop W:2 G:2 X:2
            preview O1 channel=shop W:11 G:1
            preview O1 channel=shop W:12 partial=best_effort
            preview O1 channel=shop W:12 X:1 partial=per_line
            preview O1 channel=shop W:12 X:1
            commit_order O1 channel=shop W:2 G:2 X:2
            "#,
            expect![[r#"
                6 item_registered:
                7 location_registered:
                8 location_registered:
                9 channel_registered:
                10 policy_set:
                11 stock_received: W 9 supplier > A/sellable
                12 stock_received: W 2 supplier > B/sellable; G 2 supplier > B/sellable
                13 stock_received: X 2 supplier > C/sellable; G 1 supplier > C/sellable
                14 stock_received: X 2 supplier > D/sellable
                split fewest locations 2 | 1 W 2 of 2 available 11 free_stock, B free 2 2 fewest_splits, C free 0 nothing_free, A free 9 not_needed, D free 0 nothing_free | 2 G 2 of 2 available 3 free_stock, B free 2 2 fewest_splits, C free 1 not_needed, A free 0 nothing_free, D free 0 nothing_free | 3 X 2 of 2 available 4 free_stock, B free 0 nothing_free, C free 2 2 fewest_splits, A free 0 nothing_free, D free 2 not_needed
                split fewest locations 2 | 1 W 11 of 11 available 11 free_stock, A free 9 9 fewest_splits, B free 2 2 fewest_splits, C free 0 nothing_free, D free 0 nothing_free | 2 G 1 of 1 available 3 free_stock, A free 0 nothing_free, B free 2 1 fewest_splits, C free 1 not_needed, D free 0 nothing_free
                split fewest locations 2 | 1 W 11 of 12 available 11 free_stock, A free 9 9 fewest_splits, B free 2 2 fewest_splits, C free 0 nothing_free, D free 0 nothing_free
                split fewest locations 1 | 1 W 0 of 12 available 11 free_stock, C free 0 nothing_free, A free 9 line_short, B free 2 line_short, D free 0 nothing_free | 2 X 1 of 1 available 4 free_stock, C free 2 1 fewest_splits, A free 0 nothing_free, B free 0 nothing_free, D free 2 not_needed
                split fewest locations 1 | 1 W 0 of 12 available 11 free_stock, C free 0 nothing_free, A free 9 line_short, B free 2 line_short, D free 0 nothing_free | 2 X 1 of 1 available 4 free_stock, C free 2 1 fewest_splits, A free 0 nothing_free, B free 0 nothing_free, D free 2 not_needed | rejected insufficient_stock lines=[available=11 index=0 limiting=free_stock line=1 requested=12 shortfall=1 sku=W]
                15 order_committed: W@B committed +2; G@B committed +2; X@C committed +2
            "#]],
        );
    }

    #[test]
    fn fewest_drops_a_location_that_later_ones_make_needless() {
        check(
            r#"
            register_item X
            register_item Y
            register_location C
            register_channel shop locations=A,B,C
            set_policy channel=shop set={"routing":{"split":"fewest"}}
            receive_stock A G:5 X:5
            receive_stock B W:1 G:5
            receive_stock C X:5 Y:1
            preview O1 channel=shop W:1 G:5 X:5 Y:1
            commit_order O1 channel=shop W:1 G:5 X:5 Y:1
            "#,
            expect![[r#"
                6 item_registered:
                7 item_registered:
                8 location_registered:
                9 channel_registered:
                10 policy_set:
                11 stock_received: G 5 supplier > A/sellable; X 5 supplier > A/sellable
                12 stock_received: W 1 supplier > B/sellable; G 5 supplier > B/sellable
                13 stock_received: X 5 supplier > C/sellable; Y 1 supplier > C/sellable
                split fewest locations 2 | 1 W 1 of 1 available 1 free_stock, B free 1 1 fewest_splits, C free 0 nothing_free, A free 0 nothing_free | 2 G 5 of 5 available 10 free_stock, B free 5 5 fewest_splits, C free 0 nothing_free, A free 5 not_needed | 3 X 5 of 5 available 10 free_stock, B free 0 nothing_free, C free 5 5 fewest_splits, A free 5 not_needed | 4 Y 1 of 1 available 1 free_stock, B free 0 nothing_free, C free 1 1 fewest_splits, A free 0 nothing_free
                14 order_committed: W@B committed +1; G@B committed +5; X@C committed +5; Y@C committed +1
            "#]],
        );
    }

    #[test]
    fn fewest_leaves_lines_that_name_a_location_where_they_are() {
        check(
            r#"
            set_policy channel=web set={"routing":{"split":"fewest","by":"highest_stock"}}
            receive_stock A W:5 G:2
            receive_stock B W:6
            preview O1 channel=web W:5 W:5@A G:1
            commit_order O1 channel=web W:5 W:5@A G:1
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_received: W 5 supplier > A/sellable; G 2 supplier > A/sellable
                8 stock_received: W 6 supplier > B/sellable
                split fewest locations 2 | 1 W 5 of 5 available 11 free_stock, A free 0 nothing_free, B free 6 5 fewest_splits | 2 W 5 of 5 available 5 free_stock, A free 5 5 named | 3 G 1 of 1 available 2 free_stock, A free 2 1 fewest_splits, B free 0 nothing_free
                9 order_committed: W@B committed +5; W@A committed +5; G@A committed +1
            "#]],
        );
    }

    #[test]
    fn never_takes_the_first_location_that_has_every_line() {
        check(
            r#"
            register_location C
            register_channel shop locations=A,B,C
            set_policy channel=shop set={"routing":{"split":"never"}}
            set_policy location=B set={"cost":2}
            set_policy location=C set={"cost":1}
            receive_stock A W:5
            receive_stock B W:5 G:5
            receive_stock C W:4 G:5
            preview O1 channel=shop W:5 G:1
            preview O1 channel=shop W:4 G:1
            set_policy channel=shop set={"routing":{"split":"never","by":"cost"}}
            preview O1 channel=shop W:4 G:1
            preview O1 channel=shop W:5 G:5
            preview O1 channel=shop W:5 G:6@B
            commit_order O1 channel=shop W:2 W:2 W:1 G:5
            commit_order O2 channel=shop W:1 G:1
            commit_order O3 channel=shop W:5 G:5@C
            "#,
            expect![[r#"
                6 location_registered:
                7 channel_registered:
                8 policy_set:
                9 policy_set:
                10 policy_set:
                11 stock_received: W 5 supplier > A/sellable
                12 stock_received: W 5 supplier > B/sellable; G 5 supplier > B/sellable
                13 stock_received: W 4 supplier > C/sellable; G 5 supplier > C/sellable
                split never locations 1 | 1 W 5 of 5 available 5 routing, A free 5 lacks_a_line, B free 5 cost 2 5 only_one_with_all, C free 4 cost 1 lacks_a_line | 2 G 1 of 1 available 5 routing, A free 0 nothing_free, B free 5 cost 2 1 only_one_with_all, C free 5 cost 1 lacks_a_line
                split never locations 1 | 1 W 4 of 4 available 5 routing, A free 5 lacks_a_line, B free 5 cost 2 4 first_with_all, C free 4 cost 1 not_needed | 2 G 1 of 1 available 5 routing, A free 0 nothing_free, B free 5 cost 2 1 first_with_all, C free 5 cost 1 not_needed
                14 policy_set:
                split never locations 1 | 1 W 4 of 4 available 4 routing, C free 4 cost 1 4 cheapest, B free 5 cost 2 not_needed, A free 5 lacks_a_line | 2 G 1 of 1 available 5 routing, C free 5 cost 1 1 cheapest, B free 5 cost 2 not_needed, A free 0 nothing_free
                split never locations 1 | 1 W 5 of 5 available 5 routing, C free 4 cost 1 lacks_a_line, B free 5 cost 2 5 only_one_with_all, A free 5 lacks_a_line | 2 G 5 of 5 available 5 routing, C free 5 cost 1 lacks_a_line, B free 5 cost 2 5 only_one_with_all, A free 0 nothing_free
                split never locations 1 | 1 W 5 of 5 available 5 routing, C free 4 cost 1 lacks_a_line, B free 5 cost 2 5 first_with_all, A free 5 not_needed | 2 G 0 of 6 available 5 free_stock, B free 5 cost 2 line_short | rejected insufficient_stock lines=[available=5 index=1 limiting=free_stock line=2 location=B requested=6 shortfall=1 sku=G]
                15 order_committed: W@B committed +2; W@B committed +2; W@B committed +1; G@B committed +5
                16 order_committed: W@C committed +1; G@C committed +1
                rejected insufficient_stock lines=[available=4 index=1 limiting=free_stock line=2 location=C requested=5 shortfall=1 sku=G]
            "#]],
        );
    }

    #[test]
    fn never_refuses_what_no_location_has_whole_and_names_what_the_best_one_lacks() {
        check(
            r#"
            set_policy channel=web set={"routing":{"split":"never"}}
            receive_stock A W:5 G:1
            receive_stock B W:3 G:3
            preview O1 channel=web W:4 G:3
            commit_order O1 channel=web W:4 G:2
            commit_order O1 channel=web W:6 G:5
            commit_order O1 channel=web W:9
            commit_order O1 channel=web W:4 G:2 partial=per_line
            commit_order O2 channel=web W:4 G:2 partial=best_effort
            commit_order O3 channel=web W:4 G:3 if_short=accept_oversold
            preview O4 channel=web W:9 if_short=accept_oversold
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_received: W 5 supplier > A/sellable; G 1 supplier > A/sellable
                8 stock_received: W 3 supplier > B/sellable; G 3 supplier > B/sellable
                split never locations 1 | 1 W 0 of 4 available 3 routing, A free 5 lacks_a_line, B free 3 lacks_a_line | 2 G 3 of 3 available 3 routing, A free 1 lacks_a_line, B free 3 3 has_most | rejected insufficient_stock lines=[available=3 index=0 limiting=routing line=1 location=B requested=4 shortfall=1 sku=W]
                rejected insufficient_stock lines=[available=1 index=1 limiting=routing line=2 location=A requested=2 shortfall=1 sku=G]
                rejected insufficient_stock lines=[available=5 index=0 limiting=routing line=1 location=A requested=6 shortfall=1 sku=W][available=1 index=1 limiting=routing line=2 location=A requested=5 shortfall=4 sku=G]
                rejected insufficient_stock lines=[available=5 index=0 limiting=routing line=1 location=A requested=9 shortfall=4 sku=W]
                9 order_committed: W@A committed +4; 2 short 2
                10 order_committed: W@B committed +3; G@B committed +2; 1 short 1
                11 order_committed: W@A committed +4; G@A committed +3; ! oversold by=3 location=A sku=W; ! oversold by=2 location=A sku=G
                split never locations 1 | 1 W 9 of 9 available 0 free_stock, A free -3 9 oversold, B free 0 nothing_free
            "#]],
        );
    }

    #[test]
    fn the_strictest_rule_of_the_lines_rules_the_order() {
        check(
            r#"
            set_policy sku=G channel=web set={"routing":{"split":"never"}}
            set_policy sku=W channel=web set={"routing":{"split":"fewest"}}
            receive_stock A W:5
            receive_stock B W:5 G:5
            preview O1 channel=web W:1 G:1
            preview O1 channel=web W:6
            preview O1 channel=web W:6 G:1
            preview O1 channel=web W:6 G:1@B
            "#,
            expect![[r#"
                6 policy_set:
                7 policy_set:
                8 stock_received: W 5 supplier > A/sellable
                9 stock_received: W 5 supplier > B/sellable; G 5 supplier > B/sellable
                split never locations 1 | 1 W 1 of 1 available 5 routing, A free 5 lacks_a_line, B free 5 1 only_one_with_all | 2 G 1 of 1 available 5 free_stock, A free 0 nothing_free, B free 5 1 only_one_with_all
                split fewest locations 2 | 1 W 6 of 6 available 10 free_stock, A free 5 5 fewest_splits, B free 5 1 fewest_splits
                split never locations 1 | 1 W 0 of 6 available 5 routing, A free 5 lacks_a_line, B free 5 lacks_a_line | 2 G 1 of 1 available 5 free_stock, A free 0 nothing_free, B free 5 1 has_most | rejected insufficient_stock lines=[available=5 index=0 limiting=routing line=1 location=B requested=6 shortfall=1 sku=W]
                split fewest locations 2 | 1 W 6 of 6 available 10 free_stock, A free 5 5 fewest_splits, B free 5 1 fewest_splits | 2 G 1 of 1 available 5 free_stock, B free 5 1 named
            "#]],
        );
    }

    #[test]
    fn an_item_that_a_location_does_not_serve_is_not_taken_there() {
        check(
            r#"
            set_policy channel=web set={"routing":{"split":"never"}}
            set_policy sku=G channel=web set={"locations":["B"]}
            receive_stock A W:5 G:5
            receive_stock B W:2 G:5
            preview O1 channel=web W:2 G:1
            preview O1 channel=web W:3 G:1
            preview O1 channel=web W:3 G:1 if_short=accept_oversold
            "#,
            expect![[r#"
                6 policy_set:
                7 policy_set:
                8 stock_received: W 5 supplier > A/sellable; G 5 supplier > A/sellable
                9 stock_received: W 2 supplier > B/sellable; G 5 supplier > B/sellable
                split never locations 1 | 1 W 2 of 2 available 2 routing, A free 5 lacks_a_line, B free 2 2 only_one_with_all | 2 G 1 of 1 available 5 free_stock, B free 5 1 only_one_with_all
                split never locations 1 | 1 W 3 of 3 available 5 routing, A free 5 3 has_most, B free 2 lacks_a_line | 2 G 0 of 1 available 0 routing, B free 5 lacks_a_line | rejected insufficient_stock lines=[available=0 index=1 limiting=routing line=2 location=A requested=1 shortfall=1 sku=G]
                split never locations 2 | 1 W 3 of 3 available 5 routing, A free 5 3 has_most, B free 2 lacks_a_line | 2 G 1 of 1 available 0 routing, B free 5 1 first_with_all
            "#]],
        );
    }

    #[test]
    fn an_order_that_is_not_split_may_wait_for_expected_supply() {
        check(
            r#"
            set_policy channel=web set={"sell_ahead_days":7,"routing":{"split":"never"}}
            fact {"stock_expected":{"inbound":"P1","location":"B","lines":[{"sku":"W","quantity":5,"expected_at":"2026-01-03T00:00:00Z","confidence":100}]}}
            receive_stock A W:2
            preview O1 channel=web W:2
            preview O1 channel=web W:4
            preview O1 channel=web W:6
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_expected:
                8 stock_received: W 2 supplier > A/sellable
                split never locations 1 | 1 W 2 of 2 available 2 routing, A free 2 2 only_one_with_all, B free 0 nothing_free
                split never locations 1 | 1 W 4 of 4 available 5 routing, A free 2 lacks_a_line, B free 0 4 expected_supply
                split never locations 0 | 1 W 0 of 6 available 5 routing, A free 2 lacks_a_line, B free 0 nothing_free | rejected insufficient_stock lines=[available=5 index=0 limiting=routing line=1 location=B requested=6 shortfall=1 sku=W]
            "#]],
        );
    }

    #[test]
    fn a_claimants_pools_count_where_they_lie() {
        check(
            r#"
            receive_stock A W:3
            receive_stock B W:6 G:1
            fact {"pool_opened":{"pool":"P1","channel":"web","draw":"first","lines":[{"sku":"W","at":[{"location":"A","quantity":2},{"location":"B","quantity":4}]}]}}
            preview O1 channel=web W:4
            preview O1 channel=web W:9
            set_policy channel=web set={"routing":{"by":"cost"}}
            set_policy location=B set={"cost":1}
            preview O1 channel=web W:3
            set_policy channel=web set={"routing":{"split":"never"}}
            preview O1 channel=web W:3
            preview O1 channel=web W:4
            preview O1 channel=web W:6 G:1
            preview O1 channel=web W:7
            set_policy channel=web set={"routing":{"split":"fewest"}}
            preview O1 channel=web W:3
            preview O1 channel=web W:8
            set_policy channel=web set={"routing":{"split":"never"},"exclusive":true}
            preview O1 channel=web W:3
            preview O1 channel=web W:5
            commit_order O1 channel=web W:3
            pool P1
            "#,
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 6 supplier > B/sellable; G 1 supplier > B/sellable
                8 pool_opened: W@A pooled +2 in P1; W@B pooled +4 in P1
                split allowed locations 2 | 1 W 4 of 4 available 9 free_stock, A free 1 2 pool in P1, B free 2 2 pool in P1
                split allowed locations 2 | 1 W 9 of 9 available 9 free_stock, A free 1 2 pool in P1 1 next_in_order, B free 2 4 pool in P1 2 next_in_order
                9 policy_set:
                10 policy_set:
                split allowed locations 1 | 1 W 3 of 3 available 9 free_stock, B free 2 cost 1 3 pool in P1, A free 1 not_needed
                11 policy_set:
                split never locations 1 | 1 W 3 of 3 available 3 routing, A free 1 2 pool in P1 1 first_with_all, B free 2 cost 1 not_needed
                split never locations 1 | 1 W 4 of 4 available 6 routing, A free 1 lacks_a_line, B free 2 cost 1 4 pool in P1
                split never locations 1 | 1 W 6 of 6 available 6 routing, A free 1 lacks_a_line, B free 2 cost 1 4 pool in P1 2 only_one_with_all | 2 G 1 of 1 available 1 free_stock, A free 0 nothing_free, B free 1 cost 1 1 only_one_with_all
                split never locations 0 | 1 W 0 of 7 available 6 routing, A free 1 lacks_a_line, B free 2 cost 1 lacks_a_line | rejected insufficient_stock lines=[available=6 index=0 limiting=routing line=1 location=B requested=7 shortfall=1 sku=W]
                12 policy_set:
                split fewest locations 1 | 1 W 3 of 3 available 9 free_stock, A free 1 2 pool in P1 1 fewest_splits, B free 2 cost 1 not_needed
                split fewest locations 2 | 1 W 8 of 8 available 9 free_stock, A free 1 2 pool in P1, B free 2 cost 1 4 pool in P1 2 fewest_splits
                13 policy_set:
                split never locations 1 | 1 W 3 of 3 available 4 routing, A free 1 lacks_a_line, B free 2 cost 1 3 pool in P1
                split never locations 0 | 1 W 0 of 5 available 4 routing, A free 1 lacks_a_line, B free 2 cost 1 lacks_a_line | rejected insufficient_stock lines=[available=4 index=0 limiting=routing line=1 location=B requested=5 shortfall=1 sku=W]
                14 order_committed: W@B committed +3 in P1; W@B pooled -3 in P1
                P1 open | W left 2@A 1@B drawn 3 own 3
            "#]],
        );
    }

    #[test]
    fn parts_of_a_kit_are_routed_like_lines() {
        check(
            r#"
            register_item K
            fact {"kit_defined":{"sku":"K","version":1,"parts":[{"sku":"W","quantity":2},{"sku":"G","quantity":1}]}}
            receive_stock A W:5
            receive_stock B W:4 G:4
            preview O1 channel=web K:2
            set_policy channel=web set={"routing":{"split":"fewest"}}
            preview O1 channel=web K:2
            set_policy channel=web set={"routing":{"split":"never"}}
            preview O1 channel=web K:2
            commit_order O1 channel=web K:2 W:1
            commit_order O1 channel=web K:3
            commit_order O1 channel=web K:2
            order O1
            "#,
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 5 supplier > A/sellable
                9 stock_received: W 4 supplier > B/sellable; G 4 supplier > B/sellable
                split allowed locations 2 | 1.1 W 4 of 4 available 9 free_stock, A free 5 4 first_with_all, B free 4 not_needed | 1.2 G 2 of 2 available 4 free_stock, A free 0 nothing_free, B free 4 2 first_with_all
                10 policy_set:
                split fewest locations 1 | 1.1 W 4 of 4 available 9 free_stock, B free 4 4 fewest_splits, A free 5 not_needed | 1.2 G 2 of 2 available 4 free_stock, B free 4 2 fewest_splits, A free 0 nothing_free
                11 policy_set:
                split never locations 1 | 1.1 W 4 of 4 available 4 routing, A free 5 lacks_a_line, B free 4 4 only_one_with_all | 1.2 G 2 of 2 available 4 free_stock, A free 0 nothing_free, B free 4 2 only_one_with_all
                rejected insufficient_stock lines=[available=0 index=1 limiting=routing line=2 location=B requested=1 shortfall=1 sku=W]
                rejected insufficient_stock lines=[available=2 index=0 limiting=routing line=1 location=B part=W requested=3 shortfall=1 sku=K]
                12 order_committed: W@B committed +4; G@B committed +2
                O1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2
            "#]],
        );
    }

    #[test]
    fn what_is_not_counted_goes_with_the_rest_of_the_order() {
        check(
            r#"
            fact {"mode_set":{"sku":"G","mode":"unlimited"}}
            register_item X
            fact {"mode_set":{"sku":"X","mode":{"capacity":{"limit":2,"window":"1d","zone":"UTC"}}}}
            set_policy channel=web set={"routing":{"split":"never","by":"highest_stock"}}
            receive_stock A W:1
            receive_stock B W:4
            preview O1 channel=web G:9 W:2 X:2
            preview O1 channel=web G:9 X:3
            set_policy channel=web set={"routing":{"split":"fewest","by":"highest_stock"}}
            preview O1 channel=web G:9 W:5 X:2
            "#,
            expect![[r#"
                6 mode_set:
                7 item_registered:
                8 mode_set:
                9 policy_set:
                10 stock_received: W 1 supplier > A/sellable
                11 stock_received: W 4 supplier > B/sellable
                split never locations 1 | 1 G 9 of 9, B free 0 9 unlimited, A free 0 lacks_a_line | 2 W 2 of 2 available 4 routing, B free 4 2 only_one_with_all, A free 1 lacks_a_line | 3 X 2 of 2 available 2 capacity, B free 0 2 capacity, A free 0 lacks_a_line
                split never locations 1 | 1 G 9 of 9, A free 0 9 unlimited, B free 0 not_needed | 2 X 0 of 3 available 2 capacity, A free 0 line_short, B free 0 line_short | rejected insufficient_stock lines=[available=2 index=1 limiting=capacity line=2 location=A requested=3 shortfall=1 sku=X]
                12 policy_set:
                split fewest locations 2 | 1 G 9 of 9, B free 0 9 unlimited, A free 0 not_needed | 2 W 5 of 5 available 5 free_stock, B free 4 4 fewest_splits, A free 1 1 fewest_splits | 3 X 2 of 2 available 2 capacity, B free 0 2 capacity, A free 0 not_needed
            "#]],
        );
    }
}
