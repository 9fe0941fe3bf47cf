//! Which locations serve a whole order: their order by rule, the one that has all, or a few that do.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::claim::Need;
use super::lines::contradiction;
use super::prelude::*;
use super::route::{Route, Spread};

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

    /// The strictest rule of the lines; of equals the first.
    ///
    /// # Errors
    /// `contradiction` naming `ship_to` where nearness decides and nobody says near to what.
    pub fn rule_of_order(&self, needs: &[Need]) -> Result<Routing, Rejection> {
        let mut strictest = Routing::default();
        let mut is_first = true;
        for need in needs.iter().filter(|it| it.location.is_none()) {
            let rule = self.rule_of(need);
            if rule.by == RouteBy::Nearest && self.who.region.is_none() {
                let message = "is needed: the channel's locations are chosen by how near they are";
                return Err(contradiction("ship_to", message));
            }
            if is_first || strictness(rule.split) > strictness(strictest.split) {
                strictest = rule;
            }
            is_first = false;
        }
        Ok(strictest)
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

    /// No location has all lines: the one that lacks the least, if there is one, of those that may
    /// promise the rest beyond their stock.
    fn most_of_it(&self, needs: &[Need], units: &[u64], lacks: &[(usize, u64)]) -> Option<usize> {
        let beyond = Table::of(self, needs, units, true);
        let may = (0..lacks.len()).filter(|it| beyond.lack(*it) == (0, 0));
        let least = |it: &usize| lacks[*it];
        may.min_by_key(least).or_else(|| (0..lacks.len()).min_by_key(least))
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

/// What each location could give to the lines that name none.
struct Table {
    /// By rule, the first first.
    locations: Vec<LocationNo>,
    /// Of each item what each location could give; nothing where it does not serve the item.
    there: Vec<Vec<u64>>,
    /// The row of each line's item, and the units that the line is to have.
    lines: Vec<(usize, u64)>,
}

impl Table {
    /// `beyond`: with what may be promised beyond the stock.
    fn of(route: &Route<'_>, needs: &[Need], units: &[u64], beyond: bool) -> Table {
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
    fn lack(&self, column: usize) -> (usize, u64) {
        let open = self.wanted();
        let given = self.given(column, &open);
        let missing = || open.iter().zip(&given).map(|(open, given)| open - given);
        (missing().filter(|it| *it > 0).count(), missing().sum())
    }

    /// Columns of few locations that have all lines together, or as much of them as there is.
    fn few(&self) -> Vec<usize> {
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
