//! What a channel may sell: now and then, why, instead, and by when.

use axum::extract::{Path, Query, State};
use onhand_core::{ChannelId, Label, LedgerId, Sku, Time};
use onhand_projector::{
    AvailabilityQuery, Explain, ExplainQuery, PastAvailability, Projector, PromiseBy, Replacements,
};
use onhand_wire::Invalid;

use super::{Answer, Ask, Pairs, Told, limit, needed, skus};
use crate::http::app::Room;
use crate::http::params::Params;

/// Most items that are told as of a past moment at once: each takes reading its whole history.
const PAST_ITEMS_MAX: usize = 100;

/// So few items are told in less time than a thread takes to begin.
const SHORT: usize = 10;

/// `GET /v1/{ledger}/availability`
pub(in crate::http) async fn availability(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let moment = moment(&mut ask.params)?;
    if moment.is_some() {
        let query = past(&mut ask.params, moment)?;
        return ask.answer(&rooms, query).await;
    }
    let mut query = wanted(&mut ask.params)?;
    query.after = ask.params.name("after", Sku::new)?;
    query.limit = limit(&mut ask.params)?;
    ask.is_short = (1..=SHORT).contains(&query.skus.len());
    ask.answer(&rooms, move |it, ledger| Ok(it.availability_for(ledger, &query)?)).await
}

fn wanted(params: &mut Params) -> Result<AvailabilityQuery, Invalid> {
    let channel = channel(params)?;
    let (slot, campaign, customer) = who(params)?;
    let skus = skus(params)?;
    Ok(AvailabilityQuery { channel, skus, after: None, limit: 1, slot, campaign, customer })
}

/// As of a moment an answer is put together item by item, so that these are to be named.
fn past(
    params: &mut Params,
    moment: Option<Moment>,
) -> Result<impl Answer<PastAvailability>, Invalid> {
    let query = wanted(params)?;
    for name in ["after", "limit"] {
        if params.text(name)?.is_some() {
            let message =
                "goes with the present only: as of a past moment all named items are told";
            return Err(Invalid::new("unknown_field", name, message));
        }
    }
    if query.skus.is_empty() {
        let message = "is missing: name the items to be told as of a past moment";
        return Err(Invalid::new("missing_field", "sku", message));
    }
    if query.skus.len() > PAST_ITEMS_MAX {
        let message = format!("stands more than {PAST_ITEMS_MAX} times; ask in several parts");
        return Err(Invalid::new("invalid_field", "sku", message));
    }
    let (at, at_time) = split(moment);
    Ok(
        move |it: &Projector, ledger: &LedgerId| {
            Ok(it.availability_at(ledger, &query, at, at_time)?)
        },
    )
}

/// `GET /v1/{ledger}/explain`
pub(in crate::http) async fn explain(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = explained(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn explained(params: &mut Params) -> Result<impl Answer<Explain>, Invalid> {
    let (channel, sku) = (channel(params)?, sku(params)?);
    let (at, at_time) = split(moment(params)?);
    let (slot, campaign, customer) = who(params)?;
    let query = ExplainQuery { sku, channel, at, at_time, slot, campaign, customer };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.explain(ledger, &query)?))
}

/// `GET /v1/{ledger}/replacements`
pub(in crate::http) async fn replacements(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = replacing(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn replacing(params: &mut Params) -> Result<impl Answer<Replacements>, Invalid> {
    let (channel, sku, limit) = (channel(params)?, sku(params)?, limit(params)?);
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.replacements(ledger, &channel, &sku, limit)?))
}

/// `GET /v1/{ledger}/promise`
pub(in crate::http) async fn promise(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = promised(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn promised(params: &mut Params) -> Result<impl Answer<PromiseBy>, Invalid> {
    let (channel, sku, by) = (channel(params)?, sku(params)?, params.time("by")?);
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.promise_by(ledger, &channel, &sku, by)?))
}

fn channel(params: &mut Params) -> Result<ChannelId, Invalid> {
    params.name("channel", ChannelId::new)?.ok_or_else(|| needed("channel"))
}

fn sku(params: &mut Params) -> Result<Sku, Invalid> {
    params.name("sku", Sku::new)?.ok_or_else(|| needed("sku"))
}

type Who = (Option<Time>, Option<Label>, Option<Label>);

/// Slot, campaign and customer.
fn who(params: &mut Params) -> Result<Who, Invalid> {
    let slot = params.time("slot")?;
    Ok((slot, params.name("campaign", Label::new)?, params.name("customer", Label::new)?))
}

/// A past moment.
#[derive(Clone, Copy)]
enum Moment {
    Position(u64),
    Time(Time),
}

fn moment(params: &mut Params) -> Result<Option<Moment>, Invalid> {
    match (params.number("position")?, params.time("at")?) {
        (Some(_), Some(_)) => {
            Err(Invalid::new("invalid_field", "at", "stands beside `position`; keep one of them"))
        }
        (Some(position), None) => Ok(Some(Moment::Position(position))),
        (None, at) => Ok(at.map(Moment::Time)),
    }
}

fn split(moment: Option<Moment>) -> (Option<u64>, Option<Time>) {
    match moment {
        None => (None, None),
        Some(Moment::Position(position)) => (Some(position), None),
        Some(Moment::Time(time)) => (None, Some(time)),
    }
}
