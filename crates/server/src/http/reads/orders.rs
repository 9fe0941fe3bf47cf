//! Orders, holds and transfers by name, and the orders that a shortage hits.

use axum::extract::{Path, Query, State};
use onhand_core::{HoldId, LocationId, OrderId, Sku, TransferId};

use super::{Ask, Pairs, Told, limit, needed};
use crate::http::app::Room;
use crate::http::params::named;

/// `GET /v1/{ledger}/orders/{order}`
pub(in crate::http) async fn order(
    State(rooms): Room,
    Path((ledger, order)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let order = named("order", &order, OrderId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.order(ledger, &order)?)).await
}

/// `GET /v1/{ledger}/holds/{hold}`
pub(in crate::http) async fn hold(
    State(rooms): Room,
    Path((ledger, hold)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let hold = named("hold", &hold, HoldId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.hold(ledger, &hold)?)).await
}

/// `GET /v1/{ledger}/transfers/{transfer}`
pub(in crate::http) async fn transfer(
    State(rooms): Room,
    Path((ledger, transfer)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let transfer = named("transfer", &transfer, TransferId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.transfer(ledger, &transfer)?)).await
}

/// `GET /v1/{ledger}/affected_orders`
pub(in crate::http) async fn affected_orders(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let sku = ask.params.name("sku", Sku::new)?.ok_or_else(|| needed("sku"))?;
    let location = ask.params.name("location", LocationId::new)?;
    let location = location.ok_or_else(|| needed("location"))?;
    let limit = limit(&mut ask.params)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.affected_orders(ledger, &sku, &location, limit)?))
        .await
}
