//! The movement feed: what its events add up to, and that a place is always told the same.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

#[allow(dead_code)]
#[path = "../../core/tests/formula/book.rs"]
mod book;
mod common;
#[allow(dead_code)]
#[path = "../../core/tests/formula/formula.rs"]
mod formula;
#[path = "common/histories.rs"]
mod histories;
#[path = "../../core/tests/formula/meant.rs"]
mod meant;
#[path = "../../core/tests/formula/ops.rs"]
mod ops;
#[path = "../../core/tests/formula/selling.rs"]
mod selling;
#[path = "../../core/tests/formula/supplied.rs"]
mod supplied;
#[path = "../../core/tests/formula/supply.rs"]
mod supply;

use std::collections::BTreeMap;

use common::{KEY, Shard, identity, name, shop};
use expect_test::expect;
use histories::Histories;
use onhand_core::*;
use onhand_journal::Journal;
use onhand_projector::timeline::Figures;
use onhand_projector::{
    FeedPlace, Missing, MovementView, Origin, Projector, ProjectorConfig, QueryError,
};
use serde_json::json;

/// All events of a ledger, read in pages of `most`.
fn feed(projector: &Projector, ledger: &LedgerId, most: usize) -> Vec<MovementView> {
    let (mut after, mut all) = (FeedPlace::default(), Vec::new());
    loop {
        let page = projector.movements(ledger, after, most).unwrap();
        assert!(page.reached >= after && page.events.len() <= most);
        all.extend(page.events);
        if page.at_end {
            return all;
        }
        after = page.reached;
    }
}

/// Every ledger's events as they are written.
fn written(projector: &Projector, most: usize) -> BTreeMap<LedgerId, Vec<String>> {
    let ledgers = projector.book().0.ledgers;
    let of = |id: &LedgerId| {
        let events = feed(projector, id, most);
        events.iter().map(|it| serde_json::to_string(it).unwrap()).collect()
    };
    ledgers.keys().map(|id| (id.clone(), of(id))).collect()
}

/// The same, read by block.
fn written_by_block(projector: &Projector) -> BTreeMap<LedgerId, Vec<String>> {
    let (mut all, mut height) = (BTreeMap::<LedgerId, Vec<String>>::new(), 1);
    loop {
        let blocks = projector.block_movements(height, 7).unwrap();
        if blocks.is_empty() {
            return all;
        }
        for block in blocks {
            assert_eq!(block.height, height);
            height += 1;
            for event in &block.events {
                let of = all.entry(event.ledger.clone()).or_default();
                of.push(serde_json::to_string(event).unwrap());
            }
        }
    }
}

/// A ledger as its events and the names in its entries say.
#[derive(Default)]
struct Model {
    items: BTreeMap<Sku, usize>,
    count: usize,
    shelves: BTreeMap<(usize, LocationId, Condition), i64>,
    claims: BTreeMap<(usize, LocationId, Claim), i64>,
}

impl Model {
    fn begin(&mut self, sku: &Sku) -> usize {
        self.count += 1;
        self.items.insert(sku.clone(), self.count);
        self.count
    }

    /// Names that the entry gives, before its events are looked at.
    fn name(&mut self, fact: &Fact) {
        for sku in fact.created() {
            self.begin(sku);
        }
        match fact {
            Fact::ItemRegistered(it) => {
                let item = self.begin(&it.sku);
                self.items.extend(it.aliases.iter().map(|alias| (alias.clone(), item)));
            }
            Fact::AliasAdded(it) => drop(self.items.insert(it.alias.clone(), self.items[&it.sku])),
            Fact::ItemRenamed(it) => drop(self.items.insert(it.to.clone(), self.items[&it.from])),
            _ => {}
        }
    }

    /// Every name of the one means the other from here on.
    fn merge(&mut self, fact: &Fact) {
        if let Fact::ItemsMerged(it) = fact {
            let (from, into) = (self.items[&it.from], self.items[&it.into]);
            self.items.values_mut().filter(|it| **it == from).for_each(|it| *it = into);
        }
    }

    fn take(&mut self, event: &MovementView) {
        let item = self.items[&event.sku];
        let units = event.quantity.unwrap_or(0) as i64;
        let sides = [(&event.from, -units), (&event.to, units)];
        for (side, change) in sides.into_iter().filter_map(|(it, by)| Some((it.as_ref()?, by))) {
            let Some(location) = &side.location else { continue };
            assert_eq!(side.account, "shelf");
            let shelf = (item, location.clone(), side.condition.unwrap());
            step(self.shelves.entry(shelf).or_default(), change, (side.before, side.after));
        }
        if let Some(it) = &event.claim {
            let claim = (item, it.location.clone(), it.claim);
            step(self.claims.entry(claim).or_default(), it.change, (it.before, it.after));
        }
    }

    fn figures(&self, item: usize, location: &LocationId) -> Figures {
        let shelf = |condition| self.shelves.get(&(item, location.clone(), condition));
        let claim = |claim| self.claims.get(&(item, location.clone(), claim));
        let units = |it: Option<&i64>| it.copied().unwrap_or(0);
        Figures {
            sellable: units(shelf(Condition::Sellable)),
            quality_control: units(shelf(Condition::QualityControl)),
            damaged: units(shelf(Condition::Damaged)),
            quarantined: units(shelf(Condition::Quarantined)),
            held: units(claim(Claim::Held)),
            committed: units(claim(Claim::Committed)),
            pooled: units(claim(Claim::Pooled)),
        }
    }
}

/// Before and after are those of the event before and of the next.
#[track_caller]
fn step(known: &mut i64, change: i64, told: (Option<i64>, Option<i64>)) {
    assert_eq!(told, (Some(*known), Some(*known + change)));
    *known += change;
}

#[test]
fn the_events_of_random_histories_add_up_to_their_books() {
    let mut histories = Histories::new(600, 40);
    histories.run(0..40);
    let projector = histories.shard.projector();
    let book = projector.book().0;
    let mut events = 0;
    for (id, entries) in &histories.entries {
        let mut model = Model::default();
        let mut told = feed(&projector, id, 1_000).into_iter().peekable();
        for recorded in entries {
            let entry = &recorded.entry;
            model.name(&entry.fact);
            let mut index = 0;
            while let Some(event) = told.next_if(|it| it.position == entry.position) {
                assert_eq!((event.index, event.kind), (index, entry.fact.kind()));
                index += 1;
                model.take(&event);
                assert_eq!(index == event.count, told.peek().is_none_or(|it| it.index == 0));
            }
            events += index;
            model.merge(&entry.fact);
        }
        assert_eq!(told.next(), None);
        let ledger = &book.ledgers[id];
        for item in ledger.items().iter().filter(|it| model.items.contains_key(&it.sku)) {
            for (number, location) in ledger.locations().iter().enumerate() {
                let cell = item.cell(LocationNo(number as u32)).map(Figures::of);
                let merged_away = item.info.as_ref().is_some_and(|it| it.merged_into.is_some());
                let expected = model.figures(model.items[&item.sku], &location.id);
                let expected = if merged_away { Figures::default() } else { expected };
                assert_eq!(cell.unwrap_or_default(), expected, "{} at {}", item.sku, location.id);
            }
        }
    }
    assert!(events > 8_000, "{events}");
}

#[test]
fn a_place_is_always_told_the_same() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("checkpoint");
    let mut histories = Histories::new(200, 60);
    histories.run(0..20);
    let (projector, _) = histories.shard.open(Some(&dir));
    let early = written(&projector, 3);
    projector.checkpoint();
    histories.run(20..60);
    projector.catch_up().unwrap();
    let late = written(&projector, 1_000);
    let fewer: usize = early.values().map(Vec::len).sum();
    assert!(late.values().map(Vec::len).sum::<usize>() > fewer + 1_000);
    for (id, events) in &early {
        assert_eq!(events[..], late[id][..events.len()], "{id}");
    }
    assert_eq!(written_by_block(&projector), late);
    drop(projector);
    let (restarted, report) = histories.shard.open(Some(&dir));
    assert!(matches!(report.origin, Origin::Checkpoint { .. }), "{:?}", report.origin);
    assert_eq!(written(&restarted, 100), late);
    assert_eq!(written(&histories.shard.projector(), 17), late);
}

/// What one event says, in short.
fn line(event: &MovementView) -> String {
    let mut said =
        format!("{} {}/{} {} {}", event.position, event.index, event.count, event.kind, event.sku);
    let side = |it: &onhand_projector::SideView| match (&it.location, it.before, it.after) {
        (Some(location), Some(before), Some(after)) => format!("{location} {before}>{after}"),
        (Some(location), ..) => location.to_string(),
        (None, ..) => it.account.to_owned(),
    };
    if let (Some(from), Some(to)) = (&event.from, &event.to) {
        said += &format!(" {} from {} to {}", event.quantity.unwrap(), side(from), side(to));
    }
    if let Some(it) = &event.claim {
        said += &format!(
            " {:?} {} {:+} {:?}>{:?}",
            it.claim, it.location, it.change, it.before, it.after
        );
    }
    let named =
        [event.channel.as_ref().map(|it| it.as_str()), event.order.as_ref().map(|it| it.as_str())];
    for name in named.into_iter().flatten() {
        said += &format!(" {name}");
    }
    said + "\n"
}

fn traded() -> Shard {
    let mut shard = Shard::furnished();
    let lines = |sku: &str, quantity: u64| json!([{"sku": sku, "quantity": quantity}]);
    shard.at(10).run(&[
        ("receive_stock", json!({"location": "A", "lines": lines("W", 10)})),
        ("receive_stock", json!({"location": "A", "lines": lines("GG", 4)})),
        ("ship_order", json!({"order": "O0", "lines": [{"ref": "1", "sku": "W", "quantity": 1, "location": "A"}]})),
        ("commit_order", json!({"order": "O1", "channel": "web", "lines": lines("W", 3)})),
        ("ship_order", json!({"order": "O1"})),
        ("merge_items", json!({"sku": "G", "into": "W"})),
    ]);
    // The channel of an order that came later than its goods left.
    shard.at(20).ok("commit_order", json!({"order": "O0", "channel": "web", "lines": [{"ref": "2", "sku": "G", "quantity": 2}]}));
    shard
}

#[test]
fn events_tell_units_shelves_and_claims() {
    let projector = traded().projector();
    let told: String = feed(&projector, &shop(), 2).iter().map(line).collect();
    expect![[r#"
        6 0/1 stock_received W 10 from supplier to A 0>10
        7 0/1 stock_received G 4 from supplier to A 0>4
        8 0/1 order_shipped W 1 from A 10>9 to customer O0
        9 0/1 order_committed W Committed A +3 Some(0)>Some(3) web O1
        10 0/2 order_shipped W 3 from A 9>6 to customer web O1
        10 1/2 order_shipped W Committed A -3 Some(3)>Some(0) web O1
        11 0/2 items_merged G 4 from A 4>0 to conversion
        11 1/2 items_merged W 4 from conversion to A 6>10
        12 0/1 order_committed W Committed A +2 Some(0)>Some(2) web O0
    "#]]
    .assert_eq(&told);
}

#[test]
fn without_timelines_nothing_is_made_up() {
    let shard = traded();
    let config = ProjectorConfig { timeline: false, ..shard.config(None) };
    let reader = shard.journal.reader().unwrap();
    let (bare, _) = Projector::open(identity(), KEY, reader, config, &mut |_| ()).unwrap();
    let (bare, full) = (feed(&bare, &shop(), 100), feed(&shard.projector(), &shop(), 100));
    assert_eq!(bare.len(), full.len());
    for (bare, mut full) in bare.into_iter().zip(full) {
        let sides = [&mut full.from, &mut full.to];
        sides.into_iter().flatten().for_each(|it| (it.before, it.after) = (None, None));
        full.claim.iter_mut().for_each(|it| (it.before, it.after) = (None, None));
        assert_eq!(bare, full);
    }
}

#[test]
fn places_that_do_not_exist_are_said_to() {
    let projector = traded().projector();
    let asked = |place: &str| projector.movements(&shop(), FeedPlace::parse(place).unwrap(), 10);
    let end = asked("12").unwrap();
    assert!(end.events.is_empty() && end.at_end);
    let missing = |place: &str| match asked(place) {
        Err(QueryError::Missing(missing)) => Some(missing),
        Ok(_) | Err(QueryError::Fault(_)) => None,
    };
    assert_eq!(missing("13"), Some(Missing::Ahead { position: 12 }));
    assert_eq!(missing("18446744073709551615.5"), Some(Missing::Ahead { position: 12 }));
    let other = projector.movements(&name("other"), FeedPlace::default(), 1);
    assert!(matches!(other, Err(QueryError::Missing(Missing::Ledger))));
    for text in ["", ".", "1.", "-1", "1.2.3", "x", "1.99999999999", "+1"] {
        assert_eq!(FeedPlace::parse(text), None, "{text}");
    }
    let place = FeedPlace { position: 12, index: 3 };
    assert_eq!(FeedPlace::parse(&place.to_string()), Some(place));
    assert_eq!(FeedPlace::parse("12"), Some(FeedPlace::behind(12)));
}
