//! The server killed again and again at any moment, while callers retry under the same keys:
//! everything acknowledged is there afterwards, at the position that was told, and once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use onhand_journal::testing::NatsServer;
use serde_json::Value;

use crate::binary::{Process, run};

/// Kills in a row.
const KILLS: usize = 50;
/// Callers that send one command at a time, and callers that send batches.
const SINGLE_CALLERS: usize = 3;
const BATCH_CALLERS: usize = 2;
const BATCH: usize = 20;

#[test]
fn fifty_kills_on_the_embedded_journal() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    run(&["init", "--data", data.to_str().unwrap()]);
    torture(&data, &[]);
}

#[test]
fn fifty_kills_on_a_nats_server() {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start(true, &directory.path().join("nats"));
    let data = directory.path().join("data");
    let (url, monitor) = (nats.url(), format!("journal.monitor_url={}", nats.monitor_url()));
    let server = ["--url", &url, "--set", &monitor];
    let data_dir = data.to_str().unwrap();
    run(&[&["init", "--data", data_dir, "--journal", "jetstream"], &server[..]].concat());
    torture(&data, &server);
}

/// What the callers share: where the server is now, and what it acknowledged.
struct World {
    url: RwLock<String>,
    stopping: AtomicBool,
    abandoned: AtomicBool,
    /// Position by key.
    acknowledged: Mutex<BTreeMap<String, u64>>,
}

fn torture(data: &Path, more: &[&str]) {
    let mut random = Random::new();
    let mut process = Process::serve(data, more);
    let world = World {
        url: RwLock::new(process.serving.url()),
        stopping: AtomicBool::new(false),
        abandoned: AtomicBool::new(false),
        acknowledged: Mutex::default(),
    };
    prepare(&world);
    std::thread::scope(|scope| {
        for caller in 0..SINGLE_CALLERS + BATCH_CALLERS {
            let size = if caller < SINGLE_CALLERS { 1 } else { BATCH };
            let world = &world;
            scope.spawn(move || call(world, caller, size));
        }
        let abandoned = Abandon(&world);
        for _ in 0..KILLS {
            std::thread::sleep(Duration::from_millis(random.below(120)));
            process.end();
            process = Process::serve(data, more);
            *world.url.write().unwrap() = process.serving.url();
        }
        world.stopping.store(true, Ordering::SeqCst);
        std::mem::forget(abandoned);
    });
    check(&world);
}

/// Ends the callers when the test fails while they wait for a server that will never come.
struct Abandon<'a>(&'a World);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::SeqCst);
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(30))).build().into()
}

/// Sends a batch under its keys until each is answered for good. Answers positions by key.
fn send(
    world: &World,
    agent: &ureq::Agent,
    lines: &BTreeMap<String, String>,
) -> BTreeMap<String, u64> {
    let body = lines.values().map(|it| format!("{it}\n")).collect::<String>();
    loop {
        let url = format!("{}/v1/acme/commands?entries=false", world.url.read().unwrap());
        let sent = agent.post(url).header("content-type", "application/x-ndjson").send(&body);
        let text = sent.and_then(|mut it| it.body_mut().read_to_string());
        let told: Option<Value> = text.ok().and_then(|it| serde_json::from_str(&it).ok());
        let results = told.as_ref().and_then(|it| it["results"].as_array());
        let booked = results.filter(|it| it.iter().all(is_booked));
        if let Some(results) = booked {
            let position = |it: &Value| it["position"].as_u64().unwrap();
            return lines.keys().cloned().zip(results.iter().map(position)).collect();
        }
        assert!(!world.abandoned.load(Ordering::SeqCst), "the test failed elsewhere");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// False: not known, or not taken; to be sent again. Anything else is a mistake of the server.
fn is_booked(result: &Value) -> bool {
    match result["status"].as_u64() {
        Some(200 | 201) => true,
        Some(429 | 503) => false,
        _ => panic!("{result}"),
    }
}

fn prepare(world: &World) {
    let lines = [
        ("s1", r#"{"command":"register_item","id":"s1","sku":"W"}"#),
        ("s2", r#"{"command":"register_location","id":"s2","location":"A"}"#),
    ];
    let lines = lines.map(|(key, line)| (key.to_owned(), line.to_owned()));
    send(world, &agent(), &BTreeMap::from(lines));
}

fn receipt(key: &str) -> String {
    format!(
        r#"{{"command":"receive_stock","id":"{key}","location":"A","lines":[{{"sku":"W","quantity":1}}]}}"#
    )
}

fn call(world: &World, caller: usize, size: usize) {
    let agent = agent();
    for round in 0.. {
        let keys = (0..size).map(|it| format!("{caller}-{round:06}-{it:02}"));
        let lines = keys.map(|key| (key.clone(), receipt(&key))).collect();
        let told = send(world, &agent, &lines);
        world.acknowledged.lock().unwrap().extend(told);
        if world.stopping.load(Ordering::SeqCst) {
            return;
        }
    }
}

fn check(world: &World) {
    let acknowledged = world.acknowledged.lock().unwrap();
    let agent = agent();
    let keys: Vec<&String> = acknowledged.keys().collect();
    // More than a handful per kill, or the kills proved nothing.
    assert!(keys.len() > KILLS * 5, "only {} commands were acknowledged", keys.len());
    for some in keys.chunks(1000) {
        let lines = some.iter().map(|key| ((*key).clone(), receipt(key))).collect();
        for (key, position) in send(world, &agent, &lines) {
            assert_eq!(acknowledged[&key], position, "{key}");
        }
    }
    // Every caller went on until it was answered, so the book holds exactly what was acknowledged.
    let last = keys.len() as u64 + 2;
    let path = format!("/v1/acme/stock/W?min_position={last}&wait_ms=10000");
    let url = format!("{}{path}", world.url.read().unwrap());
    let text = agent.get(url).call().unwrap().body_mut().read_to_string().unwrap();
    let stock: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(stock["rows"][0]["on_hand"].as_u64(), Some(keys.len() as u64), "{stock}");
    assert_eq!(stock["seen"]["position"].as_u64(), Some(last), "{stock}");
    eprintln!("{} commands were acknowledged over {KILLS} kills", keys.len());
}

/// Moments to kill at; the seed is told so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn new() -> Random {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        eprintln!("seed {seed}");
        Random(seed | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
