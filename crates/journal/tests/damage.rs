//! A store that loses, drops or changes what was acknowledged: whoever notices halts.

#![allow(clippy::unwrap_used)]

mod common;

use common::world::World;
use onhand_journal::Fault;
use onhand_journal::memory::FaultKind;

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
