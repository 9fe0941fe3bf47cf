//! The addresses of the door, each with what it says of itself.

mod book;
mod commands;
mod feeds;
mod selling;
mod suppliers;
mod webhooks;

use axum::body::Body;
use axum::extract::Path;
use axum::http::Response;
use onhand_wire::Trouble;

use super::respond::{Refused, bytes_response};
use super::{health, metrics};
use crate::contracts;
use crate::contracts::route::{JSON, Param, Route, Routes, TEXT, get, name, whole};

const AFTER_SKU: Param = name("after", "Go on behind this SKU: the answer's `next`");
const LIMIT: Param = whole("limit", "Rows at most; 100 without it");

/// Every address of this server except those of gRPC, whose contract is its own.
pub(crate) fn routes() -> Routes {
    commands::routes()
        .and(book::routes())
        .and(selling::routes())
        .and(suppliers::routes())
        .and(suppliers::feeds())
        .and(feeds::routes())
        .and(webhooks::routes())
        .and(contracts::routes())
        .and(own())
}

impl Route {
    /// What every question to a ledger takes.
    fn waits(self) -> Route {
        self.takes(whole("min_position", "Wait until this position of the ledger is seen"))
            .takes(whole("wait_ms", "Wait so many milliseconds for it at most; 1,000 without it"))
    }
}

fn own() -> Routes {
    Routes::new("the server")
        .with(
            get("/errors/{code}", "error_page", error_page)
                .says("What a code means and what to do", "The `type` of a problem leads here.")
                .answers(200, TEXT, "", "For people"),
        )
        .with(
            get("/healthz", "healthz", health::healthz)
                .says("Whether the process answers", "")
                .answers(200, TEXT, "", "It does"),
        )
        .with(
            get("/readyz", "readyz", health::readyz)
                .says("Whether every shard takes commands and its reads are fresh", "")
                .answers(200, JSON, "Readiness", "All of them do")
                .answers(503, JSON, "Readiness", "Some do not; `shards` says which and why"),
        )
        .with(
            get("/metrics", "metrics", metrics::scrape)
                .says("What Prometheus scrapes", "OpenMetrics 1.0.")
                .answers(200, METRICS, "", "All metrics"),
        )
}

const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a code means and what to do, as plain text.
async fn error_page(Path(code): Path<String>) -> Result<Response<Body>, Refused> {
    let Some(page) = onhand_wire::page(&code) else {
        let shown: String = code.chars().take(60).collect();
        return Err(Trouble::NotFound { message: format!("there is no code {shown}") }.into());
    };
    let again = if page.retryable { "may succeed unchanged" } else { "will not help unchanged" };
    let text = format!(
        "{} ({})\n\n{}.\n\n{}\n\nSending the same again {again}.\n",
        page.code, page.status, page.title, page.remedy
    );
    Ok(bytes_response(200, TEXT, text.into_bytes()))
}
