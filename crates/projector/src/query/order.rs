//! Orders and holds, and how far they have come.

use onhand_core::{
    AtLocations, ChannelId, EarlyCancel, Hold, HoldId, HoldState, KitUse, Label, Ledger, LedgerId,
    LineRef, LocationId, OrderId, OrderLine, Origin, PoolId, Sku, Spot, Time,
};
use serde::Serialize;

use super::{Missing, Seen};
use crate::projector::Projector;

/// An order and its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderView {
    pub seen: Seen,
    pub order: OrderId,
    pub channel: Option<ChannelId>,
    /// Position of the entry that first named it.
    pub position: u64,
    /// Cancelled as a whole before any of it arrived.
    pub tombstone: bool,
    pub lines: Vec<OrderLineView>,
}

/// One line, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderLineView {
    pub r#ref: LineRef,
    pub sku: Option<Sku>,
    pub state: LineState,
    pub ordered: u64,
    pub committed: u64,
    pub committed_at: Vec<UnitsAt>,
    pub shipped: u64,
    pub cancelled: u64,
    pub returned: u64,
    /// Shipped without a commitment, which may still come.
    pub uncommitted: u64,
    /// Cancelled before the line arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early: Option<EarlyCancel>,
    /// The kit line that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitUse>,
}

/// Units at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitsAt {
    pub location: LocationId,
    pub quantity: u64,
    /// The pool that they are drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Beginning of the window whose capacity they take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Time>,
}

impl UnitsAt {
    pub fn at(location: LocationId, quantity: u64) -> UnitsAt {
        UnitsAt { location, quantity, pool: None, window: None }
    }
}

/// How far a line has come, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Nothing of it has arrived yet but its cancellation.
    CancelledEarly,
    Committed,
    PartlyShipped,
    Shipped,
    PartlyReturned,
    Returned,
    Cancelled,
    /// Named, but nothing was ever committed or shipped.
    Open,
}

/// A hold and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldView {
    pub seen: Seen,
    pub hold: HoldId,
    pub owner: Label,
    pub channel: Option<ChannelId>,
    pub expires_at: Time,
    /// `live`, `expired`, `released` or `converted`, as of now.
    pub state: &'static str,
    /// The order it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    pub lines: Vec<HoldLineView>,
    /// Position of the entry that made it.
    pub position: u64,
}

/// What a line of a hold holds, or held when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldLineView {
    pub r#ref: LineRef,
    pub sku: Sku,
    pub held: u64,
    pub at: Vec<UnitsAt>,
    /// The kit line that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitUse>,
}

impl Projector {
    /// # Errors
    /// Unknown ledger or order.
    pub fn order(&self, ledger: &LedgerId, order: &OrderId) -> Result<OrderView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let found = known.order(order).ok_or(Missing::Order)?;
        Ok(OrderView {
            seen: self.seen(&state, known),
            order: order.clone(),
            channel: found.channel.clone(),
            position: found.position,
            tombstone: found.tombstone,
            lines: found.lines.iter().map(|line| line_view(known, line)).collect(),
        })
    }

    /// # Errors
    /// Unknown ledger or hold.
    pub fn hold(&self, ledger: &LedgerId, hold: &HoldId) -> Result<HoldView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let found = known.hold(hold).ok_or(Missing::Hold)?;
        let (word, order) = hold_state(found, self.now(known.time()));
        let lines = found.lines.iter().map(|line| HoldLineView {
            r#ref: line.r#ref.clone(),
            sku: line.sku.clone(),
            held: line.held(),
            at: units_at(known, &line.at),
            kit: line.kit.as_deref().cloned(),
        });
        Ok(HoldView {
            seen: self.seen(&state, known),
            hold: hold.clone(),
            owner: found.owner.clone(),
            channel: found.channel.clone(),
            expires_at: found.expires_at,
            state: word,
            order,
            lines: lines.collect(),
            position: found.position,
        })
    }
}

fn hold_state(hold: &Hold, now: Time) -> (&'static str, Option<OrderId>) {
    match &hold.state {
        HoldState::Live if hold.is_live(now) => ("live", None),
        HoldState::Live | HoldState::Expired => ("expired", None),
        HoldState::Released => ("released", None),
        HoldState::Converted(order) => ("converted", Some(order.clone())),
    }
}

pub(super) fn units_at(ledger: &Ledger, at: &AtLocations) -> Vec<UnitsAt> {
    let one = |(spot, quantity): &(Spot, u64)| {
        let mut units = UnitsAt::at(ledger.location(spot.location).id.clone(), *quantity);
        match spot.origin {
            Origin::Shared => {}
            Origin::Pool(number) => units.pool = Some(ledger.pool(number).id.clone()),
            Origin::Window(minutes) => units.window = Some(Time::from_minutes(minutes)),
        }
        units
    };
    at.iter().map(one).collect()
}

fn line_view(ledger: &Ledger, line: &OrderLine) -> OrderLineView {
    OrderLineView {
        r#ref: line.r#ref.clone(),
        sku: line.sku.clone(),
        state: line_state(line),
        ordered: line.ordered,
        committed: line.committed(),
        committed_at: units_at(ledger, &line.committed_at),
        shipped: line.shipped,
        cancelled: line.cancelled,
        returned: line.returned,
        uncommitted: line.uncommitted,
        early: line.early,
        kit: line.kit.as_deref().cloned(),
    }
}

fn line_state(line: &OrderLine) -> LineState {
    match (line.committed(), line.shipped, line.returned) {
        (1.., 0, _) => LineState::Committed,
        (1.., 1.., _) => LineState::PartlyShipped,
        (0, 1.., 0) => LineState::Shipped,
        (0, shipped @ 1.., returned) if returned < shipped => LineState::PartlyReturned,
        (0, 1.., _) => LineState::Returned,
        (0, 0, _) if line.cancelled > 0 => LineState::Cancelled,
        (0, 0, _) if line.early.is_some() => LineState::CancelledEarly,
        (0, 0, _) => LineState::Open,
    }
}
