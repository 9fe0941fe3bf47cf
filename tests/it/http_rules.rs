//! Rules over HTTP: they count at once, are explained as of any moment, and bad questions are told
//! what is wrong with them.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::door::Door;

/// What a read answers once the entry at `position` is visible.
#[track_caller]
fn get(door: &Door, position: u64, path: &str) -> Value {
    let sign = if path.contains('?') { '&' } else { '?' };
    let reply = door.get(&format!("/v1/acme/{path}{sign}min_position={position}&wait_ms=10000"));
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    assert!(reply.body["seen"]["position"].as_u64() >= Some(position), "{path}: {reply:?}");
    reply.body
}

fn policy(door: &Door, key: &str, body: &Value) -> u64 {
    door.book("set_policy", key, &body.to_string()).position()
}

#[track_caller]
fn published(door: &Door, position: u64, path: &str) -> Value {
    get(door, position, path)["rows"][0]["published"].clone()
}

#[test]
fn a_rule_counts_at_once() {
    let door = Door::open().stocked();
    for buffer in 1..=20 {
        let rule = json!({"channel": "eu", "set": {"buffer": {"units": buffer}}});
        let position = policy(&door, &format!("p{buffer}"), &rule);
        let told = published(&door, position, "availability?channel=eu&sku=W");
        assert_eq!(told, json!(10_u64.saturating_sub(buffer)));
    }
}

#[test]
fn the_past_is_explained_by_the_rules_of_then() {
    let door = Door::open().stocked();
    let first = policy(&door, "p1", &json!({"channel": "eu", "set": {"buffer": {"units": 2}}}));
    let second =
        policy(&door, "p2", &json!({"sku": "W", "channel": "eu", "set": {"buffer": {"units": 5}}}));
    let order = r#"{"order":"SO-1","channel":"eu","lines":[{"sku":"W","quantity":3}]}"#;
    let last = door.book("commit_order", "o1", order).position();

    let at = |moment: &str| get(&door, last, &format!("explain?channel=eu&sku=W{moment}"));
    let then = at(&format!("&position={first}"));
    assert_eq!((&then["published"], &then["now"]), (&json!(8), &json!(false)));
    let rule = &then["rules"][0];
    assert_eq!((&rule["value"], &rule["entry"]["position"]), (&json!({"units": 2}), &json!(first)));
    assert_eq!(rule["beat"], Value::Null);

    let now = at("");
    assert_eq!((&now["published"], &now["now"]), (&json!(2), &json!(true)));
    let rule = &now["rules"][0];
    assert_eq!(
        (&rule["value"], &rule["entry"]["position"]),
        (&json!({"units": 5}), &json!(second))
    );
    assert_eq!(rule["beat"][0]["entry"]["position"], json!(first));
    // Every entry that is named can be read.
    let link = rule["entry"]["link"].as_str().unwrap();
    assert_eq!(door.get(link).body["entry"]["fact"]["policy_set"]["scope"]["sku"], json!("W"));

    let told =
        |moment: &str| published(&door, last, &format!("availability?channel=eu&sku=W{moment}"));
    let all = ["", "&position=4", &format!("&position={first}"), &format!("&position={second}")];
    assert_eq!(all.map(told), [json!(2), json!(10), json!(8), json!(5)]);
    let time = get(&door, last, &format!("entries/{first}"))["recorded_at"].clone();
    assert_eq!(told(&format!("&at={}", time.as_str().unwrap())), json!(8));
}

/// What each of these addresses says no with.
#[track_caller]
fn check_refused(door: &Door, paths: &[&str], expected: &Expect) {
    let refused = paths.iter().map(|path| {
        let reply = door.get(&format!("/v1/acme/{path}"));
        let field = reply.body["field"].as_str().map(|it| format!(" {it}")).unwrap_or_default();
        let detail = reply.body["detail"].as_str().unwrap();
        format!("{path}\n  {} {}{field}: {detail}\n", reply.status, reply.code())
    });
    expected.assert_eq(&refused.collect::<String>());
}

#[test]
fn bad_moments_are_told_what_is_wrong() {
    let door = Door::open().stocked();
    let paths = [
        "availability?channel=us&sku=W",
        "availability?channel=eu&position=3",
        "availability?channel=eu&sku=W&position=99",
        "availability?channel=eu&sku=W&position=3&limit=2",
        "availability?channel=eu&sku=W&slot=noon",
        "explain?sku=W",
        "explain?channel=eu",
        "explain?channel=eu&sku=W&position=3&at=2026-01-01T00:00:00Z",
        "explain?channel=eu&sku=W&position=-1",
        "explain?channel=eu&sku=W&at=2026-01-01",
        "explain?channel=eu&sku=W&at=2026-01-01T00:00:00+01:00",
        "explain?channel=eu&sku=W&at=2001-01-01T00:00:00%2B01:00",
        "explain?channel=eu&sku=W&position=2",
    ];
    check_refused(
        &door,
        &paths,
        &expect![[r#"
        availability?channel=us&sku=W
          404 not_found: no channel has this name
        availability?channel=eu&position=3
          400 missing_field sku: sku is missing: name the items to be told as of a past moment
        availability?channel=eu&sku=W&position=99
          404 not_found: nothing is recorded at this position, or was by this time
        availability?channel=eu&sku=W&position=3&limit=2
          400 unknown_field limit: limit goes with the present only: as of a past moment all named items are told
        availability?channel=eu&sku=W&slot=noon
          400 invalid_field slot: slot must be a time with an offset (RFC 3339), such as 2026-03-03T09:00:00Z; write + as %2B in an address
        explain?sku=W
          400 missing_field channel: channel is missing; add it as a query parameter
        explain?channel=eu
          400 missing_field sku: sku is missing; add it as a query parameter
        explain?channel=eu&sku=W&position=3&at=2026-01-01T00:00:00Z
          400 invalid_field at: at stands beside `position`; keep one of them
        explain?channel=eu&sku=W&position=-1
          400 invalid_field position: position must be a whole number, not negative
        explain?channel=eu&sku=W&at=2026-01-01
          400 invalid_field at: at must be a time with an offset (RFC 3339), such as 2026-03-03T09:00:00Z; write + as %2B in an address
        explain?channel=eu&sku=W&at=2026-01-01T00:00:00+01:00
          400 invalid_field at: at must be a time with an offset (RFC 3339), such as 2026-03-03T09:00:00Z; write + as %2B in an address
        explain?channel=eu&sku=W&at=2001-01-01T00:00:00%2B01:00
          404 not_found: nothing is recorded at this position, or was by this time
        explain?channel=eu&sku=W&position=2
          404 not_found: no channel has this name
    "#]],
    );
}

#[test]
fn bad_questions_are_told_what_is_wrong() {
    let door = Door::open().stocked();
    let paths = [
        "notices?kind=low",
        "notices?after=1&after_position=1",
        "policies?location=B",
        "policies?histroy=true",
        "pools/P",
        "pools?open=yes",
        "kits/W",
        "replacements?channel=eu",
        "promise?channel=eu&sku=W&by=soon",
        "expected?location=B",
        "routing?channel=eu",
        "routing?channel=eu&line=W",
        "routing?channel=eu&line=W:0",
    ];
    check_refused(
        &door,
        &paths,
        &expect![[r#"
        notices?kind=low
          400 invalid_field kind: kind must be low_stock, out_of_stock, back_in_stock or oversold
        notices?after=1&after_position=1
          400 invalid_field after_position: after_position stands beside `after`; keep one of them
        policies?location=B
          404 not_found: no location has this name
        policies?histroy=true
          400 unknown_field histroy: histroy is no parameter of this address
        pools/P
          404 not_found: no pool has this name
        pools?open=yes
          400 invalid_field open: open must be true or false
        kits/W
          404 not_found: the item is no kit
        replacements?channel=eu
          400 missing_field sku: sku is missing; add it as a query parameter
        promise?channel=eu&sku=W&by=soon
          400 invalid_field by: by must be a time with an offset (RFC 3339), such as 2026-03-03T09:00:00Z; write + as %2B in an address
        expected?location=B
          404 not_found: no location has this name
        routing?channel=eu
          400 missing_field line: line is missing; add it as a query parameter
        routing?channel=eu&line=W
          400 invalid_field line: line must be SKU:QUANTITY or SKU:QUANTITY@LOCATION, such as MUG:2@leeds
        routing?channel=eu&line=W:0
          400 invalid_field line: line has a quantity out of range: 1 to 1,000,000,000,000
    "#]],
    );
    let percent = json!({"channel": "eu", "set": {"buffer": {"percent": 101}}}).to_string();
    let reply = door.command("set_policy", "p1", &percent);
    assert_eq!((reply.status, reply.code()), (422, "contradiction"));
    assert_eq!(reply.body["field"], json!("set.buffer.percent"));
}

/// A shop with a pool, a kit and supply on its way; the position of its last entry.
fn arranged() -> (Door, u64) {
    let door = Door::open();
    let all = [
        ("register_item", json!({"sku": "W", "category": "cups"})),
        ("register_location", json!({"location": "A"})),
        ("register_channel", json!({"channel": "eu", "locations": ["A"]})),
        ("receive_stock", json!({"location": "A", "lines": [{"sku": "W", "quantity": 10}]})),
        ("register_item", json!({"sku": "G", "category": "cups"})),
        ("register_item", json!({"sku": "SET"})),
        ("receive_stock", json!({"location": "A", "lines": [{"sku": "G", "quantity": 4}]})),
        ("set_policy", json!({"channel": "eu", "set": {"low_stock": {"at": 6}}})),
        (
            "open_pool",
            json!({"pool": "P", "campaign": "sale", "lines": [{"sku": "W", "quantity": 3, "location": "A"}]}),
        ),
        (
            "define_kit",
            json!({"sku": "SET", "parts": [{"sku": "W", "quantity": 2}, {"sku": "G", "quantity": 1}]}),
        ),
        (
            "expect_stock",
            json!({"inbound": "PO-1", "location": "A", "lines": [{"sku": "W", "quantity": 8, "expected_at": "2094-01-01T00:00:00Z", "confidence": 50}]}),
        ),
        (
            "commit_order",
            json!({"order": "SO-1", "channel": "eu", "lines": [{"sku": "W", "quantity": 2}]}),
        ),
    ];
    let mut last = 0;
    for (number, (stem, body)) in all.iter().enumerate() {
        last = door.book(stem, &format!("a{number}"), &body.to_string()).position();
    }
    (door, last)
}

#[track_caller]
fn check(told: &Value, expected: &Expect) {
    let mut told = told.clone();
    told.as_object_mut().unwrap().remove("seen");
    expected.assert_eq(&told.to_string());
}

#[test]
fn pools_serve_whom_they_name() {
    let (door, last) = arranged();
    let told = |who: &str| published(&door, last, &format!("availability?channel=eu&sku=W{who}"));
    assert_eq!(
        (told(""), told("&campaign=sale"), told("&campaign=other")),
        (json!(5), json!(8), json!(5))
    );
    check(
        &get(&door, last, "pools/P"),
        &expect![[
            r#"{"campaign":"sale","channel":null,"customer":null,"draw":"first","ends_at":null,"parts":[{"drawn":0,"left":3,"left_at":[{"location":"A","quantity":3}],"own":3,"released":3,"sku":"W"}],"pool":"P","position":9,"priority":0,"state":"open"}"#
        ]],
    );
    assert_eq!(get(&door, last, "pools?open=true")["rows"].as_array().unwrap().len(), 1);
    let closed = door.book("close_pool", "c1", r#"{"pool":"P"}"#).position();
    assert_eq!(get(&door, closed, "pools?open=true")["rows"], json!([]));
    assert_eq!(get(&door, closed, "pools")["rows"][0]["state"], json!("closed"));
    assert_eq!(told("&campaign=sale"), json!(8));
}

#[test]
fn what_else_can_be_sold_and_when() {
    let (door, last) = arranged();
    check(
        &get(&door, last, "kits/SET"),
        &expect![[
            r#"{"history":[],"parts":[{"need":2,"sku":"W"},{"need":1,"sku":"G"}],"position":10,"sku":"SET","version":1}"#
        ]],
    );
    check(
        &get(&door, last, "replacements?channel=eu&sku=W"),
        &expect![[
            r#"{"category":"cups","channel":"eu","rows":[{"name":null,"published":4,"sku":"G"}],"sku":"W"}"#
        ]],
    );
    check(
        &get(&door, last, "expected?sku=W"),
        &expect![[
            r#"{"rows":[{"confidence":50,"expected_at":"2094-01-01T00:00:00Z","inbound":"PO-1","late":false,"left":8,"location":"A","position":11,"sku":"W"}]}"#
        ]],
    );
    let mut promise = get(&door, last, "promise?channel=eu&sku=W&by=2094-02-01T00:00:00Z");
    promise["steps"][0]["from"] = json!("now");
    check(
        &promise,
        &expect![[
            r#"{"channel":"eu","sku":"W","steps":[{"from":"now","quantity":5},{"from":"2094-01-01T00:00:00Z","quantity":9}]}"#
        ]],
    );
    check(
        &get(&door, last, "policies?history=true"),
        &expect![[
            r#"{"next":null,"rows":[{"history":[{"named":["low_stock"],"position":8,"set":{"low_stock":{"at":6}}}],"position":8,"scope":{"channel":"eu"},"set":{"low_stock":{"at":6}}}]}"#
        ]],
    );
}

#[test]
fn what_ran_low_is_noticed_once() {
    let (door, last) = arranged();
    let page = get(&door, last, "notices?kind=low_stock&sku=W");
    let notice = &page["rows"][0];
    assert_eq!(page["rows"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!((&notice["published"], &notice["low_at"]), (&json!(5), &json!(6)));
    let next = page["next"].as_u64().unwrap();
    assert_eq!(get(&door, last, &format!("notices?after={next}"))["rows"], json!([]));
    let metrics = door.text("/metrics");
    assert!(metrics.contains("onhand_projector_pools_open{shard=\"0\"} 1"), "{metrics}");
    assert!(metrics.contains("onhand_projector_notices_total{shard=\"0\"} "), "{metrics}");
}

#[test]
fn a_preview_books_nothing_and_comes_true() {
    let (door, last) = arranged();
    check(
        &get(&door, last, "routing?channel=eu&campaign=sale&line=W:4"),
        &expect![[
            r#"{"lines":[{"available":8,"by":"priority","candidates":[{"free":5,"location":"A","reason":"pool","takes":[{"pool":"P","reason":"pool","units":3},{"reason":"first_with_all","units":1}],"units":4}],"limiting":"free_stock","line":"1","quantity":4,"sku":"W"}],"locations":1,"split":"allowed"}"#
        ]],
    );
    let refused = get(&door, last, "routing?channel=eu&line=W:9&line=NONE:1");
    assert_eq!(refused["rejection"]["code"], json!("unknown_sku"));
    let refused = get(&door, last, "routing?channel=eu&line=W:9");
    assert_eq!(refused["rejection"]["lines"][0]["shortfall"], json!(4));
    assert_eq!(get(&door, last, "stock/W")["seen"]["position"], json!(last));
    let order =
        r#"{"order":"SO-2","channel":"eu","campaign":"sale","lines":[{"sku":"W","quantity":4}]}"#;
    let line =
        door.book("commit_order", "o2", order).body["entry"]["fact"]["order_committed"]["lines"][0]
            .clone();
    expect![[r#"{"at":[{"location":"A","pool":"P","quantity":3},{"location":"A","quantity":1}],"ordered":4,"ref":"1","sku":"W"}"#]].assert_eq(&line.to_string());
}
