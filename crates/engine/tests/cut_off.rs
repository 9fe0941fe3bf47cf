//! Cut-offs of suppliers: the writer hands orders over and notes what was not confirmed, by itself.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{BEGIN_US, Rig, ask, one, stop};
use onhand_core::{BlockBody, Fact, HandoverState, Request, SupplierId, Time};
use onhand_engine::Handle;

const DAY: Duration = Duration::from_secs(86_400);

fn wait_for(reached: impl Fn() -> bool) {
    for _ in 0..400 {
        if reached() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen in two seconds");
}

/// The time of day, by UTC, so many minutes after the rig's beginning.
fn clock(minutes: u64) -> String {
    let at = Time(BEGIN_US).plus_seconds(minutes * 60).to_string();
    at[11..16].to_string()
}

/// A shop whose supplier S has D, a cut-off a full minute or more from now, and an hour to confirm.
fn supplied(rig: &Rig) -> Handle {
    let handle = rig.stocked(10);
    let place = r#"{"register_location":{"location":"D","kind":"supplier","supplier":"S"}}"#;
    let goods = r#"{"receive_stock":{"location":"D","lines":[{"sku":"A","quantity":1000}]}}"#;
    let terms = format!(
        r#"{{"set_supplier":{{"supplier":"S","cut_off":"{}","confirm_within":60}}}}"#,
        clock(2)
    );
    for (id, command) in [("place", place), ("goods", goods), ("terms", &terms)] {
        assert!(one(&handle, ask("acme", id, command)).starts_with("accepted"), "{command}");
    }
    handle
}

fn sell(id: &str) -> Request {
    let line = r#"{"sku":"A","quantity":1,"location":"D"}"#;
    ask("acme", id, &format!(r#"{{"commit_order":{{"order":"SO-{id}","lines":[{line}]}}}}"#))
}

/// What the writer did by itself: kind, orders, and whether more wait.
fn by_itself(rig: &Rig) -> Vec<String> {
    let entries = rig.bodies().into_iter().flat_map(|it| it.entries);
    let own =
        entries.filter(|it| it.envelope.actor.as_ref().is_some_and(|it| it.as_str() == "onhand"));
    let told = own.map(|it| match &it.fact {
        Fact::OrdersHandedOver(it) => format!("handed {}", it.lines.len()),
        fact => fact.kind().to_string(),
    });
    told.collect()
}

fn states(rig: &Rig) -> Vec<HandoverState> {
    let (book, _) = rig.fold();
    let ledger = book.ledgers.values().next().unwrap();
    let mut all: Vec<_> = ledger.handovers().map(|it| (it.position, it.state)).collect();
    all.sort_by_key(|it| it.0);
    all.into_iter().map(|it| it.1).collect()
}

fn patient() -> Rig {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000_000);
    rig
}

#[test]
fn what_waits_is_handed_over_at_the_cut_off_and_once() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    one(&handle, sell("2"));
    rig.advance(Duration::from_secs(120));
    // Nobody asks anything: the engine looks by itself.
    wait_for(|| by_itself(&rig) == ["handed 2"]);
    one(&handle, sell("3"));
    assert_eq!(by_itself(&rig), ["handed 2"]);
    rig.advance(DAY);
    wait_for(|| by_itself(&rig).contains(&"handed 1".to_string()));
    assert_eq!(by_itself(&rig).iter().filter(|it| it.starts_with("handed")).count(), 2);
    assert!(rig.booked().values().all(|times| *times == 1));
    stop(&handle);
}

#[test]
fn an_empty_day_is_known_as_done() {
    let rig = patient();
    let handle = supplied(&rig);
    rig.advance(Duration::from_secs(120));
    wait_for(|| by_itself(&rig) == ["handed 0"]);
    rig.advance(DAY);
    // Nothing is to be confirmed, so nothing is missed.
    wait_for(|| by_itself(&rig) == ["handed 0", "handed 0"]);
    stop(&handle);
}

#[test]
fn the_cut_off_comes_before_the_command_that_finds_it_due() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    rig.advance(Duration::from_secs(120));
    assert!(one(&handle, sell("2")).starts_with("accepted"));
    assert_eq!(by_itself(&rig), ["handed 1"]);
    stop(&handle);
}

#[test]
fn a_confirmation_that_does_not_come_is_missed_and_may_come_late() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    rig.advance(Duration::from_secs(120));
    wait_for(|| by_itself(&rig) == ["handed 1"]);
    rig.advance(Duration::from_secs(3_600));
    wait_for(|| by_itself(&rig) == ["handed 1", "handover_missed"]);
    assert!(matches!(states(&rig)[..], [HandoverState::Missed(_)]));
    stop(&handle);
    let handle = rig.start();
    let (book, _) = rig.fold();
    let ledger = book.ledgers.values().next().unwrap();
    let name = ledger.handovers().next().unwrap().told.handover.clone();
    let fields = format!(r#""supplier":"S","handover":"{name}""#);
    let confirm = format!(r#"{{"confirm_handover":{{{fields}}}}}"#);
    let miss = ask("acme", "miss", &format!(r#"{{"miss_handover":{{{fields}}}}}"#));
    assert_eq!(one(&handle, miss), "refused contradiction");
    assert!(one(&handle, ask("acme", "late", &confirm)).starts_with("accepted"));
    assert!(matches!(states(&rig)[..], [HandoverState::Confirmed { late: true, .. }]));
    stop(&handle);
    assert_eq!(by_itself(&rig), ["handed 1", "handover_missed"]);
}

#[test]
fn what_is_confirmed_in_time_is_not_missed() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    let hand = r#"{"hand_over_orders":{"supplier":"S","handover":"today"}}"#;
    assert!(one(&handle, ask("acme", "hand", hand)).starts_with("accepted"));
    let confirm = r#"{"confirm_handover":{"supplier":"S","handover":"today"}}"#;
    assert!(one(&handle, ask("acme", "confirm", confirm)).starts_with("accepted"));
    rig.advance(Duration::from_secs(7_200));
    // The cut-off of the day finds nothing that waits.
    wait_for(|| by_itself(&rig) == ["handed 0"]);
    assert!(matches!(states(&rig)[0], HandoverState::Confirmed { late: false, .. }));
    stop(&handle);
}

#[test]
fn cut_offs_that_came_while_the_shard_was_down_are_made_up_by_one() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    stop(&handle);
    rig.advance(DAY * 5);
    let handle = rig.start();
    wait_for(|| by_itself(&rig) == ["handed 1"]);
    stop(&handle);
    let handle = rig.start();
    one(&handle, sell("2"));
    assert_eq!(by_itself(&rig), ["handed 1"]);
    let (book, _) = rig.fold();
    let supplier = SupplierId::new("S").unwrap();
    let ledger = book.ledgers.values().next().unwrap();
    let known = ledger.supplier(ledger.supplier_no(&supplier).unwrap());
    let next = Time(BEGIN_US).plus_seconds(6 * 86_400);
    assert!(known.next_cut_off.is_some_and(|it| it < next && it > ledger.time()));
    stop(&handle);
}

#[test]
fn a_confirmation_missed_while_the_shard_was_down_is_noted_at_its_start() {
    let rig = patient();
    let handle = supplied(&rig);
    one(&handle, sell("1"));
    rig.advance(Duration::from_secs(120));
    wait_for(|| by_itself(&rig) == ["handed 1"]);
    stop(&handle);
    rig.advance(Duration::from_secs(7_200));
    let handle = rig.start();
    wait_for(|| by_itself(&rig) == ["handed 1", "handover_missed"]);
    stop(&handle);
}

#[test]
fn a_long_list_is_handed_over_in_parts_at_once() {
    let rig = patient();
    let handle = supplied(&rig);
    let line = r#"{"sku":"A","quantity":1,"location":"D"}"#;
    for (id, lines) in [("1", 600), ("2", 399), ("3", 1)] {
        let lines = vec![line; lines].join(",");
        let order = format!(r#"{{"commit_order":{{"order":"SO-{id}","lines":[{lines}]}}}}"#);
        assert!(one(&handle, ask("acme", id, &order)).starts_with("accepted"));
    }
    let receive = r#"{"receive_stock":{"location":"D","lines":[{"sku":"A","quantity":9}]}}"#;
    one(&handle, ask("acme", "more", receive));
    one(&handle, sell("4"));
    rig.advance(Duration::from_secs(120));
    wait_for(|| by_itself(&rig) == ["handed 1000", "handed 1"]);
    stop(&handle);
}

#[test]
fn long_lists_of_many_suppliers_come_in_blocks_within_the_bound() {
    const SUPPLIERS: u64 = 12;
    let mut rig = patient();
    rig.config.block_bytes_max = 64 << 10;
    let handle = rig.stocked(10);
    for it in 0..SUPPLIERS {
        let place = format!(r#"{{"location":"D{it}","kind":"supplier","supplier":"S{it}"}}"#);
        let goods = format!(r#"{{"location":"D{it}","lines":[{{"sku":"A","quantity":1000}}]}}"#);
        let terms = format!(r#"{{"supplier":"S{it}","cut_off":"{}"}}"#, clock(2));
        let line = format!(r#"{{"sku":"A","quantity":1,"location":"D{it}"}}"#);
        let order = format!(r#"{{"order":"SO-{it}","lines":[{}]}}"#, vec![line; 400].join(","));
        for (stem, fields) in [
            ("register_location", place),
            ("receive_stock", goods),
            ("set_supplier", terms),
            ("commit_order", order),
        ] {
            let command =
                ask("acme", &format!("{stem}:{it}"), &format!(r#"{{"{stem}":{fields}}}"#));
            assert!(one(&handle, command).starts_with("accepted"), "{stem}");
        }
    }
    rig.advance(Duration::from_secs(120));
    wait_for(|| by_itself(&rig).len() as u64 == SUPPLIERS);
    assert!(by_itself(&rig).iter().all(|it| it == "handed 400"), "{:?}", by_itself(&rig));
    // The entry that passes the bound is the last of its block.
    let before_last = |it: &BlockBody| {
        let bytes = it.entries.iter().map(|it| serde_json::to_vec(it).unwrap().len());
        bytes.take(it.entries.len().saturating_sub(1)).sum::<usize>()
    };
    assert!(rig.bodies().iter().all(|it| before_last(it) < 64 << 10));
    assert_eq!(handle.metrics().restarts.load(Ordering::SeqCst), 0);
    stop(&handle);
}
