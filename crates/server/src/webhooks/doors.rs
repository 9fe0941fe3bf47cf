//! The addresses of webhooks: subscribe, look, change, rotate, enable, replay, test.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use onhand_core::{Label, LedgerId};
use onhand_wire::{Format, Invalid, Trouble, read_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Webhooks;
use super::terms::{Patch, Replay, Rotate};
use crate::http::params::{Params, named};
use crate::http::respond::{Refused, json as answer};
use crate::http::{Room, Rooms, body};

type Pairs = Query<Vec<(String, String)>>;
type Told = Result<Response, Refused>;

/// Rows of an answer if the caller does not say, and at most.
const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;

/// Their addresses.
pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new()
        .route("/v1/{ledger}/webhooks", get(list).post(create))
        .route("/v1/{ledger}/webhooks/{name}", get(show).patch(patch).delete(remove))
        .route("/v1/{ledger}/webhooks/{name}/rotate", post(rotate))
        .route("/v1/{ledger}/webhooks/{name}/enable", post(enable))
        .route("/v1/{ledger}/webhooks/{name}/deliveries", get(deliveries))
        .route("/v1/{ledger}/webhooks/{name}/dead", get(dead))
        .route("/v1/{ledger}/webhooks/{name}/replay", post(replay))
        .route("/v1/{ledger}/webhooks/{name}/test", post(test))
}

async fn list(State(rooms): Room, Path(ledger): Path<String>) -> Told {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let rows = blocking(&rooms, move |it| it.list(&ledger)).await?;
    Ok(answer(200, &json!({ "rows": rows })))
}

async fn create(State(rooms): Room, Path(ledger): Path<String>, request: Request) -> Told {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let terms = read(&rooms, request).await?;
    let made = blocking(&rooms, move |it| it.create(&ledger, terms)).await?;
    Ok(answer(201, &made))
}

async fn show(State(rooms): Room, Path(path): Path<(String, String)>) -> Told {
    let (ledger, name) = names(path)?;
    Ok(answer(200, &blocking(&rooms, move |it| it.show(&ledger, name.as_str())).await?))
}

async fn patch(State(rooms): Room, Path(path): Path<(String, String)>, request: Request) -> Told {
    let (ledger, name) = names(path)?;
    let terms: Patch = read(&rooms, request).await?;
    Ok(answer(200, &blocking(&rooms, move |it| it.patch(&ledger, name.as_str(), terms)).await?))
}

async fn remove(State(rooms): Room, Path(path): Path<(String, String)>) -> Told {
    let (ledger, name) = names(path)?;
    blocking(&rooms, move |it| it.remove(&ledger, name.as_str())).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn rotate(State(rooms): Room, Path(path): Path<(String, String)>, request: Request) -> Told {
    let (ledger, name) = names(path)?;
    let terms: Rotate = read(&rooms, request).await?;
    Ok(answer(200, &blocking(&rooms, move |it| it.rotate(&ledger, name.as_str(), &terms)).await?))
}

async fn enable(State(rooms): Room, Path(path): Path<(String, String)>) -> Told {
    let (ledger, name) = names(path)?;
    Ok(answer(200, &blocking(&rooms, move |it| it.enable(&ledger, name.as_str())).await?))
}

async fn replay(State(rooms): Room, Path(path): Path<(String, String)>, request: Request) -> Told {
    let (ledger, name) = names(path)?;
    let terms: Replay = read(&rooms, request).await?;
    let work = move |it: &Webhooks| {
        let queued = it.replay(&ledger, name.as_str(), &terms)?;
        Ok((queued, it.show(&ledger, name.as_str())?))
    };
    let (queued, webhook) = blocking(&rooms, work).await?;
    Ok(answer(202, &json!({ "queued": queued, "webhook": webhook })))
}

async fn test(State(rooms): Room, Path(path): Path<(String, String)>) -> Told {
    let (ledger, name) = names(path)?;
    let Ok(_seat) = rooms.webhooks.pings.try_acquire() else {
        return Err(Trouble::Overloaded { retry_after_ms: 1_000 }.into());
    };
    Ok(answer(200, &blocking(&rooms, move |it| it.ping(&ledger, name.as_str())).await?))
}

async fn deliveries(
    State(rooms): Room,
    Path(path): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Told {
    let (ledger, name) = names(path)?;
    let mut params = Params::new(pairs);
    let before = params.number("before")?;
    let limit = limit(&mut params)?;
    params.end()?;
    let work = move |it: &Webhooks| it.deliveries(&ledger, name.as_str(), before, limit);
    let rows = blocking(&rooms, work).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|it| it.number);
    Ok(page(&rows, next))
}

async fn dead(State(rooms): Room, Path(path): Path<(String, String)>, Query(pairs): Pairs) -> Told {
    let (ledger, name) = names(path)?;
    let mut params = Params::new(pairs);
    let after = params.number("after")?.unwrap_or(0);
    let limit = limit(&mut params)?;
    params.end()?;
    let work = move |it: &Webhooks| it.dead(&ledger, name.as_str(), after, limit);
    let rows = blocking(&rooms, work).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|it| it.number);
    Ok(page(&rows, next))
}

fn page(rows: &impl Serialize, next: Option<u64>) -> Response {
    answer(200, &json!({ "rows": rows, "next": next }))
}

fn limit(params: &mut Params) -> Result<usize, Invalid> {
    let limit = params.number("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn names((ledger, name): (String, String)) -> Result<(LedgerId, Label), Invalid> {
    Ok((named("ledger", &ledger, LedgerId::new)?, named("name", &name, Label::new)?))
}

/// The body as an object; an empty one says nothing.
async fn read<T: DeserializeOwned>(rooms: &Rooms, request: Request) -> Result<T, Refused> {
    let (parts, content) = request.into_parts();
    let kind = body::format(&parts.headers);
    let bytes = body::read(rooms.node.config(), content).await?;
    match kind {
        _ if bytes.is_empty() => Ok(read_json(b"{}")?),
        Ok(Format::Json) => Ok(read_json(&bytes)?),
        Ok(Format::Ndjson) => {
            Err(Trouble::MediaType { found: "application/x-ndjson".into() }.into())
        }
        Err(no) => Err(no.into()),
    }
}

/// Work on subscriptions, away from the threads that serve connections; as few at once as reads.
async fn blocking<T: Send + 'static>(
    rooms: &Arc<Rooms>,
    work: impl FnOnce(&Webhooks) -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let Ok(_seat) = rooms.reads.acquire().await else {
        return Err(Trouble::Unavailable { message: "the server stops".to_owned() }.into());
    };
    let webhooks = rooms.webhooks.clone();
    let done = tokio::task::spawn_blocking(move || work(&webhooks)).await;
    done.map_err(|error| Trouble::Unavailable { message: error.to_string() })?
}
