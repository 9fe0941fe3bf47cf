//! Suppliers, their codes, feeds and tiers, and how well they did.

use axum::extract::{Path, Query, State};
use onhand_core::{FeedId, LedgerId, Sku, SupplierId, Time};
use onhand_projector::{
    FeedAnswer, FeedsView, MappedRow, Page, Projector, Scorecard, ScorecardQuery, SupplierAnswer,
    SuppliersView, TierQuery, TierRow, Trend,
};
use onhand_wire::Invalid;

use super::{Answer, Ask, Pairs, Told, limit, word};
use crate::http::app::Room;
use crate::http::params::{Params, named};
use crate::node::now;

/// Longest period of a scorecard.
const DAYS_MAX: u64 = 3_660;
const DAY_US: u64 = 86_400_000_000;

/// `GET /v1/{ledger}/suppliers`
pub(in crate::http) async fn suppliers(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    ask.answer(&rooms, all_suppliers()).await
}

pub(super) fn all_suppliers() -> impl Answer<SuppliersView> {
    |it: &Projector, ledger: &LedgerId| Ok(it.suppliers(ledger)?)
}

/// `GET /v1/{ledger}/suppliers/{supplier}`
pub(in crate::http) async fn supplier(
    State(rooms): Room,
    Path((ledger, supplier)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = one_supplier(&supplier)?;
    ask.answer(&rooms, query).await
}

pub(super) fn one_supplier(supplier: &str) -> Result<impl Answer<SupplierAnswer>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.supplier(ledger, &supplier)?))
}

/// `GET /v1/{ledger}/suppliers/{supplier}/skus`
pub(in crate::http) async fn supplier_skus(
    State(rooms): Room,
    Path((ledger, supplier)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = mapped(&supplier, &mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn mapped(
    supplier: &str,
    params: &mut Params,
) -> Result<impl Answer<Page<MappedRow, Sku>>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    let (after, limit) = (params.name("after", Sku::new)?, limit(params)?);
    Ok(move |it: &Projector, ledger: &LedgerId| {
        Ok(it.supplier_skus(ledger, &supplier, after.as_ref(), limit)?)
    })
}

/// `GET /v1/{ledger}/suppliers/{supplier}/scorecard`
pub(in crate::http) async fn scorecard(
    State(rooms): Room,
    Path((ledger, supplier)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = scored(&supplier, &mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn scored(
    supplier: &str,
    params: &mut Params,
) -> Result<impl Answer<Scorecard>, Invalid> {
    let supplier = named("supplier", supplier, SupplierId::new)?;
    let (from, to) = (date(params, "from")?, date(params, "to")?);
    let by = params.text("by")?;
    let by = by.map(|it| word::<Trend>("by", &it, "must be day, week or month")).transpose()?;
    check_period(from, to)?;
    let query = ScorecardQuery { supplier, from, to, by };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.scorecard(ledger, &query)?))
}

/// Without a last day it is today.
fn check_period(from: Option<Time>, to: Option<Time>) -> Result<(), Invalid> {
    let Some(from) = from else { return Ok(()) };
    let invalid = |field, message| Err(Invalid::new("invalid_field", field, message));
    let last = to.unwrap_or_else(now);
    if from > last {
        let message = "lies before `from`; name that day or a later one".to_owned();
        return match to {
            Some(_) => invalid("to", message),
            None => invalid("from", "lies after today; name a day that has begun".to_owned()),
        };
    }
    if last.as_us() - from.as_us() > DAYS_MAX * DAY_US {
        let message = format!("lies more than {DAYS_MAX} days before `to`; name a later day");
        return invalid("from", message);
    }
    Ok(())
}

/// A day of UTC.
fn date(params: &mut Params, name: &str) -> Result<Option<Time>, Invalid> {
    let message = "must be a day, such as 2026-01-31";
    let read = |text: String| {
        let is_day = text.len() == 10;
        let time = format!("{text}T00:00:00Z").parse::<Time>().ok().filter(|_| is_day);
        time.ok_or_else(|| Invalid::new("invalid_field", name, message))
    };
    params.text(name)?.map(read).transpose()
}

/// `GET /v1/{ledger}/feeds`
pub(in crate::http) async fn feeds(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = all_feeds(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn all_feeds(params: &mut Params) -> Result<impl Answer<FeedsView>, Invalid> {
    let supplier = params.name("supplier", SupplierId::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.feeds(ledger, supplier.as_ref())?))
}

/// `GET /v1/{ledger}/feeds/{feed}`
pub(in crate::http) async fn feed(
    State(rooms): Room,
    Path((ledger, feed)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = one_feed(&feed)?;
    ask.answer(&rooms, query).await
}

pub(super) fn one_feed(feed: &str) -> Result<impl Answer<FeedAnswer>, Invalid> {
    let feed = named("feed", feed, FeedId::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.feed_of(ledger, &feed)?))
}

/// `GET /v1/{ledger}/feeds/{feed}/tiers`
pub(in crate::http) async fn tiers(
    State(rooms): Room,
    Path((ledger, feed)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = suited(&feed, &mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn suited(
    feed: &str,
    params: &mut Params,
) -> Result<impl Answer<Page<TierRow, Sku>>, Invalid> {
    let feed = named("feed", feed, FeedId::new)?;
    let (differs, after) = (params.switch("differs")?, params.name("after", Sku::new)?);
    let query = TierQuery { differs, after, limit: limit(params)? };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.tiers(ledger, &feed, &query)?))
}
