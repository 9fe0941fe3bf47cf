//! Shrink pools: issued by the writer itself when stock fell below what they hold.

use super::lines::contradiction;
use super::prelude::*;
use super::set_aside::quantities;

args!(/** Shrink the pools that stock fell below. */
ShrinkPools {});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    _command: &ShrinkPools,
) -> Result<Decision, Rejection> {
    let mut losses = Vec::new();
    for ((item, location), missing) in ledger.short() {
        let missing = (*missing).min(ledger.pool_deficit(*item, *location));
        lose(ledger, *item, *location, missing, &mut losses);
    }
    if losses.is_empty() {
        return Err(contradiction("command", "has nothing to do: no pool is short of stock"));
    }
    let fact = Fact::PoolShrunk(PoolShrunk { losses });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// The lowest priority loses first, and among equals the youngest.
fn lose(
    ledger: &Ledger,
    item: ItemNo,
    location: LocationNo,
    missing: u64,
    losses: &mut Vec<PoolLoss>,
) {
    let mut pools = ledger.item(item).pools().to_vec();
    pools.sort_unstable_by_key(|it| (ledger.pool(*it).priority, std::cmp::Reverse(*it)));
    let mut missing = missing;
    for number in pools {
        let pool = ledger.pool(number);
        let there = pool.part(item).map_or(0, |it| it.left_at(location));
        let units = missing.min(u64::try_from(there).unwrap_or(0));
        missing -= units;
        losses.extend(quantities(units).map(|quantity| PoolLoss {
            pool: pool.id.clone(),
            sku: ledger.item(item).sku.clone(),
            location: ledger.location(location).id.clone(),
            quantity,
        }));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c23_the_lowest_priority_shrinks_first_and_among_equals_the_youngest() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:3@A priority=1
            open_pool P2 channel=web W:3@A priority=2
            open_pool P3 campaign=c W:3@A priority=1
            damage_stock A W:1
            due
            damage_stock A W:4
            stock W@A
            due
            stock W@A
            damage_stock A W:4
            due
            damage_stock A W:10
            due
            pool P1
            due
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +3 in P1
                8 pool_opened: W@A pooled +3 in P2
                9 pool_opened: W@A pooled +3 in P3
                10 stock_damaged: W 1 A/sellable > A/damaged
                nothing is due
                11 stock_damaged: W 4 A/sellable > A/damaged
                W@A sellable 5 damaged 5 pooled 9 free -4
                12 pool_shrunk: W@A pooled -3 in P3; W@A pooled -1 in P1
                W@A sellable 5 damaged 5 pooled 5 free 0
                13 stock_damaged: W 4 A/sellable > A/damaged
                14 pool_shrunk: W@A pooled -2 in P1; W@A pooled -2 in P2
                15 stock_damaged: W 10 A/sellable > A/damaged; ! negative_book balance=-9 condition=sellable location=A sku=W
                16 pool_shrunk: W@A pooled -1 in P2
                P1 open | W left drawn 0 own 0
                nothing is due
            "#]],
        );
    }

    #[test]
    fn nothing_that_is_promised_is_lost() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:10@A
            commit_order O1 channel=web W:6
            write_off_stock A W:7/sellable
            due
            stock W@A
            pool P1
            cancel_order O1
            stock W@A
            due
            stock W@A
            pool P1
            due
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +10 in P1
                8 order_committed: W@A committed +6 in P1; W@A pooled -6 in P1
                9 stock_written_off: W 7 A/sellable > loss; ! oversold by=3 location=A sku=W
                10 pool_shrunk: W@A pooled -4 in P1
                W@A sellable 3 committed 6 free -3
                P1 open | W left drawn 6 own 0
                11 order_cancelled: W@A committed -6 in P1; W@A pooled +6 in P1
                W@A sellable 3 pooled 6 free -3
                12 pool_shrunk: W@A pooled -3 in P1
                W@A sellable 3 pooled 3 free 0
                P1 open | W left 3@A drawn 0 own 3
                nothing is due
            "#]],
        );
    }

    #[test]
    fn what_heals_by_itself_takes_nothing() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:5@A
            commit_order O1 W:5@A
            damage_stock A W:2
            cancel_order O1
            due
            damage_stock A W:5
            receive_stock A W:1
            due
            pool P1
            damage_stock A W:1
            close_pool P1
            due
            shrink_pools
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 order_committed: W@A committed +5
                9 stock_damaged: W 2 A/sellable > A/damaged
                10 order_cancelled: W@A committed -5
                nothing is due
                11 stock_damaged: W 5 A/sellable > A/damaged
                12 stock_received: W 1 supplier > A/sellable
                13 pool_shrunk: W@A pooled -1 in P1
                P1 open | W left 4@A drawn 0 own 4
                14 stock_damaged: W 1 A/sellable > A/damaged
                15 pool_closed: W@A pooled -4 in P1
                nothing is due
                rejected contradiction field=command message=has nothing to do: no pool is short of stock
            "#]],
        );
    }

    #[test]
    fn units_held_when_they_broke_are_not_given_back_to_a_pool() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web draw=only W:5@A
            hold_stock H1 channel=web W:5 expires_in=60
            damage_stock A W:5
            due
            @60 due
            pool P1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 stock_held: W@A held +5 in P1; W@A pooled -5 in P1; until 60s
                9 stock_damaged: W 5 A/sellable > A/damaged
                nothing is due
                10 hold_expired: W@A held -5 in P1; W@A pooled +5 in P1
                11 pool_shrunk: W@A pooled -5 in P1
                P1 open | W left drawn 0 own 0
                W@A sellable 0 damaged 5 free 0
            "#]],
        );
    }

    #[test]
    fn promises_beyond_the_stock_shrink_no_pool() {
        check(
            "
            receive_stock A W:5
            open_pool P1 campaign=c W:5@A
            commit_order O1 W:2@A if_short=accept_oversold
            due
            offer W web campaign=c
            receive_stock A W:2
            offer W web campaign=c
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 order_committed: W@A committed +2
                nothing is due
                W reservable 3 published 3 | base -2 over 2 own 5 share 3
                9 stock_received: W 2 supplier > A/sellable
                W reservable 5 published 5 | base 0 own 5 share 5
            "#]],
        );
    }

    #[test]
    fn a_count_and_a_transfer_shrink_pools_too() {
        check(
            "
            receive_stock A W:5
            receive_stock B W:5
            open_pool P1 channel=web W:10
            count_stock A W:2
            ship_order O1 1:1(sku=W) location=B
            due
            pool P1
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 pool_opened: W@A pooled +5 in P1; W@B pooled +5 in P1
                9 stock_counted: W 3 A/sellable > count_variance; W counted 2 book 5
                10 order_shipped: W 1 B/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=W
                11 pool_shrunk: W@A pooled -3 in P1; W@B pooled -1 in P1
                P1 open | W left 2@A 4@B drawn 0 own 6
                W@A sellable 2 pooled 2 free 0
                W@B sellable 4 pooled 4 free 0
            "#]],
        );
    }

    #[test]
    fn waiting_tranches_shrink_before_those_that_are_out() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:10@A tranches=T1/10/W:4;T2/20/W:6
            @10 due
            damage_stock A W:5
            due
            offer W web
            @20 due
            offer W web
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +10 in P1
                8 tranche_released:
                9 stock_damaged: W 5 A/sellable > A/damaged
                10 pool_shrunk: W@A pooled -5 in P1
                W reservable 4 published 4 | base 0 own 4 share 4
                11 tranche_released:
                W reservable 5 published 5 | base 0 own 5 share 5
            "#]],
        );
    }
}
