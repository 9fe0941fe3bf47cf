//! Following the journal live, and what happens when it breaks.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Shard, assert_same_book, name, shop};
use crossbeam_channel::{bounded, unbounded};
use onhand_core::{BlockBody, Command};
use onhand_journal::memory::FaultKind;
use onhand_journal::{Fault, Hash, Journal, Kind, parse, seal};
use onhand_projector::{Arrived, Origin, ProjectorConfig, StockQuery};
use serde_json::{Value, json};

/// A block as an engine hands it over.
struct Handed {
    height: u64,
    hash: Hash,
    previous: Hash,
    time_us: u64,
    body: Arc<BlockBody>,
}

impl Handed {
    fn arrived(&self) -> Arrived<'_> {
        let Handed { height, hash, previous, time_us, ref body } = *self;
        Arrived { height, hash, previous, time_us, body }
    }
}

fn last(shard: &Shard) -> Handed {
    let block = parse(shard.journal.settled().pop().unwrap()).unwrap();
    Handed {
        height: block.height,
        hash: block.hash,
        previous: block.previous,
        time_us: block.time_us,
        body: Arc::new(serde_json::from_slice(block.body()).unwrap()),
    }
}

fn received(quantity: u64) -> Value {
    json!({"location": "A", "lines": [{"sku": "W", "quantity": quantity}]})
}

const SOON: Duration = Duration::from_secs(20);

#[test]
fn blocks_handed_over_and_blocks_missed_end_in_the_same_book() {
    let mut shard = Shard::furnished();
    let projector = shard.projector();
    let (to_projector, committed) = unbounded();
    let follower = projector.follow(committed, Handed::arrived).unwrap();
    let mut position = 0;
    for number in 1..60 {
        position = shard.ok("receive_stock", received(number));
        // Some are lost on the way, one comes twice, and a new reign begins in between.
        if number % 5 != 0 {
            to_projector.send(last(&shard)).unwrap();
        }
        if number % 7 == 0 {
            to_projector.send(last(&shard)).unwrap();
        }
        if number == 30 {
            shard.append_body(Kind::Claim, None);
        }
    }
    assert!(projector.wait_for(&shop(), position, SOON));
    // The last one was announced to nobody: the journal is looked at all the same.
    position = shard.ok("receive_stock", received(1));
    assert!(projector.wait_for(&shop(), position, SOON));
    drop(to_projector);
    position = shard.ok("receive_stock", received(2));
    assert!(projector.wait_for(&shop(), position, SOON), "nobody sends any more");
    follower.stop();
    assert_same_book(&projector.book().0, &shard.book);
}

#[test]
fn the_follower_keeps_a_checkpoint_and_ends_with_one() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut shard = Shard::furnished();
    let (projector, _) = shard.open(Some(&dir));
    let (to_projector, committed) = bounded(4);
    let follower = projector.follow(committed, Handed::arrived).unwrap();
    for number in 1..20 {
        shard.ok("receive_stock", received(number));
        to_projector.send(last(&shard)).unwrap();
    }
    follower.stop();
    assert_eq!(projector.state().checkpoint_height, shard.tip.height);
    assert_eq!(projector.state().checkpoint_fault, None);
    drop(projector);
    let (projector, report) = shard.open(Some(&dir));
    assert_eq!(report.origin, Origin::Checkpoint { height: shard.tip.height });
    assert_eq!(report.entries_replayed, 0);
    assert_same_book(&projector.book().0, &shard.book);
}

#[test]
fn a_broken_chain_halts_and_reads_go_on_marked() {
    let mut shard = Shard::furnished();
    shard.ok("receive_stock", received(10));
    let projector = shard.projector();
    shard.ok("receive_stock", received(5));
    let height = shard.tip.height;
    shard.journal.damage(FaultKind::BitFlip { height, bit: 4_000 });
    shard.ok("receive_stock", received(5));
    assert!(matches!(projector.catch_up(), Err(Fault::Halted(_))));
    assert!(matches!(projector.catch_up(), Err(Fault::Halted(_))), "it stays halted");
    let state = projector.state();
    assert!(state.stale && state.halted.is_some(), "{state:?}");
    let query = StockQuery { skus: vec![name("W")], ..StockQuery::default() };
    let page = projector.stock(&shop(), &query).unwrap();
    assert_eq!((page.rows[0].on_hand, page.seen.stale), (10, true));
    assert!(page.seen.halted.unwrap().contains("the journal is broken at height"));
    assert!(!projector.wait_for(&shop(), 99, SOON), "nobody waits for a halted projection");
}

#[test]
fn an_entry_that_cannot_follow_halts() {
    let mut shard = Shard::furnished();
    let projector = shard.projector();
    shard.ok("receive_stock", received(10));
    // Sealed by a writer with another idea of the ledger: a sound chain, an impossible entry.
    let mut body = BlockBody::clone(&last(&shard).body);
    body.entries[0].position += 7;
    let bytes = serde_json::to_vec(&body).unwrap();
    let block = seal(&common::identity(), &shard.tip, 1, shard.now.0, Kind::Entries, &bytes);
    shard.journal.append(&block).unwrap();
    let Err(Fault::Halted(found)) = projector.catch_up() else { panic!("it was folded") };
    assert_eq!(found.height, block.height);
    assert!(found.reason.contains("entry 13 of ledger shop"), "{found}");
}

#[test]
fn answers_grow_old_without_the_journal() {
    let shard = Shard::furnished();
    let config = ProjectorConfig { stale_after: Duration::from_millis(20), ..shard.config(None) };
    let reader = shard.journal.reader().unwrap();
    let (projector, _) = onhand_projector::Projector::open(
        common::identity(),
        common::KEY,
        reader,
        config,
        &mut |_| (),
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(60));
    let state = projector.state();
    assert!(state.stale && state.age_ms >= 20 && state.halted.is_none(), "{state:?}");
    projector.catch_up().unwrap();
    assert!(!projector.state().stale);
}

#[test]
fn an_engine_begins_from_a_plain_copy() {
    let home = tempfile::tempdir().unwrap();
    let shard = Shard::furnished();
    let (projector, _) = shard.open(Some(&home.path().join("checkpoint")));
    let (mut book, _) = projector.book();
    assert_eq!(book.tracking, onhand_core::Tracking::Off);
    assert!(book.seen.take_news().is_empty());
    assert!(book.ledger_mut(&shop()).take_touched().items.is_empty());
    // A command without a past needs no look-up.
    let mut request = Shard::new().request("receive_stock", &received(1));
    projector.look_up(&mut request).unwrap();
    assert!(matches!(request.command, Command::ReceiveStock(_)));
}
