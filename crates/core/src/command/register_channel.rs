//! Register a channel and the locations that serve it, in the order in which they are drawn on.

use super::prelude::*;

args!(/** Register a channel and the locations that serve it, in the order in which they are drawn on.. */
RegisterChannel {
    pub channel: ChannelId,
    #[serde(default)]
    pub name: Option<Label>,
    pub locations: Vec<LocationId>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &RegisterChannel) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
