//! Move units between two pools, or between a pool and the shared stock.

use super::lines::contradiction;
use super::prelude::*;
use super::set_aside::{Wanted, check_items, pool_lines, sources, take_shared, wanted};

args!(/** Move units between pools. */
MovePool {
    /// The shared stock, if not given.
    #[serde(default)]
    pub from: Option<PoolId>,
    /// The shared stock, if not given.
    #[serde(default)]
    pub to: Option<PoolId>,
    /// Without a location: wherever the pool has them, in its order; out of the shared stock, at the
    /// locations of the other pool's channel.
    pub lines: Vec<PoolStock>,
});

/// Units keep their location. Of a pool with tranches, what leaves is taken from what waits as long
/// as something waits, and what comes can be sold once the last tranche of its item is out.
pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &MovePool,
) -> Result<Decision, Rejection> {
    match (&command.from, &command.to) {
        (None, None) => {
            return Err(contradiction("from", "is needed, or `to`: one of them is a pool"));
        }
        (from, to) if from == to => {
            return Err(contradiction("to", "is the same pool as `from`"));
        }
        _ => {}
    }
    let wanted = wanted(ledger, &command.lines)?;
    let known = |id: &Option<PoolId>| id.as_ref().map(|it| ledger.known_pool(it)).transpose();
    let (from, to) = (known(&command.from)?, known(&command.to)?);
    let sources = match from {
        Some(_) => Vec::new(),
        None => {
            let channel = to.and_then(|it| ledger.pool(it).channel);
            sources(ledger, channel, &wanted)?
        }
    };
    if to.is_some() {
        check_items(ledger, &wanted)?;
    }
    for pool in command.from.iter().chain(&command.to) {
        ledger.open_pool(pool, now)?;
    }
    let taken = match from {
        Some(from) => take_pooled(ledger, from, &wanted)?,
        None => take_shared(ledger, now, &wanted, &sources)?,
    };
    let fact = Fact::PoolMoved(PoolMoved {
        from: command.from.clone(),
        to: command.to.clone(),
        lines: pool_lines(ledger, &wanted, &taken),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Takes every line from what the pool has and nobody has drawn.
///
/// # Errors
/// `exceeds_pooled`.
fn take_pooled(
    ledger: &Ledger,
    number: PoolNo,
    wanted: &[Wanted],
) -> Result<Vec<AtLocations>, Rejection> {
    let pool = ledger.pool(number);
    let mut left = pool.parts.clone();
    let mut taken = Vec::with_capacity(wanted.len());
    for it in wanted {
        let part = left.iter_mut().find(|part| part.item == it.item);
        // Promised beyond what one location has, the units of the others are spoken for.
        let mut whole = part.as_ref().map_or(0, |it| u64::try_from(it.units_left()).unwrap_or(0));
        let (mut open, mut at) = (it.units, AtLocations::new());
        for (location, left) in part.into_iter().flat_map(|part| &mut part.left) {
            let there = u64::try_from(*left).unwrap_or(0).min(open).min(whole);
            if there == 0 || it.location.is_some_and(|named| named != *location) {
                continue;
            }
            at.push((Spot::shared(*location), there));
            *left -= there as i64;
            open -= there;
            whole -= there;
        }
        if open > 0 {
            let (pool, sku) = (pool.id.clone(), ledger.item(it.item).sku.clone());
            let (requested, pooled) = (it.units, it.units - open);
            return Err(Rejection::ExceedsPooled { pool, sku, requested, pooled });
        }
        taken.push(at);
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn units_move_between_pools_and_the_shared_stock() {
        check(
            "
            receive_stock A W:10
            receive_stock B W:10
            open_pool P1 channel=web W:8
            open_pool P2 channel=web W:2@B
            move_pool from=P1 to=P2 W:3
            move_pool from=P2 W:4
            move_pool from=P2 W:1@B
            move_pool to=P1 W:5
            move_pool to=P1 W:1@B G:1
            move_pool from=P1 to=P2 G:1
            move_pool from=P1 to=P2 W:1@B W:100
            pool P1
            pool P2
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_received: W 10 supplier > B/sellable
                8 pool_opened: W@A pooled +8 in P1
                9 pool_opened: W@B pooled +2 in P2
                10 pool_moved: W@A pooled -3 in P1; W@A pooled +3 in P2
                11 pool_moved: W@B pooled -2 in P2; W@A pooled -2 in P2
                rejected exceeds_pooled pool=P2 pooled=0 requested=1 sku=W
                12 pool_moved: W@A pooled +4 in P1; W@B pooled +1 in P1
                rejected insufficient_stock lines=[available=0 index=1 limiting=free_stock line=2 requested=1 shortfall=1 sku=G]
                rejected exceeds_pooled pool=P1 pooled=0 requested=1 sku=G
                rejected exceeds_pooled pool=P1 pooled=9 requested=100 sku=W
                P1 open | W left 9@A 1@B drawn 0 own 10
                P2 open | W left 1@A drawn 0 own 1
                W@A sellable 10 pooled 10 free 0
                W@B sellable 10 pooled 1 free 9
            "#]],
        );
    }

    #[test]
    fn what_is_drawn_does_not_move() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:5@A
            commit_order O1 channel=web W:3
            move_pool from=P1 W:3
            move_pool from=P1 W:2
            pool P1
            cancel_order O1
            pool P1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 order_committed: W@A committed +3 in P1; W@A pooled -3 in P1
                rejected exceeds_pooled pool=P1 pooled=2 requested=3 sku=W
                9 pool_moved: W@A pooled -2 in P1
                P1 open | W left drawn 3 own 0
                10 order_cancelled: W@A committed -3 in P1; W@A pooled +3 in P1
                P1 open | W left 3@A drawn 0 own 3
            "#]],
        );
    }

    #[test]
    fn c23_of_tranches_what_waits_moves_first_and_what_comes_waits() {
        check(
            "
            receive_stock A W:20
            open_pool P1 channel=web draw=only W:10@A tranches=T1/60/W:5;T2/120/W:5
            @60 due
            move_pool from=P1 W:4
            pool P1
            move_pool from=P1 W:3
            pool P1
            move_pool to=P1 W:12@A
            pool P1
            @120 pool P1
            move_pool to=P1 W:1@A
            pool P1
            ",
            expect![[r#"
                6 stock_received: W 20 supplier > A/sellable
                7 pool_opened: W@A pooled +10 in P1
                8 tranche_released:
                9 pool_moved: W@A pooled -4 in P1
                P1 open | W left 6@A drawn 0 own 5 | T1 out | T2 waits
                10 pool_moved: W@A pooled -3 in P1
                P1 open | W left 3@A drawn 0 own 3 | T1 out | T2 waits
                11 pool_moved: W@A pooled +12 in P1
                P1 open | W left 15@A drawn 0 own 5 | T1 out | T2 waits
                P1 open | W left 15@A drawn 0 own 15 | T1 out | T2 out
                12 pool_moved: W@A pooled +1 in P1
                P1 open | W left 16@A drawn 0 own 16 | T1 out | T2 out
            "#]],
        );
    }

    #[test]
    fn bad_moves_are_refused() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:2@A
            open_pool P2 campaign=c W:2@A
            open_pool P3 campaign=c W:2@A ends_at=60
            move_pool W:1
            move_pool from=P1 to=P1 W:1
            move_pool from=P1 to=P2 lines=
            move_pool from=P1 to=P2 X:1
            move_pool from=P1 to=P2 W:1@C
            move_pool from=P9 to=P2 W:1
            move_pool to=P2 W:1
            move_pool to=P1 W:5
            move_pool from=P1 to=P2 W:3
            move_pool from=P1 to=P2 W:1@B
            move_pool from=P1 to=P2 W:1@A W:2
            @60 move_pool from=P3 W:1
            close_pool P2
            move_pool from=P1 to=P2 W:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +2 in P1
                8 pool_opened: W@A pooled +2 in P2
                9 pool_opened: W@A pooled +2 in P3
                rejected contradiction field=from message=is needed, or `to`: one of them is a pool
                rejected contradiction field=to message=is the same pool as `from`
                rejected contradiction field=lines message=must have at least one line
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected unknown_pool pool=P9
                rejected no_location line=1
                rejected insufficient_stock lines=[available=4 index=0 limiting=free_stock line=1 requested=5 shortfall=1 sku=W]
                rejected exceeds_pooled pool=P1 pooled=2 requested=3 sku=W
                rejected exceeds_pooled pool=P1 pooled=0 requested=1 sku=W
                rejected exceeds_pooled pool=P1 pooled=1 requested=2 sku=W
                rejected pool_closed pool=P3
                10 pool_closed: W@A pooled -2 in P2
                rejected pool_closed pool=P2
            "#]],
        );
    }
}
