//! Webhooks through the door: signed, in order, tried again, and never in anybody's way.

mod management;
mod recipe;
mod target;
mod trouble;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::{Process, onhand, run};
use crate::door::Door;
use target::{Answer, Target};

/// A server whose webhooks may come here, with a short first pause.
fn open_with(change: impl FnOnce(&mut onhand_server::Config)) -> Door {
    let door = Door::open_with(|it| {
        it.webhook_allow_private = true;
        it.webhook_retry_first_ms = 50;
        change(it);
    });
    door.stocked()
}

fn open() -> Door {
    open_with(|_| ())
}

/// Subscribes; answers what the door says.
fn subscribe(door: &Door, name: &str, target: &Target, more: &Value) -> Value {
    let mut body = json!({ "name": name, "url": target.url() });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = door.post("/v1/acme/webhooks", "application/json", body.to_string());
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.body
}

fn movements() -> Value {
    json!({ "types": ["onhand.movement."] })
}

fn receive(door: &Door, key: &str, quantity: u64) -> u64 {
    let line = format!(r#"{{"location":"A","lines":[{{"sku":"W","quantity":{quantity}}}]}}"#);
    door.book("receive_stock", key, &line).position()
}

fn webhook(door: &Door, name: &str) -> Value {
    let reply = door.get(&format!("/v1/acme/webhooks/{name}"));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

fn deliveries(door: &Door, name: &str) -> Vec<Value> {
    let reply = door.get(&format!("/v1/acme/webhooks/{name}/deliveries"));
    reply.body["rows"].as_array().unwrap().clone()
}

/// Waits until it holds: what happens by itself has no other end to wait for.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_moves_is_told_signed_and_in_order() {
    let (door, target) = (open(), Target::new());
    let made = subscribe(&door, "shop", &target, &movements());
    let secret = made["secret"].as_str().unwrap();
    let positions: Vec<u64> = (1..=3).map(|it| receive(&door, &format!("k{it}"), it)).collect();
    let heard = target.await_calls(3);
    assert_eq!(heard.iter().map(|it| it.position()).collect::<Vec<_>>(), positions);
    let first = &heard[0];
    assert_eq!(first.id(), format!("acme/{:020}-000000", positions[0]));
    assert!(first.is_signed_by(secret), "{first:?}");
    assert!(!first.is_signed_by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert_eq!(first.header("content-type"), "application/json");
    let body = first.body();
    assert_eq!(body["type"], "onhand.movement.stock_received");
    assert_eq!((&body["data"]["sku"], &body["data"]["quantity"]), (&json!("W"), &json!(1)));
    assert_eq!(body["timestamp"], body["data"]["occurred_at"]);
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["data", "timestamp", "type"]);
    // Nobody sees the secret again.
    for path in ["webhooks", "webhooks/shop", "webhooks/shop/deliveries"] {
        let text = door.text(&format!("/v1/acme/{path}"));
        assert!(!text.contains(&secret[6..]), "{text}");
    }
    until("the log", || deliveries(&door, "shop").len() == 3);
    let newest = &deliveries(&door, "shop")[0];
    assert_eq!((&newest["result"], &newest["status"]), (&json!("delivered"), &json!(204)));
    let metrics = door.text("/metrics");
    let counted =
        r#"onhand_webhook_deliveries_total{ledger="acme",webhook="shop",result="delivered"} 3"#;
    assert!(metrics.contains(counted), "{metrics}");
}

#[test]
fn what_runs_out_and_comes_back_is_told() {
    let (door, target) = (open(), Target::new());
    let made = subscribe(
        &door,
        "buyer",
        &target,
        &json!({ "types": ["onhand.stock."], "signing": "ed25519" }),
    );
    let order = r#"{"order":"o1","channel":"eu","lines":[{"ref":"1","sku":"W","quantity":10}]}"#;
    door.book("commit_order", "k1", order);
    receive(&door, "k2", 5);
    let heard = target.await_calls(2);
    let kinds: Vec<String> = heard.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, ["onhand.stock.out", "onhand.stock.back"]);
    assert_eq!(heard[0].id(), "acme/00000000000000000001");
    assert_eq!(heard[0].body()["data"]["channel"], "eu");
    let public = made["secret"].as_str().unwrap();
    assert!(public.starts_with("whpk_") && heard[0].is_signed_by(public), "{public}");
    assert_eq!(webhook(&door, "buyer")["secrets"][0]["public_key"], public);
}

#[test]
fn types_channels_and_skus_are_told_apart() {
    let door = open();
    door.book("register_item", "f1", r#"{"sku":"V"}"#);
    door.book("receive_stock", "f2", r#"{"location":"A","lines":[{"sku":"V","quantity":5}]}"#);
    let filters = [
        json!({ "types": ["onhand.movement.order_committed"] }),
        json!({ "types": ["onhand.movement."], "channels": ["eu"] }),
        json!({ "types": ["onhand.movement."], "sku_prefix": "V" }),
        json!({ "types": ["onhand.stock.out"], "channels": ["us"] }),
        json!({}),
    ];
    let targets: Vec<Target> = filters.iter().map(|_| Target::new()).collect();
    for (index, (target, filter)) in targets.iter().zip(&filters).enumerate() {
        subscribe(&door, &format!("h{index}"), target, filter);
    }
    receive(&door, "f3", 1);
    let order = r#"{"order":"o1","channel":"eu","lines":[{"ref":"1","sku":"V","quantity":5}]}"#;
    door.book("commit_order", "f4", order);
    // The last one hears all of it, which is when the others have heard theirs or soon will.
    let all = targets[4].await_calls(3);
    assert!(all.iter().any(|it| it.kind() == "onhand.stock.out"));
    let only = |target: &Target| {
        let heard = target.await_calls(1);
        heard.iter().map(|it| (it.kind(), it.body()["data"]["sku"].clone())).collect::<Vec<_>>()
    };
    let committed = vec![("onhand.movement.order_committed".to_owned(), json!("V"))];
    for target in &targets[..3] {
        assert_eq!(only(target), committed);
    }
    assert!(targets[3].heard().is_empty());
}

/// Kills in a row.
const KILLS: usize = 4;

#[test]
fn kills_lose_nothing_and_repeat_only_what_was_under_way() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    run(&["init", "--data", data.to_str().unwrap()]);
    let more = ["--set", "webhook.allow_private=true", "--set", "webhook.retry_first_ms=50"];
    let target = Target::new();
    let mut process = Process::serve(&data, &more);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let send = |process: &Process, stem: &str, key: &str, body: &str| {
        let url = format!("{}/v1/acme/{stem}", process.serving.url());
        let request = agent.post(url).header("content-type", "application/json");
        let sent = request.header("idempotency-key", format!("\"{key}\"")).send(body);
        assert!(sent.is_ok_and(|it| it.status().as_u16() < 300), "{stem} {body}");
    };
    send(&process, "register_item", "s1", r#"{"sku":"W"}"#);
    send(&process, "register_location", "s2", r#"{"location":"A"}"#);
    let server = process.serving.url();
    let add = ["webhooks", "add", "shop", &target.url(), "--type", "onhand.movement."];
    run(&[&add[..], &["--server", &server]].concat());
    let line = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
    for round in 0..KILLS {
        for it in 0..20 {
            send(&process, "receive_stock", &format!("{round}-{it}"), line);
        }
        process.end();
        process = Process::serve(&data, &more);
    }
    let last = 2 + (KILLS * 20) as u64;
    let heard = target.until("the last", |it| it.iter().any(|it| it.position() == last));
    let told: Vec<u64> = heard.iter().map(|it| it.position()).collect();
    let mut distinct = told.clone();
    distinct.dedup();
    assert_eq!(
        distinct,
        (3..=last).collect::<Vec<_>>(),
        "in order, once but for what was under way"
    );
    assert!(told.len() - distinct.len() <= KILLS, "{told:?}");
    let server = process.serving.url();
    let shown = std::process::Command::new(onhand())
        .args(["webhooks", "deliveries", "shop", "--json", "--limit", "5", "--server", &server])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap().lines().count(), 5);
}

#[test]
fn a_restart_goes_on_with_what_waits() {
    let (door, target) = (open(), Target::that(|_| Answer::Status(500)));
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    until("it waits", || webhook(&door, "shop")["pending"] == 1);
    let door = door.restart();
    target.answers(|_| Answer::Status(200));
    until("it was taken", || webhook(&door, "shop")["pending"] == 0);
    let ids: Vec<String> = target.heard().iter().map(|it| it.id().to_owned()).collect();
    assert!(ids.len() >= 2 && ids.iter().all(|it| *it == ids[0]), "{ids:?}");
}
