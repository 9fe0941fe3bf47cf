//! What lies where, what happened to it, and what each entry says.

use axum::extract::{Path, Query, State};
use onhand_core::{LocationId, Sku};
use onhand_projector::{StockQuery, TimelineQuery};
use onhand_wire::Invalid;

use super::{Ask, Pairs, Told, limit, skus};
use crate::http::app::Room;
use crate::http::params::named;

/// `GET /v1/{ledger}/stock`
pub(in crate::http) async fn stock(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = StockQuery {
        skus: skus(&mut ask.params)?,
        location: ask.params.name("location", LocationId::new)?,
        after: ask.params.name("after", Sku::new)?,
        limit: limit(&mut ask.params)?,
    };
    ask.answer(&rooms, move |it, ledger| Ok(it.stock(ledger, &query)?)).await
}

/// `GET /v1/{ledger}/stock/{sku}`
pub(in crate::http) async fn stock_of(
    State(rooms): Room,
    Path((ledger, sku)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let location = ask.params.name("location", LocationId::new)?;
    let skus = vec![named("sku", &sku, Sku::new)?];
    let query = StockQuery { skus, location, after: None, limit: 1 };
    ask.answer(&rooms, move |it, ledger| Ok(it.stock(ledger, &query)?)).await
}

/// `GET /v1/{ledger}/timeline/{sku}`
pub(in crate::http) async fn timeline(
    State(rooms): Room,
    Path((ledger, sku)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let sku = named("sku", &sku, Sku::new)?;
    let query = TimelineQuery {
        location: ask.params.name("location", LocationId::new)?,
        after: ask.params.number("after")?,
        limit: limit(&mut ask.params)?,
    };
    ask.answer(&rooms, move |it, ledger| it.timeline(ledger, &sku, &query)).await
}

/// `GET /v1/{ledger}/entries/{position}`
pub(in crate::http) async fn entry(
    State(rooms): Room,
    Path((ledger, position)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let position: u64 = position
        .parse()
        .map_err(|_| Invalid::new("invalid_field", "position", "must be a whole number"))?;
    ask.answer(&rooms, move |it, ledger| it.entry(ledger, position)).await
}

/// `GET /v1/{ledger}/places`
pub(in crate::http) async fn places(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    ask.answer(&rooms, |it, ledger| Ok(it.places(ledger)?)).await
}
