//! Which rule won, and which it beat.

use onhand_core::{ChannelNo, Dimension, ItemNo, Ledger, LocationNo, Rule, Scope, Where};
use serde::Serialize;
use serde_json::Value;

use super::behind::{EntryLink, entry_link};

/// What the formula asks of the rules of the channel.
pub const OF_CHANNEL: [Dimension; 8] = [
    Dimension::Locations,
    Dimension::SellAheadDays,
    Dimension::SharePercent,
    Dimension::Exclusive,
    Dimension::Buffer,
    Dimension::Oversell,
    Dimension::EndWhen,
    Dimension::MaxListed,
];
/// What it asks of the rules of a location.
pub const OF_LOCATION: [Dimension; 2] = [Dimension::TrustPercent, Dimension::Safety];

/// A rule that says something about a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    pub scope: Scope,
    pub value: Value,
    /// The entry that said so.
    pub entry: EntryLink,
}

/// The rule that applies to a dimension. Where nothing was ever said there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruled {
    pub dimension: Dimension,
    #[serde(flatten)]
    pub rule: Said,
    /// Less specific rules, the most specific first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beat: Vec<Said>,
}

/// What rules an item at one end of its sale, as of a position.
pub struct Rules<'a> {
    pub ledger: &'a Ledger,
    pub item: ItemNo,
    pub position: u64,
}

impl Rules<'_> {
    pub fn on_channel(&self, channel: ChannelNo) -> Vec<Ruled> {
        self.ruled(&OF_CHANNEL, &[Where::Channel(channel), Where::Anywhere])
    }

    pub fn at_location(&self, location: LocationNo) -> Vec<Ruled> {
        let heads: Vec<Where> = self.ledger.where_at(location).into_iter().flatten().collect();
        self.ruled(&OF_LOCATION, &heads)
    }

    /// `heads`: under which a rule may stand, the most specific first.
    fn ruled(&self, dimensions: &[Dimension], heads: &[Where]) -> Vec<Ruled> {
        let ruled = |dimension: &Dimension| {
            let mut said = self.said(*dimension, heads);
            if said.is_empty() {
                return None;
            }
            Some(Ruled { dimension: *dimension, rule: said.remove(0), beat: said })
        };
        dimensions.iter().filter_map(ruled).collect()
    }

    /// All that is said, in the order in which the formula looks for it.
    fn said(&self, dimension: Dimension, heads: &[Where]) -> Vec<Said> {
        let mut all = Vec::new();
        for (row, set) in self.ledger.rule_sets(self.item).into_iter().enumerate() {
            let Some(set) = set else { continue };
            for head in heads {
                let Some(history) = set.history(head) else { continue };
                let Some((_, standing)) = history.at(self.position) else { continue };
                if !standing.rule.has(dimension) {
                    continue;
                }
                let Some(entry) = history.entry_of(dimension, self.position) else { continue };
                all.push(Said {
                    scope: self.scope(row, head),
                    value: value_of(&standing.rule, dimension),
                    entry: entry_link(self.ledger.id(), entry),
                });
            }
        }
        all
    }

    fn scope(&self, row: usize, head: &Where) -> Scope {
        let item = self.ledger.item(self.item);
        let mut scope = scope_of(self.ledger, head);
        match row {
            0 => scope.sku = Some(item.sku.clone()),
            1 => scope.category = item.info.as_ref().and_then(|it| it.category.clone()),
            _ => {}
        }
        scope
    }
}

/// The second half of a scope as callers write it.
pub fn scope_of(ledger: &Ledger, head: &Where) -> Scope {
    let mut scope = Scope::default();
    match head {
        Where::Anywhere => {}
        Where::Channel(it) => scope.channel = Some(ledger.channel(*it).id.clone()),
        Where::Location(it) => scope.location = Some(ledger.location(*it).id.clone()),
        Where::Supplier(it) => scope.supplier = Some(it.clone()),
    }
    scope
}

/// What a rule says about a dimension, as it is written.
fn value_of(rule: &Rule, dimension: Dimension) -> Value {
    let written = serde_json::to_value(rule).unwrap_or_default();
    written.get(dimension.as_str()).cloned().unwrap_or_default()
}
