//! Routing: which locations a promise draws on, and what is missing.

use rustc_hash::FxHashMap;

use super::prelude::*;
use super::{ClaimLine, Partial};

/// Most lines of one command.
pub const LINES_MAX: usize = 1_000;

/// A line's wish, with names resolved.
pub(super) struct Need {
    /// Place of the line in the command, from 0.
    pub index: usize,
    pub line: LineRef,
    pub item: ItemNo,
    /// Above zero.
    pub quantity: u64,
    /// Where it must come from, if the caller says so.
    pub location: Option<LocationNo>,
}

/// What a promise may do when a line is short.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    Follow(Partial),
    /// Claim more than there is, at the first location that could serve the line.
    Oversell,
}

/// Units already spoken for by earlier lines of the same command.
#[derive(Default)]
pub(super) struct Taken(FxHashMap<(ItemNo, LocationNo), u64>);

impl Taken {
    fn at(&self, item: ItemNo, location: LocationNo) -> u64 {
        self.0.get(&(item, location)).copied().unwrap_or(0)
    }
    fn add(&mut self, item: ItemNo, at: &AtLocations) {
        for (location, quantity) in at {
            *self.0.entry((item, *location)).or_default() += quantity;
        }
    }
}

/// Finds units for every need, in order; what one line takes the next does not see as free.
/// Returns what each line gets where.
///
/// # Errors
/// `no_location`, `insufficient_stock` with every short line.
pub(super) fn route(
    ledger: &Ledger,
    now: Time,
    channel: Option<ChannelNo>,
    needs: &[Need],
    short: Short,
) -> Result<Vec<AtLocations>, Rejection> {
    let mut taken = Taken::default();
    let mut routed = Vec::with_capacity(needs.len());
    let mut missing = Vec::new();
    for need in needs {
        let named = need.location.as_slice();
        let locations = if named.is_empty() { served_by(ledger, channel) } else { named };
        let Some(first) = locations.iter().find(|it| !ledger.location(**it).closed) else {
            return Err(Rejection::NoLocation { line: need.line.clone() });
        };
        let free = |it: LocationNo| free_for(ledger, now, &taken, need.item, it);
        let mut at = draw(locations, need.quantity, free);
        let found: u64 = at.iter().map(|(_, quantity)| quantity).sum();
        if found < need.quantity {
            match short {
                Short::Follow(Partial::None) => missing.push(shortfall(ledger, need, found)),
                Short::Follow(Partial::PerLine) => at.clear(),
                Short::Follow(Partial::BestEffort) => {}
                Short::Oversell => oversell(&mut at, *first, need.quantity - found),
            }
        }
        if needs.len() > 1 {
            taken.add(need.item, &at);
        }
        routed.push(at);
    }
    if missing.is_empty() && needs.len() != routed.iter().filter(|it| it.is_empty()).count() {
        return Ok(routed);
    }
    if missing.is_empty() {
        missing = needs.iter().map(|need| shortfall(ledger, need, 0)).collect();
    }
    if needs.is_empty() { Ok(routed) } else { Err(Rejection::InsufficientStock { lines: missing }) }
}

fn served_by(ledger: &Ledger, channel: Option<ChannelNo>) -> &[LocationNo] {
    channel.map_or(&[], |it| &ledger.channel(it).locations)
}

fn free_for(ledger: &Ledger, now: Time, taken: &Taken, item: ItemNo, location: LocationNo) -> u64 {
    let free = u64::try_from(ledger.free(item, location, now)).unwrap_or(0);
    free.saturating_sub(taken.at(item, location))
}

/// The first location that has all of it; else what each has, in their order.
fn draw(locations: &[LocationNo], quantity: u64, free: impl Fn(LocationNo) -> u64) -> AtLocations {
    if let Some(whole) = locations.iter().find(|it| free(**it) >= quantity) {
        return vec![(*whole, quantity)];
    }
    let mut left = quantity;
    let mut at = AtLocations::new();
    for location in locations {
        let part = free(*location).min(left);
        if part > 0 {
            at.push((*location, part));
            left -= part;
        }
    }
    at
}

fn oversell(at: &mut AtLocations, first: LocationNo, quantity: u64) {
    match at.iter_mut().find(|(location, _)| *location == first) {
        Some((_, sum)) => *sum += quantity,
        None => at.push((first, quantity)),
    }
}

fn shortfall(ledger: &Ledger, need: &Need, available: u64) -> Shortfall {
    Shortfall {
        index: need.index as u64,
        line: need.line.clone(),
        sku: ledger.item(need.item).sku.clone(),
        location: need.location.map(|it| ledger.location(it).id.clone()),
        requested: need.quantity,
        available,
        shortfall: need.quantity - available,
        limiting: "free_stock".into(),
    }
}

/// The lines' own names: their `ref`, or their place counted from 1.
///
/// # Errors
/// `contradiction` on an empty or too long list, `duplicate_in_batch` on a name used twice.
pub(super) fn line_refs(lines: &[ClaimLine]) -> Result<Vec<LineRef>, Rejection> {
    check_lines(lines)?;
    let mut refs = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        refs.push(match &line.r#ref {
            Some(known) => known.clone(),
            None => LineRef::numbered(index + 1),
        });
    }
    refuse_doubles("lines.ref", &refs)?;
    Ok(refs)
}

/// # Errors
/// `contradiction` naming `lines` if there are none or too many.
pub(super) fn check_lines<T>(lines: &[T]) -> Result<(), Rejection> {
    let message = match lines.len() {
        0 => "must have at least one line".into(),
        1..=LINES_MAX => return Ok(()),
        more => smol_str::format_smolstr!("has {more} lines; at most {LINES_MAX} are allowed"),
    };
    Err(Rejection::Contradiction { field: "lines".into(), message })
}

/// # Errors
/// `duplicate_in_batch` on the first value that stands twice.
pub(super) fn refuse_doubles<T: Ord + ToString>(
    field: &str,
    values: &[T],
) -> Result<(), Rejection> {
    if values.len() < 2 {
        return Ok(());
    }
    let mut sorted: Vec<&T> = values.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Rejection::DuplicateInBatch {
            field: field.into(),
            value: pair[0].to_string().into(),
        }),
        None => Ok(()),
    }
}

/// The stored form of units by location.
pub(super) fn splits(ledger: &Ledger, at: &AtLocations) -> Vec<Split> {
    let split = |(location, quantity): &(LocationNo, u64)| {
        let quantity = Quantity::new(*quantity)?;
        Some(Split { location: ledger.location(*location).id.clone(), quantity })
    };
    at.iter().filter_map(split).collect()
}
