//! Health and metrics: red when it does not serve, and no name of a caller's among the labels.

use serde_json::json;

use crate::door::Door;

#[test]
fn a_server_that_serves_says_so() {
    let door = Door::open_with(|it| it.journal_shards = 3).stocked();
    assert_eq!(door.text("/healthz"), "ok\n");
    let ready = door.get("/readyz");
    assert_eq!((ready.status, &ready.body["ready"]), (200, &json!(true)), "{ready:?}");
    assert_eq!(ready.body["durability"], json!("strict"));
    assert_eq!(ready.body["shards"].as_array().unwrap().len(), 3);
    assert_eq!(ready.body["shards"][2]["engine"], json!("serving"));
}

#[test]
fn metrics_count_what_happens_without_names() {
    let door = Door::open().stocked();
    door.get("/v1/acme/stock/SECRET-SKU");
    door.get("/nowhere/SECRET-PATH");
    let text = door.text("/metrics");
    for line in [
        "onhand_engine_accepted_total{shard=\"0\"} 4",
        "onhand_http_requests_total{method=\"POST\",route=\"/v1/{ledger}/{stem}\",status=\"201\"} 4",
        "onhand_engine_append_seconds_count{shard=\"0\"} 4",
        "onhand_shard_ready{shard=\"0\"} 1",
        "onhand_durability_relaxed 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    assert!(!text.contains("SECRET") && text.ends_with("# EOF\n"), "{text}");
}
