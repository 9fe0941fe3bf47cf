//! Random histories of pools: what they hold, give and lose always adds up, and nothing is due for ever.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "model/checkpoint.rs"]
mod checkpoint;

use std::collections::BTreeMap;

use checkpoint::Checkpoint;
use onhand_core::*;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const BEGIN_US: u64 = 1_000_000_000_000;
/// Units that every channel may promise beyond what is there.
const OVERSELL: i64 = 2;

/// One random command: `verb` says which, the numbers what about.
#[derive(Clone, Debug)]
struct Op {
    verb: u8,
    pause: u64,
    /// The writer sees to what is due before it.
    due: bool,
    pool: u8,
    other: u8,
    item: u8,
    place: u8,
    units: u64,
}

fn op() -> impl Strategy<Value = Op> {
    (0..20u8, 0..8u64, any::<bool>(), 0..5u8, 0..5u8, 0..2u8, 0..3u8, 1..9u64).prop_map(
        |(verb, pause, due, pool, other, item, place, units)| Op {
            verb,
            pause,
            due,
            pool,
            other,
            item,
            place,
            units,
        },
    )
}

struct Shop {
    ledger: Ledger,
    checkpoint: Checkpoint,
    entries: Vec<(Time, Entry)>,
    now: Time,
}

impl Shop {
    fn new() -> Shop {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let checkpoint = Checkpoint::new(ledger.clone());
        let mut shop = Shop { ledger, checkpoint, entries: Vec::new(), now: Time(BEGIN_US) };
        for (verb, fields) in [
            ("register_item", json!({ "sku": "W" })),
            ("register_item", json!({ "sku": "G" })),
            ("register_location", json!({ "location": "A" })),
            ("register_location", json!({ "location": "B" })),
            ("register_channel", json!({ "channel": "web", "locations": ["A", "B"] })),
            ("register_channel", json!({ "channel": "club", "locations": ["B", "A"] })),
            ("set_policy", json!({ "set": { "oversell": { "limit": OVERSELL } } })),
            ("set_policy", json!({ "channel": "club", "set": { "exclusive": true } })),
        ] {
            shop.ask(verb, fields).unwrap();
        }
        shop
    }

    fn run(&mut self, op: &Op) {
        self.now = self.now.plus_seconds(op.pause);
        if op.due {
            self.see_to_what_is_due();
        }
        let (verb, fields) = self.command(op);
        let bound = fields["if_short"] != "accept_oversold";
        let Ok(entry) = self.ask(verb, fields) else { return };
        if bound {
            self.assert_promise(&entry);
        }
        self.assert_sums();
    }

    fn command(&self, op: &Op) -> (&'static str, Value) {
        let sku = ["W", "G"][op.item as usize];
        let line = json!({ "sku": sku, "quantity": op.units });
        match op.verb {
            0..=4 => shelf_command(op, line),
            5..=11 => self.pool_command(op, line),
            _ => self.promise(op, &line),
        }
    }

    fn pool_command(&self, op: &Op, mut line: Value) -> (&'static str, Value) {
        if op.place < 2 {
            line["location"] = location(op).into();
        }
        let pool = format!("P{}", op.pool);
        match op.verb {
            5..=7 => ("open_pool", self.opening(op, &line)),
            8 => {
                let tranche = format!("T{}", op.other % 2);
                ("release_tranche", json!({ "pool": pool, "tranche": tranche }))
            }
            9 | 10 => {
                let mut fields = json!({ "lines": [line] });
                let ends = op.units % 3;
                if ends != 0 {
                    fields["from"] = pool.into();
                }
                if ends != 1 {
                    fields["to"] = format!("P{}", op.other).into();
                }
                ("move_pool", fields)
            }
            _ => ("close_pool", json!({ "pool": pool })),
        }
    }

    fn promise(&self, op: &Op, line: &Value) -> (&'static str, Value) {
        let order = format!("O{}", op.pool);
        match op.verb {
            12..=14 => {
                let fields = json!({
                    "hold": format!("H{}", self.entries.len()), "owner": "cart",
                    "channel": channel(op), "expires_in": 1 + op.units, "lines": [line],
                });
                ("hold_stock", fields)
            }
            15 => {
                let latest = self.ledger.holds().map(|(id, it)| (it.position, id)).max();
                let hold = latest.map_or("none", |(_, id)| id.as_str());
                let order = format!("O{}", self.entries.len());
                match op.other {
                    0 => ("release_hold", json!({ "hold": hold })),
                    _ => ("commit_order", json!({ "order": order, "hold": hold })),
                }
            }
            16 | 17 => {
                let short = if op.place == 0 { "accept_oversold" } else { "refuse" };
                let fields = json!({
                    "order": order, "channel": channel(op), "lines": [line], "if_short": short,
                });
                ("commit_order", fields)
            }
            18 => ("cancel_order", json!({ "order": order })),
            _ => ("ship_order", json!({ "order": order })),
        }
    }

    fn opening(&self, op: &Op, line: &Value) -> Value {
        let mut fields = json!({
            "pool": format!("P{}", op.pool), "channel": channel(op),
            "draw": if op.other > 2 { "only" } else { "first" }, "priority": op.units % 2,
            "lines": [line],
        });
        if op.units > 4 {
            fields["ends_at"] = json!(self.now.plus_seconds(10 + op.units));
        }
        if op.verb > 5 {
            let tranche = |number: u64| {
                json!({
                    "tranche": format!("T{number}"), "release_at": self.now.plus_seconds(number * 5),
                    "lines": [{ "sku": line["sku"], "quantity": op.units.div_ceil(3) }],
                })
            };
            fields["tranches"] =
                json!([tranche(0), tranche(1)][..if op.units > 1 { 2 } else { 1 }]);
        }
        fields
    }

    fn ask(&mut self, verb: &str, fields: Value) -> Result<Entry, Rejection> {
        let command = serde_json::from_value(json!({ verb: fields })).unwrap();
        self.book(command)
    }

    fn book(&mut self, command: Command) -> Result<Entry, Rejection> {
        let envelope = Envelope {
            id: CommandId::new(&format!("c{}", self.entries.len())).unwrap(),
            request: "".into(),
            occurred_at: None,
            actor: None,
            source: None,
            source_event: None,
            cause: None,
            traceparent: None,
            metadata: BTreeMap::new(),
        };
        let request = Request { ledger: self.ledger.id().clone(), envelope, command };
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request)?;
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        self.checkpoint.write(&entry, self.now);
        self.entries.push((self.now, entry.clone()));
        Ok(entry)
    }

    /// As the writer does: nothing that is due is refused, and it comes to an end.
    fn see_to_what_is_due(&mut self) {
        for _ in 0..200 {
            let Some(due) = self.ledger.due(self.now, 1).into_iter().next() else {
                assert!(self.ledger.next_due().is_none_or(|at| at > self.now));
                return;
            };
            let command = match due {
                Due::Hold(hold, _) => Command::ExpireHold(ExpireHold { hold }),
                Due::Tranche(pool, tranche, ..) => {
                    Command::ReleaseTranche(ReleaseTranche { pool, tranche })
                }
                Due::PoolEnd(pool, _) => Command::ClosePool(ClosePool { pool }),
                Due::Shortage(_) => Command::ShrinkPools(ShrinkPools {}),
                Due::Step(feed, tier, step, _) => Command::StepFeed(StepFeed { feed, tier, step }),
                Due::CutOff(supplier, handover, _) => {
                    Command::HandOverOrders(HandOverOrders { supplier, handover })
                }
                Due::Missed(supplier, handover, _) => {
                    Command::MissHandover(MissHandover { supplier, handover })
                }
            };
            self.book(command).unwrap();
            self.assert_sums();
        }
        panic!("what is due stays due");
    }

    /// A promise that the rules allowed leaves nobody further in debt than they allow.
    fn assert_promise(&self, entry: &Entry) {
        let mut skus = Vec::new();
        let channel = match &entry.fact {
            Fact::StockHeld(it) => {
                skus.extend(it.lines.iter().map(|it| &it.sku));
                &it.channel
            }
            Fact::OrderCommitted(it) if it.hold.is_none() => {
                let new = it.lines.iter().filter(|it| !it.at.is_empty());
                skus.extend(new.map(|it| &it.sku));
                &it.channel
            }
            _ => return,
        };
        let channel = channel.as_ref().and_then(|it| self.ledger.channel_no(it));
        let who = Claimant { channel, ..Claimant::default() };
        for sku in skus {
            let item = self.ledger.item_no(sku).unwrap();
            let offer = self.ledger.offer(item, &who, None, self.now);
            assert!(offer.reservable() >= Some(0), "{offer:?} after {entry:?}");
        }
    }

    fn assert_sums(&self) {
        for (number, item) in self.ledger.items().iter().enumerate() {
            let number = ItemNo(number as u32);
            for cell in &item.cells {
                let parts = self.ledger.pools().iter().filter_map(|it| it.part(number));
                let pooled: i64 = parts.map(|it| it.left_at(cell.location)).sum();
                assert_eq!(cell.pooled, pooled, "{} at {:?}", item.sku, cell.location);
            }
        }
        for (number, pool) in self.ledger.pools().iter().enumerate() {
            for part in &pool.parts {
                let claimed = self.claimed(PoolNo(number as u32), part.item);
                assert!(claimed <= part.drawn, "{claimed} are promised of {part:?}");
                let listed = self.ledger.item(part.item).pools().contains(&PoolNo(number as u32));
                assert_eq!(listed, pool.closed.is_none());
                assert!(pool.closed.is_none() || part.left.is_empty(), "{pool:?}");
            }
        }
        for ((item, location), units) in self.ledger.short() {
            assert!(*units > 0 && self.ledger.pool_deficit(*item, *location) > 0);
        }
    }

    /// What live holds and orders have of a pool.
    fn claimed(&self, pool: PoolNo, item: ItemNo) -> u64 {
        let live = self.ledger.holds().filter(|(_, it)| it.state == HoldState::Live);
        let held = live.flat_map(|(_, it)| &it.lines).map(|it| (Some(&it.sku), &it.at));
        let lines = self.ledger.orders().flat_map(|(_, it)| &it.lines);
        let committed = lines.map(|it| (it.sku.as_ref(), &it.committed_at));
        let ours = held
            .chain(committed)
            .filter(|(sku, _)| sku.is_some_and(|sku| self.ledger.item_no(sku) == Some(item)));
        let spots = ours.flat_map(|(_, at)| at);
        spots.filter(|(spot, _)| spot.origin == Origin::Pool(pool)).map(|(_, units)| units).sum()
    }

    fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for (time, entry) in &self.entries {
            let text = serde_json::to_string(entry).unwrap();
            replayed.evolve(&serde_json::from_str(&text).unwrap(), *time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
        assert!(self.checkpoint.read() == self.ledger, "the checkpoint tells another book");
    }
}

fn location(op: &Op) -> &'static str {
    ["A", "B", "A"][op.place as usize]
}

fn channel(op: &Op) -> &'static str {
    ["web", "club"][op.other as usize % 2]
}

fn shelf_command(op: &Op, mut line: Value) -> (&'static str, Value) {
    if op.verb < 3 {
        return ("receive_stock", json!({ "location": location(op), "lines": [line] }));
    }
    line["condition"] = "sellable".into();
    ("write_off_stock", json!({ "location": location(op), "lines": [line] }))
}

proptest! {
    #[test]
    fn c23_pools_add_up_whatever_happens(ops in vec(op(), 1..120)) {
        let mut shop = Shop::new();
        for op in &ops {
            shop.run(op);
        }
        shop.now = shop.now.plus_seconds(1_000);
        shop.see_to_what_is_due();
        shop.assert_sums();
        assert!(shop.ledger.short().is_empty());
        shop.assert_replayed();
    }
}
