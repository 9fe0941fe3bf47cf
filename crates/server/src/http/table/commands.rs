//! Where commands go. `{stem}` stands for each of them; the contract names them one by one.

use crate::contracts::route::{JSON, NDJSON, Param, Routes, post, switch, text};
use crate::http::commands;

pub(super) const DRY_RUN: Param = switch("dry_run", "Decide and book nothing");

pub(super) const KEY: Param = text(
    "Idempotency-Key",
    "A text of your own of at most 64 characters, new for every command and the same on every \
     retry; or `id` in the body",
)
.in_header();

const TRACE: Param = text(
    "traceparent",
    "W3C trace context of the call. It is stored with what is booked and comes out again in events",
)
.in_header();

pub(super) fn routes() -> Routes {
    Routes::new("commands")
        .with(
            post("/v1/{ledger}/commands", "submit", commands::many)
                .says(
                    "Many commands at once, at most 10,000",
                    "Each item names its `command` and its `id`. They are decided in the order of \
                     the body, and each is answered for itself.",
                )
                .takes(switch("atomic", "Book all of them or none"))
                .takes(DRY_RUN)
                .takes(switch("entries", "Whether answers carry the entries; true without it"))
                .takes(TRACE)
                .body(JSON, "Batch")
                .body(NDJSON, "BatchItem")
                .answers(200, JSON, "BatchResults", "One result per item, in their order"),
        )
        .with(
            post("/v1/{ledger}/{stem}", "command", commands::one)
                .takes(DRY_RUN)
                .takes(KEY)
                .takes(TRACE)
                .body(JSON, "")
                .answers(201, JSON, "Accepted", "It is booked, and on disk")
                .answers(
                    200,
                    JSON,
                    "AcceptedBefore",
                    "It was booked before under the same key, or of a dry run: it would be",
                ),
        )
}
