//! Questions: each answer says what it saw, and may wait for what its caller just wrote.

mod availability;
mod handovers;
mod here;
mod inbox;
mod orders;
mod routing;
mod rules;
mod stock;
mod suppliers;

use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Response;
use onhand_core::{LedgerId, Sku};
use onhand_projector::{Missing, Projector, QueryError};
use onhand_wire::{Invalid, Trouble};
use serde::Serialize;
use serde::de::IntoDeserializer;

pub(super) use availability::{availability, explain, promise, replacements};
pub(super) use handovers::{handover, handovers, waiting};
pub use handovers::{handover_csv, handovers_here};
pub use here::{answer_here, part_of};
pub(super) use inbox::{discrepancies, discrepancy};
pub(super) use orders::{affected_orders, hold, order, transfer};
pub(super) use routing::routing;
pub(super) use rules::{expected, kit, notices, policies, pool, pools};
pub(super) use stock::{entry, places, stock, stock_of, timeline};
pub(super) use suppliers::{feed, feeds, scorecard, supplier, supplier_skus, suppliers, tiers};

use super::app::{Room, Rooms};
use super::params::{Params, named};
use super::respond::{Refused, json};

type Pairs = Query<Vec<(String, String)>>;
type Told = Result<Response, Refused>;

/// What a projector answers to a question that was read.
trait Answer<T>: FnOnce(&Projector, &LedgerId) -> Result<T, QueryError> + Send + 'static {}

impl<T, F> Answer<T> for F where
    F: FnOnce(&Projector, &LedgerId) -> Result<T, QueryError> + Send + 'static
{
}

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
    /// It is about so few items that a thread of its own would cost more than the answer.
    is_short: bool,
}

impl Ask {
    fn new(rooms: &Rooms, ledger: &str, pairs: Vec<(String, String)>) -> Result<Ask, Invalid> {
        let ledger = named("ledger", ledger, LedgerId::new)?;
        let mut params = Params::new(pairs);
        let min_position = params.number("min_position")?.unwrap_or(0);
        let wait_ms = params.number("wait_ms")?.unwrap_or(WAIT_MS);
        let wait = Duration::from_millis(wait_ms.min(rooms.node.config().http_wait_ms_max));
        Ok(Ask { ledger, params, min_position, wait, is_short: false })
    }

    async fn answer<T: Serialize + Send + 'static>(
        self,
        rooms: &Rooms,
        query: impl Answer<T>,
    ) -> Told {
        Ok(json(200, &self.find(rooms, query).await?))
    }

    /// Waits for the position, then asks; both away from the threads that serve connections.
    async fn find<T: Send + 'static>(
        self,
        rooms: &Rooms,
        query: impl Answer<T>,
    ) -> Result<T, Refused> {
        let Ask { ledger, params, min_position, wait, is_short } = self;
        params.end()?;
        let projector = rooms.node.projector(&ledger);
        let Ok(_seat) = rooms.reads.acquire().await else {
            return Err(Trouble::Unavailable { message: "the server stops".to_owned() }.into());
        };
        if is_short && min_position == 0 && projector.is_free() {
            return Ok(query(&projector, &ledger).map_err(|error| trouble(&error))?);
        }
        let work = move || {
            if min_position > 0 && !projector.wait_for(&ledger, min_position, wait) {
                return Err(not_reached(&projector, &ledger, min_position));
            }
            query(&projector, &ledger).map_err(|error| trouble(&error))
        };
        let told = tokio::task::spawn_blocking(work).await;
        let told = told.map_err(|error| Trouble::Unavailable { message: error.to_string() })?;
        Ok(told?)
    }
}

fn not_reached(projector: &Projector, ledger: &LedgerId, min_position: u64) -> Trouble {
    let position = projector.places(ledger).map_or(0, |it| it.seen.position);
    Trouble::PositionNotReached { position, min_position }
}

pub(crate) fn trouble(error: &QueryError) -> Trouble {
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
        Missing::Position => "nothing is recorded at this position, or was by this time",
        Missing::Timeline => "timelines are switched off (projector.timeline)",
        Missing::Pool => "no pool has this name",
        Missing::Kit => "the item is no kit",
        Missing::Supplier => "no supplier has this name",
        Missing::Feed => "no feed has this name",
        Missing::Discrepancy => "no discrepancy has this number",
        Missing::Handover => "the supplier was handed over nothing under this name",
        Missing::TooOld { oldest } => return Trouble::Gone { oldest: *oldest },
        Missing::Ahead { .. } => "nothing is booked at this place yet",
    };
    Trouble::NotFound { message: what.to_owned() }
}

/// How many rows are asked for.
fn limit(params: &mut Params) -> Result<usize, Invalid> {
    let limit = params.number("limit")?.unwrap_or(LIMIT);
    // The projector has its own, lower bound.
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn skus(params: &mut Params) -> Result<Vec<Sku>, Invalid> {
    params.all("sku").iter().map(|it| named("sku", it, Sku::new)).collect()
}

/// One of a few words, as they stand in answers too.
fn word<'de, T: serde::Deserialize<'de>>(
    name: &str,
    text: &'de str,
    message: &str,
) -> Result<T, Invalid> {
    let read: Result<T, serde::de::value::Error> = T::deserialize(text.into_deserializer());
    read.map_err(|_| Invalid::new("invalid_field", name, message))
}

fn needed(name: &str) -> Invalid {
    Invalid::new("missing_field", name, "is missing; add it as a query parameter")
}

/// `GET /v1/ledgers`
pub(super) async fn ledgers(State(rooms): Room) -> Response {
    json(200, &serde_json::json!({ "ledgers": rooms.node.ledgers() }))
}
