//! A ledger with its clock, its entries and a plain past over them, for tests of comparisons.

#![allow(dead_code)]

use onhand_core::*;
use onhand_reconciler::{Head, Past, PastBook, PastEvent};
use serde_json::{Value, json};

/// 2026-01-05T00:00:00Z in microseconds.
pub const BEGIN_US: u64 = 1_767_571_200_000_000;
const MINUTE_US: u64 = 60_000_000;

/// So many minutes after the beginning.
pub fn minute(minutes: u64) -> Time {
    Time(BEGIN_US + minutes * MINUTE_US)
}

pub struct Shop {
    pub ledger: Ledger,
    pub now: Time,
    /// Nobody keeps the past.
    pub forgets: bool,
    /// When each entry was recorded, by its position less one.
    recorded: Vec<Time>,
    /// What happened to each item, by its number, in the order of positions.
    events: Vec<Vec<PastEvent>>,
}

impl Shop {
    /// The supplier S with the location L, the own location H, and the channel web on both.
    pub fn new() -> Shop {
        let ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let mut shop = Shop {
            ledger,
            now: minute(0),
            forgets: false,
            recorded: Vec::new(),
            events: Vec::new(),
        };
        shop.fact(json!({ "supplier_set": { "supplier": "S" } }));
        for command in [
            json!({ "register_location": { "location": "L", "kind": "supplier", "supplier": "S" } }),
            json!({ "register_location": { "location": "H" } }),
            json!({ "register_channel": { "channel": "web", "locations": ["L", "H"] } }),
        ] {
            shop.ask(command).unwrap();
        }
        shop
    }

    /// The feed F of L. Of the terms `missing_after` and `tiers` are said already.
    pub fn set_feed(&mut self, terms: Value) {
        let mut all =
            json!({ "missing_after": 2, "tiers": [{ "tier": "all", "every_minutes": 60 }] });
        all.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let feed = json!({ "feed": "F", "supplier": "S", "location": "L", "terms": all });
        self.fact(json!({ "feed_set": feed }));
    }

    /// Each item and the code that means it.
    pub fn map(&mut self, lines: Value) {
        self.fact(json!({ "supplier_sku_mapped": { "supplier": "S", "lines": lines } }));
    }

    pub fn fact(&mut self, fact: Value) {
        let fact = serde_json::from_value(fact).unwrap();
        let entry = Entry {
            ledger: self.ledger.id().clone(),
            position: self.ledger.position() + 1,
            envelope: self.envelope(None),
            fact,
            movements: Vec::new(),
            flags: Vec::new(),
        };
        self.record(&entry);
    }

    pub fn ask(&mut self, command: Value) -> Result<Entry, Rejection> {
        self.ask_of(command, None)
    }

    /// As it happened at another moment than it is recorded.
    pub fn ask_of(&mut self, command: Value, at: Option<Time>) -> Result<Entry, Rejection> {
        let read: Command =
            serde_json::from_value(command.clone()).unwrap_or_else(|it| panic!("{command}: {it}"));
        self.command(read, at)
    }

    pub fn command(&mut self, mut command: Command, at: Option<Time>) -> Result<Entry, Rejection> {
        self.look_up(&mut command);
        let (ledger, envelope) = (self.ledger.id().clone(), self.envelope(at));
        let request = Request { ledger, envelope, command };
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request)?;
        self.record(&entry);
        Ok(entry)
    }

    fn look_up(&self, command: &mut Command) {
        match command {
            Command::CountStock(it) => {
                let Some(at) = it.counted_at else { return };
                it.book = it
                    .lines
                    .iter()
                    .map(|line| self.sellable_at(&line.sku, &it.location, at))
                    .collect();
            }
            Command::SettleDiscrepancy(it) => {
                let book = |number: &u64| {
                    let it = &self.ledger.discrepancy(*number).unwrap().difference;
                    self.sellable_at(
                        it.sku.as_ref().unwrap(),
                        it.location.as_ref().unwrap(),
                        it.as_of,
                    )
                };
                it.book = it.numbers.iter().map(book).collect();
            }
            _ => {}
        }
    }

    fn sellable_at(&self, sku: &Sku, location: &LocationId, at: Time) -> BookAt {
        let item = self.ledger.item_no(sku).unwrap();
        let location = self.ledger.location_no(location).unwrap();
        let balance = self.book_at(item, location, at).unwrap().sellable;
        BookAt { balance, position: self.ledger.position() }
    }

    fn envelope(&self, occurred_at: Option<Time>) -> Envelope {
        Envelope {
            id: CommandId::new(&format!("c{}", self.ledger.position())).unwrap(),
            request: "".into(),
            occurred_at,
            actor: Some(Label::new("tester").unwrap()),
            source: None,
            source_event: None,
            cause: None,
            traceparent: None,
            metadata: Default::default(),
        }
    }

    fn record(&mut self, entry: &Entry) {
        self.ledger.evolve(entry, self.now).unwrap();
        self.recorded.push(self.now);
        let claimed = entry.envelope.occurred_at.unwrap_or(self.now).min(self.now);
        let occurred_at = match &entry.fact {
            Fact::StockCounted(it) => it.counted_at,
            Fact::SnapshotRecorded(it) => it.as_of,
            Fact::DiscrepancySettled(it) => {
                let counted = it.lines.iter().find_map(|it| it.counted.as_ref());
                counted.map_or(claimed, |it| it.counted_at)
            }
            _ => claimed,
        };
        let mut changes = Vec::new();
        for movement in &entry.movements {
            for (account, sign) in [(&movement.from, -1), (&movement.to, 1)] {
                let Account::Shelf(location, condition) = account else { continue };
                changes.push((
                    &movement.sku,
                    location,
                    *condition,
                    sign * movement.quantity.signed(),
                ));
            }
        }
        for (sku, location, condition, units) in changes {
            let event = self.event(entry, occurred_at, sku, location);
            match condition {
                Condition::Sellable => event.sellable += units,
                Condition::QualityControl => event.quality_control += units,
                Condition::Damaged | Condition::Quarantined => {}
            }
        }
        entry.fact.claims(&mut |it| {
            if it.claim == Claim::Committed {
                self.event(entry, claimed, it.sku, it.location).committed += it.units;
            }
        });
    }

    fn event(
        &mut self,
        entry: &Entry,
        at: Time,
        sku: &Sku,
        location: &LocationId,
    ) -> &mut PastEvent {
        let item = self.ledger.item_no(sku).unwrap().0 as usize;
        let location = self.ledger.location_no(location).unwrap();
        if self.events.len() <= item {
            self.events.resize(item + 1, Vec::new());
        }
        let events = &mut self.events[item];
        let same = |it: &PastEvent| it.position == entry.position && it.location == location;
        let place = events.iter().rposition(same).unwrap_or_else(|| {
            events.push(PastEvent {
                position: entry.position,
                kind: entry.fact.kind(),
                occurred_at: at,
                recorded_at: self.now,
                location,
                sellable: 0,
                quality_control: 0,
                committed: 0,
            });
            events.len() - 1
        });
        &mut events[place]
    }

    pub fn item(&self, sku: &str) -> ItemNo {
        self.ledger.item_no(&Sku::new(sku).unwrap()).unwrap()
    }

    pub fn cell(&self, sku: &str, location: &str) -> Cell {
        let location = self.ledger.location_no(&LocationId::new(location).unwrap()).unwrap();
        self.ledger.cell(self.item(sku), location)
    }

    /// What a snapshot says of itself by default.
    pub fn head(&self, as_of: Time) -> Head {
        let feed = FeedNo(0);
        Head {
            feed,
            now: self.now,
            as_of,
            complete: false,
            tier: None,
            basis: self.ledger.feed(feed).terms.basis,
            orders_seen_through: None,
        }
    }

    /// Records what a comparison came to.
    pub fn record_snapshot(
        &mut self,
        name: &str,
        head: &Head,
        findings: Findings,
    ) -> Result<Box<SnapshotRecorded>, Rejection> {
        let command = RecordSnapshot {
            feed: FeedId::new("F").unwrap(),
            snapshot: Label::new(name).unwrap(),
            as_of: Some(head.as_of),
            complete: head.complete,
            tier: head.tier.clone(),
            basis: Some(head.basis),
            orders_seen_through: head.orders_seen_through,
            lines: Vec::new(),
            hash: Some(Label::new(name).unwrap()),
            part: 1,
            findings: Some(Box::new(findings)),
        };
        match self.command(Command::RecordSnapshot(command), None)?.fact {
            Fact::SnapshotRecorded(it) => Ok(it),
            other => panic!("{other:?}"),
        }
    }
}

impl Past for Shop {
    fn position_at(&self, at: Time) -> Option<u64> {
        Some(self.recorded.partition_point(|it| *it <= at) as u64)
    }

    fn book_at(&self, item: ItemNo, location: LocationNo, at: Time) -> Option<PastBook> {
        if self.forgets {
            return None;
        }
        let mut book = PastBook::default();
        let events = self.events.get(item.0 as usize).into_iter().flatten();
        for event in events.filter(|it| it.location == location && it.occurred_at <= at) {
            book.sellable += event.sellable;
            book.committed += event.committed;
        }
        Some(book)
    }

    fn events(
        &self,
        item: ItemNo,
        location: Option<LocationNo>,
        since: Time,
        most: usize,
    ) -> Vec<PastEvent> {
        let events = self.events.get(item.0 as usize).into_iter().flatten().rev();
        let wanted = events.filter(|it| location.is_none_or(|at| it.location == at));
        wanted.take_while(|it| it.recorded_at > since).take(most).cloned().collect()
    }
}
