//! One history: orders, a supplier's life, snapshots good and bad, and somebody who settles.

use std::collections::BTreeMap;

use onhand_core::*;
use serde_json::json;

use crate::dice::Dice;
use crate::shop::{Shop, minute};
use crate::tally::Tally;
use crate::world::{Cause, Counting, Item, NEVER, OurOrder};

pub const ITEMS: usize = 12;
const SNAPSHOTS: u64 = 9;
/// As the feed's terms say.
pub const TOLERANCE: i64 = 1;
pub const MISSING_PERCENT: u64 = 40;

pub enum Action {
    Commit { item: usize, units: i64, late: bool },
    Ship { item: usize, order: usize, dated: bool },
    Return { item: usize, units: i64 },
    Receive { item: usize, cause: usize },
    Expect { item: usize, cause: usize, at: u64 },
    Snapshot(Counting, [Flaws; ITEMS]),
}

#[derive(Clone, Copy, Default)]
pub struct Watched {
    /// The difference that was seen last, and how often in a row.
    pub apart: i64,
    pub sightings: u64,
    /// The moment of the last number that was believed, and the one that it claimed.
    pub said: u64,
    pub claimed: u64,
    /// The last number was in wrong packs: what it hides is the supplier's own word.
    pub misled: bool,
    /// Its code is not known to us yet.
    pub nameless: bool,
}

/// What is wrong with an item's line in one snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flaws {
    pub blank: bool,
    pub wrong_pack: bool,
    pub renamed: bool,
}

pub struct History {
    pub seed: u64,
    pub shop: Shop,
    pub dice: Dice,
    pub basis: Basis,
    /// After so many minutes they know of an order, and whether they say up to when they do.
    pub delay: u64,
    pub says_seen: bool,
    pub items: Vec<Item>,
    pub watched: Vec<Watched>,
    pub queue: BTreeMap<(u64, u64), Action>,
    pub now: u64,
    pub names: u64,
    pub tally: Tally,
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
            "tolerance": { "units": TOLERANCE }, "breakers": { "missing_percent": MISSING_PERCENT } });
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

    pub fn cause(
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
    /// since without a word. A loss that hides behind goods of theirs that we book later, and a
    /// number in wrong packs, are counted apart.
    fn check_promise(&mut self, item: usize) {
        let (known, it) = (&self.items[item], self.watched[item]);
        let unsaid = known.gone_unsaid(it.said, self.now);
        let beyond = known.promised(self.now) - known.truly(self.now) - unsaid - TOLERANCE;
        if beyond > 0 && it.misled {
            self.tally.misled += 1;
        } else if beyond > 0 && beyond <= known.hidden(it.said, it.claimed, self.now) {
            self.tally.hidden += 1;
        } else if beyond > 0 {
            let sku = &known.sku;
            self.tally
                .oversold
                .push(format!("seed {} minute {} {sku} {beyond}", self.seed, self.now));
        }
    }
}
