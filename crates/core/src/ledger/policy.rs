//! The rules in force, by scope, with all that were in force before.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, Serializer};

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

/// The rules of one item, of one category, or of everything, by where they apply.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Vec<(Where, History<Standing>)>")]
pub struct RuleSet {
    all: Vec<(Where, History<Standing>)>,
    /// Where to find them, if they are more than a few: rules are looked for at every read.
    places: Option<Box<Places>>,
}

/// Sets of up to so many rules are searched through.
const FEW: usize = 4;

/// Places in a set of rules, counted from 1, by the numbers of channels and locations; 0: none.
#[derive(Clone, Debug, Default)]
struct Places {
    anywhere: u32,
    channels: Vec<u32>,
    locations: Vec<u32>,
}

impl Places {
    fn of(all: &[(Where, History<Standing>)]) -> Option<Box<Places>> {
        if all.len() <= FEW {
            return None;
        }
        let mut places = Places::default();
        for (index, (at, _)) in all.iter().enumerate() {
            let place = index as u32 + 1;
            match at {
                Where::Anywhere => places.anywhere = place,
                Where::Channel(it) => put(&mut places.channels, it.0, place),
                Where::Location(it) => put(&mut places.locations, it.0, place),
                // Suppliers have names rather than numbers, and are few.
                Where::Supplier(_) => {}
            }
        }
        Some(Box::new(places))
    }
}

fn put(places: &mut Vec<u32>, number: u32, place: u32) {
    let number = number as usize;
    if places.len() <= number {
        places.resize(number + 1, 0);
    }
    places[number] = place;
}

impl From<Vec<(Where, History<Standing>)>> for RuleSet {
    fn from(all: Vec<(Where, History<Standing>)>) -> RuleSet {
        let places = Places::of(&all);
        RuleSet { all, places }
    }
}

impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(to)
    }
}

impl PartialEq for RuleSet {
    fn eq(&self, other: &RuleSet) -> bool {
        self.all == other.all
    }
}

impl Eq for RuleSet {}

/// All rules but those of single items, which are kept with the item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    pub all: RuleSet,
    /// Ordered when written: see [`super::Frame`].
    pub by_category: FxHashMap<Label, RuleSet>,
}

impl RuleSet {
    pub fn history(&self, at: &Where) -> Option<&History<Standing>> {
        match at {
            Where::Anywhere => self.anywhere(),
            Where::Channel(it) => self.of_channel(*it),
            Where::Location(it) => self.of_location(*it),
            Where::Supplier(it) => self.of_supplier(it),
        }
    }

    fn anywhere(&self) -> Option<&History<Standing>> {
        match &self.places {
            Some(places) => self.at(Some(&places.anywhere)),
            None => self.search(|it| matches!(it, Where::Anywhere)),
        }
    }

    fn of_channel(&self, channel: ChannelNo) -> Option<&History<Standing>> {
        match &self.places {
            Some(places) => self.at(places.channels.get(channel.0 as usize)),
            None => self.search(|it| matches!(it, Where::Channel(it) if *it == channel)),
        }
    }

    fn of_location(&self, location: LocationNo) -> Option<&History<Standing>> {
        match &self.places {
            Some(places) => self.at(places.locations.get(location.0 as usize)),
            None => self.search(|it| matches!(it, Where::Location(it) if *it == location)),
        }
    }

    fn of_supplier(&self, supplier: &SupplierId) -> Option<&History<Standing>> {
        self.search(|it| matches!(it, Where::Supplier(it) if it == supplier))
    }

    fn at(&self, place: Option<&u32>) -> Option<&History<Standing>> {
        let index = (*place? as usize).checked_sub(1)?;
        self.all.get(index).map(|(_, history)| history)
    }

    fn search(&self, matches: impl Fn(&Where) -> bool) -> Option<&History<Standing>> {
        self.all.iter().find(|(at, _)| matches(at)).map(|(_, history)| history)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn all(&self) -> &[(Where, History<Standing>)] {
        &self.all
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
        let found = self.all.iter().position(|(known, _)| *known == at);
        let index = found.unwrap_or_else(|| {
            self.all.push((at, History::default()));
            self.places = Places::of(&self.all);
            self.all.len() - 1
        });
        let history = &mut self.all[index].1;
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

fn standing(history: Option<&History<Standing>>, position: u64) -> Option<&Standing> {
    history?.at(position).map(|(_, standing)| standing)
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
            candidates[row * 3] = standing(channel.and_then(|it| set.of_channel(it)), position);
            candidates[row * 3 + 2] = standing(set.anywhere(), position);
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
        let supplier = self.location(location).supplier.as_ref();
        let mut candidates = [None; 9];
        for (row, set) in self.rule_sets(item).into_iter().enumerate() {
            let Some(set) = set else { continue };
            candidates[row * 3] = standing(set.of_location(location), position);
            candidates[row * 3 + 1] =
                standing(supplier.and_then(|it| set.of_supplier(it)), position);
            candidates[row * 3 + 2] = standing(set.anywhere(), position);
        }
        Ruling { candidates }
    }

    /// Under which heads a location's rules stand, the most specific first.
    pub fn where_at(&self, location: LocationNo) -> [Option<Where>; 3] {
        let supplier = self.location(location).supplier.clone().map(Where::Supplier);
        [Some(Where::Location(location)), supplier, Some(Where::Anywhere)]
    }
}
