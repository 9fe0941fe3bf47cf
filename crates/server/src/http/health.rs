//! Whether the process lives, and whether its shards serve.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json as value};

use super::app::Room;
use super::respond::{bytes_response, json};

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    bytes_response(200, "text/plain; charset=utf-8", b"ok\n".to_vec())
}

/// `GET /readyz`: every shard takes commands and what it folds is fresh; else 503. Webhooks and
/// publishers of movements that are stopped are told, and turn nothing red.
pub(super) async fn readyz(State(rooms): Room) -> Response {
    let shards = rooms.node.shard_states();
    let ready = shards.iter().all(|it| it.is_ready());
    let status = if ready { 200 } else { 503 };
    let installation = rooms.node.installation();
    let publishers = rooms.feeds.publishing.iter().enumerate();
    let mut stopped = publishers.filter_map(|(shard, it)| Some((shard, it.stopped()?)));
    let movements = stopped.next().map(|(shard, why)| format!("shard {shard:03}: {why}"));
    let body = value!({
        "ready": ready,
        "installation": installation.installation,
        "journal": installation.journal,
        "durability": rooms.node.durability(),
        "shards": shards,
        "webhooks": side(rooms.webhooks.stopped().map(str::to_owned)),
        "movements": side(movements),
    });
    json(status, &body)
}

/// What runs beside the shards.
fn side(stopped: Option<String>) -> Value {
    match stopped {
        None => value!({ "state": "serving" }),
        Some(why) => value!({ "state": "stopped", "reason": why }),
    }
}
