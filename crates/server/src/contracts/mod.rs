//! The contracts that this server keeps, as documents: OpenAPI of its addresses, AsyncAPI of its
//! feeds.

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

/// The contract of all addresses, as it is served and as `docs/contracts/` keeps it.
pub fn openapi_json() -> &'static str {
    &OPENAPI
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}

/// Their addresses.
pub(crate) fn routes() -> Routes {
    Routes::new("contracts").with(
        get("/openapi.json", "openapi", openapi).says("This contract", "").answers(
            200,
            JSON,
            "",
            "OpenAPI 3.1",
        ),
    )
}

async fn openapi() -> Response<Body> {
    bytes_response(200, JSON, openapi_json().as_bytes().to_vec())
}
