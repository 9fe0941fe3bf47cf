//! How much memory a large projection takes, and how long a start from its checkpoint.
//!
//! `cargo bench -p onhand-projector --bench scale -- [skus]`: each SKU lies at three locations.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::time::Instant;

use onhand_core::*;
use onhand_journal::{Embedded, Hash, Identity, Journal, Kind, Tip, seal};
use onhand_projector::{Projector, ProjectorConfig};
use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

const BEGIN_US: u64 = 1_767_225_600_000_000;
const LOCATIONS: [&str; 3] = ["A", "B", "C"];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let skus: u64 = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(50_000);
    let home = tempfile::tempdir().unwrap();
    let journal = generate(&home.path().join("journal.redb"), skus);
    let config = || ProjectorConfig {
        checkpoint_dir: Some(home.path().join("checkpoint")),
        ..ProjectorConfig::default()
    };
    let open = |what: &str| {
        let (before, begun) = (resident(), Instant::now());
        let reader = journal.reader().unwrap();
        let (projector, report) =
            Projector::open(identity(), [7; 16], reader, config(), &mut |_| ()).unwrap();
        let per = |bytes: u64| bytes / (skus * LOCATIONS.len() as u64);
        println!("{what}: {:.2?}, {:?}", begun.elapsed(), report.origin);
        println!("  projector: {} B per SKU and location", per(resident() - before));
        let book = projector.book();
        println!("  with an engine's book: {} B", per(resident() - before));
        (projector, book)
    };
    let (projector, _book) = open("from the journal");
    let begun = Instant::now();
    projector.checkpoint();
    let bytes = projector.state().checkpoint_bytes;
    println!("first checkpoint: {:.2?}, {} MB on disk", begun.elapsed(), bytes >> 20);
    drop((projector, _book));
    let (projector, _book) = open("from the checkpoint");
    assert_eq!(projector.ledgers()[0].items as u64, skus);
}

fn identity() -> Identity {
    Identity { installation: uuid::Uuid::from_u128(9), shard: 0 }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn name<T: TryFrom<SmolStr>>(text: &str) -> T {
    T::try_from(SmolStr::new(text)).unwrap_or_else(|_| panic!("a name"))
}

/// Registrations, then one receipt of 1,000 lines after the other.
fn generate(path: &std::path::Path, skus: u64) -> Embedded {
    let mut journal = Embedded::create(path, &identity(), 1, BEGIN_US).unwrap();
    let genesis = Journal::read(&mut journal, 1).unwrap().unwrap();
    let tip = Tip { height: 1, hash: Hash::of(&genesis), epoch: 1, time_us: BEGIN_US };
    let mut shop = Shop { ledger: Ledger::new(name("shop")), tip, journal };
    for location in LOCATIONS {
        shop.append(vec![json!({"register_location": {"location": location}})]);
    }
    let sku = |number: u64| format!("SKU-{number:08}");
    for begin in (0..skus).step_by(4_000) {
        let some = begin..skus.min(begin + 4_000);
        shop.append(some.map(|it| json!({"register_item": {"sku": sku(it)}})).collect());
    }
    for location in LOCATIONS {
        for begin in (0..skus).step_by(1_000) {
            let some = begin..skus.min(begin + 1_000);
            let lines: Vec<Value> =
                some.map(|it| json!({"sku": sku(it), "quantity": it % 500 + 1})).collect();
            shop.append(vec![json!({"receive_stock": {"location": location, "lines": lines}})]);
        }
    }
    shop.journal
}

struct Shop {
    ledger: Ledger,
    tip: Tip,
    journal: Embedded,
}

impl Shop {
    fn append(&mut self, commands: Vec<Value>) {
        let now = Time(self.tip.time_us + 1_000);
        let mut body = BlockBody::default();
        for command in commands {
            let envelope = Envelope {
                id: name(&format_smolstr!("c{}", self.ledger.position())),
                request: "0123456789abcdef".into(),
                occurred_at: None,
                actor: None,
                source: None,
                source_event: None,
                cause: None,
                traceparent: None,
                metadata: Default::default(),
            };
            let command = serde_json::from_value(command).unwrap();
            let request = Request { ledger: self.ledger.id().clone(), envelope, command };
            let entry = accept(&self.ledger, now, &Rules::default(), &request).unwrap();
            self.ledger.evolve(&entry, now).unwrap();
            body.entries.push(entry);
        }
        let bytes = serde_json::to_vec(&body).unwrap();
        let block = seal(&identity(), &self.tip, 1, now.0, Kind::Entries, &bytes);
        self.journal.append(&block).unwrap();
        self.tip = block.tip();
    }
}
