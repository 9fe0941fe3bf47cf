//! A timed reservation.

use serde::{Deserialize, Serialize};

use crate::{AtLocations, ChannelId, KitUse, Label, LineRef, OrderId, Sku, Time};

/// A hold and what is left of it. Resolves once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub owner: Label,
    pub channel: Option<ChannelId>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
    /// The region that the goods are to go to.
    pub ship_to: Option<Label>,
    pub expires_at: Time,
    pub state: HoldState,
    /// What it holds; once released or expired what it held at that moment; empty once converted.
    pub lines: Vec<HeldUnits>,
    /// Position of the entry that made it.
    pub position: u64,
}

/// How a hold stands. A live hold past its end counts as expired before its expiry is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldState {
    Live,
    Released,
    Expired,
    Converted(OrderId),
}

/// What a line still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUnits {
    pub r#ref: LineRef,
    pub sku: Sku,
    pub at: AtLocations,
    pub kit: Option<Box<KitUse>>,
}

impl Hold {
    pub fn is_live(&self, now: Time) -> bool {
        self.state == HoldState::Live && now < self.expires_at
    }
}

impl HeldUnits {
    pub fn held(&self) -> u64 {
        self.at.iter().map(|(_, quantity)| quantity).sum()
    }
}
