//! The writer against a journal that fails in every known way: nothing acknowledged is lost, nothing
//! is doubled, nothing called failed turns up.
#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Client, Told, audit};
use common::{entries, identity};
use onhand_journal::memory::{FaultAt, FaultKind};
use onhand_journal::{
    Chain, ClaimError, Fault, HighWater, Journal, Kind, MemoryJournal, Patience, Writer,
};
use proptest::prelude::*;
use std::time::Duration;

const SHORT: Patience = Patience {
    resolve_max: Duration::from_millis(60),
    pause: Duration::from_micros(20),
    pause_max: Duration::from_millis(1),
};

struct World {
    directory: tempfile::TempDir,
    journal: MemoryJournal,
}

impl World {
    fn new() -> World {
        let journal = MemoryJournal::create(&identity(), 1, 0);
        World { directory: tempfile::tempdir().unwrap(), journal }
    }

    fn client(&self, name: &str) -> Client {
        let journal = self.journal.clone();
        let open = move || -> Result<Box<dyn Journal>, Fault> { Ok(Box::new(journal.clone())) };
        Client::new(open, self.directory.path().join(name), SHORT)
    }
}

/// Appends 1, then 2 under `fault`, then 3. What was told about 2, the kinds of all blocks, and the
/// fault if there was one.
fn check(fault: FaultKind) -> (Told, String, String) {
    let world = World::new();
    let mut client = world.client("a");
    client.append(1).unwrap();
    world.journal.fail_next(fault);
    let said = client.append(2).err().map(|fault| fault.to_string()).unwrap_or_default();
    client.append(3).unwrap();
    let stored = world.journal.settled();
    audit(&stored, &[&client]);
    let kinds: Vec<&str> = stored
        .iter()
        .map(|bytes| onhand_journal::parse(bytes.clone()).unwrap().kind.as_str())
        .collect();
    (client.told[&2], kinds.join(" "), said)
}

#[test]
fn a_lost_acknowledgement_is_found_in_the_journal() {
    let (told, kinds, _) = check(FaultKind::LostAck);
    assert_eq!(told, Told::Stored(4));
    assert_eq!(kinds, "genesis claim entries entries barrier entries");
}

#[test]
fn a_duplicate_is_found_in_the_journal() {
    assert_eq!(check(FaultKind::Duplicate).0, Told::Stored(4));
}

#[test]
fn a_lost_append_is_written_again_behind_a_barrier() {
    let (told, kinds, _) = check(FaultKind::LostAppend);
    assert_eq!(told, Told::Stored(5));
    assert_eq!(kinds, "genesis claim entries barrier entries entries");
}

#[test]
fn a_late_block_never_arrives_twice() {
    for calls in 0..8 {
        let (told, kinds, _) = check(FaultKind::LateArrival { calls });
        // In time for the barrier to be refused, or too late to be stored.
        let place = if calls <= 2 { 4 } else { 5 };
        assert_eq!(told, Told::Stored(place), "{calls} calls: {kinds}");
    }
}

#[test]
fn a_false_refusal_is_resolved() {
    assert_eq!(check(FaultKind::FalseRefusal).0, Told::Stored(5));
}

#[test]
fn an_absent_leader_is_waited_for() {
    let (told, kinds, _) = check(FaultKind::Unavailable);
    assert_eq!(told, Told::Stored(4));
    assert_eq!(kinds, "genesis claim entries entries entries");
}

#[test]
fn a_full_disk_is_a_definite_no() {
    let (told, kinds, said) = check(FaultKind::Full);
    assert_eq!(told, Told::NotStored);
    assert_eq!(kinds, "genesis claim entries claim entries");
    assert_eq!(said, "the journal is full: no space left");
}

/// Every append from the next on fails in this way.
fn fail_for_ever(journal: &MemoryJournal, kind: FaultKind) {
    let next = journal.appends() + 1;
    (next..next + 10_000).for_each(|append| journal.push(FaultAt { append, kind }));
}

#[test]
fn patience_ends_with_an_unknown_outcome() {
    let world = World::new();
    let mut client = world.client("a");
    client.append(1).unwrap();
    fail_for_ever(&world.journal, FaultKind::LostAppend);
    assert!(matches!(client.append(2), Err(Fault::OutcomeUnknown(_))));
    assert_eq!(client.told[&2], Told::Unknown);
}

#[test]
fn patience_with_an_absent_leader_ends_with_a_definite_no() {
    let world = World::new();
    let mut client = world.client("a");
    client.append(1).unwrap();
    fail_for_ever(&world.journal, FaultKind::Unavailable);
    assert!(matches!(client.append(2), Err(Fault::Unavailable(_))));
    assert_eq!(client.told[&2], Told::NotStored);
}

#[test]
fn after_a_fault_the_writer_is_done_for() {
    let world = World::new();
    let mut client = world.client("a");
    let writer = client.ready().unwrap();
    let large = vec![b' '; onhand_journal::BLOCK_BYTES_MAX];
    assert!(matches!(writer.append(0, &large), Err(Fault::TooLarge { .. })));
    assert!(matches!(writer.append(0, b"1"), Err(Fault::Poisoned)));
}

#[test]
fn a_second_writer_deposes_the_first() {
    let world = World::new();
    let (mut first, mut second) = (world.client("a"), world.client("b"));
    first.append(1).unwrap();
    second.append(2).unwrap();
    assert!(matches!(first.append(3), Err(Fault::Deposed { epoch: 3 })));
    second.append(4).unwrap();
    audit(&world.journal.settled(), &[&first, &second]);
}

#[test]
fn two_claims_for_one_epoch_differ() {
    let world = World::new();
    let mut chain = Chain::new(identity());
    common::client::replay(&world.journal, &mut chain).unwrap();
    let claim = || {
        let journal = Box::new(world.journal.clone());
        Writer::claim_with(journal, identity(), chain.tip, HighWater::in_memory(), 5, SHORT)
    };
    let first = claim().unwrap();
    assert_eq!((first.tip().height, first.tip().epoch, first.tip().time_us), (2, 2, 5));
    assert_eq!(first.claimed().kind, Kind::Claim);
    assert!(matches!(claim(), Err(ClaimError::Behind { last: 2 })));
}

#[test]
fn a_claim_whose_acknowledgement_was_lost_is_recognised() {
    let world = World::new();
    world.journal.fail_next(FaultKind::LostAck);
    let mut client = world.client("a");
    client.append(1).unwrap();
    assert_eq!(world.journal.settled().len(), 3);
}

#[test]
fn nothing_is_claimed_before_genesis() {
    let claim = |journal: MemoryJournal| {
        let tip = Chain::new(identity()).tip;
        Writer::claim(Box::new(journal), identity(), tip, HighWater::in_memory(), 0).err().unwrap()
    };
    let missing = claim(MemoryJournal::new());
    assert!(matches!(missing, ClaimError::Fault(Fault::Missing(_))), "{missing}");
    let behind = claim(World::new().journal);
    assert!(matches!(behind, ClaimError::Behind { last: 1 }), "{behind}");
}

/// Ten bodies, then damage, then what the next append says with the old writer and, in a second
/// run, after a restart.
fn damaged(kind: FaultKind) -> [String; 2] {
    [false, true].map(|restart| {
        let world = World::new();
        let mut client = world.client("a");
        (1..=10).for_each(|number| client.append(number).unwrap());
        world.journal.damage(kind);
        if restart {
            client.crash();
        }
        match client.append(11) {
            Ok(()) => "stored".to_string(),
            Err(fault) => {
                let cause = std::error::Error::source(&fault).map(|cause| cause.to_string());
                format!("{fault} {}", cause.unwrap_or_default())
            }
        }
    })
}

#[test]
fn a_lost_tail_halts() {
    let [running, restarted] = damaged(FaultKind::TailLost { blocks: 3 });
    assert!(running.contains("the journal now ends at 9"), "{running}");
    assert!(restarted.contains("found nothing: the journal lost it"), "{restarted}");
    let [running, restarted] = damaged(FaultKind::TailLost { blocks: 1 });
    assert!(running.contains("the journal now ends at 11"), "{running}");
    assert!(restarted.contains("found nothing: the journal lost it"), "{restarted}");
}

#[test]
fn a_hole_halts_whoever_reads_it() {
    let [running, restarted] = damaged(FaultKind::Hole { height: 5 });
    assert_eq!(running, "stored");
    assert!(restarted.contains("height 5: expected height 5, found 6"), "{restarted}");
}

#[test]
fn a_flipped_bit_halts_whoever_reads_it() {
    for (height, bit) in [(5, 2_500), (5, 3), (12, 2_300)] {
        let [_, restarted] = damaged(FaultKind::BitFlip { height, bit });
        assert!(restarted.starts_with("halted: "), "{height} {bit}: {restarted}");
    }
}

#[test]
fn a_tail_that_was_lost_and_written_over_halts() {
    let world = World::new();
    let (mut client, mut other) = (world.client("a"), world.client("b"));
    (1..=5).for_each(|number| client.append(number).unwrap());
    world.journal.damage(FaultKind::TailLost { blocks: 2 });
    // Another client without a mark cannot know; it writes over the lost places.
    (6..=9).for_each(|number| other.append(number).unwrap());
    let fault = client.append(10).unwrap_err();
    assert!(matches!(&fault, Fault::Halted(found) if found.height == 8), "{fault:?}");
    let fault = client.append(11).unwrap_err();
    assert!(matches!(&fault, Fault::Halted(found) if found.height == 7), "{fault:?}");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Append { client: usize },
    Crash { client: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2_usize).prop_map(|client| Step::Append { client }),
        1 => (0..2_usize).prop_map(|client| Step::Crash { client }),
    ]
}

fn fault() -> impl Strategy<Value = FaultAt> {
    let kind = prop_oneof![
        Just(FaultKind::LostAck),
        Just(FaultKind::LostAppend),
        (0..12_u64).prop_map(|calls| FaultKind::LateArrival { calls }),
        Just(FaultKind::FalseRefusal),
        Just(FaultKind::Duplicate),
        Just(FaultKind::Full),
        Just(FaultKind::Unavailable),
    ];
    (1..80_u64, kind).prop_map(|(append, kind)| FaultAt { append, kind })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn two_writers_under_any_faults_keep_every_promise(
        steps in prop::collection::vec(step(), 1..40),
        faults in prop::collection::vec(fault(), 0..30),
    ) {
        let world = World::new();
        faults.into_iter().for_each(|fault| world.journal.push(fault));
        let mut clients = [world.client("a"), world.client("b")];
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Crash { client } => clients[client].crash(),
                Step::Append { client } => {
                    if let Err(fault @ (Fault::Halted(_) | Fault::Poisoned)) =
                        clients[client].append(number as u64)
                    {
                        panic!("a healthy journal halted: {fault:?}");
                    }
                }
            }
        }
        audit(&world.journal.settled(), &[&clients[0], &clients[1]]);
    }
}

#[test]
fn the_naive_way_is_caught_by_the_audit() {
    // The audit itself is tested: a client that calls a timeout "failed" breaks it.
    let world = World::new();
    let mut client = world.client("a");
    client.append(1).unwrap();
    world.journal.fail_next(FaultKind::LostAck);
    client.append(2).unwrap();
    client.told.insert(2, Told::NotStored);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        audit(&world.journal.settled(), &[&client]);
    }));
    assert!(caught.is_err());
    assert!(
        world
            .journal
            .settled()
            .iter()
            .any(|block| { onhand_journal::parse(block.clone()).unwrap().body() == entries(2) })
    );
}
