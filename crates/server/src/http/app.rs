//! What every request goes through, whatever its address.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use onhand_wire::{Invalid, Trouble};
use tokio::sync::Semaphore;
use tracing::{Instrument, Span};

use super::metrics::Metrics;
use super::respond::Refused;
use super::table;
use crate::Node;
use crate::feeds::Feeds;
use crate::snapshots::Snapshots;
use crate::webhooks::Webhooks;
use crate::{feeds, trace, webhooks};

/// Reads under way at once, of which each takes a thread; more wait in line.
const READS_MAX: usize = 256;

/// The node with the door's routes.
pub(super) struct App {
    pub node: Arc<Node>,
    rooms: Arc<Rooms>,
    router: Router,
}

/// What every handler is given.
pub(crate) type Room = State<Arc<Rooms>>;

pub(crate) struct Rooms {
    pub node: Arc<Node>,
    pub metrics: Metrics,
    pub reads: Semaphore,
    pub snapshots: Arc<Snapshots>,
    /// Files that are compared at once.
    pub files: Semaphore,
    pub feeds: Arc<Feeds>,
    pub webhooks: Arc<Webhooks>,
}

impl App {
    pub fn new(
        node: Arc<Node>,
        snapshots: Arc<Snapshots>,
        feeds: Arc<Feeds>,
        webhooks: Arc<Webhooks>,
    ) -> Arc<App> {
        let metrics =
            Metrics::new(node.clone(), snapshots.clone(), feeds.clone(), webhooks.clone());
        let reads = Semaphore::new(READS_MAX);
        let files = Semaphore::new(node.config().snapshot_files_max as usize);
        let node_too = node.clone();
        let rooms = Rooms { node: node_too, metrics, reads, snapshots, files, feeds, webhooks };
        let rooms = Arc::new(rooms);
        let router = routes(rooms.clone());
        let router = match node.config().grpc_enabled {
            true => router.clone().merge(crate::grpc::routes(&rooms, &router)),
            false => router,
        };
        Arc::new(App { node, rooms, router })
    }

    pub fn rooms(&self) -> Arc<Rooms> {
        self.rooms.clone()
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

fn addresses() -> Router<Arc<Rooms>> {
    table::routes().router().merge(feeds::routes()).merge(webhooks::routes())
}

fn routes(rooms: Arc<Rooms>) -> Router {
    addresses()
        .fallback(nowhere)
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn_with_state(rooms.clone(), watch))
        .with_state(rooms)
}

async fn nowhere(request: Request) -> Response {
    if crate::grpc::is_call(&request) {
        return crate::grpc::unknown_call(&request);
    }
    let path: String = request.uri().path().chars().take(120).collect();
    let message = format!("there is nothing at {path}");
    Refused::from(Trouble::NotFound { message }).into_response()
}

/// The router adds the header `Allow`.
async fn other_method(request: Request) -> Response {
    if crate::grpc::is_call(&request) {
        return crate::grpc::unknown_call(&request);
    }
    let method: String = request.method().as_str().chars().take(20).collect();
    Refused::from(Trouble::MethodNotAllowed { method }).into_response()
}

/// Counts requests, and marks answers that stand on weaker durability.
async fn watch(State(rooms): Room, request: Request, next: Next) -> Response {
    let timer = rooms.metrics.begin(&request);
    let span = span(&request);
    let answering = next.run(request).instrument(span.clone());
    let mut response = unreadable_address(answering.await);
    span.record("http.response.status_code", response.status().as_u16());
    if rooms.node.is_relaxed() {
        let value = HeaderValue::from_static("relaxed");
        response.headers_mut().insert("onhand-durability", value);
    }
    timer.end(response.status());
    response
}

/// Named after the pattern that matched: addresses have names of callers in them.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", |it| it.as_str());
    trace::span(request.method().as_str(), route, request.headers())
}

/// The router's own refusals, of an address that is not UTF-8 for one, told as every other no.
fn unreadable_address(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let of_router = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/plain"));
    match response.status().is_client_error() && of_router {
        true => {
            let message = "has escapes that are no UTF-8 text; encode names as UTF-8";
            Refused::from(Invalid::new("invalid_field", "address", message)).into_response()
        }
        false => response,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The addresses that a router serves, as it tells them itself; without its fallbacks.
    fn served(router: &Router<Arc<Rooms>>) -> BTreeSet<String> {
        let told = format!("{router:?}");
        let addresses = told.split('"').filter(|it| it.starts_with('/') && it.len() > 1);
        addresses.filter(|it| !it.contains("__private__")).map(str::to_owned).collect()
    }

    #[test]
    fn every_address_is_declared() {
        let router = addresses();
        let declared: BTreeSet<String> =
            table::routes().all().iter().map(|it| it.path.to_owned()).collect();
        assert!(declared.len() > 40, "{declared:?}");
        assert_eq!(served(&router), declared, "declare it in a table of Routes");
    }
}
