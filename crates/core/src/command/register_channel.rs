//! Register a channel and the locations that serve it, in the order in which they are drawn on.

use super::claim::refuse_doubles;
use super::prelude::*;

args!(/** Register a channel and the locations that serve it, in the order in which they are drawn on.. */
RegisterChannel {
    pub channel: ChannelId,
    #[serde(default)]
    pub name: Option<Label>,
    pub locations: Vec<LocationId>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &RegisterChannel,
) -> Result<Decision, Rejection> {
    if ledger.channel_no(&command.channel).is_some() {
        let name = command.channel.as_str().into();
        return Err(Rejection::AlreadyExists { kind: "channel".into(), name });
    }
    check_serving(ledger, &command.locations)?;
    let fact = Fact::ChannelRegistered(ChannelRegistered {
        channel: command.channel.clone(),
        name: command.name.clone(),
        locations: command.locations.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// A channel is served by open locations, each named once.
pub(super) fn check_serving(ledger: &Ledger, locations: &[LocationId]) -> Result<(), Rejection> {
    for location in locations {
        ledger.open_location(location)?;
    }
    refuse_doubles("locations", locations)
}
