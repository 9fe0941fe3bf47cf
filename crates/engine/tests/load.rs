//! Under load: bounds hold, callers hear at once, a stop finishes what waits, followers follow.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Rig, one, order, stop, tell};
use onhand_engine::{Answer, Batch, Status};
use onhand_journal::memory::FaultKind;

#[test]
fn a_full_mailbox_answers_at_once() {
    let mut rig = Rig::new();
    rig.config.mailbox_commands = 20;
    rig.config.keep_max = Duration::from_millis(500);
    let handle = rig.stocked(1_000);
    // Nothing is decided while the shard cannot come back.
    rig.shut.store(true, Ordering::SeqCst);
    rig.journal.fail_next(FaultKind::Full);
    assert_eq!(one(&handle, order("acme", "0", 1)), "unavailable");
    let batch =
        |id: u64| Batch::each((0..10).map(|it| order("acme", &format!("{id}-{it}"), 1)).collect());
    let waiting = [handle.submit(batch(1)), handle.submit(batch(2))];
    let begun = Instant::now();
    assert_eq!(tell(&handle, batch(3)), vec!["overloaded"; 10]);
    assert!(begun.elapsed() < Duration::from_millis(100));
    assert_eq!(handle.metrics().overloaded.load(Ordering::SeqCst), 10);
    rig.shut.store(false, Ordering::SeqCst);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for answers in waiting {
        let answers = runtime.block_on(answers);
        assert!(answers.iter().all(|it| matches!(it, Answer::Accepted { .. })), "{answers:?}");
    }
    assert_eq!(tell(&handle, batch(3))[9], "accepted 35 3-9 order_committed");
    assert_eq!(handle.metrics().mailbox_commands.load(Ordering::SeqCst), 0);
    stop(&handle);
}

#[test]
fn too_many_batches_are_turned_away_too() {
    let mut rig = Rig::new();
    rig.config.mailbox_batches = 2;
    rig.config.keep_max = Duration::from_millis(300);
    let handle = rig.stocked(10);
    rig.shut.store(true, Ordering::SeqCst);
    rig.journal.fail_next(FaultKind::Full);
    one(&handle, order("acme", "0", 1));
    let _first = handle.submit(Batch::one(order("acme", "1", 1)));
    let _second = handle.submit(Batch::one(order("acme", "2", 1)));
    assert_eq!(one(&handle, order("acme", "3", 1)), "overloaded");
    stop(&handle);
}

#[test]
fn a_stop_finishes_what_waits_and_takes_nothing_more() {
    let rig = Rig::new();
    let handle = rig.stocked(100_000);
    let batches: Vec<_> = (0..20)
        .map(|batch| {
            let orders = (0..100).map(|it| order("acme", &format!("{batch}-{it}"), 1)).collect();
            handle.submit(Batch::each(orders))
        })
        .collect();
    handle.shutdown();
    assert_eq!(one(&handle, order("acme", "late", 1)), "unavailable");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for answers in batches {
        let answers = runtime.block_on(answers);
        assert!(answers.iter().all(|it| matches!(it, Answer::Accepted { .. })));
    }
    stop(&handle);
    assert_eq!(rig.booked().len(), 5 + 2_000);
}

#[test]
fn a_shard_without_callers_stops() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let other = handle.clone();
    drop(handle);
    assert_eq!(one(&other, order("acme", "1", 1)), "accepted 6 1 order_committed");
    let committed = other.committed();
    drop(other);
    // The follower's channel ends with the shard.
    while committed.recv_timeout(Duration::from_secs(5)).is_ok() {}
}

#[test]
fn followers_hear_of_every_block_in_order_or_find_a_gap() {
    let mut rig = Rig::new();
    rig.config.followers_lag = 4;
    let handle = rig.stocked(1_000);
    let (quick, slow) = (handle.committed(), handle.committed());
    let mut last = None;
    for id in 0..10 {
        one(&handle, order("acme", &id.to_string(), 1));
        let block = quick.recv_timeout(Duration::from_secs(1)).unwrap();
        assert!(last.is_none_or(|hash| hash == block.previous));
        last = Some(block.hash);
        assert_eq!(block.body.entries[0].position, id + 6);
    }
    assert_eq!(slow.try_iter().count(), 4);
    stop(&handle);
}

#[test]
fn many_callers_share_blocks_while_one_is_in_flight() {
    let rig = Rig::new();
    let handle = rig.stocked(10_000);
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let handle = handle.clone();
            scope.spawn(move || {
                for it in 0..50 {
                    let answer = one(&handle, order("acme", &format!("{caller}-{it}"), 1));
                    assert!(answer.starts_with("accepted"), "{answer}");
                }
            });
        }
    });
    assert_eq!(handle.status(), Status::Serving);
    let metrics = handle.metrics();
    assert_eq!(metrics.accepted.load(Ordering::SeqCst), 405);
    let blocks = metrics.blocks.load(Ordering::SeqCst);
    assert_eq!(metrics.append_seconds.counts().iter().sum::<u64>(), blocks);
    stop(&handle);
}
