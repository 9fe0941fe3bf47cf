//! What is told of a shop with rules at several scopes, a pool with tranches, a kit, supply on its
//! way, holds and orders: the same from a server and from the directory it leaves behind.

mod common;

use std::path::Path;

use common::{Served, complaint, rows, said};
use expect_test::{expect, expect_file};
use serde_json::{Value, json};

/// Commands in their order; each is booked at the position of its line.
fn commands() -> Vec<(&'static str, Value)> {
    let cups = |quantity: u64| json!([{"sku": "CUP", "quantity": quantity}]);
    let order =
        |id: &str, quantity| json!({"order": id, "channel": "web", "lines": cups(quantity)});
    vec![
        ("register_location", json!({"location": "leeds"})),
        ("register_location", json!({"location": "sup", "kind": "supplier", "supplier": "ningbo"})),
        ("register_item", json!({"sku": "CUP", "category": "cups"})),
        ("register_item", json!({"sku": "SAUCER", "category": "cups"})),
        ("register_item", json!({"sku": "SET"})),
        ("register_item", json!({"sku": "CODE"})),
        ("register_channel", json!({"channel": "web", "locations": ["leeds", "sup"]})),
        ("set_policy", json!({"set": {"buffer": {"units": 1}}})),
        (
            "set_policy",
            json!({"channel": "web", "set": {"buffer": {"units": 2}, "max_listed": 30,
            "low_stock": {"at": 28, "clear": 31}}}),
        ),
        (
            "set_policy",
            json!({"category": "cups", "channel": "web", "set": {"share_percent": 90,
            "sell_ahead_days": 366}}),
        ),
        ("set_policy", json!({"sku": "CUP", "set": {"buffer": {"units": 1, "percent": 5}}})),
        ("set_policy", json!({"supplier": "ningbo", "set": {"trust_percent": 80}})),
        (
            "set_policy",
            json!({"category": "cups", "location": "leeds",
            "set": {"safety": {"units": 3}}}),
        ),
        (
            "receive_stock",
            json!({"location": "leeds", "lines": [
            {"sku": "CUP", "quantity": 40}, {"sku": "SAUCER", "quantity": 9}]}),
        ),
        ("receive_stock", json!({"location": "sup", "lines": cups(21)})),
        (
            "open_pool",
            json!({"pool": "flash", "channel": "web", "lines": [
            {"sku": "CUP", "quantity": 10, "location": "leeds"}], "tranches": [
            {"tranche": "T1", "release_at": "2093-01-01T00:00:00Z", "lines": cups(4)},
            {"tranche": "T2", "release_at": "2094-01-01T00:00:00Z", "lines": cups(6)}]}),
        ),
        ("release_tranche", json!({"pool": "flash", "tranche": "T1"})),
        ("commit_order", order("SO-1", 5)),
        ("commit_order", order("SO-2", 9)),
        (
            "hold_stock",
            json!({"hold": "H-1", "owner": "cart", "channel": "web",
            "expires_in": 864_000, "lines": cups(2)}),
        ),
        ("ship_order", json!({"order": "SO-1"})),
        (
            "define_kit",
            json!({"sku": "SET", "parts": [
            {"sku": "CUP", "quantity": 2}, {"sku": "SAUCER", "quantity": 2}]}),
        ),
        ("receive_stock", json!({"location": "leeds", "lines": [{"sku": "SET", "quantity": 1}]})),
        ("set_mode", json!({"sku": "CODE", "mode": "unlimited"})),
        ("set_policy", json!({"channel": "web", "clear": ["max_listed"]})),
    ]
}

/// A moment before the supply is due, whenever the test runs.
fn in_a_week() -> String {
    let week = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(7 * 24);
    week.to_string()
}

/// Books everything over HTTP.
fn book(server: &Served) {
    let supply = json!({"inbound": "PO-8", "location": "sup", "lines": [
        {"sku": "CUP", "quantity": 10, "expected_at": in_a_week(), "confidence": 75}]});
    let commands = commands().into_iter().chain([("expect_stock", supply)]);
    for (number, (stem, body)) in commands.enumerate() {
        let url = format!("{}/v1/acme/{stem}", server.url);
        let request = ureq::post(&url).header("idempotency-key", format!("\"k{number}\""));
        let answer = request.header("content-type", "application/json").send(body.to_string());
        let status = answer.as_ref().map(|it| it.status().as_u16()).ok();
        assert_eq!(status, Some(201), "{stem} {body}: {answer:?}");
    }
}

/// Times and hashes are other ones in every run.
fn masked(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = time_at(rest);
        if length > 0 && !rest.starts_with("209") {
            told.push_str("TIME");
            rest = &rest[length..];
        } else {
            told.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    told
}

/// Length of the time that a text begins with; 0 if it begins with none.
fn time_at(text: &str) -> usize {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00";
    let bytes = text.as_bytes();
    let fits = |(shape, byte): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b' ' => matches!(byte, b' ' | b'T'),
        other => byte == other,
    };
    if bytes.len() < SHAPE.len() || !SHAPE.iter().zip(bytes).all(fits) {
        return 0;
    }
    let rest = &bytes[SHAPE.len()..];
    let more = rest.iter().take_while(|it| it.is_ascii_digit() || matches!(it, b'.' | b'Z'));
    SHAPE.len() + more.count()
}

struct Shop {
    directory: tempfile::TempDir,
    server: Option<Served>,
}

impl Shop {
    fn open() -> Shop {
        let directory = tempfile::tempdir().expect("a directory");
        said(directory.path(), &["init", "--shards", "1"]);
        let server = Served::start(directory.path());
        book(&server);
        Shop { directory, server: Some(server) }
    }

    fn data(&self) -> &Path {
        self.directory.path()
    }

    /// What the server says to each of these; the directory says the same once it has stopped.
    fn same_of_both(&mut self, all: &[&[&str]]) -> Vec<String> {
        let asked = |shop: &Shop| -> Vec<String> {
            all.iter().map(|args| masked(&said(shop.data(), args))).collect()
        };
        let served = asked(self);
        let stopped = self.server.take().and_then(Served::stop);
        assert_eq!(stopped, Some(0));
        let alone = asked(self);
        for (served, alone) in served.iter().zip(&alone) {
            assert_eq!(without_age(served), without_age(alone));
        }
        served
    }
}

/// How fresh an answer is depends on the moment.
fn without_age(text: &str) -> Vec<Value> {
    let told = text.lines().map(|line| match serde_json::from_str::<Value>(line) {
        Ok(mut it) => {
            if it["seen"].is_object() {
                it["seen"]["age_ms"] = json!(0);
                it["seen"]["height"] = json!(0);
            }
            it
        }
        Err(_) => json!(line),
    });
    told.collect()
}

fn pretty(line: &str) -> String {
    let told = without_age(line).remove(0);
    serde_json::to_string_pretty(&told).expect("JSON") + "\n"
}

#[test]
fn a_rich_shop_is_explained() {
    let mut shop = Shop::open();
    let told = shop.same_of_both(&[
        &["explain", "CUP", "--channel", "web"],
        &["explain", "SET", "--channel", "web"],
        &["explain", "SET", "--channel", "web", "--json"],
        &["explain", "CUP", "--channel", "web", "--at", "16"],
        &["explain", "CODE", "--channel", "web"],
    ]);
    expect_file!["golden/explain_cup.txt"].assert_eq(&told[0]);
    expect_file!["golden/explain_set.txt"].assert_eq(&told[1]);
    expect_file!["golden/explain_set.json"].assert_eq(&pretty(&told[2]));
    expect_file!["golden/explain_cup_at_16.txt"].assert_eq(&told[3]);
    expect![[r#"
        CODE on web: unlimited published, unlimited available
        now, with all entries up to position 26

        The item is not counted: there is no end to it, and no rule reduces it.
    "#]]
    .assert_eq(&told[4]);
}

#[test]
fn rules_and_pools_are_told() {
    let mut shop = Shop::open();
    let told = shop.same_of_both(&[
        &["policies"],
        &["policies", "--channel", "web", "--history", "--csv"],
        &["pools", "--open"],
        &["pools", "flash"],
    ]);
    expect![[r#"
         position   scope                           dimension         says
        ─────────────────────────────────────────────────────────────────────────────────
                8   the whole ledger                buffer            units 1
               25   channel web                     buffer            units 2
               25   channel web                     low_stock         at 28, clear 31
               12   supplier ningbo                 trust_percent     80
               10   category cups, channel web      sell_ahead_days   366
               10   category cups, channel web      share_percent     90
               13   category cups, location leeds   safety            units 3
               11   item CUP                        buffer            percent 5, units 1

        position,scope,dimension,says
        9,channel web,buffer,units 2
        9,channel web,max_listed,30
        9,channel web,low_stock,"at 28, clear 31"
        25,channel web,max_listed,nothing any more
        10,"category cups, channel web",share_percent,90
        10,"category cups, channel web",sell_ahead_days,366

         pool    serves        state   ends at   sku   left   drawn   released   own
        ─────────────────────────────────────────────────────────────────────────────
         flash   channel web   open              CUP      6       4          4     0

         pool    serves        state   ends at   sku   left   drawn   released   own
        ─────────────────────────────────────────────────────────────────────────────
         flash   channel web   open              CUP      6       4          4     0

         tranche   release at            state   sku   quantity
        ────────────────────────────────────────────────────────
         T1        2093-01-01 00:00:00   out     CUP          4
         T2        2094-01-01 00:00:00   waits   CUP          6
    "#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn notices_and_routes_are_told() {
    let mut shop = Shop::open();
    let told = shop.same_of_both(&[
        &["notices"],
        &["notices", "--kind", "out_of_stock", "--csv"],
        &["route", "--channel", "web", "--line", "CUP:25", "--line", "SAUCER:1@leeds"],
        &["route", "--channel", "web", "--line", "CUP:999"],
        &["stock", "--channel", "web"],
        &["stock", "--sku", "CUP"],
    ]);
    expect![[r#"
         number   position   recorded at           kind        sku   channel   location   published   low at   by
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────
              1         19   TIME   low_stock   CUP   web                         26       28
        That is all there is. What comes: --after 1

        number,position,recorded_at,kind,sku,channel,location,published,low_at,by

         line   sku      quantity   location   units   free   cost   nearness   reason
        ──────────────────────────────────────────────────────────────────────────────────────
         1      CUP            25   leeds         15     15                     next_in_order
         1      CUP            25   sup           10     16                     next_in_order
         2      SAUCER          1   leeds          1      6                     named
        It would be taken from 2 locations. Nothing was booked.

         line   sku   quantity   location   units   free   cost   nearness   reason
        ────────────────────────────────────────────────────────────────────────────────
         1      CUP        999   leeds          0     15                     line_short
         1      CUP        999   sup            0     16                     line_short
        It would be refused (insufficient_stock): `CUP`: 999 asked for, 31 free, limited by buffer

         sku      channel   available   published
        ──────────────────────────────────────────
         CUP      web              31          31
         SAUCER   web               3           3
         SET      web               1           1
         CODE     web       unlimited   unlimited
        4 rows of ledger acme at position 26

         sku   location   on hand   sellable   quality control   damaged   quarantined   held   committed   pooled   kept   available
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         CUP   leeds           35         35                 0         0             0      2           9        6      3          15
         CUP   sup             21         21                 0         0             0      0           0        0      0          16
        2 rows of ledger acme at position 26
    "#]].assert_eq(&told.join("\n"));
}

#[test]
fn what_cannot_be_explained_is_said() {
    let mut shop = Shop::open();
    let data = shop.data().to_owned();
    let explain = |rest: &[&str]| -> Vec<String> {
        ["explain"].iter().chain(rest).map(|it| (*it).to_owned()).collect()
    };
    let all = [
        (explain(&["CUP", "--channel", "shop"]), "no channel has this name"),
        (explain(&["MUG", "--channel", "web"]), "no item has this SKU"),
        (
            explain(&["CUP", "--channel", "web", "--at", "999"]),
            "nothing is recorded at this position",
        ),
        (
            explain(&["CUP", "--channel", "web", "--at", "yesterday"]),
            "neither a position nor a time",
        ),
        (
            explain(&["CUP", "--channel", "web", "--at", "2020-01-01T00:00:00Z"]),
            "nothing is recorded",
        ),
        (explain(&["CUP"]), "--channel"),
    ];
    for stopped in [false, true] {
        if stopped {
            shop.server.take().map(Served::stop);
        }
        for (args, words) in &all {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let output = common::onhand(&data, &args);
            assert!(!output.status.success(), "{args:?}");
            assert!(common::err(&output).contains(words), "{args:?}: {}", common::err(&output));
        }
    }
    assert!(complaint(&data, 2, &["pools", "none"]).contains("no pool has this name"));
    assert!(
        complaint(&data, 2, &["notices", "--after", "999", "--kind", "low"]).contains("low_stock")
    );
    assert!(
        complaint(&data, 2, &["route", "--channel", "web", "--line", "CUP"])
            .contains("SKU:QUANTITY")
    );
    assert_eq!(rows(&said(&data, &["notices", "--json", "--sku", "CODE"])).len(), 0);
}
