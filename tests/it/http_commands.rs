//! One command over HTTP: booked once, answered again, refused with the facts.

use serde_json::json;

use crate::door::Door;

const SELL: &str = r#"{"order":"SO-1","channel":"eu","lines":[{"sku":"W","quantity":2}]}"#;

#[test]
fn a_command_is_booked_and_its_retry_is_answered_as_before() {
    let door = Door::open().stocked();
    let first = door.book("commit_order", "k1", SELL);
    assert_eq!(first.position(), 5);
    assert_eq!(first.body["replayed"], json!(false));
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(first.body["entry"]["fact"]["order_committed"]["order"], json!("SO-1"));

    let again = door.command("commit_order", "k1", SELL);
    assert_eq!(again.status, 200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    for field in ["position", "height", "recorded_at", "entry"] {
        assert_eq!(first.body[field], again.body[field], "{field}");
    }
    assert_eq!(door.stock(5)["committed"], json!(2));

    let door = door.restart();
    let later = door.command("commit_order", "k1", SELL);
    assert_eq!((later.status, &later.body["height"]), (200, &first.body["height"]));
    assert_eq!(later.body["entry"], first.body["entry"]);
}

#[test]
fn a_reused_key_is_refused_and_names_the_field() {
    let door = Door::open().stocked();
    door.book("commit_order", "k1", SELL);
    let other = SELL.replace(":2}", ":3}");
    let reply = door.command("commit_order", "k1", &other);
    assert_eq!((reply.status, reply.code()), (422, "idempotency_key_reused"));
    assert_eq!(reply.body["field"], json!("lines"));
    assert_eq!(door.stock(5)["committed"], json!(2));
}

#[test]
fn a_rejection_carries_its_facts_and_is_remembered() {
    let door = Door::open().stocked();
    let body = SELL.replace(":2}", ":11}");
    let reply = door.command("commit_order", "k1", &body);
    assert_eq!((reply.status, reply.code()), (409, "insufficient_stock"));
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.body["type"], json!("/errors/insufficient_stock"));
    assert_eq!(reply.body["lines"][0]["available"], json!(10));
    assert_eq!(reply.body["retryable"], json!(false));
    let again = door.command("commit_order", "k1", &body);
    assert_eq!((again.status, again.code()), (409, "insufficient_stock"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(door.text("/errors/insufficient_stock").contains("Ask for at most"));
}

#[test]
fn a_dry_run_says_what_would_happen_and_books_nothing() {
    let door = Door::open().stocked();
    let post = |body: &str| {
        let body = body.replacen('{', r#"{"id":"k1","#, 1);
        door.post("/v1/acme/commit_order?dry_run=true", "application/json", &body)
    };
    let reply = post(SELL);
    assert_eq!((reply.status, &reply.body["dry_run"]), (200, &json!(true)));
    assert_eq!(reply.body["entry"]["position"], json!(5));
    assert_eq!(post(&SELL.replace(":2}", ":11}")).code(), "insufficient_stock");
    // Neither the goods nor the key are used up.
    assert_eq!(door.book("commit_order", "k1", SELL).position(), 5);
}

#[test]
fn a_command_needs_a_key_a_type_and_a_known_name() {
    let door = Door::open();
    let said = |path: &str, kind: &str, body: &str| {
        let reply = door.post(path, kind, body);
        assert_eq!(reply.body["status"], json!(reply.status));
        format!("{} {}", reply.status, reply.code())
    };
    let (path, json) = ("/v1/acme/register_item", "application/json");
    assert_eq!(said(path, json, r#"{"sku":"W"}"#), "400 idempotency_key_missing");
    assert_eq!(said(path, json, r#"{"id":"1","sku":""}"#), "400 invalid_field");
    assert_eq!(said(path, json, "{"), "400 not_json");
    assert_eq!(said(path, "text/plain", r#"{"id":"1","sku":"W"}"#), "415 unsupported_media_type");
    assert_eq!(
        said("/v1/Acme/register_item", json, r#"{"id":"1","sku":"W"}"#),
        "400 invalid_field"
    );
    assert_eq!(said("/v1/acme/register_itm", json, r#"{"id":"1","sku":"W"}"#), "404 not_found");
    assert_eq!(said("/v1/acme/expire_hold", json, r#"{"id":"1","hold":"H"}"#), "404 not_found");
    let twice = "/v1/acme/register_item?dryrun=true";
    assert_eq!(said(twice, json, r#"{"id":"1","sku":"W"}"#), "400 unknown_field");
}

/// What a decision needs from the past is looked up on the way in.
#[test]
fn counts_of_past_moments_and_reversals_know_the_history() {
    let door = Door::open().stocked();
    let before =
        door.book("receive_stock", "r1", r#"{"location":"A","lines":[{"sku":"W","quantity":5}]}"#);
    let moment = before.body["recorded_at"].as_str().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    door.book("damage_stock", "d1", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#);
    // Fifteen lay there at that moment, fourteen were seen: one is missing, and one is damaged.
    let count = format!(
        r#"{{"location":"A","counted_at":"{moment}","lines":[{{"sku":"W","quantity":14}}]}}"#
    );
    let booked = door.book("count_stock", "c1", &count);
    assert_eq!(door.stock(booked.position())["sellable"], json!(13));

    let body = format!(r#"{{"position":{},"reason":"did_not_occur"}}"#, booked.position() - 1);
    let undone = door.book("reverse_entry", "u1", &body);
    assert_eq!(door.stock(undone.position())["damaged"], json!(0));
    let twice = door.command("reverse_entry", "u2", &body);
    assert_eq!((twice.status, twice.code()), (409, "already_reversed"));
}
