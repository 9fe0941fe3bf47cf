//! What timelines remember of pools, merges and rules.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use common::{Shard, name, second, shop};
use onhand_core::{Account, BookAt, Condition, Movement, Quantity};
use onhand_projector::{Projector, TimelineQuery};
use serde_json::{Value, json};

fn received(sku: &str, quantity: u64) -> Value {
    json!({"location": "A", "lines": [{"sku": sku, "quantity": quantity}]})
}

fn committed(order: &str, sku: &str, quantity: u64) -> Value {
    json!({"order": order, "channel": "web", "lines": [{"sku": sku, "quantity": quantity}]})
}

/// `position kind [sku] location: before > after`, a line for each row.
fn told(projector: &Projector, sku: &str, limit: usize) -> String {
    let mut query = TimelineQuery { limit, ..TimelineQuery::default() };
    let mut said = String::new();
    loop {
        let page = projector.timeline(&shop(), &name(sku), &query).unwrap();
        for row in page.rows {
            said += &format!("{} {}", row.position, row.kind);
            said += &row.sku.map_or(String::new(), |sku| format!(" {sku}"));
            if let (Some(location), Some(before), Some(after)) =
                (row.location, row.before, row.after)
            {
                let (before, after) = (before.figures, after.figures);
                said += &format!(
                    " {location}: {}/{}/{} > {}/{}/{}",
                    before.sellable,
                    before.committed,
                    before.pooled,
                    after.sellable,
                    after.committed,
                    after.pooled
                );
            }
            said += "\n";
        }
        query.after = page.next;
        if query.after.is_none() {
            return said;
        }
    }
}

fn movement(sku: &str, quantity: u64, from: Account, to: Account) -> Movement {
    Movement { sku: name(sku), quantity: Quantity::new(quantity).unwrap(), from, to }
}

/// G with 5 units, 2 committed, becomes W with 3; all in one block with what came before.
fn merged() -> Shard {
    let mut shard = Shard::furnished();
    shard.at(10).ok("receive_stock", received("W", 3));
    shard.at(20).ok("receive_stock", received("G", 4));
    shard.at(30).ok("commit_order", committed("O1", "GG", 2));
    let shelf = Account::Shelf(name("A"), Condition::Sellable);
    let arrived = movement("G", 1, Account::Supplier, shelf.clone());
    let moved = vec![
        movement("G", 5, shelf.clone(), Account::Conversion),
        movement("W", 5, Account::Conversion, shelf),
    ];
    let claims = json!([{"location": "A", "claim": "committed", "quantity": 2}]);
    shard.at(40).record_all(vec![
        (shop(), json!({"stock_received": {"location": "A"}}), vec![arrived]),
        (shop(), json!({"items_merged": {"from": "G", "into": "W", "claims": claims}}), moved),
    ]);
    shard.at(50).ok("commit_order", committed("O2", "GG", 1));
    shard
}

#[test]
fn the_timeline_of_an_item_is_that_of_all_it_was_merged_with() {
    let projector = merged().projector();
    let expected = "\
11 order_committed A: 8/2/0 > 8/3/0
10 items_merged A: 3/0/0 > 8/2/0
10 items_merged G A: 5/2/0 > 0/0/0
9 stock_received G A: 4/2/0 > 5/2/0
8 order_committed G A: 4/0/0 > 4/2/0
7 stock_received G A: 0/0/0 > 4/0/0
6 stock_received A: 0/0/0 > 3/0/0
2 item_registered G
1 item_registered
";
    for limit in [1, 2, 3, 100] {
        assert_eq!(told(&projector, "W", limit), expected);
        assert_eq!(told(&projector, "GG", limit), expected);
    }
}

#[test]
fn the_book_and_the_affected_orders_of_a_merged_item_are_of_both() {
    let mut shard = merged();
    shard.at(60);
    let projector = shard.projector();
    for (at, balance) in [(5, 0), (10, 3), (20, 7), (39, 7), (40, 8), (60, 8)] {
        let (sku, place) = (name("W"), name("A"));
        let book =
            projector.book_at(&shop(), &sku, &place, Condition::Sellable, second(at)).unwrap();
        assert_eq!(book, BookAt { balance, position: 11 }, "at second {at}");
    }
    let lost = json!({"location": "A", "reason": {"code": "shrinkage"}, "lines": [{"sku": "W", "change": -8}]});
    shard.ok("adjust_stock", lost);
    let answer = shard.projector().affected_orders(&shop(), &name("W"), &name("A"), 10).unwrap();
    let orders: Vec<_> = answer.orders.iter().map(|it| (it.order.as_str(), it.committed)).collect();
    assert_eq!((answer.oversold, orders), (3, vec![("O2", 1), ("O1", 2)]));
}

#[test]
fn entries_about_an_item_stand_in_its_timeline() {
    let mut shard = Shard::furnished();
    shard.ok("receive_stock", received("W", 9));
    shard.ok("set_policy", json!({"sku": "W", "set": {"max_listed": 5}}));
    shard.ok("set_policy", json!({"set": {"max_listed": 7}}));
    let part = json!([{"sku": "W", "quantity": 2}]);
    shard.record(json!({"kit_defined": {"sku": "G", "version": 1, "parts": part}}));
    let line = json!([{"sku": "W", "at": [{"location": "A", "quantity": 4}]}]);
    let tranche = json!([{"tranche": "T", "release_at": second(5), "lines": part}]);
    shard.record(json!({"pool_opened": {"pool": "P", "channel": "web", "draw": "first",
                                       "lines": line, "tranches": tranche}}));
    shard.record(json!({"tranche_released": {"pool": "P", "tranche": "T"}}));
    shard.record(json!({"pool_closed": {"pool": "P", "lines": line}}));
    let supply = json!([{"sku": "W", "quantity": 9, "expected_at": second(9), "confidence": 80}]);
    shard.record(json!({"stock_expected": {"inbound": "ASN", "location": "B", "lines": supply}}));
    shard.record(json!({"mode_set": {"sku": "W", "mode": "unlimited"}}));
    shard.record(json!({"item_renamed": {"from": "W", "to": "V"}}));
    shard.record(json!({"item_closed": {"sku": "W"}}));
    let expected = "\
16 item_closed
15 item_renamed
14 mode_set
13 stock_expected
12 pool_closed A: 9/0/4 > 9/0/0
11 tranche_released
10 pool_opened A: 9/0/0 > 9/0/4
9 kit_defined
7 policy_set
6 stock_received A: 0/0/0 > 9/0/0
1 item_registered
";
    assert_eq!(told(&shard.projector(), "V", 3), expected);
    assert_eq!(told(&shard.projector(), "G", 3), "9 kit_defined\n2 item_registered\n");
}
