//! Notices come at edges, once per block, and survive a restart.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use common::{Shard, name, second, shop};
use onhand_projector::{Missing, NoticeKind, NoticeQuery, Origin, Projector};
use serde_json::{Value, json};

fn received(sku: &str, quantity: u64) -> (&'static str, Value) {
    ("receive_stock", json!({"location": "A", "lines": [{"sku": sku, "quantity": quantity}]}))
}

fn lost(sku: &str, quantity: u64) -> (&'static str, Value) {
    let lines = json!([{"sku": sku, "change": -(quantity as i64)}]);
    let reason = json!({"code": "shrinkage"});
    ("adjust_stock", json!({"location": "A", "reason": reason, "lines": lines}))
}

fn committed(order: &str, sku: &str, quantity: u64) -> (&'static str, Value) {
    let lines = json!([{"sku": sku, "quantity": quantity}]);
    ("commit_order", json!({"order": order, "channel": "web", "lines": lines}))
}

fn rule(fields: Value) -> (&'static str, Value) {
    ("set_policy", fields)
}

fn all() -> NoticeQuery {
    NoticeQuery { limit: 1_000, ..NoticeQuery::default() }
}

/// `number position kind sku where units`, a line for each notice.
fn told(projector: &Projector, query: &NoticeQuery) -> String {
    let page = projector.notices(&shop(), query).unwrap();
    let line = |it: onhand_projector::NoticeRow| {
        let kind = serde_json::to_value(it.kind).unwrap();
        let mut said =
            format!("{} {} {} {}", it.number, it.position, kind.as_str().unwrap(), it.sku);
        said += &it.channel.map_or(String::new(), |it| format!(" {it}"));
        said += &it.location.map_or(String::new(), |it| format!(" {it}"));
        said += &it.published.map_or(String::new(), |it| format!(" {it}"));
        said += &it.low_at.map_or(String::new(), |it| format!(" at {it}"));
        said + &it.by.map_or(String::new(), |it| format!(" by {it}"))
    };
    page.rows.into_iter().map(|it| line(it) + "\n").collect()
}

#[test]
fn stock_runs_low_runs_out_and_comes_back() {
    let mut shard = Shard::furnished();
    shard.run(&[rule(json!({"set": {"low_stock": {"at": 5, "clear": 8}}}))]);
    // The first stock of all is no news.
    shard.run(&[received("W", 10)]);
    shard.run(&[committed("O1", "W", 5)]);
    // Low it stays until it clears: 7 is not enough, 9 is.
    shard.run(&[received("W", 2)]);
    shard.run(&[received("W", 2)]);
    shard.run(&[committed("O2", "W", 6)]);
    shard.run(&[committed("O3", "W", 3)]);
    shard.run(&[received("W", 1)]);
    let projector = shard.projector();
    assert_eq!(
        told(&projector, &all()),
        "\
1 8 low_stock W web 5 at 5
2 11 low_stock W web 3 at 5
3 12 out_of_stock W web 0
4 13 back_in_stock W web 1
"
    );
    let out = NoticeQuery { kinds: vec![NoticeKind::OutOfStock], ..all() };
    assert_eq!(told(&projector, &out), "3 12 out_of_stock W web 0\n");
    let of_g = NoticeQuery { sku: Some(name("G")), ..all() };
    assert_eq!(told(&projector, &of_g), "");
}

#[test]
fn within_a_block_the_steps_are_one() {
    let mut shard = Shard::furnished();
    shard.run(&[received("W", 10)]);
    shard.run(&[committed("O1", "W", 10), received("W", 4), committed("O2", "W", 1)]);
    shard.run(&[committed("O3", "W", 3), received("G", 4), committed("O4", "G", 4)]);
    assert_eq!(told(&shard.projector(), &all()), "1 10 out_of_stock W web 0\n");
}

#[test]
fn oversold_stock_is_told_each_time_it_grows() {
    let mut shard = Shard::furnished();
    shard.run(&[received("W", 10)]);
    shard.run(&[committed("O1", "W", 10)]);
    shard.run(&[lost("W", 2), lost("W", 1)]);
    let expected = "\
1 7 out_of_stock W web 0
2 8 oversold W A by 2
3 9 oversold W A by 3
";
    assert_eq!(told(&shard.projector(), &all()), expected);
    let here = NoticeQuery { channel: Some(name("web")), ..all() };
    assert_eq!(told(&shard.projector(), &here), "1 7 out_of_stock W web 0\n");
}

#[test]
fn a_rule_or_a_list_of_locations_changes_many_items_at_once() {
    let mut shard = Shard::furnished();
    shard.run(&[("register_channel", json!({"channel": "mall", "locations": ["A"]}))]);
    shard.run(&[received("W", 10), received("G", 3)]);
    shard.run(&[rule(json!({"channel": "web", "set": {"buffer": {"units": 3}}}))]);
    shard.run(&[rule(json!({"set": {"low_stock": {"at": 10}}}))]);
    // A rule that says nothing about stock changes nothing.
    shard.run(&[rule(json!({"set": {"hold_seconds": 60}}))]);
    shard.run(&[("change_channel", json!({"channel": "mall", "locations": ["B"]}))]);
    // A channel that is registered later is looked at at once: no first look is missed.
    shard.run(&[("register_channel", json!({"channel": "late", "locations": ["A"]}))]);
    shard.run(&[committed("O1", "W", 7)]);
    shard.run(&[rule(json!({"clear": ["buffer"], "channel": "web"}))]);
    assert_eq!(
        told(&shard.projector(), &all()),
        "\
1 9 out_of_stock G web 0
2 10 low_stock W web 7 at 10
3 10 low_stock W mall 10 at 10
4 10 low_stock G mall 3 at 10
5 12 out_of_stock W mall 0
6 12 out_of_stock G mall 0
7 14 out_of_stock W web 0
8 15 back_in_stock W web 3
9 15 back_in_stock G web 3
"
    );
}

#[test]
fn kits_run_out_with_their_parts_and_what_has_no_end_never_does() {
    let mut shard = Shard::furnished();
    shard.run(&[
        ("register_item", json!({"sku": "KIT"})),
        ("register_item", json!({"sku": "S"})),
        received("W", 4),
        received("G", 9),
    ]);
    let parts = json!([{"sku": "W", "quantity": 2}, {"sku": "G", "quantity": 1}]);
    shard.record(json!({"kit_defined": {"sku": "KIT", "version": 1, "parts": parts}}));
    shard.record(json!({"mode_set": {"sku": "S", "mode": "unlimited"}}));
    shard.run(&[committed("O1", "W", 3), committed("O2", "S", 3)]);
    shard.run(&[received("W", 1)]);
    // Of what is not counted any more nothing is told.
    shard.record(json!({"mode_set": {"sku": "G", "mode": "unlimited"}}));
    shard.run(&[committed("O3", "G", 300)]);
    assert_eq!(
        told(&shard.projector(), &all()),
        "1 12 out_of_stock KIT web 0\n2 14 back_in_stock KIT web 1\n"
    );
}

#[test]
fn a_pool_that_is_sold_out_gives_the_item_back_when_it_closes() {
    let mut shard = Shard::furnished();
    shard.run(&[received("W", 10)]);
    let lines = json!([{"sku": "W", "quantity": 4}]);
    shard.ok("open_pool", json!({"pool": "P", "channel": "web", "draw": "only", "lines": lines}));
    shard.run(&[committed("O1", "W", 4)]);
    shard.ok("close_pool", json!({"pool": "P"}));
    assert_eq!(
        told(&shard.projector(), &all()),
        "1 8 out_of_stock W web 0\n2 9 back_in_stock W web 6\n"
    );
}

#[test]
fn notices_and_levels_survive_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut shard = Shard::furnished();
    shard.run(&[rule(json!({"set": {"low_stock": {"at": 5}}}))]);
    for number in 0..60 {
        shard.run(&[("register_item", json!({"sku": format!("S{number}")}))]);
        shard.run(&[received(&format!("S{number}"), 9)]);
    }
    let (projector, _) = shard.open(Some(&dir));
    projector.checkpoint();
    for round in 0..40 {
        for number in 0..60 {
            let (sku, order) = (format!("S{number}"), format!("O{round}-{number}"));
            let some = if round % 2 == 0 { committed(&order, &sku, 9) } else { received(&sku, 9) };
            shard.run(&[some]);
        }
        projector.catch_up().unwrap();
        // Chunks are written while they grow, and beside ones that are full.
        projector.checkpoint();
    }
    drop(projector);
    // A channel that comes later widens the levels that are stored.
    shard.run(&[("register_channel", json!({"channel": "mall", "locations": ["A"]}))]);
    let (projector, report) = shard.open(Some(&dir));
    assert!(matches!(report.origin, Origin::Checkpoint { .. }), "{:?}", report.origin);
    shard.run(&[committed("last", "S7", 9), rule(json!({"clear": ["low_stock"]}))]);
    projector.catch_up().unwrap();
    let query = NoticeQuery { limit: 10_000, after: Some(1_800), ..NoticeQuery::default() };
    let fresh = shard.projector();
    let expected = told(&fresh, &query);
    assert_eq!(told(&projector, &query), expected);
    assert!(
        expected.ends_with("out_of_stock S7 web 0\n2402 2528 out_of_stock S7 mall 0\n"),
        "{expected}"
    );
    assert_eq!(told(&projector, &all()), told(&fresh, &all()));
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let mut shard = Shard::furnished();
    shard.run(&[received("W", 1)]);
    for number in 0..5 {
        shard.at(number).run(&[committed(&format!("O{number}"), "W", 1)]);
        shard.run(&[received("W", 1)]);
    }
    let projector = shard.projector();
    let (mut query, mut numbers) = (NoticeQuery { limit: 3, ..NoticeQuery::default() }, Vec::new());
    loop {
        let page = projector.notices(&shop(), &query).unwrap();
        numbers.extend(page.rows.iter().map(|it| it.number));
        query.after = Some(page.next);
        if !page.more {
            break;
        }
    }
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    // Nothing new: the same place again. A place beyond the end is the end.
    let page = projector.notices(&shop(), &query).unwrap();
    assert_eq!((page.rows.len(), page.next, page.more), (0, 10, false));
    query.after = Some(u64::MAX);
    assert_eq!(projector.notices(&shop(), &query).unwrap().next, 10);
    let behind = NoticeQuery { after_position: Some(14), ..all() };
    let page = projector.notices(&shop(), &behind).unwrap();
    assert_eq!((page.rows[0].position, page.rows[0].recorded_at), (15, second(4)));
    let unknown = NoticeQuery { channel: Some(name("none")), ..all() };
    assert_eq!(projector.notices(&shop(), &unknown).unwrap_err(), Missing::Channel);
}

#[test]
fn only_the_newest_are_kept_and_a_gap_is_told() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut shard = Shard::furnished();
    for begin in (0..2_000).step_by(500) {
        let items = (begin..begin + 500).map(|it| format!("S{it}"));
        let items: Vec<_> = items.map(|it| ("register_item", json!({"sku": it}))).collect();
        shard.run(&items);
    }
    let adjust = |half: u64, change: i64| {
        let line = |it| json!({"sku": format!("S{it}"), "change": change});
        let lines: Vec<Value> = (half * 1_000..half * 1_000 + 1_000).map(line).collect();
        let reason = json!({"code": "correction"});
        ("adjust_stock", json!({"location": "A", "reason": reason, "lines": lines}))
    };
    shard.run(&[adjust(0, 1), adjust(1, 1)]);
    let (projector, _) = shard.open(Some(&dir));
    for round in 0..52 {
        let change = if round % 2 == 0 { -1 } else { 1 };
        shard.run(&[adjust(0, change), adjust(1, change)]);
        projector.catch_up().unwrap();
        if round % 5 == 0 {
            projector.checkpoint();
        }
    }
    projector.checkpoint();
    let last = 52 * 2_000;
    let check = |projector: &Projector| {
        let after = |after| NoticeQuery { after: Some(after), limit: 1, ..NoticeQuery::default() };
        let refused = projector.notices(&shop(), &after(3_999)).unwrap_err();
        assert_eq!(refused, Missing::TooOld { oldest: last - 100_000 + 1 });
        let page = projector.notices(&shop(), &after(last - 100_000)).unwrap();
        assert_eq!(page.rows[0].number, last - 100_000 + 1);
        let page = projector.notices(&shop(), &after(last - 1)).unwrap();
        assert_eq!((page.rows[0].number, page.more), (last, false));
        let first = projector.notices(&shop(), &NoticeQuery { limit: 1, ..NoticeQuery::default() });
        assert_eq!(first.unwrap().rows[0].number, last - 100_000 + 1);
        let early = NoticeQuery { after_position: Some(9), ..NoticeQuery::default() };
        assert!(matches!(projector.notices(&shop(), &early), Err(Missing::TooOld { .. })));
    };
    check(&projector);
    drop(projector);
    let (projector, report) = shard.open(Some(&dir));
    assert_eq!(report.entries_replayed, 0, "{:?}", report.origin);
    check(&projector);
}
