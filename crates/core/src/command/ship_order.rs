//! Ship an order or a part of it: goods leave for the customer. A fact, also when nothing was committed.
//! A kit line leaves in whole kits, its parts also one by one.

use rustc_hash::FxHashMap;

use super::claim::{check_lines, splits};
use super::kit_line::refuse_overlaps;
use super::lines::{contradiction, field_of, part, shelf};
use super::prelude::*;
use super::ship_kits::ShipKits;

args!(/** Ship an order or a part of it. */
ShipOrder {
    pub order: OrderId,
    /// Where from, for lines that do not say so themselves. Without it: where they are committed.
    #[serde(default)]
    pub location: Option<LocationId>,
    /// Without lines all that is still committed.
    #[serde(default)]
    pub lines: Vec<ShipLine>,
    /// Refuse instead of recording when the shelf is short by the book.
    #[serde(default)]
    pub refuse_if_short: bool,
});

args!(/** A shipped line. `sku` is needed only where the order or line is not known yet. */
ShipLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
    #[serde(default)]
    pub sku: Option<Sku>,
    #[serde(default)]
    pub location: Option<LocationId>,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &ShipOrder,
) -> Result<Decision, Rejection> {
    let order = ledger.order(&command.order);
    let parcels = match command.lines.is_empty() {
        true => all_that_is_committed(ledger, command, order)?,
        false => named_lines(ledger, now, command, order)?,
    };
    if command.refuse_if_short {
        refuse_short(ledger, &parcels)?;
    }
    let mut movements = Vec::with_capacity(parcels.len());
    let mut flags = Vec::new();
    for it in &parcels {
        movements.push(Movement {
            sku: it.line.sku.clone(),
            quantity: it.line.quantity,
            from: source(ledger, it),
            to: Account::Customer,
        });
        let released: u64 = it.line.released.iter().map(|split| split.quantity.units()).sum();
        let uncommitted = it.line.quantity.units() - released;
        if uncommitted > 0 {
            let (order, sku) = (command.order.clone(), it.line.sku.clone());
            flags.push(Flag::UncommittedShip { order, sku, quantity: uncommitted });
        }
    }
    let lines = parcels.into_iter().map(|it| it.line).collect();
    let fact = Fact::OrderShipped(OrderShipped { order: command.order.clone(), lines });
    Ok(Decision { fact, movements, flags })
}

/// What is not counted by its units comes from nowhere but whoever makes it.
fn source(ledger: &Ledger, it: &Parcel) -> Account {
    match ledger.item(it.item).mode().is_finite() {
        true => shelf(&it.line.location, Condition::Sellable),
        false => Account::Supplier,
    }
}

/// What leaves one location of one line of the command.
struct Parcel {
    /// Place of the line in the command, from 0.
    index: usize,
    item: ItemNo,
    location: LocationNo,
    line: ShippedLine,
}

/// A line to ship, with names resolved.
pub(super) struct Outgoing<'a> {
    /// Place of the line in the command, from 0.
    pub index: usize,
    pub line: LineRef,
    pub item: ItemNo,
    /// Where it is committed, as far as it is.
    pub committed_at: &'a [(Spot, u64)],
    pub quantity: u64,
    pub location: Option<LocationNo>,
    /// Of a part whose kit line has not come yet.
    pub kit: Option<Box<KitUse>>,
}

fn all_that_is_committed(
    ledger: &Ledger,
    command: &ShipOrder,
    order: Option<&Order>,
) -> Result<Vec<Parcel>, Rejection> {
    let location = command.location.as_ref().map(|it| ledger.open_location(it)).transpose()?;
    let known = order.map_or(&[][..], |it| &it.lines);
    let Some(first) = known.iter().find(|it| it.sku.is_some()) else {
        return Err(Rejection::UnknownOrder { order: command.order.clone() });
    };
    let mut parcels = Vec::with_capacity(known.len());
    for line in known {
        let Some(sku) = line.sku.as_ref().filter(|_| line.committed() > 0) else { continue };
        let outgoing = Outgoing {
            index: parcels.len(),
            line: line.r#ref.clone(),
            item: ledger.known_item(sku)?,
            committed_at: &line.committed_at,
            quantity: line.committed(),
            location,
            kit: None,
        };
        pack(ledger, &outgoing, &mut parcels)?;
    }
    match parcels.is_empty() {
        true => Err(Rejection::ExceedsCommitted {
            order: command.order.clone(),
            line: first.r#ref.clone(),
            requested: first.ordered,
            committed: 0,
        }),
        false => Ok(parcels),
    }
}

fn named_lines(
    ledger: &Ledger,
    now: Time,
    command: &ShipOrder,
    order: Option<&Order>,
) -> Result<Vec<Parcel>, Rejection> {
    check_lines(&command.lines)?;
    let refs: Vec<&LineRef> = command.lines.iter().map(|it| &it.r#ref).collect();
    refuse_overlaps(order.map_or(&[][..], |it| &it.lines), &refs)?;
    let mut kits = ShipKits::new(ledger, now, command, order);
    let mut parcels = Vec::with_capacity(command.lines.len());
    for (index, asked) in command.lines.iter().enumerate() {
        let named = asked.location.as_ref().or(command.location.as_ref());
        let location = || named.map(|it| ledger.open_location(it)).transpose();
        if let Some(lines) = kits.of_kit_line(index, asked, &location)? {
            lines.iter().try_for_each(|it| pack(ledger, it, &mut parcels))?;
            continue;
        }
        let known = order.and_then(|it| it.line(&asked.r#ref));
        let item = item_of(ledger, command, asked, order, known)?;
        let committed = known.map_or(0, OrderLine::committed);
        let quantity = needed(index, asked, committed)?;
        let outgoing = Outgoing {
            index,
            line: asked.r#ref.clone(),
            item,
            committed_at: known.map_or(&[], |it| &it.committed_at),
            quantity,
            location: location()?,
            kit: None,
        };
        let is_new = known.is_none_or(|it| it.ordered == 0);
        match ledger.item(item).recipe().filter(|_| is_new) {
            Some(recipe) => {
                let lines = kits.of_new_kit_line(outgoing, recipe)?;
                lines.iter().try_for_each(|it| pack(ledger, it, &mut parcels))?;
            }
            None => pack(ledger, &outgoing, &mut parcels)?,
        }
    }
    Ok(parcels)
}

/// What is to leave: as the caller says, or what is committed.
pub(super) fn needed(index: usize, asked: &ShipLine, committed: u64) -> Result<u64, Rejection> {
    match asked.quantity.map_or(committed, Quantity::units) {
        0 => {
            let message = "is needed: nothing of the line is committed";
            Err(contradiction(field_of(index, "quantity"), message))
        }
        units => Ok(units),
    }
}

/// The item of the line, by the book or, where that does not know it, by the caller.
fn item_of(
    ledger: &Ledger,
    command: &ShipOrder,
    asked: &ShipLine,
    order: Option<&Order>,
    known: Option<&OrderLine>,
) -> Result<ItemNo, Rejection> {
    let requested = asked.sku.as_ref().map(|it| ledger.known_item(it)).transpose()?;
    let recorded =
        known.and_then(|it| it.sku.as_ref()).map(|it| ledger.known_item(it)).transpose()?;
    let (id, line) = (command.order.clone(), asked.r#ref.clone());
    match (recorded, requested) {
        (Some(recorded), Some(requested)) if recorded != requested => {
            Err(Rejection::LineOfAnotherItem {
                order: id,
                line,
                recorded: ledger.item(recorded).sku.clone(),
                requested: ledger.item(requested).sku.clone(),
            })
        }
        (Some(item), _) | (None, Some(item)) => Ok(item),
        (None, None) if order.is_none() => Err(Rejection::UnknownOrder { order: id }),
        (None, None) => Err(Rejection::UnknownLine { order: id, line }),
    }
}

/// Packs one line: from the named location, or from where it is committed.
fn pack(ledger: &Ledger, it: &Outgoing<'_>, parcels: &mut Vec<Parcel>) -> Result<(), Rejection> {
    if let Some(location) = it.location {
        // The commitment is consumed where the goods leave, then elsewhere: it moves with them.
        let here = it.committed_at.iter().filter(|(at, _)| at.location == location);
        let elsewhere = it.committed_at.iter().filter(|(at, _)| at.location != location);
        let released = part(here.chain(elsewhere), it.quantity);
        return seal(ledger, it, location, it.quantity, &released, parcels);
    }
    let mut from = part(it.committed_at.iter(), it.quantity);
    let found: u64 = from.iter().map(|(_, units)| units).sum();
    let count = from.len();
    let Some(last) = from.last_mut() else {
        return Err(Rejection::NoLocation { line: it.line.clone() });
    };
    // More left than was committed: it lay where the last of the commitment lay.
    let surplus = it.quantity - found;
    last.1 += surplus;
    for (place, (spot, units)) in from.into_iter().enumerate() {
        let committed = if place + 1 == count { units - surplus } else { units };
        seal(ledger, it, spot.location, units, &vec![(spot, committed)], parcels)?;
    }
    Ok(())
}

fn seal(
    ledger: &Ledger,
    it: &Outgoing<'_>,
    location: LocationNo,
    units: u64,
    released: &AtLocations,
    parcels: &mut Vec<Parcel>,
) -> Result<(), Rejection> {
    let sku = ledger.item(it.item).sku.clone();
    let Some(quantity) = Quantity::new(units) else {
        return Err(Rejection::BalanceTooLarge { sku });
    };
    let line = ShippedLine {
        r#ref: it.line.clone(),
        sku,
        quantity,
        location: ledger.location(location).id.clone(),
        released: splits(ledger, released),
        kit: it.kit.clone(),
    };
    parcels.push(Parcel { index: it.index, item: it.item, location, line });
    Ok(())
}

/// # Errors
/// `insufficient_stock` with every parcel that the shelf cannot fill, by the book.
fn refuse_short(ledger: &Ledger, parcels: &[Parcel]) -> Result<(), Rejection> {
    let mut left: FxHashMap<(ItemNo, LocationNo), u64> = FxHashMap::default();
    let mut missing = Vec::new();
    for it in parcels.iter().filter(|it| ledger.item(it.item).mode().is_finite()) {
        let left = left.entry((it.item, it.location)).or_insert_with(|| {
            u64::try_from(ledger.cell(it.item, it.location).sellable).unwrap_or(0)
        });
        let requested = it.line.quantity.units();
        let available = requested.min(*left);
        *left -= available;
        if available < requested {
            missing.push(Shortfall {
                index: it.index as u64,
                line: it.line.r#ref.clone(),
                sku: it.line.sku.clone(),
                location: Some(it.line.location.clone()),
                requested,
                available,
                shortfall: requested - available,
                limiting: "sellable_stock".into(),
                part: None,
            });
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Rejection::InsufficientStock { lines: missing }) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_shipment_consumes_its_commitment() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:10@A
            ship_order O1 1:4
            ship_order O1
            order O1
            stock W@A
            ship_order O1
            ship_order O2
            ship_order O2 1:1
            ship_order O1 2:1
            ship_order O1 1
            ship_order O1 1:1 1:1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +10
                8 order_shipped: W 4 A/sellable > customer; W@A committed -4
                9 order_shipped: W 6 A/sellable > customer; W@A committed -6
                O1 | 1 ordered 10 shipped 10
                W@A sellable 0 free 0
                rejected exceeds_committed committed=0 line=1 order=O1 requested=10
                rejected unknown_order order=O2
                rejected unknown_order order=O2
                rejected unknown_line line=2 order=O1
                rejected contradiction field=lines[0].quantity message=is needed: nothing of the line is committed
                rejected duplicate_in_batch field=lines.ref value=1
            "#]],
        );
    }

    #[test]
    fn c04_a_shipment_before_its_commitment_is_absorbed() {
        check(
            "
            receive_stock A W:10
            ship_order O1 1:4(sku=W) location=A
            order O1
            commit_order O1 W:6@A
            order O1
            ship_order O1
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_shipped: W 4 A/sellable > customer; ! uncommitted_ship order=O1 quantity=4 sku=W
                O1 | 1 ordered 0 shipped 4 uncommitted 4
                8 order_committed: W@A committed +2; 1 shipped 4
                O1 | 1 ordered 6 committed 2 shipped 4
                9 order_shipped: W 2 A/sellable > customer; W@A committed -2
                O1 | 1 ordered 6 shipped 6
                W@A sellable 4 free 4
            "#]],
        );
    }

    #[test]
    fn c04_more_shipped_than_the_late_order_wants() {
        check(
            "
            receive_stock A W:10
            ship_order O1 1:4(sku=W) location=A
            commit_order O1 W:3@A
            order O1
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_shipped: W 4 A/sellable > customer; ! uncommitted_ship order=O1 quantity=4 sku=W
                8 order_committed: 1 shipped 3
                O1 | 1 ordered 3 shipped 4 uncommitted 1
            "#]],
        );
    }

    #[test]
    fn c04_a_shipment_takes_no_other_order_s_promise() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:5@A
            ship_order O2 1:2(sku=W) location=A
            order O1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +5
                8 order_shipped: W 2 A/sellable > customer; ! uncommitted_ship order=O2 quantity=2 sku=W; ! oversold by=2 location=A sku=W
                O1 | 1 ordered 5 committed 5
                W@A sellable 3 committed 5 free -2
            "#]],
        );
    }

    #[test]
    fn c05_more_than_committed_leaves_and_is_flagged() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:3@A
            ship_order O1 1:5
            order O1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 order_shipped: W 5 A/sellable > customer; W@A committed -3; ! uncommitted_ship order=O1 quantity=2 sku=W
                O1 | 1 ordered 3 shipped 5 uncommitted 2
            "#]],
        );
    }

    #[test]
    fn c05_an_empty_shelf_ships_and_heals_on_receipt() {
        check(
            "
            commit_order O1 W:3@A if_short=accept_oversold
            ship_order O1 refuse_if_short=true
            ship_order O1
            stock W@A
            receive_stock A W:3
            stock W@A
            ",
            expect![[r#"
                6 order_committed: W@A committed +3; ! oversold by=3 location=A sku=W
                rejected insufficient_stock lines=[available=0 index=0 limiting=sellable_stock line=1 location=A requested=3 shortfall=3 sku=W]
                7 order_shipped: W 3 A/sellable > customer; W@A committed -3; ! negative_book balance=-3 condition=sellable location=A sku=W
                W@A sellable -3 free -3
                8 stock_received: W 3 supplier > A/sellable
                W@A sellable 0 free 0
            "#]],
        );
    }

    #[test]
    fn c05_the_soft_refusal_sums_the_parcels() {
        check(
            "
            receive_stock A W:5
            ship_order O1 1:3(sku=W) 2:3(sku=W) location=A refuse_if_short=true
            ship_order O1 1:3(sku=W) 2:2(sku=W) location=A refuse_if_short=true
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                rejected insufficient_stock lines=[available=2 index=1 limiting=sellable_stock line=2 location=A requested=3 shortfall=1 sku=W]
                7 order_shipped: W 3 A/sellable > customer; W 2 A/sellable > customer; ! uncommitted_ship order=O1 quantity=3 sku=W; ! uncommitted_ship order=O1 quantity=2 sku=W
            "#]],
        );
    }

    #[test]
    fn shipping_elsewhere_moves_the_commitment_in_the_same_entry() {
        check(
            "
            receive_stock A W:5
            receive_stock B W:5
            commit_order O1 W:3@A
            ship_order O1 1:2@B
            stock W@A
            stock W@B
            ship_order O1 location=B
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 order_committed: W@A committed +3
                9 order_shipped: W 2 B/sellable > customer; W@A committed -2
                W@A sellable 5 committed 1 free 4
                W@B sellable 3 free 3
                10 order_shipped: W 1 B/sellable > customer; W@A committed -1
            "#]],
        );
    }

    #[test]
    fn a_line_ships_from_every_location_that_promised_it() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:2
            commit_order O1 channel=web W:4
            ship_order O1 1:3
            ship_order O1 1:3
            order O1
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 2 supplier > B/sellable
                8 order_committed: W@A committed +2; W@B committed +2
                9 order_shipped: W 2 A/sellable > customer; W 1 B/sellable > customer; W@A committed -2; W@B committed -1
                10 order_shipped: W 3 B/sellable > customer; W@B committed -1; ! uncommitted_ship order=O1 quantity=2 sku=W; ! negative_book balance=-2 condition=sellable location=B sku=W
                O1 | 1 ordered 4 shipped 6 uncommitted 2
            "#]],
        );
    }

    #[test]
    fn a_line_keeps_its_item() {
        check(
            "
            receive_stock A W:2
            commit_order O1 W:2@A
            ship_order O1 1:1(sku=G)
            ship_order O2 1:1(sku=W)
            ship_order O2 1(sku=W) location=A
            cancel_order O3 1
            ship_order O3 1:1
            ship_order O3 1:1(sku=W) location=A
            order O3
            ship_order O1 1:1@C
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 order_committed: W@A committed +2
                rejected line_of_another_item line=1 order=O1 recorded=W requested=G
                rejected no_location line=1
                rejected contradiction field=lines[0].quantity message=is needed: nothing of the line is committed
                8 order_cancelled: 1 early all
                rejected unknown_line line=1 order=O3
                9 order_shipped: W 1 A/sellable > customer; ! uncommitted_ship order=O3 quantity=1 sku=W; ! oversold by=1 location=A sku=W
                O3 | 1 ordered 0 shipped 1 uncommitted 1 early all
                rejected unknown_location location=C
            "#]],
        );
    }

    #[test]
    fn the_commitment_where_the_goods_leave_is_consumed_first() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:2
            commit_order O1 channel=web W:4
            ship_order O1 1:3@B
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 2 supplier > B/sellable
                8 order_committed: W@A committed +2; W@B committed +2
                9 order_shipped: W 3 B/sellable > customer; W@B committed -2; W@A committed -1; ! negative_book balance=-1 condition=sellable location=B sku=W
            "#]],
        );
    }

    #[test]
    fn c19_kits_are_shipped_by_the_recipe_of_their_claim() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            commit_order O1 K:4@A
            define_kit K W:7
            ship_order O1 1:2
            order O1
            ship_order O1 1:1(sku=G)
            ship_order O1 1:1(sku=K)
            ship_order O1 1.2:1
            order O1
            ship_order O1 1
            order O1
            ship_order O1 1
            ship_order O1 1:1 1.1:1
            reverse_entry 11 reason=did_not_occur
            order O1
            stock W@A
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 order_committed: K@A committed +1; W@A committed +6; G@A committed +3
                10 kit_defined:
                11 order_shipped: K 1 A/sellable > customer; W 2 A/sellable > customer; G 1 A/sellable > customer; K@A committed -1; W@A committed -2; G@A committed -1
                O1 | 1 ordered 1 shipped 1 | 1.1 ordered 6 committed 4 shipped 2 | 1.2 ordered 3 committed 2 shipped 1
                rejected line_of_another_item line=1 order=O1 recorded=K requested=G
                12 order_shipped: W 2 A/sellable > customer; G 1 A/sellable > customer; W@A committed -2; G@A committed -1
                13 order_shipped: G 1 A/sellable > customer; G@A committed -1
                O1 | 1 ordered 1 shipped 1 | 1.1 ordered 6 committed 2 shipped 4 | 1.2 ordered 3 shipped 3
                14 order_shipped: W 2 A/sellable > customer; W@A committed -2
                O1 | 1 ordered 1 shipped 1 | 1.1 ordered 6 shipped 6 | 1.2 ordered 3 shipped 3
                rejected contradiction field=lines[0].quantity message=is needed: nothing of the line is committed
                rejected duplicate_in_batch field=lines.ref value=1.1
                15 entry_reversed: K 1 customer > A/sellable; W 2 customer > A/sellable; G 1 customer > A/sellable; K@A committed +1; W@A committed +2; G@A committed +1
                O1 | 1 ordered 1 committed 1 | 1.1 ordered 6 committed 2 shipped 4 | 1.2 ordered 3 committed 1 shipped 2
                W@A sellable 6 committed 2 free 4
            "#]],
        );
    }

    #[test]
    fn c19_a_kit_of_which_a_part_was_cancelled_ships_what_is_left_of_it() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5
            commit_order O1 K:2@A
            cancel_order O1 1.2:1
            ship_order O1 1
            order O1
            commit_order O2 K:2@A
            cancel_order O2 1.2:1
            ship_order O2 1:2
            order O2
            commit_order O3 K:1@A
            ship_order O3 1:2 refuse_if_short=true
            ship_order O3 1:2@B
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                9 order_committed: W@A committed +4; G@A committed +2
                10 order_cancelled: G@A committed -1
                11 order_shipped: W 4 A/sellable > customer; G 1 A/sellable > customer; W@A committed -4; G@A committed -1
                O1 | 1.1 ordered 4 shipped 4 | 1.2 ordered 2 shipped 1 cancelled 1
                12 order_committed: W@A committed +4; G@A committed +2
                13 order_cancelled: G@A committed -1
                14 order_shipped: W 4 A/sellable > customer; G 2 A/sellable > customer; W@A committed -4; G@A committed -1; ! uncommitted_ship order=O2 quantity=1 sku=G
                O2 | 1.1 ordered 4 shipped 4 | 1.2 ordered 2 shipped 2 uncommitted 1 cancelled 1
                15 order_committed: W@A committed +2; G@A committed +1
                rejected insufficient_stock lines=[available=2 index=0 limiting=sellable_stock line=1.1 location=A requested=4 shortfall=2 sku=W]
                16 order_shipped: W 4 B/sellable > customer; G 2 B/sellable > customer; W@A committed -2; G@A committed -1; ! uncommitted_ship order=O3 quantity=2 sku=W; ! uncommitted_ship order=O3 quantity=1 sku=G; ! negative_book balance=-4 condition=sellable location=B sku=W; ! negative_book balance=-2 condition=sellable location=B sku=G
            "#]],
        );
    }
}
