//! Two callers race for the last unit, again and again: one gets it, the other is told that it is gone.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Barrier;

use common::{Rig, stop, told};
use onhand_core::{Command, CommandId, Envelope, LedgerId, Rejection, Request};
use onhand_engine::{Answer, Batch, Handle};
use serde_json::{Value, json};

/// Rounds of each pairing, in batches over many items at once.
const ROUNDS: usize = 100_000;
const ITEMS: usize = 1_000;
/// Commands that a caller hands in at once; both hand in the next before the last is answered.
const HANDFUL: usize = 40;

fn request(id: &str, verb: &str, fields: &Value) -> Request {
    let command: Command = serde_json::from_value(json!({ verb: fields })).unwrap();
    let envelope = Envelope {
        id: CommandId::new(id).unwrap(),
        request: "".into(),
        occurred_at: None,
        actor: None,
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: BTreeMap::new(),
    };
    Request { ledger: LedgerId::new("acme").unwrap(), envelope, command }
}

/// A caller who wants so many units of something, of every item in turn.
#[derive(Clone, Copy)]
struct Caller {
    name: &'static str,
    channel: &'static str,
    /// What of the item, by its first letter: `I` the item itself, `K` the kit made of it.
    kind: char,
    units: u64,
}

impl Caller {
    fn order(self, round: usize, item: usize) -> Request {
        let id = format!("{}-{round}-{item}", self.name);
        let line = json!({ "sku": format!("{}{item}", self.kind), "quantity": self.units });
        let fields = json!({ "order": id, "channel": self.channel, "lines": [line] });
        request(&id, "commit_order", &fields)
    }
}

/// A started engine with many items, and what a race is about.
struct Race {
    rig: Rig,
    handle: Handle,
    callers: [Caller; 2],
    commands: usize,
}

impl Race {
    fn begin(callers: [Caller; 2]) -> Race {
        let rig = Rig::new();
        let mut race = Race { handle: rig.start(), rig, callers, commands: 0 };
        race.book("register_location", vec![json!({ "location": "L" })]);
        let channel = |it: &str| json!({ "channel": it, "locations": ["L"] });
        race.book("register_channel", vec![channel("east"), channel("west")]);
        let item = |it: usize| json!({ "sku": format!("I{it}") });
        race.book("register_item", (0..ITEMS).map(item).collect());
        race
    }

    /// Books commands that nothing speaks against.
    fn book(&mut self, verb: &str, all: Vec<Value>) {
        let requests = all.into_iter().enumerate().map(|(place, fields)| {
            request(&format!("{verb}-{}-{place}", self.commands), verb, &fields)
        });
        let requests: Vec<Request> = requests.collect();
        self.commands += 1;
        for some in requests.chunks(1_000) {
            for answer in self.handle.submit_blocking(Batch::each(some.to_vec())) {
                assert!(matches!(answer, Answer::Accepted { .. }), "{}", told(&answer));
            }
        }
    }

    /// Puts units of some items on the shelf.
    fn receive(&mut self, items: impl Iterator<Item = usize>, units: u64) {
        let line = |it: usize| json!({ "sku": format!("I{it}"), "quantity": units });
        let lines: Vec<Value> = items.map(line).collect();
        if !lines.is_empty() {
            self.book("receive_stock", vec![json!({ "location": "L", "lines": lines })]);
        }
    }

    /// One round for every item: which caller won it. The callers begin at opposite ends.
    fn run(&self, round: usize) -> Vec<usize> {
        let barrier = Barrier::new(self.callers.len());
        let begin = |caller: Caller, backward: bool| {
            let order = |it| caller.order(round, if backward { ITEMS - 1 - it } else { it });
            let requests: Vec<Request> = (0..ITEMS).map(order).collect();
            barrier.wait();
            let mut won = ask(&self.handle, &requests);
            if backward {
                won.reverse();
            }
            won
        };
        let [one, other] = self.callers;
        let (one, other) = std::thread::scope(|scope| {
            let one = scope.spawn(|| begin(one, false));
            let other = scope.spawn(|| begin(other, true));
            (one.join().unwrap(), other.join().unwrap())
        });
        let winner = |(one, other): (&bool, &bool)| match (one, other) {
            (true, false) => 0,
            (false, true) => 1,
            both => panic!("winners of the last unit: {both:?}"),
        };
        one.iter().zip(&other).map(winner).collect()
    }

    /// Both have won, and what was promised is what there was.
    fn end(self, wins: [usize; 2]) {
        let [one, other] = self.callers;
        println!("{} won {} times, {} {} times", one.name, wins[0], other.name, wins[1]);
        assert_eq!(wins[0] + wins[1], ROUNDS);
        stop(&self.handle);
        let (book, _) = self.rig.fold();
        let ledger = book.ledgers.values().next().unwrap();
        for item in ledger.items().iter().filter(|it| it.sku.as_str().starts_with('I')) {
            for cell in &item.cells {
                assert!(cell.committed <= cell.sellable, "{} is sold twice: {cell:?}", item.sku);
            }
        }
        assert_eq!(ledger.orders().count(), ROUNDS);
    }
}

/// Whether each request was accepted. What is refused is refused for want of stock.
fn ask(handle: &Handle, requests: &[Request]) -> Vec<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let under_way: Vec<_> =
        requests.chunks(HANDFUL).map(|it| handle.submit(Batch::each(it.to_vec()))).collect();
    let mut won = Vec::with_capacity(requests.len());
    for answers in under_way {
        won.extend(runtime.block_on(answers).iter().map(|answer| match answer {
            Answer::Accepted { .. } => true,
            Answer::Refused { rejection: Rejection::InsufficientStock { .. }, .. } => false,
            other => panic!("{}", told(other)),
        }));
    }
    won
}

fn caller(name: &'static str, channel: &'static str, kind: char, units: u64) -> Caller {
    Caller { name, channel, kind, units }
}

/// The last unit is shown by both channels at once, and sold by one of them.
#[test]
fn two_channels_race_for_the_last_unit() {
    let mut race = Race::begin([caller("east", "east", 'I', 1), caller("west", "west", 'I', 1)]);
    let mut wins = [0, 0];
    for round in 0..ROUNDS / ITEMS {
        race.receive(0..ITEMS, 1);
        race.run(round).into_iter().for_each(|it| wins[it] += 1);
    }
    race.end(wins);
}

/// Shares that add up to more than there is: of 3 units each channel may sell 2, and wants them.
#[test]
fn overlapping_shares_are_not_sold_twice() {
    let mut race = Race::begin([caller("east", "east", 'I', 2), caller("west", "west", 'I', 2)]);
    let share = |it: &str| json!({ "channel": it, "set": { "share_percent": 70 } });
    race.book("set_policy", vec![share("east"), share("west")]);
    let mut wins = [0, 0];
    race.receive(0..ITEMS, 1);
    for round in 0..ROUNDS / ITEMS {
        race.receive(0..ITEMS, 2);
        race.run(round).into_iter().for_each(|it| wins[it] += 1);
    }
    race.end(wins);
}

/// One unit lies in a pool and one on the shelf: whom the pool serves wants both, the other one.
#[test]
fn a_pool_and_the_shared_stock_race_for_the_last_unit() {
    let mut race = Race::begin([caller("east", "east", 'I', 2), caller("west", "west", 'I', 1)]);
    race.receive(0..ITEMS, 1);
    let line = |it: usize| json!({ "sku": format!("I{it}"), "quantity": 1, "location": "L" });
    let lines: Vec<Value> = (0..ITEMS).map(line).collect();
    race.book("open_pool", vec![json!({ "pool": "P", "channel": "east", "lines": lines })]);
    let mut wins = [0, 0];
    race.receive(0..ITEMS, 1);
    for round in 0..ROUNDS / ITEMS {
        let won = race.run(round);
        won.iter().for_each(|it| wins[*it] += 1);
        // The shelf gets its unit again, and the pool where it was emptied.
        race.receive(0..ITEMS, 1);
        let emptied: Vec<usize> = (0..ITEMS).filter(|it| won[*it] == 0).collect();
        race.receive(emptied.iter().copied(), 1);
        let lines: Vec<Value> = emptied.into_iter().map(line).collect();
        if !lines.is_empty() {
            race.book("move_pool", vec![json!({ "to": "P", "lines": lines })]);
        }
    }
    race.end(wins);
}

/// A kit needs the last unit of its part, and somebody else wants the part alone.
#[test]
fn a_kit_and_its_part_race_for_the_last_unit() {
    let mut race = Race::begin([caller("kit", "east", 'K', 1), caller("part", "west", 'I', 1)]);
    let kit = |it: usize| json!({ "sku": format!("K{it}") });
    race.book("register_item", (0..ITEMS).map(kit).collect());
    race.book("register_item", vec![json!({ "sku": "BOX" })]);
    let boxes = json!({ "sku": "BOX", "quantity": ROUNDS });
    race.book("receive_stock", vec![json!({ "location": "L", "lines": [boxes] })]);
    let recipe = |it: usize| {
        let part = |sku: String| json!({ "sku": sku, "quantity": 1 });
        json!({ "sku": format!("K{it}"), "parts": [part(format!("I{it}")), part("BOX".into())] })
    };
    race.book("define_kit", (0..ITEMS).map(recipe).collect());
    let mut wins = [0, 0];
    for round in 0..ROUNDS / ITEMS {
        race.receive(0..ITEMS, 1);
        race.run(round).into_iter().for_each(|it| wins[it] += 1);
    }
    race.end(wins);
}
