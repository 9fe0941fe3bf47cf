//! What queries answer over a folded journal.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use std::time::Duration;

use common::{Shard, assert_same_book, name, second, shop};
use onhand_core::{BookAt, Command, Condition, Rejection};
use onhand_projector::{Amount, LineState, Missing, StockQuery, TimelineQuery};
use serde_json::{Value, json};

fn received(quantity: u64) -> Value {
    json!({"location": "A", "lines": [{"sku": "W", "quantity": quantity}]})
}

fn order(id: &str, quantity: u64) -> Value {
    json!({"order": id, "channel": "web", "lines": [{"sku": "W", "quantity": quantity}]})
}

fn text(rows: impl serde::Serialize) -> Value {
    serde_json::to_value(rows).unwrap()
}

#[test]
fn the_projection_is_the_writers_book() {
    let mut shard = Shard::furnished();
    shard.ok("receive_stock", received(10));
    shard.run(&[("commit_order", order("O1", 4)), ("commit_order", order("O2", 40))]);
    let (book, tip) = shard.projector().book();
    assert_eq!(tip, shard.tip);
    assert_same_book(&book, &shard.book);
}

#[test]
fn stock_tells_balances_claims_and_what_was_seen() {
    let mut shard = Shard::furnished();
    shard.at(10).ok("receive_stock", received(10));
    shard.at(20).ok("commit_order", order("O1", 4));
    let hold = json!({"hold": "H1", "owner": "cart", "channel": "web", "expires_in": 60,
                      "lines": [{"sku": "W", "quantity": 3}]});
    shard.at(30).ok("hold_stock", hold);
    let projector = shard.projector();
    let query = StockQuery { skus: vec![name("W")], limit: 10, ..StockQuery::default() };
    let page = projector.stock(&shop(), &query).unwrap();
    assert_eq!(
        (page.seen.position, page.seen.height, page.seen.stale),
        (8, shard.tip.height, false)
    );
    assert_eq!(page.seen.recorded_at, second(30));
    assert_eq!(
        text(&page.rows),
        json!([{"sku": "W", "location": "A", "on_hand": 10, "sellable": 10, "quality_control": 0,
                "damaged": 0, "quarantined": 0, "held": 3, "committed": 4, "pooled": 0, "kept": 0,
                "available": 3,
                "oversold": 0, "touched": 6}])
    );
    // The hold's end counts as soon as it has passed, recorded or not.
    shard.at(91);
    assert_eq!(projector.hold(&shop(), &name("H1")).unwrap().state, "live");
    let later = shard.projector();
    assert_eq!(later.stock(&shop(), &query).unwrap().rows[0].held, 0);
    assert_eq!(later.hold(&shop(), &name("H1")).unwrap().state, "expired");
    let rows = later.availability(&shop(), &name("web"), &[name("W")], None, 1).unwrap().rows;
    let row = &rows[0];
    assert_eq!((row.available, row.published), (Amount::Units(6), Amount::Units(6)));
    assert_eq!(row.locations[0].free, 6);
}

#[test]
fn stock_and_availability_come_in_pages() {
    let mut shard = Shard::furnished();
    for number in 0..5 {
        shard.ok("register_item", json!({"sku": format!("S{number}")}));
    }
    let projector = shard.projector();
    let (mut after, mut skus) = (None, Vec::new());
    loop {
        let page = projector.availability(&shop(), &name("web"), &[], after.as_ref(), 3).unwrap();
        skus.extend(page.rows.into_iter().map(|row| row.sku.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(skus, ["W", "G", "S0", "S1", "S2", "S3", "S4"]);
    let unknown = StockQuery { skus: vec![name("X")], ..StockQuery::default() };
    assert_eq!(projector.stock(&shop(), &unknown).unwrap_err(), Missing::Sku);
    assert_eq!(projector.stock(&name("none"), &unknown).unwrap_err(), Missing::Ledger);
    let at_b = StockQuery { skus: vec![name("GG")], location: Some(name("B")), ..unknown };
    assert_eq!(projector.stock(&shop(), &at_b).unwrap().rows[0].on_hand, 0);
}

#[test]
fn the_timeline_tells_before_after_who_and_why() {
    let mut shard = Shard::furnished();
    let mut receipt = received(10);
    receipt["_actor"] = json!("ann");
    receipt["_cause"] = json!("po:7");
    shard.at(10).ok("receive_stock", receipt);
    let adjustment = json!({"location": "A", "reason": {"code": "shrinkage"},
                            "lines": [{"sku": "W", "change": -2}], "_occurred_at": second(15).to_string()});
    shard.at(20).ok("adjust_stock", adjustment);
    let started =
        json!({"transfer": "T1", "from": "A", "to": "B", "lines": [{"sku": "W", "quantity": 3}]});
    shard.at(30).ok("start_transfer", started);
    let projector = shard.projector();
    let query = TimelineQuery { limit: 2, ..TimelineQuery::default() };
    let page = projector.timeline(&shop(), &name("W"), &query).unwrap();
    let figures = |on_hand: i64| {
        json!({"on_hand": on_hand, "sellable": on_hand, "quality_control": 0, "damaged": 0,
               "quarantined": 0, "held": 0, "committed": 0, "pooled": 0})
    };
    assert_eq!(
        text(&page.rows),
        json!([
            {"position": 8, "height": shard.tip.height, "recorded_at": second(30),
             "occurred_at": second(30), "kind": "transfer_started", "location": "A",
             "before": figures(8), "after": figures(5), "id": "c8"},
            {"position": 7, "height": shard.tip.height - 1, "recorded_at": second(20),
             "occurred_at": second(15), "kind": "stock_adjusted", "location": "A",
             "before": figures(10), "after": figures(8), "reason": {"code": "shrinkage"}, "id": "c7"},
        ])
    );
    assert_eq!(page.next, Some(7));
    let query = TimelineQuery { after: page.next, ..query };
    let page = projector.timeline(&shop(), &name("W"), &query).unwrap();
    let rows = text(&page.rows);
    assert_eq!((&rows[0]["actor"], &rows[0]["cause"]), (&json!("ann"), &json!("po:7")));
    assert_eq!(rows[0]["before"], figures(0));
    assert_eq!((&rows[1]["kind"], rows[1].get("after")), (&json!("item_registered"), None));
    assert_eq!(page.next, None);
}

#[test]
fn a_long_timeline_reads_the_same_from_every_page() {
    let mut shard = Shard::furnished();
    for number in 1..=700 {
        shard.ok("receive_stock", received(number));
    }
    let projector = shard.projector();
    let (mut after, mut on_hand, mut rows) = (None, 700 * 701 / 2, 0);
    loop {
        let query = TimelineQuery { after, limit: 90, location: Some(name("A")) };
        let page = projector.timeline(&shop(), &name("W"), &query).unwrap();
        for row in page.rows {
            assert_eq!(row.after.unwrap().on_hand, on_hand);
            on_hand = row.before.unwrap().on_hand;
            rows += 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((rows, on_hand), (700, 0));
}

#[test]
fn the_book_of_a_past_moment_counts_what_had_occurred() {
    let mut shard = Shard::furnished();
    shard.at(10).ok("receive_stock", received(10));
    shard.at(20).ok("commit_order", order("O1", 2));
    shard.at(30).ok("ship_order", json!({"order": "O1"}));
    let mut late = received(5);
    late["_occurred_at"] = json!(second(15).to_string());
    shard.at(40).ok("receive_stock", late);
    let projector = shard.projector();
    for (at, balance) in [(5, 0), (10, 10), (15, 15), (29, 15), (30, 13), (99, 13)] {
        let (shop, sku, place) = (shop(), name("W"), name("A"));
        let book = projector.book_at(&shop, &sku, &place, Condition::Sellable, second(at)).unwrap();
        assert_eq!(book, BookAt { balance, position: 9 }, "at second {at}");
    }
    // A count of second 25, entered at second 50, with sales and a late receipt around it.
    shard.at(50);
    let count = json!({"location": "A", "counted_at": second(25).to_string(),
                       "lines": [{"sku": "W", "quantity": 14}]});
    let mut request = shard.request("count_stock", &count);
    projector.look_up(&mut request).unwrap();
    let Command::CountStock(looked_up) = &request.command else { panic!() };
    assert_eq!(looked_up.book, [BookAt { balance: 15, position: 9 }]);
    assert_eq!(shard.append(vec![request]), [Ok(10)]);
    projector.catch_up().unwrap();
    let query = StockQuery { skus: vec![name("W")], ..StockQuery::default() };
    assert_eq!(projector.stock(&shop(), &query).unwrap().rows[0].on_hand, 12);
    // The variance belongs to the moment of counting.
    let (shop, sku, place) = (shop(), name("W"), name("A"));
    let book = projector.book_at(&shop, &sku, &place, Condition::Sellable, second(26)).unwrap();
    assert_eq!(book.balance, 14);
}

#[test]
fn a_reversal_finds_its_entry() {
    let mut shard = Shard::furnished();
    let position = shard.ok("receive_stock", received(10));
    let projector = shard.projector();
    let reverse = json!({"position": position, "reason": "did_not_occur"});
    let mut request = shard.request("reverse_entry", &reverse);
    projector.look_up(&mut request).unwrap();
    assert_eq!(shard.append(vec![request]), [Ok(7)]);
    let mut request =
        shard.request("reverse_entry", &json!({"position": 70, "reason": "did_not_occur"}));
    projector.look_up(&mut request).unwrap();
    assert_eq!(shard.append(vec![request]), [Err(Rejection::UnknownPosition { position: 70 })]);
    let view = projector.entry(&shop(), position).unwrap();
    assert_eq!((view.place.height, view.entry.fact.kind()), (3, "stock_received"));
}

#[test]
fn affected_orders_are_the_newest_that_make_up_what_is_oversold() {
    let mut shard = Shard::furnished();
    shard.ok("receive_stock", received(10));
    for (id, quantity) in [("O1", 2), ("O2", 3), ("O3", 1), ("O4", 2)] {
        shard.ok("commit_order", order(id, quantity));
    }
    shard.ok("ship_order", json!({"order": "O3"}));
    let lost = json!({"location": "A", "reason": {"code": "shrinkage"}, "lines": [{"sku": "W", "change": -5}]});
    shard.ok("adjust_stock", lost);
    let projector = shard.projector();
    let answer = projector.affected_orders(&shop(), &name("W"), &name("A"), 10).unwrap();
    let told: Vec<_> =
        answer.orders.iter().map(|it| (it.order.as_str(), it.committed, it.affected)).collect();
    assert_eq!(answer.oversold, 3);
    assert_eq!(told, [("O4", 2, true), ("O2", 3, true), ("O1", 2, false)]);
    assert!(!answer.more);
    assert!(projector.affected_orders(&shop(), &name("W"), &name("A"), 1).unwrap().more);
}

#[test]
fn an_order_tells_how_far_its_lines_have_come() {
    let mut shard = Shard::furnished();
    shard.ok("receive_stock", received(10));
    shard.ok("commit_order", order("O1", 3));
    shard.ok("ship_order", json!({"order": "O1", "lines": [{"ref": "1", "quantity": 1}]}));
    let view = shard.projector().order(&shop(), &name("O1")).unwrap();
    let line = &view.lines[0];
    assert_eq!((line.state, line.committed, line.shipped), (LineState::PartlyShipped, 2, 1));
    assert_eq!(text(&line.committed_at), json!([{"location": "A", "quantity": 2}]));
    let none = shard.projector().order(&shop(), &name("O9"));
    assert_eq!(none.unwrap_err(), Missing::Order);
}

#[test]
fn a_reader_of_its_own_writes_waits_for_them() {
    let mut shard = Shard::furnished();
    let projector = shard.projector();
    let position = shard.ok("receive_stock", received(1));
    assert!(!projector.wait_for(&shop(), position, Duration::from_millis(10)));
    let waiting = projector.clone();
    let waiter =
        std::thread::spawn(move || waiting.wait_for(&shop(), position, Duration::from_secs(10)));
    projector.catch_up().unwrap();
    assert!(waiter.join().unwrap());
}

#[test]
fn answers_are_json_with_what_they_saw() {
    let shard = Shard::furnished();
    let places = text(shard.projector().places(&shop()).unwrap());
    assert_eq!(places["channels"][0]["locations"], json!(["A", "B"]));
    assert_eq!(places["seen"]["position"], json!(5));
    let ledgers = text(shard.projector().ledgers());
    assert_eq!((&ledgers[0]["ledger"], &ledgers[0]["items"]), (&json!("shop"), &json!(2)));
}
