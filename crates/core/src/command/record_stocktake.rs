//! Record a stocktake of ours: set against the book, with what differs in the inbox.

use rustc_hash::FxHashSet;

use super::claim::check_lines;
use super::counting::{Seen, Standing, Tally, book_of_then};
use super::lines::{check_units, contradiction};
use super::numbering::{Numbering, unexplained};
use super::prelude::*;

args!(/** Record a stocktake. What agrees, or differs within tolerance, is counted at once. */
RecordStocktake {
    pub stocktake: Label,
    pub location: LocationId,
    /// Now, if not given.
    #[serde(default)]
    pub counted_at: Option<Time>,
    pub lines: Vec<StocktakeLine>,
    /// Which differences settle themselves; none, if not given.
    #[serde(default)]
    pub tolerance: Tolerance,
    /// What the book said at `counted_at`, by line; looked up by the edge for one in the past.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

args!(/** What was seen of an item on the shelf, for sale. */
StocktakeLine {
    pub sku: Sku,
    pub quantity: u64,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &RecordStocktake,
) -> Result<Decision, Rejection> {
    check(command)?;
    let claimed = command.counted_at.filter(|it| *it <= now);
    let counted_at = claimed.unwrap_or(now);
    let in_the_past = counted_at < ledger.time() && counted_at < now;
    let items = items(ledger, command)?;
    let at = ledger.open_location(&command.location)?;
    let looked_up = Some(&command.book).filter(|it| it.len() == command.lines.len());
    let mut tally = Tally::new(&command.location, at, counted_at, claimed.is_some());
    let mut numbering =
        Numbering::new(ledger, Witness::Stocktake(ledger.location(at).id.clone()), counted_at);
    for (index, (line, number)) in command.lines.iter().zip(items).enumerate() {
        let book = match in_the_past {
            true => book_of_then(ledger, number, at, looked_up.and_then(|it| it.get(index)))?,
            false => {
                let balance = ledger.cell(number, at).sellable;
                BookAt { balance, position: ledger.position() }
            }
        };
        let item = ledger.item(number);
        let (sku, condition) = (&item.sku, Condition::Sellable);
        let seen = Seen { item: Some(item), sku, condition, counted: line.quantity, book };
        let (theirs, ours) = (line.quantity as i64, book.balance);
        let differs = theirs != ours && !settles(&command.tolerance, theirs, ours, item);
        // What a later count tells nobody needs to look at.
        if differs && tally.standing(&seen) == Standing::New {
            numbering.find(unexplained(sku, &command.location, theirs, ours, counted_at))?;
        } else if tally.add(&seen)? {
            numbering.agree(number, Some(&command.location));
        }
    }
    let (found, cleared) = numbering.finish();
    let fact = Fact::StocktakeRecorded(StocktakeRecorded {
        stocktake: command.stocktake.clone(),
        location: command.location.clone(),
        counted_at,
        compared: command.lines.len() as u64,
        found,
        cleared,
        counted: tally.decided,
    });
    Ok(Decision { fact, movements: tally.movements, flags: tally.flags })
}

fn check(command: &RecordStocktake) -> Result<(), Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity)?;
    }
    // Those are about numbers that come again and again.
    match &command.tolerance {
        it if it.daily_units.is_some() => {
            Err(contradiction("tolerance.daily_units", "is for feeds only"))
        }
        it if it.first => Err(contradiction("tolerance.first", "is for feeds only")),
        _ => Ok(()),
    }
}

/// The items of the lines; each may be counted once.
fn items(ledger: &Ledger, command: &RecordStocktake) -> Result<Vec<ItemNo>, Rejection> {
    let mut seen = FxHashSet::default();
    let mut items = Vec::with_capacity(command.lines.len());
    for line in &command.lines {
        let item = ledger.known_item(&line.sku)?;
        if !seen.insert(item) {
            let (field, value) = ("lines.sku".into(), line.sku.as_str().into());
            return Err(Rejection::DuplicateInBatch { field, value });
        }
        items.push(item);
    }
    Ok(items)
}

/// Whether the difference settles itself. Of several costs the highest counts.
fn settles(tolerance: &Tolerance, theirs: i64, ours: i64, item: &Item) -> bool {
    let sources = item.supplied.as_ref().map_or(&[][..], |it| &it.sources);
    let cost = sources.iter().filter_map(|it| it.unit_cost).max();
    (tolerance.lower && theirs < ours) || tolerance.allows(theirs, ours, cost)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_agrees_is_counted_and_what_differs_waits() {
        check(
            "
            @10 receive_stock A W:10 G:5
            @20 record_stocktake T1 A W:8 GG:5
            inbox
            stock W@A
            @30 record_stocktake T2 A W:8
            @40 record_stocktake T3 A W:7
            @50 record_stocktake T4 A W:10
            inbox
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                7 stocktake_recorded: G counted 5 book 5; found 1 W@A unexplained_loss theirs 8 ours 10 as of 20s
                1 W@A unexplained_loss theirs 8 ours 10 as of 20s, stocktake A, open, opened 7 changed 7
                W@A sellable 10 free 10 doubted 2
                8 stocktake_recorded:
                9 stocktake_recorded: found 1 W@A unexplained_loss theirs 7 ours 10 as of 40s
                10 stocktake_recorded: W counted 10 book 10; cleared 1
                inbox empty
                W@A sellable 10 free 10
            "#]],
        );
    }

    #[test]
    fn what_is_within_tolerance_is_counted() {
        let mapped = r#"{"supplier_sku_mapped":{"supplier":"S","lines":[{"supplier_sku":"X","sku":"W","unit_cost":250}]}}"#;
        check(
            &format!(
                r#"
            supply
            fact {mapped}
            @10 receive_stock A W:10 G:5
            @20 record_stocktake T1 A W:8 G:6 tolerance={{"units":2}}
            @30 record_stocktake T2 A W:10 G:6 tolerance={{"units":3,"percent":20}}
            @40 record_stocktake T3 A W:6 G:7 tolerance={{"value":500}}
            @50 record_stocktake T4 A W:5 G:7 tolerance={{"value":500}}
            @60 record_stocktake T5 A W:2 G:9 tolerance={{"lower":true}}
            inbox
            stock W@A
            "#
            ),
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 supplier_sku_mapped:
                9 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                10 stocktake_recorded: W 2 A/sellable > count_variance; G 1 count_variance > A/sellable; W counted 8 book 10; G counted 6 book 5
                11 stocktake_recorded: G counted 6 book 6; found 1 W@A unexplained_gain theirs 10 ours 8 as of 30s
                12 stocktake_recorded: W 2 A/sellable > count_variance; W counted 6 book 8; found 2 G@A unexplained_gain theirs 7 ours 6 as of 40s; cleared 1
                13 stocktake_recorded: W 1 A/sellable > count_variance; W counted 5 book 6
                14 stocktake_recorded: W 3 A/sellable > count_variance; W counted 2 book 5; found 2 G@A unexplained_gain theirs 9 ours 6 as of 60s
                2 G@A unexplained_gain theirs 9 ours 6 as of 60s, stocktake A, open, opened 12 changed 14
                W@A sellable 2 free 2
            "#]],
        );
    }

    #[test]
    fn c07_a_stocktake_of_the_past_leaves_later_sales_and_counts() {
        check(
            "
            @10 receive_stock A W:10 G:5
            @30 ship_order O1 1:3(sku=W) location=A
            @40 record_stocktake T1 A W:10 G:4 counted_at=20
            @50 count_stock A G:9
            @60 record_stocktake T2 A G:4 counted_at=45
            @70 record_stocktake T3 A W:9 counted_at=20
            inbox
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                7 order_shipped: W 3 A/sellable > customer; ! uncommitted_ship order=O1 quantity=3 sku=W
                8 stocktake_recorded: W counted 10 book 10; found 1 G@A unexplained_loss theirs 4 ours 5 as of 20s
                9 stock_counted: G 4 count_variance > A/sellable; G counted 9 book 5
                10 stocktake_recorded: ! superseded_count sku=G; G counted 4 book 5 not applied
                11 stocktake_recorded: ! count_conflict counted=9 recorded=10 sku=W; W counted 9 book 10 not applied
                inbox empty
                W@A sellable 7 free 7
            "#]],
        );
    }

    #[test]
    fn a_stocktake_that_comes_late_leaves_what_a_newer_one_found() {
        check(
            "
            @10 receive_stock A W:10 G:5
            @50 record_stocktake T2 A W:8 G:4
            @60 record_stocktake T1 A W:10 G:3 counted_at=20
            inbox
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable
                7 stocktake_recorded: found 1 W@A unexplained_loss theirs 8 ours 10 as of 50s; found 2 G@A unexplained_loss theirs 4 ours 5 as of 50s
                8 stocktake_recorded: W counted 10 book 10
                1 W@A unexplained_loss theirs 8 ours 10 as of 50s, stocktake A, open, opened 7 changed 7
                2 G@A unexplained_loss theirs 4 ours 5 as of 50s, stocktake A, open, opened 7 changed 7
                W@A sellable 10 free 10 doubted 2
            "#]],
        );
    }

    #[test]
    fn a_stocktake_that_cannot_be_is_refused() {
        check(
            r#"
            record_stocktake T1 A lines=
            record_stocktake T1 A W:1000000000001
            record_stocktake T1 A W:1 tolerance={"daily_units":1}
            record_stocktake T1 A W:1 tolerance={"first":true}
            record_stocktake T1 A G:1 GG:1
            record_stocktake T1 A N:1
            record_stocktake T1 C W:1
            record_stocktake T1 A W:1 counted_at=301
            "#,
            expect![[r#"
                rejected contradiction field=lines message=must have at least one line
                rejected contradiction field=lines[0].quantity message=must be at most 1000000000000
                rejected contradiction field=tolerance.daily_units message=is for feeds only
                rejected contradiction field=tolerance.first message=is for feeds only
                rejected duplicate_in_batch field=lines.sku value=GG
                rejected unknown_sku sku=N
                rejected unknown_location location=C
                rejected occurred_at_out_of_range earliest=1970-01-01T00:00:00Z latest=300s occurred_at=301s
            "#]],
        );
    }
}
