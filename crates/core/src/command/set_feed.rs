//! Set a feed: how the numbers of one location of a supplier come, and what they are worth.

use super::feed_terms::check_terms;
use super::prelude::*;
use smol_str::{SmolStr, format_smolstr};

args!(/** Set a feed. What is left out is as at the beginning. */
SetFeed {
    pub feed: FeedId,
    pub supplier: SupplierId,
    /// The supplier's location that its numbers are about, for ever; one feed tells of a location.
    pub location: LocationId,
    #[serde(default)]
    pub basis: Basis,
    /// It sends what changed only: whatever a file leaves out stands, and is as fresh.
    #[serde(default)]
    pub changes_only: bool,
    /// An item that is missing in so many complete snapshots in a row counts as zero; 2 if not given.
    #[serde(default)]
    pub missing_after: Option<u64>,
    /// The first is that of items assigned to none. One tier `all`, asked for daily, if not given.
    /// Those that the feed has keep their places; new ones follow.
    #[serde(default)]
    pub tiers: Vec<TierTerms>,
    #[serde(default)]
    pub breakers: Breakers,
    #[serde(default)]
    pub tolerance: Tolerance,
    /// How to read its files: TOML.
    #[serde(default)]
    pub profile: Option<SmolStr>,
    #[serde(default)]
    pub pull: Option<Pull>,
});

const MISSING_AFTER: u64 = 2;
const EVERY_MINUTES: u64 = 24 * 60;

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &SetFeed,
) -> Result<Decision, Rejection> {
    let terms = complete(command);
    check_terms(&terms)?;
    let location = ledger.open_location(&command.location)?;
    ledger.known_supplier(&command.supplier)?;
    check_location(ledger, command, location)?;
    check_known(ledger, command, location, &terms)?;
    let fact = Fact::FeedSet(FeedSet {
        feed: command.feed.clone(),
        supplier: command.supplier.clone(),
        location: command.location.clone(),
        terms: Box::new(terms),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// What is stored says everything: a default that changes one day changes no feed.
fn complete(command: &SetFeed) -> FeedTerms {
    let mut tiers = command.tiers.clone();
    if tiers.is_empty() {
        let all = SmolStr::new_static("all");
        let all = Label::try_from(all).map(|tier| TierTerms {
            tier,
            every_minutes: EVERY_MINUTES,
            ladder: Vec::new(),
        });
        tiers.extend(all);
    }
    FeedTerms {
        basis: command.basis,
        changes_only: command.changes_only,
        missing_after: command.missing_after.unwrap_or(MISSING_AFTER),
        tiers,
        breakers: command.breakers.clone(),
        tolerance: command.tolerance.clone(),
        profile: command.profile.clone(),
        pull: command.pull.clone(),
    }
}

fn check_location(
    ledger: &Ledger,
    command: &SetFeed,
    location: LocationNo,
) -> Result<(), Rejection> {
    let (place, supplier) = (ledger.location(location), &command.supplier);
    let message = match (place.kind, &place.supplier) {
        (LocationKind::Own | LocationKind::Platform, _) => {
            format_smolstr!(
                "is no supplier's: register one of kind `supplier` for {supplier}, and name that"
            )
        }
        (LocationKind::Supplier, Some(known)) if known == supplier => return Ok(()),
        (LocationKind::Supplier, Some(known)) => {
            format_smolstr!("is run by {known}: name that supplier, or a location of {supplier}")
        }
        (LocationKind::Supplier, None) => {
            format_smolstr!("names no supplier: register one for {supplier}, and name that")
        }
    };
    Err(Rejection::Contradiction { field: "location".into(), message })
}

/// A feed stays with its location, and its tiers with their places: what it said of items is kept
/// by them.
fn check_known(
    ledger: &Ledger,
    command: &SetFeed,
    location: LocationNo,
    terms: &FeedTerms,
) -> Result<(), Rejection> {
    let known = ledger.feed_no(&command.feed);
    if let Some(other) = ledger.feed_at(location).filter(|it| Some(*it) != known) {
        let message = format_smolstr!("is told of by the feed {}: set that", ledger.feed(other).id);
        return Err(Rejection::Contradiction { field: "location".into(), message });
    }
    let Some(known) = known.map(|it| ledger.feed(it)) else { return Ok(()) };
    if known.location != location {
        let place = &ledger.location(known.location).id;
        let message = format_smolstr!("must stay {place}: set another feed for this location");
        return Err(Rejection::Contradiction { field: "location".into(), message });
    }
    let names = |tiers: &[TierTerms]| tiers.iter().map(|it| it.tier.clone()).collect::<Vec<_>>();
    let before = names(&known.terms.tiers);
    if names(&terms.tiers).starts_with(&before) {
        return Ok(());
    }
    let before: Vec<&str> = before.iter().map(Label::as_str).collect();
    let message = format_smolstr!("must begin with those that it has: {}", before.join(", "));
    Err(Rejection::Contradiction { field: "tiers".into(), message })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, run};

    const SUPPLIER: &str = "
        register_location S kind=supplier supplier=acme
        set_supplier acme
        ";

    /// What comes of one feed that is set for a supplier's location.
    fn set(fields: &str) -> String {
        run(&format!("{SUPPLIER}set_feed F supplier=acme location=S {fields}")).remove(2)
    }

    #[test]
    fn what_is_stored_is_complete() {
        let command = serde_json::json!({"feed": "F", "supplier": "acme", "location": "S"});
        let terms = super::complete(&serde_json::from_value(command).unwrap());
        let said = serde_json::to_string(&terms).unwrap();
        expect![[r#"{"basis":"on_hand","missing_after":2,"tiers":[{"tier":"all","every_minutes":1440}],"breakers":{},"tolerance":{}}"#]].assert_eq(&said);
    }

    #[test]
    fn a_feed_is_set_and_set_again() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            set_feed F supplier=acme location=S
            feed F
            @60 set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60,"ladder":[{"after_minutes":2,"buffer":{"units":5}},{"after_minutes":4,"trust_percent":0}]},{"tier":"hot","every_minutes":15}]
            feed F
            @120 due
            feed F
            set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60},{"tier":"hot","every_minutes":15}]
            feed F
            set_feed F supplier=acme location=S tiers=[{"tier":"all","every_minutes":60},{"tier":"hot","every_minutes":15},{"tier":"new","every_minutes":5,"ladder":[{"after_minutes":1,"trust_percent":50},{"after_minutes":2,"trust_percent":0}]}]
            feed F
            due
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 feed_set:
                F at S | all since 0s step 0 trust 100
                9 feed_set:
                F at S | all since 0s step 0 trust 100 | hot since 0s step 0 trust 100 | then all 1 at 120s
                10 feed_stepped: F all to 1
                F at S | all since 0s step 1 trust 100 buffer units 5 | hot since 0s step 0 trust 100 | then all 2 at 240s
                11 feed_set:
                F at S | all since 0s step 0 trust 100 | hot since 0s step 0 trust 100
                12 feed_set:
                F at S | all since 0s step 0 trust 100 | hot since 0s step 0 trust 100 | new since 0s step 2 trust 0
                nothing is due
            "#]],
        );
    }

    #[test]
    fn one_feed_tells_of_a_location_of_its_supplier() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            register_location S2 kind=supplier supplier=acme
            register_location T kind=supplier
            register_location P kind=platform
            set_feed F supplier=acme location=X
            set_feed F supplier=acme location=S
            set_supplier acme
            set_supplier best
            set_feed F supplier=acme location=A
            set_feed F supplier=acme location=P
            set_feed F supplier=acme location=T
            set_feed F supplier=best location=S
            set_feed F supplier=acme location=S
            set_feed F2 supplier=acme location=S
            set_feed F supplier=acme location=S2
            set_feed F2 supplier=acme location=S2
            close_location S2
            set_feed F2 supplier=acme location=S2
            "#,
            expect![[r#"
                6 location_registered:
                7 location_registered:
                8 location_registered:
                9 location_registered:
                rejected unknown_location location=X
                rejected unknown_supplier supplier=acme
                10 supplier_set:
                11 supplier_set:
                rejected contradiction field=location message=is no supplier's: register one of kind `supplier` for acme, and name that
                rejected contradiction field=location message=is no supplier's: register one of kind `supplier` for acme, and name that
                rejected contradiction field=location message=names no supplier: register one for acme, and name that
                rejected contradiction field=location message=is run by acme: name that supplier, or a location of best
                12 feed_set:
                rejected contradiction field=location message=is told of by the feed F: set that
                rejected contradiction field=location message=must stay S: set another feed for this location
                13 feed_set:
                14 location_closed:
                rejected location_closed location=S2
            "#]],
        );
    }

    #[test]
    fn tiers_keep_their_places() {
        check(
            r#"
            register_location S kind=supplier supplier=acme
            set_supplier acme
            set_feed F supplier=acme location=S tiers=[{"tier":"a","every_minutes":1},{"tier":"b","every_minutes":1}]
            set_feed F supplier=acme location=S
            set_feed F supplier=acme location=S tiers=[{"tier":"a","every_minutes":1}]
            set_feed F supplier=acme location=S tiers=[{"tier":"b","every_minutes":1},{"tier":"a","every_minutes":1}]
            set_feed F supplier=acme location=S tiers=[{"tier":"a","every_minutes":1},{"tier":"c","every_minutes":1},{"tier":"b","every_minutes":1}]
            set_feed F supplier=acme location=S tiers=[{"tier":"a","every_minutes":1},{"tier":"a","every_minutes":1}]
            set_feed F supplier=acme location=S tiers=[{"tier":"a","every_minutes":1},{"tier":"b","every_minutes":2},{"tier":"c","every_minutes":1}]
            feed F
            "#,
            expect![[r#"
                6 location_registered:
                7 supplier_set:
                8 feed_set:
                rejected contradiction field=tiers message=must begin with those that it has: a, b
                rejected contradiction field=tiers message=must begin with those that it has: a, b
                rejected contradiction field=tiers message=must begin with those that it has: a, b
                rejected contradiction field=tiers message=must begin with those that it has: a, b
                rejected duplicate_in_batch field=tiers.tier value=a
                9 feed_set:
                F at S | a since 0s step 0 trust 100 | b since 0s step 0 trust 100 | c since 0s step 0 trust 100
            "#]],
        );
    }

    #[test]
    fn a_ladder_rises_in_time_and_grows_never_milder() {
        let ladder = |steps: &str| {
            set(&format!(r#"tiers=[{{"tier":"all","every_minutes":60,"ladder":[{steps}]}}]"#))
        };
        let mut said = String::new();
        for steps in [
            r#"{"after_minutes":0,"trust_percent":50}"#,
            r#"{"after_minutes":527041,"trust_percent":50}"#,
            r#"{"after_minutes":9,"trust_percent":101}"#,
            r#"{"after_minutes":9},{"after_minutes":9,"trust_percent":0}"#,
            r#"{"after_minutes":9},{"after_minutes":8}"#,
            r#"{"after_minutes":9,"trust_percent":40},{"after_minutes":10,"trust_percent":41}"#,
            r#"{"after_minutes":9,"trust_percent":40},{"after_minutes":10},{"after_minutes":11,"trust_percent":41}"#,
            r#"{"after_minutes":9,"buffer":{}}"#,
            r#"{"after_minutes":9,"buffer":{"percent":101}}"#,
            r#"{"after_minutes":9,"buffer":{"units":1000000000001}}"#,
            r#"{"after_minutes":9,"buffer":{"units":5}},{"after_minutes":10,"buffer":{"units":4}}"#,
            r#"{"after_minutes":9,"buffer":{"units":5}},{"after_minutes":10,"buffer":{"percent":50}}"#,
            r#"{"after_minutes":1,"buffer":{"units":5}},{"after_minutes":10,"trust_percent":50},{"after_minutes":11,"trust_percent":50,"buffer":{"units":5,"percent":1}},{"after_minutes":527040,"trust_percent":0}"#,
        ] {
            said += &format!("{}\n", ladder(steps));
        }
        expect![[r#"
            rejected contradiction field=tiers[0].ladder[0].after_minutes message=must be from 1 to 527040
            rejected contradiction field=tiers[0].ladder[0].after_minutes message=must be from 1 to 527040
            rejected contradiction field=tiers[0].ladder[0].trust_percent message=must be at most 100
            rejected contradiction field=tiers[0].ladder[1].after_minutes message=must be from 10 to 527040
            rejected contradiction field=tiers[0].ladder[1].after_minutes message=must be from 10 to 527040
            rejected contradiction field=tiers[0].ladder[1].trust_percent message=must be at most 40
            rejected contradiction field=tiers[0].ladder[2].trust_percent message=must be at most 40
            rejected contradiction field=tiers[0].ladder[0].buffer message=must say `units` or `percent`
            rejected contradiction field=tiers[0].ladder[0].buffer.percent message=must be from 0 to 100
            rejected contradiction field=tiers[0].ladder[0].buffer.units message=must be from 0 to 1000000000000
            rejected contradiction field=tiers[0].ladder[1].buffer.units message=must be from 5 to 1000000000000
            rejected contradiction field=tiers[0].ladder[1].buffer.units message=must be from 5 to 1000000000000
            8 feed_set:
        "#]].assert_eq(&said);
        let many = |most: u64| {
            let step = |it: u64| format!(r#"{{"after_minutes":{it}}}"#);
            ladder(&(1..=most).map(step).collect::<Vec<_>>().join(","))
        };
        expect![[r#"
            8 feed_set:
            rejected contradiction field=tiers[0].ladder message=has 17 steps; at most 16 are allowed
        "#]].assert_eq(&format!("{}\n{}\n", many(16), many(17)));
    }

    #[test]
    fn bad_terms_are_refused_by_name() {
        let mut said = String::new();
        for fields in [
            "missing_after=0",
            "missing_after=101",
            r#"tiers=[{"tier":"all","every_minutes":0}]"#,
            r#"tiers=[{"tier":"all","every_minutes":1},{"tier":"hot","every_minutes":527041}]"#,
            r#"breakers={"to_zero_percent":101}"#,
            r#"breakers={"missing_percent":101}"#,
            r#"breakers={"change_percent":10001}"#,
            r#"breakers={"quantity_max":1000000000001}"#,
            r#"tolerance={"units":1000000000001}"#,
            r#"tolerance={"percent":101}"#,
            r#"tolerance={"value":1000000000001}"#,
            r#"tolerance={"daily_units":1000000000001}"#,
            "pull={}",
            r#"pull={"url":"https://acme.example/stock.csv","directory":"in"}"#,
            r#"pull={"url":"ftp://acme.example/stock.csv"}"#,
            r#"pull={"url":"https://"}"#,
            r#"pull={"url":"https://acme.example/stock.csv"}"#,
            r#"pull={"directory":"in"}"#,
        ] {
            said += &format!("{}\n", set(fields));
        }
        expect![[r#"
            rejected contradiction field=missing_after message=must be from 1 to 100
            rejected contradiction field=missing_after message=must be from 1 to 100
            rejected contradiction field=tiers[0].every_minutes message=must be from 1 to 527040
            rejected contradiction field=tiers[1].every_minutes message=must be from 1 to 527040
            rejected contradiction field=breakers.to_zero_percent message=must be at most 100
            rejected contradiction field=breakers.missing_percent message=must be at most 100
            rejected contradiction field=breakers.change_percent message=must be at most 10000
            rejected contradiction field=breakers.quantity_max message=must be at most 1000000000000
            rejected contradiction field=tolerance.units message=must be at most 1000000000000
            rejected contradiction field=tolerance.percent message=must be at most 100
            rejected contradiction field=tolerance.value message=must be at most 1000000000000
            rejected contradiction field=tolerance.daily_units message=must be at most 1000000000000
            rejected contradiction field=pull message=must say `url` or `directory`
            rejected contradiction field=pull.directory message=does not go with `url`: give one of them
            rejected contradiction field=pull.url message=must begin with `https://` or `http://`
            rejected contradiction field=pull.url message=must begin with `https://` or `http://`
            8 feed_set:
            8 feed_set:
        "#]].assert_eq(&said);
        let profile = |bytes: usize| set(&format!("profile={}", "x".repeat(bytes)));
        expect![[r#"
            8 feed_set:
            rejected contradiction field=profile message=must have at most 16384 bytes
        "#]]
        .assert_eq(&format!("{}\n{}\n", profile(16 * 1024), profile(16 * 1024 + 1)));
        let tier = |it: usize| format!(r#"{{"tier":"t{it}","every_minutes":1}}"#);
        let tiers = |most: usize| {
            set(&format!("tiers=[{}]", (0..most).map(tier).collect::<Vec<_>>().join(",")))
        };
        expect![[r#"
            8 feed_set:
            rejected contradiction field=tiers message=has 17 tiers; at most 16 are allowed
        "#]]
        .assert_eq(&format!("{}\n{}\n", tiers(16), tiers(17)));
    }
}
