//! A supplier's file through the real door: sent, read, compared with the book, booked.
//!
//! `cargo bench -p onhand-server --bench snapshots`, with `SNAPSHOT_LINES=1000000` for a longer one.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use onhand_server::{Config, Node, serve};
use serde_json::{Value, json};

const FEED: &str = "/v1/acme/feeds/f/snapshots";

fn main() {
    let lines = std::env::var("SNAPSHOT_LINES").ok().and_then(|it| it.parse().ok());
    for lines in lines.map_or_else(|| vec![13_000], |it: usize| vec![it]) {
        measure(lines);
    }
}

fn measure(lines: usize) {
    let directory = tempfile::tempdir().unwrap();
    let config = Config {
        data_dir: directory.path().join("data"),
        http_listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::default()
    };
    Node::create(&config).unwrap();
    let node = Arc::new(Node::open(&config, &mut |_| ()).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = runtime.block_on(tokio::net::TcpListener::bind(config.http_listen)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stopped = async { drop(stopped.await) };
    let server = runtime.spawn(serve(node, listener, || {}, stopped));
    furnish(&base, lines);
    let resident = resident_bytes();
    println!("{lines} lines; {} MB resident before", resident >> 20);
    let cases = [
        ("all new", "supplier_sku,quantity\n", 1, 0),
        ("unchanged", "supplier_sku,quantity,pack\n", 1, 0),
        ("one in a hundred changed", "supplier_sku,quantity\n", 100, 3),
        ("all changed", "supplier_sku,quantity\n", 1, 5),
    ];
    for (name, header, every, by) in cases {
        case(&base, name, &file(lines, header, every, by), lines, resident);
    }
    drop(stop);
    runtime.block_on(server).unwrap().unwrap();
}

fn case(base: &str, name: &str, file: &str, lines: usize, resident: u64) {
    let (peak, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watcher = {
        let (peak, done) = (peak.clone(), done.clone());
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(resident_bytes(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        })
    };
    let begun = Instant::now();
    let report = post(&format!("{base}{FEED}"), "text/csv", file.as_bytes());
    let took = begun.elapsed();
    done.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    assert_eq!(report["outcome"], "applied", "{report}");
    println!(
        "  {name:<26} {:>8.0} ms  {:>9.0} lines/s  {:>3} entries  {:>8} changed  +{} MB at most",
        took.as_secs_f64() * 1e3,
        lines as f64 / took.as_secs_f64(),
        report["positions"].as_array().unwrap().len(),
        report["changed"],
        peak.load(Ordering::Relaxed).saturating_sub(resident) >> 20,
    );
}

/// Of every so many lines one has another number.
fn file(lines: usize, header: &str, every: usize, by: usize) -> String {
    let mut text = String::with_capacity(lines * 16);
    text.push_str(header);
    let more = if header.contains("pack") { "," } else { "" };
    for line in 0..lines {
        let changed = if line % every == 0 { by } else { 0 };
        writeln!(text, "{line:07},{}{more}", line % 50 + changed).unwrap();
    }
    text
}

/// One item for each line, known to the supplier by its number.
fn furnish(base: &str, items: usize) {
    let mut commands = vec![
        json!({"command":"set_supplier","id":"s1","supplier":"acme"}),
        json!({"command":"register_location","id":"s2","location":"S","kind":"supplier","supplier":"acme"}),
        json!({"command":"set_feed","id":"s3","feed":"f","supplier":"acme","location":"S","tolerance":{"first":true}}),
    ];
    for first in (0..items).step_by(1_000) {
        let some = first..items.min(first + 1_000);
        let item = |it: usize| json!({"command":"register_item","id":format!("i{it}"),"sku":format!("W{it:07}")});
        commands.extend(some.clone().map(item));
        let line = |it: usize| json!({"supplier_sku":format!("{it:07}"),"sku":format!("W{it:07}")});
        let lines: Vec<Value> = some.map(line).collect();
        commands.push(json!({"command":"map_supplier_sku","id":format!("m{first}"),"supplier":"acme","lines":lines}));
        let body: String = commands.drain(..).map(|it| format!("{it}\n")).collect();
        let url = format!("{base}/v1/acme/commands?entries=false");
        let told = post(&url, "application/x-ndjson", body.as_bytes());
        let results = told["results"].as_array().unwrap();
        assert!(results.iter().all(|it| it["status"] == 201), "{told}");
    }
}

fn post(url: &str, kind: &str, body: &[u8]) -> Value {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let sent = ureq::Agent::from(config).post(url).header("content-type", kind).send(body);
    let mut answer = sent.unwrap();
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the process has in memory; 0 where nobody tells.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}
