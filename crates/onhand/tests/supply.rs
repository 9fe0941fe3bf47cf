//! Suppliers on the command line: codes from a file, a suspicious snapshot, and the inbox's words.

mod common;

use std::path::Path;

use common::{Served, complaint, rows, said};
use serde_json::Value;

/// A directory with the demonstration's shop, its supplier and three differences.
fn shop() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    said(directory.path(), &["demo", "--exit", "--weeks", "2", "--port", "0"]);
    directory
}

/// Until the server's projection has come so far. Each look is a process of its own.
fn until(what: &str, is_so: impl Fn() -> bool) {
    assert!((0..500).any(|_| is_so()), "{what}");
}

fn written(data: &Path, name: &str, text: &str) -> String {
    let path = data.join(name);
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a plain path").to_owned()
}

fn feed(data: &Path) -> Value {
    rows(&said(data, &["feeds", "leeds-paper", "--json"]))[0].clone()
}

#[test]
fn a_file_of_codes_is_booked_once_and_whole() {
    let directory = shop();
    let data = directory.path();
    let supplier = feed(data)["supplier"].as_str().expect("a supplier").to_owned();
    let map = |file: &str, more: &[&'static str]| -> Vec<String> {
        let plain = ["map", file, "--supplier", supplier.as_str()];
        plain.iter().chain(more).map(|it| (*it).to_owned()).collect()
    };
    let words = |it: &[String]| it.iter().map(String::as_str).collect::<Vec<_>>().join("\0");
    let run = |it: Vec<String>| said(data, &words(&it).split('\0').collect::<Vec<_>>());
    let no = |status, it: Vec<String>| {
        complaint(data, status, &words(&it).split('\0').collect::<Vec<_>>())
    };
    let count = || rows(&said(data, &["suppliers", &supplier, "--skus", "--json"])).len();
    let before = count();

    let wrong = written(data, "wrong.csv", "supplier_sku,sku,pack\nX-1,MUG-SND,6\nX-2,MUG-SND,0\n");
    let told = no(2, map(&wrong, &[]));
    assert!(told.contains("nothing was booked"), "{told}");
    assert!(told.contains("line 3, column pack: must be at least 1"), "{told}");
    let strange = written(data, "strange.csv", "supplier_sku,sku\nX-1,MUG-SND\nX-2,NOPE\n");
    let told = no(1, map(&strange, &[]));
    assert!(told.contains("lines 2 to 3, nothing was booked"), "{told}");
    assert_eq!(count(), before);

    let served = Served::start(data);
    let mut text = "supplier_sku\tsku\tpack\n".to_owned();
    (0..1_001).for_each(|it| text.push_str(&format!("X-{it}\tMUG-SND\t6\n")));
    let many = written(data, "many.tsv", &text);
    let dry = run(map(&many, &["--dry-run"]));
    assert!(dry.contains("1,001 codes mapped") && dry.contains("Nothing was booked"), "{dry}");
    assert_eq!(count(), before);
    let told: Value =
        serde_json::from_str(&run(map(&many, &["--actor", "ann", "--json"]))).unwrap();
    assert_eq!(
        (&told["mapped"], told["positions"].as_array().map(Vec::len)),
        (&1_001.into(), Some(2))
    );
    until("the codes are listed", || count() == before + 1_001);
    assert!(
        run(map(&many, &[])).contains("0 codes mapped, 0 mean nothing any more, 1,001 were so")
    );
    assert_eq!(served.stop(), Some(0));

    // Without a server too, and back and forth.
    let none = written(data, "none.csv", "supplier_sku,sku\nX-0,\n");
    let some = written(data, "some.csv", "supplier_sku,sku\nX-0,MUG-SND\n");
    for _ in 0..2 {
        assert!(run(map(&none, &[])).contains("1 mean nothing any more"));
        assert_eq!(count(), before + 1_000);
        assert!(run(map(&some, &[])).contains("1 codes mapped"));
        assert_eq!(count(), before + 1_001);
    }
}

#[test]
fn a_suggestion_is_accepted_by_the_command_that_the_inbox_tells() {
    let directory = shop();
    let data = directory.path();
    let unknown = || rows(&said(data, &["inbox", "--kind", "unknown_sku", "--json"]));
    let number = unknown()[0]["number"].to_string();
    let told = said(data, &["inbox", &number]);
    let command = told.lines().find_map(|it| it.trim().strip_prefix("to say so: onhand "));
    let words: Vec<&str> = command.expect("a command").split(' ').collect();
    assert!(said(data, &words).contains("1 codes mapped"));
    assert!(unknown().is_empty());
}

#[test]
fn a_held_snapshot_is_applied_once_it_is_confirmed() {
    let directory = shop();
    let data = directory.path();
    let text = "Leeds Paper: stock list\nItem;In stock;Description\n00117;200000;Cards\n";
    let file = written(data, "many.csv", text);
    let _served = Served::start(data);
    let send = ["snapshot", &file, "--feed", "leeds-paper", "--snapshot", "many"];
    let held = said(data, &send);
    assert!(held.contains("suspicious"), "{held}");
    let judge = ["judge", "leeds-paper", "many", "confirm", "--actor", "ann", "--reason"];
    let with = |more: &[&'static str]| [&judge[..], more].concat();
    let told = complaint(data, 2, &with(&["because"]));
    assert!(told.contains("take one of correction, count_variance"), "{told}");
    let why = ["other", "--note", "a container came"];
    until("it is held", || feed(data)["held"]["snapshot"] == "many");
    assert!(said(data, &with(&why)).contains("many of leeds-paper confirmed"));
    // Said twice it counts once.
    assert!(said(data, &with(&why)).contains("confirmed"));
    let is_applied = |it: &Value| it["snapshot"] == "many" && it["outcome"] == "applied";
    let recent = || feed(data)["recent"].as_array().cloned().unwrap_or_default();
    until("it is applied", || recent().iter().any(is_applied));
}

#[test]
fn what_is_decided_is_named_by_numbers_or_by_kind() {
    let directory = shop();
    let data = directory.path();
    let number = rows(&said(data, &["inbox", "--json"]))[0]["number"].to_string();
    let decide = ["settle", "--action", "dispute", "--reason", "correction", "--actor", "ann"];
    let with = |more: &[&str]| -> Vec<String> {
        decide.iter().chain(more).map(|it| (*it).to_owned()).collect()
    };
    let both = with(&[&number, "--kind", "in_flight"]);
    let told = complaint(data, 2, &both.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(told.contains("cannot be used with"), "{told}");
    let dry = with(&[&number, "--dry-run"]);
    let told = said(data, &dry.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(told.contains("would be disputed, and stay open. Nothing was booked."), "{told}");
    let stock = said(data, &["stock", "--csv"]);
    assert!(stock.lines().next().is_some_and(|it| it.contains(",doubted,available")), "{stock}");
}
