//! Random histories against a naive model that recomputes everything from the full list of entries.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

mod checkpoint;
mod history;
mod naive;
mod ops;

use history::History;
use onhand_core::*;
use ops::{Op, op};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    /// Every command in any order, some of them twice: what the naive model says is so.
    #[test]
    fn any_history_agrees_with_the_naive_model(
        ops in vec(op(), 1..100),
        again in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..10),
    ) {
        let mut ops: Vec<Op> = ops;
        for (from, to) in again {
            let repeated = ops[from.index(ops.len())].clone();
            ops.insert(to.index(ops.len()), repeated);
        }
        let mut history = History::new();
        for op in &ops {
            history.run(op);
        }
        history.assert_replayed();
    }

    /// Commitment, shipment and cancellation of a line say the same in whatever order they come.
    #[test]
    fn the_order_of_messages_does_not_matter(
        (committed, shipped, cancelled) in (1..20u64, 0..10u64, 0..10u64)
            .prop_filter("no more than was ordered", |(all, some, more)| some + more <= *all),
        order in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let mut history = History::new();
        history.receive(committed);
        for message in order {
            match message {
                0 => history.commit(committed),
                1 => history.ship(shipped),
                _ => history.cancel(cancelled),
            }
        }
        let line = history.ledger.order(&ops::order(0)).unwrap().lines[0].clone();
        prop_assert_eq!(line.ordered, committed);
        prop_assert_eq!(line.shipped, shipped);
        prop_assert_eq!(line.cancelled, cancelled);
        prop_assert_eq!(line.committed(), committed - shipped - cancelled);
        prop_assert_eq!(line.uncommitted, 0);
    }
}

#[test]
fn no_balance_passes_the_largest_number() {
    let mut history = History::new();
    let most = Quantity::new(QUANTITY_MAX).unwrap();
    let line = ReceiveLine { sku: ops::sku(0), quantity: most, lot: None, unit_cost: None };
    let command = Command::ReceiveStock(ReceiveStock {
        location: ops::location(0),
        lines: vec![line; LINES_MAX],
        to: ReceiveTo::Sellable,
        from: ReceiveFrom::Supplier,
        supplier: None,
        inbound: None,
        create_items: false,
    });
    for _ in 0..9 {
        assert!(history.ask(None, command.clone()).is_ok());
    }
    let refused = history.ask(None, command).unwrap_err();
    assert_eq!(refused, Rejection::BalanceTooLarge { sku: ops::sku(0) });
}
