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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_channel_names_open_locations_once_each() {
        check(
            "
            register_channel shop locations=B
            register_channel shop locations=A
            register_channel mall locations=A,C
            register_channel mall locations=A,A
            receive_stock A W:1
            receive_stock B W:1
            commit_order O1 channel=shop W:1
            ",
            expect![[r#"
                6 channel_registered:
                rejected already_exists kind=channel name=shop
                rejected unknown_location location=C
                rejected duplicate_in_batch field=locations value=A
                7 stock_received: W 1 supplier > A/sellable
                8 stock_received: W 1 supplier > B/sellable
                9 order_committed: W@B committed +1
            "#]],
        );
    }
}
