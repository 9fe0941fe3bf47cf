//! What queries answer about rules, pools, kits, supply, and the terms of a number.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use common::{Shard, name, second, shop};
use onhand_core::Scope;
use onhand_projector::{
    Amount, AvailabilityQuery, ExpectedQuery, Missing, PolicyQuery, Projector, StockQuery,
};
use serde_json::{Value, json};

fn text(rows: impl serde::Serialize) -> Value {
    serde_json::to_value(rows).unwrap()
}

fn received(sku: &str, location: &str, quantity: u64) -> (&'static str, Value) {
    let lines = json!([{"sku": sku, "quantity": quantity}]);
    ("receive_stock", json!({"location": location, "lines": lines}))
}

fn asked(sku: &str) -> AvailabilityQuery {
    AvailabilityQuery {
        channel: name("web"),
        skus: vec![name(sku)],
        after: None,
        limit: 1,
        slot: None,
        campaign: None,
        customer: None,
    }
}

fn row(projector: &Projector, query: &AvailabilityQuery) -> Value {
    let mut rows = projector.availability_for(&shop(), query).unwrap().rows;
    text(rows.remove(0))
}

/// W with a pool for a campaign, a rule at each end, and a kit of two W and one G.
fn arranged() -> Shard {
    let mut shard = Shard::furnished();
    shard.run(&[
        ("register_item", json!({"sku": "KIT"})),
        ("register_item", json!({"sku": "SLOT"})),
        ("register_item", json!({"sku": "KEY"})),
        received("W", "A", 20),
        received("W", "B", 10),
        received("G", "A", 50),
        ("set_policy", json!({"sku": "W", "location": "A", "set": {"safety": {"units": 2}, "trust_percent": 90}})),
        ("set_policy", json!({"channel": "web", "set": {"buffer": {"units": 1}}})),
    ]);
    let at = json!([{"location": "A", "quantity": 5}]);
    let tranches = json!([
        {"tranche": "T1", "release_at": second(50), "lines": [{"sku": "W", "quantity": 3}]},
        {"tranche": "T2", "release_at": second(500), "lines": [{"sku": "W", "quantity": 2}]}]);
    shard.record(json!({"pool_opened": {"pool": "flash", "channel": "web", "campaign": "sale",
        "draw": "first", "priority": 3, "ends_at": second(1_000),
        "lines": [{"sku": "W", "at": at}], "tranches": tranches}}));
    let parts = json!([{"sku": "W", "quantity": 2}, {"sku": "G", "quantity": 1}]);
    shard.record(json!({"kit_defined": {"sku": "KIT", "version": 1, "parts": parts}}));
    let mode = json!({"capacity": {"limit": 4, "window": "1d", "zone": "UTC"}});
    shard.record(json!({"mode_set": {"sku": "SLOT", "mode": mode}}));
    shard.record(json!({"mode_set": {"sku": "KEY", "mode": "unlimited"}}));
    shard.at(60);
    shard
}

#[test]
fn availability_tells_every_term() {
    let projector = arranged().projector();
    let told = row(&projector, &AvailabilityQuery { campaign: Some(name("sale")), ..asked("W") });
    assert_eq!(
        told,
        json!({"sku": "W", "channel": "web", "available": 23, "published": 23,
            "terms": {"sellable": 28, "incoming": 0, "kept": 2, "base": 21, "over": 0, "own": 3,
                "exclusive": false, "share_percent": 100, "share": 24, "buffer": 1, "oversell": 0,
                "reservable": 23, "end_when": null, "max_listed": null, "published": 23},
            "locations": [
                {"location": "A", "sellable": 20, "believed": 18, "committed": 0, "held": 0,
                 "pooled": 5, "kept": 2, "free": 11},
                {"location": "B", "sellable": 10, "believed": 10, "committed": 0, "held": 0,
                 "pooled": 0, "kept": 0, "free": 10}],
            "pools": [{"pool": "flash", "own": 3, "left": 5}]})
    );
    assert_eq!(row(&projector, &asked("W"))["available"], json!(20));
    let kit = row(&projector, &asked("KIT"));
    assert_eq!((&kit["available"], &kit["published"]), (&json!(10), &json!(10)));
    assert_eq!(
        kit["kit"],
        json!({"version": 1, "parts": [{"sku": "W", "need": 2, "published": 20},
                                       {"sku": "G", "need": 1, "published": 49}]})
    );
}

#[test]
fn what_has_no_end_says_so_and_windows_are_told_by_their_slot() {
    let mut shard = arranged();
    let line = json!([{"sku": "SLOT", "quantity": 3, "slot": second(90_000)}]);
    shard.ok("commit_order", json!({"order": "O1", "channel": "web", "lines": line}));
    let projector = shard.projector();
    let key = row(&projector, &asked("KEY"));
    assert_eq!(
        key,
        json!({"sku": "KEY", "channel": "web", "available": "unlimited",
               "published": "unlimited", "mode": "unlimited", "locations": []})
    );
    let published = |sku| projector.published(&shop(), &name("web"), &name(sku));
    assert_eq!(published("KEY"), Ok(Amount::Unlimited));
    assert_eq!(published("W"), Ok(Amount::Units(20)));
    assert_eq!(published("X"), Err(Missing::Sku));
    let today = row(&projector, &asked("SLOT"));
    let tomorrow =
        row(&projector, &AvailabilityQuery { slot: Some(second(90_000)), ..asked("SLOT") });
    assert_eq!((&today["available"], &tomorrow["available"]), (&json!(3), &json!(0)));
    assert_eq!(today["mode"]["capacity"]["limit"], json!(4));
    let order = text(projector.order(&shop(), &name("O1")).unwrap());
    assert_eq!(order["lines"][0]["committed_at"][0]["window"], json!("2026-01-02T00:00:00Z"));
    let query = StockQuery { skus: vec![name("SLOT"), name("W")], ..StockQuery::default() };
    let rows = text(projector.stock(&shop(), &query).unwrap().rows);
    let told: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            json!([
                it["location"],
                it["sellable"],
                it["pooled"],
                it["kept"],
                it["believed"],
                it["available"],
                it["oversold"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["A", 0, 0, 0, null, 0, 0]),
            json!(["A", 20, 5, 2, 18, 11, 0]),
            json!(["B", 10, 0, 0, null, 10, 0]),
        ]
    );
}

#[test]
fn lines_tell_their_kit_and_their_pool() {
    let mut shard = arranged();
    let lines = json!([{"sku": "W", "quantity": 2}, {"sku": "KIT", "quantity": 1}]);
    shard.ok(
        "hold_stock",
        json!({"hold": "H1", "owner": "cart", "channel": "web",
        "campaign": "sale", "expires_in": 600, "lines": lines}),
    );
    let hold = text(shard.projector().hold(&shop(), &name("H1")).unwrap());
    assert_eq!(hold["lines"][0]["at"], json!([{"location": "A", "quantity": 2, "pool": "flash"}]));
    assert_eq!(
        hold["lines"][1]["kit"],
        json!({"line": "2", "sku": "KIT", "version": 1, "need": 2})
    );
}

#[test]
fn rules_are_told_by_scope_with_their_past() {
    let mut shard = arranged();
    shard.ok(
        "set_policy",
        json!({"channel": "web", "set": {"buffer": {"units": 4}, "max_listed": 9}}),
    );
    shard.ok("set_policy", json!({"channel": "web", "clear": ["max_listed"]}));
    shard.ok("set_policy", json!({"category": "cups", "set": {"share_percent": 50}}));
    let projector = shard.projector();
    let all = PolicyQuery { limit: 100, ..PolicyQuery::default() };
    let rows = text(projector.policies(&shop(), &all).unwrap().rows);
    assert_eq!(
        rows,
        json!([
            {"scope": {"channel": "web"}, "set": {"buffer": {"units": 4}}, "position": 19},
            {"scope": {"category": "cups"}, "set": {"share_percent": 50}, "position": 20},
            {"scope": {"sku": "W", "location": "A"},
             "set": {"safety": {"units": 2}, "trust_percent": 90}, "position": 12}])
    );
    let scope = Scope { channel: Some(name("web")), ..Scope::default() };
    let past = PolicyQuery { scope, history: true, limit: 100, after: None };
    let rows = text(projector.policies(&shop(), &past).unwrap().rows);
    assert_eq!(
        rows[0]["history"],
        json!([
            {"position": 13, "set": {"buffer": {"units": 1}}, "named": ["buffer"]},
            {"position": 18, "set": {"buffer": {"units": 4}, "max_listed": 9},
             "named": ["buffer", "max_listed"]},
            {"position": 19, "set": {"buffer": {"units": 4}}, "named": ["max_listed"]}])
    );
    let page = projector.policies(&shop(), &PolicyQuery { limit: 2, ..all.clone() }).unwrap();
    assert_eq!((page.rows.len(), page.next), (2, Some(2)));
    let page = projector.policies(&shop(), &PolicyQuery { after: page.next, ..all }).unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
}

#[test]
fn pools_tell_what_is_left_and_what_can_be_sold() {
    let mut shard = arranged();
    let projector = shard.projector();
    let pool = text(projector.pool(&shop(), &name("flash")).unwrap());
    assert_eq!(
        (&pool["state"], &pool["priority"], &pool["campaign"]),
        (&json!("open"), &json!(3), &json!("sale"))
    );
    assert_eq!(
        pool["parts"],
        json!([{"sku": "W", "left": 5, "left_at": [{"location": "A", "quantity": 5}], "drawn": 0,
                "released": 3, "own": 3}])
    );
    assert_eq!(pool["tranches"][0]["out"], json!(true));
    assert_eq!(pool["tranches"][1]["lines"], json!([{"sku": "W", "quantity": 2}]));
    assert_eq!(projector.pools(&shop(), true).unwrap().rows.len(), 1);
    let later = shard.at(1_000).projector();
    assert_eq!(later.pools(&shop(), true).unwrap().rows.len(), 0);
    let ended = text(later.pools(&shop(), false).unwrap().rows);
    assert_eq!((&ended[0]["state"], &ended[0]["parts"][0]["own"]), (&json!("ended"), &json!(0)));
    assert_eq!(later.pool(&shop(), &name("none")).unwrap_err(), Missing::Pool);
}

#[test]
fn a_kit_tells_its_recipes() {
    let mut shard = arranged();
    let parts = json!([{"sku": "W", "quantity": 3}]);
    shard.record(json!({"kit_defined": {"sku": "KIT", "version": 2, "parts": parts}}));
    let projector = shard.projector();
    let kit = text(projector.kit(&shop(), &name("KIT")).unwrap());
    assert_eq!(
        (&kit["version"], &kit["position"], &kit["parts"]),
        (&json!(2), &json!(18), &json!([{"sku": "W", "need": 3}]))
    );
    assert_eq!(kit["history"][0]["version"], json!(1));
    assert_eq!(projector.kit(&shop(), &name("W")).unwrap_err(), Missing::Kit);
}

#[test]
fn replacements_are_of_the_same_category_and_there() {
    let mut shard = Shard::furnished();
    for (sku, category, units) in
        [("R", "cups", 0), ("S", "cups", 4), ("T", "cups", 9), ("U", "pots", 9), ("V", "cups", 0)]
    {
        shard.ok("register_item", json!({"sku": sku, "category": category}));
        if units > 0 {
            shard.run(&[received(sku, "A", units)]);
        }
    }
    shard.record(json!({"mode_set": {"sku": "V", "mode": "unlimited"}}));
    let projector = shard.projector();
    let told = |sku, limit| {
        let rows = projector.replacements(&shop(), &name("web"), &name(sku), limit).unwrap().rows;
        let one = |it: onhand_projector::Replacement| format!("{} {}", it.sku, text(it.published));
        rows.into_iter().map(one).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(told("R", 10), "V \"unlimited\", T 9, S 4");
    assert_eq!(told("T", 1), "V \"unlimited\"");
    assert_eq!(told("W", 10), "", "without a category nothing is like it");
}

#[test]
fn promises_grow_with_what_is_expected() {
    let mut shard = Shard::furnished();
    shard.run(&[
        ("register_item", json!({"sku": "KIT"})),
        received("W", "A", 10),
        received("G", "A", 3),
        ("set_policy", json!({"set": {"sell_ahead_days": 1}})),
    ]);
    let day = 86_400;
    for (inbound, sku, location, quantity, days) in [
        ("I1", "W", "A", 10, 0),
        ("I2", "W", "B", 20, 3),
        ("I3", "W", "A", 5, 9),
        ("I4", "G", "A", 7, 5),
    ] {
        let line = json!({"sku": sku, "quantity": quantity,
                          "expected_at": second(days * day + 100), "confidence": 80});
        shard.record(
            json!({"stock_expected": {"inbound": inbound, "location": location, "lines": [line]}}),
        );
    }
    let parts = json!([{"sku": "W", "quantity": 2}, {"sku": "G", "quantity": 1}]);
    shard.record(json!({"kit_defined": {"sku": "KIT", "version": 1, "parts": parts}}));
    let projector = shard.projector();
    let told = |sku: &str, by: Option<u64>| {
        let by = by.map(|days| second(days * day + 100));
        let steps = projector.promise_by(&shop(), &name("web"), &name(sku), by).unwrap().steps;
        let days = |it: onhand_core::Time| (it.0 - second(0).0) / 1_000_000 / day;
        let one = |it: &onhand_projector::PromiseStep| {
            format!("{}: {}", days(it.from), text(it.quantity))
        };
        steps.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    // What arrives within a day is sold ahead, and counted once.
    assert_eq!(told("W", None), "0: 18, 3: 34, 9: 38");
    assert_eq!(told("W", Some(3)), "0: 18, 3: 34");
    // A kit waits for the part that is scarcest.
    assert_eq!(told("KIT", None), "0: 3, 5: 8");
    let expected = |sku: Option<&str>, location: Option<&str>| {
        let query = ExpectedQuery { sku: sku.map(name), location: location.map(name) };
        let rows = projector.expected(&shop(), &query).unwrap().rows;
        rows.iter().map(|it| it.inbound.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(expected(None, None), "I1 I2 I4 I3");
    assert_eq!(expected(Some("W"), Some("A")), "I1 I3");
}
