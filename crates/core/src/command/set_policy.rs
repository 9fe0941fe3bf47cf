//! Set a policy: what a scope says from now on about how stock is sold.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::claim::refuse_doubles;
use super::hold_stock::check_expires_in;
use super::lines::{at_most, canonical, contradiction};
use super::prelude::*;
use super::register_channel::check_serving;

args!(/** Set a policy. Nothing named is the whole ledger. */
SetPolicy {
    #[serde(default)]
    pub sku: Option<Sku>,
    #[serde(default)]
    pub category: Option<Label>,
    #[serde(default)]
    pub channel: Option<ChannelId>,
    #[serde(default)]
    pub location: Option<LocationId>,
    #[serde(default)]
    pub supplier: Option<SupplierId>,
    /// What the scope says from now on. What is not named stays as it is.
    #[serde(default)]
    pub set: Rule,
    /// What the scope says nothing about from now on.
    #[serde(default)]
    pub clear: Vec<Dimension>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &SetPolicy,
) -> Result<Decision, Rejection> {
    check_scope(command)?;
    check_dimensions(command)?;
    check_numbers(&command.set)?;
    let sku = match &command.sku {
        Some(sku) => Some(canonical(ledger, sku)?.1),
        None => None,
    };
    check_places(ledger, command)?;
    let scope = Scope {
        sku,
        category: command.category.clone(),
        channel: command.channel.clone(),
        location: command.location.clone(),
        supplier: command.supplier.clone(),
    };
    let (set, clear) = (command.set.clone(), command.clear.clone());
    let fact = Fact::PolicySet(Box::new(PolicySet { scope, set, clear }));
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_scope(command: &SetPolicy) -> Result<(), Rejection> {
    if command.sku.is_some() && command.category.is_some() {
        return Err(contradiction("category", "does not go with `sku`: name one of them"));
    }
    let places = [
        ("channel", command.channel.is_some()),
        ("location", command.location.is_some()),
        ("supplier", command.supplier.is_some()),
    ];
    let mut named = places.iter().filter(|(_, named)| *named).map(|(name, _)| *name);
    match (named.next(), named.next()) {
        (Some(one), Some(other)) => {
            let message = format_smolstr!("does not go with `{one}`: name one of them");
            Err(Rejection::Contradiction { field: other.into(), message })
        }
        _ => Ok(()),
    }
}

/// Each dimension stands once, and where it means something: a buffer is a channel's, safety stock
/// a location's.
fn check_dimensions(command: &SetPolicy) -> Result<(), Rejection> {
    let set: Vec<Dimension> =
        Dimension::ALL.iter().copied().filter(|it| command.set.has(*it)).collect();
    if set.is_empty() && command.clear.is_empty() {
        return Err(contradiction("set", "must say something, or `clear` must"));
    }
    let names: Vec<&str> = command.clear.iter().map(|it| it.as_str()).collect();
    refuse_doubles("clear", &names)?;
    if let Some(both) = set.iter().find(|it| command.clear.contains(it)) {
        let message = format_smolstr!("is set and cleared at once: `{}`", both.as_str());
        return Err(Rejection::Contradiction { field: "clear".into(), message });
    }
    for dimension in set {
        check_axis(command, dimension)?;
    }
    Ok(())
}

fn check_axis(command: &SetPolicy, dimension: Dimension) -> Result<(), Rejection> {
    let wrong = match dimension.axis() {
        Axis::Channel if command.location.is_some() => Some(("channel", "location")),
        Axis::Channel if command.supplier.is_some() => Some(("channel", "supplier")),
        Axis::Location if command.channel.is_some() => Some(("location", "channel")),
        Axis::Channel | Axis::Location => None,
    };
    let Some((belongs, scope)) = wrong else { return Ok(()) };
    let message = format_smolstr!("belongs to a {belongs}; the scope names a {scope}");
    Err(Rejection::Contradiction { field: field(dimension), message })
}

fn field(dimension: Dimension) -> SmolStr {
    format_smolstr!("set.{}", dimension.as_str())
}

fn check_numbers(set: &Rule) -> Result<(), Rejection> {
    let percent = |name: &str, value: Option<u64>| at_most(name, value, 100);
    percent("set.share_percent", set.share_percent)?;
    percent("set.trust_percent", set.trust_percent)?;
    for (name, kept) in [("set.buffer", &set.buffer), ("set.safety", &set.safety)] {
        let Some(kept) = kept else { continue };
        percent(&format_smolstr!("{name}.percent"), kept.percent)?;
        at_most(&format_smolstr!("{name}.units"), kept.units, QUANTITY_MAX)?;
        if *kept == KeptBack::default() {
            return Err(contradiction(name, "must say `units` or `percent`"));
        }
    }
    if let Some(oversell) = &set.oversell {
        check_oversell(oversell)?;
    }
    at_most("set.max_listed", set.max_listed, QUANTITY_MAX)?;
    at_most("set.end_when", set.end_when, QUANTITY_MAX)?;
    at_most("set.cost", set.cost, QUANTITY_MAX)?;
    at_most("set.sell_ahead_days", set.sell_ahead_days, SELL_AHEAD_DAYS_MAX)?;
    if let Some(seconds) = set.hold_seconds {
        check_expires_in("set.hold_seconds", seconds)?;
    }
    if let Some(low) = &set.low_stock {
        at_most("set.low_stock.at", Some(low.at), QUANTITY_MAX)?;
        if low.clear.is_some_and(|it| it <= low.at) {
            return Err(contradiction("set.low_stock.clear", "must be above `at`"));
        }
    }
    Ok(())
}

/// Furthest into the future that can be sold ahead.
const SELL_AHEAD_DAYS_MAX: u64 = 366;
/// Most that may be promised, in percent of what is there.
const RATIO_MAX: u64 = 1_000;

fn check_oversell(oversell: &Oversell) -> Result<(), Rejection> {
    if *oversell == Oversell::default() {
        return Err(contradiction("set.oversell", "must say `limit` or `ratio`"));
    }
    at_most("set.oversell.limit", oversell.limit, QUANTITY_MAX)?;
    match oversell.ratio {
        Some(ratio) if !(100..=RATIO_MAX).contains(&ratio) => {
            let message = "must be from 100 to 1000: 105 promises 5 % more than is there";
            Err(contradiction("set.oversell.ratio", message))
        }
        _ => Ok(()),
    }
}

fn check_places(ledger: &Ledger, command: &SetPolicy) -> Result<(), Rejection> {
    if let Some(location) = &command.location {
        ledger.open_location(location)?;
    }
    if let Some(locations) = &command.set.locations {
        check_serving(ledger, locations)?;
    }
    if let Some(channel) = &command.channel {
        ledger.known_channel(channel)?;
    }
    if let Some(supplier) = &command.supplier {
        let known = |it: &Location| it.supplier.as_ref() == Some(supplier);
        if !ledger.locations().iter().any(known) {
            return Err(contradiction("supplier", "runs no location of this ledger"));
        }
    }
    let regions = command.set.regions.as_deref().unwrap_or_default();
    let mut seen = FxHashSet::default();
    match regions.iter().find(|it| !seen.insert(*it)) {
        Some(twice) => Err(Rejection::DuplicateInBatch {
            field: "set.regions".into(),
            value: twice.as_str().into(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn one_rule_applies_the_most_specific() {
        check(
            r#"
            register_item X category=cups
            receive_stock A X:100
            set_policy set={"buffer":{"units":1}}
            offer X web
            set_policy channel=web set={"buffer":{"units":2}}
            offer X web
            set_policy category=cups set={"buffer":{"units":3}}
            offer X web
            set_policy category=cups channel=web set={"buffer":{"units":4}}
            offer X web
            set_policy sku=X set={"buffer":{"percent":5}}
            offer X web
            set_policy sku=X channel=web set={"buffer":{"percent":6},"max_listed":50}
            offer X web
            set_policy sku=X channel=web clear=buffer
            offer X web
            commit_order O1 channel=web X:96
            "#,
            expect![[r#"
                6 item_registered:
                7 stock_received: X 100 supplier > A/sellable
                8 policy_set:
                X reservable 99 published 99 | base 100 buffer 1 share 100
                9 policy_set:
                X reservable 98 published 98 | base 100 buffer 2 share 100
                10 policy_set:
                X reservable 97 published 97 | base 100 buffer 3 share 100
                11 policy_set:
                X reservable 96 published 96 | base 100 buffer 4 share 100
                12 policy_set:
                X reservable 95 published 95 | base 100 buffer 5 share 100
                13 policy_set:
                X reservable 94 published 50 | base 100 buffer 6 share 100
                14 policy_set:
                X reservable 95 published 50 | base 100 buffer 5 share 100
                rejected insufficient_stock lines=[available=95 index=0 limiting=buffer line=1 requested=96 shortfall=1 sku=X]
            "#]],
        );
    }

    #[test]
    fn the_formula_term_by_term() {
        check(
            r#"
            receive_stock A W:100
            set_policy location=A set={"safety":{"units":10}}
            set_policy channel=web set={"share_percent":50,"buffer":{"units":5},"oversell":{"ratio":105},"end_when":8}
            offer W web
            commit_order O1 channel=web W:46
            commit_order O1 channel=web W:45
            offer W web
            commit_order O2 channel=web W:30
            offer W web
            set_policy location=A set={"trust_percent":80} clear=safety
            offer W web
            commit_order O3 W:1@A
            "#,
            expect![[r#"
                6 stock_received: W 100 supplier > A/sellable
                7 policy_set:
                8 policy_set:
                W reservable 45 published 45 | base 90 kept 10 buffer 5 oversell 5 share 45
                rejected insufficient_stock lines=[available=45 index=0 limiting=buffer line=1 requested=46 shortfall=1 sku=W]
                9 order_committed: W@A committed +45
                W reservable 22 published 22 | base 45 kept 10 buffer 5 oversell 5 share 22
                rejected insufficient_stock lines=[available=22 index=0 limiting=buffer line=1 requested=30 shortfall=8 sku=W]
                W reservable 22 published 22 | base 45 kept 10 buffer 5 oversell 5 share 22
                10 policy_set:
                W reservable 16 published 16 | base 35 buffer 5 oversell 4 share 17
                11 order_committed: W@A committed +1
            "#]],
        );
    }

    #[test]
    fn overselling_has_its_limit_however_often_it_is_asked_for() {
        check(
            r#"
            receive_stock A W:20
            set_policy channel=web set={"oversell":{"limit":3,"ratio":110}}
            commit_order O1 channel=web W:21
            commit_order O2 channel=web W:1
            commit_order O3 channel=web W:1
            offer W web
            damage_stock A W:10
            offer W web
            "#,
            expect![[r#"
                6 stock_received: W 20 supplier > A/sellable
                7 policy_set:
                8 order_committed: W@A committed +21; ! oversold by=1 location=A sku=W
                9 order_committed: W@A committed +1; ! oversold by=2 location=A sku=W
                rejected oversell_limit_reached lines=[available=0 index=0 limiting=oversell line=1 requested=1 shortfall=1 sku=W]
                W reservable 0 published 0 | base -2 over 2 oversell 2 share -2
                10 stock_damaged: W 10 A/sellable > A/damaged; ! oversold by=12 location=A sku=W
                W reservable -11 published 0 | base -12 over 12 oversell 1 share -12
            "#]],
        );
    }

    #[test]
    fn a_rule_names_locations_and_the_life_of_holds() {
        check(
            r#"
            receive_stock A W:5
            receive_stock B W:5
            set_policy sku=W channel=web set={"locations":["B"],"hold_seconds":60}
            hold_stock H1 channel=web W:2
            offer W web
            hold_stock H2 channel=web W:5
            "#,
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 policy_set:
                9 stock_held: W@B held +2; until 60s
                W reservable 3 published 3 | base 3 share 3
                rejected insufficient_stock lines=[available=3 index=0 limiting=free_stock line=1 requested=5 shortfall=2 sku=W]
            "#]],
        );
    }

    #[test]
    fn bad_policies_are_refused_by_field() {
        check(
            r#"
            set_policy
            set_policy set={"share_percent":101}
            set_policy set={"buffer":{"percent":101}}
            set_policy set={"buffer":{}}
            set_policy set={"oversell":{"ratio":99}}
            set_policy set={"hold_seconds":0}
            set_policy set={"low_stock":{"at":5,"clear":5}}
            set_policy set={"sell_ahead_days":400}
            set_policy set={"regions":["GB","GB"]}
            set_policy sku=W category=cups set={"exclusive":true}
            set_policy channel=web location=A set={"exclusive":true}
            set_policy location=A set={"buffer":{"units":1}}
            set_policy channel=web set={"safety":{"units":1}}
            set_policy supplier=S set={"safety":{"units":1}}
            set_policy sku=X set={"exclusive":true}
            set_policy channel=mall set={"exclusive":true}
            set_policy location=C set={"cost":5}
            set_policy set={"locations":["C"]}
            set_policy set={"exclusive":true} clear=exclusive
            set_policy clear=buffer,buffer
            "#,
            expect![[r#"
                rejected contradiction field=set message=must say something, or `clear` must
                rejected contradiction field=set.share_percent message=must be at most 100
                rejected contradiction field=set.buffer.percent message=must be at most 100
                rejected contradiction field=set.buffer message=must say `units` or `percent`
                rejected contradiction field=set.oversell.ratio message=must be from 100 to 1000: 105 promises 5 % more than is there
                rejected contradiction field=set.hold_seconds message=must be from 1 to 31536000 seconds
                rejected contradiction field=set.low_stock.clear message=must be above `at`
                rejected contradiction field=set.sell_ahead_days message=must be at most 366
                rejected duplicate_in_batch field=set.regions value=GB
                rejected contradiction field=category message=does not go with `sku`: name one of them
                rejected contradiction field=location message=does not go with `channel`: name one of them
                rejected contradiction field=set.buffer message=belongs to a channel; the scope names a location
                rejected contradiction field=set.safety message=belongs to a location; the scope names a channel
                rejected contradiction field=supplier message=runs no location of this ledger
                rejected unknown_sku sku=X
                rejected unknown_channel channel=mall
                rejected unknown_location location=C
                rejected unknown_location location=C
                rejected contradiction field=clear message=is set and cleared at once: `exclusive`
                rejected duplicate_in_batch field=clear value=buffer
            "#]],
        );
    }
}
