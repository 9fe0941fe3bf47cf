//! What a subscription is to be told next: movements and notices behind its cursor.

use std::collections::HashSet;

use onhand_core::{LedgerId, Time};
use onhand_projector::{FeedPlace, Missing, NoticeQuery};
use onhand_wire::Problem;

use super::Shared;
use super::event::{Event, MOVEMENT, Named, STOCK};
use super::subscription::{Attempted, Cursor, Delivery, Subscription};
use crate::feeds::movements::Filter;
use crate::node::now;

/// Events of a feed that are read at once.
const PAGE_EVENTS: usize = 100;

/// One step of a feed.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// None: nothing that is wanted, up to there.
    pub event: Option<Event>,
    pub cursor: Cursor,
}

/// Some steps, oldest first.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub steps: Vec<Step>,
    /// What cannot be told any more.
    pub missed: Option<Delivery>,
    pub at_end: bool,
}

impl Shared {
    /// The next steps behind a cursor; none if there is no news. Blocks: reads the journal.
    ///
    /// # Errors
    /// A feed cannot be read now; said to people.
    pub fn page(&self, it: &Subscription, cursor: Cursor) -> Result<Page, String> {
        let mut page = Page { at_end: true, ..Page::default() };
        let mut cursor = cursor;
        if it.wants_any(MOVEMENT) {
            self.movements(it, &mut cursor, &mut page)?;
        }
        if it.wants_any(STOCK) {
            self.notices(it, &mut cursor, &mut page)?;
        }
        Ok(page)
    }

    fn movements(
        &self,
        it: &Subscription,
        cursor: &mut Cursor,
        page: &mut Page,
    ) -> Result<(), String> {
        let filter = filter(it);
        let found = self.feeds.movements(&it.ledger, cursor.place(), &filter, PAGE_EVENTS);
        let found = found.map_err(|no| said(&no))?;
        for view in &found.events {
            cursor.set_place(FeedPlace { position: view.position, index: view.index });
            let event = Event::of_movement(view);
            page.steps
                .push(Step { event: Some(event).filter(|event| it.wants(event)), cursor: *cursor });
        }
        if found.reached > cursor.place() {
            cursor.set_place(found.reached);
            page.steps.push(Step { event: None, cursor: *cursor });
        }
        page.at_end &= found.at_end;
        Ok(())
    }

    fn notices(
        &self,
        it: &Subscription,
        cursor: &mut Cursor,
        page: &mut Page,
    ) -> Result<(), String> {
        let after = Some(cursor.notices);
        let query = NoticeQuery { after, limit: PAGE_EVENTS, ..NoticeQuery::default() };
        let found = match self.node.projector(&it.ledger).notices(&it.ledger, &query) {
            Ok(found) => found,
            Err(Missing::TooOld { oldest }) => {
                page.missed = Some(missed(cursor.notices + 1, oldest));
                cursor.notices = oldest.saturating_sub(1);
                page.steps.push(Step { event: None, cursor: *cursor });
                page.at_end = false;
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        for row in &found.rows {
            cursor.notices = row.number;
            let event = Event::of_notice(&it.ledger, row);
            page.steps
                .push(Step { event: Some(event).filter(|event| it.wants(event)), cursor: *cursor });
        }
        page.at_end &= !found.more;
        Ok(())
    }

    /// The event with that id, if it can still be told.
    ///
    /// # Errors
    /// The feed cannot be read now; said to people.
    pub fn event(&self, ledger: &LedgerId, named: Named) -> Result<Option<Event>, String> {
        match named {
            Named::Movement(place) => {
                let before = before(place);
                let found = self.feeds.movements(ledger, before, &Filter::default(), 1);
                let found = found.map_err(|no| said(&no))?;
                let is_it = |it: &&onhand_projector::MovementView| {
                    FeedPlace { position: it.position, index: it.index } == place
                };
                Ok(found.events.iter().find(is_it).map(Event::of_movement))
            }
            Named::Notice(number) => {
                let after = Some(number.saturating_sub(1));
                let query = NoticeQuery { after, limit: 1, ..NoticeQuery::default() };
                let found = self.node.projector(ledger).notices(ledger, &query);
                let row = found.ok().and_then(|it| it.rows.into_iter().next());
                let row = row.filter(|it| it.number == number);
                Ok(row.map(|it| Event::of_notice(ledger, &it)))
            }
        }
    }

    /// The end of both feeds. None: the ledger is not known.
    pub fn end_of(&self, ledger: &LedgerId) -> Option<Cursor> {
        let projector = self.node.projector(ledger);
        let known = projector.ledgers().into_iter().find(|it| it.ledger == *ledger)?;
        let query = NoticeQuery { after: Some(u64::MAX), limit: 1, ..NoticeQuery::default() };
        let notices = projector.notices(ledger, &query).map_or(0, |it| it.next);
        Some(Cursor::new(FeedPlace::behind(known.position), notices))
    }

    /// The beginning of both feeds, as far as they are kept.
    pub fn beginning_of(&self, ledger: &LedgerId) -> Cursor {
        let query = NoticeQuery { limit: 1, ..NoticeQuery::default() };
        let found = self.node.projector(ledger).notices(ledger, &query);
        let first = found.ok().and_then(|it| it.rows.first().map(|it| it.number));
        Cursor::new(FeedPlace::default(), first.map_or(0, |it| it - 1))
    }
}

/// The place that a feed is read behind in order to come to `place` first.
fn before(place: FeedPlace) -> FeedPlace {
    match place.index.checked_sub(1) {
        Some(index) => FeedPlace { index, ..place },
        None => FeedPlace::behind(place.position.saturating_sub(1)),
    }
}

/// What the feed can leave out by itself; the rest is left out here.
fn filter(it: &Subscription) -> Filter {
    let families =
        it.types.iter().filter(|it| it.starts_with(MOVEMENT) || MOVEMENT.starts_with(&***it));
    let kinds: Option<HashSet<_>> = families
        .map(|it| it.strip_prefix(MOVEMENT).filter(|it| !it.is_empty()).map(Into::into))
        .collect();
    let channels = it.channels.iter().cloned().collect();
    Filter { kinds: kinds.unwrap_or_default(), channels, ..Filter::default() }
}

fn missed(from: u64, oldest: u64) -> Delivery {
    Delivery {
        id: format!("{from:020}"),
        kind: STOCK.trim_end_matches('.').into(),
        at: now(),
        attempt: 0,
        result: Attempted::Missed,
        status: None,
        why: format!("notices {from} to {} are not kept any more", oldest.saturating_sub(1)),
        took_ms: 0,
        next_at: None::<Time>,
    }
}

fn said(no: &Problem) -> String {
    no.body["detail"].as_str().unwrap_or(no.page.title).to_owned()
}
