//! Targets in trouble: refusing, redirecting, gone, silent, or at an address that is not public.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::target::{Answer, Target};
use super::{deliveries, movements, open, open_with, receive, subscribe, until, webhook};
use crate::door::Door;

/// The answers one after the other, the last one for ever.
fn answers(all: Vec<Answer>) -> Target {
    let next = AtomicUsize::new(0);
    Target::that(move |_| {
        let index = next.fetch_add(1, Ordering::SeqCst);
        all[index.min(all.len() - 1)].clone()
    })
}

#[test]
fn what_is_not_taken_is_sent_again_under_its_id_and_others_go_on() {
    let door = open();
    let target = answers(vec![Answer::Status(500), Answer::Status(200)]);
    subscribe(&door, "shop", &target, &movements());
    let first = receive(&door, "k1", 1);
    receive(&door, "k2", 2);
    let heard = target.await_calls(3);
    let again: Vec<_> = heard.iter().filter(|it| it.position() == first).collect();
    assert_eq!(again.len(), 2, "{heard:?}");
    assert_eq!((again[0].id(), &again[0].text), (again[1].id(), &again[1].text));
    let seconds =
        |it: &super::target::Heard| it.header("webhook-timestamp").parse::<u64>().unwrap();
    assert!(seconds(again[1]) >= seconds(again[0]));
    until("the log", || deliveries(&door, "shop").len() == 3);
    let log = deliveries(&door, "shop");
    let of_first: Vec<_> = log.iter().rev().filter(|it| it["id"] == again[0].id()).collect();
    let told: Vec<_> = of_first.iter().map(|it| (&it["attempt"], &it["result"])).collect();
    assert_eq!(told, [(&json!(1), &json!("failed")), (&json!(2), &json!("delivered"))]);
    assert_eq!(of_first[0]["status"], 500);
}

#[test]
fn a_target_that_asks_for_time_is_left_alone_for_so_long() {
    let door = open();
    let target = answers(vec![Answer::With(503, "retry-after: 1".to_owned()), Answer::Status(200)]);
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    receive(&door, "k2", 2);
    until("it rests", || webhook(&door, "shop")["state"] == "resting");
    let heard = target.await_calls(3);
    assert!(heard[1].at - heard[0].at >= Duration::from_millis(950), "{heard:?}");
}

#[test]
fn an_outage_answered_with_errors_ends_with_its_first_success() {
    // The third attempt of an event would be after 36 seconds.
    let door = open_with(|it| it.webhook_retry_first_ms = 600);
    let target = Target::that(|_| Answer::Status(500));
    subscribe(&door, "shop", &target, &movements());
    let positions: Vec<u64> = (0..12).map(|it| receive(&door, &format!("k{it}"), 1)).collect();
    target.await_calls(4);
    assert!(target.heard().len() < positions.len(), "it is left alone");
    target.answers(|_| Answer::Status(200));
    target.until("the last", |it| it.iter().any(|it| Some(&it.position()) == positions.last()));
    until("nothing waits", || webhook(&door, "shop")["pending"] == 0);
    let heard = target.heard();
    assert!(positions.iter().all(|it| heard.iter().any(|one| one.position() == *it)));
}

#[test]
fn a_target_that_is_gone_is_called_no_more_until_somebody_says_so() {
    let (door, target) = (open(), Target::that(|_| Answer::Status(410)));
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    until("it is disabled", || webhook(&door, "shop")["state"] == "disabled");
    receive(&door, "k2", 2);
    assert!(webhook(&door, "shop")["why"].as_str().unwrap().contains("410"));
    let door = door.restart();
    assert_eq!(webhook(&door, "shop")["state"], "disabled");
    assert_eq!(target.heard().len(), 1);
    target.answers(|_| Answer::Status(200));
    let enabled = door.post("/v1/acme/webhooks/shop/enable", "application/json", "");
    assert_eq!((enabled.status, &enabled.body["state"]), (200, &json!("active")));
    let heard = target.await_calls(3);
    assert_eq!(heard[1].id(), heard[0].id());
}

#[test]
fn redirects_are_not_followed() {
    let (door, elsewhere) = (open(), Target::new());
    let to = format!("location: {}", elsewhere.url());
    let target = Target::that(move |_| Answer::With(302, to.clone()));
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    until("the log", || !deliveries(&door, "shop").is_empty());
    let log = deliveries(&door, "shop");
    assert!(log[0]["why"].as_str().unwrap().contains("redirect"), "{log:?}");
    assert!(elsewhere.heard().is_empty());
}

#[test]
fn addresses_that_are_not_public_are_refused_by_name_and_by_number() {
    let door = Door::open().stocked();
    let target = Target::new();
    let body = json!({ "name": "shop", "url": target.url() }).to_string();
    let refused = door.post("/v1/acme/webhooks", "application/json", body);
    assert_eq!((refused.status, refused.code()), (400, "invalid_field"), "{refused:?}");
    assert_eq!(refused.body["field"], "url");
    let port = target.address.port();
    let body = json!({ "name": "shop", "url": format!("http://localhost:{port}/hook") });
    let made = door.post("/v1/acme/webhooks", "application/json", body.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    let tested = door.post("/v1/acme/webhooks/shop/test", "application/json", "");
    assert_eq!(tested.body["result"], "failed");
    let why = tested.body["why"].as_str().unwrap();
    assert!(why.contains("no public address") && why.contains("webhook.allow_private"), "{why}");
    // What the name means inside is nobody's business.
    assert!(!why.contains("127.0.0.1") && !why.contains("::1"), "{why}");
    assert!(target.heard().is_empty());
}

#[test]
fn a_silent_target_holds_up_nobody_else() {
    let door = open_with(|it| it.webhook_timeout_ms = 60_000);
    let (silent, other) = (Target::that(|_| Answer::Hang), Target::new());
    subscribe(&door, "silent", &silent, &movements());
    subscribe(&door, "other", &other, &movements());
    receive(&door, "k0", 1);
    silent.await_calls(1);
    let begun = Instant::now();
    for it in 1..=20 {
        receive(&door, &format!("k{it}"), 1);
    }
    other.await_calls(21);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(silent.heard().len(), 1);
    // Neither does it hold up the end of the server, nor the next start.
    let stopping = Instant::now();
    let door = door.restart();
    assert!(stopping.elapsed() < Duration::from_secs(20), "{:?}", stopping.elapsed());
    silent.await_calls(2);
    assert_eq!(webhook(&door, "other")["pending"], 0);
}

#[test]
fn a_target_that_does_not_answer_in_time_is_tried_again() {
    let door = open_with(|it| it.webhook_timeout_ms = 200);
    let target = answers(vec![Answer::Hang, Answer::Status(200)]);
    subscribe(&door, "shop", &target, &movements());
    receive(&door, "k1", 1);
    let heard = target.await_calls(2);
    assert_eq!(heard[0].id(), heard[1].id());
}

#[test]
fn what_is_never_taken_is_given_up_kept_and_told_again() {
    let door = open_with(|it| it.webhook_retry_s_max = 1);
    let target = Target::that(|_| Answer::Status(400));
    subscribe(&door, "shop", &target, &movements());
    let position = receive(&door, "k1", 1);
    until("it is given up", || webhook(&door, "shop")["dead"] == 1);
    let dead = door.get("/v1/acme/webhooks/shop/dead").body;
    assert_eq!(dead["rows"][0]["body"]["data"]["position"], position);
    assert!(dead["rows"][0]["why"].as_str().unwrap().contains("400"), "{dead}");
    assert_eq!(webhook(&door, "shop")["pending"], 0);
    let tried = target.heard().len();
    assert!(tried >= 3, "{tried}");
    target.answers(|_| Answer::Status(200));
    let replay = r#"{"dead":true}"#;
    let told = door.post("/v1/acme/webhooks/shop/replay", "application/json", replay);
    assert_eq!((told.status, &told.body["queued"]), (202, &json!(1)), "{told:?}");
    let heard = target.await_calls(tried + 1);
    assert_eq!(heard[tried].id(), heard[0].id());
    until("nothing is left", || {
        let it = webhook(&door, "shop");
        (&it["dead"], &it["pending"]) == (&json!(0), &json!(0))
    });
}

#[test]
fn with_too_many_given_up_it_is_disabled_and_nothing_is_lost() {
    let door = open_with(|it| {
        it.webhook_retry_s_max = 1;
        it.webhook_log_max = 10;
        it.webhook_retry_first_ms = 10;
    });
    let target = Target::that(|_| Answer::Status(400));
    subscribe(&door, "shop", &target, &movements());
    let positions: Vec<u64> = (0..14).map(|it| receive(&door, &format!("k{it}"), 1)).collect();
    until("it is disabled", || webhook(&door, "shop")["state"] == "disabled");
    target.answers(|_| Answer::Status(200));
    let told = door.post("/v1/acme/webhooks/shop/replay", "application/json", r#"{"dead":true}"#);
    assert_eq!(told.body["queued"], 10, "{told:?}");
    door.post("/v1/acme/webhooks/shop/enable", "application/json", "");
    until("all is taken", || {
        let it = webhook(&door, "shop");
        (&it["dead"], &it["pending"]) == (&json!(0), &json!(0))
    });
    let heard = target.heard();
    for position in positions {
        assert!(heard.iter().any(|it| it.position() == position), "{position}");
    }
    assert!(deliveries(&door, "shop").len() <= 10);
}
