//! The rules in force, by scope, with all that were in force before.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{ChannelNo, History, ItemNo, Ledger, LocationNo};
use crate::{Dimension, Label, Rule, SupplierId};

/// The second half of a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Where {
    Anywhere,
    Channel(ChannelNo),
    Location(LocationNo),
    Supplier(SupplierId),
}

/// A scope's rule as it stood from one entry on, and what that entry named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    #[serde(with = "super::stored_rule")]
    pub rule: Rule,
    /// The rule's list of locations, resolved: reads need no names.
    pub serving: Option<Vec<LocationNo>>,
    /// A bit for each dimension that the entry set or cleared, by its place in [`Dimension::ALL`].
    pub named: u32,
}

/// The rules of one item, of one category, or of everything, by where they apply. Few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet(Vec<(Where, History<Standing>)>);

/// All rules but those of single items, which are kept with the item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    pub all: RuleSet,
    /// Ordered when written: see [`super::Frame`].
    pub by_category: FxHashMap<Label, RuleSet>,
}

impl RuleSet {
    pub fn history(&self, at: &Where) -> Option<&History<Standing>> {
        self.0.iter().find(|(known, _)| known == at).map(|(_, history)| history)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn all(&self) -> &[(Where, History<Standing>)] {
        &self.0
    }

    /// `serving`: the locations that `set` names, if it names any.
    pub(super) fn set(
        &mut self,
        at: Where,
        position: u64,
        set: &Rule,
        clear: &[Dimension],
        serving: Option<Vec<LocationNo>>,
    ) {
        let found = self.0.iter().position(|(known, _)| *known == at);
        let index = found.unwrap_or_else(|| {
            self.0.push((at, History::default()));
            self.0.len() - 1
        });
        let history = &mut self.0[index].1;
        let before = history.now();
        let mut rule = before.map(|it| it.rule.clone()).unwrap_or_default();
        let serving = match serving {
            None if clear.contains(&Dimension::Locations) => None,
            None => before.and_then(|it| it.serving.clone()),
            named => named,
        };
        clear.iter().for_each(|dimension| rule.clear(*dimension));
        rule.overlay(set);
        let mut named = 0;
        for (bit, dimension) in Dimension::ALL.iter().enumerate() {
            if set.has(*dimension) || clear.contains(dimension) {
                named |= 1 << bit;
            }
        }
        history.set(position, Standing { rule, serving, named });
    }
}

impl History<Standing> {
    /// Position of the entry that last named a dimension, as of `position`.
    pub fn entry_of(&self, dimension: Dimension, position: u64) -> Option<u64> {
        let named = |(since, standing): &&(u64, Standing)| {
            *since <= position && standing.named & (1 << dimension as u32) != 0
        };
        self.all().iter().rev().find(named).map(|(since, _)| *since)
    }
}

/// Scopes that can rule a sale of one item at one place, the most specific first. A scope without
/// a rule is left out.
pub struct Ruling<'a> {
    /// Item and place, item and supplier, item; category likewise; then everything likewise.
    candidates: [Option<&'a Standing>; 9],
}

impl<'a> Ruling<'a> {
    /// The value that applies: of the most specific scope that says anything.
    pub fn find<T>(&self, get: impl Fn(&'a Rule) -> Option<T>) -> Option<T> {
        self.candidates.iter().flatten().find_map(|it| get(&it.rule))
    }

    /// The locations that serve the channel, if a rule names them.
    pub fn serving(&self) -> Option<&'a [LocationNo]> {
        self.candidates.iter().flatten().find_map(|it| it.serving.as_deref())
    }
}

impl Ledger {
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The rules of an item alone.
    pub fn rules_of_item(&self, item: ItemNo) -> Option<&RuleSet> {
        self.item(item).info.as_ref().map(|it| &it.rules).filter(|it| !it.is_empty())
    }

    /// The rules of an item's category.
    pub fn rules_of_category(&self, item: ItemNo) -> Option<&RuleSet> {
        if self.policies.by_category.is_empty() {
            return None;
        }
        self.policies.by_category.get(self.item(item).info.as_ref()?.category.as_ref()?)
    }

    /// The three sets of rules that can rule an item, the most specific first.
    pub fn rule_sets(&self, item: ItemNo) -> [Option<&RuleSet>; 3] {
        let all = Some(&self.policies.all).filter(|it| !it.is_empty());
        [self.rules_of_item(item), self.rules_of_category(item), all]
    }

    /// What rules a sale of the item on the channel, as of `position`.
    pub fn ruling_on_channel(
        &self,
        item: ItemNo,
        channel: Option<ChannelNo>,
        position: u64,
    ) -> Ruling<'_> {
        let mut candidates = [None; 9];
        for (row, set) in self.rule_sets(item).into_iter().enumerate() {
            let Some(set) = set else { continue };
            let rule = |at: &Where| set.history(at).and_then(|it| it.at(position));
            let here = channel.and_then(|it| rule(&Where::Channel(it)));
            candidates[row * 3] = here.map(|(_, it)| it);
            candidates[row * 3 + 2] = rule(&Where::Anywhere).map(|(_, it)| it);
        }
        Ruling { candidates }
    }

    /// What rules the item's stock at the location, as of `position`.
    pub fn ruling_at_location(
        &self,
        item: ItemNo,
        location: LocationNo,
        position: u64,
    ) -> Ruling<'_> {
        let mut candidates = [None; 9];
        for (row, set) in self.rule_sets(item).into_iter().enumerate() {
            let Some(set) = set else { continue };
            for (column, at) in self.where_at(location).into_iter().enumerate() {
                let standing = at.and_then(|at| set.history(&at)?.at(position));
                candidates[row * 3 + column] = standing.map(|(_, it)| it);
            }
        }
        Ruling { candidates }
    }

    /// Under which heads a location's rules stand, the most specific first.
    pub fn where_at(&self, location: LocationNo) -> [Option<Where>; 3] {
        let supplier = self.location(location).supplier.clone().map(Where::Supplier);
        [Some(Where::Location(location)), supplier, Some(Where::Anywhere)]
    }
}
