//! Ledger time: holds end and pools release, end and shrink when it says so, and it follows no clock
//! that goes astray.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{BEGIN_US, Rig, ask, hold, one, order, stop};
use onhand_core::{HoldId, HoldState, PoolId, Request, Time};
use onhand_engine::{Answer, Batch, Handle};

fn recorded_at(handle: &Handle, id: &str) -> u64 {
    match &handle.submit_blocking(Batch::one(order("acme", id, 1)))[0] {
        Answer::Accepted { block, .. } => (block.time.0 - BEGIN_US) / 1_000_000,
        other => panic!("{other:?}"),
    }
}

fn state(rig: &Rig, id: &str) -> HoldState {
    let (book, _) = rig.fold();
    let ledger = book.ledgers.values().next().unwrap();
    ledger.hold(&HoldId::new(id).unwrap()).unwrap().state.clone()
}

fn wait_for(reached: impl Fn() -> bool) {
    for _ in 0..400 {
        if reached() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen in two seconds");
}

#[test]
fn a_hold_expires_by_itself() {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000);
    let handle = rig.stocked(10);
    assert_eq!(one(&handle, hold("H", 10, 60)), "accepted 6 H stock_held");
    assert_eq!(one(&handle, order("acme", "1", 1)), "refused insufficient_stock");
    rig.advance(Duration::from_secs(61));
    // Nobody asks anything: the engine looks by itself.
    wait_for(|| state(&rig, "H") == HoldState::Expired);
    assert_eq!(one(&handle, order("acme", "2", 1)), "accepted 8 2 order_committed");
    assert_eq!(rig.booked().get(&("acme".to_string(), "expire:6".to_string())), Some(&1));
    stop(&handle);
}

#[test]
fn an_expiry_comes_before_the_command_that_finds_it_due() {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000);
    let handle = rig.stocked(10);
    one(&handle, hold("H", 10, 60));
    rig.advance(Duration::from_secs(60));
    assert_eq!(one(&handle, order("acme", "1", 10)), "accepted 8 1 order_committed");
    stop(&handle);
}

#[test]
fn expiries_are_bounded_per_block_and_all_come() {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000);
    rig.config.expiries_max = 3;
    let handle = rig.stocked(100);
    let holds = (0..10).map(|it| hold(&format!("H{it}"), 1, 60)).collect();
    handle.submit_blocking(Batch::each(holds));
    rig.advance(Duration::from_secs(61));
    wait_for(|| rig.booked().len() == 5 + 10 + 10);
    stop(&handle);
    let most = rig.bodies().iter().skip(2).map(|it| it.entries.len()).max();
    assert!(most <= Some(10));
    let expiries = rig.bodies().into_iter().filter(|it| {
        it.entries.first().is_some_and(|it| it.envelope.id.as_str().starts_with("expire:"))
    });
    assert!(expiries.clone().count() >= 4);
    assert!(expiries.clone().all(|it| it.entries.len() <= 3));
}

#[test]
fn an_expiry_due_while_the_shard_was_down_comes_at_its_start() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    one(&handle, hold("H", 10, 60));
    stop(&handle);
    rig.advance(Duration::from_secs(3_600));
    let handle = rig.start();
    wait_for(|| state(&rig, "H") == HoldState::Expired);
    stop(&handle);
}

#[test]
fn ledger_time_does_not_go_back_with_the_clock() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    rig.advance(Duration::from_secs(50));
    assert_eq!(recorded_at(&handle, "1"), 50);
    rig.clock_us.fetch_sub(40_000_000, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(recorded_at(&handle, "2"), 50);
    stop(&handle);
    // Nor over a restart with a clock that is a day behind.
    rig.clock_us.fetch_sub(86_400_000_000, std::sync::atomic::Ordering::SeqCst);
    let handle = rig.start();
    assert_eq!(recorded_at(&handle, "3"), 50);
    stop(&handle);
}

#[test]
fn a_leap_of_the_clock_expires_nothing_until_it_is_confirmed() {
    let mut rig = Rig::new();
    rig.config.leap_confirm = Duration::from_millis(300);
    let handle = rig.stocked(10);
    one(&handle, hold("H", 10, 600));
    rig.advance(Duration::from_secs(3_600));
    assert_eq!(one(&handle, order("acme", "1", 1)), "refused insufficient_stock");
    assert_eq!(state(&rig, "H"), HoldState::Live);
    wait_for(|| {
        one(&handle, order("acme", &format!("x{}", rig.booked().len()), 99)).starts_with("refused")
            && state(&rig, "H") == HoldState::Expired
    });
    assert!(recorded_at(&handle, "2") >= 3_600);
    stop(&handle);
}

/// A pool for SHOP that ends after `end` seconds, with one tranche of as many units for each second
/// in `tranches`.
fn pool(id: &str, units: u64, tranches: &[u64], end: u64) -> Request {
    let at = |seconds: u64| serde_json::to_string(&Time(BEGIN_US).plus_seconds(seconds)).unwrap();
    let lines = |units: u64| format!(r#""lines":[{{"sku":"A","quantity":{units}}}]"#);
    let tranche = |seconds: &u64| {
        let units = lines(units / tranches.len() as u64);
        format!(r#"{{"tranche":"T{seconds}","release_at":{},{units}}}"#, at(*seconds))
    };
    let tranches: Vec<String> = tranches.iter().map(tranche).collect();
    let fields = format!(r#""pool":"{id}","channel":"SHOP","draw":"only","ends_at":{}"#, at(end));
    let (lines, tranches) = (lines(units), tranches.join(","));
    ask("acme", id, &format!(r#"{{"open_pool":{{{fields},{lines},"tranches":[{tranches}]}}}}"#))
}

fn sell(id: &str, units: u64) -> Request {
    let line = format!(r#"{{"sku":"A","quantity":{units}}}"#);
    let fields = format!(r#""order":"SO-{id}","channel":"SHOP","lines":[{line}]"#);
    ask("acme", id, &format!(r#"{{"commit_order":{{{fields}}}}}"#))
}

fn damage(id: &str, units: u64) -> Request {
    let line = format!(r#"{{"sku":"A","quantity":{units}}}"#);
    ask("acme", id, &format!(r#"{{"damage_stock":{{"location":"L","lines":[{line}]}}}}"#))
}

/// What the writer itself asked for, in order.
fn by_itself(rig: &Rig) -> Vec<String> {
    let entries = rig.bodies().into_iter().flat_map(|it| it.entries);
    let own =
        entries.filter(|it| it.envelope.actor.as_ref().is_some_and(|it| it.as_str() == "onhand"));
    own.map(|it| it.envelope.id.to_string()).collect()
}

/// Units left in a pool, and whether its closing is recorded.
fn pool_left(rig: &Rig, id: &str) -> (i64, bool) {
    let (book, _) = rig.fold();
    let ledger = book.ledgers.values().next().unwrap();
    let pool = ledger.pool(ledger.pool_no(&PoolId::new(id).unwrap()).unwrap());
    (pool.parts.iter().map(|it| it.units_left()).sum(), pool.closed.is_some())
}

fn patient() -> Rig {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000);
    rig
}

#[test]
fn c23_tranches_and_the_end_of_a_pool_come_by_themselves_and_once() {
    let rig = patient();
    let handle = rig.stocked(10);
    assert_eq!(one(&handle, pool("P", 6, &[60, 120], 180)), "accepted 6 P pool_opened");
    assert_eq!(one(&handle, sell("1", 1)), "refused insufficient_stock");
    rig.advance(Duration::from_secs(60));
    wait_for(|| by_itself(&rig) == ["tranche:6:0"]);
    assert_eq!(one(&handle, sell("2", 4)), "refused insufficient_stock");
    assert_eq!(one(&handle, sell("3", 3)), "accepted 8 3 order_committed");
    rig.advance(Duration::from_secs(60));
    wait_for(|| by_itself(&rig) == ["tranche:6:0", "tranche:6:1"]);
    rig.advance(Duration::from_secs(60));
    wait_for(|| by_itself(&rig) == ["tranche:6:0", "tranche:6:1", "end:6"]);
    assert_eq!(pool_left(&rig, "P"), (0, true));
    assert_eq!(one(&handle, sell("4", 8)), "refused insufficient_stock");
    assert_eq!(one(&handle, sell("5", 7)), "accepted 11 5 order_committed");
    rig.advance(Duration::from_secs(60));
    one(&handle, sell("6", 1));
    assert_eq!(by_itself(&rig).len(), 3);
    stop(&handle);
}

#[test]
fn c23_a_tranche_comes_before_the_command_that_finds_it_due() {
    let rig = patient();
    let handle = rig.stocked(10);
    one(&handle, pool("P", 6, &[60], 180));
    rig.advance(Duration::from_secs(60));
    assert_eq!(one(&handle, sell("1", 6)), "accepted 8 1 order_committed");
    rig.advance(Duration::from_secs(120));
    assert_eq!(one(&handle, sell("2", 4)), "accepted 10 2 order_committed");
    assert_eq!(by_itself(&rig), ["tranche:6:0", "end:6"]);
    stop(&handle);
}

#[test]
fn c23_what_fell_due_while_the_shard_was_down_comes_at_its_start_and_once() {
    let rig = patient();
    let handle = rig.stocked(10);
    one(&handle, pool("P", 6, &[60, 120], 180));
    stop(&handle);
    rig.advance(Duration::from_secs(3_600));
    let handle = rig.start();
    wait_for(|| pool_left(&rig, "P") == (0, true));
    stop(&handle);
    let handle = rig.start();
    assert_eq!(one(&handle, sell("1", 10)), "accepted 10 1 order_committed");
    stop(&handle);
    assert_eq!(by_itself(&rig), ["tranche:6:0", "tranche:6:1", "end:6"]);
}

#[test]
fn c23_what_is_due_of_pools_is_bounded_per_block_and_all_comes() {
    let mut rig = patient();
    rig.config.expiries_max = 2;
    let handle = rig.stocked(100);
    let pools = (0..5).map(|it| pool(&format!("P{it}"), 2, &[60, 61], 62)).collect();
    handle.submit_blocking(Batch::each(pools));
    rig.advance(Duration::from_secs(3_600));
    wait_for(|| by_itself(&rig).len() == 15);
    assert_eq!(one(&handle, sell("1", 100)), "accepted 26 1 order_committed");
    stop(&handle);
    assert!(rig.booked().values().all(|times| *times == 1));
}

#[test]
fn c23_pools_that_stock_fell_below_shrink_by_themselves_and_once() {
    let rig = patient();
    let handle = rig.stocked(10);
    one(&handle, pool("P", 6, &[], 180));
    assert_eq!(one(&handle, damage("D1", 4)), "accepted 7 D1 stock_damaged");
    assert_eq!(one(&handle, damage("D2", 2)), "accepted 8 D2 stock_damaged");
    // Nobody asks anything, and no time passes.
    wait_for(|| pool_left(&rig, "P") == (4, false));
    assert_eq!(one(&handle, sell("1", 5)), "refused insufficient_stock");
    assert_eq!(one(&handle, sell("2", 4)), "accepted 10 2 order_committed");
    // What is promised is oversold, not taken from the pool.
    assert_eq!(one(&handle, damage("D3", 2)), "accepted 11 D3 stock_damaged");
    stop(&handle);
    let handle = rig.start();
    one(&handle, sell("3", 1));
    stop(&handle);
    assert_eq!(by_itself(&rig), ["shrink:8"]);
}

#[test]
fn c23_a_shortage_is_seen_to_once_before_the_stop_or_after_the_start() {
    let rig = patient();
    let handle = rig.stocked(10);
    one(&handle, pool("P", 6, &[], 180));
    // The stop comes at once: it may find the pool short still.
    handle.submit_blocking(Batch::each(vec![damage("D1", 6), damage("D2", 1)]));
    stop(&handle);
    let handle = rig.start();
    wait_for(|| pool_left(&rig, "P") == (3, false));
    stop(&handle);
    assert_eq!(by_itself(&rig).len(), 1);
}
