//! What is told of suppliers: the inbox, feeds, freshness, tiers and scorecards.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use common::{Shard, name, second, shop};
use expect_test::{Expect, expect};
use onhand_core::*;
use onhand_projector::*;
use serde_json::{Value, json};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Beside what is furnished: the supplier acme with its location S and feed F, which `sup` sells.
fn supplied() -> Shard {
    let mut shard = Shard::furnished();
    let tiers = json!([
        {"tier": "fast", "every_minutes": 60, "ladder": [
            {"after_minutes": 120, "buffer": {"units": 3}},
            {"after_minutes": 240, "trust_percent": 50}]},
        {"tier": "slow", "every_minutes": 1440}]);
    let location = json!({"location": "S", "kind": "supplier", "supplier": "acme"});
    shard.ok("register_location", location);
    shard.ok("register_channel", json!({"channel": "sup", "locations": ["S"]}));
    shard.ok("set_supplier", json!({"supplier": "acme", "name": "Acme Ltd"}));
    let feed = json!({"feed": "F", "supplier": "acme", "location": "S", "tiers": tiers});
    shard.ok("set_feed", feed);
    shard.ok(
        "receive_stock",
        json!({"location": "S", "lines": [
        {"sku": "W", "quantity": 40}, {"sku": "G", "quantity": 10}]}),
    );
    shard
}

/// A complete snapshot of now, with more fields.
fn snapshot(shard: &mut Shard, id: &str, more: Value) -> u64 {
    let mut fact = json!({"feed": "F", "snapshot": id, "part": 1, "as_of": shard.now,
        "complete": true, "lines": 2, "outcome": "applied"});
    fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shard.record(json!({ "snapshot_recorded": fact }))
}

fn difference(number: u64, kind: &str, sku: &str, theirs: i64, ours: i64) -> Value {
    json!({"number": number, "kind": kind, "sku": sku, "location": "S", "theirs": theirs,
        "ours": ours, "as_of": second(10), "confidence": 80})
}

fn settle(shard: &mut Shard, number: u64, more: Value) -> u64 {
    let mut fact = json!({"reason": {"code": "correction"}, "lines": [{"number": number}]});
    fact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shard.record(json!({ "discrepancy_settled": fact }))
}

/// The numbers of the rows, and where the next page begins.
fn numbers(projector: &Projector, query: &InboxQuery) -> String {
    let page = projector.inbox(&shop(), query).unwrap();
    let rows: Vec<u64> = page.rows.iter().map(|it| it.number).collect();
    format!("{rows:?} {:?}", page.next)
}

fn limited(limit: usize) -> InboxQuery {
    InboxQuery { limit, ..InboxQuery::default() }
}

/// An inbox of five differences: a loss, one in flight, a gain, and two of an unknown code.
fn inbox() -> Shard {
    let mut shard = supplied();
    shard.at(10);
    let unknown = |number: u64, code: &str| {
        json!({"number": number, "kind": "unknown_sku", "supplier_sku": code, "theirs": 7,
            "ours": 0, "as_of": second(10), "confidence": 0, "location": "S",
            "suggestions": [{"sku": "G", "confidence": 60, "why": "spelt alike"}]})
    };
    let found = json!([
        difference(1, "unexplained_loss", "W", 30, 40),
        difference(2, "in_flight", "G", 8, 10),
        difference(3, "unexplained_gain", "G", 60, 10),
        unknown(4, "X-1"),
        unknown(5, "X-2")
    ]);
    snapshot(&mut shard, "s1", json!({"found": found, "compared": 10, "accurate": 7}));
    shard
}

#[test]
fn the_inbox_is_told_newest_or_largest_first_and_page_by_page() {
    let shard = inbox();
    let projector = shard.projector();
    assert_eq!(numbers(&projector, &limited(0)), "[5] Some(5)");
    assert_eq!(numbers(&projector, &limited(10)), "[5, 4, 3, 2, 1] None");
    let next = InboxQuery { after: Some(4), ..limited(2) };
    assert_eq!(numbers(&projector, &next), "[3, 2] Some(2)");
    let largest = InboxQuery { order: InboxOrder::Largest, ..limited(2) };
    assert_eq!(numbers(&projector, &largest), "[3, 1] Some(1)");
    let next = InboxQuery { after: Some(1), ..largest };
    assert_eq!(numbers(&projector, &next), "[5, 4] Some(4)");
    let next = InboxQuery { after: Some(4), ..next };
    assert_eq!(numbers(&projector, &next), "[2] None");

    let kinds = vec![DifferenceKind::InFlight, DifferenceKind::UnexplainedLoss];
    assert_eq!(numbers(&projector, &InboxQuery { kinds, ..limited(9) }), "[2, 1] None");
    let larger_than = Some(7);
    assert_eq!(numbers(&projector, &InboxQuery { larger_than, ..limited(9) }), "[3, 1] None");
    let sku = Some(name("GG"));
    assert_eq!(numbers(&projector, &InboxQuery { sku, ..limited(9) }), "[3, 2] None");
    let supplier = Some(name("acme"));
    assert_eq!(numbers(&projector, &InboxQuery { supplier, ..limited(1) }), "[5] Some(5)");
    let none = InboxQuery { feed: Some(name("other")), ..limited(9) };
    assert_eq!(projector.inbox(&shop(), &none).unwrap_err(), Missing::Feed);
    let none = InboxQuery { after: Some(99), ..limited(9) };
    assert_eq!(projector.inbox(&shop(), &none).unwrap_err(), Missing::Discrepancy);
}

#[test]
fn what_is_snoozed_is_out_of_sight_until_its_moment() {
    let mut shard = inbox();
    settle(&mut shard, 1, json!({"action": "snooze", "until": second(HOUR)}));
    settle(&mut shard, 2, json!({"action": "dispute"}));
    settle(&mut shard, 3, json!({"action": "keep_ours"}));
    assert_eq!(numbers(&shard.projector(), &limited(9)), "[5, 4, 2] None");
    let states = vec![InboxState::Snoozed, InboxState::Kept];
    assert_eq!(numbers(&shard.projector(), &InboxQuery { states, ..limited(9) }), "[3, 1] None");
    shard.at(HOUR);
    assert_eq!(numbers(&shard.projector(), &limited(9)), "[5, 4, 2, 1] None");
}

#[track_caller]
fn check_json(told: &impl serde::Serialize, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string_pretty(told).unwrap());
}

#[test]
fn a_difference_tells_what_became_of_it_and_what_accepting_it_would_do() {
    let mut shard = inbox();
    let order = json!({"order": "O1", "channel": "sup", "_actor": "shop",
        "lines": [{"sku": "W", "quantity": 5}]});
    let position = shard.at(20).ok("commit_order", order);
    let mut again = difference(1, "in_flight", "W", 33, 40);
    again["explained_by"] = json!([position]);
    snapshot(&mut shard, "s2", json!({"found": [again]}));
    settle(&mut shard, 1, json!({"action": "ask_supplier"}));
    let projector = shard.projector();
    let told = projector.discrepancy(&shop(), 1).unwrap();
    let steps: Vec<_> = told.history.iter().map(|it| (it.step, it.entry.entry.position)).collect();
    let last = shard.book.ledger(&shop()).unwrap().position();
    assert_eq!(
        steps,
        [
            (HistoryStep::Opened, told.row.opened),
            (HistoryStep::Changed, last - 1),
            (HistoryStep::Decided, last)
        ]
    );
    assert_eq!(told.explained_by[0].kind, "order_committed");
    check_json(
        &told.accepting,
        &expect![[r#"
        {
          "sku": "W",
          "location": "S",
          "counted_at": "2026-01-01T00:00:10Z",
          "counted": 33,
          "book": 40,
          "change": -7,
          "sellable": 40,
          "sellable_after": 33,
          "free": 35
        }"#]],
    );
    assert_eq!(told.row.state, InboxState::Asked);
    let unknown = projector.discrepancy(&shop(), 4).unwrap();
    assert_eq!((unknown.suggestions.len(), unknown.accepting), (1, None));
    let missing = projector.discrepancy(&shop(), 6).unwrap_err();
    assert!(matches!(missing, QueryError::Missing(Missing::Discrepancy)));
}

/// What the channel is told of W: by the number that may be remembered, and by the formula.
#[track_caller]
fn published(projector: &Projector) -> u64 {
    let told = projector.published(&shop(), &name("sup"), &name("W")).unwrap();
    let row = row(projector);
    assert_eq!(told, row.published, "what is remembered is not what the formula says");
    let again = projector.published(&shop(), &name("sup"), &name("W")).unwrap();
    assert_eq!(told, again);
    match told {
        Amount::Units(units) => units,
        Amount::Unlimited => u64::MAX,
    }
}

fn row(projector: &Projector) -> AvailabilityRow {
    let page = projector.availability(&shop(), &name("sup"), &[name("W")], None, 1).unwrap();
    page.rows.into_iter().next().unwrap()
}

fn step(shard: &mut Shard, step: u64) -> u64 {
    shard.record(json!({"feed_stepped": {"feed": "F", "tier": "fast", "step": step}}))
}

#[test]
fn c14_remembered_numbers_follow_the_age_of_the_suppliers() {
    let mut shard = supplied();
    let (projector, _) = shard.open(None);
    assert_eq!(published(&projector), 40);
    let changes: [(&str, u64); 8] = [
        ("step 1", 37),
        ("step 2", 17),
        ("doubt", 12),
        ("snapshot", 30),
        ("accept", 40),
        ("step 1", 37),
        ("set_feed", 40),
        ("clear", 40),
    ];
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        shard.at(100 + number as u64);
        match change {
            "step 1" => step(&mut shard, 1),
            "step 2" => step(&mut shard, 2),
            "doubt" => {
                let found = json!([difference(1, "unexplained_loss", "W", 30, 40)]);
                snapshot(&mut shard, "d", json!({"complete": false, "found": found}))
            }
            "snapshot" => snapshot(&mut shard, "s", json!({})),
            "accept" => settle(&mut shard, 1, json!({"action": "keep_ours"})),
            "set_feed" => {
                let tiers = json!([{"tier": "fast", "every_minutes": 60},
                    {"tier": "slow", "every_minutes": 60}]);
                let feed =
                    json!({"feed": "F", "supplier": "acme", "location": "S", "tiers": tiers});
                shard.ok("set_feed", feed)
            }
            _ => snapshot(&mut shard, "c", json!({})),
        };
        projector.catch_up().unwrap();
        assert_eq!(published(&projector), expected, "after {number}: {change}");
    }
}

#[test]
fn freshness_is_told_of_suppliers_locations_only_and_ages_as_it_is_read() {
    let mut shard = supplied();
    shard.at(HOUR);
    snapshot(&mut shard, "s1", json!({"said": [{"sku": "W", "quantity": 40}]}));
    shard.at(HOUR + 90);
    check_json(
        &row(&shard.projector()).freshness,
        &expect![[r#"
        [
          {
            "location": "S",
            "feed": "F",
            "tier": "fast",
            "as_of": "2026-01-01T01:00:00Z",
            "age_seconds": 90
          }
        ]"#]],
    );
    let web = shard.projector();
    let page = web.availability(&shop(), &name("web"), &[name("W")], None, 1).unwrap();
    assert_eq!(page.rows[0].freshness, []);
    step(&mut shard, 1);
    let stock = shard
        .projector()
        .stock(&shop(), &StockQuery { skus: vec![name("W")], limit: 9, ..StockQuery::default() });
    let row = stock.unwrap().rows.into_iter().find(|it| it.location == name("S")).unwrap();
    let fresh = row.freshness.unwrap();
    assert_eq!((fresh.step, fresh.age_seconds), (Some(1), Some(90)));
}

#[test]
fn promises_and_previews_tell_how_old_the_numbers_are_that_they_rest_on() {
    let mut shard = supplied();
    shard.at(HOUR);
    snapshot(&mut shard, "s1", json!({"said": [{"sku": "W", "quantity": 40}]}));
    let kit = json!({"sku": "K", "parts": [{"sku": "W", "quantity": 2}]});
    shard.run(&[("register_item", json!({"sku": "K"})), ("define_kit", kit)]);
    shard.at(HOUR + 90);
    let projector = shard.projector();
    let told = |it: &[FreshOf]| -> Vec<String> {
        let one = |it: &FreshOf| {
            let fresh = &it.fresh;
            format!("{}@{} {} {:?}", it.sku, fresh.location, fresh.tier, fresh.age_seconds)
        };
        it.iter().map(one).collect()
    };
    let promised = |channel, sku| {
        let answer = projector.promise_by(&shop(), &name(channel), &name(sku), None).unwrap();
        told(&answer.freshness)
    };
    assert_eq!(promised("sup", "W"), ["W@S fast Some(90)"]);
    assert_eq!(promised("sup", "K"), ["W@S fast Some(90)"]);
    assert_eq!(promised("web", "W"), [""; 0]);
    let previewed = |channel| {
        let line = json!({"ref": "1", "sku": "W", "quantity": 1});
        let query = PreviewQuery {
            channel: Some(name(channel)),
            lines: vec![serde_json::from_value(line).unwrap()],
            campaign: None,
            customer: None,
            ship_to: None,
        };
        told(&projector.preview(&shop(), &query).unwrap().freshness)
    };
    assert_eq!(previewed("sup"), ["W@S fast Some(90)"]);
    assert_eq!(previewed("web"), [""; 0]);
}

#[test]
fn a_difference_that_was_counted_within_tolerance_says_so() {
    let mut shard = inbox();
    let counted = json!({"sku": "W", "condition": "sellable", "counted": 39, "book": 40,
        "book_position": shard.book.ledger(&shop()).unwrap().position(), "applied": true});
    let movement = Movement {
        sku: name("W"),
        quantity: Quantity::new(1).unwrap(),
        from: Account::Shelf(name("S"), Condition::Sellable),
        to: Account::CountVariance,
    };
    let fact = json!({"snapshot_recorded": {"feed": "F", "snapshot": "s2", "part": 1,
        "as_of": shard.now, "complete": true, "lines": 2, "outcome": "applied",
        "counted": [counted], "cleared": [1, 3]}});
    shard.record_all(vec![(shop(), fact, vec![movement])]);
    let projector = shard.projector();
    let last =
        |number| projector.discrepancy(&shop(), number).unwrap().history.last().unwrap().step;
    assert_eq!((last(1), last(3)), (HistoryStep::Counted, HistoryStep::Cleared));
}

fn explained(projector: &Projector, at: Option<u64>) -> Explain {
    let query = ExplainQuery { at, ..ExplainQuery::now(name("W"), name("sup")) };
    projector.explain(&shop(), &query).unwrap()
}

#[test]
fn stale_numbers_and_doubts_are_explained_now_and_then() {
    let mut shard = supplied();
    shard.at(10);
    let found = json!([difference(1, "unexplained_loss", "W", 36, 40)]);
    let opened = snapshot(&mut shard, "s1", json!({"found": found}));
    let first = step(&mut shard, 1);
    let second = step(&mut shard, 2);
    let kept = settle(&mut shard, 1, json!({"action": "keep_ours"}));
    let fresh = snapshot(&mut shard, "s2", json!({}));
    let projector = shard.projector();
    let told = |at| {
        let told = explained(&projector, at);
        let place = &told.item.locations[0];
        let stale = place.stale.as_ref();
        let stale = stale.map(|it| (it.step, it.trust_percent, it.buffer, it.entry.position));
        let doubts: Vec<u64> = place.doubts.iter().map(|it| it.number).collect();
        (told.item.published, stale, place.terms.shelf.doubted, doubts)
    };
    let buffer = Some(KeptBack { units: Some(3), percent: None });
    let units = Amount::Units::<u64>;
    assert_eq!(told(Some(opened - 1)), (units(40), None, 0, vec![]));
    assert_eq!(told(Some(opened)), (units(36), None, 4, vec![1]));
    assert_eq!(told(Some(first)), (units(33), Some((1, 100, buffer, first)), 4, vec![1]));
    assert_eq!(told(Some(second)), (units(15), Some((2, 50, buffer, second)), 4, vec![1]));
    assert_eq!(told(Some(kept)), (units(17), Some((2, 50, buffer, second)), 0, vec![]));
    assert_eq!(told(Some(fresh)), (units(40), None, 0, vec![]));
    assert_eq!(told(None), (units(40), None, 0, vec![]));
}

#[test]
fn late_feeds_come_first_with_what_waits_for_somebody() {
    let mut shard = supplied();
    snapshot(&mut shard, "s1", json!({}));
    let held = json!({"outcome": "held",
        "suspicions": [{"breaker": "absurd", "items": 1, "largest": 9, "limit": 5}]});
    shard.at(60);
    snapshot(&mut shard, "s2", held);
    shard.at(3 * HOUR);
    step(&mut shard, 1);
    let told = shard.projector().feeds(&shop(), Some(&name("acme"))).unwrap();
    check_json(
        &told.rows,
        &expect![[r#"
        [
          {
            "feed": "F",
            "supplier": "acme",
            "location": "S",
            "basis": "on_hand",
            "tiers": [
              {
                "tier": "fast",
                "every_minutes": 60,
                "as_of": "2026-01-01T00:00:00Z",
                "age_seconds": 10800,
                "due_at": "2026-01-01T01:00:00Z",
                "late": true,
                "late_seconds": 7200,
                "step": 1,
                "next_step_at": "2026-01-01T04:00:00Z"
              },
              {
                "tier": "slow",
                "every_minutes": 1440,
                "as_of": "2026-01-01T00:00:00Z",
                "age_seconds": 10800,
                "due_at": "2026-01-02T00:00:00Z",
                "late": false
              }
            ],
            "last": {
              "snapshot": "s1",
              "as_of": "2026-01-01T00:00:00Z",
              "heard_at": "2026-01-01T00:00:00Z",
              "position": 11,
              "complete": true,
              "lines": 2,
              "outcome": "applied"
            },
            "held": {
              "snapshot": "s2",
              "as_of": "2026-01-01T00:01:00Z",
              "heard_at": "2026-01-01T00:01:00Z",
              "position": 12,
              "complete": true,
              "lines": 2,
              "outcome": "held"
            },
            "late": true,
            "position": 9
          }
        ]"#]],
    );
    let told = shard.projector().feed_of(&shop(), &name("F")).unwrap();
    let recent: Vec<_> = told.recent.iter().map(|it| it.snapshot.as_str()).collect();
    assert_eq!(recent, ["s2", "s1"]);
    assert_eq!(shard.projector().feeds(&shop(), Some(&name("x"))).unwrap_err(), Missing::Supplier);
}

#[test]
fn suppliers_tell_what_belongs_to_them_and_what_their_codes_mean() {
    let mut shard = inbox();
    let lines: Vec<Value> = (0..5)
        .map(|it| json!({"supplier_sku": format!("A-{it}"), "sku": "W", "pack": it + 1}))
        .collect();
    shard.ok("map_supplier_sku", json!({"supplier": "acme", "lines": lines}));
    shard.ok(
        "commit_order",
        json!({"order": "O1", "channel": "sup",
        "lines": [{"sku": "W", "quantity": 5}]}),
    );
    let projector = shard.projector();
    let told = projector.supplier(&shop(), &name("acme")).unwrap();
    check_json(
        &told.supplier,
        &expect![[r#"
        {
          "supplier": "acme",
          "name": "Acme Ltd",
          "on_shortage": "keep",
          "locations": [
            "S"
          ],
          "feeds": [
            "F"
          ],
          "mapped": 5,
          "waiting_orders": 1,
          "open_discrepancies": 5,
          "position": 8
        }"#]],
    );
    assert_eq!(projector.suppliers(&shop()).unwrap().rows, [told.supplier]);
    let page = |after: Option<&str>| {
        let after = after.map(name);
        let page = projector.supplier_skus(&shop(), &name("acme"), after.as_ref(), 2).unwrap();
        let codes: Vec<_> = page.rows.iter().map(|it| it.supplier_sku.to_string()).collect();
        format!("{codes:?} {:?}", page.next.map(|it| it.to_string()))
    };
    assert_eq!(page(None), r#"["A-0", "A-1"] Some("A-1")"#);
    assert_eq!(page(Some("A-3")), r#"["A-4"] None"#);
}

#[test]
fn tiers_follow_sales_and_what_is_left() {
    let mut shard = supplied();
    shard.at(40 * DAY);
    let said = json!([{"sku": "W", "quantity": 30}, {"sku": "G", "quantity": 10}]);
    snapshot(&mut shard, "s1", json!({"said": said}));
    for order in 0..8 {
        shard.at(41 * DAY + order);
        shard.ok(
            "commit_order",
            json!({"order": format!("O{order}"), "channel": "sup",
            "lines": [{"sku": "W", "quantity": 4}]}),
        );
    }
    let tiers = |shard: &Shard, differs| {
        let query = TierQuery { differs, after: None, limit: 9 };
        let page = shard.projector().tiers(&shop(), &name("F"), &query).unwrap();
        let told = page.rows.iter().map(|it| {
            let (tier, suggested) = (&it.tier, &it.suggested);
            format!(
                "{} {tier} {suggested} {:?} {} {} {:?}\n",
                it.sku, it.pace, it.orders, it.units, it.cover_days
            )
        });
        told.collect::<String>()
    };
    expect![[r#"
        W fast fast Steady 8 32 Some(28)
        G fast slow Slow 0 0 None
    "#]]
    .assert_eq(&tiers(&shard, false));
    assert_eq!(tiers(&shard, true), "G fast slow Slow 0 0 None\n");
    shard.ok("assign_tier", json!({"feed": "F", "lines": [{"sku": "G", "tier": "slow"}]}));
    assert_eq!(tiers(&shard, true), "");
    // Sales that are older than 30 days count no more.
    shard.at(72 * DAY);
    assert_eq!(tiers(&shard, true), "W fast slow Slow 0 0 None\n");
}

/// A period with everything that is scored.
fn scored() -> Shard {
    let mut shard = supplied();
    let lines = json!([{"sku": "W", "quantity": 20, "expected_at": second(9 * DAY),
        "confidence": 90}]);
    shard.ok(
        "expect_stock",
        json!({"inbound": "PO-1", "location": "A", "supplier": "acme",
        "lines": lines}),
    );
    snapshot(&mut shard, "s1", json!({"compared": 10, "accurate": 9}));
    // An hour late for the tier that is asked for hourly, in time for the other.
    shard.at(2 * HOUR);
    snapshot(&mut shard, "s2", json!({"compared": 10, "accurate": 8}));
    handovers(&mut shard);
    let receive = |units: u64| {
        json!({"location": "A", "supplier": "acme", "inbound": "PO-1", "to": "quality_control",
            "lines": [{"sku": "W", "quantity": units}]})
    };
    shard.at(2 * DAY).ok("receive_stock", receive(12));
    shard.at(3 * DAY).ok("receive_stock", receive(8));
    shard.at(3 * DAY + HOUR).ok(
        "inspect_stock",
        json!({"location": "A",
        "lines": [{"sku": "W", "passed": 11, "rejected": 4}], "rejected_to": "supplier"}),
    );
    shard
}

fn handovers(shard: &mut Shard) {
    for order in ["O1", "O2", "O3"] {
        shard.ok(
            "commit_order",
            json!({"order": order, "channel": "sup",
            "lines": [{"sku": "W", "quantity": 5}]}),
        );
        let line = json!({"order": order, "ref": "1", "sku": "W", "location": "S", "quantity": 5});
        shard.record(json!({"orders_handed_over": {"supplier": "acme", "handover": order,
            "cut_off": shard.now, "confirm_by": second(3 * HOUR), "lines": [line]}}));
    }
    let short = json!([{"order": "O1", "ref": "1", "sku": "W", "short": 2, "action": "keep"}]);
    shard.record(json!({"handover_confirmed": {"supplier": "acme", "handover": "O1",
        "short": short}}));
    shard.at(3 * HOUR);
    for handover in ["O2", "O3"] {
        shard.record(json!({"handover_missed": {"supplier": "acme", "handover": handover}}));
    }
    // Late is not missed twice; and what was shipped without a word is filled.
    shard.record(json!({"handover_confirmed": {"supplier": "acme", "handover": "O2",
        "late": true}}));
    shard.ok("ship_order", json!({"order": "O3"}));
}

fn scorecard(shard: &Shard, by: Option<Trend>) -> Scorecard {
    let (from, to) = (Some(second(0)), Some(second(4 * DAY)));
    let query = ScorecardQuery { supplier: name("acme"), from, to, by };
    shard.projector().scorecard(&shop(), &query).unwrap()
}

#[test]
fn a_scorecard_adds_up_what_a_supplier_did() {
    let shard = scored();
    check_json(
        &scorecard(&shard, None).card,
        &expect![[r#"
        {
          "accuracy": {
            "part": 17,
            "of": 20,
            "basis_points": 8500
          },
          "fill": {
            "part": 13,
            "of": 15,
            "basis_points": 8666
          },
          "confirmation": {
            "part": 1,
            "of": 3,
            "basis_points": 3333
          },
          "snapshots_in_time": {
            "part": 3,
            "of": 4,
            "basis_points": 7500
          },
          "fresh": {
            "part": 100800,
            "of": 525600,
            "basis_points": 1917
          },
          "snapshots_held": 0,
          "received": 20,
          "ordered_to_received": {
            "count": 2,
            "p50_minutes": 2880,
            "p90_minutes": 4320,
            "mean_minutes": 3600
          },
          "received_to_inspected": {
            "count": 2,
            "p50_minutes": 60,
            "p90_minutes": 1500,
            "mean_minutes": 780
          },
          "rejected": {
            "part": 4,
            "of": 15,
            "basis_points": 2666
          },
          "warehouses": [
            {
              "location": "A",
              "rejected": {
                "part": 4,
                "of": 15,
                "basis_points": 2666
              }
            }
          ]
        }"#]],
    );
    let days = scorecard(&shard, Some(Trend::Day)).trend;
    let told: Vec<_> =
        days.iter().map(|it| (it.card.accuracy.of, it.card.fill.of, it.card.received)).collect();
    assert_eq!(told, [(20, 15, 0), (0, 0, 0), (0, 0, 12), (0, 0, 8), (0, 0, 0)]);
    let nobody = ScorecardQuery { supplier: name("x"), from: None, to: None, by: None };
    assert_eq!(shard.projector().scorecard(&shop(), &nobody).unwrap_err(), Missing::Supplier);
}

#[test]
fn what_leaves_quality_control_uninspected_is_not_judged() {
    let mut shard = supplied();
    let receive = json!({"location": "A", "supplier": "acme", "to": "quality_control",
        "lines": [{"sku": "W", "quantity": 10}]});
    shard.ok("receive_stock", receive.clone());
    let line = json!({"sku": "W", "quantity": 10, "from": "quality_control",
        "to": "quarantined"});
    let aside = json!({"location": "A", "lines": [line]});
    shard.ok("change_condition", aside);
    shard.ok("receive_stock", receive);
    let inspect = json!({"location": "A", "lines": [{"sku": "W", "passed": 9, "rejected": 1}]});
    shard.at(HOUR).ok("inspect_stock", inspect);
    let card = scorecard(&shard, None).card;
    assert_eq!((card.rejected, card.received), (Rate::new(1, 10), 20));
    assert_eq!(card.received_to_inspected.p50_minutes, Some(60));
}

/// A ledger in which everything is known that is ever known of suppliers.
fn all_of_suppliers() -> Shard {
    let mut shard = inbox();
    for line in [
        json!({"supplier_sku": "A-1", "sku": "W", "pack": 6, "unit_cost": 250}),
        json!({"supplier_sku": "A-1", "sku": "G", "valid_from": second(DAY)}),
    ] {
        shard.ok("map_supplier_sku", json!({"supplier": "acme", "lines": [line]}));
    }
    shard.ok("assign_tier", json!({"feed": "F", "lines": [{"sku": "G", "tier": "slow"}]}));
    step(&mut shard, 1);
    handovers(&mut shard);
    shard.record(json!({"stock_listed": {"channel": "sup",
        "lines": [{"sku": "W", "quantity": 3}]}}));
    shard.record(json!({"snapshot_recorded": {"feed": "F", "snapshot": "long", "part": 1,
        "more": true, "as_of": shard.now, "complete": true, "tier": "slow", "lines": 9,
        "hash": "ab", "orders_seen_through": shard.now, "outcome": "applied",
        "said": [{"sku": "G", "quantity": null, "next_restock_at": second(DAY), "missing": 1}]}}));
    shard
}

/// What comes between two checkpoints.
fn more_of_suppliers(shard: &mut Shard) {
    settle(
        shard,
        2,
        json!({"action": "snooze", "until": second(2 * DAY),
        "reason": {"code": "other", "note": "they look it up"}}),
    );
    snapshot(
        shard,
        "held",
        json!({"outcome": "held", "suspicions":
        [{"breaker": "to_zero", "items": 9, "of": 10, "limit_percent": 50}]}),
    );
    let receive = json!({"location": "A", "supplier": "acme", "to": "quality_control",
        "lines": [{"sku": "W", "quantity": 8}]});
    shard.ok("receive_stock", receive);
    shard.ok(
        "expect_stock",
        json!({"inbound": "PO", "location": "A", "supplier": "acme",
        "lines": [{"sku": "W", "quantity": 2, "expected_at": second(DAY), "confidence": 9}]}),
    );
}

/// What is open at the checkpoint goes on behind it.
fn go_on(shard: &mut Shard) {
    shard.at(2 * DAY).ok(
        "inspect_stock",
        json!({"location": "A", "lines": [{"sku": "W", "passed": 6, "rejected": 2}]}),
    );
    shard.ok(
        "receive_stock",
        json!({"location": "A", "supplier": "acme", "inbound": "PO",
        "lines": [{"sku": "W", "quantity": 2}]}),
    );
    shard.record(json!({"handover_confirmed": {"supplier": "acme", "handover": "O3",
        "late": true}}));
    snapshot(shard, "last", json!({"compared": 5, "accurate": 5}));
}

/// Whatever is told of suppliers.
fn all_told(it: &Projector) -> Value {
    let days = ScorecardQuery {
        supplier: name("acme"),
        from: Some(second(0)),
        to: Some(second(9 * DAY)),
        by: Some(Trend::Day),
    };
    let differences: Vec<Value> = (1..=5)
        .map(|number| serde_json::to_value(it.discrepancy(&shop(), number).unwrap()).unwrap())
        .collect();
    let card = serde_json::to_value(it.scorecard(&shop(), &days).unwrap()).unwrap();
    let supplier = serde_json::to_value(it.supplier(&shop(), &name("acme")).unwrap()).unwrap();
    let feed = serde_json::to_value(it.feed_of(&shop(), &name("F")).unwrap()).unwrap();
    let mut told = json!([differences, card, supplier, feed]);
    without_age(&mut told);
    told
}

#[test]
fn everything_of_suppliers_survives_a_checkpoint() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut shard = all_of_suppliers();
    let (projector, _) = shard.open(Some(&dir));
    // Once as a whole, once as what changed since.
    assert_eq!(projector.checkpoint(), shard.tip.height);
    more_of_suppliers(&mut shard);
    projector.catch_up().unwrap();
    assert_eq!(projector.checkpoint(), shard.tip.height);
    drop(projector);
    go_on(&mut shard);
    let (projector, report) = shard.open(Some(&dir));
    assert!(
        matches!(report.origin, onhand_projector::Origin::Checkpoint { .. }),
        "{:?}",
        report.origin
    );
    assert!(report.entries_replayed < 5);
    common::assert_same_book(&projector.book().0, &shard.book);
    let anew = shard.projector();
    assert_eq!(all_told(&projector), all_told(&anew));
    let card = scorecard(&shard, None).card;
    assert_eq!((card.rejected, card.ordered_to_received.count), (Rate::new(2, 8), 1));
}

/// Answers of two projectors were not given in the same millisecond.
fn without_age(told: &mut Value) {
    match told {
        Value::Object(members) => {
            members.remove("age_ms");
            members.values_mut().for_each(without_age);
        }
        Value::Array(all) => all.iter_mut().for_each(without_age),
        _ => {}
    }
}
