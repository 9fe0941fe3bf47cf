//! Pools: what is set aside, for whom, and how much of it can be sold.

use onhand_core::{
    ChannelId, Label, Ledger, LedgerId, LocationId, LocationNo, Pool, PoolDraw, PoolId, PoolNo,
    PoolPart, Sku, Time, Tranche, TrancheId,
};
use serde::Serialize;

use super::{Missing, Seen};
use crate::projector::Projector;

/// Some pools, in the order in which they were opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolsView {
    pub seen: Seen,
    pub rows: Vec<PoolView>,
}

/// One pool, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolAnswer {
    pub seen: Seen,
    #[serde(flatten)]
    pub pool: PoolView,
}

/// A pool. It serves those who meet all that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolView {
    pub pool: PoolId,
    pub channel: Option<ChannelId>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
    pub draw: PoolDraw,
    pub priority: u64,
    pub ends_at: Option<Time>,
    pub state: PoolState,
    /// Position of the entry that opened it.
    pub position: u64,
    /// Position of the entry that closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<u64>,
    pub parts: Vec<PoolPartView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tranches: Vec<TrancheView>,
}

/// How a pool stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolState {
    Open,
    /// Past its end, which is not recorded yet.
    Ended,
    Closed,
}

/// A pool's units of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolPartView {
    pub sku: Sku,
    /// Set aside and not drawn. Below zero where more was promised than set aside.
    pub left: i64,
    pub left_at: Vec<LeftAt>,
    pub drawn: u64,
    /// Could be sold so far, drawn or not.
    pub released: u64,
    /// Can be drawn now. Below zero where more was promised than could be sold.
    pub own: i64,
}

/// A pool's units at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftAt {
    pub location: LocationId,
    /// Below zero where the pool owes them.
    pub quantity: i64,
}

/// Units that become sellable at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrancheView {
    pub tranche: TrancheId,
    pub release_at: Time,
    pub out: bool,
    /// Position of the entry that released it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<u64>,
    pub lines: Vec<TrancheLineView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrancheLineView {
    pub sku: Sku,
    pub quantity: u64,
}

impl Projector {
    /// All pools, or those that are open now.
    ///
    /// # Errors
    /// Unknown ledger.
    pub fn pools(&self, ledger: &LedgerId, open_only: bool) -> Result<PoolsView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let now = self.now(known.time());
        let numbers = (0..known.pools().len() as u32).map(PoolNo);
        let wanted = numbers.filter(|it| !open_only || known.pool(*it).is_open(now));
        let rows = wanted.map(|it| view(known, it, now)).collect();
        Ok(PoolsView { seen: self.seen(&state, known), rows })
    }

    /// # Errors
    /// Unknown ledger or pool.
    pub fn pool(&self, ledger: &LedgerId, pool: &PoolId) -> Result<PoolAnswer, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.pool_no(pool).ok_or(Missing::Pool)?;
        let pool = view(known, number, self.now(known.time()));
        Ok(PoolAnswer { seen: self.seen(&state, known), pool })
    }
}

fn view(ledger: &Ledger, number: PoolNo, now: Time) -> PoolView {
    let pool = ledger.pool(number);
    let state = match pool.closed {
        Some(_) => PoolState::Closed,
        None if pool.is_open(now) => PoolState::Open,
        None => PoolState::Ended,
    };
    PoolView {
        pool: pool.id.clone(),
        channel: pool.channel.map(|it| ledger.channel(it).id.clone()),
        campaign: pool.campaign.clone(),
        customer: pool.customer.clone(),
        draw: pool.draw,
        priority: pool.priority,
        ends_at: pool.ends_at,
        state,
        position: pool.position,
        closed: pool.closed,
        parts: pool.parts.iter().map(|it| part(ledger, number, pool, it, now)).collect(),
        tranches: pool.tranches.iter().map(|it| tranche(ledger, it, now)).collect(),
    }
}

fn part(ledger: &Ledger, number: PoolNo, pool: &Pool, it: &PoolPart, now: Time) -> PoolPartView {
    let at = |(location, quantity): &(LocationNo, i64)| LeftAt {
        location: ledger.location(*location).id.clone(),
        quantity: *quantity,
    };
    PoolPartView {
        sku: ledger.item(it.item).sku.clone(),
        left: it.units_left(),
        left_at: it.left.iter().map(at).collect(),
        drawn: it.drawn,
        released: pool.released(it.item, now),
        own: if pool.is_open(now) { ledger.own_in(number, it.item, now) } else { 0 },
    }
}

fn tranche(ledger: &Ledger, it: &Tranche, now: Time) -> TrancheView {
    let line = |(item, quantity): &(onhand_core::ItemNo, u64)| TrancheLineView {
        sku: ledger.item(*item).sku.clone(),
        quantity: *quantity,
    };
    TrancheView {
        tranche: it.id.clone(),
        release_at: it.release_at,
        out: it.is_out(now),
        released: it.released,
        lines: it.lines.iter().map(line).collect(),
    }
}
