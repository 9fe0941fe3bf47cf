//! What every backend must do, run against memory, an embedded file and a real NATS server.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Backend, entries, identity};
use onhand_journal::{AppendError, Chain, Fault, Journal, Kind, Reader, Tip, seal};
use std::time::{Duration, Instant};

macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod memory { $(#[test] fn $case() { super::$case(&crate::common::Memory::new()); })* }
        mod embedded { $(#[test] fn $case() { super::$case(&crate::common::File::new()); })* }
        mod jetstream { $(#[test] fn $case() { super::$case(&crate::common::Nats::new()); })* }
    };
}

conformance!(
    begins_with_genesis,
    appends_in_order_and_reads_back,
    refuses_any_other_height,
    two_handles_share_one_log,
    a_large_block_comes_back_whole,
    reads_in_bulk_within_bounds,
    a_reader_waits_for_the_first_block,
    reading_past_the_end_is_empty,
    survives_a_reconnect,
    is_there_after_opening_again,
    refuses_to_create_over_a_journal,
);

/// Genesis, as stored.
fn started(backend: &dyn Backend) -> (Box<dyn Journal>, Chain) {
    let mut journal = backend.create().unwrap();
    let mut chain = Chain::new(identity());
    chain.accept(journal.read(1).unwrap().unwrap()).unwrap();
    (journal, chain)
}

/// Appends one block of entries with `body` and moves the chain.
fn append(journal: &mut dyn Journal, chain: &mut Chain, body: &[u8]) {
    let block = seal(&identity(), &chain.tip, chain.tip.epoch, 0, Kind::Entries, body);
    journal.append(&block).unwrap();
    chain.tip = block.tip();
}

fn read_all(reader: &mut dyn Reader, bytes_max: usize) -> Chain {
    let mut chain = Chain::new(identity());
    loop {
        let blocks = reader.read_from(chain.tip.height + 1, bytes_max, Duration::ZERO).unwrap();
        if blocks.is_empty() {
            return chain;
        }
        blocks.into_iter().for_each(|bytes| drop(chain.accept(bytes).unwrap()));
    }
}

fn begins_with_genesis(backend: &dyn Backend) {
    let (mut journal, chain) = started(backend);
    assert_eq!((chain.tip.height, chain.tip.epoch), (1, 1));
    assert_eq!(journal.read(2).unwrap(), None);
}

fn appends_in_order_and_reads_back(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    for number in 0..20 {
        append(&mut *journal, &mut chain, &entries(number));
    }
    let mut again = Chain::new(identity());
    for height in 1..=21 {
        again.accept(journal.read(height).unwrap().unwrap()).unwrap();
    }
    assert_eq!(again, chain);
    assert_eq!(read_all(&mut *journal.reader().unwrap(), usize::MAX), chain);
}

fn refuses_any_other_height(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    let before = chain.tip;
    append(&mut *journal, &mut chain, b"1");
    for height in [0, 1, 3, 5] {
        let tip = Tip { height, ..before };
        let block = seal(&identity(), &tip, 1, 0, Kind::Entries, b"2");
        match journal.append(&block) {
            Err(AppendError::WrongHeight { last }) => assert_eq!(last, 2),
            other => panic!("height {}: {other:?}", block.height),
        }
    }
    assert_eq!(journal.read(3).unwrap(), None);
}

fn two_handles_share_one_log(backend: &dyn Backend) {
    let (mut first, mut chain) = started(backend);
    let mut second = backend.open().unwrap();
    append(&mut *first, &mut chain, b"\"first\"");
    append(&mut *second, &mut chain, b"\"second\"");
    assert!(first.read(3).unwrap().is_some());
}

fn a_large_block_comes_back_whole(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    let body = format!("\"{}\"", "x".repeat(6 * 1024 * 1024));
    append(&mut *journal, &mut chain, body.as_bytes());
    let read = journal.read(2).unwrap().unwrap();
    assert_eq!(onhand_journal::parse(read).unwrap().body(), body.as_bytes());
    assert_eq!(read_all(&mut *journal.reader().unwrap(), 1024), chain);
}

fn reads_in_bulk_within_bounds(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    for number in 0..40 {
        append(&mut *journal, &mut chain, format!("\"{}\"", "y".repeat(number * 100)).as_bytes());
    }
    let mut reader = journal.reader().unwrap();
    for bytes_max in [1, 5_000, 1_000_000] {
        assert_eq!(read_all(&mut *reader, bytes_max), chain, "{bytes_max} bytes at a time");
        let blocks = reader.read_from(5, bytes_max, Duration::ZERO).unwrap();
        let bytes: usize = blocks.iter().map(|block| block.len()).sum();
        assert!(bytes <= bytes_max || blocks.len() == 1, "{bytes} bytes in {}", blocks.len());
    }
    assert_eq!(reader.read(7).unwrap(), journal.read(7).unwrap());
}

fn a_reader_waits_for_the_first_block(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    let mut reader = journal.reader().unwrap();
    let waiting = std::thread::spawn(move || {
        let blocks = reader.read_from(2, 1_000, Duration::from_secs(10)).unwrap();
        (blocks, Instant::now())
    });
    std::thread::sleep(Duration::from_millis(300));
    append(&mut *journal, &mut chain, b"1");
    let appended = Instant::now();
    let (blocks, woken) = waiting.join().unwrap();
    assert_eq!(blocks.len(), 1);
    assert!(woken.saturating_duration_since(appended) < Duration::from_secs(2));
}

fn reading_past_the_end_is_empty(backend: &dyn Backend) {
    let (journal, _) = started(backend);
    let mut reader = journal.reader().unwrap();
    let begun = Instant::now();
    assert!(reader.read_from(2, 1_000, Duration::ZERO).unwrap().is_empty());
    assert!(reader.read_from(2, 1_000, Duration::from_millis(200)).unwrap().is_empty());
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    assert_eq!(reader.read(9).unwrap(), None);
}

fn survives_a_reconnect(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    let mut reader = journal.reader().unwrap();
    append(&mut *journal, &mut chain, b"1");
    journal.reconnect().unwrap();
    append(&mut *journal, &mut chain, b"2");
    assert_eq!(read_all(&mut *reader, 1_000), chain);
}

fn is_there_after_opening_again(backend: &dyn Backend) {
    let (mut journal, mut chain) = started(backend);
    append(&mut *journal, &mut chain, b"1");
    drop(journal);
    backend.close();
    let mut journal = backend.open().unwrap();
    append(&mut *journal, &mut chain, b"2");
    assert_eq!(read_all(&mut *journal.reader().unwrap(), 1_000), chain);
}

fn refuses_to_create_over_a_journal(backend: &dyn Backend) {
    let (journal, _) = started(backend);
    drop(journal);
    assert!(matches!(backend.create().err(), Some(Fault::Exists(_))));
    assert!(backend.open().unwrap().read(1).unwrap().is_some());
}
