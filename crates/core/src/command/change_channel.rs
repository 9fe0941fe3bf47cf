//! Change which locations serve a channel. Existing claims stay where they are.

use super::prelude::*;

args!(/** Change which locations serve a channel. Existing claims stay where they are.. */
ChangeChannel {
    pub channel: ChannelId,
    pub locations: Vec<LocationId>,
});

pub(super) fn decide(ledger: &Ledger, now: Time, command: &ChangeChannel) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
