//! How fast availability is read, explained, and changed by a rule.
//!
//! `cargo bench -p onhand-projector --bench availability -- [skus]`: each SKU lies at three locations
//! that serve 20 channels. What stands in brackets is by the processor's time.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use onhand_core::*;
use onhand_journal::{Hash, Identity, Journal, Kind, MemoryJournal, Tip, seal};
use onhand_projector::{ExplainQuery, Projector, ProjectorConfig};
use serde_json::{Value, json};
use smol_str::{SmolStr, format_smolstr};

const BEGIN_US: u64 = 1_767_225_600_000_000;
const LOCATIONS: [&str; 3] = ["A", "B", "C"];
const CHANNELS: u64 = 20;
const READS: u64 = 4_000_000;
const ENTRIES: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let skus: u64 = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100_000);
    let mut shop = Shop::stocked(skus);
    println!("| {:<44} | {:>16} |", "what", "measured");
    println!("|{}|{}|", "-".repeat(46), "-".repeat(18));
    read("reads, no rules", &shop.projector, skus);
    shop.explained();
    shop.rule_changes();
    shop.rules();
    read("reads, all rules", &shop.projector, skus);
}

/// What this thread has run: tells more than the clock where others work too.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran = stat.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(ran.unwrap_or(0))
}

fn row(what: &str, measured: &str) {
    println!("| {what:<44} | {measured:>16} |");
}

/// Reads items on channels in an order that no cache foresees.
fn read(what: &str, projector: &Projector, skus: u64) {
    let shop = name("shop");
    let channels: Vec<ChannelId> = (0..CHANNELS).map(|it| name(&format!("ch-{it}"))).collect();
    let all: Vec<Sku> = (0..skus).map(sku).collect();
    for order in ["each for the first time", "in a row", "at random"] {
        let (begun, cpu) = (Instant::now(), cpu());
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let reads = if order == "each for the first time" { skus * CHANNELS } else { READS };
        for number in 0..reads {
            // The channel goes on when all items are through: every pair is read once.
            let mut item = number % skus;
            if order == "at random" {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                item = random % skus;
            }
            let channel = &channels[(number / skus % CHANNELS) as usize];
            let sku = &all[item as usize];
            black_box(projector.published(&shop, channel, sku).unwrap());
        }
        let rate = |took: Duration| reads as f64 / took.as_secs_f64() / 1e6;
        let (wall, cpu) = (rate(begun.elapsed()), rate(self::cpu() - cpu));
        row(&format!("{what}, {order}"), &format!("{wall:.2} ({cpu:.2}) M/s"));
    }
}

fn identity() -> Identity {
    Identity { installation: uuid::Uuid::from_u128(9), shard: 0 }
}

fn name<T: TryFrom<SmolStr>>(text: &str) -> T {
    T::try_from(SmolStr::new(text)).unwrap_or_else(|_| panic!("a name"))
}

fn sku(number: u64) -> Sku {
    name(&format!("SKU-{number:08}"))
}

struct Shop {
    ledger: Ledger,
    tip: Tip,
    journal: MemoryJournal,
    projector: Arc<Projector>,
    skus: u64,
}

impl Shop {
    fn stocked(skus: u64) -> Shop {
        let mut journal = MemoryJournal::create(&identity(), 1, BEGIN_US);
        let genesis = Journal::read(&mut journal, 1).unwrap().unwrap();
        let tip = Tip { height: 1, hash: Hash::of(&genesis), epoch: 1, time_us: BEGIN_US };
        let reader = journal.reader().unwrap();
        let config = ProjectorConfig::default();
        let (projector, _) =
            Projector::open(identity(), [7; 16], reader, config, &mut |_| ()).unwrap();
        let ledger = Ledger::new(name("shop"));
        let mut shop = Shop { ledger, tip, journal, projector, skus };
        shop.append(LOCATIONS.map(|it| json!({"register_location": {"location": it}})).to_vec());
        shop.append(
            (0..CHANNELS)
                .map(|it| json!({"register_channel": {"channel": format!("ch-{it}"), "locations": LOCATIONS}}))
                .collect(),
        );
        for begin in (0..skus).step_by(4_000) {
            let some = begin..skus.min(begin + 4_000);
            let item = |it| json!({"register_item": {"sku": sku(it), "category": "all"}});
            shop.append(some.map(item).collect());
        }
        for location in LOCATIONS {
            for begin in (0..skus).step_by(1_000) {
                let some = begin..skus.min(begin + 1_000);
                let lines: Vec<Value> =
                    some.map(|it| json!({"sku": sku(it), "quantity": it % 500 + 20})).collect();
                shop.append(vec![json!({"receive_stock": {"location": location, "lines": lines}})]);
            }
        }
        shop.projector.catch_up().unwrap();
        shop
    }

    /// An item with many entries, explained.
    fn explained(&mut self) {
        for begin in (0..ENTRIES).step_by(1_000) {
            let order = |it| {
                let line = json!({"sku": sku(0), "quantity": 1});
                json!({"commit_order": {"order": format!("SO-{it}"), "channel": "ch-0",
                                        "lines": [line]}})
            };
            let receipt = json!({"sku": sku(0), "quantity": 1_000});
            self.append(vec![json!({"receive_stock": {"location": "A", "lines": [receipt]}})]);
            let commands = (begin..begin + 1_000).map(order);
            self.append(commands.collect());
        }
        self.projector.catch_up().unwrap();
        let query = ExplainQuery::now(sku(0), name("ch-0"));
        let (begun, rounds) = (cpu(), 20);
        for _ in 0..rounds {
            let told = self.projector.explain(&name("shop"), &query).unwrap();
            let committed = told.item.locations[0].behind.committed.as_ref().unwrap().count;
            assert!(committed >= ENTRIES);
        }
        let took = (cpu() - begun) / rounds;
        row("explain, of an item with 10,000 entries", &format!("({took:.2?})"));
    }

    /// A rule for all items: how long until reads see it, and until its notices are told.
    fn rule_changes(&mut self) {
        let policy = json!({"set_policy": {"category": "all", "set": {"buffer": {"units": 30}}}});
        self.append(vec![policy]);
        let (shop, web, sku) = (name("shop"), name("ch-0"), sku(1));
        let before = self.projector.published(&shop, &web, &sku).unwrap();
        let begun = Instant::now();
        let (mut visible, mut longest) = (Duration::ZERO, Duration::ZERO);
        std::thread::scope(|scope| {
            let folding = scope.spawn(|| self.projector.catch_up().unwrap());
            while !folding.is_finished() {
                let asked = Instant::now();
                let now = self.projector.published(&shop, &web, &sku).unwrap();
                longest = longest.max(asked.elapsed());
                if visible.is_zero() && now != before {
                    visible = begun.elapsed();
                }
            }
        });
        row("a rule for all items, until it is seen", &format!("{visible:.2?}"));
        row("  until its notices are told", &format!("{:.2?}", begun.elapsed()));
        row("  longest read meanwhile", &format!("{longest:.2?}"));
    }

    /// Every dimension, at every scope that a read looks at.
    fn rules(&mut self) {
        let channel = json!({"buffer": {"units": 1, "percent": 5}, "share_percent": 90,
            "exclusive": false, "oversell": {"limit": 5, "ratio": 105}, "max_listed": 400,
            "end_when": 1, "hold_seconds": 60, "sell_ahead_days": 3,
            "low_stock": {"at": 5, "clear": 8}, "locations": LOCATIONS,
            "routing": {"by": "cost", "split": "fewest"}});
        let location = json!({"safety": {"units": 1, "percent": 2}, "trust_percent": 95, "cost": 3,
            "regions": ["GB", "FR"], "return_to": "damaged"});
        let mut commands = vec![
            json!({"set_policy": {"set": channel}}),
            json!({"set_policy": {"set": location}}),
            json!({"set_policy": {"category": "all", "set": {"share_percent": 95}}}),
        ];
        for number in 0..CHANNELS {
            let id = format!("ch-{number}");
            commands.push(json!({"set_policy": {"channel": id, "set": channel}}));
            commands.push(json!({"set_policy": {"category": "all", "channel": id,
                                                "set": {"share_percent": 80}}}));
        }
        for id in LOCATIONS {
            commands.push(json!({"set_policy": {"location": id, "set": location}}));
            commands.push(json!({"set_policy": {"category": "all", "location": id,
                                                "set": {"trust_percent": 97}}}));
        }
        self.append(commands);
        for begin in (0..self.skus).step_by(4_000) {
            let some = begin..self.skus.min(begin + 4_000);
            let own = |it| {
                let set = json!({"max_listed": 100 + it % 100});
                json!({"set_policy": {"sku": sku(it), "channel": format!("ch-{}", it % CHANNELS), "set": set}})
            };
            self.append(some.map(own).collect());
        }
        self.projector.catch_up().unwrap();
    }

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
