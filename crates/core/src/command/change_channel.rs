//! Change which locations serve a channel. Existing claims stay where they are.

use super::prelude::*;
use super::register_channel::check_serving;

args!(/** Change which locations serve a channel. Existing claims stay where they are. */
ChangeChannel {
    pub channel: ChannelId,
    pub locations: Vec<LocationId>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ChangeChannel,
) -> Result<Decision, Rejection> {
    check_serving(ledger, &command.locations)?;
    ledger.known_channel(&command.channel)?;
    let fact = Fact::ChannelChanged(ChannelChanged {
        channel: command.channel.clone(),
        locations: command.locations.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}
