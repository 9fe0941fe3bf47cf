//! One history: orders, a supplier's life, snapshots good and bad, and somebody who settles.

use std::collections::BTreeMap;

use onhand_core::*;
use onhand_reconciler::{Head, Line, compare_whole};
use serde_json::json;

use crate::dice::Dice;
use crate::shop::{Shop, minute};
use crate::tally::Tally;
use crate::world::{Cause, Counting, Item, NEVER, OurOrder};

const ITEMS: usize = 12;
const SNAPSHOTS: u64 = 9;
/// As the feed's terms say.
const TOLERANCE: i64 = 1;

enum Action {
    Commit { item: usize, units: i64, late: bool },
    Ship { item: usize, order: usize, dated: bool },
    Return { item: usize, units: i64 },
    Receive { item: usize, cause: usize },
    Expect { item: usize, cause: usize, at: u64 },
    Snapshot(Counting, [Flaws; ITEMS]),
}

#[derive(Clone, Copy, Default)]
struct Watched {
    /// The difference that was seen last, and how often in a row.
    apart: i64,
    sightings: u64,
    /// The moment of the last number that was believed.
    said: u64,
    /// Its code is not known to us yet.
    nameless: bool,
}

/// What is wrong with an item's line in one snapshot.
#[derive(Clone, Copy, Debug, Default)]
struct Flaws {
    blank: bool,
    wrong_pack: bool,
    renamed: bool,
}

pub struct History {
    seed: u64,
    shop: Shop,
    dice: Dice,
    basis: Basis,
    /// After so many minutes they know of an order, and whether they say up to when they do.
    delay: u64,
    says_seen: bool,
    items: Vec<Item>,
    watched: Vec<Watched>,
    queue: BTreeMap<(u64, u64), Action>,
    now: u64,
    names: u64,
    tally: Tally,
}

pub fn run(seed: u64) -> Tally {
    let mut history = History::new(seed);
    while let Some(((at, _), action)) = history.queue.pop_first() {
        history.now = at;
        history.shop.now = minute(at);
        history.act(action);
    }
    history.tally
}

impl History {
    fn new(seed: u64) -> History {
        let mut dice = Dice::new(seed);
        let bases = [Basis::OnHand, Basis::BeforeOurOrders, Basis::AfterOurOrders];
        let (basis, delay) = (dice.of(&bases), dice.within(0, 60));
        let says_seen = dice.percent(50);
        let mut history = History {
            seed,
            shop: Shop::new(),
            dice,
            basis,
            delay,
            says_seen,
            items: Vec::new(),
            watched: vec![Watched::default(); ITEMS],
            queue: BTreeMap::new(),
            now: 0,
            names: 0,
            tally: Tally::default(),
        };
        history.begin();
        history
    }

    fn begin(&mut self) {
        let tiers = json!([{ "tier": "all", "every_minutes": 240 }]);
        let terms = json!({ "basis": self.basis, "tiers": tiers,
            "tolerance": { "units": TOLERANCE }, "breakers": { "missing_percent": 40 } });
        self.shop.set_feed(terms);
        self.shop
            .ask(json!({ "change_channel": { "channel": "web", "locations": ["L"] } }))
            .unwrap();
        for number in 0..ITEMS {
            self.add_item(number);
        }
        let mut before = 10;
        for number in 0..SNAPSHOTS {
            let as_of = before + self.dice.within(300, 1_500);
            let mut flaws = [Flaws::default(); ITEMS];
            for (item, flaws) in flaws.iter_mut().enumerate() {
                *flaws = self.live(item, before, as_of);
            }
            let lags = self.dice.percent(12) && !(self.says_seen && number > 0);
            let truly = as_of - if lags { self.dice.within(20, 200) } else { 0 };
            let after = self.basis == Basis::AfterOurOrders;
            let seen = (after && self.says_seen).then(|| truly.saturating_sub(self.delay));
            let counting = Counting { basis: self.basis, as_of, truly, seen };
            let arrives = as_of + self.dice.within(1, 60);
            self.later(arrives, Action::Snapshot(counting, flaws));
            before = as_of;
        }
    }

    fn add_item(&mut self, number: usize) {
        let sku = format!(
            "{}-{:03}",
            ["TEE", "MUG", "CAP", "BAG"][number % 4],
            self.dice.within(100, 999) * 12 + number as u64
        );
        self.shop.ask(json!({ "register_item": { "sku": sku } })).unwrap();
        let pack =
            if number > 0 && self.dice.percent(25) { self.dice.of(&[6i64, 12, 24]) } else { 1 };
        self.shop.map(json!([{ "supplier_sku": sku, "sku": sku, "pack": pack, "unit_cost": 500 }]));
        let mut item = Item { code: sku.clone(), sku, pack, ..Item::default() };
        let units = self.dice.within(30, 200) as i64 * pack;
        // Of the first one nobody told us.
        let known = number > 0;
        let kind = DifferenceKind::FirstSeen;
        let ours = if known { 0 } else { NEVER };
        item.causes.push(Cause { kind, units, theirs: 0, ours });
        if known {
            let line = json!([{ "sku": item.sku, "quantity": units }]);
            self.shop
                .ask(json!({ "receive_stock": { "location": "L", "lines": line, "from": "opening" } }))
                .unwrap();
        }
        self.items.push(item);
    }

    fn later(&mut self, at: u64, action: Action) {
        self.names += 1;
        self.queue.insert((at, self.names), action);
    }

    /// What befalls an item between two snapshots.
    fn live(&mut self, item: usize, from: u64, to: u64) -> Flaws {
        let mut flaws = Flaws::default();
        let at = self.dice.within(from, to);
        for _ in 0..self.dice.within(0, 2) {
            let placed = self.dice.within(from, to);
            let units = self.dice.within(1, 6) as i64 * self.items[item].pack;
            let late = self.dice.percent(12);
            self.later(placed, Action::Commit { item, units, late });
        }
        if item == 0 {
            return flaws;
        }
        let pack = self.items[item].pack;
        match self.dice.within(0, 99) {
            0..8 => self.lose(item, at, (2, 20)),
            8..12 => self.lose(item, at, (2, 6)),
            12..20 => {
                let units = self.dice.within(5, 60) as i64 * pack;
                self.cause(item, DifferenceKind::UnexplainedGain, units, at, NEVER);
            }
            20..28 => {
                let units = self.dice.within(2, 6) as i64 * pack;
                self.later(at, Action::Return { item, units });
                let theirs = at + self.dice.within(10, 300);
                self.cause(item, DifferenceKind::SilentRestock, units, theirs, NEVER);
            }
            28..33 => {
                let units = self.dice.within(1, 6) as i64 * pack;
                self.later(at, Action::Return { item, units });
            }
            33..41 => {
                let units = self.dice.within(5, 40) as i64 * pack;
                let cause =
                    self.cause(item, DifferenceKind::UnacknowledgedReceipt, units, at, NEVER);
                self.later(at.saturating_sub(300).max(from), Action::Expect { item, cause, at });
                let booked = at + self.dice.within(200, 2_500);
                self.later(booked, Action::Receive { item, cause });
            }
            41..47 => {
                let units = self.dice.within(5, 40) as i64 * pack;
                let theirs = at + self.dice.within(200, 2_000);
                let cause =
                    self.cause(item, DifferenceKind::UnacknowledgedReceipt, units, theirs, NEVER);
                self.later(at, Action::Receive { item, cause });
            }
            47..52 => flaws.wrong_pack = true,
            52..57 => flaws.blank = true,
            57..59 => flaws.renamed = true,
            _ => {}
        }
        flaws
    }

    fn lose(&mut self, item: usize, at: u64, (low, high): (u64, u64)) {
        let units = self.dice.within(low, high) as i64 * self.items[item].pack;
        if self.items[item].shelf(NEVER - 1) - units > 30 {
            self.cause(item, DifferenceKind::UnexplainedLoss, -units, at, NEVER);
        }
    }

    fn cause(
        &mut self,
        item: usize,
        kind: DifferenceKind,
        units: i64,
        theirs: u64,
        ours: u64,
    ) -> usize {
        self.items[item].causes.push(Cause { kind, units, theirs, ours });
        self.items[item].causes.len() - 1
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Commit { item, units, late } => self.commit(item, units, late),
            Action::Ship { item, order, dated } => self.ship(item, order, dated),
            Action::Return { item, units } => {
                let line = json!([{ "sku": self.items[item].sku, "quantity": units }]);
                self.shop
                    .ask(json!({ "return_stock": { "location": "L", "lines": line } }))
                    .unwrap();
            }
            Action::Receive { item, cause } => {
                let units = self.items[item].causes[cause].units;
                let line = json!([{ "sku": self.items[item].sku, "quantity": units }]);
                let inbound = format!("P{item}-{cause}");
                let receive = json!({ "location": "L", "lines": line, "inbound": inbound });
                self.shop.ask(json!({ "receive_stock": receive })).unwrap();
                self.items[item].causes[cause].ours = self.now;
            }
            Action::Expect { item, cause, at } => {
                let units = self.items[item].causes[cause].units;
                let line = json!([{ "sku": self.items[item].sku, "quantity": units,
                    "expected_at": minute(at) }]);
                let expect = json!({ "inbound": format!("P{item}-{cause}"), "location": "L", "lines": line });
                self.shop.ask(json!({ "expect_stock": expect })).unwrap();
            }
            Action::Snapshot(counting, flaws) => self.hear(counting, flaws),
        }
    }

    fn commit(&mut self, item: usize, units: i64, late: bool) {
        self.names += 1;
        let name = self.names;
        let line = json!([{ "sku": self.items[item].sku, "quantity": units }]);
        let commit = json!({ "order": format!("O{name}"), "channel": "web", "lines": line });
        if self.shop.ask(json!({ "commit_order": commit })).is_err() {
            return;
        }
        self.tally.orders += 1;
        let placed = self.now;
        let shipped = placed + self.delay + self.dice.within(20, 300);
        let booked =
            shipped + if late { self.dice.within(300, 1_500) } else { self.dice.within(0, 20) };
        let order =
            OurOrder { name, units, placed, seen: placed + self.delay, shipped, booked: NEVER };
        self.items[item].orders.push(order);
        self.cause(item, DifferenceKind::InFlight, -units, shipped, NEVER);
        let dated = self.dice.percent(50);
        let number = self.items[item].orders.len() - 1;
        self.later(booked, Action::Ship { item, order: number, dated });
        self.check_promise(item);
    }

    fn ship(&mut self, item: usize, order: usize, dated: bool) {
        let name = format!("O{}", self.items[item].orders[order].name);
        let shipped = self.items[item].orders[order].shipped;
        let at = if dated { shipped } else { self.now };
        let ship = json!({ "ship_order": { "order": name } });
        let entry = self.shop.ask_of(ship, dated.then(|| minute(at))).unwrap();
        let units = self.items[item].orders[order].units;
        self.items[item].orders[order].booked = at;
        // A count of later has it already: the shelf is left as it was counted.
        if entry.flags.iter().any(|it| matches!(it, Flag::BeforeCount { .. })) {
            return;
        }
        let same = |it: &&mut Cause| {
            it.kind == DifferenceKind::InFlight
                && it.ours == NEVER
                && it.theirs == shipped
                && it.units == -units
        };
        self.items[item].causes.iter_mut().find(same).unwrap().ours = at;
    }

    /// What was believed at the last number may be sold, less what the supplier sold elsewhere
    /// since without a word.
    fn check_promise(&mut self, item: usize) {
        let known = &self.items[item];
        let unsaid = known.gone_unsaid(self.watched[item].said, self.now);
        let beyond = known.promised(self.now) - known.truly(self.now) - unsaid - TOLERANCE;
        if beyond > 0 {
            let sku = &known.sku;
            self.tally
                .oversold
                .push(format!("seed {} minute {} {sku} {beyond}", self.seed, self.now));
        }
    }

    fn hear(&mut self, counting: Counting, flaws: [Flaws; ITEMS]) {
        if self.dice.percent(8) {
            self.hear_damaged(counting);
        }
        let complete = self.dice.percent(80);
        let mut lines = Vec::new();
        let mut reported = [None; ITEMS];
        for item in 0..ITEMS {
            if !complete && self.dice.percent(30) {
                continue;
            }
            if flaws[item].renamed {
                self.rename(item);
            }
            let (line, theirs) = self.line(item, counting, flaws[item]);
            reported[item] = Some(theirs);
            lines.push(line);
        }
        let head = self.head(counting, complete);
        let name = format!("S{}", counting.as_of);
        let Some(recorded) = self.record(&name, &head, &lines) else { return };
        if recorded.outcome != SnapshotOutcome::Applied {
            self.tally.held_wrongly += 1;
            return;
        }
        self.tally.snapshots += 1;
        self.tally.lines += lines.len() as u64;
        for item in 0..ITEMS {
            match reported[item] {
                Some(theirs) => self.judge(item, counting, theirs, &recorded),
                None => {}
            }
        }
        self.note_gone(counting, &recorded, &reported);
        self.see_renamed(counting, complete, &recorded, &reported);
        if self.dice.percent(8) {
            self.hear_late(counting, &lines);
        }
    }

    fn head(&self, counting: Counting, complete: bool) -> Head {
        let mut head = self.shop.head(minute(counting.as_of));
        head.complete = complete;
        head.orders_seen_through = counting.seen.map(minute);
        head
    }

    fn record(&mut self, name: &str, head: &Head, lines: &[Line]) -> Option<Box<SnapshotRecorded>> {
        let findings = compare_whole(&self.shop.ledger, &self.shop, head, lines, false).unwrap();
        Some(self.shop.record_snapshot(name, head, findings).unwrap())
    }

    /// The first few lines of a file that claims to be complete.
    fn hear_damaged(&mut self, counting: Counting) {
        let lines: Vec<Line> = (0..3).map(|it| self.plain_line(it, counting)).collect();
        let head = self.head(Counting { as_of: counting.as_of - 1, ..counting }, true);
        let said = self.items.iter().any(|it| {
            let item = self.shop.ledger.item(self.shop.item(&it.sku));
            item.supplied.as_ref().is_some_and(|it| !it.said.is_empty())
        });
        let recorded = said.then(|| self.record(&format!("D{}", counting.as_of), &head, &lines));
        if let Some(Some(recorded)) = recorded {
            self.tally.damaged += 1;
            self.tally.held += u64::from(recorded.outcome == SnapshotOutcome::Held);
        }
    }

    /// The same lines once more under another name, of a moment before.
    fn hear_late(&mut self, counting: Counting, lines: &[Line]) {
        let before = self.shop.ledger.clone();
        let head = self.head(Counting { as_of: counting.as_of - 200, ..counting }, false);
        let Some(recorded) = self.record(&format!("L{}", counting.as_of), &head, lines) else {
            return;
        };
        assert_eq!(recorded.outcome, SnapshotOutcome::OutOfOrder);
        assert!(
            recorded.said.is_empty() && recorded.found.is_empty() && recorded.counted.is_empty()
        );
        for it in &self.items {
            let item = self.shop.item(&it.sku);
            assert_eq!(before.item(item), self.shop.ledger.item(item));
        }
        self.tally.late += 1;
    }

    fn plain_line(&self, item: usize, counting: Counting) -> Line {
        let it = &self.items[item];
        let number = it.number(counting).max(0) / it.pack;
        let code = it.code.as_str().into();
        Line { line: item as u64 + 1, code, quantity: Some(number as u64), ..Line::default() }
    }

    /// What the file says of the item, and what that is in our units.
    fn line(&mut self, item: usize, counting: Counting, flaws: Flaws) -> (Line, Option<i64>) {
        let mut line = self.plain_line(item, counting);
        let pack = self.items[item].pack;
        let mut number = line.quantity.unwrap_or(0) as i64;
        if flaws.blank {
            line.quantity = None;
            return (line, None);
        }
        // They send whole packs where we count pieces, or pieces where we count packs.
        let packs = [6, 10, 12, 24].into_iter().filter(|it| number % it == 0 && number / it > 1);
        let packs: Vec<i64> = packs.collect();
        if flaws.wrong_pack && pack > 1 {
            number *= pack;
        } else if flaws.wrong_pack && !packs.is_empty() {
            number /= self.dice.of(&packs);
        }
        line.quantity = Some(number as u64);
        (line, Some(number * pack))
    }

    fn judge(&mut self, item: usize, at: Counting, theirs: Option<i64>, said: &SnapshotRecorded) {
        let it = &self.items[item];
        let means = self.shop.ledger.item_of_code(
            SupplierNo(0),
            &Sku::new(&it.code).unwrap(),
            minute(at.as_of),
        );
        let (Some(theirs), true) = (theirs, means.is_some()) else { return };
        let mut by_kind = it.apart(at);
        let mistaken = theirs - it.number(at);
        if mistaken != 0 {
            by_kind.push((DifferenceKind::PackMistake, mistaken));
        }
        let apart: i64 = by_kind.iter().map(|(_, units)| units).sum();
        let number = self.shop.item(&it.sku);
        let witness = Witness::Feed(FeedId::new("F").unwrap());
        let location = LocationId::new("L").unwrap();
        let open = self.shop.ledger.open_difference(number, &witness, Some(&location));
        let open = open.map(|it| it.difference.clone());
        let counted = said.counted.iter().any(|line| line.sku.as_str() == it.sku);
        let true_kinds = true_kinds(&by_kind, apart);
        if mistaken == 0 {
            self.watched[item].said = at.truly;
        }
        if counted {
            let kind = true_kinds.first().copied().unwrap_or(DifferenceKind::UnexplainedGain);
            self.cause(item, kind, apart, NEVER, at.as_of);
            return;
        }
        let sightings =
            if self.watched[item].apart == apart { self.watched[item].sightings + 1 } else { 1 };
        (self.watched[item].apart, self.watched[item].sightings) = (apart, sightings);
        if apart == 0 {
            self.tally.invented += u64::from(open.is_some());
            return;
        }
        if apart.abs() <= TOLERANCE {
            return;
        }
        let figures = |it: &Difference| it.theirs.map(|theirs| theirs - it.ours);
        if let Some(open) = open.as_ref().filter(|it| figures(it) != Some(apart)) {
            // A mistaken pack leaves what was open as it was.
            if mistaken != 0 {
                self.tally.behind += 1;
                return;
            }
            let about =
                format!("seed {} {} {open:?} is {apart} {by_kind:?} {at:?}", self.seed, it.sku);
            self.tally.wrong.push(about);
        }
        let verdict = open.map(|it| it.kind);
        let truth = verdict.filter(|it| true_kinds.contains(it)).or(true_kinds.first().copied());
        let table = match sightings {
            1 if by_kind.len() == 1 => &mut self.tally.first,
            1 => &mut self.tally.mixed,
            2 => &mut self.tally.second,
            _ => return,
        };
        *table.entry((truth.unwrap(), verdict)).or_default() += 1;
        if std::env::var("SHOW").is_ok() && verdict.is_some_and(|it| !true_kinds.contains(&it)) {
            println!(
                "seed {} {} {by_kind:?} called {verdict:?} {at:?}",
                self.seed, self.items[item].sku
            );
        }
        if sightings == 2 {
            self.settle(item, at, &by_kind, apart);
        }
    }

    /// Somebody who knows: what is gone or there for good is counted, and goods that are for sale
    /// already are passed.
    fn settle(&mut self, item: usize, at: Counting, by_kind: &[(DifferenceKind, i64)], apart: i64) {
        let only = |kinds: &[DifferenceKind]| by_kind.iter().all(|(it, _)| kinds.contains(it));
        let sku = self.items[item].sku.clone();
        use DifferenceKind as Kind;
        if only(&[Kind::UnexplainedLoss, Kind::UnexplainedGain, Kind::FirstSeen]) {
            let book = self.shop.cell(&sku, "L").sellable;
            // Only where nothing moved since: then the count of now is that of then.
            let ours: i64 = {
                let it = &self.items[item];
                it.causes.iter().filter(|it| it.ours <= at.as_of).map(|it| it.units).sum()
            };
            if book != ours {
                self.watched[item].sightings = 1;
                return;
            }
            let counted = book + apart;
            let line = json!([{ "sku": sku, "quantity": counted }]);
            let count = json!({ "location": "L", "counted_at": minute(at.as_of), "lines": line });
            self.shop.ask(json!({ "count_stock": count })).unwrap();
            self.cause(item, by_kind[0].0, apart, NEVER, at.as_of);
        } else if only(&[Kind::SilentRestock]) && apart > 0 {
            let line = json!([{ "sku": sku, "passed": apart }]);
            let inspect = json!({ "inspect_stock": { "location": "L", "lines": line } });
            if self.shop.ask(inspect).is_ok() {
                self.cause(item, Kind::SilentRestock, apart, NEVER, self.now);
            }
        }
    }

    fn rename(&mut self, item: usize) {
        if !self.watched[item].nameless {
            self.items[item].code = format!("{}N", self.items[item].code);
            self.watched[item].nameless = true;
        }
    }

    /// What is not named any more may be so few that it settles itself.
    fn note_gone(
        &mut self,
        at: Counting,
        said: &SnapshotRecorded,
        reported: &[Option<Option<i64>>; ITEMS],
    ) {
        for line in &said.counted {
            let item = self.items.iter().position(|it| it.sku == line.sku.as_str()).unwrap();
            if reported[item].is_none() || self.watched[item].nameless {
                let units = line.counted as i64 - line.book;
                self.cause(item, DifferenceKind::VanishedSku, units, NEVER, at.as_of);
            }
        }
    }

    /// What became of codes that nobody knows: somebody says in the end what they mean.
    fn see_renamed(
        &mut self,
        at: Counting,
        complete: bool,
        said: &SnapshotRecorded,
        reported: &[Option<Option<i64>>; ITEMS],
    ) {
        for item in 0..ITEMS {
            if !self.watched[item].nameless || reported[item].is_none() {
                continue;
            }
            let it = &self.items[item];
            let code = Sku::new(&it.code).unwrap();
            let found = said
                .found
                .iter()
                .find(|found| found.supplier_sku.as_ref() == Some(&code) && found.sku.is_none());
            if let Some(found) = found.filter(|_| complete) {
                self.tally.renamed += 1;
                let first = found.suggestions.first();
                self.tally.suggested +=
                    u64::from(first.is_some_and(|first| first.sku.as_str() == it.sku));
            }
            let number = self.shop.item(&it.sku);
            let gone = self.shop.ledger.item(number).supplied.as_ref();
            let gone = gone.and_then(|it| it.said_by(FeedNo(0))).map_or(0, |it| it.missing);
            if gone < 2 && !self.dice.percent(30) {
                continue;
            }
            if gone == 2 {
                self.judge_vanished(item, at);
            }
            let open = self.shop.ledger.open_unknown(SupplierNo(0), &code);
            let it = &self.items[item];
            let line = json!({ "supplier_sku": it.code, "sku": it.sku, "pack": it.pack });
            let former = it.code.strip_suffix('N').unwrap_or(&it.code);
            self.shop.fact(json!({ "supplier_sku_mapped": {
                "supplier": "S", "lines": [{ "supplier_sku": former }, line],
                "settled": open.into_iter().collect::<Vec<u64>>() } }));
            self.watched[item].nameless = false;
        }
    }

    fn judge_vanished(&mut self, item: usize, at: Counting) {
        let it = &self.items[item];
        let there: i64 = it.causes.iter().filter(|it| it.ours <= at.as_of).map(|it| it.units).sum();
        let number = self.shop.item(&it.sku);
        let witness = Witness::Feed(FeedId::new("F").unwrap());
        let location = LocationId::new("L").unwrap();
        let open = self.shop.ledger.open_difference(number, &witness, Some(&location));
        if there > TOLERANCE {
            let verdict = open.map(|it| it.difference.kind);
            *self.tally.first.entry((DifferenceKind::VanishedSku, verdict)).or_default() += 1;
        }
    }
}

/// The kinds that make up most of a difference.
fn true_kinds(by_kind: &[(DifferenceKind, i64)], apart: i64) -> Vec<DifferenceKind> {
    let same = |units: &i64| apart == 0 || units.signum() == apart.signum();
    let most = by_kind.iter().map(|(_, it)| it).filter(|it| same(it)).map(|it| it.abs()).max();
    let kinds = by_kind.iter().filter(|(_, it)| same(it) && Some(it.abs()) == most);
    kinds.map(|(kind, _)| *kind).collect()
}
