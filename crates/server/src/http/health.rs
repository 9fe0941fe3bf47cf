//! Whether the process lives, and whether its shards serve.

use axum::extract::State;
use axum::response::Response;

use super::app::Room;
use super::respond::{bytes_response, json};

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    bytes_response(200, "text/plain; charset=utf-8", b"ok\n".to_vec())
}

/// `GET /readyz`: every shard takes commands and what it folds is fresh; else 503. Webhooks that
/// are stopped are told, and turn nothing red.
pub(super) async fn readyz(State(rooms): Room) -> Response {
    let shards = rooms.node.shard_states();
    let ready = shards.iter().all(|it| it.is_ready());
    let status = if ready { 200 } else { 503 };
    let installation = rooms.node.installation();
    let webhooks = match rooms.webhooks.stopped() {
        None => serde_json::json!({ "state": "serving" }),
        Some(why) => serde_json::json!({ "state": "stopped", "reason": why }),
    };
    let body = serde_json::json!({
        "ready": ready,
        "installation": installation.installation,
        "journal": installation.journal,
        "durability": rooms.node.durability(),
        "shards": shards,
        "webhooks": webhooks,
    });
    json(status, &body)
}
