//! The book of past moments, as a comparison asks for it.

#![allow(clippy::unwrap_used)]

mod common;

use common::{KEY, Shard, identity, second, shop};
use onhand_core::{Command, ItemNo, LocationNo, Rejection, Time};
use onhand_journal::Journal;
use onhand_projector::{PastChange, Projector, ProjectorConfig};
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

/// What is looked up for the first difference: the book as of then.
fn looked_up(shard: &mut Shard) -> Vec<i64> {
    let fields = json!({"action": "accept_theirs", "numbers": [1],
        "reason": {"code": "shrinkage"}, "_actor": "ann"});
    let mut request = shard.request("settle_discrepancy", &fields);
    shard.projector().look_up(&mut request).unwrap();
    match request.command {
        Command::SettleDiscrepancy(it) => it.book.iter().map(|it| it.balance).collect(),
        _ => Vec::new(),
    }
}

/// Ten of W at A, of which the supplier said seven at second 20.
fn differing() -> Shard {
    let mut shard = Shard::furnished();
    let receive = json!({"location": "A", "lines": [{"sku": "W", "quantity": 10}]});
    shard.at(10).ok("receive_stock", receive);
    shard.record(json!({"supplier_set": {"supplier": "acme"}}));
    shard.record(json!({"feed_set": {"feed": "f", "supplier": "acme", "location": "A", "terms": {
        "missing_after": 2, "tiers": [{"tier": "all", "every_minutes": 60}]}}}));
    let found = json!({"number": 1, "kind": "unexplained_loss", "sku": "W", "location": "A",
        "theirs": 7, "ours": 10, "as_of": second(20), "confidence": 50});
    shard.at(25).record(json!({"snapshot_recorded": {"feed": "f", "snapshot": "s", "part": 1,
        "as_of": second(20), "complete": true, "lines": 1, "outcome": "applied", "found": [found]}}));
    shard
}

fn accept_theirs(shard: &mut Shard) -> Result<u64, Rejection> {
    let fields = json!({"action": "accept_theirs", "numbers": [1],
        "reason": {"code": "shrinkage"}, "_actor": "ann"});
    let mut request = shard.request("settle_discrepancy", &fields);
    shard.projector().look_up(&mut request).unwrap();
    shard.append(vec![request]).remove(0)
}

#[test]
fn what_is_undone_was_never_counted_and_is_counted_again() {
    let mut shard = differing();
    assert_eq!(looked_up(&mut shard), [10]);
    let settled = accept_theirs(shard.at(30)).unwrap();
    assert_eq!(at(&shard.projector(), 20), (7, 0));
    let reverse = json!({"position": settled, "reason": "incorrect_data"});
    let mut reverse = shard.at(40).request("reverse_entry", &reverse);
    shard.projector().look_up(&mut reverse).unwrap();
    shard.append(vec![reverse]).remove(0).unwrap();
    let told: Vec<_> = [15, 20, 30, 40].map(|it| at(&shard.projector(), it).0).into();
    assert_eq!(told, [10, 10, 10, 10]);
    assert_eq!(looked_up(&mut shard), [10]);
    accept_theirs(shard.at(50)).unwrap();
    let told: Vec<_> = [15, 20, 30, 40, 50].map(|it| at(&shard.projector(), it).0).into();
    assert_eq!(told, [10, 7, 7, 7, 7]);
}

#[test]
fn without_timelines_nobody_knows_the_past_and_nothing_is_made_up() {
    let shard = traded();
    let config = ProjectorConfig { timeline: false, ..shard.config(None) };
    let reader = shard.journal.reader().unwrap();
    let (projector, _) = Projector::open(identity(), KEY, reader, config, &mut |_| ()).unwrap();
    let asked = |seconds: u64| {
        projector.with_past(&shop(), |_, past| {
            let at = second(seconds);
            (past.at(W, A, at).map(|it| it.sellable), past.position_at(at))
        })
    };
    // Since then something moved: the book of now is not the book of then.
    assert_eq!(asked(20), Some((None, None)));
    assert_eq!(asked(40), Some((Some(13), None)));
    assert_eq!(changes(&projector, second(10), 9), []);
}
