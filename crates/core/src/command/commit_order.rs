//! Commit an order: promise units to a placed order, from a hold or directly.

use super::prelude::*;

args!(/** Commit an order. */
CommitOrder {
    pub order: OrderId,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// The hold that becomes the order. A live hold is never checked again.
    #[serde(default)]
    pub hold: Option<HoldId>,
    /// May be left out with a hold: then the hold's lines.
    #[serde(default)]
    pub lines: Vec<ClaimLine>,
    #[serde(default)]
    pub partial: Partial,
    #[serde(default)]
    pub if_short: IfShort,
});

/// What a short commitment means to the channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfShort {
    /// Refuse, so that the buyer can be refunded.
    #[default]
    Refuse,
    /// Commit all the same and flag it: the buyer has paid.
    AcceptOversold,
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &CommitOrder) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
