//! A small shard: commands as JSON in, blocks in a journal out, projectors over it.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this")]

use std::path::Path;
use std::sync::Arc;

use onhand_core::*;
use onhand_journal::{Identity, Journal, Kind, MemoryJournal, Tip, parse, seal};
use onhand_projector::{Clock, OpenReport, Projector, ProjectorConfig};
use serde_json::{Value, json};

pub const KEY: [u8; 16] = [7; 16];
/// 2026-01-01T00:00:00Z in microseconds.
pub const BEGIN_US: u64 = 1_767_225_600_000_000;

pub fn identity() -> Identity {
    Identity { installation: uuid::Uuid::from_u128(1), shard: 0 }
}

pub fn name<T: TryFrom<smol_str::SmolStr>>(text: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(smol_str::SmolStr::new(text)).unwrap()
}

pub fn shop() -> LedgerId {
    name("shop")
}

/// Second `at` of the test's day.
pub fn second(at: u64) -> Time {
    Time(BEGIN_US + at * 1_000_000)
}

/// A writer in miniature: decides, folds into its own book, appends to the journal.
pub struct Shard {
    pub journal: MemoryJournal,
    pub book: Book,
    pub tip: Tip,
    pub now: Time,
    commands: u64,
    /// Every block's body, with its height.
    pub bodies: Vec<(u64, BlockBody)>,
}

impl Shard {
    pub fn new() -> Shard {
        let journal = MemoryJournal::create(&identity(), 1, BEGIN_US);
        let genesis = parse(journal.settled().remove(0)).unwrap();
        Shard {
            journal,
            book: Book::new(KEY),
            tip: genesis.tip(),
            now: Time(BEGIN_US),
            commands: 0,
            bodies: Vec::new(),
        }
    }

    /// One block of these commands on the ledger `shop`, each `(stem, its fields)`. Fields that
    /// begin with `_` belong to the envelope.
    pub fn run(&mut self, commands: &[(&str, Value)]) -> Vec<Result<u64, Rejection>> {
        let ids: Vec<_> =
            commands.iter().map(|(stem, fields)| self.request(stem, fields)).collect();
        self.append(ids)
    }

    pub fn request(&mut self, stem: &str, fields: &Value) -> Request {
        self.commands += 1;
        let mut fields = fields.as_object().unwrap().clone();
        let mut take = |key: &str| fields.remove(key).map(|it| it.as_str().unwrap().to_string());
        let envelope = Envelope {
            id: name(&take("_id").unwrap_or_else(|| format!("c{}", self.commands))),
            request: "print".into(),
            occurred_at: take("_occurred_at").map(|it| it.parse().unwrap()),
            actor: take("_actor").map(|it| name(&it)),
            source: None,
            source_event: None,
            cause: take("_cause").map(|it| name(&it)),
            traceparent: None,
            metadata: Default::default(),
        };
        let ledger = take("_ledger").map_or_else(shop, |it| name(&it));
        let command = serde_json::from_value(json!({ stem: fields })).unwrap();
        Request { ledger, envelope, command }
    }

    pub fn append(&mut self, requests: Vec<Request>) -> Vec<Result<u64, Rejection>> {
        let (mut body, mut said) = (BlockBody::default(), Vec::new());
        for request in requests {
            let ledger = self.book.ledger_mut(&request.ledger);
            match accept(ledger, self.now, &Rules::default(), &request) {
                Ok(entry) => {
                    ledger.evolve(&entry, self.now).unwrap();
                    said.push(Ok(entry.position));
                    body.entries.push(entry);
                }
                Err(rejection) => {
                    said.push(Err(rejection.clone()));
                    let (ledger, id) = (request.ledger, request.envelope.id);
                    let request = request.envelope.request;
                    body.refusals.push(Refusal { ledger, id, request, rejection });
                }
            }
        }
        self.append_body(Kind::Entries, Some(body));
        said
    }

    /// An entry of this fact in a block of its own, whatever a decision would say.
    pub fn record(&mut self, fact: Value) -> u64 {
        self.record_all(vec![(shop(), fact, Vec::new())])
    }

    /// One block of these facts with their movements; returns the last position.
    pub fn record_all(&mut self, facts: Vec<(LedgerId, Value, Vec<Movement>)>) -> u64 {
        let (mut body, mut last) = (BlockBody::default(), 0);
        for (id, fact, movements) in facts {
            let request = self.request("shrink_pools", &json!({}));
            let ledger = self.book.ledger_mut(&id);
            let entry = Entry {
                ledger: id,
                position: ledger.position() + 1,
                envelope: request.envelope,
                fact: serde_json::from_value(fact).unwrap(),
                movements,
                flags: Vec::new(),
            };
            ledger.evolve(&entry, self.now).unwrap();
            last = entry.position;
            body.entries.push(entry);
        }
        self.append_body(Kind::Entries, Some(body));
        last
    }

    pub fn append_body(&mut self, kind: Kind, body: Option<BlockBody>) {
        let bytes = serde_json::to_vec(&body).unwrap();
        let epoch = self.tip.epoch + u64::from(kind == Kind::Claim);
        let block = seal(&identity(), &self.tip, epoch, self.now.0, kind, &bytes);
        self.journal.append(&block).unwrap();
        self.tip = block.tip();
        if let Some(body) = body {
            self.remember(&body);
            self.bodies.push((self.tip.height, body));
        }
    }

    fn remember(&mut self, body: &BlockBody) {
        let height = self.tip.height;
        for (index, entry) in body.entries.iter().enumerate() {
            let place = Place { height, index: index as u32, refusal: false };
            self.book.remember_entry(entry, place);
        }
        for (index, refusal) in body.refusals.iter().enumerate() {
            let place = Place { height, index: index as u32, refusal: true };
            self.book.remember_refusal(refusal, place);
        }
    }

    /// One accepted command in a block of its own.
    pub fn ok(&mut self, stem: &str, fields: Value) -> u64 {
        self.run(&[(stem, fields)]).remove(0).unwrap()
    }

    pub fn at(&mut self, seconds: u64) -> &mut Shard {
        self.now = second(seconds);
        self
    }

    /// Items W and G, locations A and B, channel web over both.
    pub fn furnished() -> Shard {
        let mut shard = Shard::new();
        shard.run(&[
            ("register_item", json!({"sku": "W"})),
            ("register_item", json!({"sku": "G", "aliases": ["GG"]})),
            ("register_location", json!({"location": "A"})),
            ("register_location", json!({"location": "B"})),
            ("register_channel", json!({"channel": "web", "locations": ["A", "B"]})),
        ]);
        shard
    }

    pub fn config(&self, dir: Option<&Path>) -> ProjectorConfig {
        let now = self.now;
        let clock: Clock = Arc::new(move || now);
        ProjectorConfig {
            checkpoint_dir: dir.map(Path::to_path_buf),
            clock,
            ..ProjectorConfig::default()
        }
    }

    pub fn open(&self, dir: Option<&Path>) -> (Arc<Projector>, OpenReport) {
        let reader = self.journal.reader().unwrap();
        Projector::open(identity(), KEY, reader, self.config(dir), &mut |_| ()).unwrap()
    }

    pub fn projector(&self) -> Arc<Projector> {
        self.open(None).0
    }
}

/// The same book: every ledger, every key.
#[track_caller]
pub fn assert_same_book(one: &Book, other: &Book) {
    assert!(one.ledgers == other.ledgers, "the ledgers differ");
    let keys = |book: &Book| {
        let mut all: Vec<_> = book.seen.all().map(|(key, place)| (key, place.pack())).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(keys(one), keys(other), "the keys differ");
}
