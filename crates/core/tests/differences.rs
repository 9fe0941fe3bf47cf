//! Random histories of snapshots, stocktakes, echoes, counts and settlements: what is open, what is
//! doubted and what was counted is what a naive model says, and what is undone goes back.

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
const CODES: [&str; 2] = ["X", "Y"];
const KINDS: [DifferenceKind; 3] =
    [DifferenceKind::InFlight, DifferenceKind::UnexplainedLoss, DifferenceKind::UnexplainedGain];
const ACTIONS: [&str; 6] =
    ["accept_theirs", "accept_theirs", "keep_ours", "dispute", "ask_supplier", "reopen"];

#[derive(Clone, Debug)]
enum Op {
    Receive(usize, u64),
    /// Item, units, seconds ago.
    Ship(usize, u64, u64),
    Count(usize, u64, u64),
    Snapshot(Seen),
    /// Seconds ago, items and what is seen of them, units that settle themselves.
    Stocktake(u64, Vec<(usize, u64)>, u64),
    List(usize, u64),
    Hear(usize, u64, u64),
    /// Action, and which of all differences.
    Settle(usize, Vec<usize>),
    /// Which of all entries.
    Reverse(usize),
    Rename(usize),
    Merge,
}

/// A snapshot: seconds ago, what becomes of each item that it names, and of its unknown codes.
#[derive(Clone, Debug)]
struct Seen {
    ago: u64,
    feed: usize,
    /// Item, theirs, kind, whether it settles itself.
    lines: Vec<(usize, u64, usize, bool)>,
    codes: Vec<(usize, u64)>,
    clears: bool,
    suspicious: bool,
    more: bool,
    /// Compared so many entries ago.
    stale: u64,
}

fn seen() -> impl Strategy<Value = Seen> {
    let lines = vec((0..3usize, 0..20u64, 0..3usize, any::<bool>()), 0..4);
    let flags = (any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.2));
    (0..30u64, 0..2usize, lines, vec((0..2usize, 1..9u64), 0..2), flags, 0..3u64).prop_map(
        |(ago, feed, lines, codes, (clears, suspicious, more), stale)| Seen {
            ago,
            feed,
            lines,
            codes,
            clears,
            suspicious,
            more,
            stale,
        },
    )
}

fn op() -> impl Strategy<Value = (u64, Op)> {
    let item = || 0..3usize;
    let stocktake = (0..30u64, vec((item(), 0..20u64), 1..3), 0..3u64);
    let op = prop_oneof![
        3 => (item(), 1..20u64).prop_map(|(a, b)| Op::Receive(a, b)),
        3 => (item(), 1..5u64, 0..30u64).prop_map(|(a, b, c)| Op::Ship(a, b, c)),
        2 => (item(), 0..20u64, 0..30u64).prop_map(|(a, b, c)| Op::Count(a, b, c)),
        8 => seen().prop_map(Op::Snapshot),
        3 => stocktake.prop_map(|(a, b, c)| Op::Stocktake(a, b, c)),
        1 => (item(), 0..9u64).prop_map(|(a, b)| Op::List(a, b)),
        2 => (item(), 0..9u64, 0..20u64).prop_map(|(a, b, c)| Op::Hear(a, b, c)),
        6 => (0..6usize, vec(0..40usize, 1..3)).prop_map(|(a, b)| Op::Settle(a, b)),
        3 => (0..60usize).prop_map(Op::Reverse),
        1 => item().prop_map(Op::Rename),
        1 => Just(Op::Merge),
    ];
    (0..10u64, op)
}

/// A difference as the entries tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    witness: Witness,
    difference: Difference,
    open: bool,
    changed: u64,
}

struct History {
    ledger: Ledger,
    stored: Ledger,
    items: BTreeMap<u32, Item>,
    discrepancies: BTreeMap<u64, Discrepancy>,
    entries: Vec<(Time, Entry)>,
    told: BTreeMap<u64, Told>,
    now: Time,
}

impl History {
    fn new() -> History {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let mut stored = ledger.clone();
        stored.track(Tracking::Keys);
        let mut history = History {
            ledger,
            stored,
            items: BTreeMap::new(),
            discrepancies: BTreeMap::new(),
            entries: Vec::new(),
            told: BTreeMap::new(),
            now: Time(BEGIN_US),
        };
        for sku in SKUS {
            history.ask(&json!({"register_item": {"sku": sku}})).unwrap();
        }
        history.ask(&json!({"set_supplier": {"supplier": "S"}})).unwrap();
        for location in ["A", "B"] {
            let fields = json!({"location": location, "kind": "supplier", "supplier": "S"});
            history.ask(&json!({"register_location": fields})).unwrap();
        }
        history.ask(&json!({"register_channel": {"channel": "web", "locations": ["A"]}})).unwrap();
        for (feed, location) in [("F", "A"), ("E", "B")] {
            let fields = json!({"feed": feed, "supplier": "S", "location": location});
            history.ask(&json!({"set_feed": fields})).unwrap();
        }
        history
    }

    fn run(&mut self, (pause, op): &(u64, Op)) {
        self.now = self.now.plus_seconds(*pause);
        let count = self.entries.len();
        let line = |item: &usize, units: &u64| json!([{"sku": SKUS[*item], "quantity": units}]);
        let asked = match op {
            Op::Receive(item, units) => {
                json!({"receive_stock": {"location": "A", "lines": line(item, units)}})
            }
            Op::Ship(item, units, ago) => {
                let mut command = json!({"ship_order": {"order": format!("O{count}"),
                    "location": "A", "lines": [{"ref": "1", "sku": SKUS[*item], "quantity": units}]}});
                command["occurred_at"] = json!(self.ago(*ago));
                command
            }
            Op::Count(item, units, ago) => json!({"count_stock":
                {"location": "A", "counted_at": self.ago(*ago), "lines": line(item, units)}}),
            Op::Snapshot(it) => return self.hear_of(it),
            Op::Stocktake(ago, lines, units) => {
                let lines: Vec<_> = lines.iter().map(|(a, b)| line(a, b)[0].clone()).collect();
                json!({"record_stocktake": {"stocktake": "T", "location": "A", "lines": lines,
                    "counted_at": self.ago(*ago), "tolerance": {"units": units}}})
            }
            Op::List(item, units) => {
                json!({"list_stock": {"channel": "web", "lines": line(item, units)}})
            }
            Op::Hear(item, units, ago) => json!({"hear_stock":
                {"channel": "web", "heard_at": self.ago(*ago), "lines": line(item, units)}}),
            Op::Settle(action, which) => {
                let numbers: Vec<u64> =
                    which.iter().map(|it| 1 + *it as u64 % (self.told.len() as u64 + 1)).collect();
                json!({"settle_discrepancy": {"action": ACTIONS[*action], "numbers": numbers,
                    "reason": {"code": "correction"}}})
            }
            Op::Reverse(which) => {
                json!({"reverse_entry": {"position": which % (count + 1), "reason": "did_not_occur"}})
            }
            Op::Rename(item) => {
                json!({"rename_item": {"sku": SKUS[*item], "to": format!("{}{count}", SKUS[*item])}})
            }
            Op::Merge => json!({"merge_items": {"sku": "H", "into": "G"}}),
        };
        drop(self.ask(&asked));
    }

    fn ago(&self, seconds: u64) -> Time {
        Time(self.now.as_us() - seconds * 1_000_000)
    }

    /// Compares as the edge would, with the book as of then.
    fn hear_of(&mut self, it: &Seen) {
        let (feed, location) = [("F", "A"), ("E", "B")][it.feed];
        let feed_no = self.ledger.feed_no(&FeedId::new(feed).unwrap()).unwrap();
        let unfinished = self.ledger.feed(feed_no).unfinished.clone();
        let (snapshot, part, as_of) = match unfinished.filter(|_| it.stale > 0) {
            Some((seen, next)) => (seen.snapshot.to_string(), next, seen.as_of),
            None => (format!("s{}", self.entries.len()), 1, self.ago(it.ago)),
        };
        let position = self.ledger.position();
        let at = LocationId::new(location).unwrap();
        let mut findings = Findings {
            position,
            more: it.more,
            lines: it.lines.len() as u64,
            ..Findings::default()
        };
        for (item, theirs, kind, settles) in &it.lines {
            let sku = Sku::new(SKUS[*item]).unwrap();
            let ours = self.book_at(&sku, &at, as_of);
            findings.said.push(SaidLine {
                sku: sku.clone(),
                quantity: Some(*theirs),
                next_restock_at: None,
                missing: 0,
            });
            if *settles {
                findings.counted.push(CountedLine {
                    sku,
                    condition: Condition::Sellable,
                    counted: *theirs,
                    book: ours,
                    book_position: position - it.stale,
                    applied: false,
                });
            } else if *theirs as i64 != ours {
                let theirs = Some(*theirs as i64);
                let difference = difference(KINDS[*kind], &at, theirs, ours, as_of);
                findings.found.push(Difference { sku: Some(sku), ..difference });
            }
        }
        for (code, theirs) in &it.codes {
            let theirs = Some(*theirs as i64);
            let difference = difference(DifferenceKind::UnknownSku, &at, theirs, 0, as_of);
            let supplier_sku = Some(Sku::new(CODES[*code]).unwrap());
            findings.found.push(Difference { supplier_sku, ..difference });
        }
        if it.clears {
            findings.cleared = self.told.keys().copied().collect();
        }
        if it.suspicious {
            findings.suspicions.push(Suspicion::Absurd { items: 1, largest: 9, limit: 8 });
        }
        let fields = json!({"feed": feed, "snapshot": snapshot, "part": part, "as_of": as_of});
        let mut command = serde_json::from_value(json!({"record_snapshot": fields})).unwrap();
        if let Command::RecordSnapshot(it) = &mut command {
            it.findings = Some(Box::new(findings));
        }
        drop(self.book(command, None));
    }

    fn ask(&mut self, asked: &Value) -> Result<Entry, Rejection> {
        let mut asked = asked.clone();
        let occurred_at = asked.as_object_mut().unwrap().remove("occurred_at");
        let occurred_at = occurred_at.map(|it| serde_json::from_value(it).unwrap());
        let mut command = serde_json::from_value(asked).unwrap();
        self.look_up(&mut command);
        self.book(command, occurred_at)
    }

    fn look_up(&self, command: &mut Command) {
        let position = self.ledger.position();
        let book = |sku: &Sku, location: &LocationId, at: Time| BookAt {
            balance: self.book_at(sku, location, at),
            position,
        };
        match command {
            Command::ReverseEntry(it) => {
                let found = self.entries.iter().find(|(_, entry)| entry.position == it.position);
                it.entry = found.map(|(_, entry)| Box::new(entry.clone()));
            }
            Command::CountStock(it) => {
                let at = it.counted_at.unwrap();
                it.book = it.lines.iter().map(|line| book(&line.sku, &it.location, at)).collect();
            }
            Command::RecordStocktake(it) => {
                let at = it.counted_at.unwrap();
                it.book = it.lines.iter().map(|line| book(&line.sku, &it.location, at)).collect();
            }
            Command::SettleDiscrepancy(it) => {
                let of = |number: &u64| {
                    let known = &self.told.get(number)?.difference;
                    Some(book(known.sku.as_ref()?, known.location.as_ref()?, known.as_of))
                };
                let nothing = BookAt { balance: 0, position };
                it.book = it.numbers.iter().map(|it| of(it).unwrap_or(nothing)).collect();
            }
            _ => {}
        }
    }

    fn book(&mut self, command: Command, occurred_at: Option<Time>) -> Result<Entry, Rejection> {
        let envelope =
            json!({"id": format!("c{}", self.entries.len()), "request": "", "actor": "ann"});
        let mut envelope: Envelope = serde_json::from_value(envelope).unwrap();
        envelope.occurred_at = occurred_at;
        let request = Request { ledger: self.ledger.id().clone(), envelope, command };
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request)?;
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.write(&entry);
        self.entries.push((self.now, entry.clone()));
        self.tell(&entry);
        self.assert_numbers(&before, &entry);
        self.assert_counted(&entry);
        self.assert_undone(&entry);
        self.assert_state();
        Ok(entry)
    }

    fn write(&mut self, entry: &Entry) {
        self.stored.evolve(entry, self.now).unwrap();
        let touched = self.stored.take_touched();
        for key in touched.items {
            self.items.insert(key, self.stored.item(ItemNo(key)).clone());
        }
        for key in touched.discrepancies {
            self.discrepancies.insert(key, self.stored.discrepancy(key).unwrap().clone());
        }
    }

    /// All that is recorded and happened by then, whatever the item was called.
    fn book_at(&self, sku: &Sku, location: &LocationId, at: Time) -> i64 {
        let (item, shelf) =
            (self.ledger.item_no(sku), Account::Shelf(location.clone(), Condition::Sellable));
        let mut balance = 0;
        for (recorded, entry) in &self.entries {
            let moved = entry.movements.iter().filter(|it| self.ledger.item_no(&it.sku) == item);
            for movement in moved.filter(|it| moved_at(entry, it, *recorded) <= at) {
                balance += i64::from(movement.to == shelf) * movement.quantity.signed();
                balance -= i64::from(movement.from == shelf) * movement.quantity.signed();
            }
        }
        balance
    }

    fn tell(&mut self, entry: &Entry) {
        let position = entry.position;
        let (witness, found, cleared) = match &entry.fact {
            Fact::SnapshotRecorded(it) => {
                (Witness::Feed(it.feed.clone()), &it.found[..], &it.cleared[..])
            }
            Fact::StocktakeRecorded(it) => {
                (Witness::Stocktake(it.location.clone()), &it.found[..], &it.cleared[..])
            }
            Fact::StockHeard(it) => {
                (Witness::Channel(it.channel.clone()), &it.found[..], &it.cleared[..])
            }
            Fact::StockCounted(it) => return self.tell_counted(position, &it.location, it),
            Fact::DiscrepancySettled(it) => return self.tell_settled(position, it),
            Fact::EntryReversed(it) => return self.tell_unsettled(position, it),
            Fact::ItemsMerged(it) => return self.tell_merged(position, it),
            _ => return,
        };
        for it in found {
            let (witness, difference) = (witness.clone(), it.clone());
            self.told
                .insert(it.number, Told { witness, difference, open: true, changed: position });
        }
        for number in cleared {
            let known = self.told.get_mut(number).unwrap();
            (known.open, known.changed) = (false, position);
        }
        let counted = match &entry.fact {
            Fact::SnapshotRecorded(it) => &it.counted,
            Fact::StocktakeRecorded(it) => &it.counted,
            _ => return,
        };
        let (location, at) = match &entry.fact {
            Fact::StocktakeRecorded(it) => (it.location.clone(), it.counted_at),
            Fact::SnapshotRecorded(it) => {
                let location = if it.feed.as_str() == "F" { "A" } else { "B" };
                (LocationId::new(location).unwrap(), it.as_of)
            }
            _ => return,
        };
        for line in counted.iter().filter(|it| it.applied) {
            self.answer_stocktake(position, &line.sku, &location, at);
        }
    }

    fn tell_counted(&mut self, position: u64, location: &LocationId, it: &StockCounted) {
        for line in it.lines.iter().filter(|it| it.applied) {
            self.answer_stocktake(position, &line.sku, location, it.counted_at);
        }
    }

    /// Whoever counts answers what an earlier stocktake left open.
    fn answer_stocktake(&mut self, position: u64, sku: &Sku, location: &LocationId, at: Time) {
        let item = self.ledger.item_no(sku);
        for told in self.told.values_mut().filter(|it| it.open) {
            let about = told.difference.sku.as_ref().and_then(|it| self.ledger.item_no(it));
            let ours = told.witness == Witness::Stocktake(location.clone());
            if ours && about == item && told.difference.as_of <= at {
                (told.open, told.changed) = (false, position);
            }
        }
    }

    fn tell_settled(&mut self, position: u64, it: &DiscrepancySettled) {
        for line in &it.lines {
            if let Some(count) = line.counted.as_ref().filter(|it| it.line.applied) {
                self.answer_stocktake(position, &count.line.sku, &count.location, count.counted_at);
            }
            let known = self.told.get_mut(&line.number).unwrap();
            known.open = !matches!(it.action, Settling::AcceptTheirs | Settling::KeepOurs);
            known.changed = position;
        }
    }

    fn tell_unsettled(&mut self, position: u64, it: &EntryReversed) {
        for line in &it.unsettled {
            let known = self.told[&line.number].clone();
            if known.changed == it.reversed {
                let open = !self
                    .told
                    .values()
                    .any(|it| it.open && self.is_alike(it, &known) && *it != known);
                let known = self.told.get_mut(&line.number).unwrap();
                (known.open, known.changed) = (open, position);
            }
        }
    }

    /// What is open about the merged item is closed where the same witness has the other open: that
    /// is about both then.
    fn tell_merged(&mut self, position: u64, it: &ItemsMerged) {
        let of = |sku: &Sku, told: &Told| {
            let then = |it: &Sku| self.ledger.item_no_at(it, position);
            told.difference.sku.as_ref().is_some_and(|it| then(it) == then(sku))
        };
        let gone: Vec<u64> = self
            .told
            .iter()
            .filter(|(_, told)| told.open && of(&it.from, told))
            .map(|(number, _)| *number)
            .collect();
        let kept: Vec<(u64, Told)> = self
            .told
            .iter()
            .filter(|(_, told)| told.open && of(&it.into, told))
            .map(|(number, told)| (*number, told.clone()))
            .collect();
        for number in gone {
            let known = self.told[&number].clone();
            let same = kept.iter().find(|(_, it)| {
                it.witness == known.witness && it.difference.location == known.difference.location
            });
            let Some((other, _)) = same else { continue };
            let gone = known.difference.clone();
            let known = self.told.get_mut(&number).unwrap();
            (known.open, known.changed) = (false, position);
            let other = self.told.get_mut(other).unwrap();
            let sum = &mut other.difference;
            sum.theirs = sum
                .theirs
                .or(gone.theirs.and(Some(sum.ours)))
                .map(|it| it + gone.theirs.unwrap_or(gone.ours));
            (sum.ours, other.changed) = (sum.ours + gone.ours, position);
        }
    }

    fn is_alike(&self, one: &Told, other: &Told) -> bool {
        let item = |it: &Told| it.difference.sku.as_ref().map(|sku| self.ledger.item_no(sku));
        item(one).is_some()
            && item(one) == item(other)
            && one.witness == other.witness
            && one.difference.location == other.difference.location
    }

    /// A number is new and the next, or that of what was open about the same.
    fn assert_numbers(&self, before: &Ledger, entry: &Entry) {
        let found = match &entry.fact {
            Fact::SnapshotRecorded(it) => &it.found,
            Fact::StocktakeRecorded(it) => &it.found,
            Fact::StockHeard(it) => &it.found,
            _ => return,
        };
        let mut next = before.next_discrepancy();
        for it in found {
            match before.discrepancy(it.number) {
                Some(known) => {
                    assert!(known.state.is_open(), "{entry:?} finds {known:?} again");
                    assert_eq!(known.difference.supplier_sku, it.supplier_sku);
                    assert_eq!(known.difference.location, it.location);
                }
                None => {
                    assert_eq!(it.number, next, "{entry:?}");
                    next += 1;
                }
            }
        }
        assert_eq!(self.ledger.next_discrepancy(), next);
    }

    /// What was counted is what the book says of that moment.
    fn assert_counted(&self, entry: &Entry) {
        let b = |it: &SnapshotRecorded| if it.feed.as_str() == "F" { "A" } else { "B" };
        let counted: Vec<(LocationId, Time, CountedLine)> = match &entry.fact {
            Fact::SnapshotRecorded(it) => {
                let location = LocationId::new(b(it)).unwrap();
                it.counted.iter().map(|line| (location.clone(), it.as_of, line.clone())).collect()
            }
            Fact::StocktakeRecorded(it) => it
                .counted
                .iter()
                .map(|line| (it.location.clone(), it.counted_at, line.clone()))
                .collect(),
            Fact::DiscrepancySettled(it) => {
                let counted = it.lines.iter().filter_map(|it| it.counted.as_ref());
                counted.map(|it| (it.location.clone(), it.counted_at, it.line.clone())).collect()
            }
            _ => return,
        };
        for (location, at, line) in counted.iter().filter(|(_, _, line)| line.applied) {
            let book = self.book_at(&line.sku, location, *at);
            assert_eq!(book, line.counted as i64, "{entry:?}");
        }
    }

    /// Every movement goes back as it came; what a later count stands for goes no further.
    fn assert_undone(&self, entry: &Entry) {
        let Fact::EntryReversed(it) = &entry.fact else { return };
        let (_, undone) = &self.entries[it.reversed as usize - 1];
        assert!(entry.movements.len() >= undone.movements.len());
        for (back, it) in entry.movements.iter().zip(&undone.movements) {
            assert_eq!(self.ledger.item_no(&back.sku), self.ledger.item_no(&it.sku));
            assert_eq!((&back.from, &back.to, back.quantity), (&it.to, &it.from, it.quantity));
        }
        let before = |it: &&Flag| matches!(it, Flag::BeforeCount { .. });
        let stood = entry.flags.iter().filter(before).count();
        assert_eq!(entry.movements.len(), undone.movements.len() + stood);
    }

    fn assert_state(&self) {
        let open: BTreeSet<u64> = self
            .ledger
            .discrepancies()
            .filter(|it| it.state.is_open())
            .map(|it| it.difference.number)
            .collect();
        let told: BTreeSet<u64> =
            self.told.iter().filter(|(_, it)| it.open).map(|(number, _)| *number).collect();
        assert_eq!(open, told, "after {:?}", self.entries.last());
        for (number, one) in self.told.iter().filter(|(_, it)| it.open) {
            for (another, other) in self.told.iter().filter(|(_, it)| it.open) {
                assert!(number == another || !self.is_alike(one, other), "{one:?} {other:?}");
            }
        }
        for (item, location) in SKUS.iter().flat_map(|it| [(*it, "A"), (*it, "B")]) {
            self.assert_shelf(&Sku::new(item).unwrap(), &LocationId::new(location).unwrap());
        }
    }

    fn assert_shelf(&self, sku: &Sku, location: &LocationId) {
        let known = self.ledger.item_no(sku).zip(self.ledger.location_no(location));
        let Some((item, at)) = known else { return };
        let now = self.book_at(sku, location, Time(u64::MAX));
        assert_eq!(self.ledger.cell(item, at).sellable, now);
        let here = |it: &&Told| {
            let about = it.difference.sku.as_ref().and_then(|it| self.ledger.item_no(it));
            it.open && about == Some(item) && it.difference.location.as_ref() == Some(location)
        };
        let doubts = self.told.values().filter(here).filter_map(|it| {
            assert!(!matches!(it.witness, Witness::Channel(_)));
            Some(it.difference.ours - it.difference.theirs?)
        });
        let doubted = doubts.max().map_or(0, |it| it.max(0) as u64);
        assert_eq!(self.ledger.doubted(item, at, NOW), doubted, "{sku} at {location}");
    }

    fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for (time, entry) in &self.entries {
            let text = serde_json::to_string(entry).unwrap();
            replayed.evolve(&serde_json::from_str(&text).unwrap(), *time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
        let frame = serde_json::to_string(&self.stored.frame()).unwrap();
        let mut read = Ledger::from_frame(serde_json::from_str(&frame).unwrap());
        self.items.values().for_each(|it| read.put_item(it.clone()));
        self.discrepancies.values().rev().for_each(|it| read.put_discrepancy(it.clone()));
        for (id, order) in self.ledger.orders() {
            read.put_order(id.clone(), order.clone());
        }
        assert!(read == self.ledger, "the checkpoint tells another book");
    }
}

fn difference(
    kind: DifferenceKind,
    location: &LocationId,
    theirs: Option<i64>,
    ours: i64,
    as_of: Time,
) -> Difference {
    Difference {
        number: 0,
        kind,
        sku: None,
        supplier_sku: None,
        location: Some(location.clone()),
        theirs,
        ours,
        as_of,
        confidence: 80,
        explained_by: Vec::new(),
        suggestions: Vec::new(),
    }
}

/// When one of its movements happened, if it was recorded at `recorded`: what was counted brings the
/// book there at the moment of the count.
fn moved_at(entry: &Entry, movement: &Movement, recorded: Time) -> Time {
    let ours = |it: &&CountedAt| {
        let shelf = Account::Shelf(it.location.clone(), it.line.condition);
        it.line.sku == movement.sku && (movement.from == shelf || movement.to == shelf)
    };
    let counted_at = match &entry.fact {
        Fact::StockCounted(it) => Some(it.counted_at),
        Fact::StocktakeRecorded(it) => Some(it.counted_at),
        Fact::SnapshotRecorded(it) => Some(it.as_of),
        Fact::DiscrepancySettled(it) => {
            let mut counted = it.lines.iter().filter_map(|it| it.counted.as_ref());
            counted.find(ours).map(|it| it.counted_at)
        }
        _ => None,
    };
    counted_at.or(entry.envelope.occurred_at).unwrap_or(recorded)
}

#[test]
fn differences_add_up() {
    let config =
        ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&vec(op(), 1..70), |ops| {
        let mut history = History::new();
        ops.iter().for_each(|it| history.run(it));
        history.assert_replayed();
        Ok(())
    });
    outcome.unwrap_or_else(|it| panic!("{it}"));
}
