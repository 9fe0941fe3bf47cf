//! Subscriptions as their owners see them: made, changed, rotated, replayed, refused by field.

use std::sync::mpsc::channel;

use serde_json::json;

use super::target::{Answer, Target};
use super::{deliveries, movements, open, open_with, receive, subscribe, until, webhook};
use crate::door::{Door, Reply};

fn post(door: &Door, path: &str, body: &str) -> Reply {
    door.post(&format!("/v1/acme/webhooks{path}"), "application/json", body)
}

#[test]
fn while_two_secrets_live_both_sign() {
    let (door, target) = (open(), Target::new());
    let old = subscribe(&door, "shop", &target, &movements())["secret"].clone();
    let rotated = post(&door, "/shop/rotate", r#"{"overlap_s":3600}"#);
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let new = rotated.body["secret"].clone();
    assert_eq!(rotated.body["secrets"].as_array().unwrap().len(), 2);
    receive(&door, "k1", 1);
    let heard = target.await_calls(1);
    let signed = |index: usize, key: &serde_json::Value| {
        target.heard()[index].is_signed_by(key.as_str().unwrap())
    };
    assert!(signed(0, &old) && signed(0, &new), "{heard:?}");
    let last = post(&door, "/shop/rotate", r#"{"overlap_s":0}"#).body["secret"].clone();
    receive(&door, "k2", 1);
    target.await_calls(2);
    assert!(signed(1, &last) && !signed(1, &new) && !signed(1, &old));
}

#[test]
fn events_are_told_again_from_a_place_or_one_by_its_id() {
    let (door, target) = (open(), Target::new());
    subscribe(&door, "shop", &target, &movements());
    let positions: Vec<u64> = (0..3).map(|it| receive(&door, &format!("k{it}"), 1)).collect();
    let heard = target.await_calls(3);
    let one = json!({ "id": heard[1].id() }).to_string();
    assert_eq!(post(&door, "/shop/replay", &one).status, 202);
    let heard = target.await_calls(4);
    assert_eq!((heard[3].id(), &heard[3].text), (heard[1].id(), &heard[1].text));
    until("all is written", || deliveries(&door, "shop").len() == 4);
    let behind = json!({ "after": positions[0].to_string() }).to_string();
    assert_eq!(post(&door, "/shop/replay", &behind).status, 202);
    let heard = target.await_calls(6);
    let told: Vec<u64> = heard[4..].iter().map(|it| it.position()).collect();
    assert_eq!(told, positions[1..]);
    let beginning = Target::new();
    subscribe(&door, "late", &beginning, &json!({ "after": "beginning" }));
    let heard = beginning.await_calls(4);
    assert_eq!(heard[0].kind(), "onhand.movement.stock_received");
}

#[test]
fn a_test_says_how_it_went() {
    let (door, target) = (open(), Target::new());
    let secret = subscribe(&door, "shop", &target, &json!({}))["secret"].clone();
    let told = post(&door, "/shop/test", "");
    assert_eq!((told.status, &told.body["result"]), (200, &json!("delivered")), "{told:?}");
    let heard = target.heard();
    assert_eq!(heard[0].kind(), "onhand.webhook.ping");
    assert!(heard[0].is_signed_by(secret.as_str().unwrap()));
    target.answers(|_| Answer::Status(500));
    let told = post(&door, "/shop/test", "");
    assert_eq!((&told.body["result"], &told.body["status"]), (&json!("failed"), &json!(500)));
    assert_eq!(deliveries(&door, "shop").len(), 2);
}

#[test]
fn a_webhook_is_changed_disabled_and_removed() {
    let (door, first, second) = (open(), Target::new(), Target::new());
    subscribe(&door, "shop", &first, &movements());
    receive(&door, "k1", 1);
    first.await_calls(1);
    let change = json!({ "url": second.url(), "enabled": false }).to_string();
    let changed = door.patch("/v1/acme/webhooks/shop", &change);
    assert_eq!((changed.status, &changed.body["state"]), (200, &json!("disabled")), "{changed:?}");
    receive(&door, "k2", 1);
    let changed = door.patch("/v1/acme/webhooks/shop", r#"{"enabled":true}"#);
    assert_eq!(changed.body["url"], second.url());
    second.await_calls(1);
    assert_eq!(door.delete("/v1/acme/webhooks/shop").status, 204);
    assert_eq!(door.get("/v1/acme/webhooks/shop").status, 404);
    assert_eq!(door.delete("/v1/acme/webhooks/shop").status, 404);
    assert_eq!(door.get("/v1/acme/webhooks").body["rows"], json!([]));
    // The name is free again, and nothing of the old one is left.
    subscribe(&door, "shop", &first, &movements());
    assert!(deliveries(&door, "shop").is_empty());
}

#[test]
fn of_changes_at_the_same_time_none_is_lost() {
    let (door, target) = (open(), Target::new());
    subscribe(&door, "shop", &target, &movements());
    for round in 0..5 {
        let prefix = format!("W{round}");
        let channel = format!("c{round}");
        std::thread::scope(|scope| {
            let change = |body: serde_json::Value| {
                let changed = door.patch("/v1/acme/webhooks/shop", &body.to_string());
                assert_eq!(changed.status, 200, "{changed:?}");
            };
            scope.spawn(move || change(json!({ "sku_prefix": format!("W{round}") })));
            scope.spawn(move || change(json!({ "channels": [format!("c{round}")] })));
        });
        let it = webhook(&door, "shop");
        assert_eq!((&it["sku_prefix"], &it["channels"]), (&json!(prefix), &json!([channel])));
    }
}

#[test]
fn one_that_is_made_anew_under_a_name_is_told_everything_once() {
    let door = open();
    let (enters, entered) = channel();
    let (releases, released) = channel::<()>();
    let slow = Target::that(move |_| {
        enters.send(()).unwrap();
        let _ = released.recv();
        Answer::Status(204)
    });
    subscribe(&door, "shop", &slow, &movements());
    receive(&door, "k0", 1);
    entered.recv().unwrap();
    // The thread of the old one is in its call while the new one is made.
    assert_eq!(door.delete("/v1/acme/webhooks/shop").status, 204);
    let target = Target::new();
    subscribe(&door, "shop", &target, &movements());
    drop(releases);
    until("the call of the old one", || slow.heard().len() == 1);
    let positions: Vec<u64> = (1..=8).map(|it| receive(&door, &format!("k{it}"), 1)).collect();
    until("all of it", || deliveries(&door, "shop").len() >= 8);
    let told: Vec<u64> = target.heard().iter().map(|it| it.position()).collect();
    assert_eq!(told, positions);
    assert_eq!(deliveries(&door, "shop").len(), 8);
}

#[test]
fn what_is_no_good_is_refused_by_field() {
    let door = open_with(|it| it.webhook_targets_max = 1);
    let url = "https://shop.example/hook";
    let cases = [
        (json!({ "url": url }), "missing_field", "name"),
        (json!({ "name": "a" }), "missing_field", "url"),
        (json!({ "name": "a", "url": "ftp://x/" }), "invalid_field", "url"),
        (json!({ "name": " ", "url": url }), "invalid_field", "name"),
        (json!({ "name": "a", "url": url, "typ": [] }), "unknown_field", "typ"),
        (
            json!({ "name": "a", "url": url, "types": ["onhand.stock"] }),
            "invalid_field",
            "types[0]",
        ),
        (json!({ "name": "a", "url": url, "types": 1 }), "invalid_field", "types"),
        (json!({ "name": "a", "url": url, "secret": "x" }), "invalid_field", "secret"),
        (json!({ "name": "a", "url": url, "after": "x" }), "invalid_field", "after"),
        (json!({ "name": "a", "url": url, "after": "99" }), "invalid_field", "after"),
    ];
    for (body, code, field) in cases {
        let reply = post(&door, "", &body.to_string());
        assert_eq!((reply.status, reply.code()), (400, code), "{body} {reply:?}");
        assert_eq!(reply.body["field"], field, "{body}");
    }
    let good = json!({ "name": "a", "url": url, "types": ["onhand.stock.low"] }).to_string();
    assert_eq!(post(&door, "", &good).status, 201);
    assert_eq!(
        (post(&door, "", &good).status, post(&door, "", &good).code()),
        (409, "already_exists")
    );
    let other = json!({ "name": "b", "url": url }).to_string();
    let full = post(&door, "", &other);
    assert!(full.body["detail"].as_str().unwrap().contains("webhook.targets_max"), "{full:?}");
    assert_eq!(post(&door, "/a/replay", "{}").status, 400);
    assert_eq!(
        post(&door, "/a/replay", r#"{"id":"acme/00000000000000000009"}"#).body["field"],
        "id"
    );
    assert_eq!(post(&door, "/a/rotate", r#"{"overlap_s":9999999}"#).body["field"], "overlap_s");
    assert_eq!(post(&door, "/b/rotate", "{}").status, 404);
    let elsewhere = door.post("/v1/nobody/webhooks", "application/json", other);
    assert_eq!(elsewhere.status, 404, "{elsewhere:?}");
}

#[test]
fn a_damaged_file_stops_webhooks_and_nothing_else() {
    let mut door = open();
    door.stop();
    let path = door.config.data_dir.join("webhooks.redb");
    std::fs::write(&path, b"this is no database, however long one looks at it").unwrap();
    let door = Door::start(door.directory.clone(), door.config.clone());
    let listed = door.get("/v1/acme/webhooks");
    assert_eq!((listed.status, listed.code()), (503, "unavailable"), "{listed:?}");
    assert!(listed.body["detail"].as_str().unwrap().contains("webhooks.redb"), "{listed:?}");
    until("the rest is ready", || door.get("/readyz").status == 200);
    let ready = door.get("/readyz").body;
    assert_eq!(ready["webhooks"]["state"], "stopped", "{ready}");
    assert!(door.text("/metrics").contains("onhand_webhook_stopped 1"));
    receive(&door, "k1", 1);
}

#[test]
fn where_webhooks_are_switched_off_they_wait() {
    let door = open_with(|it| it.webhook_enabled = false);
    let target = Target::new();
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    assert_eq!(webhook(&door, "shop")["state"], "off");
    let mut config = door.config.clone();
    let directory = door.directory.clone();
    drop(door);
    config.webhook_enabled = true;
    let _door = Door::start(directory, config);
    target.await_calls(1);
}
