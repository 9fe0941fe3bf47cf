//! Settle discrepancies: accept theirs, keep ours, dispute, snooze, ask the supplier, reopen.

use rustc_hash::FxHashSet;
use smol_str::{SmolStr, format_smolstr};

use super::claim::refuse_doubles;
use super::counting::{Seen, Tally, book_of_then};
use super::lines::{check_reason, contradiction};
use super::prelude::*;

args!(/** Settle discrepancies. Who does it is to be named. */
SettleDiscrepancy {
    pub action: Settling,
    /// Of the discrepancies, as the inbox shows them.
    pub numbers: Vec<u64>,
    pub reason: Reason,
    /// Of a snooze: until when.
    #[serde(default)]
    pub until: Option<Time>,
    /// What the book said at each one's moment, looked up by the edge where theirs is accepted.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

/// Most discrepancies of one command.
const NUMBERS_MAX: usize = 1_000;

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &SettleDiscrepancy,
) -> Result<Decision, Rejection> {
    check(now, command)?;
    let known = || command.numbers.iter().enumerate();
    for (index, number) in known() {
        if let Some(it) = ledger.discrepancy(*number) {
            check_action(ledger, command.action, it)
                .map_err(|message| at_number(index, message))?;
        }
    }
    refuse_doubles("numbers", &command.numbers)?;
    refuse_two_of_one(ledger, command)?;
    let mut settled = Settled::default();
    for (index, number) in known() {
        let discrepancy = ledger.discrepancy(*number);
        let discrepancy = discrepancy.ok_or(Rejection::UnknownDiscrepancy { number: *number })?;
        check_open(command.action, discrepancy)?;
        let looked_up = command.book.get(index);
        let counted = settled.add(ledger, now, command.action, discrepancy, looked_up)?;
        if !counted {
            let message = "was counted since; keep ours or wait for the next snapshot";
            return Err(at_number(index, message.into()));
        }
    }
    let (action, reason, until) = (command.action, command.reason.clone(), command.until);
    let Settled { lines, movements, flags } = settled;
    let fact = Fact::DiscrepancySettled(DiscrepancySettled { action, reason, until, lines });
    Ok(Decision { fact, movements, flags })
}

fn check(now: Time, command: &SettleDiscrepancy) -> Result<(), Rejection> {
    check_reason(Some(&command.reason))?;
    let until = match (command.action, command.until) {
        (Settling::Snooze, None) => Err("is needed: a snooze ends"),
        (Settling::Snooze, Some(until)) if until <= now => Err("must lie ahead"),
        (Settling::Snooze, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err("is for `snooze` only"),
    };
    until.map_err(|message| contradiction("until", message))?;
    let message = match command.numbers.len() {
        0 => "must name at least one discrepancy".into(),
        1..=NUMBERS_MAX => return Ok(()),
        more => format_smolstr!("names {more} discrepancies; at most {NUMBERS_MAX} are allowed"),
    };
    Err(Rejection::Contradiction { field: "numbers".into(), message })
}

fn at_number(index: usize, message: SmolStr) -> Rejection {
    Rejection::Contradiction { field: format_smolstr!("numbers[{index}]"), message }
}

/// What can be done about this kind of difference, and if not this, what else.
fn check_action(ledger: &Ledger, action: Settling, it: &Discrepancy) -> Result<(), SmolStr> {
    match action {
        Settling::AcceptTheirs => check_countable(it),
        Settling::Reopen if it.state == DiscrepancyState::Open => {
            Err("is open as it was at the beginning".into())
        }
        Settling::Reopen => match ledger.in_place_of(it) {
            Some(other) => {
                let number = other.difference.number;
                Err(format_smolstr!("is about what {number} is open about; settle that one"))
            }
            None => Ok(()),
        },
        Settling::KeepOurs | Settling::Dispute | Settling::Snooze | Settling::AskSupplier => Ok(()),
    }
}

fn check_countable(it: &Discrepancy) -> Result<(), SmolStr> {
    let difference = &it.difference;
    match difference.kind {
        DifferenceKind::UnknownSku => {
            return Err(
                "is about an unknown code; say what it means with `map_supplier_sku`".into()
            );
        }
        DifferenceKind::Echo => {
            return Err("is about what a channel shows; push the number to it again".into());
        }
        DifferenceKind::FirstSeen
        | DifferenceKind::InFlight
        | DifferenceKind::UnacknowledgedReceipt
        | DifferenceKind::SilentRestock
        | DifferenceKind::PackMistake
        | DifferenceKind::VanishedSku
        | DifferenceKind::Stale
        | DifferenceKind::UnexplainedLoss
        | DifferenceKind::UnexplainedGain
        | DifferenceKind::Shortage => {}
    }
    if difference.sku.is_none() || difference.location.is_none() {
        return Err("names no item at a location that could be counted".into());
    }
    match difference.theirs {
        None => Err("leaves their number open; count the stock or keep ours".into()),
        Some(0..=QUANTITY_COUNTED_MAX) => Ok(()),
        Some(_) => Err("has a number of theirs that nobody can count; keep ours".into()),
    }
}

const QUANTITY_COUNTED_MAX: i64 = QUANTITY_MAX as i64;

/// Two witnesses of one shelf cannot both be right, and one has one open difference about it.
fn refuse_two_of_one(ledger: &Ledger, command: &SettleDiscrepancy) -> Result<(), Rejection> {
    let of_witness = match command.action {
        Settling::AcceptTheirs => false,
        Settling::Reopen => true,
        Settling::KeepOurs | Settling::Dispute | Settling::Snooze | Settling::AskSupplier => {
            return Ok(());
        }
    };
    let mut seen = FxHashSet::default();
    for it in command.numbers.iter().filter_map(|it| ledger.discrepancy(*it)) {
        let Some(sku) = &it.difference.sku else { continue };
        let witness = Some(&it.witness).filter(|_| of_witness);
        if !seen.insert((ledger.item_no(sku), it.difference.location.as_ref(), witness)) {
            let value = format_smolstr!("{}", it.difference.number);
            return Err(Rejection::DuplicateInBatch { field: "numbers".into(), value });
        }
    }
    Ok(())
}

/// What is settled for good stays so, but for what was kept on purpose.
fn check_open(action: Settling, it: &Discrepancy) -> Result<(), Rejection> {
    let is_kept = it.state == DiscrepancyState::Kept && action == Settling::Reopen;
    match it.state.is_open() || is_kept {
        true => Ok(()),
        false => {
            let (number, position) = (it.difference.number, it.changed);
            Err(Rejection::DiscrepancySettled { number, position })
        }
    }
}

#[derive(Default)]
struct Settled {
    lines: Vec<SettledLine>,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl Settled {
    /// Whether it settles: theirs does not where a later count tells what was there, or another one
    /// of the same moment.
    fn add(
        &mut self,
        ledger: &Ledger,
        now: Time,
        action: Settling,
        it: &Discrepancy,
        looked_up: Option<&BookAt>,
    ) -> Result<bool, Rejection> {
        let counted = match action {
            Settling::AcceptTheirs => self.count(ledger, now, &it.difference, looked_up)?,
            Settling::KeepOurs
            | Settling::Dispute
            | Settling::Snooze
            | Settling::AskSupplier
            | Settling::Reopen => None,
        };
        let settles = counted.as_ref().is_none_or(|it| it.line.applied);
        self.lines.push(SettledLine { number: it.difference.number, counted });
        Ok(settles)
    }

    /// Theirs as a count of the moment that it is of.
    fn count(
        &mut self,
        ledger: &Ledger,
        now: Time,
        it: &Difference,
        looked_up: Option<&BookAt>,
    ) -> Result<Option<CountedAt>, Rejection> {
        let (Some(sku), Some(location), Some(theirs)) = (&it.sku, &it.location, it.theirs) else {
            return Ok(None);
        };
        let number = ledger.known_item(sku)?;
        let (item, at) = (ledger.item(number), ledger.open_location(location)?);
        let (sku, condition, counted) = (&item.sku, Condition::Sellable, theirs as u64);
        let book = match it.as_of < ledger.time() && it.as_of < now {
            true => book_of_then(ledger, number, at, looked_up)?,
            false => {
                let balance = ledger.cell(number, at).sellable;
                BookAt { balance, position: ledger.position() }
            }
        };
        let mut tally = Tally::new(location, at, it.as_of, true);
        let applied = tally.add(&Seen { item: Some(item), sku, condition, counted, book })?;
        self.movements.append(&mut tally.movements);
        self.flags.append(&mut tally.flags);
        let replaced = item.anchor(at, condition).filter(|_| applied);
        let replaced =
            replaced.map(|it| ReplacedCount { counted_at: it.counted_at, counted: it.counted });
        let line = tally.decided.pop();
        Ok(line.map(|line| CountedAt {
            location: location.clone(),
            counted_at: it.as_of,
            line,
            replaced,
        }))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn theirs_is_counted_at_its_moment_and_later_sales_stay() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 said=W:7+G:6 found=W:unexplained_loss:7/10+G:unexplained_gain:6/5
            @30 ship_order O1 1:2(sku=W) location=B
            stock W@B
            @40 settle_discrepancy accept_theirs 2 1 reason=shrinkage actor=ann
            inbox
            stock W@B
            stock G@B
            settle_discrepancy accept_theirs 1 reason=shrinkage actor=ann
            discrepancy 1
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_gain theirs 6 ours 5 as of 20s
                10 order_shipped: W 2 B/sellable > customer; ! uncommitted_ship order=O1 quantity=2 sku=W
                W@B sellable 8 free 8 doubted 3
                11 discrepancy_settled: G 1 count_variance > B/sellable; W 3 B/sellable > count_variance; 2 G counted 6 book 5 at 20s; 1 W counted 7 book 10 at 20s
                inbox empty
                W@B sellable 5 free 5
                G@B sellable 6 free 6
                rejected discrepancy_settled number=1 position=11
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, accepted, opened 9 changed 11
            "#]],
        );
    }

    #[test]
    fn c07_where_a_later_count_stands_theirs_is_settled_and_not_counted() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:unexplained_loss:1/5
            @30 count_stock B W:9
            @40 record_stocktake T1 B G:3 counted_at=15
            @50 settle_discrepancy accept_theirs 1 reason=correction actor=ann
            settle_discrepancy accept_theirs 2 reason=correction actor=ann
            settle_discrepancy accept_theirs 3 reason=correction actor=ann
            inbox
            stock W@B
            stock G@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_loss theirs 1 ours 5 as of 20s
                10 stock_counted: W 1 B/sellable > count_variance; W counted 9 book 10
                11 stocktake_recorded: found 3 G@B unexplained_loss theirs 3 ours 5 as of 15s
                rejected contradiction field=numbers[0] message=was counted since; keep ours or wait for the next snapshot
                12 discrepancy_settled: G 4 B/sellable > count_variance; 2 G counted 1 book 5 at 20s
                rejected discrepancy_settled number=3 position=12
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 9
                W@B sellable 9 free 9 doubted 3
                G@B sellable 1 free 1
            "#]],
        );
    }

    #[test]
    fn what_was_kept_is_not_found_again_until_it_is_another_difference() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+X1:unknown_sku:5/0
            @30 settle_discrepancy keep_ours 1 2 reason=correction actor=ann
            said F W
            inbox
            stock W@B
            @40 record_snapshot F s2 as_of=40 found=W:unexplained_loss:8/11+X1:unknown_sku:6/0
            @50 record_snapshot F s3 as_of=50 found=W:unexplained_loss:6/10
            settle_discrepancy dispute 3 reason=correction actor=ann
            said F W
            settle_discrepancy reopen 1 reason=correction actor=ann
            @60 record_snapshot F s4 as_of=60 cleared=3
            settle_discrepancy reopen 1 2 reason=correction actor=ann
            said F W
            inbox
            @70 record_snapshot F s5 as_of=70 found=W:unexplained_loss:7/10+X1:unknown_sku:6/0
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 X1@B unknown_sku theirs 5 ours 0 as of 20s
                10 discrepancy_settled: 1; 2
                W open kept -3
                inbox empty
                W@B sellable 10 free 10
                11 snapshot_recorded: applied
                12 snapshot_recorded: applied; found 3 W@B unexplained_loss theirs 6 ours 10 as of 50s
                13 discrepancy_settled: 3
                W open
                rejected contradiction field=numbers[0] message=is about what 3 is open about; settle that one
                14 snapshot_recorded: applied; cleared 3
                15 discrepancy_settled: 1; 2
                W open
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 15
                2 X1@B unknown_sku theirs 5 ours 0 as of 20s, feed F, open, opened 9 changed 15
                16 snapshot_recorded: applied; found 2 X1@B unknown_sku theirs 6 ours 0 as of 70s
            "#]],
        );
    }

    #[test]
    fn what_was_kept_falls_once_both_agreed_or_the_shelf_was_counted() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 said=W:7+G:4 found=W:unexplained_loss:7/10+G:unexplained_loss:4/5
            settle_discrepancy keep_ours 1 2 reason=correction actor=ann
            @30 record_snapshot F s2 as_of=30 said=W:6 found=W:unexplained_loss:6/9+G:unexplained_loss:4/5
            said F W
            said F G
            @40 record_snapshot F s3 as_of=40 said=W:9
            said F W
            @50 record_snapshot F s4 as_of=50 said=W:6 found=W:unexplained_loss:6/9
            @60 count_stock B G:5
            said F G
            @70 record_snapshot F s5 as_of=70 found=G:unexplained_loss:4/5
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B unexplained_loss theirs 4 ours 5 as of 20s
                10 discrepancy_settled: 1; 2
                11 snapshot_recorded: applied
                W 6 as of 30s kept -3
                G 4 as of 20s kept -1
                12 snapshot_recorded: applied
                W 9 as of 40s
                13 snapshot_recorded: applied; found 3 W@B unexplained_loss theirs 6 ours 9 as of 50s
                14 stock_counted: G counted 5 book 5
                G 4 as of 20s
                15 snapshot_recorded: applied; found 4 G@B unexplained_loss theirs 4 ours 5 as of 70s
            "#]],
        );
    }

    #[test]
    fn what_is_disputed_snoozed_or_asked_about_is_open_all_the_same() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:in_flight:4/5
            @30 settle_discrepancy dispute 1 reason=correction actor=ann
            settle_discrepancy snooze 2 until=90 reason=correction actor=ann
            inbox
            stock W@B
            @40 record_snapshot F s2 as_of=40 found=W:unexplained_loss:6/10
            settle_discrepancy ask_supplier 1 2 reason=correction actor=ann
            inbox
            settle_discrepancy reopen 1 2 reason=correction actor=ann
            settle_discrepancy reopen 1 reason=correction actor=ann
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B in_flight theirs 4 ours 5 as of 20s
                10 discrepancy_settled: 1
                11 discrepancy_settled: 2
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, disputed, opened 9 changed 10
                2 G@B in_flight theirs 4 ours 5 as of 20s, feed F, snoozed until 90s, opened 9 changed 11
                W@B sellable 10 free 10 doubted 3
                12 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 6 ours 10 as of 40s
                13 discrepancy_settled: 1; 2
                1 W@B unexplained_loss theirs 6 ours 10 as of 40s, feed F, asked, opened 9 changed 13
                2 G@B in_flight theirs 4 ours 5 as of 20s, feed F, asked, opened 9 changed 13
                14 discrepancy_settled: 1; 2
                rejected contradiction field=numbers[0] message=is open as it was at the beginning
                1 W@B unexplained_loss theirs 6 ours 10 as of 40s, feed F, open, opened 9 changed 14
                2 G@B in_flight theirs 4 ours 5 as of 20s, feed F, open, opened 9 changed 14
            "#]],
        );
    }

    #[test]
    fn our_own_stocktake_is_accepted_like_theirs() {
        check(
            "
            @10 receive_stock A W:10
            @20 record_stocktake T1 A W:8
            stock W@A
            @30 settle_discrepancy accept_theirs 1 reason=found actor=ann
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 stocktake_recorded: found 1 W@A unexplained_loss theirs 8 ours 10 as of 20s
                W@A sellable 10 free 10 doubted 2
                8 discrepancy_settled: W 2 A/sellable > count_variance; 1 W counted 8 book 10 at 20s
                W@A sellable 8 free 8
            "#]],
        );
    }

    #[test]
    fn two_witnesses_of_one_shelf_are_not_both_accepted() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            record_stocktake T1 B W:8
            stock W@B
            settle_discrepancy accept_theirs 1 2 reason=shrinkage actor=ann
            settle_discrepancy accept_theirs 2 reason=shrinkage actor=ann
            stock W@B
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                10 stocktake_recorded: found 2 W@B unexplained_loss theirs 8 ours 10 as of 20s
                W@B sellable 10 free 10 doubted 3
                rejected duplicate_in_batch field=numbers value=2
                11 discrepancy_settled: W 2 B/sellable > count_variance; 2 W counted 8 book 10 at 20s
                W@B sellable 8 free 8 doubted 3
            "#]],
        );
    }

    #[test]
    fn two_that_were_kept_are_not_both_opened_again() {
        check(
            "
            supply
            @10 receive_stock B W:10
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10
            settle_discrepancy keep_ours 1 reason=correction actor=ann
            @30 record_snapshot F s2 as_of=30 found=W:unexplained_loss:6/10
            settle_discrepancy keep_ours 2 reason=correction actor=ann
            settle_discrepancy reopen 1 2 reason=correction actor=ann
            settle_discrepancy reopen 1 reason=correction actor=ann
            said F W
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                10 discrepancy_settled: 1
                11 snapshot_recorded: applied; found 2 W@B unexplained_loss theirs 6 ours 10 as of 30s
                12 discrepancy_settled: 2
                rejected duplicate_in_batch field=numbers value=2
                13 discrepancy_settled: 1
                W open kept -4
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 13
            "#]],
        );
    }

    #[test]
    fn c29_what_a_channel_shows_is_not_counted() {
        check(
            "
            list_stock web W:8
            hear_stock web W:5
            settle_discrepancy accept_theirs 1 reason=correction actor=ann
            settle_discrepancy keep_ours 1 reason=correction actor=ann
            inbox
            hear_stock web W:5
            ",
            expect![[r#"
                6 stock_listed:
                7 stock_heard: confirmed 0; found 1 W echo theirs 5 ours 8 as of 0s
                rejected contradiction field=numbers[0] message=is about what a channel shows; push the number to it again
                8 discrepancy_settled: 1
                inbox empty
                9 stock_heard: confirmed 0; found 2 W echo theirs 5 ours 8 as of 0s
            "#]],
        );
    }

    #[test]
    fn what_cannot_be_settled_is_refused_and_nothing_of_it_is() {
        check(
            "
            supply
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 found=W:unexplained_loss:7/10+G:vanished_sku:_/5+X1:unknown_sku:5/0
            settle_discrepancy dispute 1 reason=correction
            settle_discrepancy dispute 1 reason=other actor=ann
            settle_discrepancy snooze 1 reason=correction actor=ann
            settle_discrepancy snooze 1 until=20 reason=correction actor=ann
            settle_discrepancy dispute 1 until=90 reason=correction actor=ann
            settle_discrepancy dispute reason=correction numbers=[] actor=ann
            settle_discrepancy accept_theirs 1 2 reason=correction actor=ann
            settle_discrepancy accept_theirs 1 3 reason=correction actor=ann
            settle_discrepancy reopen 1 reason=correction actor=ann
            settle_discrepancy dispute 1 1 reason=correction actor=ann
            settle_discrepancy dispute 1 9 reason=correction actor=ann
            @30 record_snapshot F s2 as_of=30 cleared=2
            settle_discrepancy dispute 1 2 reason=correction actor=ann
            settle_discrepancy reopen 2 reason=correction actor=ann
            inbox
            ",
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                9 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s; found 2 G@B vanished_sku theirs open ours 5 as of 20s; found 3 X1@B unknown_sku theirs 5 ours 0 as of 20s
                rejected contradiction field=actor message=is needed: somebody answers for it
                rejected contradiction field=reason.note message=is needed with the reason `other`
                rejected contradiction field=until message=is needed: a snooze ends
                rejected contradiction field=until message=must lie ahead
                rejected contradiction field=until message=is for `snooze` only
                rejected contradiction field=numbers message=must name at least one discrepancy
                rejected contradiction field=numbers[1] message=leaves their number open; count the stock or keep ours
                rejected contradiction field=numbers[1] message=is about an unknown code; say what it means with `map_supplier_sku`
                rejected contradiction field=numbers[0] message=is open as it was at the beginning
                rejected duplicate_in_batch field=numbers value=1
                rejected unknown_discrepancy number=9
                10 snapshot_recorded: applied; cleared 2
                rejected discrepancy_settled number=2 position=10
                rejected discrepancy_settled number=2 position=10
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 9 changed 9
                3 X1@B unknown_sku theirs 5 ours 0 as of 20s, feed F, open, opened 9 changed 9
            "#]],
        );
    }

    #[test]
    fn a_merged_item_is_differed_about_under_its_new_name() {
        let mapped =
            r#"{"supplier_sku_mapped":{"supplier":"S","lines":[{"supplier_sku":"X","sku":"W"}]}}"#;
        check(
            &format!(
                "
            supply
            fact {mapped}
            @10 receive_stock B W:10 G:5
            @20 record_snapshot F s1 as_of=20 said=W:7 found=W:unexplained_loss:7/10
            record_stocktake T1 B W:9 G:4
            list_stock web W:3
            @30 merge_items W into=G
            inbox
            stock G@B
            said F G
            hear_stock web G:3
            @40 settle_discrepancy accept_theirs 1 reason=correction actor=ann
            inbox
            @50 record_stocktake T2 B G:15
            inbox
            stock G@B
            "
            ),
            expect![[r#"
                6 supplier_set:
                7 feed_set:
                8 supplier_sku_mapped:
                9 stock_received: W 10 supplier > B/sellable; G 5 supplier > B/sellable
                10 snapshot_recorded: applied; found 1 W@B unexplained_loss theirs 7 ours 10 as of 20s
                11 stocktake_recorded: found 2 W@B unexplained_loss theirs 9 ours 10 as of 20s; found 3 G@B unexplained_loss theirs 4 ours 5 as of 20s
                12 stock_listed:
                13 items_merged: W 10 B/sellable > conversion; G 10 conversion > B/sellable
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 10 changed 10
                3 G@B unexplained_loss theirs 13 ours 15 as of 20s, stocktake B, open, opened 11 changed 13
                G@B sellable 15 free 15 doubted 3
                G 7 as of 20s
                14 stock_heard: confirmed 1
                rejected contradiction field=numbers[0] message=was counted since; keep ours or wait for the next snapshot
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 10 changed 10
                3 G@B unexplained_loss theirs 13 ours 15 as of 20s, stocktake B, open, opened 11 changed 13
                15 stocktake_recorded: G counted 15 book 15; cleared 3
                1 W@B unexplained_loss theirs 7 ours 10 as of 20s, feed F, open, opened 10 changed 10
                G@B sellable 15 free 15 doubted 3
            "#]],
        );
    }
}
