//! The writer against a real NATS server that is killed and frozen, and what it is refused for.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Client, Told, audit, replay};
use common::real::{client, open_refused, started, stored, with_ten_bodies};
use common::{Backend, Nats, identity};
use onhand_journal::{
    Chain, ClaimError, Durability, Fault, HighWater, Kind, Tip, Writer, jetstream,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Appends without a pause until told to stop.
fn append_until(mut client: Client, stop: Arc<AtomicBool>) -> Client {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        if let Err(fault) = client.append(number) {
            assert!(!matches!(fault, Fault::Halted(_)), "{fault:?}");
        }
    }
    client
}

/// Appends in a loop while `disturb` does its work, then holds the journal against the client.
fn survives(disturb: impl Fn(&Nats, u64)) -> usize {
    let nats = started(true);
    nats.create().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (client, stopped) = (client(&nats, "a"), stop.clone());
    let appending = std::thread::spawn(move || append_until(client, stopped));
    for round in 0..8 {
        std::thread::sleep(Duration::from_millis(120 + 37 * round));
        disturb(&nats, round);
    }
    std::thread::sleep(Duration::from_millis(500));
    stop.store(true, Ordering::Relaxed);
    let client = appending.join().unwrap();
    let stored = stored(&nats);
    audit(&stored, &[&client]);
    let count = |told: fn(&Told) -> bool| client.told.values().filter(|&one| told(one)).count();
    let acknowledged = count(|told| matches!(told, Told::Stored(_)));
    let (failed, unknown) =
        (count(|told| *told == Told::NotStored), count(|told| *told == Told::Unknown));
    let barriers = client.finals.iter().filter(|block| block.kind == Kind::Barrier).count();
    println!("{acknowledged} stored, {failed} not stored, {unknown} unknown, {barriers} barriers");
    assert!(acknowledged > 50, "{acknowledged}");
    barriers
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    survives(|nats, _| nats.server.lock().unwrap().restart());
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_freezes() {
    let barriers = survives(|nats, round| {
        let server = nats.server.lock().unwrap();
        server.stop();
        // Around the acknowledgement timeout: some appends time out and are stored afterwards.
        std::thread::sleep(Duration::from_millis(200 + 150 * round));
        server.cont();
    });
    // Frozen longer than an acknowledgement may take: an outcome was unknown, and was found out.
    assert!(barriers > 0, "no append was ever unclear");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_freezes_and_dies() {
    survives(|nats, round| {
        let mut server = nats.server.lock().unwrap();
        server.stop();
        std::thread::sleep(Duration::from_millis(100 * round));
        server.restart();
    });
}

#[test]
fn a_frozen_writer_that_wakes_up_is_deposed() {
    let nats = started(true);
    nats.create().unwrap();
    let (mut old, mut new) = (client(&nats, "a"), client(&nats, "b"));
    old.append(1).unwrap();
    new.append(2).unwrap();
    assert!(matches!(old.append(3), Err(Fault::Deposed { epoch: 3 })));
    audit(&stored(&nats), &[&old, &new]);
}

#[test]
fn a_server_that_does_not_sync_is_refused_unless_that_is_accepted() {
    let mut nats = started(false);
    let fault = nats.create().err().unwrap();
    assert!(matches!(fault, Fault::Gate(_)), "{fault:?}");
    assert!(fault.to_string().contains("sync_interval: always"), "{fault}");
    nats.config.durability = Durability::Relaxed;
    let journal = jetstream::create(&nats.config, &identity(), 1, 0).unwrap();
    assert!(!journal.sync_proven());
}

#[test]
fn a_server_whose_syncing_is_not_known_is_refused() {
    let mut nats = started(true);
    assert!(jetstream::create(&nats.config, &identity(), 1, 0).unwrap().sync_proven());
    nats.config.monitor_url = None;
    let fault = open_refused(&nats);
    assert!(fault.to_string().contains("no monitoring address is configured"), "{fault}");
    // Another server's monitoring proves nothing about this one.
    let other = started(true);
    nats.config.monitor_url = other.config.monitor_url;
    let fault = open_refused(&nats);
    assert!(fault.to_string().contains("which we are connected to, did not say"), "{fault}");
}

#[test]
fn no_server_is_unavailable() {
    let nats = started(true);
    nats.server.lock().unwrap().kill();
    assert!(matches!(open_refused(&nats), Fault::Unavailable(_)));
}

#[test]
fn a_reader_goes_on_after_the_server_was_killed() {
    let (nats, mut client) = with_ten_bodies();
    let journal = nats.open().unwrap();
    let mut reader = journal.reader().unwrap();
    let first = reader.read_from(1, 1 << 20, Duration::ZERO).unwrap();
    nats.server.lock().unwrap().restart();
    client.append(11).unwrap();
    let next = first.len() as u64 + 1;
    let rest = reader.read_from(next, 1 << 20, Duration::from_secs(1)).unwrap();
    let mut chain = Chain::new(identity());
    first.into_iter().chain(rest).for_each(|bytes| drop(chain.accept(bytes).unwrap()));
    assert_eq!(chain.tip.height, Told::stored(client.told[&11]));
}

#[test]
fn a_block_above_the_limit_is_refused_before_it_is_sent() {
    let (_nats, mut client) = with_ten_bodies();
    let writer = client.ready().unwrap();
    let body = format!("\"{}\"", "x".repeat(8 * 1024 * 1024));
    assert!(matches!(writer.append(0, body.as_bytes()), Err(Fault::TooLarge { .. })));
}

#[test]
fn a_block_at_the_limit_is_stored() {
    let (nats, mut client) = with_ten_bodies();
    let room = onhand_journal::BLOCK_BYTES_MAX - onhand_journal::HEADER_BYTES_MAX;
    let body = format!("\"{}\"", "x".repeat(room - 2));
    let blocks = client.ready().unwrap().append(0, body.as_bytes()).unwrap();
    let read = nats.open().unwrap().read(blocks[0].height).unwrap().unwrap();
    assert_eq!(read, blocks[0].bytes);
    let mut chain = Chain::new(identity());
    replay(&*nats.open().unwrap(), &mut chain).unwrap();
    assert_eq!(chain.tip, blocks[0].tip());
}

#[test]
fn a_claim_on_a_journal_that_moved_on_is_behind() {
    let (nats, _) = with_ten_bodies();
    let mut journal = nats.open().unwrap();
    let mut chain = Chain::new(identity());
    let genesis = journal.read(1).unwrap().unwrap();
    let tip: Tip = chain.accept(genesis).unwrap().tip();
    let claim = Writer::claim(journal, identity(), tip, HighWater::in_memory(), 0);
    assert!(matches!(claim.err(), Some(ClaimError::Behind { last: 12 })));
}
