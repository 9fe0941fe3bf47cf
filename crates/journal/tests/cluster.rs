//! The writer against a stream with three copies while its servers are killed one after another.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Client, Told, audit};
use common::identity;
use onhand_journal::testing::NatsServer;
use onhand_journal::{
    AppendError, Bytes, Chain, Fault, JetStreamConfig, Journal, Kind, Patience, jetstream, seal,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENT: Patience = Patience {
    resolve_max: Duration::from_secs(20),
    pause: Duration::from_millis(20),
    pause_max: Duration::from_millis(500),
};

struct Cluster {
    servers: Vec<NatsServer>,
    config: JetStreamConfig,
    directory: tempfile::TempDir,
}

/// Three servers with a journal on all of them.
fn started() -> Cluster {
    let directory = tempfile::tempdir().unwrap();
    let servers = NatsServer::start_cluster(3, directory.path());
    let join = |part: fn(&NatsServer) -> String| {
        servers.iter().map(part).collect::<Vec<String>>().join(",")
    };
    let mut config = JetStreamConfig::new(join(NatsServer::url));
    config.monitor_url = Some(join(NatsServer::monitor_url));
    config.replicas = 3;
    config.ack_timeout = Duration::from_secs(1);
    // The servers first have to elect a leader among themselves.
    patiently(|| match jetstream::create(&config, &identity(), 1, 0) {
        Err(Fault::Exists(_)) => Ok(()),
        other => other.map(drop),
    });
    Cluster { servers, config, directory }
}

fn patiently<T>(mut work: impl FnMut() -> Result<T, Fault>) -> T {
    let deadline = Instant::now() + Duration::from_secs(40);
    loop {
        match work() {
            Ok(done) => return done,
            Err(fault) if Instant::now() > deadline => panic!("{fault:?}"),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}

#[test]
fn a_stale_append_is_refused_with_three_copies_too() {
    let cluster = started();
    let mut journal = patiently(|| jetstream::open(&cluster.config, &identity()));
    let mut chain = Chain::new(identity());
    chain.accept(journal.read(1).unwrap().unwrap()).unwrap();
    let block = seal(&identity(), &chain.tip, 1, 0, Kind::Entries, b"1");
    journal.append(&block).unwrap();
    match journal.append(&block) {
        Err(AppendError::WrongHeight { last: 2 }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(journal.read(2).unwrap().unwrap(), block.bytes);
    assert_eq!(journal.read(3).unwrap(), None);
}

#[test]
fn nothing_acknowledged_is_lost_while_servers_of_a_cluster_are_killed() {
    let mut cluster = started();
    let stop = Arc::new(AtomicBool::new(false));
    let config = cluster.config.clone();
    let open = move || -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(jetstream::open(&config, &identity())?))
    };
    let mut client = Client::new(open, cluster.directory.path().join("mark"), PATIENT);
    let stopped = stop.clone();
    let appending = std::thread::spawn(move || {
        let mut number = 0;
        while !stopped.load(Ordering::Relaxed) {
            number += 1;
            if let Err(fault) = client.append(number) {
                assert!(!matches!(fault, Fault::Halted(_)), "{fault:?}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        client
    });
    for round in 0..6 {
        std::thread::sleep(Duration::from_millis(1_500));
        let server = &mut cluster.servers[round % 3];
        server.kill();
        // Long enough for an election: appends go on with two of three.
        std::thread::sleep(Duration::from_millis(1_500));
        server.restart();
    }
    std::thread::sleep(Duration::from_secs(2));
    stop.store(true, Ordering::Relaxed);
    let client = appending.join().unwrap();
    let mut journal = patiently(|| jetstream::open(&cluster.config, &identity()));
    // An election may go on still.
    let read = |height| patiently(|| journal.read(height));
    let stored: Vec<Bytes> = (1..).map_while(read).collect();
    audit(&stored, &[&client]);
    let acknowledged = client.told.values().filter(|told| matches!(told, Told::Stored(_))).count();
    let barriers = client.finals.iter().filter(|block| block.kind == Kind::Barrier).count();
    println!("{acknowledged} of {} stored, {barriers} barriers", client.told.len());
    assert!(acknowledged > 50, "{acknowledged}");
}
