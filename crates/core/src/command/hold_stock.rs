//! Hold stock: reserve units for a cart, a quote or an unpaid order until a moment.

use super::prelude::*;

args!(/** Hold stock. */
HoldStock {
    pub hold: HoldId,
    pub owner: Label,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// Seconds from now; 1 to 31,536,000.
    #[serde(default = "HoldStock::default_expires_in")]
    pub expires_in: u64,
    pub lines: Vec<ClaimLine>,
    #[serde(default)]
    pub partial: Partial,
});

args!(/** A line that asks for units. Without a location the channel's locations are drawn on in their order. */
ClaimLine {
    /// Names the line within its order; its place, counted from 1, if not given.
    #[serde(default)]
    pub r#ref: Option<LineRef>,
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub location: Option<LocationId>,
});

/// What to do when not all of it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partial {
    /// All lines or none.
    #[default]
    None,
    /// Each line whole or not at all.
    PerLine,
    /// As much of each line as there is.
    BestEffort,
}

impl HoldStock {
    fn default_expires_in() -> u64 {
        900
    }
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &HoldStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
