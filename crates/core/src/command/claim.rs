//! Promises: what a line may take, from where, and what is missing.

use super::prelude::*;
use super::route::Route;
use super::{ClaimLine, Partial};

/// Most lines of one command.
pub const LINES_MAX: usize = 1_000;

/// A line's wish, with names resolved. A kit line is several wishes in a row.
#[derive(Clone)]
pub(super) struct Need {
    /// Place of the line in the command, from 0.
    pub index: usize,
    pub line: LineRef,
    pub item: ItemNo,
    /// Above zero.
    pub quantity: u64,
    /// Where it must come from, if the caller says so.
    pub location: Option<LocationNo>,
    /// A moment in the window whose capacity is asked for.
    pub slot: Option<Time>,
    /// Of a kit line: its parts, and what is assembled.
    pub kit: Option<Box<KitUse>>,
}

impl Need {
    /// Whether it is a part of a kit, not the kit itself as it stands assembled.
    pub fn is_part(&self) -> bool {
        self.kit.as_ref().is_some_and(|it| it.line != self.line)
    }

    /// Units for one unit of its line.
    pub fn per_line(&self) -> u64 {
        match &self.kit {
            Some(kit) if self.is_part() => kit.need.units(),
            _ => 1,
        }
    }
}

/// What a promise may do when a line is short.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    Follow(Partial),
    /// Claim more than there is, at the first location that could serve the line.
    Oversell,
}

/// Finds units for every need, in order; what one line takes the next does not see as free.
/// Returns what each need gets where; tells `told`, if there is one, how every choice was made.
///
/// # Errors
/// `contradiction` naming `ship_to`, where it decides; `no_location`; `insufficient_stock` or
/// `oversell_limit_reached` with every short line.
pub(super) fn route(
    ledger: &Ledger,
    now: Time,
    who: &Claimant<'_>,
    needs: &[Need],
    short: Short,
    mut told: Option<&mut Preview>,
) -> Result<Vec<AtLocations>, Rejection> {
    let mut route = Route::plan(ledger, now, *who, needs, told.is_some())?;
    let (mut routed, missing) = serve(&mut route, needs, short, &mut told);
    if route.rule.split == RouteSplit::Fewest {
        gather(&mut route, needs, &mut routed, &mut told);
    }
    if let Some(told) = told {
        told.split = route.rule.split;
    }
    match routed.iter().all(Vec::is_empty) && !needs.is_empty() && missing.is_empty() {
        // Nothing at all was found: that is no promise, whatever part of it would have done.
        true => Err(nothing_found(&route, needs)),
        false if missing.is_empty() => Ok(routed),
        false => Err(refusal(missing)),
    }
}

/// What each need gets where, and the lines that are refused.
fn serve(
    route: &mut Route<'_>,
    needs: &[Need],
    short: Short,
    told: &mut Option<&mut Preview>,
) -> (Vec<AtLocations>, Vec<Shortfall>) {
    let mut routed: Vec<AtLocations> = Vec::with_capacity(needs.len());
    let mut missing = Vec::new();
    for group in needs.chunk_by(same_line) {
        let found = Found::of(route, group);
        let least = found.least(group);
        if let Some(least) = &least {
            match short {
                Short::Follow(Partial::None) => missing.push(least.shortfall(route, group)),
                Short::Follow(_) | Short::Oversell => {}
            }
        }
        for (place, need) in group.iter().enumerate() {
            let units = found.units(place, need, least.as_ref(), short);
            let drawn = route.draw(need, units);
            if let Some(told) = told {
                let candidates = route.candidates(need, units, &drawn);
                told.lines.push(PreviewLine { candidates, ..route.told(need, found.0[place]) });
            }
            if needs.len() > 1 {
                route.pending.add(need.item, &drawn.at);
            }
            routed.push(drawn.at);
        }
    }
    (routed, missing)
}

/// Takes what each need gets once more, from fewer locations. Lines that name theirs are first.
fn gather(
    route: &mut Route<'_>,
    needs: &[Need],
    routed: &mut [AtLocations],
    told: &mut Option<&mut Preview>,
) {
    let sum = |at: &AtLocations| at.iter().map(|(_, units)| units).sum();
    let units: Vec<u64> = routed.iter().map(sum).collect();
    route.gather(needs, &units);
    for named in [true, false] {
        for (place, need) in needs.iter().enumerate() {
            if need.location.is_some() != named {
                continue;
            }
            let drawn = route.draw(need, units[place]);
            if let Some(told) = told {
                told.lines[place].candidates = route.candidates(need, units[place], &drawn);
            }
            route.pending.add(need.item, &drawn.at);
            routed[place] = drawn.at;
        }
    }
}

/// Parts of one kit line stand together; every other line stands alone.
pub(super) fn same_line(one: &Need, next: &Need) -> bool {
    one.index == next.index
}

fn nothing_found(route: &Route<'_>, needs: &[Need]) -> Rejection {
    let group = |group: &[Need]| {
        let found = Found::of(route, group);
        found.least(group).map(|least| least.shortfall(route, group))
    };
    refusal(needs.chunk_by(same_line).filter_map(group).collect())
}

/// The limit of overselling is what every short line ran into, or stock is simply too little.
fn refusal(lines: Vec<Shortfall>) -> Rejection {
    match lines.iter().all(|it| it.limiting == "oversell") {
        true => Rejection::OversellLimitReached { lines },
        false => Rejection::InsufficientStock { lines },
    }
}

/// What may be taken for one need, and what limits it.
#[derive(Clone, Copy)]
pub(super) struct Available {
    /// None: without end.
    pub units: Option<u64>,
    pub limiting: &'static str,
}

/// What may be taken for each need of a line.
struct Found(Vec<Available>);

/// The scarcest of a line's needs.
struct Least {
    place: usize,
    /// Whole lines' worth, in units of the line: kits of a kit.
    available: u64,
    limiting: &'static str,
}

impl Found {
    fn of(route: &Route<'_>, group: &[Need]) -> Found {
        Found(group.iter().map(|need| route.available(need)).collect())
    }

    /// What limits the line, if something does: the part of which the fewest kits can be made.
    fn least(&self, group: &[Need]) -> Option<Least> {
        let short = |(place, (available, need)): (usize, (&Available, &Need))| {
            let units = available.units.filter(|it| *it < need.quantity)?;
            let available_units = units / need.per_line();
            Some(Least { place, available: available_units, limiting: available.limiting })
        };
        let short = self.0.iter().zip(group).enumerate().filter_map(short);
        short.min_by_key(|least| least.available)
    }

    /// Units that one need of the line is to take.
    fn units(&self, place: usize, need: &Need, least: Option<&Least>, short: Short) -> u64 {
        let Some(least) = least else { return need.quantity };
        match short {
            Short::Oversell => need.quantity,
            Short::Follow(Partial::None | Partial::PerLine) => 0,
            // Parts follow the scarcest one, so that what is found makes whole kits.
            Short::Follow(Partial::BestEffort) => match need.kit {
                Some(_) if need.is_part() => {
                    least.available.saturating_mul(need.per_line()).min(need.quantity)
                }
                _ => self.0[place].units.map_or(need.quantity, |it| it.min(need.quantity)),
            },
        }
    }
}

impl Least {
    fn shortfall(&self, route: &Route<'_>, group: &[Need]) -> Shortfall {
        let ledger = route.ledger;
        let need = &group[self.place];
        let sku = &ledger.item(need.item).sku;
        let kit = need.kit.as_ref().filter(|_| need.is_part());
        // What stands assembled is there, and the line asks for that too.
        let assembled = group.iter().filter(|it| kit.is_some() && !it.is_part());
        let assembled: u64 = assembled.map(|it| it.quantity).sum();
        let requested = need.quantity.div_ceil(need.per_line()) + assembled;
        let available = self.available + assembled;
        Shortfall {
            index: need.index as u64,
            line: kit.map_or(&need.line, |it| &it.line).clone(),
            sku: kit.map_or(sku, |it| &it.sku).clone(),
            location: route.only(need).map(|it| ledger.location(it).id.clone()),
            requested,
            available,
            shortfall: requested - available,
            limiting: self.limiting.into(),
            part: kit.map(|_| sku.clone()),
        }
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

/// The stored form of units by spot.
pub(super) fn splits(ledger: &Ledger, at: &AtLocations) -> Vec<Split> {
    let split = |(spot, quantity): &(Spot, u64)| {
        let quantity = Quantity::new(*quantity)?;
        let (pool, shared, window) = match spot.origin {
            Origin::Shared => (None, false, None),
            Origin::Window(minutes) => (None, false, Some(Time::from_minutes(minutes))),
            Origin::Pool(number) => {
                let pool = ledger.pool(number);
                (Some(pool.id.clone()), pool.closed.is_some(), None)
            }
        };
        let location = ledger.location(spot.location).id.clone();
        Some(Split { location, quantity, pool, shared, window })
    };
    at.iter().filter_map(split).collect()
}
