//! The rules in force, and those that were.

use onhand_core::{
    Dimension, History, ItemNo, Ledger, LedgerId, Rule, RuleSet, Scope, Standing, Where,
};
use serde::Serialize;

use super::explain::scope_of;
use super::{Missing, Page, bounded};
use crate::projector::Projector;

/// Which rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyQuery {
    /// Only of scopes that name what this one names.
    pub scope: Scope,
    /// With what each scope said before.
    pub history: bool,
    /// Behind so many rows: the `next` of the page before.
    pub after: Option<u64>,
    pub limit: usize,
}

/// What one scope says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    pub scope: Scope,
    pub set: Rule,
    /// The entry that last changed it.
    pub position: u64,
    /// All that it ever said, oldest first, the last being what it says now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastRule>,
}

/// What a scope said from one entry on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastRule {
    pub position: u64,
    pub set: Rule,
    /// What the entry set or cleared.
    pub named: Vec<Dimension>,
}

impl Projector {
    /// Rules by scope: those of everything first, then of categories by name, then of items.
    ///
    /// # Errors
    /// Unknown ledger, or something that the scope names is not known.
    pub fn policies(
        &self,
        ledger: &LedgerId,
        query: &PolicyQuery,
    ) -> Result<Page<PolicyRow, u64>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let wanted = Wanted::new(known, &query.scope)?;
        let skipped = usize::try_from(query.after.unwrap_or(0)).unwrap_or(usize::MAX);
        let heads = heads(known).filter(|it| wanted.has(it)).skip(skipped);
        let limit = bounded(query.limit);
        let mut rows: Vec<PolicyRow> =
            heads.take(limit + 1).filter_map(|it| row(&it, query.history)).collect();
        let next = (rows.len() > limit).then_some((skipped + limit) as u64);
        rows.truncate(limit);
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

/// A scope of a ledger and all that it ever said.
struct Head<'a> {
    scope: Scope,
    item: Option<ItemNo>,
    history: &'a History<Standing>,
}

fn heads(ledger: &Ledger) -> impl Iterator<Item = Head<'_>> {
    let policies = ledger.policies();
    let mut categories: Vec<_> = policies.by_category.iter().collect();
    categories.sort_by_key(|(category, _)| *category);
    let all = of_set(ledger, &policies.all, Scope::default(), None);
    let of_categories = categories.into_iter().flat_map(|(category, set)| {
        let scope = Scope { category: Some(category.clone()), ..Scope::default() };
        of_set(ledger, set, scope, None)
    });
    let items = (0..ledger.items().len() as u32).map(ItemNo);
    let of_items = items.filter_map(|item| Some((item, ledger.rules_of_item(item)?)));
    let of_items = of_items.flat_map(|(item, set)| {
        let scope = Scope { sku: Some(ledger.item(item).sku.clone()), ..Scope::default() };
        of_set(ledger, set, scope, Some(item))
    });
    all.chain(of_categories).chain(of_items)
}

fn of_set<'a>(
    ledger: &'a Ledger,
    set: &'a RuleSet,
    half: Scope,
    item: Option<ItemNo>,
) -> impl Iterator<Item = Head<'a>> {
    set.all().iter().map(move |(at, history): &(Where, History<Standing>)| {
        let scope = Scope {
            sku: half.sku.clone(),
            category: half.category.clone(),
            ..scope_of(ledger, at)
        };
        Head { scope, item, history }
    })
}

struct Wanted<'a> {
    scope: &'a Scope,
    item: Option<ItemNo>,
}

impl Wanted<'_> {
    fn new<'a>(ledger: &Ledger, scope: &'a Scope) -> Result<Wanted<'a>, Missing> {
        let known = scope.sku.as_ref().map(|it| ledger.item_no(it).ok_or(Missing::Sku));
        if scope.channel.as_ref().is_some_and(|it| ledger.channel_no(it).is_none()) {
            return Err(Missing::Channel);
        }
        if scope.location.as_ref().is_some_and(|it| ledger.location_no(it).is_none()) {
            return Err(Missing::Location);
        }
        Ok(Wanted { scope, item: known.transpose()? })
    }

    fn has(&self, head: &Head<'_>) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, named: Option<&T>) -> bool {
            wanted.is_none() || wanted == named
        }
        let Scope { category, channel, location, supplier, .. } = self.scope;
        (self.item.is_none() || self.item == head.item)
            && fits(category.as_ref(), head.scope.category.as_ref())
            && fits(channel.as_ref(), head.scope.channel.as_ref())
            && fits(location.as_ref(), head.scope.location.as_ref())
            && fits(supplier.as_ref(), head.scope.supplier.as_ref())
    }
}

fn row(head: &Head<'_>, history: bool) -> Option<PolicyRow> {
    let (position, standing) = head.history.last()?;
    let past = |(position, standing): &(u64, Standing)| PastRule {
        position: *position,
        set: standing.rule.clone(),
        named: named(standing),
    };
    let all = if history { head.history.all() } else { &[] };
    Some(PolicyRow {
        scope: head.scope.clone(),
        set: standing.rule.clone(),
        position,
        history: all.iter().map(past).collect(),
    })
}

fn named(standing: &Standing) -> Vec<Dimension> {
    let bits = Dimension::ALL.iter().enumerate();
    bits.filter(|(bit, _)| standing.named & (1 << bit) != 0).map(|(_, it)| *it).collect()
}
