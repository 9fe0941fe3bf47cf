//! The contract of the feeds: whole, as it is committed, and true of a real server's events.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::door::Door;
use crate::openapi::{check, check_golden, dangling, validator};

fn contract() -> Value {
    serde_json::from_str(onhand_server::asyncapi_json()).unwrap()
}

#[test]
fn the_contract_of_feeds_is_the_committed_one() {
    check_golden("asyncapi.json", onhand_server::asyncapi_json());
}

#[test]
fn the_contract_of_feeds_is_whole() {
    let document = contract();
    let other: Value = serde_json::from_str(onhand_server::openapi_json()).unwrap();
    for address in dangling(&document) {
        let inside = address.strip_prefix("openapi.json#").unwrap_or_else(|| panic!("{address}"));
        assert!(other.pointer(inside).is_some(), "{address}");
    }
    assert_eq!(document["asyncapi"], "3.0.0");
    for (name, channel) in document["channels"].as_object().unwrap() {
        let address = channel["address"].as_str().unwrap_or_default();
        let braces = address.split(['.', '/']);
        let braces = braces.filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
        let named = channel["parameters"].as_object().into_iter().flatten().map(|(name, _)| name);
        let named: BTreeSet<&str> = named.map(String::as_str).collect();
        assert_eq!(named, braces.collect(), "{name}");
        assert!(!channel["messages"].as_object().unwrap().is_empty(), "{name}");
    }
    for (name, operation) in document["operations"].as_object().unwrap() {
        let channel = operation["channel"]["$ref"].as_str().unwrap_or_default();
        assert!(channel.starts_with("#/channels/"), "{name}");
        assert!(["send", "receive"].contains(&operation["action"].as_str().unwrap()), "{name}");
    }
}

/// A ledger in which goods came, were held, committed, shipped and ran low.
fn busy() -> Door {
    let door = Door::open().stocked();
    for (number, (stem, body)) in [
        ("set_policy", r#"{"channel":"eu","set":{"low_stock":{"at":5}}}"#),
        (
            "hold_stock",
            r#"{"hold":"H","channel":"eu","owner":"x","lines":[{"sku":"W","quantity":2}]}"#,
        ),
        ("commit_order", r#"{"order":"O","hold":"H","cause":"order:O"}"#),
        ("commit_order", r#"{"order":"P","channel":"eu","lines":[{"sku":"W","quantity":4}]}"#),
        ("ship_order", r#"{"order":"O"}"#),
        (
            "write_off_stock",
            r#"{"location":"A","lines":[{"sku":"W","quantity":1,"condition":"sellable"}],"reason":{"code":"shrinkage"}}"#,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        door.book(stem, &format!("b{number}"), body);
    }
    door
}

#[test]
fn real_events_are_as_the_contract_says() {
    let (door, document) = (busy(), contract());
    let schema = |name: &str| validator(&document, &document["components"]["schemas"][name]);
    let moved = door.get("/v1/acme/movements?wait_ms=5000").body;
    let events = moved["events"].as_array().unwrap();
    assert!(events.len() >= 6, "{moved:#}");
    for event in events {
        check(&schema("MovementEvent"), event, "a movement");
    }
    let changed = door.get("/v1/acme/availability/changes?wait_ms=5000").body;
    let changes = changed["events"].as_array().unwrap();
    assert!(!changes.is_empty(), "{changed:#}");
    for event in changes {
        check(&schema("AvailabilityEvent"), event, "a change");
    }
    check(&schema("AvailabilityChangesPage"), &changed, "changes");
    let noticed = door.get("/v1/acme/notices?min_position=10&wait_ms=5000").body;
    let rows = noticed["rows"].as_array().unwrap();
    assert!(!rows.is_empty(), "{noticed:#}");
    for row in rows {
        check(&schema("Notice"), row, "a notice");
    }
    let mut wrong = events[0].clone();
    wrong["data"]["position"] = json!("1");
    assert!(!schema("MovementEvent").is_valid(&wrong), "the schema refuses nothing");
    assert_eq!(door.get("/asyncapi.json").body, document);
}
