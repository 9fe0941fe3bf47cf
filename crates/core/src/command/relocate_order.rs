//! Relocate an order: what is committed will be shipped from elsewhere.

use super::claim::{check_lines, refuse_doubles, splits};
use super::lines::{contradiction, field_of, part};
use super::prelude::*;

args!(/** Relocate an order or a part of it. */
RelocateOrder {
    pub order: OrderId,
    pub lines: Vec<RelocateLine>,
});

args!(/** A line to relocate. Without a quantity all of it; without `from` from wherever it is committed. */
RelocateLine {
    /// A line of a kit moves all its parts, whole; a part moves by its own name.
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
    #[serde(default)]
    pub from: Option<LocationId>,
    pub to: LocationId,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &RelocateOrder,
) -> Result<Decision, Rejection> {
    check_relocation(command)?;
    let places = places(ledger, &command.lines)?;
    let moves = moves(ledger, command, &places)?;
    let refs: Vec<&LineRef> = moves.iter().map(|it| &it.line.r#ref).collect();
    refuse_doubles("lines.ref", &refs)?;
    let arrivals = arrivals(ledger, now, &moves)?;
    let line = |(it, to): (&Move<'_>, AtLocations)| RelocatedLine {
        r#ref: it.line.r#ref.clone(),
        sku: ledger.item(it.item).sku.clone(),
        from: splits(ledger, &it.from),
        to: splits(ledger, &to),
    };
    let lines = moves.iter().zip(arrivals).map(line).collect();
    let fact = Fact::OrderRelocated(OrderRelocated { order: command.order.clone(), lines });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_relocation(command: &RelocateOrder) -> Result<(), Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        if line.from.as_ref() == Some(&line.to) {
            return Err(contradiction(field_of(index, "to"), "is the same location as `from`"));
        }
    }
    let refs: Vec<&LineRef> = command.lines.iter().map(|it| &it.r#ref).collect();
    refuse_doubles("lines.ref", &refs)
}

/// Where a line goes, and where from if it says so.
struct Place {
    from: Option<LocationNo>,
    to: LocationNo,
}

fn places(ledger: &Ledger, lines: &[RelocateLine]) -> Result<Vec<Place>, Rejection> {
    let unknown = |it: &LocationId| Rejection::UnknownLocation { location: it.clone() };
    let place = |line: &RelocateLine| {
        let from = line.from.as_ref();
        let from = from.map(|it| ledger.location_no(it).ok_or_else(|| unknown(it))).transpose()?;
        Ok(Place { from, to: ledger.open_location(&line.to)? })
    };
    lines.iter().map(place).collect()
}

/// What leaves where of one line of the order.
struct Move<'a> {
    /// Place of the line in the command, from 0.
    index: usize,
    line: &'a OrderLine,
    item: ItemNo,
    from: AtLocations,
    to: LocationNo,
}

/// # Errors
/// `contradiction`, `unknown_order`, `unknown_line`, `exceeds_committed`.
fn moves<'a>(
    ledger: &'a Ledger,
    command: &RelocateOrder,
    places: &[Place],
) -> Result<Vec<Move<'a>>, Rejection> {
    let order = ledger.order(&command.order);
    let order = order.ok_or_else(|| Rejection::UnknownOrder { order: command.order.clone() })?;
    let mut moves = Vec::with_capacity(command.lines.len());
    for (index, (asked, place)) in command.lines.iter().zip(places).enumerate() {
        let known = of_line(order, &asked.r#ref);
        let (Some(first), is_kit) = (known.first(), known.iter().any(|it| is_part(it, asked)))
        else {
            let (order, line) = (command.order.clone(), asked.r#ref.clone());
            return Err(Rejection::UnknownLine { order, line });
        };
        if is_kit && asked.quantity.is_some() {
            let message =
                "does not go with a line of a kit: its parts move whole, or by their own names";
            return Err(contradiction(field_of(index, "quantity"), message));
        }
        let before = moves.len();
        for line in &known {
            moves.extend(leave(ledger, command, asked, index, line, place)?);
        }
        if moves.len() == before {
            return Err(exceeds(command, first, first.ordered, 0));
        }
    }
    Ok(moves)
}

/// The line of that name, and the parts of the kit line of that name.
fn of_line<'a>(order: &'a Order, name: &LineRef) -> Vec<&'a OrderLine> {
    let ours =
        |it: &&OrderLine| it.r#ref == *name || it.kit.as_ref().is_some_and(|kit| kit.line == *name);
    order.lines.iter().filter(ours).filter(|it| it.ordered > 0).collect()
}

fn is_part(line: &OrderLine, asked: &RelocateLine) -> bool {
    line.r#ref != asked.r#ref
}

/// What leaves of one line: what was drawn on last leaves first. None: nothing of it is elsewhere.
fn leave<'a>(
    ledger: &Ledger,
    command: &RelocateOrder,
    asked: &RelocateLine,
    index: usize,
    line: &'a OrderLine,
    place: &Place,
) -> Result<Option<Move<'a>>, Rejection> {
    let Some(sku) = &line.sku else { return Ok(None) };
    let leaves = |(spot, _): &&(Spot, u64)| {
        spot.location != place.to && place.from.is_none_or(|it| it == spot.location)
    };
    let committed: u64 = line.committed_at.iter().filter(leaves).map(|(_, units)| units).sum();
    let units = asked.quantity.map_or(committed, Quantity::units);
    if units > committed {
        return Err(exceeds(command, line, units, committed));
    }
    if units == 0 {
        return Ok(None);
    }
    let from = part(line.committed_at.iter().rev().filter(leaves), units);
    Ok(Some(Move { index, line, item: ledger.known_item(sku)?, from, to: place.to }))
}

fn exceeds(command: &RelocateOrder, line: &OrderLine, requested: u64, committed: u64) -> Rejection {
    let (order, line) = (command.order.clone(), line.r#ref.clone());
    Rejection::ExceedsCommitted { order, line, requested, committed }
}

/// What each move takes where it goes: shared stock, whatever the units were drawn from before.
/// A window's capacity is nowhere in particular: units stay taken of it.
///
/// # Errors
/// `insufficient_stock` with every line that is short there. What one line takes the next does not
/// see as free, nor what another one leaves.
fn arrivals(ledger: &Ledger, now: Time, moves: &[Move<'_>]) -> Result<Vec<AtLocations>, Rejection> {
    let mut pending = Pending::default();
    let mut missing = Vec::new();
    let mut arrivals = Vec::with_capacity(moves.len());
    for it in moves {
        let mut to = AtLocations::new();
        for (spot, units) in &it.from {
            let origin = match spot.origin {
                Origin::Window(_) => spot.origin,
                Origin::Shared | Origin::Pool(_) => Origin::Shared,
            };
            let spot = Spot { location: it.to, origin };
            match to.iter_mut().find(|(known, _)| *known == spot) {
                Some((_, sum)) => *sum += units,
                None => to.push((spot, *units)),
            }
        }
        if ledger.item(it.item).mode().is_finite() {
            let shelf = ledger.shelf_terms(it.item, it.to, now, &pending);
            missing.extend(shortfall(ledger, it, &shelf));
        }
        pending.add(it.item, &to);
        arrivals.push(to);
    }
    if missing.is_empty() {
        Ok(arrivals)
    } else {
        Err(Rejection::InsufficientStock { lines: missing })
    }
}

fn shortfall(ledger: &Ledger, it: &Move<'_>, shelf: &ShelfTerms) -> Option<Shortfall> {
    let requested: u64 = it.from.iter().map(|(_, units)| units).sum();
    let available = u64::try_from(shelf.free).unwrap_or(0);
    let shortfall = requested.checked_sub(available).filter(|it| *it > 0)?;
    Some(Shortfall {
        index: it.index as u64,
        line: it.line.r#ref.clone(),
        sku: ledger.item(it.item).sku.clone(),
        location: Some(ledger.location(it.to).id.clone()),
        requested,
        available,
        shortfall,
        limiting: if shelf.kept > 0 { "safety" } else { "free_stock" }.into(),
        part: None,
    })
}
