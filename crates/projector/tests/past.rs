//! The book of past moments, as a comparison asks for it.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Shard, second, shop};
use onhand_core::{ItemNo, LocationNo, Time};
use onhand_projector::{PastChange, Projector};
use serde_json::json;

const W: ItemNo = ItemNo(0);
const A: LocationNo = LocationNo(0);

/// Sellable and committed of W at A, at a second.
fn at(projector: &Projector, seconds: u64) -> (i64, i64) {
    let figures = projector.with_past(&shop(), |_, past| past.at(W, A, second(seconds))).unwrap();
    figures.map(|it| (it.sellable, it.committed)).unwrap()
}

fn changes(projector: &Projector, since: Time, most: usize) -> Vec<PastChange> {
    projector.with_past(&shop(), |_, past| past.changes(W, Some(A), since, most)).unwrap()
}

fn traded() -> Shard {
    let mut shard = Shard::furnished();
    shard
        .at(10)
        .ok("receive_stock", json!({"location": "A", "lines": [{"sku": "W", "quantity": 10}]}));
    shard.at(20).ok(
        "commit_order",
        json!({"order": "O1", "channel": "web", "lines": [{"ref": "1", "sku": "W", "quantity": 3, "location": "A"}]}),
    );
    shard.at(30).ok("ship_order", json!({"order": "O1", "lines": [{"ref": "1", "quantity": 2}]}));
    // It arrived earlier than it was recorded.
    shard.at(40).ok(
        "receive_stock",
        json!({"location": "A", "lines": [{"sku": "W", "quantity": 5}], "_occurred_at": second(15).to_string()}),
    );
    shard
}

#[test]
fn what_occurred_by_then_counts_whenever_it_was_recorded() {
    let projector = traded().projector();
    let told: Vec<_> = [5, 10, 15, 20, 30, 40, 99].map(|it| at(&projector, it)).into();
    assert_eq!(told, [(0, 0), (10, 0), (15, 0), (15, 3), (13, 1), (13, 1), (13, 1)]);
}

#[test]
fn changes_since_are_told_newest_first_with_their_kinds() {
    let projector = traded().projector();
    let all = changes(&projector, second(10), 10);
    let kinds: Vec<_> = all.iter().map(|it| (it.kind, it.by.sellable, it.by.committed)).collect();
    assert_eq!(
        kinds,
        [("stock_received", 5, 0), ("order_shipped", -2, -2), ("order_committed", 0, 3)]
    );
    assert_eq!((all[0].occurred_at, all[0].recorded_at), (second(15), second(40)));
    assert_eq!(changes(&projector, second(10), 1).len(), 1);
    assert_eq!(changes(&projector, second(40), 10), []);
}

#[test]
fn counts_of_a_snapshot_are_of_its_moment() {
    let mut shard = traded();
    let count = json!({"sku": "W", "condition": "sellable", "counted": 12, "book": 15, "book_position": 8, "applied": true});
    shard.at(50);
    shard.record_all(vec![(shop(), json!({"supplier_set": {"supplier": "acme"}}), Vec::new())]);
    shard.record(json!({"feed_set": {"feed": "f", "supplier": "acme", "location": "A", "terms": {
        "missing_after": 2, "tiers": [{"tier": "all", "every_minutes": 60}]}}}));
    let movement = onhand_core::Movement {
        sku: common::name("W"),
        quantity: onhand_core::Quantity::new(3).unwrap(),
        from: onhand_core::Account::Shelf(common::name("A"), onhand_core::Condition::Sellable),
        to: onhand_core::Account::CountVariance,
    };
    let fact = json!({"snapshot_recorded": {"feed": "f", "snapshot": "s", "part": 1,
        "as_of": second(25), "complete": true, "lines": 1, "outcome": "applied", "counted": [count]}});
    shard.at(60).record_all(vec![(shop(), fact, vec![movement])]);
    let projector = shard.projector();
    let told: Vec<_> = [20, 25, 30, 60].map(|it| at(&projector, it)).into();
    assert_eq!(told, [(15, 3), (12, 3), (10, 1), (10, 1)]);
    assert_eq!(changes(&projector, second(40), 9)[0].kind, "snapshot_recorded");
}
