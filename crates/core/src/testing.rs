//! The text a ledger test is written in: one command a line in, one outcome a line out.
//!
//! `@60 commit_order O1 channel=web W:3@A`: at second 60, order O1, three units of W from A.
//! The first word names what the command is about; `key=value` is a field; anything else is a
//! line: a SKU or, where a command names lines, a line, then `:quantity`, `@location`,
//! `/condition` and `(field=value,…)` as needed. `_` is a line without a name. Times are seconds
//! since the test began. The ledger begins with the items W and G (alias GG), the open locations
//! A and B, and the channel web that is served by A, then B.
//!
//! Tranches are written `tranches=T1/60/W:5+G:2;T2/120/W:5`: name, second of release, units; a
//! JSON value stands as it is, without spaces.
//!
//! Beside the commands: `stock W@A`, `order O1`, `hold H1`, `pool P1` and `offer W web` (with
//! `campaign=`, `customer=` and `slot=` as needed), `waiting S` and `handover S H` show how things
//! stand; `due` does what the writer does by itself, and shows it; `preview O1 …` and `preview_hold H1 …` say what
//! `commit_order O1 …` and `hold_stock H1 …` would take from where, and why. `fact {…}` records a
//! fact without movements as it is stored, without spaces. `supplier acme`, `feed F` and
//! `means acme X` show suppliers, the age of their numbers, and what their codes mean. `supply`
//! sets the supplier S with the feed F of the location B; `discrepancy 1`, `inbox`, `snapshots F`
//! and `said F W` show what differs and what was said. How a snapshot's findings are written is in
//! `difference.rs`.

mod difference;
mod handover;
mod supply;

use expect_test::Expect;
use serde_json::{Map, Value, json};

use crate::*;

/// 2026-01-01T00:00:00Z in microseconds.
const BEGIN_US: u64 = 1_767_225_600_000_000;
const SETUP: &str = "
    register_item W
    register_item G aliases=GG
    register_location A
    register_location B
    register_channel web locations=A,B
";

/// Runs each line of `commands` in order and compares what came of it. Checks at every step that
/// a rolled back trial leaves no trace, and at the end that the entries alone tell the same book.
#[track_caller]
pub fn check(commands: &str, outcomes: Expect) {
    let said: String = run(commands).into_iter().map(|line| line + "\n").collect();
    outcomes.assert_eq(&said);
}

/// As [`check`], for tables of cases: what came of each line.
pub fn run(commands: &str) -> Vec<String> {
    let mut shop = Shop::new();
    lines(SETUP).for_each(|line| drop(shop.run(line)));
    let said = lines(commands).map(|line| shop.run(line)).collect();
    shop.assert_replayed();
    said
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|it| !it.is_empty())
}

/// A ledger with its clock and its journal.
struct Shop {
    ledger: Ledger,
    entries: Vec<(Time, Entry)>,
    now: Time,
}

impl Shop {
    fn new() -> Shop {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        Shop { ledger, entries: Vec::new(), now: seconds("0") }
    }

    fn run(&mut self, line: &str) -> String {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if let Some(at) = words[0].strip_prefix('@') {
            self.now = seconds(at);
            words.remove(0);
        }
        match words[0] {
            "stock" => self.show_stock(words[1]),
            "order" => self.show_order(words[1]),
            "hold" => self.show_hold(words[1]),
            "pool" => self.show_pool(words[1]),
            "offer" => self.show_offer(words[1], words[2], &words[3..]),
            "waiting" => self.show_waiting(words[1]),
            "handover" => self.show_handover(words[1], words[2]),
            "supplier" => supply::show_supplier(&self.ledger, words[1]),
            "feed" => supply::show_feed(&self.ledger, words[1]),
            "means" => supply::show_code(&self.ledger, self.now, words[1], words[2]),
            "discrepancy" => difference::show_discrepancy(&self.ledger, words[1]),
            "inbox" => difference::show_inbox(&self.ledger),
            "snapshots" => difference::show_snapshots(&self.ledger, words[1]),
            "said" => difference::show_said(&self.ledger, words[1], words[2]),
            "supply" => {
                let facts = difference::supply();
                facts.map(|it| self.record(&it.to_string())).join("\n")
            }
            "due" => self.do_due(),
            "fact" => self.record(words[1]),
            "preview" => {
                let command = serde_json::from_value(fields("commit_order", &words[1..])).unwrap();
                previewed(&preview(&self.ledger, self.now, &command))
            }
            "preview_hold" => {
                let command = serde_json::from_value(fields("hold_stock", &words[1..])).unwrap();
                previewed(&preview_hold(&self.ledger, self.now, &command))
            }
            verb => self.ask(verb, &words[1..]),
        }
    }

    fn ask(&mut self, verb: &str, words: &[&str]) -> String {
        let mut request = self.request(verb, words);
        self.look_up(&mut request.command);
        self.book(&request)
    }

    /// What the writer does by itself, until nothing is due.
    fn do_due(&mut self) -> String {
        let mut said = Vec::new();
        while let Some(due) = self.ledger.due(self.now, 1).into_iter().next() {
            let (verb, fields) = match due {
                Due::Hold(hold, _) => ("expire_hold", json!({ "hold": hold })),
                Due::Tranche(pool, tranche, ..) => {
                    ("release_tranche", json!({ "pool": pool, "tranche": tranche }))
                }
                Due::PoolEnd(pool, _) => ("close_pool", json!({ "pool": pool })),
                Due::Shortage(_) => ("shrink_pools", json!({})),
                Due::Step(feed, tier, step, _) => {
                    ("step_feed", json!({ "feed": feed, "tier": tier, "step": step }))
                }
                Due::CutOff(supplier, handover, _) => {
                    ("hand_over_orders", json!({ "supplier": supplier, "handover": handover }))
                }
                Due::Missed(supplier, handover, _) => {
                    ("miss_handover", json!({ "supplier": supplier, "handover": handover }))
                }
            };
            let mut request = self.request("due", &[]);
            request.command = serde_json::from_value(json!({ verb: fields })).unwrap();
            said.push(self.book(&request));
            assert!(said.len() < 100, "what is due stays due: {said:?}");
        }
        if said.is_empty() { "nothing is due".to_string() } else { said.join("\n") }
    }

    fn book(&mut self, request: &Request) -> String {
        match accept(&self.ledger, self.now, &Rules::default(), request) {
            Err(rejection) => format!("rejected {}", plain(&rejection)),
            Ok(entry) => self.evolve(entry),
        }
    }

    fn evolve(&mut self, entry: Entry) -> String {
        let before = self.ledger.clone();
        self.ledger.begin_trial();
        self.ledger.evolve(&entry, self.now).unwrap();
        self.ledger.roll_back();
        assert!(self.ledger == before, "the trial of {entry:?} left a trace");
        self.ledger.evolve(&entry, self.now).unwrap();
        let said = outcome(&entry);
        self.entries.push((self.now, entry));
        said
    }

    fn record(&mut self, text: &str) -> String {
        let request = self.request("due", &[]);
        self.evolve(Entry {
            ledger: request.ledger,
            position: self.ledger.position() + 1,
            envelope: request.envelope,
            fact: serde_json::from_str(text).unwrap(),
            movements: Vec::new(),
            flags: Vec::new(),
        })
    }

    fn request(&self, verb: &str, words: &[&str]) -> Request {
        let (beside, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|it| {
            let of_envelope = it.starts_with("occurred_at=") || it.starts_with("actor=");
            of_envelope || (verb == "record_snapshot" && difference::is_finding(it))
        });
        let word = |key: &str| beside.iter().find_map(|it| it.strip_prefix(key));
        // What is due brings its own command.
        let mut command = match verb {
            "due" => Command::ShrinkPools(ShrinkPools {}),
            _ => serde_json::from_value(json!({ verb: fields(verb, &words) }))
                .unwrap_or_else(|error| panic!("{verb} {words:?}: {error}")),
        };
        if let Command::RecordSnapshot(it) = &mut command
            && word("findings=") != Some("none")
        {
            it.findings = Some(Box::new(difference::findings(&self.ledger, it, &beside)));
        }
        let envelope = Envelope {
            id: CommandId::new(&format!("c{}", self.entries.len())).unwrap(),
            request: "".into(),
            occurred_at: word("occurred_at=").map(seconds),
            actor: word("actor=").map(|it| Label::new(it).unwrap()),
            source: None,
            source_event: None,
            cause: None,
            traceparent: None,
            metadata: Default::default(),
        };
        Request { ledger: self.ledger.id().clone(), envelope, command }
    }

    /// What the edge finds for a command: the book of then, the entry to undo.
    fn look_up(&self, command: &mut Command) {
        match command {
            Command::ReverseEntry(it) => {
                let found = self.entries.iter().find(|(_, entry)| entry.position == it.position);
                it.entry = found.map(|(_, entry)| Box::new(entry.clone()));
            }
            Command::CountStock(it) => {
                let Some(at) = it.counted_at else { return };
                let condition = |line: &CountLine| line.condition.unwrap_or(Condition::Sellable);
                let book =
                    |line: &CountLine| self.book_at(&it.location, &line.sku, condition(line), at);
                it.book = it.lines.iter().map(book).collect();
            }
            Command::RecordStocktake(it) => {
                let Some(at) = it.counted_at else { return };
                let book = |line: &StocktakeLine| {
                    self.book_at(&it.location, &line.sku, Condition::Sellable, at)
                };
                it.book = it.lines.iter().map(book).collect();
            }
            Command::SettleDiscrepancy(it) => {
                let book = |number: &u64| {
                    let about = self.ledger.discrepancy(*number).map(|it| &it.difference);
                    let found = about.and_then(|it| {
                        let (sku, location) = (it.sku.as_ref()?, it.location.as_ref()?);
                        Some(self.book_at(location, sku, Condition::Sellable, it.as_of))
                    });
                    found.unwrap_or(BookAt { balance: 0, position: self.ledger.position() })
                };
                it.book = it.numbers.iter().map(book).collect();
            }
            _ => {}
        }
    }

    fn book_at(&self, location: &LocationId, sku: &Sku, condition: Condition, at: Time) -> BookAt {
        let account = Account::Shelf(location.clone(), condition);
        let item = self.ledger.item_no(sku);
        let mut balance = 0;
        for (recorded, entry) in &self.entries {
            let ours = |it: &&Movement| self.ledger.item_no(&it.sku) == item;
            for movement in entry.movements.iter().filter(ours) {
                if moved_at(entry, movement, *recorded) > at {
                    continue;
                }
                let units = movement.quantity.signed();
                balance += if movement.to == account { units } else { 0 };
                balance -= if movement.from == account { units } else { 0 };
            }
        }
        BookAt { balance, position: self.ledger.position() }
    }

    fn show_stock(&self, word: &str) -> String {
        let (sku, location) = word.split_once('@').unwrap();
        let item = self.ledger.item_no(&Sku::new(sku).unwrap()).unwrap();
        let location = self.ledger.location_no(&LocationId::new(location).unwrap()).unwrap();
        let cell = self.ledger.cell(item, location);
        let mut said = format!("{word} sellable {}", cell.sellable);
        for (name, units) in [
            ("quality_control", cell.quality_control),
            ("damaged", cell.damaged),
            ("quarantined", cell.quarantined),
            ("committed", cell.committed),
            ("held", self.ledger.held(item, &cell, self.now)),
            ("pooled", cell.pooled),
        ] {
            if units != 0 {
                said += &format!(" {name} {units}");
            }
        }
        said += &format!(" free {}", self.ledger.free(item, location, self.now));
        match self.ledger.doubted(item, location, NOW) {
            0 => said,
            units => said + &format!(" doubted {units}"),
        }
    }

    fn show_order(&self, word: &str) -> String {
        let Some(order) = self.ledger.order(&OrderId::new(word).unwrap()) else {
            return format!("{word} unknown");
        };
        let mut said = format!("{word}{}", if order.tombstone { " tombstone" } else { "" });
        for it in &order.lines {
            assert!(it.balances(), "{it:?}");
            said += &format!(" | {} ordered {}", it.r#ref, it.ordered);
            for (name, units) in [
                ("committed", it.committed()),
                ("shipped", it.shipped),
                ("uncommitted", it.uncommitted),
                ("cancelled", it.cancelled),
                ("returned", it.returned),
            ] {
                if units != 0 {
                    said += &format!(" {name} {units}");
                }
            }
            said += &it.early.map_or(String::new(), |early| format!(" early {}", plain(&early)));
        }
        said
    }

    fn show_hold(&self, word: &str) -> String {
        let hold = self.ledger.hold(&HoldId::new(word).unwrap()).unwrap();
        let live = if hold.is_live(self.now) { "live" } else { "over" };
        let mut said = format!("{word} {live} {:?} until {}", hold.state, shown(hold.expires_at));
        for line in &hold.lines {
            said += &format!(" | {} {} {}", line.r#ref, line.sku, line.held());
        }
        said
    }

    fn show_pool(&self, word: &str) -> String {
        let Some(number) = self.ledger.pool_no(&PoolId::new(word).unwrap()) else {
            return format!("{word} unknown");
        };
        let pool = self.ledger.pool(number);
        let state = if pool.is_open(self.now) { "open" } else { "over" };
        let mut said = format!("{word} {state}");
        for part in &pool.parts {
            said += &format!(" | {} left", self.ledger.item(part.item).sku);
            for (location, units) in &part.left {
                said += &format!(" {units}@{}", self.ledger.location(*location).id);
            }
            let own = self.ledger.own_in(number, part.item, self.now);
            said += &format!(" drawn {} own {own}", part.drawn);
        }
        for it in &pool.tranches {
            let out = if it.is_out(self.now) { "out" } else { "waits" };
            said += &format!(" | {} {out}", it.id);
        }
        said
    }

    fn show_offer(&self, sku: &str, channel: &str, words: &[&str]) -> String {
        let item = self.ledger.item_no(&Sku::new(sku).unwrap()).unwrap();
        let channel = self.ledger.channel_no(&ChannelId::new(channel).unwrap());
        let word = |key: &str| words.iter().find_map(|it| it.strip_prefix(key));
        let label = |key: &str| word(key).map(|it| Label::new(it).unwrap());
        let (campaign, customer) = (label("campaign="), label("customer="));
        let (campaign, customer) = (campaign.as_ref(), customer.as_ref());
        let who = Claimant { channel, campaign, customer, region: None };
        let slot = word("slot=").map(seconds);
        match self.ledger.offer(item, &who, slot, self.now) {
            Offer::Unlimited => format!("{sku} unlimited"),
            Offer::Units(it) => format!("{sku} {}", told(&it)),
            Offer::Kit { assembled, reservable, published } => format!(
                "{sku} reservable {reservable} published {published} | assembled {}",
                told(&assembled)
            ),
        }
    }

    /// Entries written as JSON and read again give the same ledger.
    fn assert_replayed(&self) {
        let mut replayed = Ledger::new(self.ledger.id().clone());
        for (time, entry) in &self.entries {
            let text = serde_json::to_string(entry).unwrap();
            replayed.evolve(&serde_json::from_str(&text).unwrap(), *time).unwrap();
        }
        assert!(replayed == self.ledger, "the entries tell another book");
    }
}

/// The terms of an offer that say something.
fn told(it: &Terms) -> String {
    let mut said =
        format!("reservable {} published {} | base {}", it.reservable, it.published, it.base);
    for (name, units) in [
        ("incoming", it.incoming),
        ("kept", it.kept),
        ("over", it.over),
        ("own", it.own),
        ("buffer", it.buffer),
        ("oversell", it.oversell),
    ] {
        if units != 0 {
            said += &format!(" {name} {units}");
        }
    }
    said + &format!(" share {}", it.share)
}

/// `split, locations used | line sku units of quantity by rule, limit: location figures units reason`.
fn previewed(it: &Preview) -> String {
    let mut said = format!("split {} locations {}", plain(&it.split), it.locations);
    for line in &it.lines {
        let units: u64 = line.candidates.iter().map(|it| it.units).sum();
        said += &format!(" | {} {} {units} of {}", line.line, line.sku, line.quantity);
        said += &line.available.map_or(String::new(), |it| format!(" available {it}"));
        said += &line.limiting.map_or(String::new(), |it| format!(" {it}"));
        for it in &line.candidates {
            said += &format!(", {} free {}", it.location, it.free);
            said += &it.cost.map_or(String::new(), |it| format!(" cost {it}"));
            said += &it.nearness.map_or(String::new(), |it| format!(" nearness {it}"));
            let told = |it: &Take| {
                let pool = it.pool.as_ref().map_or(String::new(), |it| format!(" in {it}"));
                format!(" {} {}{pool}", it.units, plain(&it.reason))
            };
            said += &match it.takes.is_empty() {
                true => format!(" {}", plain(&it.reason)),
                false => it.takes.iter().map(told).collect::<String>(),
            };
        }
    }
    said + &it.rejection.as_ref().map_or(String::new(), |it| format!(" | rejected {}", plain(it)))
}

fn seconds(text: &str) -> Time {
    Time(BEGIN_US).plus_seconds(text.parse().unwrap())
}

fn shown(time: Time) -> String {
    match time.as_us().checked_sub(BEGIN_US) {
        Some(since) => format!("{}s", since / 1_000_000),
        None => time.to_string(),
    }
}

/// The fields of a command from its words.
fn fields(verb: &str, words: &[&str]) -> Value {
    let mut fields = Map::new();
    let mut lines = Vec::new();
    let mut words = words.iter();
    for field in subject(verb).into_iter().chain(second_subject(verb)) {
        let Some(word) = words.next() else { break };
        fields.insert(field.into(), value(field, word));
    }
    for word in words {
        match word.split_once('=').filter(|(key, _)| !key.contains(['(', ':'])) {
            Some((key, text)) => drop(fields.insert(key.into(), value(key, text))),
            None => lines.push(line(verb, word)),
        }
    }
    if verb == "hold_stock" {
        fields.entry("owner").or_insert("cart".into());
    }
    if !lines.is_empty() {
        let list = match verb {
            "define_kit" => "parts",
            "set_mode" => "counts",
            "settle_discrepancy" => "numbers",
            _ => "lines",
        };
        fields.insert(list.into(), lines.into());
    }
    Value::Object(fields)
}

fn subject(verb: &str) -> Option<&'static str> {
    match verb {
        "register_item" | "add_alias" | "rename_item" | "merge_items" | "close_item"
        | "set_mode" | "define_kit" | "assemble_kit" | "disassemble_kit" => Some("sku"),
        "open_pool" | "close_pool" | "release_tranche" => Some("pool"),
        "expect_stock" => Some("inbound"),
        "set_policy" | "move_pool" | "shrink_pools" => None,
        "register_channel" | "change_channel" => Some("channel"),
        "hold_stock" | "extend_hold" | "release_hold" | "expire_hold" => Some("hold"),
        "commit_order" | "cancel_order" | "ship_order" | "relocate_order" => Some("order"),
        "start_transfer" | "receive_transfer" | "cancel_transfer" => Some("transfer"),
        "reverse_entry" => Some("position"),
        "set_supplier" | "map_supplier_sku" | "hand_over_orders" | "confirm_handover"
        | "miss_handover" => Some("supplier"),
        "set_feed" | "assign_tier" | "step_feed" => Some("feed"),
        "record_snapshot" | "judge_snapshot" => Some("feed"),
        "settle_discrepancy" => Some("action"),
        "record_stocktake" => Some("stocktake"),
        "list_stock" | "hear_stock" => Some("channel"),
        _ => Some("location"),
    }
}

fn second_subject(verb: &str) -> Option<&'static str> {
    match verb {
        "record_snapshot" | "judge_snapshot" => Some("snapshot"),
        "record_stocktake" => Some("location"),
        _ => None,
    }
}

/// `W:3@A/damaged(lot=L1)`, or a number alone.
fn line(verb: &str, word: &str) -> Value {
    if verb == "settle_discrepancy" {
        return serde_json::from_str(word).unwrap();
    }
    let mut fields = Map::new();
    let (word, inner) =
        word.strip_suffix(')').and_then(|it| it.split_once('(')).unwrap_or((word, ""));
    for pair in inner.split(',').filter(|it| !it.is_empty()) {
        let (key, text) = pair.split_once('=').unwrap();
        fields.insert(key.into(), value(key, text));
    }
    let mut rest = word;
    for (mark, key) in [('/', "condition"), ('@', "location"), (':', "quantity")] {
        if let Some((before, text)) = rest.split_once(mark) {
            fields.insert(key.into(), value(key, text));
            rest = before;
        }
    }
    let named = ["cancel_order", "ship_order", "release_hold", "return_stock", "relocate_order"]
        .contains(&verb);
    if rest != "_" {
        let name = if verb == "set_mode" { "location" } else { "sku" };
        let name = if verb == "record_snapshot" { "supplier_sku" } else { name };
        fields.insert(if named { "ref" } else { name }.into(), rest.into());
    }
    // Goods are relocated to where the line says.
    if verb == "relocate_order"
        && let Some(to) = fields.remove("location")
    {
        fields.insert("to".into(), to);
    }
    Value::Object(fields)
}

fn value(key: &str, text: &str) -> Value {
    match key {
        "aliases" | "locations" | "lines" | "clear" => {
            text.split(',').filter(|it| !it.is_empty()).collect()
        }
        "counted_at" | "slot" | "release_at" | "ends_at" | "expected_at" | "valid_from"
        | "valid_until" | "as_of" | "until" | "heard_at" => json!(seconds(text)),
        "tranches" => text.split(';').map(tranche).collect(),
        "reason" if ["did_not_occur", "incorrect_data"].contains(&text) => text.into(),
        "reason" => match text.split_once(':') {
            Some((code, note)) => json!({ "code": code, "note": note }),
            None => json!({ "code": text }),
        },
        "ref" | "sku" | "to" | "into" | "from" | "category" | "hash" | "snapshot" | "stocktake"
        | "action" | "supplier_sku" => text.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

/// `T1/60/W:5+G:2`.
fn tranche(text: &str) -> Value {
    let words: Vec<&str> = text.splitn(3, '/').collect();
    let line = |it: &str| {
        let (sku, units) = it.split_once(':').unwrap();
        json!({ "sku": sku, "quantity": units.parse::<u64>().unwrap() })
    };
    let lines: Vec<Value> = words[2].split('+').filter(|it| !it.is_empty()).map(line).collect();
    json!({ "tranche": words[0], "release_at": seconds(words[1]), "lines": lines })
}

/// `position kind: movements; claims; ! flags`.
fn outcome(entry: &Entry) -> String {
    let mut parts = Vec::new();
    for it in &entry.movements {
        parts.push(format!("{} {} {} > {}", it.sku, it.quantity.units(), it.from, it.to));
    }
    entry.fact.claims(&mut |it| {
        let pool = it.pool.map_or(String::new(), |pool| format!(" in {pool}"));
        let window = it.window.map_or(String::new(), |at| format!(" for {}", shown(at)));
        let (sku, location, claim) = (it.sku, it.location, plain(&it.claim));
        parts.push(format!("{sku}@{location} {claim} {:+}{pool}{window}", it.units));
    });
    parts.extend(entry.flags.iter().map(|it| format!("! {}", plain(it))));
    parts.extend(notable(&entry.fact));
    format!("{} {}: {}", entry.position, entry.fact.kind(), parts.join("; ")).trim_end().to_string()
}

/// What neither movements nor claims say of a fact.
fn notable(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::StockHeld(it) => vec![format!("until {}", shown(it.expires_at))],
        Fact::HoldExtended(it) => vec![format!("until {}", shown(it.expires_at))],
        Fact::FeedStepped(it) => vec![format!("{} {} to {}", it.feed, it.tier, it.step)],
        Fact::SupplierSkuMapped(it) => {
            it.settled.iter().map(|it| format!("settled {it}")).collect()
        }
        Fact::HoldReleased(it) if it.whole => vec!["whole".into()],
        Fact::OrderCancelled(it) if it.tombstone => vec!["tombstone".into()],
        Fact::TransferReceived(it) if it.whole => vec!["whole".into()],
        Fact::OrderCancelled(it) => {
            let early = it.lines.iter().filter_map(|line| Some((&line.r#ref, line.early?)));
            early.map(|(line, early)| format!("{line} early {}", plain(&early))).collect()
        }
        Fact::OrderCommitted(it) => {
            let mut said: Vec<String> =
                it.converted_late.then(|| "converted_late".to_string()).into_iter().collect();
            for line in &it.lines {
                for (name, units) in [
                    ("cancelled", line.cancelled),
                    ("shipped", line.shipped),
                    ("short", line.short),
                ] {
                    if units > 0 {
                        said.push(format!("{} {name} {units}", line.r#ref));
                    }
                }
            }
            said
        }
        Fact::StockReturned(it) => {
            let linked =
                it.lines.iter().filter_map(|line| Some((line.r#ref.as_ref()?, line.linked)));
            linked.map(|(line, linked)| format!("{line} linked {linked}")).collect()
        }
        Fact::StockCounted(it) => it.lines.iter().map(counted).collect(),
        fact => [difference::notable(fact), handover::notable(fact)].concat(),
    }
}

fn counted(line: &CountedLine) -> String {
    let applied = if line.applied { "" } else { " not applied" };
    format!("{} counted {} book {}{applied}", line.sku, line.counted, line.book)
}

/// Any serializable value as `name key=value …`, keys in the order of the alphabet.
fn plain(value: &impl serde::Serialize) -> String {
    let mut value = serde_json::to_value(value).unwrap();
    let mut code = String::new();
    if let Some(fields) = value.as_object_mut() {
        code = fields.remove("code").map_or(String::new(), |it| flat(&it) + " ");
    }
    (code + &flat(&value)).trim_end().to_string()
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.parse().map_or_else(|_| text.clone(), shown),
        Value::Array(all) => all.iter().map(|it| format!("[{}]", flat(it))).collect(),
        Value::Object(fields) => {
            let mut pairs: Vec<(&String, &Value)> = fields.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            let pair = |(key, value): (&String, &Value)| match value {
                Value::Object(_) => format!("{key} {}", flat(value)),
                _ => format!("{key}={}", flat(value)),
            };
            pairs.into_iter().map(pair).collect::<Vec<String>>().join(" ")
        }
        other => other.to_string(),
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
