//! What is explained is what was available, at every position of a history.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;

use common::{Shard, name, second, shop};
use expect_test::expect_file;
use onhand_core::*;
use onhand_projector::{Amount, AvailabilityQuery, ExplainQuery, Missing, Projector};
use serde_json::{Value, json};

const SKUS: [&str; 5] = ["W", "G", "M", "KIT", "SLOT"];
const CHANNELS: [&str; 2] = ["web", "mall"];
const CAMPAIGNS: [Option<&str>; 2] = [None, Some("sale")];

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.roll(all.len() as u64) as usize]
    }
}

/// What was available once the entry at a position was recorded.
#[derive(Debug, PartialEq)]
struct Seen {
    position: u64,
    sku: &'static str,
    channel: &'static str,
    campaign: Option<&'static str>,
    reservable: Amount<i64>,
    published: Amount<u64>,
    terms: Option<Terms>,
}

struct History {
    shard: Shard,
    dice: Dice,
    seconds: u64,
    steps: u64,
    seen: Vec<Seen>,
    merged: bool,
}

impl History {
    fn begin(seed: u64) -> History {
        let mut shard = Shard::furnished();
        shard.run(&[
            ("register_item", json!({"sku": "M", "category": "cups"})),
            ("register_item", json!({"sku": "KIT", "category": "cups"})),
            ("register_item", json!({"sku": "SLOT"})),
            ("register_channel", json!({"channel": "mall", "locations": ["B"]})),
        ]);
        let mode = json!({"capacity": {"limit": 9, "window": "1d", "zone": "Asia/Shanghai"}});
        shard.record(json!({"mode_set": {"sku": "SLOT", "mode": mode}}));
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        History { shard, dice, seconds: 10, steps: 0, seen: Vec::new(), merged: false }
    }

    fn ledger(&self) -> &Ledger {
        self.shard.book.ledger(&shop()).unwrap()
    }

    fn step(&mut self) {
        self.steps += 1;
        self.seconds += self.dice.roll(40);
        self.shard.at(self.seconds);
        self.expire();
        match self.dice.roll(16) {
            0 | 1 => self.receive(),
            2..=4 => self.commit(),
            5 | 6 => self.hold(),
            7 => self.finish(),
            8 => self.adjust(),
            9 | 10 => self.set_rule(),
            11 => self.change_pool(),
            12 => self.open_pool(),
            13 => self.arrange(),
            14 => self.change_channel(),
            _ if self.steps > 150 && !self.merged => self.merge(),
            _ => self.receive(),
        }
        self.look();
    }

    /// Ends of holds are recorded first, as a writer would.
    fn expire(&mut self) {
        let now = self.shard.now;
        let due: Vec<HoldId> = self.ledger().overdue(now).map(|(id, _)| id.clone()).collect();
        for hold in due {
            self.shard.ok("expire_hold", json!({ "hold": hold }));
        }
    }

    fn line(&mut self, most: u64) -> Value {
        let sku = self.dice.of(&["W", "G", "M"]);
        json!({"sku": sku, "quantity": self.dice.roll(most) + 1})
    }

    fn receive(&mut self) {
        let (line, location) = (self.line(20), self.dice.of(&["A", "B"]));
        let inbound = json!({"location": location, "inbound": "ASN", "lines": [line]});
        let kit = json!({"location": location, "lines": [{"sku": "KIT", "quantity": 1}]});
        // The kit is assembled stock too, where it is not a part of anything.
        self.shard.run(&[("receive_stock", inbound), ("receive_stock", kit)]);
    }

    fn who(&mut self) -> Value {
        let channel = self.dice.of(&CHANNELS);
        match self.dice.roll(2) {
            0 => json!({"channel": channel}),
            _ => json!({"channel": channel, "campaign": "sale"}),
        }
    }

    fn commit(&mut self) {
        let mut order = self.who();
        order["order"] = json!(format!("O{}", self.steps));
        let slot = json!({"sku": "SLOT", "quantity": 1, "slot": self.shard.now});
        order["lines"] = match self.dice.roll(4) {
            0 => json!([slot]),
            _ => json!([self.line(6)]),
        };
        self.shard.run(&[("commit_order", order)]);
    }

    fn hold(&mut self) {
        let mut hold = self.who();
        hold["hold"] = json!(format!("H{}", self.steps));
        hold["owner"] = json!("cart");
        hold["expires_in"] = json!(self.dice.roll(200) + 1);
        hold["lines"] = json!([self.line(5)]);
        self.shard.run(&[("hold_stock", hold)]);
    }

    fn finish(&mut self) {
        let id = self.dice.roll(self.steps) + 1;
        let (order, hold) = (json!({"order": format!("O{id}")}), json!({"hold": format!("H{id}")}));
        let stem = self.dice.of(&["ship_order", "cancel_order"]);
        self.shard.run(&[(stem, order), ("release_hold", hold)]);
    }

    fn adjust(&mut self) {
        let (location, sku) = (self.dice.of(&["A", "B"]), self.dice.of(&["W", "G", "M"]));
        let change = self.dice.roll(7) as i64 - 5;
        let lines = json!([{"sku": sku, "change": if change == 0 { 1 } else { change }}]);
        let reason = json!({"code": "shrinkage"});
        self.shard.run(&[(
            "adjust_stock",
            json!({"location": location, "reason": reason, "lines": lines}),
        )]);
    }

    fn set_rule(&mut self) {
        let on_channel = self.dice.roll(2) == 0;
        let number = self.dice.roll(8) + 1;
        let (set, clear) = match (on_channel, self.dice.roll(8)) {
            (true, 0) => (json!({"buffer": {"units": number, "percent": 5}}), "end_when"),
            (true, 1) => (json!({"share_percent": 100 - 5 * number}), "oversell"),
            (true, 2) => (json!({"exclusive": number < 3}), "locations"),
            (true, 3) => (json!({"oversell": {"ratio": 100 + number}}), "buffer"),
            (true, 4) => (json!({"max_listed": 3 * number}), "share_percent"),
            (true, 5) => (json!({"end_when": number}), "exclusive"),
            (true, 6) => (json!({"sell_ahead_days": number}), "max_listed"),
            (true, _) => (json!({"locations": ["B", "A"]}), "sell_ahead_days"),
            (false, 0..=3) => (json!({"safety": {"units": number}}), "trust_percent"),
            (false, _) => (json!({"trust_percent": 100 - 3 * number}), "safety"),
        };
        let mut policy = json!({"set": set});
        if self.dice.roll(3) == 0 {
            policy["clear"] = json!([clear]);
        }
        match self.dice.roll(3) {
            0 => policy["sku"] = json!(self.dice.of(&SKUS)),
            1 => policy["category"] = json!("cups"),
            _ => {}
        }
        match (on_channel, self.dice.roll(2)) {
            (true, 0) => policy["channel"] = json!(self.dice.of(&CHANNELS)),
            (false, 0) => policy["location"] = json!(self.dice.of(&["A", "B"])),
            _ => {}
        }
        self.shard.run(&[("set_policy", policy)]);
    }

    fn open_pool(&mut self) {
        let sku = self.dice.of(&["W", "G", "M"]);
        let units = self.dice.roll(5) + 1;
        let item = self.ledger().item_no(&name(sku)).unwrap();
        let location = self.ledger().location_no(&name("A")).unwrap();
        if self.ledger().free(item, location, self.shard.now) < units as i64 {
            return;
        }
        let mut pool = json!({"pool": format!("P{}", self.steps), "draw": "first",
            "priority": self.dice.roll(3),
            "lines": [{"sku": sku, "at": [{"location": "A", "quantity": units}]}]});
        match self.dice.roll(2) {
            0 => pool["channel"] = json!(self.dice.of(&CHANNELS)),
            _ => pool["campaign"] = json!("sale"),
        }
        // Tranches of an item that is merged away are told by the item that it became.
        if self.dice.roll(2) == 0 && sku == "W" {
            let line = json!([{"sku": sku, "quantity": units}]);
            let at = second(self.seconds + self.dice.roll(300));
            pool["tranches"] = json!([{"tranche": "T", "release_at": at, "lines": line}]);
        }
        if self.dice.roll(2) == 0 {
            pool["ends_at"] = json!(second(self.seconds + 50 + self.dice.roll(600)));
        }
        if self.dice.roll(5) == 0 {
            pool["draw"] = json!("only");
        }
        self.shard.record(json!({ "pool_opened": pool }));
    }

    /// Releases a tranche, or closes a pool with what is left of it.
    fn change_pool(&mut self) {
        let ledger = self.ledger();
        let Some(pool) = ledger.pools().iter().find(|it| it.closed.is_none()) else { return };
        let waiting = pool.tranches.iter().find(|it| it.released.is_none());
        let fact = match waiting {
            Some(it) => json!({"tranche_released": {"pool": pool.id, "tranche": it.id}}),
            None => {
                let split = |(location, units): &(LocationNo, i64)| json!({"location": ledger.location(*location).id, "quantity": units});
                let line = |part: &PoolPart| {
                    let at: Vec<Value> = part.left.iter().map(split).collect();
                    json!({"sku": ledger.item(part.item).sku, "at": at})
                };
                let lines: Vec<Value> = pool.parts.iter().map(line).collect();
                json!({"pool_closed": {"pool": pool.id, "lines": lines}})
            }
        };
        self.shard.record(fact);
    }

    /// A recipe, expected supply, another mode.
    fn arrange(&mut self) {
        let fact = match self.dice.roll(3) {
            0 => {
                let parts = json!([{"sku": "W", "quantity": self.dice.roll(2) + 1},
                                   {"sku": self.dice.of(&["G", "M", "SLOT"]), "quantity": 1}]);
                json!({"kit_defined": {"sku": "KIT", "version": self.steps, "parts": parts}})
            }
            1 => {
                let at = second(self.seconds + self.dice.roll(500_000));
                let mut line = self.line(9);
                (line["expected_at"], line["confidence"]) = (json!(at), json!(self.dice.roll(101)));
                let location = self.dice.of(&["A", "B"]);
                json!({"stock_expected": {"inbound": "ASN", "location": location, "lines": [line]}})
            }
            _ => {
                let mode = self.dice.of(&["finite", "unlimited"]);
                json!({"mode_set": {"sku": self.dice.of(&["W", "G"]), "mode": mode}})
            }
        };
        self.shard.record(fact);
    }

    fn change_channel(&mut self) {
        let locations = match self.dice.roll(3) {
            0 => json!(["A"]),
            1 => json!(["B", "A"]),
            _ => json!(["B"]),
        };
        let channel = self.dice.of(&CHANNELS);
        let fields = json!({"channel": channel, "locations": locations});
        self.shard.run(&[("change_channel", fields)]);
    }

    /// M becomes G, with all its stock and claims.
    fn merge(&mut self) {
        self.merged = true;
        let ledger = self.ledger();
        let from = ledger.item_no(&name("M")).unwrap();
        let (mut movements, mut claims) = (Vec::new(), Vec::new());
        for cell in &ledger.item(from).cells {
            let id = &ledger.location(cell.location).id;
            let shelf = Account::Shelf(id.clone(), Condition::Sellable);
            if let Some(quantity) = Quantity::new(cell.sellable.unsigned_abs()) {
                let gone = (shelf.clone(), Account::Conversion);
                for (sku, turned) in [("M", cell.sellable < 0), ("G", cell.sellable > 0)] {
                    let (from, to) =
                        if turned { (gone.1.clone(), gone.0.clone()) } else { gone.clone() };
                    movements.push(Movement { sku: name(sku), quantity, from, to });
                }
            }
            for (claim, units) in [("held", cell.held), ("committed", cell.committed)] {
                if units > 0 {
                    claims.push(json!({"location": id, "claim": claim, "quantity": units}));
                }
            }
        }
        for pool in ledger.pools().iter().filter(|it| it.closed.is_none()) {
            for (location, units) in pool.part(from).iter().flat_map(|it| &it.left) {
                claims.push(json!({"location": ledger.location(*location).id, "claim": "pooled",
                                   "quantity": units, "pool": pool.id}));
            }
        }
        let fact = json!({"items_merged": {"from": "M", "into": "G", "claims": claims}});
        self.shard.record_all(vec![(shop(), fact, movements)]);
    }

    fn look(&mut self) {
        let ledger = self.shard.book.ledger(&shop()).unwrap();
        // A refusal records nothing: how things stand later is no matter of that position.
        if ledger.time() < self.shard.now {
            return;
        }
        for sku in SKUS {
            for channel in CHANNELS {
                for campaign in CAMPAIGNS {
                    let label = campaign.map(name::<Label>);
                    let who = Claimant {
                        channel: ledger.channel_no(&name(channel)),
                        campaign: label.as_ref(),
                        ..Claimant::default()
                    };
                    let item = ledger.item_no(&name(sku)).unwrap();
                    let offer = ledger.offer(item, &who, None, self.shard.now);
                    self.seen.push(Seen {
                        position: ledger.position(),
                        sku,
                        channel,
                        campaign,
                        reservable: offer.reservable().into(),
                        published: offer.published().into(),
                        terms: terms(&offer, ledger.item(item)),
                    });
                }
            }
        }
    }
}

/// The terms told of an offer; a kit whose parts are without end has terms all the same.
fn terms(offer: &Offer, item: &Item) -> Option<Terms> {
    match offer {
        Offer::Unlimited => None,
        Offer::Units(terms) => Some(*terms),
        Offer::Kit { assembled, .. } => item.recipe().map(|_| *assembled),
    }
}

#[test]
fn what_is_explained_is_what_was_available() {
    let (mut looked, mut rules, mut pools, mut kits, mut supply) = (0, 0, 0, 0, 0);
    for seed in 1..=4 {
        let mut history = History::begin(seed);
        (0..250).for_each(|_| history.step());
        assert!(history.merged);
        let projector = history.shard.projector();
        for seen in &history.seen {
            let query = ExplainQuery {
                at: Some(seen.position),
                campaign: seen.campaign.map(name),
                ..ExplainQuery::now(name(seen.sku), name(seen.channel))
            };
            let told = projector.explain(&shop(), &query).unwrap();
            let item = &told.item;
            let context = || format!("seed {seed}, {seen:?}, {}", json!(told));
            assert_eq!(item.available, seen.reservable, "{}", context());
            assert_eq!(item.published, seen.published, "{}", context());
            if let Some(terms) = &seen.terms {
                assert_eq!(item.terms.as_ref(), Some(terms), "{}", context());
            }
            looked += 1;
            rules += usize::from(item.rules.iter().any(|it| !it.beat.is_empty()));
            pools += usize::from(item.pools.iter().any(|it| it.own > 0));
            kits += usize::from(item.kit.is_some());
            supply += usize::from(item.supply.iter().any(|it| it.counted > 0));
        }
        now_is_explained_too(&projector);
    }
    let often = [looked / 20, 500, 500, 200];
    assert!(
        [rules, pools, kits, supply] >= often.map(|it| it.min(looked)),
        "{looked} {rules} {pools} {kits} {supply}"
    );
}

#[test]
fn what_is_remembered_as_published_is_what_the_formula_says() {
    for seed in 11..=13 {
        let mut history = History::begin(seed);
        let projector = history.shard.projector();
        for _ in 0..150 {
            history.step();
            projector.catch_up().unwrap();
            now_is_explained_too(&projector);
        }
    }
}

#[track_caller]
fn now_is_explained_too(projector: &Projector) {
    for sku in SKUS {
        for channel in CHANNELS {
            let query = ExplainQuery::now(name(sku), name(channel));
            let told = projector.explain(&shop(), &query).unwrap().item;
            let query = AvailabilityQuery {
                channel: name(channel),
                skus: vec![name(sku)],
                after: None,
                limit: 1,
                slot: None,
                campaign: None,
                customer: None,
            };
            let row = projector.availability_for(&shop(), &query).unwrap().rows.remove(0);
            assert_eq!((told.available, told.published), (row.available, row.published));
            // The second read is of what the first one remembered.
            for _ in 0..2 {
                let listed = projector.published(&shop(), &name(channel), &name(sku)).unwrap();
                assert_eq!(listed, row.published);
            }
            assert_eq!(told.locations.len(), row.locations.len());
        }
    }
}

/// A kit over an item with rules at every scope, a pool with tranches, supply on its way.
fn rich() -> Shard {
    let mut shard = Shard::new();
    shard.run(&[
        ("register_location", json!({"location": "main & co"})),
        ("register_location", json!({"location": "S1", "kind": "supplier", "supplier": "ACME"})),
        ("register_item", json!({"sku": "tea/cup 茶", "category": "cups"})),
        ("register_item", json!({"sku": "SET"})),
        ("register_channel", json!({"channel": "web", "locations": ["main & co", "S1"]})),
    ]);
    let line = |quantity: u64| json!([{"sku": "tea/cup 茶", "quantity": quantity}]);
    shard.at(10).ok("receive_stock", json!({"location": "main & co", "lines": line(40)}));
    shard.at(11).ok("receive_stock", json!({"location": "S1", "lines": line(20)}));
    shard.at(12).run(&[
        ("set_policy", json!({"set": {"buffer": {"units": 1}}})),
        (
            "set_policy",
            json!({"channel": "web", "set": {"buffer": {"units": 2}, "max_listed": 30}}),
        ),
        ("set_policy", json!({"sku": "tea/cup 茶", "set": {"buffer": {"percent": 5}}})),
        ("set_policy", json!({"supplier": "ACME", "set": {"trust_percent": 80}})),
        (
            "set_policy",
            json!({"category": "cups", "location": "main & co", "set": {"safety": {"units": 3}}}),
        ),
        ("set_policy", json!({"category": "cups", "set": {"sell_ahead_days": 7}})),
    ]);
    let order =
        |id: &str, quantity| json!({"order": id, "channel": "web", "lines": line(quantity)});
    for number in 0..12 {
        shard.at(20 + number).ok("commit_order", order(&format!("SO-{number}"), 1));
    }
    let pool = json!({"pool": "flash", "channel": "web", "draw": "first",
        "lines": [{"sku": "tea/cup 茶", "at": [{"location": "main & co", "quantity": 10}]}],
        "tranches": [
            {"tranche": "T1", "release_at": second(40), "lines": line(4)},
            {"tranche": "T2", "release_at": second(9_000), "lines": line(6)}]});
    shard.at(33).record(json!({ "pool_opened": pool }));
    shard.at(40).record(json!({"tranche_released": {"pool": "flash", "tranche": "T1"}}));
    let supply = json!([{"sku": "tea/cup 茶", "quantity": 10, "expected_at": second(86_400), "confidence": 75}]);
    shard
        .at(41)
        .record(json!({"stock_expected": {"inbound": "ASN-1", "location": "S1", "lines": supply}}));
    let parts = line(3);
    shard.at(42).record(json!({"kit_defined": {"sku": "SET", "version": 1, "parts": parts}}));
    let hold = json!({"hold": "H1", "owner": "cart", "channel": "web", "expires_in": 600, "lines": line(2)});
    shard.at(43).ok("hold_stock", hold);
    shard
}

#[test]
fn a_rich_example() {
    let shard = rich();
    let told = shard.projector().explain(&shop(), &ExplainQuery::now(name("SET"), name("web")));
    let mut told = serde_json::to_value(told.unwrap()).unwrap();
    told["seen"]["age_ms"] = json!(0);
    expect_file!["golden/explain.json"]
        .assert_eq(&(serde_json::to_string_pretty(&told).unwrap() + "\n"));
}

#[test]
fn a_moment_is_named_by_position_or_by_time() {
    let shard = rich();
    let projector = shard.projector();
    let at = |at: Option<u64>, at_time: Option<u64>| {
        let query = ExplainQuery {
            at,
            at_time: at_time.map(second),
            ..ExplainQuery::now(name("tea/cup 茶"), name("web"))
        };
        projector.explain(&shop(), &query).map(|it| (it.position, it.item.published))
    };
    assert_eq!(at(Some(7), None), Ok((7, Amount::Units(60))));
    assert_eq!(at(None, Some(10)), Ok((6, Amount::Units(40))));
    assert_eq!(at(None, Some(2)), Ok((5, Amount::Units(0))));
    // A tranche is out from its moment on, recorded or not.
    let query =
        ExplainQuery { at: Some(26), ..ExplainQuery::now(name("tea/cup 茶"), name("web")) };
    let told = projector.explain(&shop(), &query).unwrap().item;
    assert_eq!((told.pools[0].own, told.pools[0].released), (0, 0));
    let query = ExplainQuery { at: None, at_time: Some(second(9_000)), ..query };
    let told = projector.explain(&shop(), &query).unwrap().item;
    assert_eq!((told.pools[0].own, told.pools[0].released), (8, 10));
    assert_eq!(at(Some(0), None), Err(Missing::Position));
    assert_eq!(at(Some(999), None), Err(Missing::Position));
    assert_eq!(at(Some(2), None), Err(Missing::Channel));
    let unknown = ExplainQuery::now(name("X"), name("web"));
    assert_eq!(projector.explain(&shop(), &unknown).unwrap_err(), Missing::Sku);
}
