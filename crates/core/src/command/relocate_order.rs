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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_is_committed_is_shipped_from_elsewhere() {
        check(
            "
            receive_stock A W:5 G:2
            receive_stock B W:4 G:2
            commit_order O1 W:5@A G:2@A
            relocate_order O1 1:2@B
            order O1
            relocate_order O1 1@B 2@B
            order O1
            stock W@A
            stock W@B
            relocate_order O1 1:1@B
            relocate_order O1 1:2@B 2@B
            stock G@A
            ship_order O1
            cancel_order O1
            relocate_order O1 1@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; G 2 supplier > A/sellable
                7 stock_received: W 4 supplier > B/sellable; G 2 supplier > B/sellable
                8 order_committed: W@A committed +5; G@A committed +2
                9 order_relocated: W@A committed -2; W@B committed +2
                O1 | 1 ordered 5 committed 5 | 2 ordered 2 committed 2
                rejected insufficient_stock lines=[available=2 index=0 limiting=free_stock line=1 location=B requested=3 shortfall=1 sku=W]
                O1 | 1 ordered 5 committed 5 | 2 ordered 2 committed 2
                W@A sellable 5 committed 3 free 2
                W@B sellable 4 committed 2 free 2
                10 order_relocated: W@A committed -1; W@B committed +1
                rejected insufficient_stock lines=[available=1 index=0 limiting=free_stock line=1 location=B requested=2 shortfall=1 sku=W]
                G@A sellable 2 committed 2 free 0
                11 order_shipped: W 2 A/sellable > customer; W 3 B/sellable > customer; G 2 A/sellable > customer; W@A committed -2; W@B committed -3; G@A committed -2
                rejected exceeds_committed committed=0 line=1 order=O1 requested=5
                rejected exceeds_committed committed=0 line=1 order=O1 requested=5
            "#]],
        );
    }

    #[test]
    fn units_must_be_free_where_they_go() {
        check(
            r#"
            set_policy location=B set={"safety":{"units":1}}
            receive_stock A W:6 G:3
            receive_stock B W:4 G:1
            commit_order O1 W:2@A W:2@A G:2@A
            relocate_order O1 1@B 2@B 3@B
            relocate_order O1 1@B 2:1@B
            relocate_order O1 2@B
            commit_order O2 W:3@B if_short=accept_oversold
            relocate_order O2 1:1@A
            relocate_order O2 1@A
            relocate_order O1 1:1@A(from=B)
            "#,
            expect![[r#"
                6 policy_set:
                7 stock_received: W 6 supplier > A/sellable; G 3 supplier > A/sellable
                8 stock_received: W 4 supplier > B/sellable; G 1 supplier > B/sellable
                9 order_committed: W@A committed +2; W@A committed +2; G@A committed +2
                rejected insufficient_stock lines=[available=1 index=1 limiting=safety line=2 location=B requested=2 shortfall=1 sku=W][available=0 index=2 limiting=safety line=3 location=B requested=2 shortfall=2 sku=G]
                10 order_relocated: W@A committed -2; W@B committed +2; W@A committed -1; W@B committed +1
                rejected insufficient_stock lines=[available=0 index=0 limiting=safety line=2 location=B requested=1 shortfall=1 sku=W]
                11 order_committed: W@B committed +3; ! oversold by=2 location=B sku=W
                12 order_relocated: W@B committed -1; W@A committed +1
                13 order_relocated: W@B committed -2; W@A committed +2
                14 order_relocated: W@B committed -1; W@A committed +1
            "#]],
        );
    }

    #[test]
    fn an_oversold_order_is_cured_by_moving_it() {
        check(
            "
            receive_stock B W:4
            commit_order O1 W:3@A if_short=accept_oversold
            relocate_order O1 1@B
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 4 supplier > B/sellable
                7 order_committed: W@A committed +3; ! oversold by=3 location=A sku=W
                8 order_relocated: W@A committed -3; W@B committed +3
                W@A sellable 0 free 0
                W@B sellable 4 committed 3 free 1
            "#]],
        );
    }

    #[test]
    fn a_line_moves_from_where_it_is_said_to_or_from_wherever_it_is() {
        check(
            "
            register_location C
            register_channel shop locations=A,B,C
            receive_stock A W:2
            receive_stock B W:3
            receive_stock C W:4
            commit_order O1 channel=shop W:7
            receive_stock C W:9
            relocate_order O1 1:3@C(from=A)
            relocate_order O1 1:1@C(from=A)
            relocate_order O1 1@C
            order O1
            relocate_order O1 1@C
            relocate_order O1 1@A(from=B)
            ",
            expect![[r#"
                6 location_registered:
                7 channel_registered:
                8 stock_received: W 2 supplier > A/sellable
                9 stock_received: W 3 supplier > B/sellable
                10 stock_received: W 4 supplier > C/sellable
                11 order_committed: W@A committed +2; W@B committed +3; W@C committed +2
                12 stock_received: W 9 supplier > C/sellable
                rejected exceeds_committed committed=2 line=1 order=O1 requested=3
                13 order_relocated: W@A committed -1; W@C committed +1
                14 order_relocated: W@B committed -3; W@A committed -1; W@C committed +4
                O1 | 1 ordered 7 committed 7
                rejected exceeds_committed committed=0 line=1 order=O1 requested=7
                rejected exceeds_committed committed=0 line=1 order=O1 requested=7
            "#]],
        );
    }

    #[test]
    fn a_line_of_a_kit_moves_all_its_parts() {
        check(
            r#"
            register_item K
            fact {"kit_defined":{"sku":"K","version":1,"parts":[{"sku":"W","quantity":2},{"sku":"G","quantity":1}]}}
            receive_stock A W:4 G:2 K:1
            receive_stock B W:9 G:9 K:1
            commit_order O1 channel=web K:3@A W:2@B
            order O1
            relocate_order O1 1:1@B
            relocate_order O1 1@B
            relocate_order O1 1@A(from=B) 1.1@A
            relocate_order O1 1.1:1@A
            relocate_order O1 1@A
            order O1
            "#,
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 4 supplier > A/sellable; G 2 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_received: W 9 supplier > B/sellable; G 9 supplier > B/sellable; K 1 supplier > B/sellable
                10 order_committed: K@A committed +1; W@A committed +4; G@A committed +2; W@B committed +2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2 | 2 ordered 2 committed 2
                rejected contradiction field=lines[0].quantity message=does not go with a line of a kit: its parts move whole, or by their own names
                11 order_relocated: K@A committed -1; K@B committed +1; W@A committed -4; W@B committed +4; G@A committed -2; G@B committed +2
                rejected duplicate_in_batch field=lines.ref value=1.1
                12 order_relocated: W@B committed -1; W@A committed +1
                13 order_relocated: K@B committed -1; K@A committed +1; W@B committed -3; W@A committed +3; G@B committed -2; G@A committed +2
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 4 committed 4 | 1.2 ordered 2 committed 2 | 2 ordered 2 committed 2
            "#]],
        );
    }

    #[test]
    fn units_of_a_pool_go_back_to_it() {
        check(
            r#"
            receive_stock A W:5
            receive_stock B W:5
            fact {"pool_opened":{"pool":"P1","channel":"web","lines":[{"sku":"W","at":[{"location":"A","quantity":4}]}]}}
            commit_order O1 channel=web W:3
            pool P1
            relocate_order O1 1:2@B
            pool P1
            stock W@A
            stock W@B
            "#,
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 pool_opened: W@A pooled +4 in P1
                9 order_committed: W@A committed +3 in P1; W@A pooled -3 in P1
                P1 open | W left 1@A drawn 3 own 1
                10 order_relocated: W@A committed -2 in P1; W@A pooled +2 in P1; W@B committed +2
                P1 open | W left 3@A drawn 1 own 3
                W@A sellable 5 committed 1 pooled 3 free 1
                W@B sellable 5 committed 2 free 3
            "#]],
        );
    }

    #[test]
    fn what_is_not_counted_moves_freely() {
        check(
            r#"
            fact {"mode_set":{"sku":"G","mode":"unlimited"}}
            register_item X
            fact {"mode_set":{"sku":"X","mode":{"capacity":{"limit":2,"window":"1d","zone":"UTC"}}}}
            commit_order O1 channel=web G:9 X:2
            relocate_order O1 1@B 2@B
            commit_order O2 channel=web X:1
            "#,
            expect![[r#"
                6 mode_set:
                7 item_registered:
                8 mode_set:
                9 order_committed: G@A committed +9; X@A committed +2 for 0s
                10 order_relocated: G@A committed -9; G@B committed +9; X@A committed -2 for 0s; X@B committed +2 for 0s
                rejected insufficient_stock lines=[available=0 index=0 limiting=capacity line=1 requested=1 shortfall=1 sku=X]
            "#]],
        );
    }

    #[test]
    fn bad_relocations_are_refused() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:5@A
            cancel_order O2 1
            close_location B
            register_location C
            relocate_order O1 lines=
            relocate_order O1 1@A(from=A)
            relocate_order O1 1:1@C 1:1@C
            relocate_order O1 1@D
            relocate_order O1 1@C(from=D)
            relocate_order O1 1@B
            relocate_order O9 1@C
            relocate_order O1 2@C
            relocate_order O2 1@C
            relocate_order O1 1:6@C
            relocate_order O1 1@A
            relocate_order O1 1@C
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +5
                8 order_cancelled: 1 early all
                9 location_closed:
                10 location_registered:
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=lines[0].to message=is the same location as `from`
                rejected duplicate_in_batch field=lines.ref value=1
                rejected unknown_location location=D
                rejected unknown_location location=D
                rejected location_closed location=B
                rejected unknown_order order=O9
                rejected unknown_line line=2 order=O1
                rejected unknown_line line=1 order=O2
                rejected exceeds_committed committed=5 line=1 order=O1 requested=6
                rejected exceeds_committed committed=0 line=1 order=O1 requested=5
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=C requested=5 shortfall=5 sku=W]
            "#]],
        );
    }
}
