//! What the pages say is tried out: every example body is read, and booked in the order of the page.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use onhand_core::{
    Account, BookAt, Command, Condition, DifferenceKind, Entry, Fact, Findings, ItemNo, Ledger,
    LedgerId, LocationNo, Movement, RecordSnapshot, Rules, SnapshotLine, SnapshotOutcome, Time,
    accept,
};
use onhand_reconciler::format::{self, Profile};
use onhand_reconciler::{Head, Line, Past, PastBook, PastEvent, compare_whole};

fn page(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    std::fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// An example: its stem, and its body.
struct Example {
    stem: String,
    body: String,
}

/// Examples are of the command that their heading names, or of the one named beside `json`.
fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let (mut heading, mut open) = (String::new(), None::<Example>);
    for line in page.lines() {
        match (&mut open, line) {
            (Some(_), "```") => found.extend(open.take()),
            (Some(example), line) => example.body.push_str(line),
            (None, line) => {
                if let Some(stem) = line.strip_prefix("```json") {
                    let stem = if stem.is_empty() { &heading } else { stem.trim() };
                    open = Some(Example { stem: stem.to_owned(), body: String::new() });
                } else if let Some(name) = line.strip_prefix("## `") {
                    heading = name.trim_end_matches('`').to_owned();
                }
            }
        }
    }
    found
}

/// A ledger with all that was booked in it, looked up as the edge looks things up.
struct Book {
    ledger: Ledger,
    entries: Vec<(Time, Entry)>,
    now: Time,
}

impl Book {
    fn new() -> Book {
        let ledger = Ledger::new(LedgerId::new("docs").expect("a name"));
        Book { ledger, entries: Vec::new(), now: Time(1_795_000_000_000_000) }
    }

    fn book(&mut self, stem: &str, body: &str) {
        let key = format!("example-{}", self.entries.len());
        let read = onhand_wire::request(self.ledger.id(), stem, body.as_bytes(), Some(&key));
        let mut request = read.unwrap_or_else(|it| panic!("{stem} {body}: {it:?}"));
        self.now = self.now.plus_seconds(1);
        self.look_up(&mut request.command);
        let entry = accept(&self.ledger, self.now, &Rules::default(), &request)
            .unwrap_or_else(|it| panic!("{stem} {body} at {}: {it:?}", self.entries.len() + 1));
        self.ledger.evolve(&entry, self.now).expect("an entry that follows");
        self.entries.push((self.now, entry));
    }

    /// What the edge looks up before a decision.
    fn look_up(&self, command: &mut Command) {
        match command {
            Command::ReverseEntry(it) => {
                let found = self.entries.iter().find(|(_, entry)| entry.position == it.position);
                it.entry = found.map(|(_, entry)| Box::new(entry.clone()));
            }
            Command::RecordSnapshot(it) => it.findings = Some(Box::new(self.compared(it))),
            Command::SettleDiscrepancy(it) => {
                it.book = it.numbers.iter().map(|number| self.book_of(*number)).collect();
            }
            _ => {}
        }
    }

    fn compared(&self, it: &RecordSnapshot) -> Findings {
        let number = self.ledger.feed_no(&it.feed).expect("a feed");
        let head = Head {
            feed: number,
            now: self.now,
            as_of: it.as_of.unwrap_or(self.now),
            complete: it.complete,
            tier: it.tier.clone(),
            basis: it.basis.unwrap_or(self.ledger.feed(number).terms.basis),
            orders_seen_through: it.orders_seen_through,
        };
        let line = |(place, it): (usize, &SnapshotLine)| Line {
            line: place as u64 + 1,
            code: it.supplier_sku.as_str().into(),
            quantity: it.quantity,
            pack: it.pack.map(|it| it.units()),
            next_restock_at: it.next_restock_at,
            ..Line::default()
        };
        let lines: Vec<Line> = it.lines.iter().enumerate().map(line).collect();
        compare_whole(&self.ledger, self, &head, &lines, false).expect("lines without a mistake")
    }

    fn book_of(&self, number: u64) -> BookAt {
        let it = &self.ledger.discrepancy(number).expect("a discrepancy").difference;
        let item = it.sku.as_ref().and_then(|it| self.ledger.item_no(it)).expect("an item");
        let at = it.location.as_ref().and_then(|it| self.ledger.location_no(it));
        let past = self.book_at(item, at.expect("a location"), it.as_of).expect("a book");
        BookAt { balance: past.sellable, position: self.ledger.position() }
    }
}

impl Past for Book {
    fn book_at(&self, item: ItemNo, location: LocationNo, at: Time) -> Option<PastBook> {
        let shelf = Account::Shelf(self.ledger.location(location).id.clone(), Condition::Sellable);
        let by_then = self.entries.iter().filter(|(time, _)| *time <= at);
        let ours = |it: &&Movement| self.ledger.item_no(&it.sku) == Some(item);
        let sum = |it: &Movement| match (it.from == shelf, it.to == shelf) {
            (true, false) => -it.quantity.signed(),
            (false, true) => it.quantity.signed(),
            _ => 0,
        };
        let moved = by_then.flat_map(|(_, it)| &it.movements).filter(ours).map(sum);
        Some(PastBook { sellable: moved.sum(), committed: 0 })
    }

    /// The pages tell of differences that nothing explains.
    fn events(&self, _: ItemNo, _: Option<LocationNo>, _: Time, _: usize) -> Vec<PastEvent> {
        Vec::new()
    }
}

#[test]
fn every_example_of_the_commands_is_read_and_booked() {
    let mut book = Book::new();
    for Example { stem, body } in examples(&page("docs/commands.md")) {
        book.book(&stem, &body);
    }
}

#[test]
fn the_way_of_a_supplier_is_as_its_page_tells() {
    let mut book = Book::new();
    for (stem, body) in [
        ("register_location", r#"{"location":"leeds"}"#),
        ("register_channel", r#"{"channel":"webshop","locations":["leeds"]}"#),
        ("register_item", r#"{"sku":"MUG-SND"}"#),
        ("register_item", r#"{"sku":"TOTE-NAVY"}"#),
        ("register_item", r#"{"sku":"TRAY-OAK"}"#),
        (
            "receive_stock",
            r#"{"location":"leeds","lines":[{"sku":"MUG-SND","quantity":60},{"sku":"TOTE-NAVY","quantity":40}]}"#,
        ),
    ] {
        book.book(stem, body);
    }
    for Example { stem, body } in examples(&page("docs/suppliers.md")) {
        book.book(&stem, &body);
    }
    let snapshots = book.entries.iter().filter_map(|(_, it)| match &it.fact {
        Fact::SnapshotRecorded(it) => Some(it),
        _ => None,
    });
    let outcomes: Vec<SnapshotOutcome> = snapshots.map(|it| it.outcome).collect();
    let (applied, held) = (SnapshotOutcome::Applied, SnapshotOutcome::Held);
    assert_eq!(outcomes, [applied, held, applied]);
    let kind = |number| book.ledger.discrepancy(number).map(|it| it.difference.kind);
    assert_eq!(
        [1, 2, 3, 4, 5, 6].map(kind),
        [
            Some(DifferenceKind::UnexplainedLoss),
            Some(DifferenceKind::UnexplainedGain),
            Some(DifferenceKind::UnknownSku),
            Some(DifferenceKind::Shortage),
            Some(DifferenceKind::UnexplainedLoss),
            Some(DifferenceKind::Echo),
        ]
    );
}

/// The text of the first block of that language.
fn block(page: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let start = page.find(&fence).expect("a block") + fence.len();
    let end = page[start..].find("```").expect("its end");
    page[start..start + end].to_owned()
}

#[test]
fn the_profile_of_the_page_reads_the_file_below_it() {
    let page = page("docs/suppliers.md");
    let profile = Profile::parse(&block(&page, "toml")).unwrap_or_else(|it| panic!("{it}"));
    let (mut file, mut told) = (Cursor::new(block(&page, "csv")), Vec::new());
    let read =
        format::read(&mut file, &profile, &mut |it| told.push((it.code, it.quantity, it.pack)));
    let reading = read.unwrap_or_else(|it| panic!("{it:?}"));
    let line = |code: &str, quantity, pack| (code.into(), quantity, pack);
    assert_eq!(
        told,
        [
            line("00123", Some(1_031), Some(1)),
            line("B-200", Some(10), Some(12)),
            line("C-300", None, Some(1)),
        ]
    );
    assert_eq!(
        reading.header.as_of.map(|it| it.to_string()).as_deref(),
        Some("2026-11-24T07:00:00Z")
    );
}

#[test]
fn every_command_has_its_section() {
    let with_example: BTreeSet<String> =
        examples(&page("docs/commands.md")).into_iter().map(|it| it.stem).collect();
    let stems: BTreeSet<String> = Command::STEMS.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(with_example, stems);
}

/// Compares what follows the comment line of a page with what it should be; `UPDATE_EXPECT=1`
/// writes it instead.
fn check_generated(name: &str, expected: &str) {
    let text = page(name);
    let comment = text.find("<!-- from here on").expect("the comment before the generated part");
    let start = comment + text[comment..].find('\n').map_or(text.len() - comment, |it| it + 1);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let page = format!("{}{expected}", &text[..start]);
        std::fs::write(root.join(name), page).expect("a writable page");
        return;
    }
    assert_eq!(&text[start..], expected, "{name} is old: run this test with UPDATE_EXPECT=1");
}

#[test]
fn every_code_is_explained() {
    let mut table =
        String::from("| code | status | retryable | means | do |\n|---|---|---|---|---|\n");
    for it in onhand_wire::PAGES {
        let again = if it.retryable { "yes" } else { "" };
        let (code, status, title, remedy) = (it.code, it.status, it.title, it.remedy);
        table.push_str(&format!("| `{code}` | {status} | {again} | {title} | {remedy} |\n"));
    }
    check_generated("docs/errors.md", &table);
}

#[test]
fn every_setting_is_listed() {
    let reference = onhand_server::settings_reference();
    check_generated("docs/configuration.md", &format!("```toml\n{reference}```\n"));
}

#[test]
fn the_contract_names_every_command() {
    let contract = page("proto/onhand/v1/commands.proto");
    for stem in Command::STEMS {
        assert!(contract.contains(&format!(" {stem} = ")), "{stem} is not in the contract");
    }
}
