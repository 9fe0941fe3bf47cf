//! A checkpoint gives back the same projection, or is moved aside and the projection built anew.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use std::fs;
use std::path::Path;

use common::{KEY, Shard, assert_same_book, identity, name, second, shop};
use onhand_core::Condition;
use onhand_journal::memory::FaultKind;
use onhand_journal::{Fault, Identity, Journal, Kind};
use onhand_projector::{Origin, Projector, TimelineQuery};
use serde_json::json;

/// A ledger with every kind of thing in it, and timelines longer than a stretch.
fn busy(seed: u64) -> Shard {
    let mut shard = Shard::furnished();
    for number in 0..40 {
        shard.ok("register_item", json!({"sku": format!("S{number}")}));
    }
    more(&mut shard, seed, 0);
    shard
}

fn more(shard: &mut Shard, seed: u64, from: u64) {
    for step in from..from + 60 {
        let sku =
            if step % 3 == 0 { "W".to_string() } else { format!("S{}", (seed + step * 7) % 40) };
        let line = json!([{"sku": sku, "quantity": step + 1}]);
        let at = shard.now.0 / 1_000_000 - common::BEGIN_US / 1_000_000 + 1;
        let (order, hold, transfer) = (format!("O{step}"), format!("H{step}"), format!("T{step}"));
        let location = if step % 2 == 0 { "A" } else { "B" };
        shard.at(at).run(&[
            ("receive_stock", json!({"location": location, "lines": line.clone()})),
            ("commit_order", json!({"order": order, "channel": "web", "lines": line.clone()})),
            ("receive_stock", json!({"location": "A", "lines": line.clone()})),
            (
                "hold_stock",
                json!({"hold": hold, "owner": "cart", "channel": "web",
                                  "expires_in": 600, "lines": line.clone()}),
            ),
            (
                "commit_order",
                json!({"order": "too-much", "channel": "web",
                                    "lines": [{"sku": sku, "quantity": 100_000_000}]}),
            ),
        ]);
        if step % 4 == 0 {
            shard.run(&[
                ("ship_order", json!({"order": order})),
                ("receive_stock", json!({"location": "A", "lines": line.clone()})),
                (
                    "start_transfer",
                    json!({"transfer": transfer, "from": "A", "to": "B", "lines": line}),
                ),
                (
                    "count_stock",
                    json!({"location": "B", "lines": [{"sku": sku, "quantity": step}]}),
                ),
                ("add_alias", json!({"sku": sku, "alias": format!("alias-{step}")})),
            ]);
        }
    }
}

#[track_caller]
fn assert_same(one: &Projector, other: &Projector) {
    let ((a, tip_a), (b, tip_b)) = (one.book(), other.book());
    assert_eq!(tip_a, tip_b);
    assert_same_book(&a, &b);
    let query = TimelineQuery { limit: 1_000, ..TimelineQuery::default() };
    for sku in ["W", "S7"] {
        let rows = |it: &Projector| it.timeline(&shop(), &name(sku), &query).unwrap().rows;
        assert_eq!(rows(one), rows(other), "the timeline of {sku}");
    }
}

fn dir_of(home: &tempfile::TempDir) -> std::path::PathBuf {
    home.path().join("checkpoint")
}

#[test]
fn a_start_from_a_checkpoint_gives_the_same_state() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let mut shard = busy(1);
    let (projector, report) = shard.open(Some(&dir));
    assert_eq!(report.origin, Origin::NoCheckpoint);
    let height = projector.checkpoint();
    assert_eq!(height, shard.tip.height);
    drop(projector);
    for round in 0..4 {
        more(&mut shard, 5, 100 * (round + 1));
        let (projector, report) = shard.open(Some(&dir));
        assert!(matches!(report.origin, Origin::Checkpoint { .. }), "{:?}", report.origin);
        assert!(report.entries_replayed < 1_500);
        assert_same(&projector, &shard.projector());
        // Once at the tip of the journal, once in several steps, once not at all.
        match round {
            0 => drop(projector.checkpoint()),
            1 => {
                for step in 0..5 {
                    more(&mut shard, step, 1_000 + 100 * step);
                    projector.catch_up().unwrap();
                    assert_eq!(projector.checkpoint(), shard.tip.height);
                }
            }
            _ => {}
        }
    }
    assert_same_book(&shard.open(Some(&dir)).0.book().0, &shard.book);
}

/// What became of a start whose checkpoint was spoilt by `spoil`, compared with a start without.
#[track_caller]
fn rebuilt(shard: &Shard, dir: &Path) -> String {
    let (projector, report) = shard.open(Some(dir));
    assert_same(&projector, &shard.projector());
    assert!(projector.checkpoint() > 0);
    drop(projector);
    let again = shard.open(Some(dir)).1;
    assert!(matches!(again.origin, Origin::Checkpoint { .. }), "{:?}", again.origin);
    match report.origin {
        Origin::Rebuilt { because, aside } => {
            assert!(aside.unwrap().exists());
            because
        }
        other => panic!("began from {other:?}"),
    }
}

#[test]
fn a_checkpoint_of_another_installation_is_moved_aside() {
    let home = tempfile::tempdir().unwrap();
    let shard = busy(2);
    let other = Identity { installation: uuid::Uuid::from_u128(2), shard: 0 };
    let journal = onhand_journal::MemoryJournal::create(&other, 1, 0);
    let config = shard.config(Some(&dir_of(&home)));
    let reader = journal.reader().unwrap();
    let (projector, _) = Projector::open(other, KEY, reader, config, &mut |_| ()).unwrap();
    assert_eq!(projector.checkpoint(), 1);
    drop(projector);
    let because = rebuilt(&shard, &dir_of(&home));
    assert!(because.starts_with("it belongs to installation 00000000-0000"), "{because}");
}

#[test]
fn a_checkpoint_off_the_chain_or_under_another_key_is_moved_aside() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let shard = busy(3);
    shard.open(Some(&dir)).0.checkpoint();
    let mut other = busy(4);
    more(&mut other, 1, 500);
    assert_eq!(
        rebuilt(&other, &dir),
        format!("the journal holds another block at height {}", shard.tip.height)
    );
    let (reader, config) = (other.journal.reader().unwrap(), other.config(Some(&dir)));
    let opened = Projector::open(identity(), [8; 16], reader, config, &mut |_| ()).unwrap().1;
    let Origin::Rebuilt { because, .. } = opened.origin else { panic!() };
    assert_eq!(because, "the key of its fingerprints is another one");
    let (reader, config) = (other.journal.reader().unwrap(), other.config(Some(&dir)));
    let config = onhand_projector::ProjectorConfig { timeline: false, ..config };
    let (projector, _) = Projector::open(identity(), KEY, reader, config, &mut |_| ()).unwrap();
    let (sku, place) = (name("W"), name("A"));
    let at = projector.book_at(&shop(), &sku, &place, Condition::Sellable, other.now);
    assert_eq!(at.unwrap_err(), onhand_projector::Missing::Timeline);
    let kept = fs::read_dir(home.path()).unwrap().count();
    assert_eq!(kept, 3, "the checkpoint and two that were moved aside");
}

#[test]
fn a_journal_that_lost_its_tail_halts() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let shard = busy(5);
    shard.open(Some(&dir)).0.checkpoint();
    shard.journal.damage(FaultKind::TailLost { blocks: 1 });
    let (reader, config) = (shard.journal.reader().unwrap(), shard.config(Some(&dir)));
    let refused = Projector::open(identity(), KEY, reader, config, &mut |_| ());
    let Err(Fault::Halted(found)) = refused else { panic!("a lost tail went unnoticed") };
    assert!(found.reason.contains("the journal lost its tail"), "{found}");
    assert!(dir.exists());
}

/// Copies a directory: what a power failure or a restored disk would leave.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.append(&mut files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

#[test]
fn flipped_bits_and_cut_files_never_change_the_state() {
    let home = tempfile::tempdir().unwrap();
    let sound = home.path().join("sound");
    let shard = busy(6);
    shard.open(Some(&sound)).0.checkpoint();
    let expected = shard.projector();
    let (mut rebuilt, mut random) = (0, 0x9e37_79b9_7f4a_7c15_u64);
    let mut next = move |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % bound.max(1)
    };
    for round in 0..120 {
        let dir = home.path().join(format!("c{round}"));
        copy(&sound, &dir);
        let all = files(&dir);
        let victim = &all[next(all.len() as u64) as usize];
        let mut bytes = fs::read(victim).unwrap();
        // The file is long and mostly empty behind what was written.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |it| it as u64 + 1);
        match round % 3 {
            0 | 1 if used > 0 => bytes[next(used) as usize] ^= 1 << next(8),
            _ => bytes.truncate(next(used) as usize),
        }
        fs::write(victim, bytes).unwrap();
        let (projector, report) = shard.open(Some(&dir));
        rebuilt += usize::from(!matches!(report.origin, Origin::Checkpoint { .. }));
        assert_same(&projector, &expected);
    }
    assert!(rebuilt > 20, "only {rebuilt} of 120 damages were noticed");
}

#[test]
fn a_copy_taken_at_any_moment_gives_the_same_state() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let mut shard = busy(7);
    let (projector, _) = shard.open(Some(&dir));
    for moment in 0..12 {
        more(&mut shard, moment, 1_000 * (moment + 1));
        projector.catch_up().unwrap();
        // A copy while the checkpoint is being written is what a killed process leaves.
        let taken = home.path().join(format!("moment-{moment}"));
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| projector.checkpoint());
            std::thread::sleep(std::time::Duration::from_micros(700 * moment));
            copy(&dir, &taken);
            writing.join().unwrap();
        });
        assert_same(&shard.open(Some(&taken)).0, &projector);
    }
}

#[test]
fn empty_blocks_and_many_ledgers_are_kept_too() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let mut shard = Shard::furnished();
    for number in 0..50 {
        let ledger = format!("tenant-{number}");
        shard.run(&[
            ("register_item", json!({"_ledger": ledger, "sku": "W"})),
            ("register_location", json!({"_ledger": ledger, "location": "A"})),
            (
                "receive_stock",
                json!({"_ledger": ledger, "location": "A",
                                     "lines": [{"sku": "W", "quantity": number + 1}]}),
            ),
        ]);
    }
    shard.append_body(Kind::Claim, None);
    shard.append_body(Kind::Barrier, None);
    shard.open(Some(&dir)).0.checkpoint();
    let (projector, report) = shard.open(Some(&dir));
    assert_eq!(report.origin, Origin::Checkpoint { height: shard.tip.height });
    assert_same_book(&projector.book().0, &shard.book);
    assert_eq!(projector.ledgers().len(), 51);
}

/// Rules, pools with tranches, a kit, expected supply, a window's capacity.
fn arranged() -> Shard {
    let mut shard = busy(8);
    let at = |location: &str, quantity: u64| json!({"location": location, "quantity": quantity});
    shard.run(&[
        ("register_item", json!({"sku": "KIT", "category": "sets"})),
        ("register_item", json!({"sku": "SLOT"})),
        ("set_policy", json!({"set": {"buffer": {"units": 1}}})),
        (
            "set_policy",
            json!({"channel": "web", "set": {
            "share_percent": 90, "exclusive": false, "oversell": {"ratio": 105}, "end_when": 1,
            "hold_seconds": 60, "sell_ahead_days": 3, "low_stock": {"at": 5, "clear": 8},
            "routing": {"by": "cost", "split": "fewest"}}}),
        ),
        (
            "set_policy",
            json!({"location": "A", "set": {
            "trust_percent": 90, "cost": 3, "regions": ["GB", "FR"], "return_to": "damaged"}}),
        ),
        ("set_policy", json!({"category": "sets", "channel": "web", "set": {"max_listed": 5}})),
        ("set_policy", json!({"sku": "W", "location": "A", "set": {"safety": {"percent": 10}}})),
        ("set_policy", json!({"sku": "W", "channel": "web", "set": {"locations": ["B"]}})),
    ]);
    for number in 0..12 {
        let end = second(100_000 + number);
        shard.record(json!({"pool_opened": {
            "pool": format!("P{number}"), "channel": "web", "draw": "first", "ends_at": end,
            "lines": [{"sku": "W", "at": [at("A", 2), at("B", 1)]}],
            "tranches": [{"tranche": "T1", "release_at": second(90_000 + number),
                          "lines": [{"sku": "W", "quantity": 3}]}]}}));
    }
    shard.record(json!({"tranche_released": {"pool": "P3", "tranche": "T1"}}));
    shard.record(json!({"pool_closed": {"pool": "P4",
        "lines": [{"sku": "W", "at": [at("A", 2), at("B", 1)]}]}}));
    let parts = json!([{"sku": "W", "quantity": 2}, {"sku": "S1", "quantity": 1}]);
    shard.record(json!({"kit_defined": {"sku": "KIT", "version": 1, "parts": parts}}));
    let supply = json!([{"sku": "W", "quantity": 9, "expected_at": second(9), "confidence": 80}]);
    shard.record(json!({"stock_expected": {"inbound": "ASN", "location": "B", "lines": supply}}));
    let mode = json!({"capacity": {"limit": 4, "window": "1d", "zone": "UTC"}});
    shard.record(json!({"mode_set": {"sku": "SLOT", "mode": mode}}));
    shard
}

#[test]
fn rules_pools_and_kits_are_kept_too() {
    let home = tempfile::tempdir().unwrap();
    let dir = dir_of(&home);
    let mut shard = arranged();
    let due = shard.book.ledger(&shop()).unwrap().next_due();
    assert!(due.is_some_and(|it| it > shard.now), "{due:?}");
    let (projector, _) = shard.open(Some(&dir));
    assert_eq!(projector.checkpoint(), shard.tip.height);
    // What changes afterwards is written by itself.
    shard.record(json!({"tranche_released": {"pool": "P7", "tranche": "T1"}}));
    shard.ok("set_policy", json!({"clear": ["buffer"]}));
    projector.catch_up().unwrap();
    assert_eq!(projector.checkpoint(), shard.tip.height);
    drop(projector);
    let (projector, report) = shard.open(Some(&dir));
    assert_eq!(report.origin, Origin::Checkpoint { height: shard.tip.height });
    assert_eq!(report.entries_replayed, 0);
    // Their ledgers are equal with all that is due.
    assert_same(&projector, &shard.projector());
    assert_same_book(&projector.book().0, &shard.book);
    let pools = projector.book().0.ledger(&shop()).unwrap().pools().len();
    assert_eq!(pools, 12);
}
