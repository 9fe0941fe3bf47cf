//! A ledger under random commands, compared with the naive model at every step.

use std::collections::BTreeMap;

use onhand_core::*;

use crate::checkpoint::Checkpoint;
use crate::naive::{self, Recorded};
use crate::ops::{self, Op};

/// Any moment will do, as long as one can date back from it.
const BEGIN_US: u64 = 1_000_000_000_000;

pub struct History {
    pub ledger: Ledger,
    checkpoint: Checkpoint,
    entries: Vec<Recorded>,
    now: Time,
}

impl History {
    pub fn new() -> History {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let mut history = History {
            checkpoint: Checkpoint::new(ledger.clone()),
            ledger,
            entries: Vec::new(),
            now: Time(BEGIN_US),
        };
        for command in ops::setup() {
            history.ask(None, command).unwrap();
        }
        history
    }

    pub fn run(&mut self, op: &Op) {
        self.now = self.now.plus_seconds(op.pause);
        let command = op.command(self.now, self.ledger.position() + 1);
        let occurred_at = op.back.map(|it| Time(self.now.as_us() - it * 1_000_000));
        let free = self.free();
        match self.ask(occurred_at, command.clone()) {
            Ok(entry) => {
                self.assert_promise(&command, &entry, &free);
                self.assert_state();
            }
            Err(rejection) => assert_justified(&rejection, &command, &free),
        }
    }

    /// Asks as a caller would: twice, since a decision changes nothing; and tries it first.
    pub fn ask(&mut self, occurred_at: Option<Time>, command: Command) -> Result<Entry, Rejection> {
        let mut request = Request {
            ledger: self.ledger.id().clone(),
            envelope: envelope(self.entries.len(), occurred_at),
            command,
        };
        self.look_up(&mut request.command);
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request);
        assert_eq!(entry, accept(&self.ledger, self.now, &Rules::default(), &request));
        let entry = entry?;
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.checkpoint.write(&entry, self.now);
        self.entries.push(Recorded { time: self.now, entry: entry.clone() });
        Ok(entry)
    }

    fn look_up(&self, command: &mut Command) {
        match command {
            Command::ReverseEntry(it) => {
                let found = self.entries.iter().find(|at| at.entry.position == it.position);
                it.entry = found.map(|found| Box::new(found.entry.clone()));
            }
            Command::CountStock(it) => {
                let Some(at) = it.counted_at else { return };
                let position = self.ledger.position();
                let book = |line: &CountLine| {
                    let condition = line.condition.unwrap_or(Condition::Sellable);
                    let account = Account::Shelf(it.location.clone(), condition);
                    let sku = canonical(&line.sku);
                    let balance = naive::book_at(&self.entries, &sku, &account, at);
                    BookAt { balance, position }
                };
                it.book = it.lines.iter().map(book).collect();
            }
            _ => {}
        }
    }

    /// Free units everywhere, by the naive model.
    fn free(&self) -> BTreeMap<(Sku, LocationId), i64> {
        let balances = naive::balances(&self.entries);
        let mut free = BTreeMap::new();
        for (sku, location) in everywhere() {
            let shelf = Account::Shelf(location.clone(), Condition::Sellable);
            let sellable = balances.get(&(sku.clone(), shelf)).copied().unwrap_or(0);
            let claims = naive::committed(&self.entries, &sku, &location)
                + naive::held(&self.entries, &sku, &location, self.now);
            free.insert((sku, location), sellable - claims);
        }
        free
    }

    /// What is newly promised was free before, unless the caller accepts to oversell.
    fn assert_promise(
        &self,
        command: &Command,
        entry: &Entry,
        free: &BTreeMap<(Sku, LocationId), i64>,
    ) {
        let mut taken: BTreeMap<(Sku, LocationId), i64> = BTreeMap::new();
        let mut take = |sku: &Sku, at: &[Split]| {
            for split in at {
                *taken.entry((sku.clone(), split.location.clone())).or_default() +=
                    split.quantity.signed();
            }
        };
        match (&entry.fact, command) {
            (Fact::StockHeld(it), _) => it.lines.iter().for_each(|line| take(&line.sku, &line.at)),
            (Fact::OrderCommitted(it), Command::CommitOrder(asked))
                if asked.if_short == IfShort::Refuse =>
            {
                it.lines.iter().for_each(|line| take(&line.sku, &line.at));
            }
            (Fact::TransferStarted(it), _) => {
                // A start dated before a count also moves what the count has to make up for.
                let leaves = |movement: &&Movement| matches!(movement.to, Account::Transit(_));
                for movement in entry.movements.iter().filter(leaves) {
                    let (location, quantity) = (it.from.clone(), movement.quantity);
                    let split =
                        Split { location, quantity, pool: None, shared: false, window: None };
                    take(&movement.sku, &[split]);
                }
            }
            _ => {}
        }
        for (place, units) in taken {
            assert!(units <= free[&place], "{units} promised of {} at {place:?}", free[&place]);
        }
    }

    /// Everything the ledger says, the naive model says too.
    fn assert_state(&self) {
        let balances = naive::balances(&self.entries);
        for sku in [ops::sku(0), ops::sku(1), ops::sku(3)] {
            let sum: i64 =
                balances.iter().filter(|((it, _), _)| *it == sku).map(|(_, it)| it).sum();
            assert_eq!(sum, 0, "units of {sku} came from nowhere");
        }
        let free = self.free();
        for (sku, location) in everywhere() {
            let item = self.ledger.item_no(&sku).unwrap();
            let place = self.ledger.location_no(&location).unwrap();
            let cell = self.ledger.cell(item, place);
            for condition in Condition::ALL {
                let shelf = Account::Shelf(location.clone(), condition);
                let balance = balances.get(&(sku.clone(), shelf)).copied().unwrap_or(0);
                assert_eq!(cell.balance(condition), balance, "{sku} at {location}");
                let counted = naive::since_count(&self.entries, &sku, &location, condition);
                assert_eq!(balance, counted.unwrap_or(balance), "{sku} at {location} since count");
            }
            let held = naive::held(&self.entries, &sku, &location, self.now);
            assert_eq!(self.ledger.held(item, &cell, self.now), held);
            assert_eq!(cell.committed, naive::committed(&self.entries, &sku, &location));
            let place_free = self.ledger.free(item, place, self.now);
            assert_eq!(place_free, free[&(sku, location)]);
        }
        self.assert_transit(&balances);
        self.assert_orders();
    }

    fn assert_transit(&self, balances: &BTreeMap<(Sku, Account), i64>) {
        for (id, transfer) in self.ledger.transfers() {
            for sku in [ops::sku(0), ops::sku(1), ops::sku(3)] {
                let item = self.ledger.item_no(&sku).unwrap();
                let left = transfer.in_transit.get(&item.0).copied().unwrap_or(0);
                let balance = balances.get(&(sku, Account::Transit(id.clone()))).copied();
                assert_eq!(left as i64, balance.unwrap_or(0), "in transit with {id}");
            }
        }
    }

    fn assert_orders(&self) {
        let lines = naive::order_lines(&self.entries);
        for ((order, line), naive) in &lines {
            let known = self.ledger.order(order).and_then(|it| it.line(line)).unwrap();
            assert!(known.balances(), "{known:?}");
            let actual = naive::Line {
                ordered: known.ordered as i64,
                committed: known.committed() as i64,
                shipped: known.shipped as i64,
                cancelled: known.cancelled as i64,
                returned: known.returned as i64,
            };
            assert_eq!(actual, *naive, "line {line} of {order}");
            let beyond = naive.committed + naive.shipped + naive.cancelled - naive.ordered;
            assert_eq!(known.uncommitted as i64, beyond);
        }
        let known: usize = self.ledger.orders().map(|(_, it)| it.lines.len()).sum();
        assert_eq!(known, lines.len());
    }

    /// Entries written as JSON and read again give the same ledger.
    pub fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for it in &self.entries {
            let text = serde_json::to_string(&it.entry).unwrap();
            let entry: Entry = serde_json::from_str(&text).unwrap();
            assert_eq!(entry, it.entry);
            replayed.evolve(&entry, it.time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
        assert!(self.checkpoint.read() == self.ledger, "the checkpoint tells another book");
    }
}

/// The shorthand of the reordering test: one line of one order, W from A.
impl History {
    pub fn receive(&mut self, units: u64) {
        self.read(
            "receive_stock",
            &format!(r#""location":"A","lines":[{{"sku":"W","quantity":{units}}}]"#),
        );
    }
    pub fn commit(&mut self, units: u64) {
        let line = format!(r#"{{"sku":"W","location":"A","quantity":{units}}}"#);
        self.read("commit_order", &format!(r#""order":"O0","lines":[{line}]"#));
    }
    pub fn ship(&mut self, units: u64) {
        let line = format!(r#"{{"ref":"1","sku":"W","location":"A","quantity":{units}}}"#);
        if units > 0 {
            self.read("ship_order", &format!(r#""order":"O0","lines":[{line}]"#));
        }
    }
    pub fn cancel(&mut self, units: u64) {
        let line = format!(r#"{{"ref":"1","quantity":{units}}}"#);
        if units > 0 {
            self.read("cancel_order", &format!(r#""order":"O0","lines":[{line}]"#));
        }
    }
    fn read(&mut self, verb: &str, fields: &str) {
        let command = serde_json::from_str(&format!(r#"{{"{verb}":{{{fields}}}}}"#)).unwrap();
        self.ask(None, command).unwrap();
    }
}

/// A single line is refused only where there is too little of it.
fn assert_justified(
    rejection: &Rejection,
    command: &Command,
    free: &BTreeMap<(Sku, LocationId), i64>,
) {
    let Rejection::InsufficientStock { lines } = rejection else { return };
    assert!(lines.iter().all(|it| it.available < it.requested && it.shortfall > 0));
    let Command::HoldStock(it) = command else { return };
    let [line] = it.lines.as_slice() else { return };
    let at = |location: LocationId| free[&(canonical(&line.sku), location)];
    // What one of the channel's locations owes, the others have to give.
    let served = [ops::location(0), ops::location(1)];
    let channel: i64 = served.iter().cloned().map(at).sum();
    let there = match &line.location {
        None => channel,
        Some(named) if it.channel.is_some() && served.contains(named) => {
            channel.min(at(named.clone()))
        }
        Some(named) => at(named.clone()),
    };
    assert!((there.max(0) as u64) < line.quantity.units(), "refused {line:?}");
}

fn everywhere() -> Vec<(Sku, LocationId)> {
    let skus = [ops::sku(0), ops::sku(1), ops::sku(3)];
    let pairs = skus.iter().flat_map(|sku| (0..3).map(|at| (sku.clone(), ops::location(at))));
    pairs.collect()
}

fn canonical(sku: &Sku) -> Sku {
    if sku.as_str() == "WW" { ops::sku(0) } else { sku.clone() }
}

fn envelope(number: usize, occurred_at: Option<Time>) -> Envelope {
    Envelope {
        id: CommandId::new(&format!("c{number}")).unwrap(),
        request: "".into(),
        occurred_at,
        actor: None,
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: BTreeMap::new(),
    }
}
