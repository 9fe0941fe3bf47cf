//! Questions: each answer says what it saw, and may wait for what its caller just wrote.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use onhand_core::{ChannelId, HoldId, LedgerId, LocationId, OrderId, Sku, TransferId};
use onhand_projector::{Missing, Projector, QueryError, StockQuery, TimelineQuery};
use onhand_wire::{Invalid, Trouble};
use serde::Serialize;

use super::app::{Room, Rooms};
use super::params::{Params, named};
use super::respond::{Refused, json};

type Pairs = Query<Vec<(String, String)>>;
type Told = Result<Response, Refused>;

/// Rows of an answer if the caller does not say.
const LIMIT: u64 = 100;
/// How long a read waits for `min_position` if the caller does not say, in milliseconds.
const WAIT_MS: u64 = 1_000;

/// What every read of a ledger takes.
struct Ask {
    ledger: LedgerId,
    params: Params,
    min_position: u64,
    wait: Duration,
}

impl Ask {
    fn new(rooms: &Rooms, ledger: &str, pairs: Vec<(String, String)>) -> Result<Ask, Invalid> {
        let ledger = named("ledger", ledger, LedgerId::new)?;
        let mut params = Params::new(pairs);
        let min_position = params.number("min_position")?.unwrap_or(0);
        let wait_ms = params.number("wait_ms")?.unwrap_or(WAIT_MS);
        let wait = Duration::from_millis(wait_ms.min(rooms.node.config().http_wait_ms_max));
        Ok(Ask { ledger, params, min_position, wait })
    }

    fn limit(&mut self) -> Result<usize, Invalid> {
        let limit = self.params.number("limit")?.unwrap_or(LIMIT);
        // The projector has its own, lower bound.
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    fn skus(&mut self) -> Result<Vec<Sku>, Invalid> {
        self.params.all("sku").iter().map(|it| named("sku", it, Sku::new)).collect()
    }

    /// Waits for the position, then asks; both away from the threads that serve connections.
    async fn answer<T: Serialize + Send + 'static>(
        self,
        rooms: &Rooms,
        query: impl FnOnce(&Projector, &LedgerId) -> Result<T, QueryError> + Send + 'static,
    ) -> Told {
        let Ask { ledger, params, min_position, wait } = self;
        params.end()?;
        let projector = rooms.node.projector(&ledger);
        let Ok(_seat) = rooms.reads.acquire().await else {
            return Err(Trouble::Unavailable { message: "the server stops".to_owned() }.into());
        };
        let work = move || {
            if min_position > 0 && !projector.wait_for(&ledger, min_position, wait) {
                return Err(not_reached(&projector, &ledger, min_position));
            }
            query(&projector, &ledger).map_err(|error| trouble(&error))
        };
        let told = tokio::task::spawn_blocking(work).await;
        let told = told.map_err(|error| Trouble::Unavailable { message: error.to_string() })?;
        Ok(json(200, &told?))
    }
}

fn not_reached(projector: &Projector, ledger: &LedgerId, min_position: u64) -> Trouble {
    let position = projector.places(ledger).map_or(0, |it| it.seen.position);
    Trouble::PositionNotReached { position, min_position }
}

fn trouble(error: &QueryError) -> Trouble {
    let missing = match error {
        QueryError::Fault(fault) => return Trouble::Unavailable { message: fault.to_string() },
        QueryError::Missing(missing) => missing,
    };
    let what = match missing {
        Missing::Ledger => "the ledger is not known: its first accepted command begins it",
        Missing::Sku => "no item has this SKU",
        Missing::Location => "no location has this name",
        Missing::Channel => "no channel has this name",
        Missing::Order => "no order has this number",
        Missing::Hold => "no hold has this name",
        Missing::Transfer => "no transfer has this name",
        Missing::Position => "nothing is recorded at this position",
        Missing::Timeline => "timelines are switched off (projector.timeline)",
        Missing::Pool => "no pool has this name",
        Missing::Kit => "the item is no kit",
        Missing::TooOld { oldest } => {
            let message = format!(
                "some of these notices are not kept any more: the oldest that is has the number {oldest}"
            );
            return Trouble::NotFound { message };
        }
    };
    Trouble::NotFound { message: what.to_owned() }
}

fn needed(name: &str) -> Invalid {
    Invalid::new("missing_field", name, "is missing; add it as a query parameter")
}

/// `GET /v1/ledgers`
pub(super) async fn ledgers(State(rooms): Room) -> Response {
    json(200, &serde_json::json!({ "ledgers": rooms.node.ledgers() }))
}

/// `GET /v1/{ledger}/stock`
pub(super) async fn stock(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let query = StockQuery {
        skus: ask.skus()?,
        location: ask.params.name("location", LocationId::new)?,
        after: ask.params.name("after", Sku::new)?,
        limit: ask.limit()?,
    };
    ask.answer(&rooms, move |it, ledger| Ok(it.stock(ledger, &query)?)).await
}

/// `GET /v1/{ledger}/stock/{sku}`
pub(super) async fn stock_of(
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

/// `GET /v1/{ledger}/availability`
pub(super) async fn availability(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let channel = ask.params.name("channel", ChannelId::new)?.ok_or_else(|| needed("channel"))?;
    let skus = ask.skus()?;
    let after = ask.params.name("after", Sku::new)?;
    let limit = ask.limit()?;
    ask.answer(&rooms, move |it, ledger| {
        Ok(it.availability(ledger, &channel, &skus, after.as_ref(), limit)?)
    })
    .await
}

/// `GET /v1/{ledger}/timeline/{sku}`
pub(super) async fn timeline(
    State(rooms): Room,
    Path((ledger, sku)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let sku = named("sku", &sku, Sku::new)?;
    let query = TimelineQuery {
        location: ask.params.name("location", LocationId::new)?,
        after: ask.params.number("after")?,
        limit: ask.limit()?,
    };
    ask.answer(&rooms, move |it, ledger| it.timeline(ledger, &sku, &query)).await
}

/// `GET /v1/{ledger}/orders/{order}`
pub(super) async fn order(
    State(rooms): Room,
    Path((ledger, order)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let order = named("order", &order, OrderId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.order(ledger, &order)?)).await
}

/// `GET /v1/{ledger}/holds/{hold}`
pub(super) async fn hold(
    State(rooms): Room,
    Path((ledger, hold)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let hold = named("hold", &hold, HoldId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.hold(ledger, &hold)?)).await
}

/// `GET /v1/{ledger}/transfers/{transfer}`
pub(super) async fn transfer(
    State(rooms): Room,
    Path((ledger, transfer)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    let transfer = named("transfer", &transfer, TransferId::new)?;
    ask.answer(&rooms, move |it, ledger| Ok(it.transfer(ledger, &transfer)?)).await
}

/// `GET /v1/{ledger}/affected_orders`
pub(super) async fn affected_orders(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let mut ask = Ask::new(&rooms, &ledger, pairs)?;
    let sku = ask.params.name("sku", Sku::new)?.ok_or_else(|| needed("sku"))?;
    let location = ask.params.name("location", LocationId::new)?;
    let location = location.ok_or_else(|| needed("location"))?;
    let limit = ask.limit()?;
    ask.answer(&rooms, move |it, ledger| Ok(it.affected_orders(ledger, &sku, &location, limit)?))
        .await
}

/// `GET /v1/{ledger}/entries/{position}`
pub(super) async fn entry(
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
pub(super) async fn places(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Pairs,
) -> Told {
    let ask = Ask::new(&rooms, &ledger, pairs)?;
    ask.answer(&rooms, |it, ledger| Ok(it.places(ledger)?)).await
}
