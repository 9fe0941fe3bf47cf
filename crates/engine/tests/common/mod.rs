//! A shard over a journal in memory, with a clock that tests set, and text for what it answers.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use onhand_core::{
    BlockBody, Book, Command, CommandId, Envelope, Fact, Label, LedgerId, Request, Time,
};
use onhand_engine::{Answer, AnswerFault, Batch, EngineConfig, Handle, Source, Status, start};
use onhand_journal::{
    Chain, Fault, HighWater, Identity, Journal, Kind, MemoryJournal, Patience, Tip,
};
use uuid::Uuid;

/// The wall clock of every rig at its beginning, in microseconds.
pub const BEGIN_US: u64 = 1_790_000_000_000_000;

pub fn identity() -> Identity {
    Identity { installation: Uuid::from_u128(9), shard: 0 }
}

/// A shard that can be started again and again over one journal.
#[derive(Clone)]
pub struct Rig {
    pub journal: MemoryJournal,
    pub clock_us: Arc<AtomicU64>,
    pub config: EngineConfig,
    /// While set the journal cannot be opened.
    pub shut: Arc<AtomicBool>,
    /// The clock panics once.
    pub panic_once: Arc<AtomicBool>,
}

impl Rig {
    pub fn new() -> Rig {
        let journal = MemoryJournal::create(&identity(), 1, BEGIN_US);
        let patience = Patience {
            resolve_max: Duration::from_millis(300),
            pause: Duration::from_millis(1),
            pause_max: Duration::from_millis(5),
        };
        let config = EngineConfig {
            patience,
            differing,
            restart_pause: Duration::from_millis(1),
            restart_pause_max: Duration::from_millis(20),
            keys_reserved: 0,
            ..EngineConfig::default()
        };
        Rig {
            journal,
            clock_us: Arc::new(AtomicU64::new(BEGIN_US)),
            config,
            shut: Arc::default(),
            panic_once: Arc::default(),
        }
    }

    pub fn start(&self) -> Handle {
        let handle = start(identity(), self.config.clone(), Box::new(self.clone()));
        handle.wait_started(Duration::from_secs(5));
        handle
    }

    /// Started, with items A and B, and units of A at location L.
    pub fn stocked(&self, units: u64) -> Handle {
        let handle = self.start();
        let answers = handle.submit_blocking(Batch::each(stock("acme", units)));
        for answer in &answers {
            assert!(matches!(answer, Answer::Accepted { .. }), "{}", told(answer));
        }
        handle
    }

    /// What the journal says, verified and folded from its beginning.
    pub fn fold(&self) -> (Book, Tip) {
        let mut chain = Chain::new(identity());
        let mut book = Book::new([7; 16]);
        for bytes in self.journal.settled() {
            let block = chain.accept(bytes).expect("a whole chain");
            if block.kind == Kind::Entries {
                let body: BlockBody = serde_json::from_slice(block.body()).expect("a body");
                book.apply(block.height, Time(block.time_us), &body).expect("entries that follow");
            }
        }
        (book, chain.tip)
    }

    /// How often each command was booked, by (ledger, id).
    pub fn booked(&self) -> BTreeMap<(String, String), usize> {
        let mut booked = BTreeMap::new();
        for body in self.bodies() {
            for entry in body.entries {
                let key = (entry.ledger.to_string(), entry.envelope.id.to_string());
                *booked.entry(key).or_default() += 1;
            }
        }
        booked
    }

    pub fn bodies(&self) -> Vec<BlockBody> {
        let mut chain = Chain::new(identity());
        let blocks = self.journal.settled().into_iter();
        let blocks = blocks.map(|bytes| chain.accept(bytes).expect("a whole chain"));
        let entries = blocks.filter(|block| block.kind == Kind::Entries);
        entries.map(|block| serde_json::from_slice(block.body()).expect("a body")).collect()
    }

    pub fn advance(&self, time: Duration) {
        self.clock_us.fetch_add(time.as_micros() as u64, Ordering::SeqCst);
    }
}

impl Source for Rig {
    fn load(&mut self) -> Result<(Book, Tip), Fault> {
        Ok(self.fold())
    }

    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault> {
        if self.shut.load(Ordering::SeqCst) {
            return Err(Fault::Unavailable("the test shut it".to_string()));
        }
        Ok((Box::new(self.journal.clone()), HighWater::in_memory()))
    }

    fn clock(&mut self) -> Time {
        if self.panic_once.swap(false, Ordering::SeqCst) {
            panic!("the test breaks the clock");
        }
        Time(self.clock_us.load(Ordering::SeqCst))
    }
}

/// Prints are the commands' JSON here: names the first field that differs.
fn differing(old: &str, new: &str, _command: &Command) -> String {
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let (old, new) = (parse(old), parse(new));
    let fields = |value: &serde_json::Value| {
        let (stem, fields) = value.as_object().and_then(|it| it.iter().next()).expect("a command");
        (stem.clone(), fields.as_object().cloned().expect("fields"))
    };
    let ((old_stem, old), (new_stem, new)) = (fields(&old), fields(&new));
    if old_stem != new_stem {
        return "command".to_string();
    }
    let mut names = old.keys().chain(new.keys());
    names.find(|name| old.get(*name) != new.get(*name)).cloned().unwrap_or_default()
}

/// A request from the JSON of a command.
pub fn ask(ledger: &str, id: &str, command: &str) -> Request {
    let command: Command = serde_json::from_str(command).expect(command);
    let envelope = Envelope {
        id: CommandId::new(id).expect(id),
        request: serde_json::to_string(&command).expect("JSON").into(),
        occurred_at: None,
        actor: None,
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: BTreeMap::new(),
    };
    Request { ledger: LedgerId::new(ledger).expect(ledger), envelope, command }
}

pub fn from_source(mut request: Request, source: &str, event: &str) -> Request {
    request.envelope.source = Some(Label::new(source).expect(source));
    request.envelope.source_event = Some(Label::new(event).expect(event));
    request
}

/// Commands that put units of A at L, channel SHOP.
pub fn stock(ledger: &str, units: u64) -> Vec<Request> {
    vec![
        ask(ledger, "item-a", r#"{"register_item":{"sku":"A"}}"#),
        ask(ledger, "item-b", r#"{"register_item":{"sku":"B"}}"#),
        ask(ledger, "location", r#"{"register_location":{"location":"L"}}"#),
        ask(ledger, "channel", r#"{"register_channel":{"channel":"SHOP","locations":["L"]}}"#),
        ask(
            ledger,
            "units",
            &format!(
                r#"{{"receive_stock":{{"location":"L","lines":[{{"sku":"A","quantity":{units}}}]}}}}"#
            ),
        ),
    ]
}

/// An order over units of A at L.
pub fn order(ledger: &str, id: &str, units: u64) -> Request {
    let line = format!(r#"{{"sku":"A","quantity":{units},"location":"L"}}"#);
    ask(ledger, id, &format!(r#"{{"commit_order":{{"order":"SO-{id}","lines":[{line}]}}}}"#))
}

pub fn hold(id: &str, units: u64, seconds: u64) -> Request {
    let line = format!(r#"{{"sku":"A","quantity":{units},"location":"L"}}"#);
    let fields = format!(r#""hold":"{id}","owner":"cart","expires_in":{seconds}"#);
    ask("acme", id, &format!(r#"{{"hold_stock":{{{fields},"lines":[{line}]}}}}"#))
}

/// An answer in one line.
pub fn told(answer: &Answer) -> String {
    let again = |replayed: &bool| if *replayed { " again" } else { "" };
    match answer {
        Answer::Accepted { block, index, replayed } => {
            let entry = &block.body.entries[*index];
            let kind = kind_of(&entry.fact);
            format!("accepted {} {} {kind}{}", entry.position, entry.envelope.id, again(replayed))
        }
        Answer::Refused { rejection, replayed, .. } => {
            format!("refused {}{}", rejection.code(), again(replayed))
        }
        Answer::WouldAccept { entry } => format!("would accept {}", entry.position),
        Answer::KeyReused { field, id, .. } => format!("key {id} reused: {field}"),
        Answer::Fault(AnswerFault::OutcomeUnknown { .. }) => "unknown".to_string(),
        Answer::Fault(AnswerFault::Unavailable { .. }) => "unavailable".to_string(),
        Answer::Fault(AnswerFault::Halted { .. }) => "halted".to_string(),
        Answer::Fault(AnswerFault::Overloaded { .. }) => "overloaded".to_string(),
    }
}

fn kind_of(fact: &Fact) -> String {
    let json = serde_json::to_value(fact).expect("JSON");
    json.as_object().and_then(|it| it.keys().next().cloned()).unwrap_or_default()
}

pub fn tell(handle: &Handle, batch: Batch) -> Vec<String> {
    handle.submit_blocking(batch).iter().map(told).collect()
}

pub fn one(handle: &Handle, request: Request) -> String {
    tell(handle, Batch::one(request)).remove(0)
}

pub fn stop(handle: &Handle) {
    handle.shutdown();
    assert!(handle.wait_stopped(Duration::from_secs(10)), "{:?}", handle.status());
    assert_eq!(handle.status(), Status::Stopped);
}
