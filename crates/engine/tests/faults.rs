//! Whatever breaks beneath: what was acknowledged is there once, and nobody hears a wrong "failed".

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Rig, one, order, stock, stop, tell, told};
use onhand_core::{Label, Note};
use onhand_engine::{Answer, AnswerFault, Batch, Handle, Status};
use onhand_journal::memory::{FaultAt, FaultKind};
use onhand_journal::{HighWater, Writer};
use smol_str::SmolStr;

/// Sends until the answer is one of the ledger's, as a careful caller does.
fn insist(handle: &Handle, units: u64, id: &str) -> String {
    for _ in 0..200 {
        let answer = one(handle, order("acme", id, units));
        if !["unknown", "unavailable", "overloaded"].contains(&answer.as_str()) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("no answer to {id}: {:?}", handle.status());
}

/// What the fault of one append makes of a command, and of the same command sent again.
fn check(kind: FaultKind, said: &str, then: &str) {
    let rig = Rig::new();
    let handle = rig.stocked(100);
    rig.journal.fail_next(kind);
    assert_eq!(one(&handle, order("acme", "1", 1)), said, "{kind:?}");
    assert_eq!(insist(&handle, 1, "1"), then, "{kind:?}");
    assert_eq!(insist(&handle, 1, "2"), "accepted 7 2 order_committed", "{kind:?}");
    stop(&handle);
    assert_eq!(rig.booked().len(), 7, "{kind:?}");
    assert_eq!(rig.booked().values().max(), Some(&1), "{kind:?}");
}

#[test]
fn unclear_appends_are_resolved_before_anybody_is_answered() {
    let booked = ("accepted 6 1 order_committed", "accepted 6 1 order_committed again");
    for kind in [
        FaultKind::LostAck,
        FaultKind::LostAppend,
        FaultKind::LateArrival { calls: 1 },
        FaultKind::LateArrival { calls: 3 },
        FaultKind::FalseRefusal,
        FaultKind::Duplicate,
        FaultKind::Unavailable,
    ] {
        check(kind, booked.0, booked.1);
    }
}

#[test]
fn what_is_certainly_not_booked_is_said_to_be_so() {
    check(FaultKind::Full, "unavailable", "accepted 6 1 order_committed");
}

#[test]
fn a_fault_that_lasts_ends_the_engine_and_it_comes_back() {
    let rig = Rig::new();
    let handle = rig.stocked(100);
    // More than the writer's patience: the engine stops and begins again.
    let append = rig.journal.appends() + 1;
    for more in 0..150 {
        rig.journal.push(FaultAt { append: append + more, kind: FaultKind::LostAppend });
    }
    assert_eq!(one(&handle, order("acme", "1", 1)), "unknown");
    assert_eq!(insist(&handle, 1, "1"), "accepted 6 1 order_committed");
    assert_eq!(insist(&handle, 1, "2"), "accepted 7 2 order_committed");
    assert!(handle.metrics().restarts.load(Ordering::SeqCst) >= 1);
    stop(&handle);
    assert_eq!(rig.booked().values().max(), Some(&1));
}

#[test]
fn callers_behind_the_failed_block_are_kept_and_decided_again() {
    let mut rig = Rig::new();
    rig.config.commands_max = 10;
    let handle = rig.stocked(1_000);
    rig.journal.fail_next(FaultKind::Full);
    let batch = (0..100).map(|it| order("acme", &it.to_string(), 1)).collect();
    let answers = tell(&handle, Batch::each(batch));
    let failed = answers.iter().filter(|it| *it == "unavailable").count();
    let accepted = answers.iter().filter(|it| it.starts_with("accepted")).count();
    assert!(failed > 0 && failed <= 10, "{failed} failed");
    assert_eq!(failed + accepted, 100);
    stop(&handle);
    assert_eq!(rig.booked().len(), 5 + accepted);
}

#[test]
fn callers_are_not_kept_for_ever() {
    let mut rig = Rig::new();
    rig.config.keep_max = Duration::from_millis(100);
    let handle = rig.stocked(100);
    rig.shut.store(true, Ordering::SeqCst);
    rig.journal.fail_next(FaultKind::Full);
    assert_eq!(one(&handle, order("acme", "1", 1)), "unavailable");
    let begun = Instant::now();
    assert_eq!(one(&handle, order("acme", "2", 1)), "unavailable");
    assert!(begun.elapsed() >= Duration::from_millis(90), "{:?}", begun.elapsed());
    assert!(matches!(handle.status(), Status::Restarting { .. }), "{:?}", handle.status());
    rig.shut.store(false, Ordering::SeqCst);
    assert_eq!(insist(&handle, 1, "2"), "accepted 6 2 order_committed");
    assert_eq!(handle.status(), Status::Serving);
    stop(&handle);
}

#[test]
fn a_deposed_writer_halts_and_answers_at_once() {
    let rig = Rig::new();
    let handle = rig.stocked(100);
    let (_, tip) = rig.fold();
    let journal = Box::new(rig.journal.clone());
    let high_water = HighWater::in_memory();
    let other = Writer::claim(journal, common::identity(), tip, high_water, 0).unwrap();
    assert_eq!(one(&handle, order("acme", "1", 1)), "unknown");
    assert!(handle.wait_stopped(Duration::from_secs(5)));
    match handle.status() {
        Status::Halted { reason } => assert!(reason.contains("another writer"), "{reason}"),
        status => panic!("{status:?}"),
    }
    assert_eq!(one(&handle, order("acme", "2", 1)), "halted");
    drop(other);
    assert_eq!(rig.booked().len(), 5);
}

#[test]
fn a_lost_tail_halts() {
    let rig = Rig::new();
    let handle = rig.stocked(100);
    rig.journal.damage(FaultKind::TailLost { blocks: 1 });
    assert_eq!(one(&handle, order("acme", "1", 1)), "unknown");
    assert!(handle.wait_stopped(Duration::from_secs(5)));
    assert!(matches!(handle.status(), Status::Halted { .. }), "{:?}", handle.status());
}

#[test]
fn a_panic_ends_the_engine_and_it_comes_back() {
    let rig = Rig::new();
    let handle = rig.stocked(100);
    rig.panic_once.store(true, Ordering::SeqCst);
    assert_eq!(one(&handle, order("acme", "1", 1)), "accepted 6 1 order_committed");
    assert_eq!(handle.metrics().restarts.load(Ordering::SeqCst), 1);
    assert_eq!(one(&handle, order("acme", "1", 1)), "accepted 6 1 order_committed again");
    stop(&handle);
}

#[test]
fn replays_are_read_from_the_journal_when_memory_has_forgotten() {
    let mut rig = Rig::new();
    rig.config.recent_commands = 1;
    let handle = rig.stocked(100);
    for id in 0..20 {
        insist(&handle, 1, &id.to_string());
    }
    let batch: Vec<_> = (0..20).map(|id| order("acme", &id.to_string(), 1)).collect();
    let answers = tell(&handle, Batch::each(batch));
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(*answer, format!("accepted {} {id} order_committed again", id + 6));
    }
    stop(&handle);
}

/// A small generator of numbers: same seed, same faults.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn random_fault(numbers: &mut Numbers) -> FaultKind {
    match numbers.below(7) {
        0 => FaultKind::LostAck,
        1 => FaultKind::LostAppend,
        2 => FaultKind::LateArrival { calls: numbers.below(6) },
        3 => FaultKind::FalseRefusal,
        4 => FaultKind::Duplicate,
        5 => FaultKind::Full,
        _ => FaultKind::Unavailable,
    }
}

/// What callers heard of a command.
#[derive(Default)]
struct Heard {
    booked: bool,
    refused: bool,
    /// The outcome was unknown at least once.
    unknown: bool,
}

/// Callers with retries and doubles, faults in every third append, restarts in between.
fn storm(seed: u64) {
    println!("seed {seed}");
    let mut rig = Rig::new();
    rig.config.commands_max = 7;
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for append in 10..400 {
        if numbers.below(3) == 0 {
            rig.journal.push(FaultAt { append, kind: random_fault(&mut numbers) });
        }
    }
    let mut handle = rig.stocked(150);
    let mut heard: BTreeMap<String, Heard> = BTreeMap::new();
    for round in 0..30 {
        if numbers.below(10) == 0 {
            stop(&handle);
            handle = rig.start();
        }
        let callers: Vec<Vec<u64>> =
            (0..3).map(|_| (0..6).map(|_| numbers.below(40 + round * 8)).collect()).collect();
        let handle = &handle;
        let answers: Vec<(Vec<u64>, Vec<Answer>)> = std::thread::scope(|scope| {
            let ask = |ids: Vec<u64>| {
                let orders = ids.iter().map(|id| order("acme", &id.to_string(), 1)).collect();
                let batch = if ids[0].is_multiple_of(4) {
                    Batch::atomic(orders)
                } else {
                    Batch::each(orders)
                };
                (ids, handle.submit_blocking(batch))
            };
            let running: Vec<_> =
                callers.into_iter().map(|ids| scope.spawn(move || ask(ids))).collect();
            running.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(!matches!(handle.status(), Status::Halted { .. }), "{:?}", handle.status());
        for (ids, answers) in answers {
            for (id, answer) in ids.iter().zip(&answers) {
                note(heard.entry(id.to_string()).or_default(), answer);
            }
        }
    }
    stop(&handle);
    settle(&rig, &heard);
}

fn note(heard: &mut Heard, answer: &Answer) {
    match answer {
        Answer::Accepted { .. } => heard.booked = true,
        Answer::Refused { rejection, .. } => {
            heard.refused |= rejection.code() == "insufficient_stock";
        }
        Answer::Fault(AnswerFault::Unavailable { .. }) => {}
        Answer::Fault(AnswerFault::OutcomeUnknown { .. }) => heard.unknown = true,
        other => panic!("{}", told(other)),
    }
}

/// Holds what was heard against what is stored.
fn settle(rig: &Rig, heard: &BTreeMap<String, Heard>) {
    let booked = rig.booked();
    assert_eq!(booked.values().max(), Some(&1), "booked twice");
    let ids: BTreeSet<&str> = booked.keys().map(|(_, id)| id.as_str()).collect();
    for (id, heard) in heard {
        let is_there = ids.contains(id.as_str());
        assert!(is_there || !heard.booked, "{id} was acknowledged and is lost");
        assert!(!is_there || heard.booked || heard.unknown, "{id} was called failed and is there");
    }
    let (book, _) = rig.fold();
    let ledger = book.ledgers.values().next().unwrap();
    let cell = ledger.items()[0].cells[0];
    assert!(cell.committed <= cell.sellable, "{cell:?}");
    assert_eq!(cell.committed as usize, ids.len() - stock("acme", 1).len());
}

#[test]
fn acknowledged_commands_are_booked_exactly_once_whatever_happens() {
    let seeds = std::env::var("ONHAND_SEEDS").map_or(20, |it| it.parse().unwrap());
    for seed in 1..=seeds {
        storm(seed);
    }
}

#[test]
fn an_entry_that_no_block_has_room_for_is_refused() {
    let mut rig = Rig::new();
    // The largest that is ever allowed: half of what the journal takes.
    rig.config.block_bytes_max = usize::MAX;
    let handle = rig.stocked(100);
    let long = || {
        let mut request = order("acme", "long", 1);
        for number in 0..10_000 {
            let (label, note) = (format!("k{number}"), "x".repeat(500));
            request
                .envelope
                .metadata
                .insert(Label::new(&label).unwrap(), Note::try_from(SmolStr::new(note)).unwrap());
        }
        request
    };
    let mut dry = Batch::one(long());
    dry.dry_run = true;
    assert_eq!(tell(&handle, dry), ["refused contradiction"]);
    assert_eq!(one(&handle, long()), "refused contradiction");
    assert_eq!(one(&handle, long()), "refused contradiction again");
    assert_eq!(one(&handle, order("acme", "1", 1)), "accepted 6 1 order_committed");
    assert_eq!(handle.metrics().restarts.load(Ordering::SeqCst), 0);
    stop(&handle);
}
