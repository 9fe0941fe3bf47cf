//! Notices: what ran low, ran out, came back or is sold beyond what is there.

use onhand_core::{ChannelId, ItemNo, Ledger, LedgerId, LocationId, Sku, Time};
use serde::{Deserialize, Serialize};

use super::{Missing, Seen, bounded};
use crate::notices::{Notice, Notices, What};
use crate::projector::Projector;

/// Which notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeQuery {
    /// Behind the notice with this number; from the oldest that is kept if not given.
    pub after: Option<u64>,
    /// Of entries behind this position; `after` goes before.
    pub after_position: Option<u64>,
    /// Most notices of the answer.
    pub limit: usize,
    /// These only; all if empty.
    pub kinds: Vec<NoticeKind>,
    pub channel: Option<ChannelId>,
    pub sku: Option<Sku>,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    LowStock,
    OutOfStock,
    BackInStock,
    Oversold,
}

/// Some notices, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticePage {
    pub seen: Seen,
    pub rows: Vec<NoticeRow>,
    /// What to name as `after` to go on, now or when there is more.
    pub next: u64,
    /// There is more already.
    pub more: bool,
}

/// One notice, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeRow {
    pub number: u64,
    /// The last entry of its block that touched the item.
    pub position: u64,
    pub recorded_at: Time,
    pub kind: NoticeKind,
    pub sku: Sku,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// Of oversold stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    /// What the channel was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<u64>,
    /// At or below which the rule calls it low.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_at: Option<u64>,
    /// Units committed beyond what can be shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<u64>,
}

impl Projector {
    /// Notices of a ledger, oldest first.
    ///
    /// # Errors
    /// Unknown ledger, channel or SKU; or some behind `after` are not kept any more.
    pub fn notices(&self, ledger: &LedgerId, query: &NoticeQuery) -> Result<NoticePage, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let none = Notices::default();
        let notices = state.notices.get(ledger).unwrap_or(&none);
        let wanted = Wanted::new(known, query)?;
        let after = begin(notices, query)?;
        let (mut rows, mut next, mut more) = (Vec::new(), after, false);
        for (number, notice) in notices.after(after) {
            if wanted.has(notice) {
                if rows.len() == bounded(query.limit) {
                    more = true;
                    break;
                }
                rows.push(row(known, number, notice));
            }
            next = number;
        }
        Ok(NoticePage { seen: self.seen(&state, known), rows, next, more })
    }
}

/// The number behind which to begin.
fn begin(notices: &Notices, query: &NoticeQuery) -> Result<u64, Missing> {
    let oldest = notices.oldest();
    let too_old = Err(Missing::TooOld { oldest });
    match (query.after, query.after_position) {
        (Some(after), _) if after.saturating_add(1) < oldest => too_old,
        (Some(after), _) => Ok(after.min(notices.last())),
        (None, Some(position)) => {
            let mut kept = notices.after(0);
            let first = kept.find(|(_, notice)| notice.position > position);
            match first.map_or(notices.last() + 1, |(number, _)| number) {
                // What came before it may have been behind the position too.
                number if number == oldest && oldest > 1 => too_old,
                number => Ok(number - 1),
            }
        }
        (None, None) => Ok(oldest - 1),
    }
}

struct Wanted<'a> {
    kinds: &'a [NoticeKind],
    channel: Option<u32>,
    item: Option<ItemNo>,
}

impl Wanted<'_> {
    fn new<'a>(ledger: &Ledger, query: &'a NoticeQuery) -> Result<Wanted<'a>, Missing> {
        let channel = query.channel.as_ref();
        let channel =
            channel.map(|it| ledger.channel_no(it).ok_or(Missing::Channel)).transpose()?;
        let item = query.sku.as_ref();
        let item = item.map(|it| ledger.item_no(it).ok_or(Missing::Sku)).transpose()?;
        Ok(Wanted { kinds: &query.kinds, channel: channel.map(|it| it.0), item })
    }

    fn has(&self, notice: &Notice) -> bool {
        let channel = match notice.what {
            What::Low { channel, .. } | What::Out { channel } | What::Back { channel, .. } => {
                Some(channel.0)
            }
            What::Oversold { .. } => None,
        };
        (self.kinds.is_empty() || self.kinds.contains(&kind(notice)))
            && (self.channel.is_none() || self.channel == channel)
            && self.item.is_none_or(|it| it == notice.item)
    }
}

fn kind(notice: &Notice) -> NoticeKind {
    match notice.what {
        What::Low { .. } => NoticeKind::LowStock,
        What::Out { .. } => NoticeKind::OutOfStock,
        What::Back { .. } => NoticeKind::BackInStock,
        What::Oversold { .. } => NoticeKind::Oversold,
    }
}

fn row(ledger: &Ledger, number: u64, notice: &Notice) -> NoticeRow {
    let (channel, published, low_at, location, by) = match notice.what {
        What::Low { channel, published, at } => {
            (Some(channel), Some(published), Some(at), None, None)
        }
        What::Out { channel } => (Some(channel), Some(0), None, None, None),
        What::Back { channel, published } => (Some(channel), Some(published), None, None, None),
        What::Oversold { location, by } => (None, None, None, Some(location), Some(by)),
    };
    NoticeRow {
        number,
        position: notice.position,
        recorded_at: notice.time,
        kind: kind(notice),
        sku: ledger.item(notice.item).sku.clone(),
        channel: channel.map(|it| ledger.channel(it).id.clone()),
        location: location.map(|it| ledger.location(it).id.clone()),
        published,
        low_at,
        by,
    }
}
