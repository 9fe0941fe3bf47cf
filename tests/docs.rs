//! What the pages say is tried out: every example body is read, and booked in the order of the page.

use std::collections::BTreeSet;
use std::path::Path;

use onhand_core::{Command, Entry, Ledger, LedgerId, Request, Rules, Time, accept};

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

/// What the edge looks up before a decision, here from the entries themselves.
fn look_up(request: &mut Request, entries: &[Entry]) {
    if let Command::ReverseEntry(command) = &mut request.command {
        let found = entries.iter().find(|it| it.position == command.position);
        command.entry = found.cloned().map(Box::new);
    }
}

#[test]
fn every_example_of_the_commands_is_read_and_booked() {
    let name = LedgerId::new("docs").expect("a name");
    let mut ledger = Ledger::new(name.clone());
    let mut entries = Vec::new();
    let mut now = Time(1_795_000_000_000_000);
    for (index, Example { stem, body }) in examples(&page("docs/commands.md")).iter().enumerate() {
        let key = format!("example-{index}");
        let read = onhand_wire::request(&name, stem, body.as_bytes(), Some(&key));
        let mut request = read.unwrap_or_else(|it| panic!("{stem} {body}: {it:?}"));
        look_up(&mut request, &entries);
        now = now.plus_seconds(1);
        let entry = accept(&ledger, now, &Rules::default(), &request)
            .unwrap_or_else(|it| panic!("{stem} {body} at {}: {it:?}", entries.len() + 1));
        ledger.evolve(&entry, now).expect("an entry that follows");
        entries.push(entry);
    }
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
