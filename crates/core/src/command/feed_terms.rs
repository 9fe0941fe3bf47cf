//! What a feed may be told: tiers with their ladders, breakers, tolerance, where to fetch.

use smol_str::{SmolStr, format_smolstr};

use super::claim::refuse_doubles;
use super::lines::{at_most, contradiction};
use super::prelude::*;

/// Most tiers of a feed, and most steps of a ladder.
const TIERS_MAX: usize = 16;
const STEPS_MAX: usize = 16;
/// Longest time that numbers may take to come or to age, in minutes: a year.
const MINUTES_MAX: u64 = 366 * 24 * 60;
/// Most complete snapshots in a row that an item may be missing in.
const MISSING_MAX: u64 = 100;
/// Largest change that a breaker may allow, in percent.
const CHANGE_MAX: u64 = 10_000;
/// Longest profile in bytes.
const PROFILE_BYTES_MAX: usize = 16 * 1024;

/// # Errors
/// `contradiction`, `duplicate_in_batch`: two tiers of one name.
pub(super) fn check_terms(terms: &FeedTerms) -> Result<(), Rejection> {
    within("missing_after", terms.missing_after, 1, MISSING_MAX)?;
    check_tiers(&terms.tiers)?;
    check_breakers(&terms.breakers)?;
    check_tolerance(&terms.tolerance)?;
    if terms.profile.as_ref().is_some_and(|it| it.len() > PROFILE_BYTES_MAX) {
        let message = format_smolstr!("must have at most {PROFILE_BYTES_MAX} bytes");
        return Err(Rejection::Contradiction { field: "profile".into(), message });
    }
    if let Some(pull) = &terms.pull {
        check_pull(pull)?;
    }
    let names: Vec<&Label> = terms.tiers.iter().map(|it| &it.tier).collect();
    refuse_doubles("tiers.tier", &names)
}

fn check_tiers(tiers: &[TierTerms]) -> Result<(), Rejection> {
    if tiers.len() > TIERS_MAX {
        let message = format_smolstr!("has {} tiers; at most {TIERS_MAX} are allowed", tiers.len());
        return Err(Rejection::Contradiction { field: "tiers".into(), message });
    }
    for (index, tier) in tiers.iter().enumerate() {
        let field = format_smolstr!("tiers[{index}]");
        within(&format_smolstr!("{field}.every_minutes"), tier.every_minutes, 1, MINUTES_MAX)?;
        check_ladder(&format_smolstr!("{field}.ladder"), &tier.ladder)?;
    }
    Ok(())
}

/// Later steps come later, and none of them is milder than the one before.
fn check_ladder(field: &str, ladder: &[LadderStep]) -> Result<(), Rejection> {
    if ladder.len() > STEPS_MAX {
        let message =
            format_smolstr!("has {} steps; at most {STEPS_MAX} are allowed", ladder.len());
        return Err(Rejection::Contradiction { field: field.into(), message });
    }
    let mut earliest = 1;
    for (index, step) in ladder.iter().enumerate() {
        let field = format_smolstr!("{field}[{index}]");
        let after = format_smolstr!("{field}.after_minutes");
        within(&after, step.after_minutes, earliest, MINUTES_MAX)?;
        earliest = step.after_minutes + 1;
        check_step(&field, step, &Staleness::after(&ladder[..index]))?;
    }
    Ok(())
}

fn check_step(field: &str, step: &LadderStep, before: &Staleness) -> Result<(), Rejection> {
    let trust = format_smolstr!("{field}.trust_percent");
    at_most(&trust, step.trust_percent, before.trust_percent)?;
    let Some(buffer) = &step.buffer else { return Ok(()) };
    let kept = [
        ("units", buffer.units, before.buffer.units, QUANTITY_MAX),
        ("percent", buffer.percent, before.buffer.percent, 100),
    ];
    for (name, said, least, most) in kept {
        within(
            &format_smolstr!("{field}.buffer.{name}"),
            said.unwrap_or(0),
            least.unwrap_or(0),
            most,
        )?;
    }
    match *buffer == KeptBack::default() {
        true => {
            Err(contradiction(format_smolstr!("{field}.buffer"), "must say `units` or `percent`"))
        }
        false => Ok(()),
    }
}

fn check_breakers(it: &Breakers) -> Result<(), Rejection> {
    at_most("breakers.to_zero_percent", it.to_zero_percent, 100)?;
    at_most("breakers.missing_percent", it.missing_percent, 100)?;
    at_most("breakers.change_percent", it.change_percent, CHANGE_MAX)?;
    at_most("breakers.quantity_max", it.quantity_max, QUANTITY_MAX)
}

fn check_tolerance(it: &Tolerance) -> Result<(), Rejection> {
    at_most("tolerance.units", it.units, QUANTITY_MAX)?;
    at_most("tolerance.percent", it.percent, 100)?;
    at_most("tolerance.value", it.value, QUANTITY_MAX)?;
    at_most("tolerance.daily_units", it.daily_units, QUANTITY_MAX)
}

fn check_pull(pull: &Pull) -> Result<(), Rejection> {
    match (&pull.url, &pull.directory) {
        (Some(_), Some(_)) => {
            Err(contradiction("pull.directory", "does not go with `url`: give one of them"))
        }
        (None, None) => Err(contradiction("pull", "must say `url` or `directory`")),
        (Some(url), None) if !is_web(url.as_str()) => {
            Err(contradiction("pull.url", "must begin with `https://` or `http://`"))
        }
        (Some(_), None) | (None, Some(_)) => Ok(()),
    }
}

fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|it| !it.is_empty() && !it.contains(char::is_whitespace))
}

fn within(field: &str, value: u64, least: u64, most: u64) -> Result<(), Rejection> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let message: SmolStr = format_smolstr!("must be from {least} to {most}");
    Err(Rejection::Contradiction { field: field.into(), message })
}
