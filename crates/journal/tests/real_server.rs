//! The writer against a real NATS server that is killed, frozen and tampered with.
#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Client, Told, audit, replay};
use common::{Backend, Nats, identity};
use onhand_journal::{
    Bytes, Chain, ClaimError, Durability, Fault, HighWater, Identity, Journal, Kind, Patience, Tip,
    Writer, jetstream,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

const PATIENT: Patience = Patience {
    resolve_max: Duration::from_secs(8),
    pause: Duration::from_millis(10),
    pause_max: Duration::from_millis(200),
};

fn started(sync_always: bool) -> Nats {
    let mut nats = Nats::with_sync(sync_always);
    nats.config.ack_timeout = Duration::from_millis(400);
    nats
}

fn client(nats: &Nats, name: &str) -> Client {
    let config = nats.config.clone();
    let open = move || -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(jetstream::open(&config, &identity())?))
    };
    Client::new(open, nats.directory.path().join(name), PATIENT)
}

/// Everything stored, read one by one at the leader.
fn stored(nats: &Nats) -> Vec<Bytes> {
    let mut journal = nats.open().unwrap();
    (1..).map_while(|height| journal.read(height).unwrap()).collect()
}

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

/// One request to the JetStream API, as an operator would make it.
fn operate(nats: &Nats, verb: &str, body: serde_json::Value) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(&nats.config.url).await.unwrap();
        let payload = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = client.request(format!("$JS.API.{verb}"), payload).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    })
}

/// A server with ten bodies and the client that wrote them, its writer still alive.
fn with_ten_bodies() -> (Nats, Client) {
    let nats = started(true);
    nats.create().unwrap();
    let mut client = client(&nats, "a");
    (1..=10).for_each(|number| client.append(number).unwrap());
    (nats, client)
}

fn open_refused(nats: &Nats) -> Fault {
    nats.open().err().expect("a refusal")
}

/// A fault with its cause.
fn said(fault: &Fault) -> String {
    let cause = std::error::Error::source(fault).map(|cause| cause.to_string());
    format!("{fault} {}", cause.unwrap_or_default())
}

#[test]
fn a_deleted_stream_is_missing_and_never_made_again() {
    let (nats, mut client) = with_ten_bodies();
    operate(&nats, "STREAM.DELETE.ONHAND_J_000", serde_json::Value::Null);
    let fault = client.append(11).unwrap_err();
    assert!(matches!(fault, Fault::Missing(_)), "{fault:?}");
    assert_eq!(client.told[&11], Told::NotStored);
    let fault = open_refused(&nats);
    assert!(fault.to_string().contains("ONHAND_J_000 does not exist"), "{fault}");
    assert!(matches!(open_refused(&nats), Fault::Missing(_)));
}

#[test]
fn a_stream_made_anew_halts() {
    let (nats, mut client) = with_ten_bodies();
    operate(&nats, "STREAM.DELETE.ONHAND_J_000", serde_json::Value::Null);
    jetstream::create(&nats.config, &identity(), 1, 77).unwrap();
    let fault = client.append(11).unwrap_err();
    assert!(said(&fault).contains("the journal now ends at 1"), "{}", said(&fault));
    let fault = client.append(12).unwrap_err();
    assert!(said(&fault).contains("the journal lost it"), "{}", said(&fault));
    // Even long enough, it is another chain.
    let mut other = self::client(&nats, "b");
    (20..40).for_each(|number| other.append(number).unwrap());
    let fault = client.append(13).unwrap_err();
    assert!(matches!(fault, Fault::Halted(_)), "{fault:?}");
}

#[test]
fn the_stream_of_another_installation_is_refused() {
    let (nats, _) = with_ten_bodies();
    let stranger = Identity { installation: Uuid::from_u128(1), shard: 0 };
    let fault = jetstream::open(&nats.config, &stranger).err().unwrap();
    assert!(fault.to_string().contains("onhand.installation: expected"), "{fault}");
}

#[test]
fn a_changed_configuration_is_refused() {
    let (nats, _) = with_ten_bodies();
    let watch = jetstream::open(&nats.config, &identity()).unwrap().watch().unwrap();
    watch.check().unwrap();
    let info = operate(&nats, "STREAM.INFO.ONHAND_J_000", serde_json::Value::Null);
    let mut config = info["config"].clone();
    config["max_age"] = serde_json::json!(3_600_000_000_000_u64);
    operate(&nats, "STREAM.UPDATE.ONHAND_J_000", config);
    let fault = open_refused(&nats);
    assert!(
        fault.to_string().contains("max_age: expected nothing, found 3600000000000"),
        "{fault}"
    );
    assert!(matches!(watch.check(), Err(Fault::Gate(_))));
}

/// The first file the server keeps messages of shard 0 in.
fn messages_file(nats: &Nats) -> PathBuf {
    let server = nats.server.lock().unwrap();
    server.directory().join("store/jetstream/$G/streams/ONHAND_J_000/msgs/1.blk")
}

/// Changes the stored messages while the server is down, then says what a restarted client meets.
fn tampered(change: impl Fn(&mut Vec<u8>)) -> String {
    let (nats, mut client) = with_ten_bodies();
    client.crash();
    nats.server.lock().unwrap().kill();
    let path = messages_file(&nats);
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    nats.server.lock().unwrap().restart();
    let fault = client.append(11).expect_err("a halt");
    assert!(matches!(fault, Fault::Halted(_)), "{fault:?}");
    assert_eq!(client.told[&11], Told::NotStored);
    said(&fault)
}

#[test]
fn a_tail_the_server_lost_halts() {
    for lost in [1, 700] {
        let said = tampered(|bytes| bytes.truncate(bytes.len() - lost));
        assert!(said.contains("found nothing: the journal lost it"), "{said}");
    }
}

#[test]
fn a_bit_that_flipped_on_disk_halts() {
    let said = tampered(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
    assert!(said.starts_with("halted: "), "{said}");
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
