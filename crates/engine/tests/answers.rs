//! What callers are told: once, again, by another key, all or none, and of what was only tried.

// Helpers outside `#[test]` functions may panic, too.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Rig, ask, from_source, one, order, stock, stop, tell, told};
use onhand_core::CommandId;
use onhand_engine::{Answer, Batch, Mode};

#[test]
fn a_command_is_booked_once_and_answered_again() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    assert_eq!(one(&handle, order("acme", "1", 4)), "accepted 6 1 order_committed");
    assert_eq!(one(&handle, order("acme", "1", 4)), "accepted 6 1 order_committed again");
    assert_eq!(one(&handle, order("acme", "2", 7)), "refused insufficient_stock");
    assert_eq!(one(&handle, order("acme", "2", 7)), "refused insufficient_stock again");
    stop(&handle);
    // A restart changes no answer, and a refusal stands although there is stock again.
    let handle = rig.start();
    assert_eq!(one(&handle, order("acme", "1", 4)), "accepted 6 1 order_committed again");
    let more = r#"{"receive_stock":{"location":"L","lines":[{"sku":"A","quantity":10}]}}"#;
    assert_eq!(one(&handle, ask("acme", "more", more)), "accepted 7 more stock_received");
    assert_eq!(one(&handle, order("acme", "2", 7)), "refused insufficient_stock again");
    assert_eq!(one(&handle, order("acme", "3", 7)), "accepted 8 3 order_committed");
    stop(&handle);
}

#[test]
fn a_key_used_for_another_request_names_what_differs() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let other = order("acme", "2", 4);
    let reused = |units| {
        let mut request = order("acme", "1", units);
        request.envelope.id = CommandId::new("1").unwrap();
        request
    };
    one(&handle, order("acme", "1", 4));
    assert_eq!(one(&handle, reused(5)), "key 1 reused: lines");
    let mut request = other;
    request.envelope.id = CommandId::new("1").unwrap();
    assert_eq!(one(&handle, request), "key 1 reused: order");
    assert_eq!(
        one(&handle, ask("acme", "1", r#"{"register_item":{"sku":"C"}}"#)),
        "key 1 reused: command"
    );
    // Another ledger has keys of its own.
    assert_eq!(
        one(&handle, ask("beta", "1", r#"{"register_item":{"sku":"C"}}"#)),
        "accepted 1 1 item_registered"
    );
    stop(&handle);
}

#[test]
fn equal_keys_inside_one_block_count_too() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let batch = vec![
        order("acme", "1", 4),
        order("acme", "1", 4),
        order("acme", "1", 5),
        order("acme", "2", 7),
        order("acme", "2", 7),
    ];
    assert_eq!(
        tell(&handle, Batch::each(batch)),
        [
            "accepted 6 1 order_committed",
            "accepted 6 1 order_committed again",
            "key 1 reused: lines",
            "refused insufficient_stock",
            "refused insufficient_stock again",
        ]
    );
    assert_eq!(rig.booked().values().max(), Some(&1));
    stop(&handle);
}

#[test]
fn an_event_of_a_source_is_booked_once_whatever_its_key() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let mut again = from_source(order("acme", "1", 4), "shop", "e-1");
    assert_eq!(one(&handle, again.clone()), "accepted 6 1 order_committed");
    again.envelope.id = CommandId::new("another").unwrap();
    assert_eq!(one(&handle, again), "accepted 6 1 order_committed again");
    let other = from_source(order("acme", "9", 1), "shop", "e-1");
    assert_eq!(one(&handle, other), "key 9 reused: lines");
    stop(&handle);
}

#[test]
fn an_atomic_batch_is_booked_as_a_whole_or_not_at_all() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let short = || vec![order("acme", "1", 4), order("acme", "2", 7), order("acme", "3", 1)];
    let refused = ["refused batch_refused", "refused insufficient_stock", "refused batch_refused"];
    assert_eq!(tell(&handle, Batch::atomic(short())), refused);
    // Nothing is remembered of it: with other company the same command may pass.
    assert_eq!(
        tell(&handle, Batch::atomic(vec![order("acme", "2", 7), order("acme", "3", 1)])),
        ["accepted 6 2 order_committed", "accepted 7 3 order_committed"]
    );
    // A retry is a retry as a whole.
    assert_eq!(
        tell(&handle, Batch::atomic(vec![order("acme", "2", 7), order("acme", "3", 1)])),
        ["accepted 6 2 order_committed again", "accepted 7 3 order_committed again"]
    );
    assert_eq!(
        tell(&handle, Batch::atomic(vec![order("acme", "4", 1), order("acme", "3", 1)])),
        ["refused batch_refused", "accepted 7 3 order_committed again"]
    );
    assert_eq!(
        tell(&handle, Batch::atomic(vec![order("acme", "5", 1), order("acme", "5", 1)])),
        ["refused batch_refused", "refused duplicate_in_batch"]
    );
    assert_eq!(
        tell(&handle, Batch::atomic(vec![order("acme", "6", 1), order("beta", "6", 1)])),
        ["refused batch_refused", "refused contradiction"]
    );
    stop(&handle);
    assert_eq!(rig.fold().0.ledgers.values().next().unwrap().position(), 7);
}

#[test]
fn an_atomic_batch_may_begin_a_ledger_and_a_refused_one_does_not() {
    let rig = Rig::new();
    let handle = rig.start();
    let mut wrong = stock("beta", 5);
    wrong.push(order("beta", "1", 6));
    assert_eq!(tell(&handle, Batch::atomic(wrong)).last().unwrap(), "refused insufficient_stock");
    assert_eq!(one(&handle, order("beta", "1", 6)), "refused unknown_sku");
    assert!(rig.fold().0.ledgers.is_empty());
    let answers = tell(&handle, Batch::atomic(stock("beta", 5)));
    assert_eq!(answers.last().unwrap(), "accepted 5 units stock_received");
    stop(&handle);
}

#[test]
fn an_atomic_batch_lies_in_one_block_or_is_refused() {
    let mut rig = Rig::new();
    rig.config.commands_max = 6;
    let handle = rig.stocked(100);
    let orders =
        |count: usize| (0..count).map(move |it| order("acme", &format!("{count}-{it}"), 1));
    assert_eq!(tell(&handle, Batch::atomic(orders(7).collect()))[0], "refused contradiction");
    let answers = handle.submit_blocking(Batch::atomic(orders(6).collect()));
    let height = |it: &Answer| match it {
        Answer::Accepted { block, .. } => block.height,
        other => panic!("{}", told(other)),
    };
    assert!(answers.iter().all(|it| height(it) == height(&answers[0])));
    // Others may span blocks.
    let answers = handle.submit_blocking(Batch::each(orders(20).collect()));
    assert!(height(&answers[19]) >= height(&answers[0]) + 3);
    stop(&handle);
}

#[test]
fn a_dry_run_tells_and_leaves_nothing() {
    let rig = Rig::new();
    let handle = rig.stocked(10);
    let orders = || vec![order("acme", "1", 6), order("acme", "2", 6), order("acme", "3", 4)];
    let dry = |mode| Batch { requests: orders(), mode, dry_run: true };
    assert_eq!(
        tell(&handle, dry(Mode::Each)),
        ["would accept 6", "refused insufficient_stock", "would accept 7"]
    );
    assert_eq!(
        tell(&handle, dry(Mode::Atomic)),
        ["refused batch_refused", "refused insufficient_stock", "refused batch_refused"]
    );
    let begin = Batch { requests: stock("beta", 5), mode: Mode::Each, dry_run: true };
    assert_eq!(tell(&handle, begin)[4], "would accept 5");
    assert_eq!(one(&handle, order("acme", "2", 6)), "accepted 6 2 order_committed");
    assert_eq!(tell(&handle, dry(Mode::Each))[1], "accepted 6 2 order_committed again");
    stop(&handle);
    assert_eq!(rig.booked().len(), 6);
    assert_eq!(rig.fold().0.ledgers.len(), 1);
}

#[test]
fn ledgers_of_a_shard_share_blocks_and_nothing_else() {
    let rig = Rig::new();
    let handle = rig.start();
    let mut batch = Vec::new();
    for index in 0..5 {
        for ledger in ["acme", "beta", "gamma"] {
            batch.push(stock(ledger, 10).remove(index));
        }
    }
    batch.push(order("beta", "1", 10));
    batch.push(order("gamma", "1", 10));
    batch.push(order("gamma", "2", 1));
    let answers = tell(&handle, Batch::each(batch));
    assert_eq!(answers[14], "accepted 5 units stock_received");
    assert_eq!(
        answers[15..],
        [
            "accepted 6 1 order_committed",
            "accepted 6 1 order_committed",
            "refused insufficient_stock"
        ]
    );
    stop(&handle);
    assert_eq!(rig.fold().0.ledgers.len(), 3);
}

#[test]
fn what_is_not_to_be_remembered_is_decided_anew() {
    let mut rig = Rig::new();
    rig.config.remember_refusals = false;
    let handle = rig.stocked(5);
    assert_eq!(one(&handle, order("acme", "1", 6)), "refused insufficient_stock");
    let more = r#"{"receive_stock":{"location":"L","lines":[{"sku":"A","quantity":10}]}}"#;
    one(&handle, ask("acme", "more", more));
    assert_eq!(one(&handle, order("acme", "1", 6)), "accepted 7 1 order_committed");
    stop(&handle);
}

#[test]
fn an_empty_batch_has_no_answers() {
    let handle = Rig::new().start();
    assert!(handle.submit_blocking(Batch::each(Vec::new())).is_empty());
    stop(&handle);
}
