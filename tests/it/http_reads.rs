//! Questions over HTTP: what is there, since when it is known, and waiting for one's own writes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::door::Door;

/// A ledger with something of everything: a hold, an order, a SKU with a slash.
fn busy() -> Door {
    let door = Door::open().stocked();
    door.book("register_item", "i2", r#"{"sku":"a/b c?d%41"}"#);
    door.book(
        "receive_stock",
        "r2",
        r#"{"location":"A","lines":[{"sku":"a/b c?d%41","quantity":3}]}"#,
    );
    door.book(
        "hold_stock",
        "h1",
        r#"{"hold":"H-1","owner":"cart","channel":"eu","lines":[{"sku":"W","quantity":1}]}"#,
    );
    let order = r#"{"order":"SO/1","channel":"eu","lines":[{"sku":"W","quantity":4}],"cause":"order:SO/1","actor":"shop"}"#;
    assert_eq!(door.book("commit_order", "o1", order).position(), 8);
    door
}

fn get(door: &Door, path: &str) -> Value {
    let sign = if path.contains('?') { '&' } else { '?' };
    let reply = door.get(&format!("/v1/acme/{path}{sign}min_position=8&wait_ms=10000"));
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    assert_eq!(reply.body["seen"]["position"], json!(8));
    assert!(reply.body["seen"]["age_ms"].is_u64());
    reply.body
}

#[test]
fn stock_and_availability_add_up() {
    let door = busy();
    let stock = get(&door, "stock");
    assert_eq!(stock["rows"].as_array().unwrap().len(), 2);
    let row = &get(&door, "stock?sku=W&location=A")["rows"][0];
    let figures = ["on_hand", "committed", "held", "available"].map(|it| row[it].as_i64().unwrap());
    assert_eq!(figures, [10, 4, 1, 5]);
    let row = &get(&door, "availability?channel=eu&sku=W")["rows"][0];
    assert_eq!((&row["available"], &row["published"]), (&json!(5), &json!(5)));
    assert_eq!(door.get("/v1/acme/availability").code(), "missing_field");
    assert_eq!(door.get("/v1/acme/availability?channel=us").status, 404);
}

#[test]
fn names_with_slashes_are_found_in_paths_and_queries() {
    let door = busy();
    let name = "a%2Fb%20c%3Fd%2541";
    assert_eq!(get(&door, &format!("stock/{name}"))["rows"][0]["on_hand"], json!(3));
    assert_eq!(get(&door, &format!("stock?sku={name}"))["rows"][0]["sku"], json!("a/b c?d%41"));
    assert_eq!(get(&door, &format!("timeline/{name}"))["rows"][0]["kind"], json!("stock_received"));
    assert_eq!(get(&door, "orders/SO%2F1")["lines"][0]["committed"], json!(4));
}

#[test]
fn pages_follow_each_other() {
    let door = busy();
    let first = get(&door, "stock?limit=1");
    let (rows, next) = (first["rows"].as_array().unwrap(), &first["next"]);
    assert_eq!((rows.len(), next), (1, &json!("W")));
    let second = get(&door, "stock?limit=1&after=W");
    assert_eq!((&second["rows"][0]["sku"], &second["next"]), (&json!("a/b c?d%41"), &Value::Null));
}

#[test]
fn orders_holds_timelines_and_entries_tell_their_story() {
    let door = busy();
    assert_eq!(get(&door, "holds/H-1")["state"], json!("live"));
    let timeline = get(&door, "timeline/W");
    let kinds: Vec<&str> = timeline["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["order_committed", "stock_held"]);
    assert_eq!(timeline["rows"][0]["actor"], json!("shop"));
    assert_eq!(get(&door, "entries/8")["entry"]["command"]["id"], json!("o1"));
    let affected = get(&door, "affected_orders?sku=W&location=A");
    assert_eq!(affected["orders"][0]["order"], json!("SO/1"));
    assert_eq!(get(&door, "places")["locations"][0]["location"], json!("A"));
    assert_eq!(door.get("/v1/ledgers").body["ledgers"][0]["ledger"], json!("acme"));
}

#[test]
fn a_position_that_does_not_come_is_waited_for_and_then_told() {
    let door = busy();
    let begun = Instant::now();
    let reply = door.get("/v1/acme/stock?min_position=99&wait_ms=200");
    assert_eq!((reply.status, reply.code()), (504, "position_not_reached"));
    assert_eq!((&reply.body["position"], &reply.body["min_position"]), (&json!(8), &json!(99)));
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_reader_sees_what_it_was_answered() {
    let door = Door::open().stocked();
    for round in 0..50 {
        let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
        let booked = door.book("receive_stock", &format!("again-{round}"), body);
        assert_eq!(door.stock(booked.position())["on_hand"], json!(11 + round));
    }
}

#[test]
fn what_is_not_there_is_said() {
    let door = busy();
    for path in ["stock/X", "orders/X", "holds/X", "timeline/X", "entries/99", "stock?location=X"] {
        let reply = door.get(&format!("/v1/acme/{path}"));
        assert_eq!((reply.status, reply.code()), (404, "not_found"), "{path}");
    }
    assert_eq!(door.get("/v1/other/stock").status, 404);
    for path in ["stock?lmit=1", "stock?limit=x", "stock?limit=1&limit=2", "entries/x", "stock/%00"]
    {
        let reply = door.get(&format!("/v1/acme/{path}"));
        assert_eq!(reply.status, 400, "{path} {reply:?}");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
    }
}
