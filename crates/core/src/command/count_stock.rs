//! Count stock: an anchor. The difference from the book at the moment of counting is booked, later sales stay counted.

use rustc_hash::FxHashSet;

use super::claim::check_lines;
use super::counting::{Seen, Tally, book_of_then};
use super::lines::check_units;
use super::named::Named;
use super::prelude::*;

args!(/** Count stock. */
CountStock {
    pub location: LocationId,
    /// Now, if not given.
    #[serde(default)]
    pub counted_at: Option<Time>,
    pub lines: Vec<CountLine>,
    /// Register SKUs that nobody knows yet, instead of refusing them.
    #[serde(default)]
    pub create_items: bool,
    /// What the book said at `counted_at`, by line; looked up by the edge for counts in the past.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

args!(/** What was seen. */
CountLine {
    pub sku: Sku,
    #[serde(default)]
    pub condition: Option<Condition>,
    pub quantity: u64,
});

/// The book at a past moment: `balance` sums the movements up to `position` that occurred by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookAt {
    pub balance: i64,
    pub position: u64,
}

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &CountStock,
) -> Result<Decision, Rejection> {
    check_lines(&command.lines)?;
    for (index, line) in command.lines.iter().enumerate() {
        check_units(index, "quantity", line.quantity)?;
    }
    let claimed = command.counted_at.filter(|it| *it <= now);
    let counted_at = claimed.unwrap_or(now);
    let in_the_past = counted_at < ledger.time() && counted_at < now;
    let mut named = Named::new(ledger, command.create_items);
    let balances = balances(&mut named, command)?;
    let location = ledger.open_location(&command.location)?;
    let mut tally = Tally::new(&command.location, location, counted_at, claimed.is_some());
    let all = Some(&command.book).filter(|it| it.len() == command.lines.len());
    for (index, (line, balance)) in command.lines.iter().zip(&balances).enumerate() {
        let looked_up = all.and_then(|it| it.get(index));
        let book = match balance.item.filter(|_| in_the_past) {
            Some(item) => book_of_then(ledger, item, location, looked_up)?,
            None => balance.book_of_now(ledger, location),
        };
        tally.add(&Seen {
            item: balance.item.map(|it| ledger.item(it)),
            sku: &balance.sku,
            condition: balance.condition,
            counted: line.quantity,
            book,
        })?;
    }
    let Tally { decided, movements, flags, .. } = tally;
    let (location, created) = (command.location.clone(), named.created());
    let fact = Fact::StockCounted(StockCounted { location, counted_at, lines: decided, created });
    Ok(Decision { fact, movements, flags })
}

/// What one line counts.
struct Balance {
    /// None: the entry registers it.
    item: Option<ItemNo>,
    sku: Sku,
    condition: Condition,
}

impl Balance {
    fn book_of_now(&self, ledger: &Ledger, location: LocationNo) -> BookAt {
        let balance = |it: ItemNo| ledger.cell(it, location).balance(self.condition);
        BookAt { balance: self.item.map_or(0, balance), position: ledger.position() }
    }
}

/// The balance each line counts; each may be counted once.
fn balances(named: &mut Named<'_>, command: &CountStock) -> Result<Vec<Balance>, Rejection> {
    let mut balances = Vec::with_capacity(command.lines.len());
    let mut seen = FxHashSet::default();
    for line in &command.lines {
        let condition = line.condition.unwrap_or(Condition::Sellable);
        let (item, sku) = named.find(&line.sku)?;
        if !seen.insert((sku.clone(), condition)) {
            return Err(Rejection::DuplicateInBatch {
                field: "lines.sku".into(),
                value: line.sku.as_str().into(),
            });
        }
        balances.push(Balance { item, sku, condition });
    }
    Ok(balances)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::check;

    #[test]
    fn c07_sales_after_the_counting_stay_counted() {
        check(
            "
            @10 receive_stock A W:10
            @30 ship_order O1 1:3(sku=W) location=A
            @40 count_stock A W:8 counted_at=20
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_shipped: W 3 A/sellable > customer; ! uncommitted_ship order=O1 quantity=3 sku=W
                8 stock_counted: W 2 A/sellable > count_variance; W counted 8 book 10
                W@A sellable 5 free 5
            "#]],
        );
    }

    #[test]
    fn c07_of_overlapping_counts_the_later_wins() {
        check(
            "
            @10 receive_stock A W:10
            @20 receive_stock A G:1
            @50 count_stock A W:20 counted_at=30
            @60 count_stock A W:25 counted_at=15
            @70 count_stock A W:30 counted_at=40
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_received: G 1 supplier > A/sellable
                8 stock_counted: W 10 count_variance > A/sellable; W counted 20 book 10
                9 stock_counted: ! superseded_count sku=W; W counted 25 book 10 not applied
                10 stock_counted: W 10 count_variance > A/sellable; W counted 30 book 20
                W@A sellable 30 free 30
            "#]],
        );
    }

    #[test]
    fn c07_two_counts_of_one_moment_that_disagree() {
        check(
            "
            @10 receive_stock A W:10
            @20 receive_stock A W:1
            @30 count_stock A W:12 counted_at=15
            count_stock A W:12 counted_at=15
            count_stock A W:13 counted_at=15
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_received: W 1 supplier > A/sellable
                8 stock_counted: W 2 count_variance > A/sellable; W counted 12 book 10
                9 stock_counted: W counted 12 book 12
                10 stock_counted: ! count_conflict counted=13 recorded=12 sku=W; W counted 13 book 12 not applied
                W@A sellable 13 free 13
            "#]],
        );
    }

    #[test]
    fn c06_a_fact_dated_before_a_count_does_not_change_the_balance_after_it() {
        check(
            "
            @10 receive_stock A W:10
            @30 count_stock A W:8
            @40 ship_order O1 1:2(sku=W) location=A occurred_at=20
            stock W@A
            @50 receive_stock A W:5 occurred_at=30
            stock W@A
            @60 damage_stock A W:1 occurred_at=25
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_counted: W 2 A/sellable > count_variance; W counted 8 book 10
                8 order_shipped: W 2 A/sellable > customer; W 2 count_variance > A/sellable; ! uncommitted_ship order=O1 quantity=2 sku=W; ! before_count account=A/sellable change=-2 sku=W
                W@A sellable 8 free 8
                9 stock_received: W 5 supplier > A/sellable
                W@A sellable 13 free 13
                10 stock_damaged: W 1 A/sellable > A/damaged; W 1 count_variance > A/sellable; ! before_count account=A/sellable change=-1 sku=W
                W@A sellable 13 damaged 1 free 13
            "#]],
        );
    }

    #[test]
    fn c08_a_backdated_fact_without_a_count_is_never_refused() {
        check(
            "
            @10 receive_stock A W:2
            @50 ship_order O1 1:5(sku=W) location=A occurred_at=5
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 order_shipped: W 5 A/sellable > customer; ! uncommitted_ship order=O1 quantity=5 sku=W; ! negative_book balance=-3 condition=sellable location=A sku=W
                W@A sellable -3 free -3
            "#]],
        );
    }

    #[test]
    fn c22_a_count_below_what_is_committed_is_recorded_and_flagged() {
        check(
            "
            receive_stock A W:10
            commit_order O1 W:6@A
            commit_order O2 W:3@A
            count_stock A W:4
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +6
                8 order_committed: W@A committed +3
                9 stock_counted: W 6 A/sellable > count_variance; ! oversold by=5 location=A sku=W; W counted 4 book 10
                W@A sellable 4 committed 9 free -5
            "#]],
        );
    }

    #[test]
    fn c30_a_count_in_the_future_counts_as_now_or_is_refused() {
        check(
            "
            @10 receive_stock A W:10
            @20 count_stock A W:9 counted_at=60
            count_stock A W:9 counted_at=400
            @30 ship_order O1 1:1(sku=W) location=A
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stock_counted: W 1 A/sellable > count_variance; ! clock_skew claimed=60s; W counted 9 book 10
                rejected occurred_at_out_of_range earliest=1970-01-01T00:00:00Z latest=320s occurred_at=400s
                8 order_shipped: W 1 A/sellable > customer; ! uncommitted_ship order=O1 quantity=1 sku=W
                W@A sellable 8 free 8
            "#]],
        );
    }

    #[test]
    fn c28_a_count_of_everything_and_nothing() {
        check(
            "
            receive_stock A W:1000000000000
            count_stock A W:0
            count_stock A W:1000000000001
            receive_stock A W:1000000000000
            receive_stock A W:1000000000000
            count_stock A W:0
            count_stock A W:1000000000000
            count_stock A W:1000000000000
            count_stock A W:999999999999
            ",
            expect![[r#"
                6 stock_received: W 1000000000000 supplier > A/sellable
                7 stock_counted: W 1000000000000 A/sellable > count_variance; W counted 0 book 1000000000000
                rejected contradiction field=lines[0].quantity message=must be at most 1000000000000
                8 stock_received: W 1000000000000 supplier > A/sellable
                9 stock_received: W 1000000000000 supplier > A/sellable
                rejected balance_too_large sku=W
                10 stock_counted: W 1000000000000 A/sellable > count_variance; W counted 1000000000000 book 2000000000000
                11 stock_counted: W counted 1000000000000 book 1000000000000
                12 stock_counted: W 1 A/sellable > count_variance; W counted 999999999999 book 1000000000000
            "#]],
        );
    }

    #[test]
    fn each_balance_is_counted_once() {
        check(
            "
            count_stock A W:1 W:2
            count_stock A GG:1 G:2
            count_stock A W:1 W:2/damaged
            count_stock A X:1
            count_stock C W:1
            count_stock A lines=
            ",
            expect![[r#"
                rejected duplicate_in_batch field=lines.sku value=W
                rejected duplicate_in_batch field=lines.sku value=G
                6 stock_counted: W 1 count_variance > A/sellable; W 2 count_variance > A/damaged; W counted 1 book 0; W counted 2 book 0
                rejected unknown_sku sku=X
                rejected unknown_location location=C
                rejected contradiction field=lines message=must have at least one line
            "#]],
        );
    }

    #[test]
    fn items_are_created_where_the_caller_asks_for_it() {
        check(
            "
            @10 receive_stock A W:5
            @20 count_stock A X:3 W:4 X:1/damaged create_items=true
            stock X@A
            count_stock A Y:1 Y:2 create_items=true
            count_stock A Y:1
            @30 count_stock A Y:0 W:4 counted_at=15 create_items=true
            stock Y@A
            count_stock C Z:1 create_items=true
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_counted: X 3 count_variance > A/sellable; W 1 A/sellable > count_variance; X 1 count_variance > A/damaged; X counted 3 book 0; W counted 4 book 5; X counted 1 book 0
                X@A sellable 3 damaged 1 free 3
                rejected duplicate_in_batch field=lines.sku value=Y
                rejected unknown_sku sku=Y
                8 stock_counted: ! superseded_count sku=W; Y counted 0 book 0; W counted 4 book 5 not applied
                Y@A sellable 0 free 0
                rejected unknown_location location=C
            "#]],
        );
    }

    #[test]
    fn a_new_item_counted_in_the_past_needs_no_look_up() {
        let mut ledger = Ledger::new(LedgerId::new("shop").unwrap());
        let fact: Fact =
            serde_json::from_str(r#"{"location_registered":{"location":"A"}}"#).unwrap();
        let envelope = r#"{"id":"c","request":""}"#;
        let envelope = serde_json::from_str(envelope).unwrap();
        let id = ledger.id().clone();
        let (movements, flags) = (Vec::new(), Vec::new());
        let entry = Entry { ledger: id, position: 1, envelope, fact, movements, flags };
        ledger.evolve(&entry, Time(50)).unwrap();
        let mut count: CountStock = serde_json::from_str(
            r#"{"location":"A","counted_at":"1970-01-01T00:00:00.00001Z","create_items":true,
                "lines":[{"sku":"X","quantity":3}]}"#,
        )
        .unwrap();
        let decision = decide(&ledger, Time(90), &count).unwrap();
        assert_eq!(decision.movements.len(), 1);
        count.create_items = false;
        let refused = decide(&ledger, Time(90), &count).unwrap_err();
        assert_eq!(refused.code(), "unknown_sku");
    }
}
