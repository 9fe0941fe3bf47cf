//! A process killed while it writes checkpoints: the next start has the same state.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Shard, assert_same_book};
use onhand_projector::Origin;
use serde_json::json;

/// Where the child writes its checkpoints; only set for the child.
const DIR: &str = "ONHAND_TEST_CHECKPOINT";
const BLOCKS: u64 = 300;

/// The same blocks in every process.
fn append(shard: &mut Shard, number: u64) {
    let line = json!([{"sku": "W", "quantity": number + 1}]);
    shard.at(number).run(&[
        ("register_item", json!({"sku": format!("S{number}")})),
        ("receive_stock", json!({"location": "A", "lines": line})),
        ("commit_order", json!({"order": format!("O{number}"), "channel": "web", "lines": line})),
    ]);
}

#[test]
fn the_child_writes_until_it_is_killed() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let mut shard = Shard::furnished();
    let (projector, _) = shard.open(Some(dir.as_ref()));
    for number in 0..BLOCKS {
        append(&mut shard, number);
        projector.catch_up().unwrap();
        projector.checkpoint();
    }
    // Whoever kills us decides when it ends.
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_process_leaves_a_checkpoint_or_none_but_never_another_state() {
    let mut shard = Shard::furnished();
    (0..BLOCKS).for_each(|number| append(&mut shard, number));
    let home = tempfile::tempdir().unwrap();
    let mut from_checkpoint = 0;
    for round in 0..12 {
        let dir = home.path().join(format!("c{round}"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_child_writes_until_it_is_killed"])
            .env(DIR, &dir)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(30 + 37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let (projector, report) = shard.open(Some(&dir));
        from_checkpoint += u64::from(matches!(report.origin, Origin::Checkpoint { .. }));
        assert_same_book(&projector.book().0, &shard.book);
    }
    assert!(from_checkpoint > 0, "no child came far enough");
}
