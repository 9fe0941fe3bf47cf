//! The contracts that this server keeps, as documents: OpenAPI of its addresses, AsyncAPI of its
//! feeds.

mod asyncapi;
mod descriptors;
mod events;
mod openapi;
pub(crate) mod route;

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::Response;

use crate::http::respond::bytes_response;
use crate::http::table;
use route::{JSON, Routes, get};

static OPENAPI: LazyLock<String> = LazyLock::new(|| pretty(&openapi::document(&table::routes())));

static ASYNCAPI: LazyLock<String> = LazyLock::new(|| pretty(&asyncapi::document()));

/// The contract of all addresses, as it is served and as `docs/contracts/` keeps it.
pub fn openapi_json() -> &'static str {
    &OPENAPI
}

/// The contract of feeds, of commands over NATS and of webhooks, likewise.
pub fn asyncapi_json() -> &'static str {
    &ASYNCAPI
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}

/// Their addresses.
pub(crate) fn routes() -> Routes {
    Routes::new("contracts")
        .with(get("/openapi.json", "openapi", openapi).says("This contract", "").answers(
            200,
            JSON,
            "",
            "OpenAPI 3.1",
        ))
        .with(
            get("/asyncapi.json", "asyncapi", asyncapi)
                .says("The contract of feeds, of commands over NATS and of webhooks", "")
                .answers(200, JSON, "", "AsyncAPI 3.0"),
        )
}

async fn openapi() -> Response<Body> {
    bytes_response(200, JSON, openapi_json().as_bytes().to_vec())
}

async fn asyncapi() -> Response<Body> {
    bytes_response(200, JSON, asyncapi_json().as_bytes().to_vec())
}
