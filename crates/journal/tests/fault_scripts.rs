//! Two writers under random scripts of faults: every promise is kept.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::audit;
use common::world::World;
use onhand_journal::Fault;
use onhand_journal::memory::{FaultAt, FaultKind};
use proptest::prelude::*;

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
