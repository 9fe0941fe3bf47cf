//! What one comparison goes by: the snapshot, its feed, and the book at its moment.

use onhand_core::{
    Basis, Cell, Condition, Discrepancy, Feed, Findings, ItemNo, Ledger, Said, Time, Witness,
};

use crate::{Head, Past, PastBook, PastEvent, Surveyed};

pub(super) struct View<'a> {
    pub ledger: &'a Ledger,
    pub past: &'a dyn Past,
    pub head: &'a Head,
    pub survey: &'a Surveyed,
    pub feed: &'a Feed,
    witness: Witness,
    /// By the places of the feed's tiers: its numbers are too old for anything to follow.
    old: Vec<bool>,
    /// What was not touched after this position lies there as it lay at `as_of`.
    position: Option<u64>,
}

/// So much of an item's past is looked through for what explains a difference.
const EVENTS_MAX: usize = 256;
/// So much of it where orders are looked for that they cannot have seen.
const ORDERS_MAX: usize = 256;

impl<'a> View<'a> {
    pub fn new(
        ledger: &'a Ledger,
        past: &'a dyn Past,
        head: &'a Head,
        survey: &'a Surveyed,
    ) -> View<'a> {
        let feed = ledger.feed(head.feed);
        let is_old = |seconds: u64| head.as_of.plus_seconds(seconds) <= head.now;
        let tiers = feed.terms.tiers.iter();
        let old = tiers.map(|it| it.ladder.last().is_some_and(|it| is_old(it.after_minutes * 60)));
        View {
            ledger,
            past,
            head,
            survey,
            feed,
            witness: Witness::Feed(feed.id.clone()),
            old: old.collect(),
            position: past.position_at(head.as_of),
        }
    }

    pub fn findings(&self) -> Findings {
        Findings {
            position: self.ledger.position(),
            lines: self.survey.lines,
            suspicions: self.survey.suspicions.clone(),
            unknown: self.survey.unknown,
            ..Findings::default()
        }
    }

    pub fn said(&self, item: ItemNo) -> Option<&'a Said> {
        self.ledger.item(item).supplied.as_ref()?.said_by(self.head.feed)
    }

    /// Steps of the ladder of the item's tier: an item that is not vouched for comes down one with
    /// every whole snapshot.
    pub fn steps(&self, item: ItemNo) -> u64 {
        let tier = self.said(item).map_or(0, |it| it.tier);
        self.feed.terms.tiers.get(tier as usize).map_or(0, |it| it.ladder.len() as u64)
    }

    /// How often in a row the item was not vouched for, and whether a snapshot of this moment said
    /// so: a long one may be compared again from its beginning, and counts once.
    pub fn missed(&self, item: ItemNo) -> (u64, bool) {
        let said = self.said(item);
        let again = said.is_some_and(|it| it.missing > 0 && it.as_of == Some(self.head.as_of));
        (said.map_or(0, |it| it.missing), again)
    }

    /// Where the item lies, if it ever lay there or was promised from there.
    pub fn cell(&self, item: ItemNo) -> Option<&'a Cell> {
        self.ledger.item(item).cell(self.feed.location)
    }

    /// The open difference of this feed about the item.
    pub fn open(&self, item: ItemNo) -> Option<&'a Discrepancy> {
        if self.ledger.item(item).supplied.as_ref().is_none_or(|it| it.open.is_empty()) {
            return None;
        }
        let location = &self.ledger.location(self.feed.location).id;
        self.ledger.open_difference(item, &self.witness, Some(location))
    }

    /// When the item was counted there last.
    pub fn counted_at(&self, item: ItemNo) -> Option<Time> {
        let anchor = self.ledger.item(item).anchor(self.feed.location, Condition::Sellable)?;
        Some(anchor.counted_at)
    }

    /// Nothing follows from what it says of the item: it is old, or somebody counted since.
    pub fn is_stale(&self, item: ItemNo) -> bool {
        let tier = self.said(item).map_or(0, |it| it.tier);
        self.old.get(tier as usize).copied().unwrap_or(false)
            || self.counted_at(item).is_some_and(|it| it > self.head.as_of)
    }

    /// The book at `as_of`. None: it moved since and nobody keeps the past, so that there is
    /// nothing to set the number against.
    pub fn book(&self, item: ItemNo) -> Option<PastBook> {
        let Some(cell) = self.cell(item) else { return Some(PastBook::default()) };
        let now = PastBook { sellable: cell.sellable, committed: cell.committed };
        // Claims do not touch a cell: its committed units may have changed all the same.
        let untouched = self.position.is_some_and(|it| cell.touched <= it)
            && self.head.basis != Basis::AfterOurOrders;
        if untouched || self.ledger.time() <= self.head.as_of {
            return Some(now);
        }
        self.past.book_at(item, self.feed.location, self.head.as_of)
    }

    /// Units committed at `as_of` that are off their number already.
    pub fn taken_off(&self, item: ItemNo, book: &PastBook) -> i64 {
        match self.head.basis {
            Basis::OnHand | Basis::BeforeOurOrders => 0,
            Basis::AfterOurOrders if book.committed <= 0 => 0,
            Basis::AfterOurOrders => match self.head.orders_seen_through {
                Some(through) => self.seen_through(item, book, through),
                None => self.seen_of_handed(item, book),
            },
        }
    }

    fn seen_through(&self, item: ItemNo, book: &PastBook, through: Time) -> i64 {
        if through >= self.head.as_of {
            return book.committed;
        }
        let events = self.past.events(item, Some(self.feed.location), through, ORDERS_MAX);
        if events.len() == ORDERS_MAX {
            let then = self.past.book_at(item, self.feed.location, through).unwrap_or_default();
            return book.committed.min(then.committed).max(0);
        }
        let later = |it: &&PastEvent| it.occurred_at > through && it.occurred_at <= self.head.as_of;
        let added: i64 = events.iter().filter(later).map(|it| it.committed.max(0)).sum();
        (book.committed - added).max(0)
    }

    /// Handed over by then: what is handed over now, and what went out since.
    fn seen_of_handed(&self, item: ItemNo, book: &PastBook) -> i64 {
        let Some(handed) = &self.survey.handed else { return book.committed };
        let left = handed.get(&item).map_or(0, |it| *it as i64);
        let since = self.head.as_of;
        let events = self.past.events(item, Some(self.feed.location), since, ORDERS_MAX);
        let shipped = |it: &&PastEvent| it.occurred_at > since && it.sellable < 0;
        let gone: i64 = events.iter().filter(shipped).map(|it| -it.committed.min(0)).sum();
        book.committed.min(left + gone)
    }

    /// The item's past everywhere that may explain a difference, newest first.
    pub fn events(&self, item: ItemNo, since: Time) -> Vec<PastEvent> {
        self.past.events(item, None, since, EVENTS_MAX)
    }
}
