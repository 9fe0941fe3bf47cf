//! The age of suppliers' numbers: steps down a ladder come as entries at their time, by themselves,
//! once, and over a restart.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Rig, ask, one, stop};
use onhand_core::Request;
use onhand_engine::{Batch, Handle};

const MINUTE: Duration = Duration::from_secs(60);
/// After one minute 4 of 10 are kept back, after two half is believed, after three nothing.
const LADDER: &str = r#"{"after_minutes":1,"buffer":{"units":4}},{"after_minutes":2,"trust_percent":50},{"after_minutes":3,"trust_percent":0}"#;

fn set_feed(id: &str, ladder: &str) -> Request {
    let tier = format!(r#"{{"tier":"all","every_minutes":1,"ladder":[{ladder}]}}"#);
    let fields = format!(r#""feed":"F","supplier":"S","location":"S","tiers":[{tier}]"#);
    ask("acme", id, &format!(r#"{{"set_feed":{{{fields}}}}}"#))
}

/// Ten units of A lie with a supplier, and SHOP sells from there.
fn supplied(rig: &Rig) -> Handle {
    let handle = rig.stocked(10);
    let place = r#""location":"S","kind":"supplier","supplier":"S""#;
    let lines = r#""lines":[{"sku":"A","quantity":10}]"#;
    let commands = vec![
        ask("acme", "place", &format!(r#"{{"register_location":{{{place}}}}}"#)),
        ask("acme", "supplier", r#"{"set_supplier":{"supplier":"S"}}"#),
        ask("acme", "serves", r#"{"change_channel":{"channel":"SHOP","locations":["S"]}}"#),
        ask("acme", "goods", &format!(r#"{{"receive_stock":{{"location":"S",{lines}}}}}"#)),
        set_feed("feed", LADDER),
    ];
    handle.submit_blocking(Batch::each(commands));
    handle
}

fn patient() -> Rig {
    let mut rig = Rig::new();
    rig.config.leap_max = Duration::from_secs(1_000_000);
    rig
}

fn sell(id: &str, units: u64) -> Request {
    let line = format!(r#"{{"sku":"A","quantity":{units}}}"#);
    let fields = format!(r#""order":"SO-{id}","channel":"SHOP","lines":[{line}]"#);
    ask("acme", id, &format!(r#"{{"commit_order":{{{fields}}}}}"#))
}

/// What the writer itself asked for, in order.
fn steps(rig: &Rig) -> Vec<String> {
    let entries = rig.bodies().into_iter().flat_map(|it| it.entries);
    let own =
        entries.filter(|it| it.envelope.actor.as_ref().is_some_and(|it| it.as_str() == "onhand"));
    own.map(|it| it.envelope.id.to_string()).collect()
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
fn c15_steps_come_by_themselves_at_their_time_and_once() {
    let rig = patient();
    let handle = supplied(&rig);
    assert_eq!(one(&handle, sell("1", 11)), "refused insufficient_stock");
    rig.advance(MINUTE);
    wait_for(|| steps(&rig) == ["step:10:0:0"]);
    assert_eq!(one(&handle, sell("2", 7)), "refused insufficient_stock");
    rig.advance(MINUTE);
    wait_for(|| steps(&rig) == ["step:10:0:0", "step:11:0:0"]);
    assert_eq!(one(&handle, sell("3", 2)), "refused insufficient_stock");
    assert_eq!(one(&handle, sell("4", 1)), "accepted 13 4 order_committed");
    rig.advance(MINUTE);
    wait_for(|| steps(&rig).len() == 3);
    rig.advance(60 * MINUTE);
    assert_eq!(one(&handle, sell("5", 1)), "refused insufficient_stock");
    stop(&handle);
    assert_eq!(steps(&rig), ["step:10:0:0", "step:11:0:0", "step:13:0:0"]);
}

#[test]
fn c15_a_step_comes_before_the_command_that_finds_it_due() {
    let rig = patient();
    let handle = supplied(&rig);
    rig.advance(MINUTE);
    assert_eq!(one(&handle, sell("1", 7)), "refused insufficient_stock");
    assert_eq!(one(&handle, sell("2", 6)), "accepted 12 2 order_committed");
    stop(&handle);
}

#[test]
fn c15_steps_survive_a_restart_and_those_of_meanwhile_come_at_its_start() {
    let rig = patient();
    let handle = supplied(&rig);
    rig.advance(MINUTE);
    wait_for(|| steps(&rig).len() == 1);
    stop(&handle);
    let handle = rig.start();
    assert_eq!(one(&handle, sell("1", 7)), "refused insufficient_stock");
    stop(&handle);
    rig.advance(60 * MINUTE);
    let handle = rig.start();
    wait_for(|| steps(&rig).len() == 3);
    assert_eq!(one(&handle, sell("2", 1)), "refused insufficient_stock");
    stop(&handle);
    let handle = rig.start();
    assert_eq!(one(&handle, sell("3", 1)), "refused insufficient_stock");
    // A ladder that is set anew applies at once.
    assert_eq!(one(&handle, set_feed("again", "")), "accepted 14 again feed_set");
    assert_eq!(one(&handle, sell("4", 10)), "accepted 15 4 order_committed");
    stop(&handle);
    assert_eq!(steps(&rig), ["step:10:0:0", "step:11:0:0", "step:12:0:0"]);
}

#[test]
fn c15_a_long_ladder_is_bounded_per_block_and_all_of_it_comes() {
    let mut rig = patient();
    rig.config.expiries_max = 2;
    let handle = supplied(&rig);
    let step = |it: u64| format!(r#"{{"after_minutes":{it},"trust_percent":{}}}"#, 100 - it);
    let ladder: Vec<String> = (1..=16).map(step).collect();
    one(&handle, set_feed("long", &ladder.join(",")));
    rig.advance(60 * MINUTE);
    wait_for(|| steps(&rig).len() == 16);
    stop(&handle);
    assert!(rig.booked().values().all(|times| *times == 1));
}
