//! What makes a snapshot suspicious: measured on what the feed said before.
//!
//! Of a snapshot that vouches for all of the feed, or of a tier, a part is a part of all that it
//! should name; of a partial one, a part of what it does name. A few items are never suspicious
//! together, however large a part they are: a shop with three items may well sell out.

use onhand_core::{Breakers, Label, Ledger, Said, Suspicion};

use crate::Head;

/// Fewer items than this are no part of anything.
const ITEMS_MIN: u64 = 5;

/// What is measured while lines come.
pub(crate) struct Measures {
    terms: Breakers,
    /// The place of the tier that it is about.
    tier: Option<u32>,
    /// It vouches for all that it leaves out too.
    whole: bool,
    /// Items that had stock, and those of them that have none now.
    had: u64,
    dropped: u64,
    /// Items said before, and those of them that it names with a number.
    known: u64,
    named: u64,
    /// Units before, and how they change.
    before: u64,
    changed: u64,
    rose: u64,
    fell: u64,
    absurd: u64,
    largest: u64,
}

impl Measures {
    pub fn new(ledger: &Ledger, head: &Head) -> Measures {
        let feed = ledger.feed(head.feed);
        let place = |tier: &Label| feed.terms.tiers.iter().position(|it| it.tier == *tier);
        let mut measures = Measures {
            terms: feed.terms.breakers.clone(),
            tier: head.tier.as_ref().and_then(place).map(|it| it as u32),
            whole: head.complete || feed.terms.changes_only,
            had: 0,
            dropped: 0,
            known: 0,
            named: 0,
            before: 0,
            changed: 0,
            rose: 0,
            fell: 0,
            absurd: 0,
            largest: 0,
        };
        let terms = &measures.terms;
        let parts = [terms.to_zero_percent, terms.missing_percent, terms.change_percent];
        if measures.whole && parts.iter().any(Option::is_some) {
            let supplied = ledger.items().iter().filter_map(|it| it.supplied.as_ref());
            let said = supplied.filter_map(|it| it.said_by(head.feed));
            said.for_each(|it| measures.await_item(it));
        }
        measures
    }

    fn is_meant(&self, said: Option<&Said>) -> bool {
        self.tier.is_none_or(|tier| said.is_none_or(|it| it.tier == tier))
    }

    /// An item that it should name.
    fn await_item(&mut self, said: &Said) {
        if !self.is_meant(Some(said)) || said.as_of.is_none() {
            return;
        }
        self.had += u64::from(said.quantity.is_some_and(|it| it > 0));
        self.before = self.before.saturating_add(said.quantity.unwrap_or(0));
        self.known += u64::from(said.missing == 0);
    }

    /// What it says of an item, in our units; and what was said before.
    pub fn note(&mut self, said: Option<&Said>, units: Option<u64>) {
        if let Some(largest) =
            units.filter(|it| self.terms.quantity_max.is_some_and(|max| *it > max))
        {
            self.absurd += 1;
            self.largest = self.largest.max(largest);
        }
        if !self.is_meant(said) {
            return;
        }
        if let Some(said) = said.filter(|it| it.as_of.is_some()) {
            if !self.whole {
                self.await_item(said);
            }
            // A number that was there and is left open now is as missing as its line.
            let is_told = units.is_some() || said.quantity.is_none();
            self.named += u64::from(said.missing == 0 && is_told);
        }
        let before = said.and_then(|it| it.quantity).unwrap_or(0);
        let Some(units) = units else { return };
        self.dropped += u64::from(before > 0 && units == 0);
        self.changed += u64::from(before != units);
        self.rose = self.rose.saturating_add(units.saturating_sub(before));
        self.fell = self.fell.saturating_add(before.saturating_sub(units));
    }

    pub fn suspicions(&self, head: &Head) -> Vec<Suspicion> {
        let mut suspicions = Vec::new();
        let Breakers { to_zero_percent, missing_percent, change_percent, quantity_max } =
            self.terms;
        let (items, of) = (self.dropped, self.had);
        if let Some(limit_percent) = to_zero_percent.filter(|it| is_above(items, of, *it)) {
            suspicions.push(Suspicion::ToZero { items, of, limit_percent });
        }
        let (items, of) = (self.known.saturating_sub(self.named), self.known);
        let missing = missing_percent.filter(|it| head.complete && is_above(items, of, *it));
        if let Some(limit_percent) = missing {
            suspicions.push(Suspicion::Missing { items, of, limit_percent });
        }
        let before = self.before;
        let after = before.saturating_add(self.rose).saturating_sub(self.fell);
        let changes = |limit: &u64| {
            before > 0
                && self.changed >= ITEMS_MIN
                && is_part(after.abs_diff(before), before, *limit)
        };
        if let Some(limit_percent) = change_percent.filter(changes) {
            suspicions.push(Suspicion::Change { before, after, limit_percent });
        }
        if let Some(limit) = quantity_max.filter(|_| self.absurd > 0) {
            suspicions.push(Suspicion::Absurd { items: self.absurd, largest: self.largest, limit });
        }
        suspicions
    }
}

fn is_above(items: u64, of: u64, percent: u64) -> bool {
    items >= ITEMS_MIN && is_part(items, of, percent)
}

/// Whether it is more than so many percent.
fn is_part(part: u64, of: u64, percent: u64) -> bool {
    u128::from(part) * 100 > u128::from(of) * u128::from(percent)
}
