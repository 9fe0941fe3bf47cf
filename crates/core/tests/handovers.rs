//! Handovers over random histories: nothing is handed over twice, nothing is forgotten, and what
//! waits is what a naive recomputation says.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use onhand_core::*;
use serde_json::{Value, json};

const BEGIN_US: u64 = 1_767_225_600_000_000;
const SEED: u64 = 20_260_326;
const HISTORIES: u64 = 100;
const STEPS: u64 = 120;

const LOCATIONS: [&str; 4] = ["A", "D", "E", "F"];
const SUPPLIERS: [(&str, &[&str]); 2] = [("S", &["D", "E"]), ("T", &["F"])];

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (it ^ (it >> 31)) % bound
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

type Place = (OrderId, LineRef, LocationId);

/// What the entries alone say of an order line at a location.
#[derive(Clone, Copy, Default)]
struct Naive {
    committed: u64,
    handed: u64,
    shipped: u64,
}

struct Shop {
    ledger: Ledger,
    entries: Vec<(Time, Entry)>,
    naive: BTreeMap<Place, Naive>,
    now: Time,
    handovers: u64,
    orders: u64,
}

impl Shop {
    fn new() -> Shop {
        let mut shop = Shop {
            ledger: Ledger::new(LedgerId::new("shop").unwrap()),
            entries: Vec::new(),
            naive: BTreeMap::new(),
            now: Time(BEGIN_US),
            handovers: 0,
            orders: 0,
        };
        for sku in ["W", "G", "K"] {
            shop.run(json!({ "register_item": { "sku": sku } }));
        }
        let parts = json!([{ "sku": "W", "quantity": 2 }, { "sku": "G", "quantity": 1 }]);
        shop.run(json!({ "define_kit": { "sku": "K", "parts": parts } }));
        shop.run(json!({ "register_location": { "location": "A" } }));
        for (supplier, places) in SUPPLIERS {
            for location in places {
                let place =
                    json!({ "location": location, "kind": "supplier", "supplier": supplier });
                shop.run(json!({ "register_location": place }));
            }
        }
        let channel = json!({ "channel": "web", "locations": ["D", "A", "E", "F"] });
        shop.run(json!({ "register_channel": channel }));
        let terms = json!({ "supplier": "S", "cut_off": "16:30", "time_zone": "Europe/Berlin",
            "confirm_within": 90, "on_shortage": "reroute" });
        shop.run(json!({ "set_supplier": terms }));
        shop
    }

    /// As a caller would: what is refused changes nothing.
    fn run(&mut self, command: Value) -> Option<Entry> {
        let mut command: Command = serde_json::from_value(command).expect("a command");
        if let Command::ReverseEntry(it) = &mut command {
            let found = self.entries.iter().find(|(_, entry)| entry.position == it.position);
            it.entry = found.map(|(_, entry)| Box::new(entry.clone()));
        }
        let envelope = json!({ "id": format!("c{}", self.entries.len()), "request": "" });
        let envelope = serde_json::from_value(envelope).unwrap();
        let request = Request { ledger: self.ledger.id().clone(), envelope, command };
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request).ok()?;
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.record(&entry);
        self.entries.push((self.now, entry.clone()));
        Some(entry)
    }

    fn record(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::OrderCommitted(it) => {
                for line in &it.lines {
                    self.give(&it.order, &line.r#ref, &line.at);
                    self.give(&it.order, &line.r#ref, &line.from_hold);
                }
            }
            Fact::OrderCancelled(it) => {
                it.lines.iter().for_each(|line| self.take(&it.order, &line.r#ref, &line.at));
            }
            Fact::OrderRelocated(it) => {
                for line in &it.lines {
                    self.take(&it.order, &line.r#ref, &line.from);
                    self.give(&it.order, &line.r#ref, &line.to);
                }
            }
            Fact::OrderShipped(it) => {
                for line in &it.lines {
                    self.note_shipped(&it.order, &line.r#ref, &line.released);
                }
            }
            Fact::EntryReversed(it) => {
                for line in &it.unshipped {
                    self.note_unshipped(it.order.as_ref().unwrap(), &line.r#ref, &line.released);
                }
            }
            Fact::OrdersHandedOver(it) => it.lines.iter().for_each(|line| self.hand(line)),
            Fact::HandoverConfirmed(it) => {
                for line in &it.short {
                    for split in &line.from {
                        let known = self.at(&line.order, &line.r#ref, &split.location);
                        known.handed -= split.quantity.units();
                    }
                    self.take(&line.order, &line.r#ref, &line.from);
                    self.give(&line.order, &line.r#ref, &line.to);
                }
            }
            _ => {}
        }
        // What is committed no more was called off.
        self.naive.values_mut().for_each(|it| it.handed = it.handed.min(it.committed));
    }

    fn at(&mut self, order: &OrderId, line: &LineRef, location: &LocationId) -> &mut Naive {
        self.naive.entry((order.clone(), line.clone(), location.clone())).or_default()
    }

    fn give(&mut self, order: &OrderId, line: &LineRef, at: &[Split]) {
        for split in at {
            self.at(order, line, &split.location).committed += split.quantity.units();
        }
    }

    fn take(&mut self, order: &OrderId, line: &LineRef, at: &[Split]) {
        for split in at {
            self.at(order, line, &split.location).committed -= split.quantity.units();
        }
    }

    fn note_shipped(&mut self, order: &OrderId, line: &LineRef, at: &[Split]) {
        for split in at {
            let known = self.at(order, line, &split.location);
            known.committed -= split.quantity.units();
            let given = known.handed.min(split.quantity.units());
            known.handed -= given;
            known.shipped += given;
        }
    }

    fn note_unshipped(&mut self, order: &OrderId, line: &LineRef, at: &[Split]) {
        for split in at {
            let known = self.at(order, line, &split.location);
            known.committed += split.quantity.units();
            let given = known.shipped.min(split.quantity.units());
            known.shipped -= given;
            known.handed += given;
        }
    }

    /// Units are given to a supplier only if they are committed there and were not given before.
    fn hand(&mut self, line: &HandedLine) {
        let known = self.at(&line.order, &line.r#ref, &line.location);
        known.handed += line.quantity.units();
        assert!(known.handed <= known.committed, "{line:?} is handed over twice");
    }

    fn assert_state(&self) {
        for ((order, line, location), naive) in &self.naive {
            let at = self.ledger.location_no(location).unwrap();
            let known = self.ledger.order(order).and_then(|it| it.line(line)).unwrap();
            assert_eq!(known.committed_there(at), naive.committed, "{order} {line} at {location}");
            assert_eq!(known.handed_there(at), naive.handed, "{order} {line} at {location}");
        }
        for (supplier, places) in SUPPLIERS {
            let Some(number) = self.ledger.supplier_no(&SupplierId::new(supplier).unwrap()) else {
                continue;
            };
            let ours = |it: &&(&Place, &Naive)| places.contains(&it.0.2.as_str());
            let waits = |it: &&(&Place, &Naive)| it.1.committed > it.1.handed;
            let all: Vec<_> = self.naive.iter().collect();
            let waiting = all.iter().filter(ours).filter(waits);
            let orders: BTreeSet<&OrderId> = waiting.clone().map(|it| &it.0.0).collect();
            let known: BTreeSet<&OrderId> = self.ledger.waiting(number).collect();
            assert_eq!(known, orders);
            let units: u64 = waiting.map(|it| it.1.committed - it.1.handed).sum();
            let (lines, more) = self.ledger.handed_lines(number, self.now, usize::MAX);
            assert!(!more);
            assert_eq!(lines.iter().map(|it| it.quantity.units()).sum::<u64>(), units);
        }
    }

    /// Entries written as JSON and read again give the same ledger, and so does a checkpoint.
    fn assert_again(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for (time, entry) in &self.entries {
            let text = serde_json::to_string(entry).unwrap();
            replayed.evolve(&serde_json::from_str(&text).unwrap(), *time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
        let mut read = Ledger::from_frame(self.ledger.frame());
        self.ledger.items().iter().for_each(|it| read.put_item(it.clone()));
        self.ledger.orders().for_each(|(id, it)| read.put_order(id.clone(), it.clone()));
        self.ledger.holds().for_each(|(id, it)| read.put_hold(id.clone(), it.clone()));
        self.ledger.pools().iter().for_each(|it| read.put_pool(it.clone()));
        self.ledger.discrepancies().for_each(|it| read.put_discrepancy(it.clone()));
        self.ledger.handovers().for_each(|it| read.put_handover(it.clone()));
        assert!(read == self.ledger, "the checkpoint tells another book");
    }

    fn step(&mut self, dice: &mut Dice) {
        let command = match dice.below(16) {
            0 | 1 => self.receive(dice),
            2..=5 => self.commit(dice),
            6 => self.cancel(dice),
            7 | 8 => self.ship(dice),
            9 => self.relocate(dice),
            10 | 11 => self.hand_over(dice),
            12 | 13 => self.confirm(dice),
            14 => json!({ "reverse_entry": {
                "position": 1 + dice.below(self.ledger.position()), "reason": "did_not_occur" } }),
            _ => {
                self.now = self.now.plus_seconds(600 * dice.below(90));
                self.do_due();
                // The second supplier becomes known when orders wait for it already.
                json!({ "set_supplier": { "supplier": "T", "cut_off": "03:00", "confirm_within": 5 } })
            }
        };
        self.run(command);
    }

    fn do_due(&mut self) {
        while let Some(due) = self.ledger.due(self.now, 1).pop() {
            let command = match due {
                Due::CutOff(supplier, handover, _) => {
                    json!({ "hand_over_orders": { "supplier": supplier, "handover": handover } })
                }
                Due::Missed(supplier, handover, _) => {
                    json!({ "miss_handover": { "supplier": supplier, "handover": handover } })
                }
                other => panic!("{other:?} is not expected"),
            };
            assert!(self.run(command).is_some(), "what is due was refused");
        }
    }

    fn receive(&self, dice: &mut Dice) -> Value {
        let lines = json!([{ "sku": dice.of(&["W", "G", "K"]), "quantity": 1 + dice.below(20) }]);
        json!({ "receive_stock": { "location": dice.of(&LOCATIONS), "lines": lines } })
    }

    fn commit(&mut self, dice: &mut Dice) -> Value {
        self.orders += 1;
        let line = |dice: &mut Dice| {
            let mut line =
                json!({ "sku": dice.of(&["W", "G", "K"]), "quantity": 1 + dice.below(6) });
            if dice.chance(40) {
                line["location"] = dice.of(&LOCATIONS).into();
            }
            line
        };
        let lines: Vec<Value> = (0..1 + dice.below(3)).map(|_| line(dice)).collect();
        let if_short = if dice.chance(20) { "accept_oversold" } else { "refuse" };
        json!({ "commit_order": { "order": format!("O{}", self.orders), "channel": "web",
            "lines": lines, "if_short": if_short } })
    }

    fn cancel(&self, dice: &mut Dice) -> Value {
        let order = dice_order(self, dice);
        let lines = match dice.chance(50) {
            true => json!([]),
            false => json!([{ "ref": "1", "quantity": 1 + dice.below(3) }]),
        };
        json!({ "cancel_order": { "order": order, "lines": lines } })
    }

    fn ship(&self, dice: &mut Dice) -> Value {
        let order = dice_order(self, dice);
        let mut line = json!({ "ref": dice.of(&["1", "2", "1.1"]), "quantity": 1 + dice.below(4) });
        if dice.chance(20) {
            line["location"] = dice.of(&LOCATIONS).into();
        }
        let lines = if dice.chance(40) { json!([]) } else { json!([line]) };
        json!({ "ship_order": { "order": order, "lines": lines } })
    }

    fn relocate(&self, dice: &mut Dice) -> Value {
        let line = json!({ "ref": dice.of(&["1", "2", "1.1"]), "to": dice.of(&LOCATIONS) });
        json!({ "relocate_order": { "order": dice_order(self, dice), "lines": [line] } })
    }

    fn hand_over(&mut self, dice: &mut Dice) -> Value {
        self.handovers += 1;
        let name = format!("H{}", self.handovers);
        json!({ "hand_over_orders": { "supplier": dice.of(&["S", "T"]), "handover": name } })
    }

    /// Of any handover, with shortages of any of its lines.
    fn confirm(&self, dice: &mut Dice) -> Value {
        let mut all: Vec<&Handover> = self.ledger.handovers().collect();
        all.sort_by_key(|it| it.position);
        if all.is_empty() {
            return json!({ "confirm_handover": { "supplier": "S", "handover": "none" } });
        }
        let known = all[dice.below(all.len() as u64) as usize];
        let mut short: BTreeMap<(String, String), u64> = BTreeMap::new();
        for line in &known.told.lines {
            if dice.chance(40) {
                let units = 1 + dice.below(line.quantity.units());
                let name = (line.order.to_string(), line.r#ref.to_string());
                *short.entry(name).or_default() += units;
            }
        }
        let line = |((order, name), units)| json!({ "order": order, "ref": name, "short": units });
        let short: Vec<Value> = short.into_iter().map(line).collect();
        let action = dice.of(&["keep", "cancel", "reroute"]);
        json!({ "confirm_handover": { "supplier": known.told.supplier,
            "handover": known.told.handover, "short": short, "on_shortage": action } })
    }
}

fn dice_order(shop: &Shop, dice: &mut Dice) -> String {
    format!("O{}", 1 + dice.below(shop.orders.max(1)))
}

#[test]
fn what_waits_is_handed_over_once_in_any_history() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let (mut handed, mut confirmed, mut missed, mut moved) = (0, 0, 0, 0);
    for _ in 0..HISTORIES {
        let mut shop = Shop::new();
        for _ in 0..STEPS {
            shop.step(&mut dice);
            shop.assert_state();
        }
        shop.assert_again();
        for (_, entry) in &shop.entries {
            match &entry.fact {
                Fact::OrdersHandedOver(it) => handed += it.lines.len(),
                Fact::HandoverConfirmed(it) => {
                    confirmed += 1;
                    moved += it.short.iter().filter(|it| !it.to.is_empty()).count();
                }
                Fact::HandoverMissed(_) => missed += 1,
                _ => {}
            }
        }
    }
    // The histories are worth something only if all of it happens in them.
    println!("handed {handed}, confirmed {confirmed}, missed {missed}, moved {moved}");
    assert!(handed > 500 && confirmed > 100 && missed > 50 && moved > 20);
}
