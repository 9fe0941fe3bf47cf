//! Close a pool: what is left of it is shared stock again. The writer asks for it when the pool ends.

use super::prelude::*;
use super::set_aside::pool_line;

args!(/** Close a pool. */
ClosePool {
    pub pool: PoolId,
});

/// At any time, once. What was drawn from the pool stays promised; given back later, it goes to
/// the shared stock. What was promised beyond the pool, the shared stock bears from now on.
pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ClosePool,
) -> Result<Decision, Rejection> {
    let pool = command.pool.clone();
    let known = ledger.pool(ledger.known_pool(&pool)?);
    // Past its end it is still to be closed: what decides is whether that is recorded.
    if known.closed.is_some() {
        return Err(Rejection::PoolClosed { pool });
    }
    let line = |part: &PoolPart, sign: i64| {
        let units = |(location, left): &(LocationNo, i64)| {
            Some((*location, u64::try_from(sign * left).ok()?))
        };
        pool_line(ledger, part.item, part.left.iter().filter_map(units))
    };
    let lines = |sign: i64| {
        let lines = known.parts.iter().map(|part| line(part, sign));
        lines.filter(|it| !it.at.is_empty()).collect()
    };
    let fact = Fact::PoolClosed(PoolClosed { pool, lines: lines(1), owed: lines(-1) });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c23_the_rest_goes_back_and_promises_stay() {
        check(
            "
            receive_stock A W:10 G:3
            receive_stock B W:5
            open_pool P1 channel=web draw=only W:12 G:3
            hold_stock H1 channel=web W:2
            commit_order O1 channel=web W:3
            close_pool P1
            stock W@A
            stock W@B
            offer W web
            release_hold H1
            cancel_order O1 1:1
            ship_order O1
            stock W@A
            pool P1
            close_pool P1
            close_pool P2
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 3 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 pool_opened: W@A pooled +10 in P1; W@B pooled +2 in P1; G@A pooled +3 in P1
                9 stock_held: W@A held +2 in P1; W@A pooled -2 in P1; until 900s
                10 order_committed: W@A committed +3 in P1; W@A pooled -3 in P1
                11 pool_closed: W@A pooled -5 in P1; W@B pooled -2 in P1; G@A pooled -3 in P1
                W@A sellable 10 committed 3 held 2 free 5
                W@B sellable 5 free 5
                W reservable 10 published 10 | base 10 share 10
                12 hold_released: W@A held -2 in P1; whole
                13 order_cancelled: W@A committed -1 in P1
                14 order_shipped: W 2 A/sellable > customer; W@A committed -2 in P1
                W@A sellable 8 free 8
                P1 over | W left drawn 5 own 0 | G left drawn 0 own 0
                rejected pool_closed pool=P1
                rejected unknown_pool pool=P2
            "#]],
        );
    }

    #[test]
    fn c23_a_hold_that_outlives_its_pool_becomes_an_order() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web W:5@A ends_at=60
            hold_stock H1 channel=web W:4 expires_in=90
            @60 due
            commit_order O1 hold=H1
            order O1
            stock W@A
            cancel_order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 stock_held: W@A held +4 in P1; W@A pooled -4 in P1; until 90s
                9 pool_closed: W@A pooled -1 in P1
                10 order_committed: W@A held -4 in P1; W@A committed +4 in P1
                O1 | 1 ordered 4 committed 4
                W@A sellable 5 committed 4 free 1
                11 order_cancelled: W@A committed -4 in P1
                W@A sellable 5 free 5
            "#]],
        );
    }

    #[test]
    fn a_closed_pool_is_as_good_as_never_opened_for_the_undoing_of_a_shipment() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web W:5@A
            commit_order O1 channel=web W:4
            ship_order O1
            close_pool P1
            reverse_entry 9 reason=did_not_occur
            stock W@A
            cancel_order O1
            stock W@A
            open_pool P1 channel=web W:1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 order_committed: W@A committed +4 in P1; W@A pooled -4 in P1
                9 order_shipped: W 4 A/sellable > customer; W@A committed -4 in P1
                10 pool_closed: W@A pooled -1 in P1
                11 entry_reversed: W 4 customer > A/sellable; W@A committed +4 in P1
                W@A sellable 5 committed 4 free 1
                12 order_cancelled: W@A committed -4 in P1
                W@A sellable 5 free 5
                rejected already_exists kind=pool name=P1
            "#]],
        );
    }

    #[test]
    fn entries_about_pools_are_not_reversed() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web W:5@A tranches=T1/60/W:5
            release_tranche P1 tranche=T1
            move_pool from=P1 W:1
            close_pool P1
            reverse_entry 7 reason=did_not_occur
            reverse_entry 8 reason=did_not_occur
            reverse_entry 9 reason=did_not_occur
            reverse_entry 10 reason=did_not_occur
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                8 tranche_released:
                9 pool_moved: W@A pooled -1 in P1
                10 pool_closed: W@A pooled -4 in P1
                rejected not_reversible instead=close_pool kind=pool_opened position=7
                rejected not_reversible instead=close_pool kind=tranche_released position=8
                rejected not_reversible instead=move_pool kind=pool_moved position=9
                rejected not_reversible instead=open_pool kind=pool_closed position=10
            "#]],
        );
    }

    #[test]
    fn r11_what_is_set_aside_keeps_a_location_open() {
        check(
            "
            receive_stock A W:5
            open_pool P1 channel=web W:5@A ends_at=60
            start_transfer T1 from=A to=B W:1
            write_off_stock A W:5/sellable
            close_location A
            due
            close_location A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 pool_opened: W@A pooled +5 in P1
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=A requested=1 shortfall=1 sku=W]
                8 stock_written_off: W 5 A/sellable > loss
                rejected location_not_empty first=W items=1 location=A
                9 pool_shrunk: W@A pooled -5 in P1
                10 location_closed:
            "#]],
        );
    }
}
