//! The route table.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use onhand_wire::{Invalid, Trouble};
use tokio::sync::Semaphore;

use super::metrics::Metrics;
use super::respond::{Refused, bytes_response};
use super::{commands, confirmation, health, metrics, reads, snapshots};
use crate::Node;
use crate::feeds::Feeds;
use crate::snapshots::Snapshots;
use crate::webhooks::Webhooks;
use crate::{contracts, feeds, webhooks};

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
        let metrics = Metrics::new(node.clone(), snapshots.clone());
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

fn routes(rooms: Arc<Rooms>) -> Router {
    Router::new()
        .route("/v1/ledgers", get(reads::ledgers))
        .route("/v1/{ledger}/commands", post(commands::many))
        .route("/v1/{ledger}/stock", get(reads::stock))
        .route("/v1/{ledger}/stock/{sku}", get(reads::stock_of))
        .route("/v1/{ledger}/availability", get(reads::availability))
        .route("/v1/{ledger}/explain", get(reads::explain))
        .route("/v1/{ledger}/replacements", get(reads::replacements))
        .route("/v1/{ledger}/promise", get(reads::promise))
        .route("/v1/{ledger}/routing", get(reads::routing))
        .route("/v1/{ledger}/notices", get(reads::notices))
        .route("/v1/{ledger}/policies", get(reads::policies))
        .route("/v1/{ledger}/pools", get(reads::pools))
        .route("/v1/{ledger}/pools/{pool}", get(reads::pool))
        .route("/v1/{ledger}/kits/{sku}", get(reads::kit))
        .route("/v1/{ledger}/expected", get(reads::expected))
        .route("/v1/{ledger}/timeline/{sku}", get(reads::timeline))
        .route("/v1/{ledger}/orders/{order}", get(reads::order))
        .route("/v1/{ledger}/holds/{hold}", get(reads::hold))
        .route("/v1/{ledger}/affected_orders", get(reads::affected_orders))
        .route("/v1/{ledger}/transfers/{transfer}", get(reads::transfer))
        .route("/v1/{ledger}/places", get(reads::places))
        .route("/v1/{ledger}/entries/{position}", get(reads::entry))
        .route("/v1/{ledger}/discrepancies", get(reads::discrepancies))
        .route("/v1/{ledger}/discrepancies/{number}", get(reads::discrepancy))
        .route("/v1/{ledger}/suppliers", get(reads::suppliers))
        .route("/v1/{ledger}/suppliers/{supplier}", get(reads::supplier))
        .route("/v1/{ledger}/suppliers/{supplier}/skus", get(reads::supplier_skus))
        .route("/v1/{ledger}/suppliers/{supplier}/scorecard", get(reads::scorecard))
        .route("/v1/{ledger}/suppliers/{supplier}/waiting", get(reads::waiting))
        .route("/v1/{ledger}/suppliers/{supplier}/handovers", get(reads::handovers))
        .route("/v1/{ledger}/suppliers/{supplier}/handovers/{handover}", get(reads::handover))
        .route(
            "/v1/{ledger}/suppliers/{supplier}/handovers/{handover}/confirmation",
            post(confirmation::confirm),
        )
        .route("/v1/{ledger}/feeds", get(reads::feeds))
        .route("/v1/{ledger}/feeds/{feed}", get(reads::feed))
        .route("/v1/{ledger}/feeds/{feed}/tiers", get(reads::tiers))
        .route("/v1/{ledger}/feeds/{feed}/snapshots", post(snapshots::upload))
        .route("/v1/{ledger}/feeds/{feed}/snapshots/{hash}/bytes", get(snapshots::bytes))
        .route("/v1/{ledger}/feeds/{feed}/form", post(snapshots::form))
        .route("/v1/{ledger}/feeds/{feed}/pull", post(snapshots::pull))
        .merge(feeds::routes())
        .merge(webhooks::routes())
        .merge(contracts::routes())
        .route("/v1/{ledger}/{stem}", post(commands::one))
        .route("/errors/{code}", get(error_page))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::scrape))
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
    let mut response = unreadable_address(next.run(request).await);
    if rooms.node.is_relaxed() {
        let value = HeaderValue::from_static("relaxed");
        response.headers_mut().insert("onhand-durability", value);
    }
    timer.end(response.status());
    response
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

/// What a code means and what to do, as plain text.
async fn error_page(Path(code): Path<String>) -> Result<Response, Refused> {
    let Some(page) = onhand_wire::page(&code) else {
        let shown: String = code.chars().take(60).collect();
        return Err(Trouble::NotFound { message: format!("there is no code {shown}") }.into());
    };
    let again = if page.retryable { "may succeed unchanged" } else { "will not help unchanged" };
    let text = format!(
        "{} ({})\n\n{}.\n\n{}\n\nSending the same again {again}.\n",
        page.code, page.status, page.title, page.remedy
    );
    Ok(bytes_response(200, "text/plain; charset=utf-8", text.into_bytes()))
}
