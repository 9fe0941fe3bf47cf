//! Set a policy: what a scope says from now on about how stock is sold.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::claim::refuse_doubles;
use super::hold_stock::check_expires_in;
use super::lines::{canonical, contradiction};
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

fn at_most(field: &str, value: Option<u64>, most: u64) -> Result<(), Rejection> {
    match value {
        Some(value) if value > most => {
            let message = format_smolstr!("must be at most {most}");
            Err(Rejection::Contradiction { field: field.into(), message })
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
