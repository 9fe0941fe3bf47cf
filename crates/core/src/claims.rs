//! What each fact changes of the claims on stock: held, committed, set aside in pools.

use serde::{Deserialize, Serialize};

use crate::{
    Fact, HoldExpired, HoldReleased, ItemsMerged, LocationId, PoolId, PoolLine, Sku, Split, Time,
};

/// Which claim on sellable stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    Held,
    Committed,
    /// Set aside in a pool and not drawn yet. Below zero where more was promised than set aside.
    Pooled,
}

/// One claim that grows or shrinks.
#[derive(Clone, Copy, Debug)]
pub struct ClaimChange<'a> {
    pub sku: &'a Sku,
    pub location: &'a LocationId,
    pub claim: Claim,
    pub units: i64,
    /// The pool concerned: of a pooled claim the pool itself, of others the one drawn from.
    pub pool: Option<&'a PoolId>,
    /// The window whose capacity is concerned.
    pub window: Option<Time>,
    /// The units are drawn from the pool or given back to it by a promise; else the pool itself
    /// was made larger or smaller.
    pub drawn: bool,
}

impl Fact {
    /// Calls `visit` with every change of a claim.
    pub fn claims<'a>(&'a self, visit: &mut dyn FnMut(ClaimChange<'a>)) {
        match self {
            Fact::StockHeld(it) => {
                it.lines.iter().for_each(|line| hold(&line.sku, &line.at, visit));
            }
            Fact::HoldReleased(HoldReleased { lines, .. })
            | Fact::HoldExpired(HoldExpired { lines, .. }) => {
                lines.iter().for_each(|line| unhold(&line.sku, &line.at, visit));
            }
            Fact::OrderCommitted(_)
            | Fact::OrderCancelled(_)
            | Fact::OrderShipped(_)
            | Fact::EntryReversed(_)
            | Fact::OrderRelocated(_) => of_order(self, visit),
            Fact::PoolOpened(_)
            | Fact::PoolClosed(_)
            | Fact::PoolMoved(_)
            | Fact::PoolShrunk(_) => of_pool(self, visit),
            Fact::ItemsMerged(it) => merge(it, visit),
            Fact::HandoverConfirmed(it) => {
                for line in &it.short {
                    uncommit(&line.sku, &line.from, visit);
                    commit(&line.sku, &line.to, visit);
                }
            }
            Fact::ItemRegistered(_)
            | Fact::AliasAdded(_)
            | Fact::LocationRegistered(_)
            | Fact::LocationClosed(_)
            | Fact::ChannelRegistered(_)
            | Fact::ChannelChanged(_)
            | Fact::StockReceived(_)
            | Fact::StockInspected(_)
            | Fact::HoldExtended(_)
            | Fact::StockReturned(_)
            | Fact::StockDamaged(_)
            | Fact::StockWrittenOff(_)
            | Fact::ConditionChanged(_)
            | Fact::TransferStarted(_)
            | Fact::TransferReceived(_)
            | Fact::TransferCancelled(_)
            | Fact::StockReturnedToSupplier(_)
            | Fact::StockCounted(_)
            | Fact::StockAdjusted(_)
            | Fact::ItemRenamed(_)
            | Fact::ItemClosed(_)
            | Fact::ModeSet(_)
            | Fact::PolicySet(_)
            | Fact::TrancheReleased(_)
            | Fact::KitDefined(_)
            | Fact::KitAssembled(_)
            | Fact::KitDisassembled(_)
            | Fact::StockExpected(_)
            | Fact::SupplierSet(_)
            | Fact::SupplierSkuMapped(_)
            | Fact::FeedSet(_)
            | Fact::TierAssigned(_)
            | Fact::FeedStepped(_)
            | Fact::SnapshotRecorded(_)
            | Fact::SnapshotJudged(_)
            | Fact::DiscrepancySettled(_)
            | Fact::StocktakeRecorded(_)
            | Fact::StockListed(_)
            | Fact::StockHeard(_)
            | Fact::OrdersHandedOver(_)
            | Fact::HandoverMissed(_) => {}
        }
    }
}

fn of_order<'a>(fact: &'a Fact, visit: &mut dyn FnMut(ClaimChange<'a>)) {
    match fact {
        Fact::OrderCommitted(it) => {
            for line in &it.lines {
                commit(&line.sku, &line.at, visit);
                each(&line.sku, &line.from_hold, Claim::Held, -1, visit);
                each(&line.sku, &line.from_hold, Claim::Committed, 1, visit);
            }
            it.released.iter().for_each(|line| unhold(&line.sku, &line.at, visit));
        }
        Fact::OrderCancelled(it) => {
            for line in &it.lines {
                line.sku.iter().for_each(|sku| uncommit(sku, &line.at, visit));
            }
        }
        Fact::OrderShipped(it) => {
            for line in &it.lines {
                each(&line.sku, &line.released, Claim::Committed, -1, &mut spent(visit));
            }
        }
        Fact::EntryReversed(it) => {
            for line in &it.unshipped {
                each(&line.sku, &line.released, Claim::Committed, 1, &mut spent(visit));
            }
        }
        Fact::OrderRelocated(it) => {
            for line in &it.lines {
                uncommit(&line.sku, &line.from, visit);
                commit(&line.sku, &line.to, visit);
            }
        }
        _ => {}
    }
}

fn of_pool<'a>(fact: &'a Fact, visit: &mut dyn FnMut(ClaimChange<'a>)) {
    match fact {
        Fact::PoolOpened(it) => it.lines.iter().for_each(|line| pool(line, &it.pool, 1, visit)),
        Fact::PoolClosed(it) => {
            it.lines.iter().for_each(|line| pool(line, &it.pool, -1, visit));
            it.owed.iter().for_each(|line| pool(line, &it.pool, 1, visit));
        }
        Fact::PoolMoved(it) => {
            for line in &it.lines {
                it.from.iter().for_each(|from| pool(line, from, -1, visit));
                it.to.iter().for_each(|to| pool(line, to, 1, visit));
            }
        }
        Fact::PoolShrunk(it) => {
            for loss in &it.losses {
                visit(ClaimChange {
                    sku: &loss.sku,
                    location: &loss.location,
                    claim: Claim::Pooled,
                    units: -loss.quantity.signed(),
                    pool: Some(&loss.pool),
                    window: None,
                    drawn: false,
                });
            }
        }
        _ => {}
    }
}

fn each<'a>(
    sku: &'a Sku,
    at: &'a [Split],
    claim: Claim,
    sign: i64,
    visit: &mut dyn FnMut(ClaimChange<'a>),
) {
    for split in at {
        // Given back to a closed pool is given back to all.
        if claim == Claim::Pooled && (split.pool.is_none() || split.shared) {
            continue;
        }
        visit(ClaimChange {
            sku,
            location: &split.location,
            claim,
            units: sign * split.quantity.signed(),
            pool: split.pool.as_ref(),
            window: split.window,
            drawn: true,
        });
    }
}

/// What is shipped stays taken of its window's capacity: the window is not concerned.
fn spent<'a>(visit: &mut dyn FnMut(ClaimChange<'a>)) -> impl FnMut(ClaimChange<'a>) {
    |change| visit(ClaimChange { window: None, ..change })
}

fn hold<'a>(sku: &'a Sku, at: &'a [Split], visit: &mut dyn FnMut(ClaimChange<'a>)) {
    each(sku, at, Claim::Held, 1, visit);
    each(sku, at, Claim::Pooled, -1, visit);
}

fn unhold<'a>(sku: &'a Sku, at: &'a [Split], visit: &mut dyn FnMut(ClaimChange<'a>)) {
    each(sku, at, Claim::Held, -1, visit);
    each(sku, at, Claim::Pooled, 1, visit);
}

fn commit<'a>(sku: &'a Sku, at: &'a [Split], visit: &mut dyn FnMut(ClaimChange<'a>)) {
    each(sku, at, Claim::Committed, 1, visit);
    each(sku, at, Claim::Pooled, -1, visit);
}

fn uncommit<'a>(sku: &'a Sku, at: &'a [Split], visit: &mut dyn FnMut(ClaimChange<'a>)) {
    each(sku, at, Claim::Committed, -1, visit);
    each(sku, at, Claim::Pooled, 1, visit);
}

/// A pool became larger or smaller by what the line says.
fn pool<'a>(
    line: &'a PoolLine,
    pool: &'a PoolId,
    sign: i64,
    visit: &mut dyn FnMut(ClaimChange<'a>),
) {
    for split in &line.at {
        visit(ClaimChange {
            sku: &line.sku,
            location: &split.location,
            claim: Claim::Pooled,
            units: sign * split.quantity.signed(),
            pool: Some(pool),
            window: None,
            drawn: false,
        });
    }
}

fn merge<'a>(it: &'a ItemsMerged, visit: &mut dyn FnMut(ClaimChange<'a>)) {
    for moved in &it.claims {
        let out = if moved.owed { 1 } else { -1 };
        for (sku, sign) in [(&it.from, out), (&it.into, -out)] {
            visit(ClaimChange {
                sku,
                location: &moved.location,
                claim: moved.claim,
                units: sign * moved.quantity.signed(),
                pool: moved.pool.as_ref(),
                window: None,
                drawn: false,
            });
        }
    }
}
