//! The answer: every term, and what is behind it.

use onhand_core::{
    Label, LocationId, Mode, PoolDraw, PoolId, ShelfTerms, Sku, Terms, Time, TrancheId,
};
use serde::Serialize;

use super::behind::{Behind, EntryLink};
use super::rules::Ruled;
use super::stale::{DoubtTold, StaleTold};
use crate::query::{Amount, FreshAt, Published, Seen};
use onhand_core::ChannelId;

/// Why so much of an item is available on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explain {
    pub seen: Seen,
    /// The last entry that counts.
    pub position: u64,
    /// The moment at which ends of pools and tranches are judged; for now also ends of holds.
    pub at: Time,
    /// As of now, rather than of a past position.
    pub now: bool,
    pub channel: ChannelId,
    #[serde(flatten)]
    pub item: Explained,
}

/// One item, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub sku: Sku,
    #[serde(skip_serializing_if = "Mode::is_finite")]
    pub mode: Mode,
    pub available: Amount<i64>,
    pub published: Published,
    /// The terms of the formula; of a kit those of what is assembled. None: there is no end to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Rules of the channel that say something, one for each dimension.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Ruled>,
    /// The entry that gave the channel its list of locations, where no rule names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<EntryLink>,
    /// In the order in which the channel draws on them.
    pub locations: Vec<LocationTold>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supply: Vec<SupplyTold>,
    /// The first to be drawn on first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowTold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<KitTold>,
}

/// What one location gives to the base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocationTold {
    pub location: LocationId,
    #[serde(flatten)]
    pub terms: ShelfTerms,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Ruled>,
    /// How old the supplier's numbers are, at a location of a supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<FreshAt>,
    /// What their age does, where they are not fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<StaleTold>,
    /// Open discrepancies that say that units are not there; the largest of them counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtTold>,
    pub behind: FiguresBehind,
}

/// The entries behind the figures of a location. None: nothing ever changed the figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiguresBehind {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sellable: Option<Behind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed: Option<Behind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Behind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pooled: Option<Behind>,
}

/// Supply on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplyTold {
    pub inbound: Label,
    pub location: LocationId,
    pub left: u64,
    pub expected_at: Time,
    /// Percent.
    pub confidence: u64,
    /// Units that count as there.
    pub counted: i64,
    /// The entry that last changed it.
    pub entry: EntryLink,
}

/// A pool that serves the claimant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolTold {
    pub pool: PoolId,
    pub draw: PoolDraw,
    pub priority: u64,
    /// Units set aside and not drawn.
    pub left: i64,
    /// Units that promises have drawn.
    pub drawn: u64,
    /// Units that could be sold so far, drawn or not.
    pub released: u64,
    /// Units that can be drawn.
    pub own: i64,
    /// The entry that opened it.
    pub opened: EntryLink,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tranches: Vec<TrancheTold>,
    /// The entries that changed what it holds of the item.
    pub behind: Behind,
}

/// Units of the item that become sellable at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrancheTold {
    pub tranche: TrancheId,
    pub release_at: Time,
    pub units: u64,
    pub out: bool,
    /// The entry that released it; not there yet where only its moment has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub released: Option<EntryLink>,
}

/// A window of a capacity item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WindowTold {
    pub begins: Time,
    pub limit: u64,
    pub taken: u64,
    pub behind: Behind,
}

/// What a kit is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KitTold {
    pub version: u64,
    /// The entry that defined the recipe.
    pub defined: EntryLink,
    pub parts: Vec<PartTold>,
}

/// One part of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartTold {
    /// Units of it in one kit.
    pub need: u64,
    #[serde(flatten)]
    pub item: Explained,
}
