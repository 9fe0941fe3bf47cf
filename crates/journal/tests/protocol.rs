//! The writer against a journal that fails in every known way: nothing acknowledged is lost, nothing
//! is doubled, nothing called failed turns up.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::{Told, audit};
use common::world::{SHORT, World};
use common::{entries, identity};
use onhand_journal::memory::{FaultAt, FaultKind};
use onhand_journal::{
    Chain, ClaimError, Fault, HighWater, Journal, Kind, MemoryJournal, Writer, seal,
};

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
fn a_block_of_our_epoch_that_is_not_ours_halts() {
    // Only a copy of this very writer, such as a resumed machine image, could have written it.
    let world = World::new();
    let mut client = world.client("a");
    client.append(1).unwrap();
    let tip = client.ready().unwrap().tip();
    let forged = seal(&identity(), &tip, tip.epoch, 0, Kind::Entries, &entries(99));
    let mut stranger: Box<dyn Journal> = Box::new(world.journal);
    stranger.append(&forged).unwrap();
    let fault = client.append(2).unwrap_err();
    assert!(
        matches!(&fault, Fault::Halted(found) if found.reason.contains("not ours")),
        "{fault:?}"
    );
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
