//! Assign items of a feed to its tiers: how often they are asked for, how fast they age.

use super::claim::{check_lines, refuse_doubles};
use super::lines::canonical;
use super::prelude::*;

args!(/** Assign items to tiers. */
AssignTier {
    pub feed: FeedId,
    pub lines: Vec<TierLine>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &AssignTier,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    let known = |line: &TierLine| ledger.item_no(&line.sku).map(|it| ledger.item(it).sku.clone());
    let skus: Vec<Sku> = command.lines.iter().filter_map(known).collect();
    refuse_doubles("lines.sku", &skus)?;
    let mut lines = Vec::with_capacity(command.lines.len());
    for line in &command.lines {
        lines.push(TierLine { sku: canonical(ledger, &line.sku)?.1, tier: line.tier.clone() });
    }
    let feed = command.feed.clone();
    let tiers = &ledger.feed(ledger.known_feed(&feed)?).tiers;
    let unknown = |it: &&TierLine| tiers.iter().all(|known| known.tier != it.tier);
    if let Some(line) = lines.iter().find(unknown) {
        return Err(Rejection::UnknownTier { feed, tier: line.tier.clone() });
    }
    let fact = Fact::TierAssigned(TierAssigned { feed, lines });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn an_assigned_item_ages_with_its_tier() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            change_channel web locations=S
            receive_stock S W:10 G:10
            set_feed F supplier=acme location=S tiers=[{"tier":"tail","every_minutes":1440},{"tier":"hot","every_minutes":15,"ladder":[{"after_minutes":30,"trust_percent":50}]}]
            assign_tier F GG(tier=hot)
            @1800 due
            offer W web
            offer G web
            assign_tier F W(tier=hot) G(tier=tail)
            offer W web
            offer G web
            merge_items G into=W
            offer W web
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 channel_changed:
                9 stock_received: W 10 supplier > S/sellable; G 10 supplier > S/sellable
                10 feed_set:
                11 tier_assigned:
                12 feed_stepped: F hot to 1
                W reservable 10 published 10 | base 10 share 10
                G reservable 5 published 5 | base 5 share 5
                13 tier_assigned:
                W reservable 5 published 5 | base 5 share 5
                G reservable 5 published 5 | base 5 share 5
                14 items_merged: G 10 S/sellable > conversion; W 10 conversion > S/sellable
                W reservable 10 published 10 | base 10 share 10
            "#]],
        );
    }

    #[test]
    fn an_old_number_is_no_younger_in_another_tier_until_that_is_vouched_for() {
        let snapshot = |name: u64, tier: &str| {
            format!(
                r#"fact {{"snapshot_recorded":{{"feed":"F","snapshot":"{name}","part":1,"as_of":"2026-01-01T01:00:00Z","complete":true,"tier":"{tier}","lines":1,"outcome":"applied"}}}}"#
            )
        };
        check(
            &format!(
                r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            change_channel web locations=S
            receive_stock S W:10 G:10
            set_feed F supplier=acme location=S tiers=[{{"tier":"tail","every_minutes":1440}},{{"tier":"hot","every_minutes":15,"ladder":[{{"after_minutes":30,"trust_percent":50}}]}}]
            assign_tier F W(tier=hot)
            @1800 due
            assign_tier F W(tier=tail)
            offer W web
            assign_tier F W(tier=tail)
            offer W web
            @3600 {}
            offer W web
            assign_tier F W(tier=hot)
            @5400 due
            {}
            offer W web
            @5401 assign_tier F G(tier=hot) W(tier=tail)
            @9000 due
            offer G web
            merge_items G into=W
            offer W web
            {}
            offer W web
            "#,
                snapshot(1, "tail"),
                snapshot(2, "hot"),
                snapshot(3, "tail"),
            ),
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 channel_changed:
                9 stock_received: W 10 supplier > S/sellable; G 10 supplier > S/sellable
                10 feed_set:
                11 tier_assigned:
                12 feed_stepped: F hot to 1
                13 tier_assigned:
                W reservable 5 published 5 | base 5 share 5
                14 tier_assigned:
                W reservable 5 published 5 | base 5 share 5
                15 snapshot_recorded: applied
                W reservable 10 published 10 | base 10 share 10
                16 tier_assigned:
                nothing is due
                17 snapshot_recorded: applied
                W reservable 5 published 5 | base 5 share 5
                18 tier_assigned:
                nothing is due
                G reservable 5 published 5 | base 5 share 5
                19 items_merged: G 10 S/sellable > conversion; W 10 conversion > S/sellable
                W reservable 10 published 10 | base 10 share 10
                20 snapshot_recorded: applied
                W reservable 20 published 20 | base 20 share 20
            "#]],
        );
    }

    #[test]
    fn bad_assignments_are_refused() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            set_feed F supplier=acme location=S
            assign_tier F lines=
            assign_tier F G(tier=all) GG(tier=all)
            assign_tier F G(tier=hot) G(tier=all)
            assign_tier F X(tier=all) G(tier=all)
            assign_tier X G(tier=all)
            assign_tier F W(tier=all) G(tier=hot)
            assign_tier F G(tier=all)
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 feed_set:
                rejected contradiction field=lines message=must have at least one line
                rejected duplicate_in_batch field=lines.sku value=G
                rejected duplicate_in_batch field=lines.sku value=G
                rejected unknown_sku sku=X
                rejected unknown_feed feed=X
                rejected unknown_tier feed=F tier=hot
                9 tier_assigned:
            "#]],
        );
    }
}
