//! Hear stock: the numbers that a channel shows are confirmation or discrepancy, never a movement.

use super::list_stock::listed;
use super::numbering::Numbering;
use super::prelude::*;

args!(/** Hear stock: these numbers are shown. */
HearStock {
    pub channel: ChannelId,
    /// Now, if not given.
    #[serde(default)]
    pub heard_at: Option<Time>,
    pub lines: Vec<ListedLine>,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &HearStock,
) -> Result<Decision, Rejection> {
    let lines = listed(ledger, &command.lines)?;
    let channel = ledger.known_channel(&command.channel)?;
    let heard_at = command.heard_at.map_or(now, |it| it.min(now));
    let mut numbering = Numbering::new(ledger, Witness::Channel(command.channel.clone()), heard_at);
    let mut confirmed = 0;
    for (item, line) in lines {
        let supplied = ledger.item(item).supplied.as_ref();
        let pushed = supplied.and_then(|it| it.listed.iter().find(|it| it.channel == channel));
        // What was seen before the push shows the number before it, and says nothing of this one.
        if pushed.is_some_and(|it| heard_at < it.since) {
            continue;
        }
        // Nobody vouched for a number that was never pushed: a channel may show nothing of it.
        let pushed = pushed.map_or(0, |it| it.quantity);
        if pushed == line.quantity {
            confirmed += 1;
            numbering.agree(item, None);
        } else {
            numbering.find(echo(line, pushed, heard_at))?;
        }
    }
    let (found, cleared) = numbering.finish();
    let channel = command.channel.clone();
    let fact = Fact::StockHeard(StockHeard { channel, heard_at, confirmed, found, cleared });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn echo(heard: ListedLine, pushed: u64, as_of: Time) -> Difference {
    Difference {
        number: 0,
        kind: DifferenceKind::Echo,
        sku: Some(heard.sku),
        supplier_sku: None,
        location: None,
        theirs: Some(heard.quantity as i64),
        ours: pushed as i64,
        as_of,
        confidence: 100,
        explained_by: Vec::new(),
        suggestions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c29_what_was_seen_earlier_leaves_what_was_seen_since() {
        check(
            "
            @10 list_stock web W:8
            @50 hear_stock web W:5
            @60 hear_stock web W:8 heard_at=20
            hear_stock web W:4 heard_at=30
            inbox
            hear_stock web W:8
            inbox
            ",
            expect![[r#"
                6 stock_listed:
                7 stock_heard: confirmed 0; found 1 W echo theirs 5 ours 8 as of 50s
                8 stock_heard: confirmed 1
                9 stock_heard: confirmed 0
                1 W echo theirs 5 ours 8 as of 50s, channel web, open, opened 7 changed 7
                10 stock_heard: confirmed 1; cleared 1
                inbox empty
            "#]],
        );
    }

    #[test]
    fn c29_what_comes_back_is_confirmation_or_discrepancy_never_a_movement() {
        check(
            "
            receive_stock A W:10 G:3
            list_stock web W:8 G:3
            @10 hear_stock web W:8 G:3
            hear_stock web W:5 GG:3
            hear_stock web W:5
            inbox
            stock W@A
            @20 hear_stock web W:4
            @30 list_stock web W:4
            hear_stock web W:8 heard_at=25
            hear_stock web W:4
            inbox
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 3 supplier > A/sellable
                7 stock_listed:
                8 stock_heard: confirmed 2
                9 stock_heard: confirmed 1; found 1 W echo theirs 5 ours 8 as of 10s
                10 stock_heard: confirmed 0
                1 W echo theirs 5 ours 8 as of 10s, channel web, open, opened 9 changed 9
                W@A sellable 10 free 10
                11 stock_heard: confirmed 0; found 1 W echo theirs 4 ours 8 as of 20s
                12 stock_listed:
                13 stock_heard: confirmed 0
                14 stock_heard: confirmed 1; cleared 1
                inbox empty
            "#]],
        );
    }

    #[test]
    fn c29_nothing_may_be_shown_of_what_was_never_pushed() {
        check(
            "
            receive_stock A W:10
            hear_stock web W:0
            hear_stock web W:2
            stock W@A
            discrepancy 1
            hear_stock web W:0
            inbox
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_heard: confirmed 1
                8 stock_heard: confirmed 0; found 1 W echo theirs 2 ours 0 as of 0s
                W@A sellable 10 free 10
                1 W echo theirs 2 ours 0 as of 0s, channel web, open, opened 8 changed 8
                9 stock_heard: confirmed 1; cleared 1
                inbox empty
            "#]],
        );
    }

    #[test]
    fn c29_channels_are_heard_apart() {
        check(
            "
            register_channel shop locations=A
            list_stock web W:8
            list_stock shop W:2
            hear_stock shop W:8
            hear_stock web W:8
            inbox
            ",
            expect![[r#"
                6 channel_registered:
                7 stock_listed:
                8 stock_listed:
                9 stock_heard: confirmed 0; found 1 W echo theirs 8 ours 2 as of 0s
                10 stock_heard: confirmed 1
                1 W echo theirs 8 ours 2 as of 0s, channel shop, open, opened 9 changed 9
            "#]],
        );
    }

    #[test]
    fn a_hearing_that_cannot_be_is_refused() {
        check(
            "
            hear_stock web lines=
            hear_stock web W:1 W:1
            hear_stock web N:1
            hear_stock shop W:1
            hear_stock web W:1 heard_at=400
            hear_stock web W:1 heard_at=200
            ",
            expect![[r#"
                rejected contradiction field=lines message=must have at least one line
                rejected duplicate_in_batch field=lines.sku value=W
                rejected unknown_sku sku=N
                rejected unknown_channel channel=shop
                rejected occurred_at_out_of_range earliest=1970-01-01T00:00:00Z latest=300s occurred_at=400s
                6 stock_heard: ! clock_skew claimed=200s; confirmed 0; found 1 W echo theirs 1 ours 0 as of 0s
            "#]],
        );
    }
}
