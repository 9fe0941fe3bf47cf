//! Release a tranche: its units can be sold from now on. The writer asks for it when its moment has come.

use super::prelude::*;

args!(/** Release a tranche. */
ReleaseTranche {
    pub pool: PoolId,
    pub tranche: TrancheId,
});

/// Before its moment, too, if a caller asks. A pool past its end that nobody has closed yet may
/// still release: what the writer does late it does all the same.
pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReleaseTranche,
) -> Result<Decision, Rejection> {
    let (pool, tranche) = (command.pool.clone(), command.tranche.clone());
    let known = ledger.pool(ledger.known_pool(&pool)?);
    let Some(planned) = known.tranches.iter().find(|it| it.id == tranche) else {
        return Err(Rejection::UnknownTranche { pool, tranche });
    };
    if known.closed.is_some() {
        return Err(Rejection::PoolClosed { pool });
    }
    if let Some(position) = planned.released {
        return Err(Rejection::TrancheAlreadyReleased { pool, tranche, position });
    }
    let fact = Fact::TrancheReleased(TrancheReleased { pool, tranche });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_tranche_is_released_once_and_early_if_asked() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web draw=only W:8@A tranches=T1/60/W:3;T2/120/W:3
            release_tranche P1 tranche=T2
            offer W web
            release_tranche P1 tranche=T2
            release_tranche P1 tranche=T3
            release_tranche P2 tranche=T1
            @60 due
            release_tranche P1 tranche=T1
            close_pool P1
            release_tranche P1 tranche=T1
            release_tranche P1 tranche=T3
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +8 in P1
                8 tranche_released:
                W reservable 3 published 3 | base 2 own 3 share 3
                rejected tranche_already_released pool=P1 position=8 tranche=T2
                rejected unknown_tranche pool=P1 tranche=T3
                rejected unknown_pool pool=P2
                9 tranche_released:
                rejected tranche_already_released pool=P1 position=9 tranche=T1
                10 pool_closed: W@A pooled -8 in P1
                rejected pool_closed pool=P1
                rejected unknown_tranche pool=P1 tranche=T3
            "#]],
        );
    }

    #[test]
    fn tranches_come_before_the_end_however_late() {
        check(
            "
            receive_stock A W:10
            open_pool P1 channel=web W:8@A tranches=T1/60/W:3;T2/120/W:3 ends_at=180
            @200 due
            pool P1
            due
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 pool_opened: W@A pooled +8 in P1
                8 tranche_released:
                9 tranche_released:
                10 pool_closed: W@A pooled -8 in P1
                P1 over | W left drawn 0 own 0 | T1 out | T2 out
                nothing is due
            "#]],
        );
    }
}
