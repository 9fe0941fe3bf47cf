//! How fast a journal folds into a fresh projection.
//!
//! `cargo bench -p onhand-projector --bench replay -- [entries] [nats://host:port]`: makes an embedded
//! journal of so many entries once, under the target directory, and replays it; with a URL a copy
//! of it in a stream of that server.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onhand_core::*;
use onhand_journal::{
    Chain, Durability, Embedded, Identity, JetStream, JetStreamConfig, Journal, Kind, Reader, Tip,
    jetstream, seal,
};
use onhand_projector::{Projector, ProjectorConfig};
use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

const BEGIN_US: u64 = 1_767_225_600_000_000;
const PER_BLOCK: usize = 4_000;
const SKUS: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let entries = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(200_000);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{entries}.redb"));
    if !path.exists() {
        generate(&path, entries);
    }
    let embedded = Embedded::open(&path).unwrap();
    let journal: Box<dyn Journal> = match arguments.next() {
        Some(url) => Box::new(copied(&embedded, &url)),
        None => Box::new(embedded),
    };
    let identity = identity();
    read_only(&mut *journal.reader().unwrap(), identity);
    for timeline in [true, false] {
        let config = ProjectorConfig { timeline, ..ProjectorConfig::default() };
        let reader = journal.reader().unwrap();
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let (projector, report) =
            Projector::open(identity, [7; 16], reader, config, &mut |_| ()).unwrap();
        let took = begun.elapsed();
        let rate = report.entries_replayed as f64 / took.as_secs_f64();
        println!(
            "replay, timeline {timeline}: {} entries in {took:.2?}, {rate:.0} entries/s, \
             {:.2} s of processor, {} MB resident",
            report.entries_replayed,
            cpu_seconds() - cpu,
            resident_mb()
        );
        drop(projector);
    }
}

/// A stream of that server with the very same blocks.
fn copied(embedded: &Embedded, url: &str) -> JetStream {
    println!("copying it to {url}");
    let name = uuid::Uuid::now_v7().simple();
    let config = JetStreamConfig {
        durability: Durability::Relaxed,
        stream_prefix: format!("REPLAY_{name}_"),
        subject_prefix: format!("replay.{name}."),
        ..JetStreamConfig::new(url)
    };
    let mut stream = jetstream::create(&config, &identity(), 1, BEGIN_US).unwrap();
    let (mut reader, mut chain) = (embedded.reader().unwrap(), Chain::new(identity()));
    loop {
        let blocks = reader.read_from(chain.tip.height + 1, 8 << 20, Duration::ZERO).unwrap();
        if blocks.is_empty() {
            return stream;
        }
        for bytes in blocks {
            let block = chain.accept(bytes).unwrap();
            // The genesis block is there already, and is the same.
            if block.height > 1 {
                stream.append(&block).unwrap();
            }
        }
    }
}

fn identity() -> Identity {
    Identity { installation: uuid::Uuid::from_u128(9), shard: 0 }
}

/// What reading, the hash chain and decoding cost without any fold.
fn read_only(reader: &mut dyn Reader, identity: Identity) {
    let (mut reading, mut checking, mut decoding) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut chain, mut bytes, mut entries) = (Chain::new(identity), 0, 0);
    loop {
        let begun = Instant::now();
        let blocks = reader.read_from(chain.tip.height + 1, 8 << 20, Duration::ZERO).unwrap();
        reading += begun.elapsed();
        if blocks.is_empty() {
            break;
        }
        for stored in blocks {
            bytes += stored.len();
            let begun = Instant::now();
            let block = chain.accept(stored).unwrap();
            checking += begun.elapsed();
            if block.kind == Kind::Entries {
                let begun = Instant::now();
                let text = std::str::from_utf8(block.body()).unwrap();
                let body: BlockBody = serde_json::from_str(text).unwrap();
                decoding += begun.elapsed();
                entries += body.entries.len();
            }
        }
    }
    println!(
        "{entries} entries, {} MB: read {reading:.2?}, chain {checking:.2?}, decode {decoding:.2?}; \
         {:.2} s of processor",
        bytes >> 20,
        cpu_seconds()
    );
}

/// Of all threads, ended ones included: tells more than the clock where others work too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    ticks.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn name<T: TryFrom<SmolStr>>(text: SmolStr) -> T {
    T::try_from(text).unwrap_or_else(|_| panic!("a name"))
}

/// Registers, receipts, one-line commitments and shipments, as the engine would have stored them.
fn generate(path: &Path, entries: u64) {
    println!("making {} with {entries} entries", path.display());
    let fresh = path.with_extension("making");
    drop(std::fs::remove_file(&fresh));
    let mut journal = Embedded::create(&fresh, &identity(), 1, BEGIN_US).unwrap();
    let mut chain = Chain::new(identity());
    chain.accept(journal.read_from(1, 1, Duration::ZERO).unwrap().remove(0)).unwrap();
    let mut tip = chain.tip;
    let shop: LedgerId = name("shop".into());
    let mut ledger = Ledger::new(shop.clone());
    let mut commands = (0..entries).map(command);
    loop {
        let now = Time(tip.time_us.max(BEGIN_US) + 1_000);
        let mut body = BlockBody::default();
        for (id, stem, fields) in commands.by_ref().take(PER_BLOCK) {
            let command = serde_json::from_value(json!({ stem: fields })).unwrap();
            let request = Request { ledger: shop.clone(), envelope: envelope(id), command };
            let entry = accept(&ledger, now, &Rules::default(), &request).unwrap();
            ledger.evolve(&entry, now).unwrap();
            body.entries.push(entry);
        }
        if body.entries.is_empty() {
            break;
        }
        tip = append(&mut journal, tip, now, &body);
    }
    drop(journal);
    std::fs::rename(&fresh, path).unwrap();
}

fn append(journal: &mut Embedded, tip: Tip, now: Time, body: &BlockBody) -> Tip {
    let bytes = serde_json::to_vec(body).unwrap();
    let block = seal(&identity(), &tip, tip.epoch, now.0, Kind::Entries, &bytes);
    journal.append(&block).unwrap();
    block.tip()
}

fn envelope(id: SmolStr) -> Envelope {
    Envelope {
        request: format_smolstr!("{:016x}", id.len()),
        id: name(id),
        occurred_at: None,
        actor: None,
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: Default::default(),
    }
}

fn command(number: u64) -> (SmolStr, &'static str, Value) {
    let id = format_smolstr!("bench-{number:09}");
    let sku = |number: u64| format!("SKU-{:05}", number.wrapping_mul(0x9e37_79b9) % SKUS);
    match number {
        0 => (id, "register_location", json!({"location": "A"})),
        1 => (id, "register_channel", json!({"channel": "web", "locations": ["A"]})),
        2.. if number < SKUS + 2 => {
            (id, "register_item", json!({"sku": format!("SKU-{:05}", number - 2)}))
        }
        2.. if number < 2 * SKUS + 2 => {
            let line =
                json!({"sku": format!("SKU-{:05}", number - SKUS - 2), "quantity": 1_000_000});
            (id, "receive_stock", json!({"location": "A", "lines": [line]}))
        }
        _ if number % 5 == 4 => {
            // Four of five commit; what was committed a while ago is shipped.
            let back = number - 20_000.min(number / 2);
            let order = format!("SO-{}", back - back % 5);
            let line =
                json!({"ref": "1", "sku": sku(back - back % 5), "location": "A", "quantity": 1});
            (id, "ship_order", json!({"order": order, "lines": [line]}))
        }
        _ => {
            let line = json!({"sku": sku(number), "quantity": 1});
            let order = format!("SO-{number}");
            (id, "commit_order", json!({"order": order, "channel": "web", "lines": [line]}))
        }
    }
}
