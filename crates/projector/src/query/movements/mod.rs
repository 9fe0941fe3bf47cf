//! What moved, event by event: each movement of an entry and each change of a claim, in order.

mod balances;
mod blocks;
mod page;
mod tell;

use std::fmt;

use onhand_core::{
    ChannelId, Claim, CommandId, Condition, HoldId, Label, LedgerId, LocationId, OrderId, PoolId,
    Sku, Time, TransferId,
};
use serde::Serialize;
use smol_str::SmolStr;

/// A place in a ledger's feed: behind the event `index` of the entry at `position`. As text both
/// with leading zeros, so that texts compare as places do; a position alone is behind all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedPlace {
    pub position: u64,
    pub index: u32,
}

impl FeedPlace {
    /// Behind everything of an entry.
    pub fn behind(position: u64) -> FeedPlace {
        FeedPlace { position, index: LAST }
    }

    pub(crate) fn is_behind_all(self) -> bool {
        self.index >= LAST
    }

    /// None: it is no place.
    pub fn parse(text: &str) -> Option<FeedPlace> {
        let (position, index) = match text.split_once('.') {
            Some((position, index)) => (position, number(index)?),
            None => (text, u64::from(LAST)),
        };
        Some(FeedPlace { position: number(position)?, index: u32::try_from(index).ok()? })
    }
}

const LAST: u32 = 999_999;

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for FeedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}.{:06}", self.position, self.index)
    }
}

/// One event: units of an item that moved, or a claim on them that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MovementView {
    pub ledger: LedgerId,
    pub position: u64,
    /// Place among the events of its entry, from 0, and how many those are.
    pub index: u32,
    pub count: u32,
    /// Of its entry, as `Fact::kind` names it.
    pub kind: &'static str,
    pub occurred_at: Time,
    pub recorded_at: Time,
    pub sku: Sku,
    /// Units that moved, and where; of a claim neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<SideView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<SideView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// The document that explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Label>,
    /// The code of the reason that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Label>,
    pub origin: OriginView,
    /// W3C trace context of the call that booked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<SmolStr>,
}

impl MovementView {
    pub fn place(&self) -> FeedPlace {
        FeedPlace { position: self.position, index: self.index }
    }
}

/// Where units came from or went to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideView {
    /// `supplier`, `customer`, …, `transit`, `shelf`.
    pub account: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// Units on the shelf before and after; none of other accounts, and none where timelines are
    /// switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
}

/// A claim on units of one item at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClaimView {
    pub claim: Claim,
    pub location: LocationId,
    /// Units more, or less if below zero.
    pub change: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
}

/// Who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OriginView {
    /// The idempotency key of the command.
    pub id: CommandId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_event: Option<Label>,
}

/// Events in the ledger's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementsPage {
    pub events: Vec<MovementView>,
    /// Everything up to here was looked at.
    pub reached: FeedPlace,
    /// That is all there is now.
    pub at_end: bool,
}

/// What the entries of one block did, over all ledgers of the shard, in the order of the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockMovements {
    pub height: u64,
    /// When its entries were recorded.
    pub recorded_at: Time,
    pub events: Vec<MovementView>,
}
