//! The notices as a feed: what ran low, ran out, came back or is oversold, as it is noticed.

mod http;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_projector::{NoticeKind, NoticePage, NoticeQuery, NoticeRow, Projector};
use onhand_wire::{CloudEvent, No, Problem, Trouble, problem};
use tokio::sync::watch;

use super::{Feeds, apart};
use crate::http::reads_trouble;

pub(crate) use http::{first_news, stream};

/// Notices that are read in one go.
const PAGE: usize = 500;
/// What a rule changes is noticed after its block, slice by slice: looked at again this often.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What a reader wants to hear of; of each kind all, if none is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct NoticeFilter {
    pub kinds: Vec<NoticeKind>,
    pub channels: Vec<ChannelId>,
    /// By the names that items have now.
    pub skus: Vec<Sku>,
}

impl NoticeFilter {
    fn passes(&self, notice: &NoticeRow) -> bool {
        let channel = || notice.channel.as_ref().is_some_and(|it| self.channels.contains(it));
        (self.kinds.is_empty() || self.kinds.contains(&notice.kind))
            && (self.channels.is_empty() || channel())
            && (self.skus.is_empty() || self.skus.contains(&notice.sku))
    }
}

/// Somebody who follows the notices of a ledger.
pub(crate) struct NoticeWatching {
    projector: Arc<Projector>,
    ledger: LedgerId,
    filter: NoticeFilter,
    /// The number of the last notice that was read; none: it begins with the oldest that is kept.
    after: Option<u64>,
    read: VecDeque<NoticeRow>,
    pulse: watch::Receiver<u64>,
}

impl Feeds {
    /// Begins to follow the notices of a ledger behind the number `after`; from the oldest that is
    /// kept if none is given.
    ///
    /// # Errors
    /// The ledger, a channel or a SKU is not known, or notices behind `after` are not kept any more.
    pub fn watch_notices(
        &self,
        ledger: &LedgerId,
        after: Option<u64>,
        filter: NoticeFilter,
    ) -> Result<NoticeWatching, Problem> {
        let projector = self.node.projector(ledger);
        let names = projector.known_names(ledger, &filter.channels, &filter.skus);
        let skus = names.map_err(|it| problem(No::Trouble(&reads_trouble(&it.into()))))?;
        let filter = NoticeFilter { skus, ..filter };
        let page = projector.notices(ledger, &behind(after));
        let page = page.map_err(|it| problem(No::Trouble(&reads_trouble(&it.into()))))?;
        let (ledger, pulse) = (ledger.clone(), self.pulse(ledger));
        let read = VecDeque::new();
        let mut watching = NoticeWatching { projector, ledger, filter, after, read, pulse };
        watching.take(page);
        Ok(watching)
    }
}

impl NoticeWatching {
    /// The next notice; waits for it. May be dropped while it waits.
    ///
    /// # Errors
    /// The reader fell so far behind that what it would be told next is not kept any more.
    pub async fn next(&mut self) -> Result<NoticeRow, Problem> {
        loop {
            if let Some(notice) = self.read.pop_front() {
                return Ok(notice);
            }
            self.pulse.mark_unchanged();
            if self.read_on().await? || !self.read.is_empty() {
                continue;
            }
            let _turned_or_not = tokio::time::timeout(LOOK_AGAIN, self.pulse.changed()).await;
        }
    }

    /// True: there is more already.
    async fn read_on(&mut self) -> Result<bool, Problem> {
        let page = read(&self.projector, &self.ledger, behind(self.after)).await;
        Ok(self.take(page.map_err(|it| problem(No::Trouble(&it)))?))
    }

    fn take(&mut self, page: NoticePage) -> bool {
        self.after = Some(page.next);
        self.read.extend(page.rows.into_iter().filter(|it| self.filter.passes(it)));
        page.more
    }
}

fn behind(after: Option<u64>) -> NoticeQuery {
    NoticeQuery { after, limit: PAGE, ..NoticeQuery::default() }
}

/// A page of notices. The projector is asked at once if it is free and the page is soon found, and
/// else away from the threads that serve connections.
///
/// # Errors
/// As [`Projector::notices`]; [`Trouble::Gone`] if some are not kept any more.
pub(crate) async fn read(
    projector: &Arc<Projector>,
    ledger: &LedgerId,
    query: NoticeQuery,
) -> Result<NoticePage, Trouble> {
    let is_short = query.kinds.is_empty() && query.channel.is_none() && query.sku.is_none();
    let page = match is_short && projector.is_free() {
        true => projector.notices(ledger, &query),
        false => {
            let (projector, ledger) = (projector.clone(), ledger.clone());
            apart(move || projector.notices(&ledger, &query)).await?
        }
    };
    page.map_err(|it| reads_trouble(&it.into()))
}

/// The word for a kind in types of events and in subjects.
pub(crate) fn word(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::LowStock => "low",
        NoticeKind::OutOfStock => "out",
        NoticeKind::BackInStock => "back",
        NoticeKind::Oversold => "oversold",
    }
}

/// The notice as others are told it.
pub(crate) fn notice_event<'a>(
    ledger: &LedgerId,
    notice: &'a NoticeRow,
) -> CloudEvent<&'a NoticeRow> {
    let place = format!("{:020}", notice.number);
    let kind = format!("onhand.stock.{}", word(notice.kind));
    CloudEvent::new(ledger, &place, &kind, notice.recorded_at, notice).about(&notice.sku)
}
