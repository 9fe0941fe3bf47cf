//! Open a pool: set stock aside for a channel, a campaign or a customer.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Open a pool. */
OpenPool {
    pub pool: PoolId,
    /// At least one of the three: who meets all that are named is served.
    #[serde(default)]
    pub channel: Option<ChannelId>,
    #[serde(default)]
    pub campaign: Option<Label>,
    #[serde(default)]
    pub customer: Option<Label>,
    #[serde(default)]
    pub draw: PoolDraw,
    /// The highest is drawn on first and shrinks last.
    #[serde(default)]
    pub priority: u64,
    #[serde(default)]
    pub ends_at: Option<Time>,
    pub lines: Vec<PoolStock>,
    /// Without tranches everything can be sold at once.
    #[serde(default)]
    pub tranches: Vec<OpenTranche>,
});

args!(/** Units to set aside. Without a location the channel's locations are drawn on in their order. */
PoolStock {
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default)]
    pub location: Option<LocationId>,
});

args!(/** Units that become sellable at a moment. */
OpenTranche {
    pub tranche: TrancheId,
    pub release_at: Time,
    pub lines: Vec<TrancheUnits>,
});

args!(/** Units of one item of a tranche. */
TrancheUnits {
    pub sku: Sku,
    pub quantity: Quantity,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &OpenPool,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
