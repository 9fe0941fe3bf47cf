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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn existing_claims_stay_where_they_are() {
        check(
            "
            receive_stock A W:5
            receive_stock B W:5
            commit_order O1 channel=web W:2
            change_channel web locations=B
            commit_order O2 channel=web W:2
            stock W@A
            stock W@B
            change_channel web locations=B,B
            change_channel web locations=C
            change_channel mall locations=A
            change_channel web locations=
            commit_order O3 channel=web W:1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 order_committed: W@A committed +2
                9 channel_changed:
                10 order_committed: W@B committed +2
                W@A sellable 5 committed 2 free 3
                W@B sellable 5 committed 2 free 3
                rejected duplicate_in_batch field=locations value=B
                rejected unknown_location location=C
                rejected unknown_channel channel=mall
                11 channel_changed:
                rejected no_location line=1
            "#]],
        );
    }
}
