//! Which tier suits which item of a feed: what sells fast or runs low is to be asked for often.
//!
//! The rule, over the last 30 days:
//! - *fast*: an order a day or more, or what is there lasts less than a week at that pace;
//! - *slow*: no order at all, or fewer than four and what is there lasts more than 90 days;
//! - *steady*: all else.
//!
//! Fast items suit the tier that is asked for most often, slow ones that asked for most rarely,
//! steady ones the one in the middle; of two tiers the one asked for more often. What is there is
//! what the feed said last, else what the book has at its location. `assign_tier` decides, not
//! this.

use onhand_core::{FeedId, FeedNo, Item, ItemNo, Label, Ledger, LedgerId, Sku, Time};
use serde::Serialize;

use super::stock::page_items_of;
use super::{Missing, Page, bounded};
use crate::projector::Projector;
use crate::timeline::{Holder, LedgerLog, records, united};

/// How far back sales count.
const DAYS: u64 = 30;
const FAST_ORDERS: u64 = DAYS;
const FAST_COVER_DAYS: u64 = 7;
const SLOW_ORDERS: u64 = 4;
const SLOW_COVER_DAYS: u64 = 90;

/// How an item sells, beside what is there of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    Fast,
    Steady,
    Slow,
}

/// The tier that suits one item of a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TierRow {
    pub sku: Sku,
    /// The tier that it belongs to.
    pub tier: Label,
    pub suggested: Label,
    pub differs: bool,
    pub pace: Pace,
    /// Orders of the last 30 days, and units that they took.
    pub orders: u64,
    pub units: u64,
    /// Units that are there.
    pub stock: u64,
    /// How many days these last at that pace. None: nothing was sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover_days: Option<u64>,
}

/// Which items of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierQuery {
    /// Only those whose tier is another one than suggested.
    pub differs: bool,
    /// Behind this SKU, in the order of registration.
    pub after: Option<Sku>,
    pub limit: usize,
}

impl Projector {
    /// Tiers that suit the items that the feed ever told of.
    ///
    /// # Errors
    /// Unknown ledger, feed or SKU; or timelines are switched off.
    pub fn tiers(
        &self,
        ledger: &LedgerId,
        feed: &FeedId,
        query: &TierQuery,
    ) -> Result<Page<TierRow, Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let feed = known.feed_no(feed).ok_or(Missing::Feed)?;
        if !state.timeline {
            return Err(Missing::Timeline);
        }
        let log = state.logs.get(ledger);
        let suit = Suit::new(known, log, feed, self.now(known.time()));
        let items = page_items_of(known, query.after.as_ref())?;
        let rows = items.filter_map(|item| suit.row(item));
        let limit = bounded(query.limit);
        let wanted = |it: &TierRow| it.differs || !query.differs;
        let mut rows: Vec<TierRow> = rows.filter(wanted).take(limit + 1).collect();
        let next = (rows.len() > limit).then(|| rows[limit - 1].sku.clone());
        rows.truncate(limit);
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

/// What the rule looks at.
struct Suit<'a> {
    ledger: &'a Ledger,
    log: Option<&'a LedgerLog>,
    feed: FeedNo,
    since: Time,
    /// Names of the feed's tiers, the one asked for most often first.
    tiers: Vec<&'a Label>,
}

impl<'a> Suit<'a> {
    fn new(ledger: &'a Ledger, log: Option<&'a LedgerLog>, feed: FeedNo, now: Time) -> Suit<'a> {
        let mut tiers: Vec<_> = ledger.feed(feed).terms.tiers.iter().collect();
        tiers.sort_by_key(|it| it.every_minutes);
        let since = Time(now.as_us().saturating_sub(DAYS * 86_400_000_000));
        Suit { ledger, log, feed, since, tiers: tiers.into_iter().map(|it| &it.tier).collect() }
    }

    /// None: the feed never told of the item.
    fn row(&self, number: ItemNo) -> Option<TierRow> {
        let item = self.ledger.item(number);
        let said = item.supplied.as_ref()?.said_by(self.feed)?;
        let tier = &self.ledger.feed(self.feed).tiers.get(said.tier as usize)?.tier;
        let (orders, units) = self.sold(number);
        let stock = said.quantity.unwrap_or_else(|| self.in_book(item));
        let cover_days = stock.saturating_mul(DAYS).checked_div(units);
        let pace = pace(orders, cover_days);
        let suggested = self.tier_for(pace)?;
        Some(TierRow {
            sku: item.sku.clone(),
            tier: tier.clone(),
            suggested: suggested.clone(),
            differs: suggested != tier,
            pace,
            orders,
            units,
            stock,
            cover_days,
        })
    }

    fn in_book(&self, item: &Item) -> u64 {
        let cell = item.cell(self.ledger.feed(self.feed).location);
        cell.and_then(|it| u64::try_from(it.sellable).ok()).unwrap_or(0)
    }

    /// Orders that took units of it since then, wherever from, and how many.
    fn sold(&self, item: ItemNo) -> (u64, u64) {
        let (mut orders, mut units) = (0, 0);
        let begin = self.log.map_or(0, |log| log.last_recorded_by(self.since));
        for (_, record) in records(self.log, &united(self.ledger, item)).flatten() {
            if record.position <= begin {
                break;
            }
            let at = record.changes.iter().filter(|it| matches!(it.at, Holder::Location(_)));
            let taken: i64 = at.map(|it| it.by.committed).sum();
            if let (Some(_), Ok(taken @ 1..)) = (&record.order, u64::try_from(taken)) {
                (orders, units) = (orders + 1, units + taken);
            }
        }
        (orders, units)
    }

    fn tier_for(&self, pace: Pace) -> Option<&'a Label> {
        let last = self.tiers.len().checked_sub(1)?;
        let place = match pace {
            Pace::Fast => 0,
            Pace::Steady => last / 2,
            Pace::Slow => last,
        };
        self.tiers.get(place).copied()
    }
}

/// The rule; `cover_days` is none where nothing was sold.
fn pace(orders: u64, cover_days: Option<u64>) -> Pace {
    match (orders, cover_days) {
        (0, _) | (_, None) => Pace::Slow,
        (FAST_ORDERS.., _) => Pace::Fast,
        (_, Some(..FAST_COVER_DAYS)) => Pace::Fast,
        (..SLOW_ORDERS, Some(days)) if days > SLOW_COVER_DAYS => Pace::Slow,
        _ => Pace::Steady,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_follows_from_orders_and_cover() {
        let cases = [
            (0, None, Pace::Slow),
            (30, Some(500), Pace::Fast),
            (29, Some(6), Pace::Fast),
            (1, Some(0), Pace::Fast),
            (29, Some(7), Pace::Steady),
            (3, Some(90), Pace::Steady),
            (3, Some(91), Pace::Slow),
            (4, Some(91), Pace::Steady),
        ];
        for (orders, cover_days, expected) in cases {
            assert_eq!(pace(orders, cover_days), expected, "{orders} orders, {cover_days:?} days");
        }
    }
}
