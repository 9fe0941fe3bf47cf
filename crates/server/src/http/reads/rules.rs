//! What rules say and set aside: policies, pools, kits, expected supply, and notices of low stock.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue};
use onhand_core::{ChannelId, Label, LedgerId, LocationId, PoolId, Scope, Sku, SupplierId};
use onhand_projector::{
    ExpectedQuery, ExpectedView, KitView, NoticeKind, NoticePage, NoticeQuery, Page, PolicyQuery,
    PolicyRow, PoolAnswer, PoolsView, Projector,
};
use onhand_wire::Invalid;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

use super::{Answer, Ask, Pairs, Told, limit};
use crate::feeds;
use crate::feeds::wants_stream;
use crate::http::app::Room;
use crate::http::params::{Params, named};

/// `GET /v1/{ledger}/policies`
pub(in crate::http) async fn policies(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = ruled(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn ruled(params: &mut Params) -> Result<impl Answer<Page<PolicyRow, u64>>, Invalid> {
    let scope = Scope {
        sku: params.name("sku", Sku::new)?,
        category: params.name("category", Label::new)?,
        channel: params.name("channel", ChannelId::new)?,
        location: params.name("location", LocationId::new)?,
        supplier: params.name("supplier", SupplierId::new)?,
    };
    let (history, after) = (params.switch("history")?, params.number("after")?);
    let query = PolicyQuery { scope, history, after, limit: limit(params)? };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.policies(ledger, &query)?))
}

/// `GET /v1/{ledger}/pools`
pub(in crate::http) async fn pools(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = all_pools(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

pub(super) fn all_pools(params: &mut Params) -> Result<impl Answer<PoolsView>, Invalid> {
    let open = params.switch("open")?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.pools(ledger, open)?))
}

/// `GET /v1/{ledger}/pools/{pool}`
pub(in crate::http) async fn pool(
    State(rooms): Room,
    Path((ledger, pool)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = one_pool(&pool)?;
    ask.answer(&rooms, query).await
}

pub(super) fn one_pool(pool: &str) -> Result<impl Answer<PoolAnswer>, Invalid> {
    let pool = named("pool", pool, PoolId::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.pool(ledger, &pool)?))
}

/// `GET /v1/{ledger}/kits/{sku}`
pub(in crate::http) async fn kit(
    State(rooms): Room,
    Path((ledger, sku)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = one_kit(&sku)?;
    ask.answer(&rooms, query).await
}

fn one_kit(sku: &str) -> Result<impl Answer<KitView>, Invalid> {
    let sku = named("sku", sku, Sku::new)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.kit(ledger, &sku)?))
}

/// `GET /v1/{ledger}/expected`
pub(in crate::http) async fn expected(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = on_its_way(&mut ask.params)?;
    ask.answer(&rooms, query).await
}

fn on_its_way(params: &mut Params) -> Result<impl Answer<ExpectedView>, Invalid> {
    let sku = params.name("sku", Sku::new)?;
    let query = ExpectedQuery { sku, location: params.name("location", LocationId::new)? };
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.expected(ledger, &query)?))
}

/// `GET /v1/{ledger}/notices`
pub(in crate::http) async fn notices(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Told {
    // Without a position to wait for it is for news that a caller waits.
    let has = |name: &str| pairs.iter().any(|(it, _)| it == name);
    let waits = has("wait_ms") && !has("min_position");
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let mut query = asked_notices(&mut ask.params)?;
    if wants_stream(&headers) {
        ask.params.end()?;
        if let Some(last) = headers.get("last-event-id").filter(|it| !it.is_empty()) {
            query.after = Some(number_of(last)?);
        }
        return feeds::notices::stream(&rooms, &ask.ledger, query).await;
    }
    if waits {
        feeds::notices::first_news(&rooms, &ask.ledger, &query, ask.wait).await?;
    }
    ask.answer(&rooms, move |it, ledger| Ok(it.notices(ledger, &query)?)).await
}

fn number_of(last: &HeaderValue) -> Result<u64, Invalid> {
    let number = last.to_str().ok().and_then(|it| it.parse().ok());
    let message = "must be the number of a notice, as the id of an event has it";
    number.ok_or_else(|| Invalid::new("invalid_field", "Last-Event-ID", message))
}

pub(super) fn noticed(params: &mut Params) -> Result<impl Answer<NoticePage>, Invalid> {
    let query = asked_notices(params)?;
    Ok(move |it: &Projector, ledger: &LedgerId| Ok(it.notices(ledger, &query)?))
}

fn asked_notices(params: &mut Params) -> Result<NoticeQuery, Invalid> {
    let query = NoticeQuery {
        after: params.number("after")?,
        after_position: params.number("after_position")?,
        kinds: params.all("kind").iter().map(|it| kind(it)).collect::<Result<_, _>>()?,
        channel: params.name("channel", ChannelId::new)?,
        sku: params.name("sku", Sku::new)?,
        limit: limit(params)?,
    };
    if query.after.is_some() && query.after_position.is_some() {
        let message = "stands beside `after`; keep one of them";
        return Err(Invalid::new("invalid_field", "after_position", message));
    }
    Ok(query)
}

fn kind(text: &str) -> Result<NoticeKind, Invalid> {
    let read: Result<NoticeKind, Error> = NoticeKind::deserialize(text.into_deserializer());
    let message = "must be low_stock, out_of_stock, back_in_stock or oversold";
    read.map_err(|_| Invalid::new("invalid_field", "kind", message))
}
