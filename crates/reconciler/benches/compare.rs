//! How fast a whole file is read and set against a book of as many items.
//!
//! `cargo bench -p onhand-reconciler --bench compare -- [lines …]`: read twice, as it comes: once
//! for what keeps the whole from being believed, once against the book in chunks. Booking what it
//! comes to is the writer's and not in it.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::io::Cursor;
use std::time::{Duration, Instant};

use onhand_core::*;
use onhand_reconciler::format::{self, Profile};
use onhand_reconciler::{
    Budget, Head, Line, Past, PastBook, PastEvent, Survey, Surveyed, compare, unknown, vanished,
};

/// So many lines are compared at once.
const CHUNK: usize = 4_096;
const MINUTE_US: u64 = 60_000_000;

fn main() {
    let arguments = std::env::args().skip(1).filter_map(|it| it.parse().ok());
    let mut sizes: Vec<u64> = arguments.collect();
    if sizes.is_empty() {
        sizes = vec![13_000, 1_000_000];
    }
    for lines in sizes {
        let ledger = book(lines);
        for (name, every) in [("unchanged", 0), ("1 % changed", 100)] {
            let file = file(lines, every);
            measure(&ledger, name, &file);
        }
    }
}

fn measure(ledger: &Ledger, name: &str, file: &[u8]) {
    let (mut best, mut best_survey) = (Duration::MAX, Duration::MAX);
    let mut came_to = (0, 0, 0);
    let mut lines = 0;
    for _ in 0..3 {
        let begun = Instant::now();
        let survey = survey(ledger, file);
        best_survey = best_survey.min(begun.elapsed());
        assert!(survey.complaints.is_empty() && survey.suspicions.is_empty());
        lines = survey.lines;
        came_to = compared(ledger, file, &survey);
        best = best.min(begun.elapsed());
    }
    let (compared, accurate, found) = came_to;
    println!(
        "{lines} lines, {name}: {best:.2?}, {:.0} lines/s, of it {best_survey:.2?} for the first \
         look; compared {compared}, agreed {accurate}, found {found}",
        lines as f64 / best.as_secs_f64()
    );
}

fn survey(ledger: &Ledger, file: &[u8]) -> Surveyed {
    let mut survey = Survey::new(ledger, &head());
    let mut source = Cursor::new(file);
    let read = format::read(&mut source, &Profile::default(), &mut |it| survey.add(ledger, &it));
    read.unwrap_or_else(|it| panic!("{it}"));
    survey.close(ledger)
}

fn compared(ledger: &Ledger, file: &[u8], survey: &Surveyed) -> (u64, u64, usize) {
    let head = head();
    let mut budget = Budget::new(ledger, &head);
    let mut chunk: Vec<Line> = Vec::with_capacity(CHUNK);
    let (mut count, mut accurate, mut found) = (0, 0, 0);
    let mut take = |chunk: &mut Vec<Line>| {
        let findings = compare(ledger, &Untouched, &head, survey, &mut budget, chunk);
        count += findings.compared;
        accurate += findings.accurate;
        found += findings.found.len() + findings.said.len();
        chunk.clear();
    };
    let mut source = Cursor::new(file);
    let read = format::read(&mut source, &Profile::default(), &mut |line| {
        chunk.push(line);
        if chunk.len() == CHUNK {
            take(&mut chunk);
        }
    });
    read.unwrap();
    take(&mut chunk);
    let (gone, rest) = vanished(ledger, &Untouched, &head, survey, &mut budget, ItemNo(0), CHUNK);
    assert!(gone.said.is_empty() && rest.is_none());
    found += unknown(ledger, &head, survey).found.len();
    (count, accurate, found)
}

fn head() -> Head {
    Head {
        feed: FeedNo(0),
        now: Time(20 * MINUTE_US),
        as_of: Time(15 * MINUTE_US),
        complete: true,
        tier: None,
        basis: Basis::OnHand,
        orders_seen_through: None,
    }
}

/// Nothing moved since the snapshot's moment, and nobody remembers what did before.
struct Untouched;

impl Past for Untouched {
    fn position_at(&self, _: Time) -> Option<u64> {
        Some(u64::MAX)
    }
    fn book_at(&self, _: ItemNo, _: LocationNo, _: Time) -> Option<PastBook> {
        None
    }
    fn events(&self, _: ItemNo, _: Option<LocationNo>, _: Time, _: usize) -> Vec<PastEvent> {
        Vec::new()
    }
}

fn code(number: u64) -> String {
    // Neither in the order of items nor in that of hashes.
    format!(
        "SKU-{:07}-{}",
        number.wrapping_mul(7_368_787) % 9_999_991,
        ["S", "M", "L"][number as usize % 3]
    )
}

fn units(number: u64) -> u64 {
    number % 97 + 3
}

fn file(lines: u64, every: u64) -> Vec<u8> {
    let mut text = String::from("supplier_sku,quantity\n");
    for number in 0..lines {
        let changed = every > 0 && number % every == 7;
        text += &format!("{},{}\n", code(number), units(number) - u64::from(changed));
    }
    text.into_bytes()
}

/// As many items as lines, each with a code and a number that was said before.
fn book(items: u64) -> Ledger {
    let mut ledger = Ledger::new(LedgerId::new("shop").unwrap());
    let terms = r#"{"missing_after":2,"tiers":[{"tier":"all","every_minutes":60}],
        "breakers":{"to_zero_percent":20,"missing_percent":20,"change_percent":30}}"#;
    for fact in [
        r#"{"supplier_set":{"supplier":"S"}}"#.to_owned(),
        r#"{"location_registered":{"location":"L","kind":"supplier","supplier":"S"}}"#.to_owned(),
        format!(r#"{{"feed_set":{{"feed":"F","supplier":"S","location":"L","terms":{terms}}}}}"#),
    ] {
        let envelope = serde_json::from_str(r#"{"id":"c","request":""}"#).unwrap();
        let (id, position) = (ledger.id().clone(), ledger.position() + 1);
        let fact = serde_json::from_str(&fact).unwrap();
        let (movements, flags) = (Vec::new(), Vec::new());
        let entry = Entry { ledger: id, position, envelope, fact, movements, flags };
        ledger.evolve(&entry, Time(MINUTE_US)).unwrap();
    }
    (0..items).for_each(|number| ledger.put_item(item(number)));
    ledger
}

fn item(number: u64) -> Item {
    let code = Sku::new(&code(number)).unwrap();
    let mut item = Item::new(Sku::new(&format!("ITEM-{number}")).unwrap());
    let mut cell = Cell::new(LocationNo(0));
    (cell.sellable, cell.touched) = (units(number) as i64, 2);
    item.cells.push(cell);
    let source = Source {
        supplier: SupplierNo(0),
        code,
        pack: 1,
        unit_cost: Some(500),
        valid_from: None,
        valid_until: None,
    };
    let said = Said {
        feed: FeedNo(0),
        tier: 0,
        tier_was: History::default(),
        quantity: Some(units(number)),
        as_of: Some(Time(MINUTE_US)),
        missing: 0,
        worth: History::default(),
        next_restock_at: None,
        kept: None,
    };
    let supplied = Supplied { sources: vec![source], said: vec![said], ..Supplied::default() };
    item.supplied = Some(Box::new(supplied));
    item
}
