//! Random histories of suppliers, codes, feeds and snapshots: replay and checkpoints tell the same
//! ledger, and codes and ages are what a naive model says.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use onhand_core::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

const BEGIN_US: u64 = 1_767_225_600_000_000;
const SKUS: [&str; 3] = ["W", "G", "H"];
const CODES: [&str; 3] = ["X", "Y", "Z"];
const SUPPLIERS: [&str; 2] = ["acme", "best"];
/// The ladder of the tier `all`; that of `hot` is half as long. Minutes, trust, buffer.
const LADDER: [(u64, Option<u64>, Option<u64>); 3] =
    [(10, None, Some(3)), (20, Some(50), None), (40, Some(0), None)];

#[derive(Clone, Debug)]
enum Op {
    /// Time goes by, and the writer does what is due.
    Wait(u64),
    SetSupplier(usize, Option<u64>),
    /// Supplier, code, item if any, from and until in minutes after the beginning, pack.
    Map(usize, usize, Option<usize>, Option<u64>, Option<u64>, u64),
    /// Supplier and how many tiers.
    SetFeed(usize, bool),
    Assign(usize, usize, bool),
    Snapshot(usize, Seen),
    Receive(usize, u64),
    Rename(usize),
}

/// What comes with a snapshot: minutes ago, whole, of the tier `hot`, outcome, and figures.
#[derive(Clone, Debug)]
struct Seen {
    ago: u64,
    complete: bool,
    hot: bool,
    outcome: u8,
    says: Vec<(usize, u64, i64)>,
    clears: bool,
}

fn seen() -> impl Strategy<Value = Seen> {
    let says = vec((0..3usize, 0..20u64, 0..20i64), 0..3);
    (0..30u64, any::<bool>(), any::<bool>(), 0..6u8, says, any::<bool>()).prop_map(
        |(ago, complete, hot, outcome, says, clears)| Seen {
            ago,
            complete,
            hot,
            outcome,
            says,
            clears,
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let moment = || prop::option::of(0..120u64);
    let map = (0..2usize, 0..3usize, prop::option::weighted(0.8, 0..3usize), moment(), moment());
    prop_oneof![
        4 => (1..15u64).prop_map(Op::Wait),
        1 => (0..2usize, prop::option::of(0..1440u64)).prop_map(|(it, at)| Op::SetSupplier(it, at)),
        4 => (map, 1..9u64).prop_map(|((a, b, c, d, e), pack)| Op::Map(a, b, c, d, e, pack)),
        1 => (0..2usize, any::<bool>()).prop_map(|(it, hot)| Op::SetFeed(it, hot)),
        1 => (0..2usize, 0..3usize, any::<bool>()).prop_map(|(a, b, c)| Op::Assign(a, b, c)),
        4 => (0..2usize, seen()).prop_map(|(it, seen)| Op::Snapshot(it, seen)),
        1 => (0..3usize, 1..20u64).prop_map(|(it, units)| Op::Receive(it, units)),
        1 => (0..3usize).prop_map(Op::Rename),
    ]
}

/// A meaning of a code, as it was said: supplier, code, item, from, until, pack.
type Said = (usize, usize, Option<usize>, Option<u64>, Option<u64>, u64);

/// What a tier is waited for since: by feed, `all` and `hot`.
type Since = BTreeMap<usize, [Option<u64>; 2]>;

struct History {
    ledger: Ledger,
    stored: Stored,
    entries: Vec<(Time, Entry)>,
    now: Time,
    mapped: Vec<Said>,
    since: Since,
    as_of: BTreeMap<(usize, usize), u64>,
    names: usize,
}

/// A checkpoint that is written by changed keys alone.
struct Stored {
    ledger: Ledger,
    items: BTreeMap<u32, Item>,
    discrepancies: BTreeMap<u64, Discrepancy>,
    handovers: BTreeMap<(SupplierId, Label), Handover>,
}

impl Stored {
    fn write(&mut self, entry: &Entry, time: Time) {
        self.ledger.evolve(entry, time).unwrap();
        let touched = self.ledger.take_touched();
        for key in touched.items {
            self.items.insert(key, self.ledger.item(ItemNo(key)).clone());
        }
        for key in touched.discrepancies {
            self.discrepancies.insert(key, self.ledger.discrepancy(key).unwrap().clone());
        }
        for key in touched.handovers {
            let handover = self.ledger.handover(&key.0, &key.1).unwrap().clone();
            self.handovers.insert(key, handover);
        }
    }

    fn read(&self) -> Ledger {
        let frame = serde_json::to_string(&self.ledger.frame()).unwrap();
        let mut ledger = Ledger::from_frame(serde_json::from_str(&frame).unwrap());
        self.items.values().for_each(|it| ledger.put_item(it.clone()));
        // In any order.
        self.discrepancies.values().rev().for_each(|it| ledger.put_discrepancy(it.clone()));
        self.handovers.values().for_each(|it| ledger.put_handover(it.clone()));
        ledger
    }
}

impl History {
    fn new() -> History {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let mut live = ledger.clone();
        live.track(Tracking::Keys);
        let mut history = History {
            ledger,
            stored: Stored {
                ledger: live,
                items: BTreeMap::new(),
                discrepancies: BTreeMap::new(),
                handovers: BTreeMap::new(),
            },
            entries: Vec::new(),
            now: Time(BEGIN_US),
            mapped: Vec::new(),
            since: BTreeMap::new(),
            as_of: BTreeMap::new(),
            names: 0,
        };
        for sku in SKUS {
            history.ask(json!({"register_item": {"sku": sku}})).unwrap();
        }
        for supplier in SUPPLIERS {
            let place = json!({"location": at(supplier), "kind": "supplier", "supplier": supplier});
            history.ask(json!({ "register_location": place })).unwrap();
            history.ask(json!({"set_supplier": {"supplier": supplier}})).unwrap();
        }
        history
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Wait(minutes) => self.wait(*minutes),
            Op::SetSupplier(it, cut_off) => {
                let cut_off = cut_off.map(|it| format!("{:02}:{:02}", it / 60, it % 60));
                let fields = json!({"supplier": SUPPLIERS[*it], "cut_off": cut_off});
                self.ask(json!({ "set_supplier": fields })).unwrap();
            }
            Op::Map(..) => self.map(op),
            Op::SetFeed(it, hot) => self.set_feed(*it, *hot),
            Op::Assign(feed, item, hot) => {
                let tier = if *hot { "hot" } else { "all" };
                let lines = json!([{"sku": SKUS[*item], "tier": tier}]);
                drop(self.ask(json!({"assign_tier": {"feed": feed_id(*feed), "lines": lines}})));
            }
            Op::Snapshot(feed, seen) => self.snapshot(*feed, seen),
            Op::Receive(item, units) => {
                let lines = json!([{"sku": SKUS[*item], "quantity": units}]);
                let place = at(SUPPLIERS[0]);
                self.ask(json!({"receive_stock": {"location": place, "lines": lines}})).unwrap();
            }
            Op::Rename(item) => {
                self.names += 1;
                let to = format!("{}{}", SKUS[*item], self.names);
                self.ask(json!({"rename_item": {"sku": SKUS[*item], "to": to}})).unwrap();
            }
        }
        self.assert_codes();
        self.assert_ages();
    }

    fn minutes(&self) -> u64 {
        (self.now.as_us() - BEGIN_US) / 60_000_000
    }

    fn wait(&mut self, minutes: u64) {
        self.now = self.now.plus_seconds(minutes * 60);
        let mut before = Time(0);
        while let Some(at) = self.ledger.next_due().filter(|at| *at <= self.now) {
            assert!(at >= before, "what is due goes back in time");
            before = at;
            match self.ledger.due(self.now, 1).remove(0) {
                Due::Step(feed, tier, step, _) => {
                    let fields = json!({"feed": feed, "tier": tier, "step": step});
                    self.ask(json!({ "step_feed": fields })).unwrap();
                }
                Due::CutOff(supplier, handover, _) => {
                    let fields = json!({"supplier": supplier, "handover": handover, "cut_off": at,
                        "lines": []});
                    self.tell(json!({ "orders_handed_over": fields }));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(self.ledger.due(self.now, 9).is_empty());
    }

    fn map(&mut self, op: &Op) {
        let Op::Map(supplier, code, item, from, until, pack) = op else { return };
        let until = until.filter(|_| item.is_some());
        let pack = if item.is_some() { *pack } else { 1 };
        let (valid_from, valid_until) = (from.map(moment), until.map(moment));
        let line = json!({"supplier_sku": CODES[*code], "sku": item.map(|it| SKUS[it]),
            "pack": pack, "valid_from": valid_from, "valid_until": valid_until});
        let fields = json!({"supplier": SUPPLIERS[*supplier], "lines": [line]});
        let done = self.ask(json!({ "map_supplier_sku": fields }));
        let wrong = until.zip(*from).is_some_and(|(until, from)| from >= until);
        assert_eq!(done.is_err(), wrong, "{done:?}");
        if !wrong {
            self.mapped.push((*supplier, *code, *item, *from, until, pack));
        }
    }

    fn set_feed(&mut self, supplier: usize, hot: bool) {
        let tier = |name: &str, part: u64| {
            let step = |(after, trust, units): &(u64, Option<u64>, Option<u64>)| {
                let buffer = units.map(|it| json!({"units": it}));
                json!({"after_minutes": after / part, "trust_percent": trust, "buffer": buffer})
            };
            let ladder: Vec<Value> = LADDER.iter().map(step).collect();
            json!({"tier": name, "every_minutes": 5, "ladder": ladder})
        };
        let mut tiers = vec![tier("all", 1)];
        tiers.extend(hot.then(|| tier("hot", 2)));
        let id = SUPPLIERS[supplier];
        let fields = json!({"feed": feed_id(supplier), "supplier": id, "location": at(id),
            "tiers": tiers});
        let now = self.minutes();
        let known = self.since.get(&supplier).copied();
        let drops = known.is_some_and(|it| it[1].is_some()) && !hot;
        assert_eq!(self.ask(json!({ "set_feed": fields })).is_err(), drops);
        if !drops {
            let known = self.since.entry(supplier).or_insert([Some(now), None]);
            if hot && known[1].is_none() {
                known[1] = known[0];
                if let Some(at) = self.as_of.get(&(supplier, 0)).copied() {
                    self.as_of.insert((supplier, 1), at);
                }
            }
        }
    }

    fn snapshot(&mut self, feed: usize, seen: &Seen) {
        let Some(known) = self.ledger.feed_no(&feed_id(feed)) else { return };
        let has_hot = self.ledger.feed(known).tiers.len() > 1;
        let as_of = self.minutes().saturating_sub(seen.ago);
        let hot = seen.hot && has_hot;
        let outcome = match seen.outcome {
            0 => "held",
            1 => "out_of_order",
            _ => "applied",
        };
        self.names += 1;
        let applied = outcome == "applied";
        let found = if applied { self.found(feed, seen, as_of) } else { Vec::new() };
        let open = |it: &&Discrepancy| it.state.is_open() && seen.clears && applied;
        let fresh: BTreeSet<u64> = found.iter().filter_map(|it| it["number"].as_u64()).collect();
        let mine = Witness::Feed(feed_id(feed));
        let cleared = self.ledger.discrepancies().filter(open).filter(|it| it.witness == mine);
        let cleared = cleared.map(|it| it.difference.number).filter(|it| !fresh.contains(it));
        let cleared: BTreeSet<u64> = cleared.collect();
        let said =
            |(item, units, _): &(usize, u64, i64)| json!({"sku": SKUS[*item], "quantity": units});
        let said: Vec<Value> = seen.says.iter().filter(|_| applied).map(said).collect();
        let tier = hot.then_some("hot");
        self.tell(json!({"snapshot_recorded": {"feed": feed_id(feed), "part": 1,
            "snapshot": self.names.to_string(), "as_of": moment(as_of), "complete": seen.complete,
            "tier": tier, "lines": 1, "outcome": outcome, "said": said, "found": found,
            "cleared": cleared}}));
        if applied && seen.complete {
            self.freshen(feed, hot, as_of);
        }
    }

    /// Differences about items, each under its number while it is open.
    fn found(&self, feed: usize, seen: &Seen, as_of: u64) -> Vec<Value> {
        let (witness, place) = (Witness::Feed(feed_id(feed)), at(SUPPLIERS[feed]));
        let place = LocationId::new(&place).unwrap();
        let mut next = self.ledger.next_discrepancy();
        let mut items = BTreeSet::new();
        let mut found = Vec::new();
        for (item, theirs, ours) in seen.says.iter().filter(|it| items.insert(it.0)) {
            let number = self.item(*item);
            let known = self.ledger.open_difference(number, &witness, Some(&place));
            let number = known.map_or_else(
                || {
                    next += 1;
                    next - 1
                },
                |it| it.difference.number,
            );
            found.push(json!({"number": number, "kind": "unexplained_loss", "sku": SKUS[*item],
                "location": place, "theirs": theirs, "ours": ours, "as_of": moment(as_of),
                "confidence": 50}));
        }
        found
    }

    fn freshen(&mut self, feed: usize, only_hot: bool, as_of: u64) {
        for tier in 0..2 {
            let newer = self.as_of.get(&(feed, tier)).is_some_and(|it| *it > as_of);
            let since = &mut self.since.get_mut(&feed).unwrap()[tier];
            if since.is_some() && !newer && (tier == 1 || !only_hot) {
                *since = Some(as_of);
                self.as_of.insert((feed, tier), as_of);
            }
        }
    }

    fn item(&self, item: usize) -> ItemNo {
        self.ledger.item_no(&Sku::new(SKUS[item]).unwrap()).unwrap()
    }

    fn ask(&mut self, command: Value) -> Result<(), Rejection> {
        let request = Request {
            ledger: self.ledger.id().clone(),
            envelope: envelope(self.entries.len()),
            command: serde_json::from_value(command).unwrap(),
        };
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request)?;
        self.evolve(entry);
        Ok(())
    }

    fn tell(&mut self, fact: Value) {
        let entry = Entry {
            ledger: self.ledger.id().clone(),
            position: self.ledger.position() + 1,
            envelope: envelope(self.entries.len()),
            fact: serde_json::from_value(fact).unwrap(),
            movements: Vec::new(),
            flags: Vec::new(),
        };
        self.evolve(entry);
    }

    /// A trial leaves no trace, and what comes back from a checkpoint is the same book.
    fn evolve(&mut self, entry: Entry) {
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.stored.write(&entry, self.now);
        assert!(
            self.stored.read() == self.ledger,
            "the checkpoint after {entry:?} is another book"
        );
        self.entries.push((self.now, entry));
    }

    /// The last that was said of a code and that had begun by then says what it means.
    fn assert_codes(&self) {
        for (supplier, code) in (0..2).flat_map(|it| (0..3).map(move |code| (it, code))) {
            let number = self.ledger.supplier_no(&SupplierId::new(SUPPLIERS[supplier]).unwrap());
            let of_code = self.mapped.iter().rev().filter(|it| (it.0, it.1) == (supplier, code));
            let said: Vec<&Said> = of_code.collect();
            for at in 0..121 {
                let last = said.iter().find(|it| it.3.is_none_or(|from| from <= at));
                let last = last.filter(|it| it.4.is_none_or(|until| at < until));
                let meant = last.and_then(|it| Some((self.item(it.2?), it.5)));
                let sku = Sku::new(CODES[code]).unwrap();
                let found = self.ledger.item_of_code(number.unwrap(), &sku, moment(at));
                assert_eq!(found.map(|(item, source)| (item, source.pack)), meant, "at {at}");
            }
        }
    }

    /// A tier is as far down its ladder as it is old: the writer has seen to all that is due.
    fn assert_ages(&self) {
        let due = self.ledger.next_due().is_some_and(|it| it <= self.now);
        for (feed, tiers) in &self.since {
            let known = self.ledger.feed(self.ledger.feed_no(&feed_id(*feed)).unwrap());
            let tiers = tiers.iter().flatten().enumerate();
            for (place, since) in tiers {
                let age = (self.minutes() - since) * (place as u64 + 1);
                let came = LADDER.iter().filter(|it| it.0 <= age).collect::<Vec<_>>();
                let trust = came.iter().filter_map(|it| it.1).next_back().unwrap_or(100);
                let units = came.iter().filter_map(|it| it.2).next_back();
                let worth = known.staleness(place as u32, NOW);
                assert!(!due, "the writer has seen to all that is due");
                assert_eq!(known.tiers[place].step.now(), Some(&(came.len() as u64)));
                assert_eq!((worth.trust_percent, worth.buffer.units), (trust, units));
            }
        }
    }

    /// The entries, written and read again, tell the same ledger; and so did they at each position.
    fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for (time, entry) in &self.entries {
            let text = serde_json::to_string(entry).unwrap();
            replayed.evolve(&serde_json::from_str(&text).unwrap(), *time).unwrap();
            self.assert_past(&replayed);
        }
        assert!(replayed == self.ledger, "the entries tell another book");
    }

    /// What was believed then is what is said now to have been believed then.
    fn assert_past(&self, then: &Ledger) {
        let position = then.position();
        let places = (0..then.locations().len() as u32).map(LocationNo);
        let items = (0..then.items().len() as u32).map(ItemNo);
        for (item, place) in items.flat_map(|it| places.clone().map(move |at| (it, at))) {
            let rules = then.shelf_rules(item, place, NOW);
            assert_eq!(rules, self.ledger.shelf_rules(item, place, position));
            let doubted = then.doubted(item, place, NOW);
            assert_eq!(doubted, self.ledger.doubted(item, place, position));
            let shelf = then.shelf(item, place, self.now);
            let terms = shelf.terms(&rules);
            assert!(terms.kept <= terms.unclaimed.max(0), "{terms:?}");
            let plain = Shelf { doubted: 0, ..shelf }.terms(&ShelfRules::PLAIN);
            assert!(terms.free <= plain.free, "an old number is worth more than a fresh one");
        }
    }
}

fn at(supplier: &str) -> String {
    format!("at-{supplier}")
}

fn feed_id(supplier: usize) -> FeedId {
    FeedId::new(&format!("feed-{}", SUPPLIERS[supplier])).unwrap()
}

fn moment(minutes: u64) -> Time {
    Time(BEGIN_US).plus_seconds(minutes * 60)
}

fn envelope(number: usize) -> Envelope {
    serde_json::from_value(json!({"id": format!("c{number}"), "request": ""})).unwrap()
}

/// The same histories on every machine; `PROPTEST_CASES` says how many.
#[test]
fn any_history_of_supply_agrees_with_the_naive_model() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let done = runner.run(&vec(op(), 1..60), |ops| {
        let mut history = History::new();
        ops.iter().for_each(|it| history.run(it));
        history.assert_replayed();
        Ok(())
    });
    done.unwrap_or_else(|error| panic!("{error}"));
}
