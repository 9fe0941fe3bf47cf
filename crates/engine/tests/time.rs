//! Ledger time: holds end when it says so, and it follows no clock that goes astray.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{BEGIN_US, Rig, hold, one, order, stop};
use onhand_core::{HoldId, HoldState};
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
