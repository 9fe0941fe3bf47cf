//! What is particular to the embedded file: its lock, its absence, and a crash in the middle.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Client, audit, replay};
use common::identity;
use onhand_journal::{Bytes, Chain, Embedded, Fault, Journal, Kind, Patience, seal};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn refused(path: &Path) -> Fault {
    Embedded::open(path).err().unwrap()
}

#[test]
fn an_absent_file_is_missing_and_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    assert!(matches!(refused(&path), Fault::Missing(_)));
    assert!(!path.exists());
}

#[test]
fn a_locked_file_names_itself_and_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    let _held = Embedded::create(&path, &identity(), 1, 0).unwrap();
    let fault = refused(&path).to_string();
    assert!(fault.contains("journal.redb is locked: another process has it open"), "{fault}");
}

#[test]
fn a_file_that_is_no_journal_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    std::fs::write(&path, "not a journal").unwrap();
    assert!(matches!(refused(&path), Fault::Io { .. }));
    assert!(matches!(Embedded::create(&path, &identity(), 1, 0).err(), Some(Fault::Exists(_))));
}

#[test]
fn an_interrupted_creation_is_begun_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    std::fs::write(path.with_extension("new"), "half of a file").unwrap();
    let journal = Embedded::create(&path, &identity(), 1, 0).unwrap();
    assert_eq!(journal.last_height().unwrap(), 1);
}

#[test]
fn a_copy_taken_from_under_a_writer_opens_with_every_block() {
    let directory = tempfile::tempdir().unwrap();
    let (path, copy) = (directory.path().join("a.redb"), directory.path().join("b.redb"));
    let mut journal = Embedded::create(&path, &identity(), 1, 0).unwrap();
    let mut chain = Chain::new(identity());
    replay(&journal, &mut chain).unwrap();
    for number in 0..50 {
        let body = format!("\"{}\"", "z".repeat(number * 1_000));
        let block = seal(&identity(), &chain.tip, 1, 0, Kind::Entries, body.as_bytes());
        journal.append(&block).unwrap();
        chain.tip = block.tip();
    }
    // What a crash leaves: the file as it is now, never closed.
    std::fs::copy(&path, &copy).unwrap();
    let mut copied = Chain::new(identity());
    replay(&Embedded::open(&copy).unwrap(), &mut copied).unwrap();
    assert_eq!(copied, chain);
}

/// The process that is killed: appends numbered bodies for ever and tells of each.
#[test]
fn child_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os("ONHAND_TEST_JOURNAL") else { return };
    let mut client = client(Path::new(&path));
    for number in first_number()..u64::MAX {
        client.append(number).unwrap();
        println!("appended {number}");
    }
}

fn first_number() -> u64 {
    std::env::var("ONHAND_TEST_FIRST").unwrap().parse().unwrap()
}

fn client(path: &Path) -> Client {
    let (path, mark) = (path.to_path_buf(), path.with_extension("mark"));
    let open = move || -> Result<Box<dyn Journal>, Fault> { Ok(Box::new(Embedded::open(&path)?)) };
    Client::new(open, mark, Patience::default())
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.redb");
    drop(Embedded::create(&path, &identity(), 1, 0).unwrap());
    let mut acknowledged = Vec::new();
    for round in 0..6 {
        let first = (round + 1) * 1_000_000;
        acknowledged.extend(run_and_kill(&path, first, Duration::from_millis(150 + 40 * round)));
    }
    assert!(acknowledged.len() > 20, "{acknowledged:?}");
    let mut journal = Embedded::open(&path).unwrap();
    let stored: Vec<Bytes> = (1..).map_while(|height| journal.read(height).unwrap()).collect();
    drop(journal);
    audit(&stored, &[]);
    let bodies: Vec<&[u8]> = stored.iter().map(|block| &block[..]).collect();
    for number in acknowledged {
        let body = [b"\"body\":", &common::entries(number)[..], b"}"].concat();
        assert!(bodies.iter().any(|block| block.ends_with(&body)), "{number} is lost");
    }
    // The mark agrees, or this claim would halt.
    client(&path).append(1).unwrap();
}

/// Runs [`child_appends_until_it_is_killed`] for a while. The numbers it was heard to acknowledge.
fn run_and_kill(path: &Path, first: u64, time: Duration) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_appends_until_it_is_killed", "--exact", "--nocapture"])
        .env("ONHAND_TEST_JOURNAL", path)
        .env("ONHAND_TEST_FIRST", first.to_string())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(time);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let numbers = complete.lines().filter_map(|line| line.split_once("appended "));
    numbers.map(|(_, number)| number.parse().unwrap()).collect()
}
