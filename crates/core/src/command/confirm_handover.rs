//! Confirm a handover: what the supplier will ship, and what it does not have.

use smol_str::format_smolstr;

use super::claim::{Need, splits};
use super::lines::{contradiction, part};
use super::prelude::*;
use super::route::{Route, Spread};

args!(/** Confirm a handover. What is not named the supplier confirms in full. */
ConfirmHandover {
    pub supplier: SupplierId,
    pub handover: Label,
    #[serde(default)]
    pub short: Vec<ShortageLine>,
    /// As the supplier's terms say, if not given.
    #[serde(default)]
    pub on_shortage: Option<OnShortage>,
});

args!(/** Units of an order line that the supplier does not have. */
ShortageLine {
    pub order: OrderId,
    pub r#ref: LineRef,
    pub short: Quantity,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &ConfirmHandover,
) -> Result<Decision, Rejection> {
    check_short(&command.short)?;
    let supplier = ledger.known_supplier(&command.supplier)?;
    let handover = known_handover(ledger, &command.supplier, &command.handover)?;
    if let HandoverState::Confirmed { position, .. } = handover.state {
        let (supplier, handover) = (command.supplier.clone(), command.handover.clone());
        return Err(Rejection::HandoverAlreadyConfirmed { supplier, handover, position });
    }
    let shortages = shortages(ledger, handover, &command.short)?;
    let action = command.on_shortage.unwrap_or(ledger.supplier(supplier).terms.on_shortage);
    let handed: u64 = handover.told.lines.iter().map(|it| it.quantity.units()).sum();
    let told: u64 = shortages.iter().map(|it| it.told).sum();
    let fact = Fact::HandoverConfirmed(HandoverConfirmed {
        supplier: command.supplier.clone(),
        handover: command.handover.clone(),
        late: is_late(handover, now),
        confirmed: handed - told,
        short: Remedy::of(ledger, now, &shortages).lines(action, &shortages),
        found: found(ledger, now, handover.position, &shortages),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn is_late(handover: &Handover, now: Time) -> bool {
    let missed = matches!(handover.state, HandoverState::Missed(_));
    missed || handover.told.confirm_by.is_some_and(|it| now > it)
}

/// # Errors
/// `unknown_handover`.
pub(super) fn known_handover<'a>(
    ledger: &'a Ledger,
    supplier: &SupplierId,
    handover: &Label,
) -> Result<&'a Handover, Rejection> {
    ledger.handover(supplier, handover).ok_or_else(|| Rejection::UnknownHandover {
        supplier: supplier.clone(),
        handover: handover.clone(),
    })
}

/// # Errors
/// `contradiction` naming `short` if there are too many, `duplicate_in_batch`.
fn check_short(short: &[ShortageLine]) -> Result<(), Rejection> {
    if short.len() > LINES_MAX {
        let more = short.len();
        let message = format_smolstr!("has {more} lines; at most {LINES_MAX} are allowed");
        return Err(Rejection::Contradiction { field: "short".into(), message });
    }
    let mut names: Vec<_> = short.iter().map(|it| (&it.order, &it.r#ref)).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Rejection::DuplicateInBatch {
            field: "short.ref".into(),
            value: format_smolstr!("{} {}", pair[0].0, pair[0].1),
        }),
        None => Ok(()),
    }
}

/// An order line that the supplier cannot serve in full.
struct Shortage<'a> {
    id: &'a OrderId,
    order: &'a Order,
    line: &'a OrderLine,
    item: ItemNo,
    /// Units that the supplier says it does not have.
    told: u64,
    /// Those of them that are committed there still, by location, and what the item is called there.
    at: Vec<Missing<'a>>,
}

struct Missing<'a> {
    location: LocationNo,
    units: u64,
    supplier_sku: Option<&'a Sku>,
}

/// # Errors
/// `contradiction` naming `short[i]…`: the line is not in the handover, or not so many units are.
fn shortages<'a>(
    ledger: &'a Ledger,
    handover: &'a Handover,
    short: &'a [ShortageLine],
) -> Result<Vec<Shortage<'a>>, Rejection> {
    let mut handed: Vec<&HandedLine> = handover.told.lines.iter().collect();
    handed.sort_by_key(|it| (&it.order, &it.r#ref));
    let mut shortages = Vec::with_capacity(short.len());
    for (index, asked) in short.iter().enumerate() {
        let name = (&asked.order, &asked.r#ref);
        let from = handed.partition_point(|it| (&it.order, &it.r#ref) < name);
        let to = handed.partition_point(|it| (&it.order, &it.r#ref) <= name);
        let lines = &handed[from..to];
        let known = ledger.order(&asked.order).filter(|_| !lines.is_empty());
        let line = known.and_then(|order| Some((order, order.line(&asked.r#ref)?)));
        let item = line.and_then(|(_, it)| ledger.item_no(it.sku.as_ref()?));
        let (Some((order, line)), Some(item)) = (line, item) else {
            return Err(contradiction(short_field(index, "ref"), "is not in the handover"));
        };
        let (told, units) = (asked.short.units(), lines.iter().map(|it| it.quantity.units()).sum());
        if told > units {
            let message = format_smolstr!("is more than the {units} that were handed over");
            return Err(contradiction(short_field(index, "short"), &message));
        }
        let at = missing(ledger, line, lines, told);
        shortages.push(Shortage { id: &asked.order, order, line, item, told, at });
    }
    Ok(shortages)
}

fn short_field(index: usize, field: &str) -> smol_str::SmolStr {
    format_smolstr!("short[{index}].{field}")
}

/// Where the units are short: at the location that was given last. What was cancelled or went
/// elsewhere since needs no units, so it is short first.
fn missing<'a>(
    ledger: &Ledger,
    line: &OrderLine,
    handed: &[&'a HandedLine],
    told: u64,
) -> Vec<Missing<'a>> {
    let mut left = told;
    let mut at = Vec::with_capacity(handed.len());
    for it in handed.iter().rev() {
        let Some(location) = ledger.location_no(&it.location) else { continue };
        let Some(known) = line.handed_at(location) else { continue };
        let quantity = it.quantity.units();
        let called_off = known.called_off.min(quantity);
        let here = left.min(quantity).min(known.units + called_off);
        if here == 0 {
            continue;
        }
        left -= here;
        let supplier_sku = it.supplier_sku.as_ref();
        at.push(Missing { location, units: here.saturating_sub(called_off), supplier_sku });
    }
    at
}

/// What becomes of orders that a supplier cannot serve.
struct Remedy<'a> {
    route: Route<'a>,
    /// Where the supplier is short of what.
    short_at: Vec<(ItemNo, LocationNo)>,
}

impl<'a> Remedy<'a> {
    fn of(ledger: &'a Ledger, now: Time, shortages: &[Shortage<'_>]) -> Remedy<'a> {
        let places = |it: &Shortage<'_>| {
            let item = it.item;
            it.at.iter().map(move |at| (item, at.location)).collect::<Vec<_>>()
        };
        let nobody = Claimant { channel: None, campaign: None, customer: None, region: None };
        let route = Route {
            ledger,
            now,
            who: nobody,
            pending: Pending::default(),
            rule: Routing::default(),
            spread: Spread::EachLine,
            plain: false,
            explains: false,
        };
        Remedy { route, short_at: shortages.iter().flat_map(places).collect() }
    }

    fn lines(mut self, action: OnShortage, shortages: &[Shortage<'_>]) -> Vec<ShortLine> {
        shortages.iter().flat_map(|it| self.line(action, it)).collect()
    }

    fn line(&mut self, action: OnShortage, it: &Shortage<'_>) -> Vec<ShortLine> {
        let ledger = self.route.ledger;
        let line = |short: u64, action, from: &AtLocations, to: &AtLocations| {
            let mut from = splits(ledger, from);
            // What is not there does not go back into its pool: it would be sold again.
            from.iter_mut().for_each(|it| it.shared = it.pool.is_some());
            Some(ShortLine {
                order: it.id.clone(),
                r#ref: it.line.r#ref.clone(),
                sku: ledger.item(it.item).sku.clone(),
                short: Quantity::new(short)?,
                action,
                from,
                to: splits(ledger, to),
            })
        };
        let none = AtLocations::new();
        let units: u64 = it.at.iter().map(|at| at.units).sum();
        match action {
            OnShortage::Keep => line(it.told, action, &none, &none).into_iter().collect(),
            OnShortage::Cancel => {
                line(it.told, action, &given_up(it, units), &none).into_iter().collect()
            }
            OnShortage::Reroute => {
                let to = self.elsewhere(it, units);
                let found = to.iter().map(|(_, units)| units).sum();
                let kept = units - found;
                let moved = line(it.told - kept, action, &given_up(it, found), &to);
                moved.into_iter().chain(line(kept, OnShortage::Keep, &none, &none)).collect()
            }
        }
    }

    /// Free units at the channel's other locations, in the order of its rules. Nothing is promised
    /// beyond what is there: that is what went wrong here.
    fn elsewhere(&mut self, it: &Shortage<'_>, units: u64) -> AtLocations {
        let ledger = self.route.ledger;
        self.route.who.channel = it.order.channel.as_ref().and_then(|id| ledger.channel_no(id));
        let need = |location, quantity| Need {
            index: 0,
            line: it.line.r#ref.clone(),
            item: it.item,
            quantity,
            location,
            slot: None,
            kit: None,
        };
        // A service has its window, wherever it is rendered.
        if matches!(ledger.item(it.item).mode(), Mode::Capacity(_)) {
            return AtLocations::new();
        }
        let anywhere = need(None, units);
        let split = self.route.rule_of(&anywhere).split;
        let mut places = self.route.locations(&anywhere).into_owned();
        places
            .retain(|at| !self.short_at.contains(&(it.item, *at)) && !ledger.location(*at).closed);
        let has_all = |at: &&LocationNo| self.free(&need(Some(**at), units)) >= units;
        match places.iter().find(has_all).copied() {
            Some(whole) => places = vec![whole],
            None if split == RouteSplit::Never => places.clear(),
            None => {}
        }
        let mut found = AtLocations::new();
        for location in places {
            let left = units - found.iter().map(|(_, units)| units).sum::<u64>();
            let need = need(Some(location), left);
            let drawn = self.route.draw(&need, self.free(&need).min(left)).at;
            self.route.pending.add(it.item, &drawn);
            found.extend(drawn);
        }
        found
    }

    /// Units that the need's location has free and the channel may promise.
    fn free(&self, need: &Need) -> u64 {
        let Some(location) = need.location else { return 0 };
        if *self.route.ledger.item(need.item).mode() == Mode::Unlimited {
            return need.quantity;
        }
        let terms = self.route.terms(need);
        let there = self.route.at_location(need, &terms, location, false);
        u64::try_from(there.min(terms.reservable)).unwrap_or(0)
    }
}

/// The first `units` of the claims that are short; what was drawn on last goes first.
fn given_up(it: &Shortage<'_>, units: u64) -> AtLocations {
    let mut left = units;
    let mut given_up = AtLocations::new();
    for at in &it.at {
        let some = at.units.min(left);
        left -= some;
        let there = it.line.committed_at.iter().rev();
        given_up.extend(part(there.filter(|(spot, _)| spot.location == at.location), some));
    }
    given_up
}

/// A supplier that cannot serve an order has nothing else to sell either: what it has of the item
/// is what it will ship. One difference for each item and location.
fn found(ledger: &Ledger, now: Time, position: u64, shortages: &[Shortage<'_>]) -> Vec<Difference> {
    let mut places: Vec<(ItemNo, LocationNo, u64, Option<&Sku>)> = Vec::new();
    for (it, at) in shortages.iter().flat_map(|it| it.at.iter().map(move |at| (it, at))) {
        match places.iter_mut().find(|known| (known.0, known.1) == (it.item, at.location)) {
            Some(known) => known.2 += at.units,
            None => places.push((it.item, at.location, at.units, at.supplier_sku)),
        }
    }
    let mut next = ledger.next_discrepancy();
    let mut found = Vec::with_capacity(places.len());
    for (item, location, units, supplier_sku) in places {
        let cell = ledger.cell(item, location);
        let ours = cell.sellable;
        let theirs = (cell.committed.min(ours) - units as i64).max(0);
        if !ledger.item(item).mode().is_finite() || theirs >= ours {
            continue;
        }
        let known = open_difference(ledger, item, location);
        let doubted_before = known.and_then(|it| it.difference.theirs);
        found.push(Difference {
            number: known.map_or(next, |it| it.difference.number),
            kind: DifferenceKind::Shortage,
            sku: Some(ledger.item(item).sku.clone()),
            supplier_sku: supplier_sku.cloned(),
            location: Some(ledger.location(location).id.clone()),
            // What was doubted before is not believed again.
            theirs: Some(doubted_before.map_or(theirs, |it| it.min(theirs))),
            ours,
            as_of: now,
            confidence: 100,
            explained_by: vec![position],
            suggestions: Vec::new(),
        });
        next += u64::from(known.is_none());
    }
    found
}

/// The open difference that whoever speaks for the location has about the item.
fn open_difference(ledger: &Ledger, item: ItemNo, location: LocationNo) -> Option<&Discrepancy> {
    let id = &ledger.location(location).id;
    let witness = match ledger.feed_at(location) {
        Some(feed) => Witness::Feed(ledger.feed(feed).id.clone()),
        None => Witness::Stocktake(id.clone()),
    };
    ledger.open_difference(item, &witness, Some(id))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_is_not_named_is_confirmed() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:5@D
            hand_over_orders S handover=H1
            confirm_handover S handover=H1
            handover S H1
            order O1
            stock W@D
            confirm_handover S handover=H1
            hand_over_orders S handover=H2
            confirm_handover S handover=H2
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +5
                10 orders_handed_over: H1 at 0s | O1 1 W:5@D
                11 handover_confirmed: confirmed 5
                H1 confirmed at 11 | O1 1 W:5@D
                O1 | 1 ordered 5 committed 5
                W@D sellable 20 committed 5 free 15
                rejected handover_already_confirmed handover=H1 position=11 supplier=S
                12 orders_handed_over: H2 at 0s | nothing
                13 handover_confirmed: confirmed 0
            "#]],
        );
    }

    #[test]
    fn a_bad_confirmation_is_refused() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            receive_stock D W:20
            commit_order O1 W:5@D W:1@D
            commit_order O2 W:5@A if_short=accept_oversold
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":1},{"order":"O1","ref":"1","short":1}]
            confirm_handover nobody handover=H1
            confirm_handover S handover=H2
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"2","short":1},{"order":"O1","ref":"1","short":6}]
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"3","short":1}]
            confirm_handover S handover=H1 short=[{"order":"O2","ref":"1","short":1}]
            confirm_handover S handover=H1 short=[{"order":"O3","ref":"1","short":1}]
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 stock_received: W 20 supplier > D/sellable
                9 order_committed: W@D committed +5; W@D committed +1
                10 order_committed: W@A committed +5; ! oversold by=5 location=A sku=W
                11 orders_handed_over: H1 at 0s | O1 1 W:5@D | O1 2 W:1@D
                rejected duplicate_in_batch field=short.ref value=O1 1
                rejected unknown_supplier supplier=nobody
                rejected unknown_handover handover=H2 supplier=S
                rejected contradiction field=short[1].short message=is more than the 5 that were handed over
                rejected contradiction field=short[0].ref message=is not in the handover
                rejected contradiction field=short[0].ref message=is not in the handover
                rejected contradiction field=short[0].ref message=is not in the handover
            "#]],
        );
    }

    #[test]
    fn what_is_kept_stays_committed_and_is_not_sold_again() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D
            receive_stock D W:20
            commit_order O1 W:5@D
            commit_order O2 W:3@D
            offer W shop
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":4}]
            order O1
            stock W@D
            offer W shop
            commit_order O3 channel=shop W:1
            hand_over_orders S handover=H2
            cancel_order O1 1:4
            offer W shop
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 stock_received: W 20 supplier > D/sellable
                10 order_committed: W@D committed +5
                11 order_committed: W@D committed +3
                W reservable 12 published 12 | base 12 share 12
                12 orders_handed_over: H1 at 0s | O1 1 W:5@D | O2 1 W:3@D
                13 handover_confirmed: confirmed 4 | O1 1 W short 4 keep | #1 shortage W@D theirs 4 ours 20
                O1 | 1 ordered 5 committed 5
                W@D sellable 20 committed 8 free 12 doubted 16
                W reservable -4 published 0 | base -4 over 4 share -4
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 requested=1 shortfall=1 sku=W]
                14 orders_handed_over: H2 at 0s | nothing
                15 order_cancelled: W@D committed -4
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn what_is_short_is_cancelled_and_is_not_sold_again() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"cancel"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D
            receive_stock D W:20 G:3
            commit_order O1 W:5@D G:2@D
            commit_order O2 W:3@D
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":4},{"order":"O2","ref":"1","short":1},{"order":"O1","ref":"2","short":2}]
            order O1
            order O2
            handover S H1
            offer W shop
            offer G shop
            waiting S
            ship_order O1
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 stock_received: W 20 supplier > D/sellable; G 3 supplier > D/sellable
                10 order_committed: W@D committed +5; G@D committed +2
                11 order_committed: W@D committed +3
                12 orders_handed_over: H1 at 0s | O1 1 W:5@D | O1 2 G:2@D | O2 1 W:3@D
                13 handover_confirmed: W@D committed -4; W@D committed -1; G@D committed -2; confirmed 3 | O1 1 W short 4 cancel | O2 1 W short 1 cancel | O1 2 G short 2 cancel | #1 shortage W@D theirs 3 ours 20 | #2 shortage G@D theirs 0 ours 3
                O1 | 1 ordered 5 committed 1 cancelled 4 | 2 ordered 2 cancelled 2
                O2 | 1 ordered 3 committed 2 cancelled 1
                H1 confirmed at 13 | O1 1 W:5@D | O1 2 G:2@D | O2 1 W:3@D | O1 1 W short 4 cancel | O2 1 W short 1 cancel | O1 2 G short 2 cancel
                W reservable 0 published 0 | base 0 share 0
                G reservable 0 published 0 | base 0 share 0
                S | nothing
                14 order_shipped: W 1 D/sellable > customer; W@D committed -1
            "#]],
        );
    }

    #[test]
    fn what_was_called_off_meanwhile_is_not_cancelled_twice() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"cancel"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D
            receive_stock D W:50
            receive_stock A W:1
            commit_order O1 W:10@D
            commit_order O2 W:10@D
            commit_order O3 W:10@D
            commit_order O4 W:10@D
            hand_over_orders S handover=H1
            cancel_order O1 1:4
            relocate_order O2 1:1@A
            ship_order O3 1:8
            ship_order O4 1:3
            cancel_order O4 1:2
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":4},{"order":"O2","ref":"1","short":4},{"order":"O3","ref":"1","short":4},{"order":"O4","ref":"1","short":4}]
            order O1
            order O2
            order O3
            order O4
            offer W shop
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 stock_received: W 50 supplier > D/sellable
                10 stock_received: W 1 supplier > A/sellable
                11 order_committed: W@D committed +10
                12 order_committed: W@D committed +10
                13 order_committed: W@D committed +10
                14 order_committed: W@D committed +10
                15 orders_handed_over: H1 at 0s | O1 1 W:10@D | O2 1 W:10@D | O3 1 W:10@D | O4 1 W:10@D
                16 order_cancelled: W@D committed -4
                17 order_relocated: W@D committed -1; W@A committed +1
                18 order_shipped: W 8 D/sellable > customer; W@D committed -8
                19 order_shipped: W 3 D/sellable > customer; W@D committed -3
                20 order_cancelled: W@D committed -2
                21 handover_confirmed: W@D committed -3; W@D committed -2; W@D committed -2; confirmed 24 | O1 1 W short 4 cancel | O2 1 W short 4 cancel | O3 1 W short 4 cancel | O4 1 W short 4 cancel | #1 shortage W@D theirs 15 ours 39
                O1 | 1 ordered 10 committed 6 cancelled 4
                O2 | 1 ordered 10 committed 7 cancelled 3
                O3 | 1 ordered 10 shipped 8 cancelled 2
                O4 | 1 ordered 10 committed 3 shipped 3 cancelled 4
                W reservable 0 published 0 | base 0 share 0
            "#]],
        );
    }

    #[test]
    fn what_is_short_is_rerouted_where_units_are_free() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"reroute"}}
            register_location D kind=supplier supplier=S
            register_location E kind=supplier supplier=S
            register_channel shop locations=D,A,E
            receive_stock D W:20
            receive_stock A W:2
            receive_stock E W:3
            commit_order O1 channel=shop W:4
            commit_order O2 channel=shop W:6
            commit_order O3 W:2@D
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":3},{"order":"O2","ref":"1","short":4},{"order":"O3","ref":"1","short":1}]
            order O1
            order O2
            stock W@D
            stock W@A
            stock W@E
            waiting S
            offer W shop
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 location_registered:
                9 channel_registered:
                10 stock_received: W 20 supplier > D/sellable
                11 stock_received: W 2 supplier > A/sellable
                12 stock_received: W 3 supplier > E/sellable
                13 order_committed: W@D committed +4
                14 order_committed: W@D committed +6
                15 order_committed: W@D committed +2
                16 orders_handed_over: H1 at 0s | O1 1 W:4@D | O2 1 W:6@D | O3 1 W:2@D
                17 handover_confirmed: W@D committed -3; W@E committed +3; W@D committed -2; W@A committed +2; confirmed 4 | O1 1 W short 3 reroute | O2 1 W short 2 reroute | O2 1 W short 2 keep | O3 1 W short 1 keep | #1 shortage W@D theirs 4 ours 20
                O1 | 1 ordered 4 committed 4
                O2 | 1 ordered 6 committed 6
                W@D sellable 20 committed 7 free 13 doubted 16
                W@A sellable 2 committed 2 free 0
                W@E sellable 3 committed 3 free 0
                S | O1 1 W:3@E
                W reservable -3 published 0 | base -3 over 3 share -3
            "#]],
        );
    }

    #[test]
    fn an_order_that_is_not_to_be_split_is_rerouted_whole_or_not() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"reroute"}}
            register_location D kind=supplier supplier=S
            register_location E
            register_channel shop locations=D,A,E
            set_policy channel=shop set={"routing":{"by":"priority","split":"never"}}
            receive_stock D W:20
            receive_stock A W:2
            receive_stock E W:3
            commit_order O1 channel=shop W:4
            commit_order O2 channel=shop W:3
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":4},{"order":"O2","ref":"1","short":3}]
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 location_registered:
                9 channel_registered:
                10 policy_set:
                11 stock_received: W 20 supplier > D/sellable
                12 stock_received: W 2 supplier > A/sellable
                13 stock_received: W 3 supplier > E/sellable
                14 order_committed: W@D committed +4
                15 order_committed: W@D committed +3
                16 orders_handed_over: H1 at 0s | O1 1 W:4@D | O2 1 W:3@D
                17 handover_confirmed: W@D committed -3; W@E committed +3; confirmed 0 | O1 1 W short 4 keep | O2 1 W short 3 reroute | #1 shortage W@D theirs 0 ours 20
            "#]],
        );
    }

    #[test]
    fn rules_of_routing_and_kept_back_stock_are_obeyed() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"reroute"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D,A,B
            set_policy location=A set={"safety":{"units":1},"cost":9}
            set_policy location=B set={"cost":5}
            set_policy channel=shop set={"routing":{"by":"cost"}}
            receive_stock D W:20
            receive_stock A W:9
            receive_stock B W:2
            commit_order O1 W:9@D channel=shop
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":9}]
            confirm_handover S handover=H1
            set_policy channel=shop set={"routing":{"by":"nearest"}}
            receive_stock A W:9
            commit_order O2 W:2@D channel=shop if_short=accept_oversold
            hand_over_orders S handover=H2
            confirm_handover S handover=H2 short=[{"order":"O2","ref":"1","short":2}]
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 policy_set:
                10 policy_set:
                11 policy_set:
                12 stock_received: W 20 supplier > D/sellable
                13 stock_received: W 9 supplier > A/sellable
                14 stock_received: W 2 supplier > B/sellable
                15 order_committed: W@D committed +9
                16 orders_handed_over: H1 at 0s | O1 1 W:9@D
                17 handover_confirmed: W@D committed -9; W@B committed +2; W@A committed +7; confirmed 0 | O1 1 W short 9 reroute | #1 shortage W@D theirs 0 ours 20
                rejected handover_already_confirmed handover=H1 position=17 supplier=S
                18 policy_set:
                19 stock_received: W 9 supplier > A/sellable
                20 order_committed: W@D committed +2
                21 orders_handed_over: H2 at 0s | O2 1 W:2@D
                22 handover_confirmed: W@D committed -2; W@A committed +2; confirmed 0 | O2 1 W short 2 reroute | #1 shortage W@D theirs 0 ours 20
            "#]],
        );
    }

    #[test]
    fn pools_lose_what_is_short_and_give_what_they_have_elsewhere() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"reroute"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D,A
            receive_stock D W:20
            receive_stock A W:9
            open_pool P channel=shop W:3@D W:2@A
            commit_order O1 channel=shop W:5@D
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":4}]
            pool P
            stock W@D
            stock W@A
            commit_order O2 channel=shop W:1@D
            close_pool P
            hand_over_orders S handover=H2
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 stock_received: W 20 supplier > D/sellable
                10 stock_received: W 9 supplier > A/sellable
                11 pool_opened: W@D pooled +3 in P; W@A pooled +2 in P
                12 order_committed: W@D committed +3 in P; W@D committed +2; W@D pooled -3 in P
                13 orders_handed_over: H1 at 0s | O1 1 W:5@D
                14 handover_confirmed: W@D committed -2; W@D committed -2 in P; W@A committed +2 in P; W@A committed +2; W@A pooled -2 in P; confirmed 1 | O1 1 W short 4 reroute | #1 shortage W@D theirs 1 ours 20
                P open | W left drawn 5 own 0
                W@D sellable 20 committed 1 free 19 doubted 19
                W@A sellable 9 committed 4 free 5
                rejected insufficient_stock lines=[available=0 index=0 limiting=free_stock line=1 location=D requested=1 shortfall=1 sku=W]
                15 pool_closed:
                16 orders_handed_over: H2 at 0s | nothing
            "#]],
        );
    }

    #[test]
    fn parts_of_kits_are_short_one_by_one() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"cancel"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D,A
            register_item K
            define_kit K W:2 G:1
            receive_stock D W:10 G:1
            receive_stock A G:10 W:10
            commit_order O1 channel=shop K:3
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":1}]
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1.1","short":2}]
            order O1
            commit_order O2 channel=shop K:1
            hand_over_orders S handover=H2
            confirm_handover S handover=H2 on_shortage=reroute short=[{"order":"O2","ref":"1.1","short":2}]
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 item_registered:
                10 kit_defined:
                11 stock_received: W 10 supplier > D/sellable; G 1 supplier > D/sellable
                12 stock_received: G 10 supplier > A/sellable; W 10 supplier > A/sellable
                13 order_committed: W@D committed +6; G@A committed +3
                14 orders_handed_over: H1 at 0s | O1 1.1 W:6@D
                rejected contradiction field=short[0].ref message=is not in the handover
                15 handover_confirmed: W@D committed -2; confirmed 4 | O1 1.1 W short 2 cancel | #1 shortage W@D theirs 4 ours 10
                O1 | 1.1 ordered 6 committed 4 cancelled 2 | 1.2 ordered 3 committed 3
                16 order_committed: W@A committed +2; G@D committed +1
                17 orders_handed_over: H2 at 0s | O2 1.2 G:1@D
                rejected contradiction field=short[0].ref message=is not in the handover
            "#]],
        );
    }

    #[test]
    fn a_shortage_is_one_difference_with_what_was_found_before() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S"}}
            register_location D kind=supplier supplier=S
            fact {"feed_set":{"feed":"F","supplier":"S","location":"D","terms":{"missing_after":3,"tiers":[{"tier":"all","every_minutes":60}]}}}
            receive_stock D W:20
            commit_order O1 W:5@D
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":1}]
            commit_order O2 W:2@D if_short=accept_oversold
            hand_over_orders S handover=H2
            confirm_handover S handover=H2 short=[{"order":"O2","ref":"1","short":1}]
            receive_stock D G:2
            commit_order O3 G:2@D
            hand_over_orders S handover=H3
            confirm_handover S handover=H3 short=[{"order":"O3","ref":"1","short":2}]
            stock G@D
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 feed_set:
                9 stock_received: W 20 supplier > D/sellable
                10 order_committed: W@D committed +5
                11 orders_handed_over: H1 at 0s | O1 1 W:5@D
                12 handover_confirmed: confirmed 4 | O1 1 W short 1 keep | #1 shortage W@D theirs 4 ours 20
                13 order_committed: W@D committed +2
                14 orders_handed_over: H2 at 0s | O2 1 W:2@D
                15 handover_confirmed: confirmed 1 | O2 1 W short 1 keep | #1 shortage W@D theirs 4 ours 20
                16 stock_received: G 2 supplier > D/sellable
                17 order_committed: G@D committed +2
                18 orders_handed_over: H3 at 0s | O3 1 G:2@D
                19 handover_confirmed: confirmed 0 | O3 1 G short 2 keep | #2 shortage G@D theirs 0 ours 2
                G@D sellable 2 committed 2 free 0 doubted 2
            "#]],
        );
    }

    #[test]
    fn a_line_at_two_locations_is_short_where_it_is_there_still() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"cancel"}}
            register_location D kind=supplier supplier=S
            register_location E kind=supplier supplier=S
            register_channel shop locations=D,E
            receive_stock D W:3
            receive_stock E W:4
            commit_order O1 channel=shop W:6
            hand_over_orders S handover=H1
            ship_order O1 1:3@E
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":2}]
            order O1
            stock W@D
            stock W@E
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 location_registered:
                9 channel_registered:
                10 stock_received: W 3 supplier > D/sellable
                11 stock_received: W 4 supplier > E/sellable
                12 order_committed: W@D committed +3; W@E committed +3
                13 orders_handed_over: H1 at 0s | O1 1 W:3@D | O1 1 W:3@E
                14 order_shipped: W 3 E/sellable > customer; W@E committed -3
                15 handover_confirmed: W@D committed -2; confirmed 4 | O1 1 W short 2 cancel | #1 shortage W@D theirs 1 ours 3
                O1 | 1 ordered 6 committed 1 shipped 3 cancelled 2
                W@D sellable 3 committed 1 free 2 doubted 2
                W@E sellable 1 free 1
            "#]],
        );
    }

    #[test]
    fn what_has_no_end_is_short_without_a_difference() {
        check(
            r#"
            fact {"supplier_set":{"supplier":"S","on_shortage":"reroute"}}
            register_location D kind=supplier supplier=S
            register_channel shop locations=D,A
            set_mode W mode=unlimited
            commit_order O1 channel=shop W:6
            hand_over_orders S handover=H1
            confirm_handover S handover=H1 short=[{"order":"O1","ref":"1","short":2}]
            "#,
            expect![[r#"
                6 supplier_set:
                7 location_registered:
                8 channel_registered:
                9 mode_set:
                10 order_committed: W@D committed +6
                11 orders_handed_over: H1 at 0s | O1 1 W:6@D
                12 handover_confirmed: W@D committed -2; W@A committed +2; confirmed 4 | O1 1 W short 2 reroute
            "#]],
        );
    }
}
