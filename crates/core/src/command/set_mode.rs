//! Set how an item is counted: by its units, not at all, or by what a span of time can take.

use rustc_hash::FxHashSet;

use super::claim::refuse_doubles;
use super::lines::{canonical, contradiction, correction, shelf};
use super::prelude::*;

args!(/** Set how an item is counted.

Promises made before stay as they are, and so do the units on the shelves: as long as an item is not
counted by its units, what is sold moves none. Of a capacity that changes, what was taken stays taken
of the windows that begin at the same moments. What was taken of a window is known until a week after
its end. */
SetMode {
    pub sku: Sku,
    pub mode: Mode,
    /// What lies where, when counting by units begins: every location that is not named is empty.
    #[serde(default)]
    pub counts: Option<Vec<ModeCount>>,
});

args!(/** What was seen of the item at one location. */
ModeCount {
    pub location: LocationId,
    /// Sellable units.
    pub quantity: u64,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &SetMode,
) -> Result<Decision, Rejection> {
    check_mode(&command.mode)?;
    let counted = counts(command)?;
    let (item, sku) = canonical(ledger, &command.sku)?;
    for count in counted {
        ledger.open_location(&count.location)?;
    }
    check_item(ledger, command, item)?;
    let mut opening = Opening { counts: Vec::new(), movements: Vec::new(), flags: Vec::new() };
    if command.mode.is_finite() {
        opening.count(ledger, item, counted)?;
    }
    let (mode, counts) = (command.mode.clone(), opening.counts);
    let fact = Fact::ModeSet(ModeSet { sku, mode, counts });
    Ok(Decision { fact, movements: opening.movements, flags: opening.flags })
}

fn check_mode(mode: &Mode) -> Result<(), Rejection> {
    let Mode::Capacity(capacity) = mode else { return Ok(()) };
    if capacity.limit > QUANTITY_MAX {
        let message = smol_str::format_smolstr!("must be at most {QUANTITY_MAX}");
        return Err(Rejection::Contradiction { field: "mode.capacity.limit".into(), message });
    }
    match capacity.zone_is_known() {
        true => Ok(()),
        false => {
            let message = "is not known: name an IANA time zone such as Asia/Shanghai";
            Err(contradiction("mode.capacity.zone", message))
        }
    }
}

/// The opening counts, which belong to counting by units and to nothing else.
fn counts(command: &SetMode) -> Result<&[ModeCount], Rejection> {
    let Some(counts) = &command.counts else { return Ok(&[]) };
    if !command.mode.is_finite() {
        return Err(contradiction("counts", "belong to the mode `finite`; leave them out"));
    }
    if let Some(index) = counts.iter().position(|it| it.quantity > QUANTITY_MAX) {
        let message = smol_str::format_smolstr!("must be at most {QUANTITY_MAX}");
        let field = smol_str::format_smolstr!("counts[{index}].quantity");
        return Err(Rejection::Contradiction { field, message });
    }
    let locations: Vec<&LocationId> = counts.iter().map(|it| &it.location).collect();
    refuse_doubles("counts.location", &locations)?;
    Ok(counts)
}

fn check_item(ledger: &Ledger, command: &SetMode, item: ItemNo) -> Result<(), Rejection> {
    let known = ledger.item(item);
    if *known.mode() == command.mode {
        return Err(contradiction("mode", "is how the item is counted already"));
    }
    if command.mode.is_finite() {
        return match command.counts {
            Some(_) => Ok(()),
            None => Err(contradiction("counts", "are needed; an empty list where nothing is left")),
        };
    }
    if known.recipe().is_some() {
        return Err(contradiction("mode", "must be `finite`: a kit has what its parts make"));
    }
    match known.pools().first() {
        Some(pool) => {
            let id = &ledger.pool(*pool).id;
            let message =
                smol_str::format_smolstr!("sets no units aside, and the pool {id} does; close it");
            Err(Rejection::Contradiction { field: "mode".into(), message })
        }
        None => Ok(()),
    }
}

/// The shelves when counting by units begins.
struct Opening {
    counts: Vec<OpeningCount>,
    movements: Vec<Movement>,
    flags: Vec<Flag>,
}

impl Opening {
    /// Counts the named locations, then as empty those that the book says are not.
    fn count(
        &mut self,
        ledger: &Ledger,
        item: ItemNo,
        named: &[ModeCount],
    ) -> Result<(), Rejection> {
        let known = ledger.item(item);
        let mut counted: FxHashSet<&LocationId> = FxHashSet::default();
        for it in named {
            counted.insert(&it.location);
            let cell = ledger.location_no(&it.location).and_then(|it| known.cell(it));
            self.count_one(&known.sku, &it.location, it.quantity, cell)?;
        }
        for cell in &known.cells {
            let location = &ledger.location(cell.location).id;
            if counted.contains(location) {
                continue;
            }
            if cell.sellable != 0 || cell.committed > 0 {
                self.count_one(&known.sku, location, 0, Some(cell))?;
            }
        }
        Ok(())
    }

    fn count_one(
        &mut self,
        sku: &Sku,
        location: &LocationId,
        counted: u64,
        cell: Option<&Cell>,
    ) -> Result<(), Rejection> {
        let book = cell.map_or(0, |it| it.sellable);
        let on_shelf = shelf(location, Condition::Sellable);
        let variance = counted as i64 - book;
        self.movements.extend(correction(sku, variance, on_shelf, Account::CountVariance)?);
        self.counts.push(OpeningCount { location: location.clone(), counted, book });
        // As long as the item is not counted by its units nothing is oversold: what was promised
        // meanwhile shows now.
        let after = cell.map(|it| Cell { sellable: counted as i64, ..*it });
        if let Some(by) = after.map(|it| it.oversold()).filter(|by| *by > 0) {
            let (sku, location) = (sku.clone(), location.clone());
            self.flags.push(Flag::Oversold { sku, location, by });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r10_what_is_unlimited_says_so_and_moves_no_shelf() {
        check(
            "
            receive_stock A W:3
            set_mode W mode=unlimited
            offer W web
            commit_order O1 channel=web W:1000000
            hold_stock H1 W:7@B
            ship_order O1 1:500000
            cancel_order O1
            order O1
            stock W@A
            stock W@B
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 mode_set:
                W unlimited
                8 order_committed: W@A committed +1000000
                9 stock_held: W@B held +7; until 900s
                10 order_shipped: W 500000 supplier > customer; W@A committed -500000
                11 order_cancelled: W@A committed -500000
                O1 | 1 ordered 1000000 shipped 500000 cancelled 500000
                W@A sellable 3 free 3
                W@B sellable 0 held 7 free -7
            "#]],
        );
    }

    #[test]
    fn c27_counting_begins_with_an_opening_count() {
        check(
            "
            @10 receive_stock A W:3
            receive_stock B W:5
            set_mode W mode=unlimited
            commit_order O1 channel=web W:4
            @20 set_mode W mode=finite
            set_mode W mode=finite A:6
            stock W@A
            stock W@B
            offer W web
            ship_order O2 1:1(sku=W) location=A occurred_at=15
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 3 supplier > A/sellable
                7 stock_received: W 5 supplier > B/sellable
                8 mode_set:
                9 order_committed: W@A committed +4
                rejected contradiction field=counts message=are needed; an empty list where nothing is left
                10 mode_set: W 3 count_variance > A/sellable; W 5 B/sellable > count_variance
                W@A sellable 6 committed 4 free 2
                W@B sellable 0 free 0
                W reservable 2 published 2 | base 2 share 2
                11 order_shipped: W 1 A/sellable > customer; W 1 count_variance > A/sellable; ! uncommitted_ship order=O2 quantity=1 sku=W; ! before_count account=A/sellable change=-1 sku=W
                W@A sellable 6 committed 4 free 2
            "#]],
        );
    }

    #[test]
    fn c27_an_opening_count_of_nothing_shows_what_is_oversold() {
        check(
            "
            adjust_stock A W(change=-2) reason=correction
            set_mode W mode=unlimited
            commit_order O1 channel=web W:4
            set_mode W mode=finite counts=[]
            stock W@A
            cancel_order O1 1:1
            ship_order O1
            ",
            expect![[r#"
                6 stock_adjusted: W 2 A/sellable > adjustment; ! negative_book balance=-2 condition=sellable location=A sku=W
                7 mode_set:
                8 order_committed: W@A committed +4
                9 mode_set: W 2 count_variance > A/sellable; ! oversold by=4 location=A sku=W
                W@A sellable 0 committed 4 free -4
                10 order_cancelled: W@A committed -1
                11 order_shipped: W 3 A/sellable > customer; W@A committed -3; ! negative_book balance=-3 condition=sellable location=A sku=W
            "#]],
        );
    }

    #[test]
    fn c27_promises_outlive_a_change_of_mode() {
        check(
            "
            @10 receive_stock A W:10
            commit_order O1 W:3@A
            hold_stock H1 W:2@A
            set_mode W mode={\"capacity\":{\"limit\":4,\"window\":\"1h\",\"zone\":\"UTC\"}}
            offer W web
            commit_order O2 channel=web W:3
            hold_stock H2 channel=web W:1
            offer W web
            ship_order O1 1:1
            cancel_order O1
            commit_order O3 hold=H1
            set_mode W mode=unlimited
            cancel_order O2 1:1
            release_hold H2
            set_mode W mode={\"capacity\":{\"limit\":4,\"window\":\"1h\",\"zone\":\"UTC\"}}
            offer W web
            set_mode W mode=finite A:10
            stock W@A
            cancel_order O2 1:1
            ship_order O2
            ship_order O3
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 10 supplier > A/sellable
                7 order_committed: W@A committed +3
                8 stock_held: W@A held +2; until 910s
                9 mode_set:
                W reservable 4 published 4 | base 4 share 4
                10 order_committed: W@A committed +3 for 0s
                11 stock_held: W@A held +1 for 0s; until 910s
                W reservable 0 published 0 | base 0 share 0
                12 order_shipped: W 1 supplier > customer; W@A committed -1
                13 order_cancelled: W@A committed -2
                14 order_committed: W@A held -2; W@A committed +2
                15 mode_set:
                16 order_cancelled: W@A committed -1 for 0s
                17 hold_released: W@A held -1 for 0s; whole
                18 mode_set:
                W reservable 2 published 2 | base 2 share 2
                19 mode_set:
                W@A sellable 10 committed 4 free 6
                20 order_cancelled: W@A committed -1 for 0s
                21 order_shipped: W 1 A/sellable > customer; W@A committed -1
                22 order_shipped: W 2 A/sellable > customer; W@A committed -2
                W@A sellable 7 free 7
            "#]],
        );
    }

    #[test]
    fn r10_a_window_takes_its_limit_and_no_more() {
        check(
            "
            @10 set_mode W mode={\"capacity\":{\"limit\":10,\"window\":\"1h\",\"zone\":\"Europe/London\"}}
            commit_order O1 channel=web W:6
            commit_order O2 channel=web W:5
            commit_order O2 channel=web W:5(slot=3600)
            commit_order O3 channel=web W:3(slot=7199) W:3(slot=3600)
            commit_order O3 channel=web W:3(slot=7199) W:2(slot=3600)
            offer W web
            offer W web slot=3600
            offer W web slot=7200
            commit_order O4 W:2@B
            commit_order O5 channel=web W:9 partial=best_effort
            ",
            expect![[r#"
                6 mode_set:
                7 order_committed: W@A committed +6 for 0s
                rejected insufficient_stock lines=[available=4 index=0 limiting=capacity line=1 requested=5 shortfall=1 sku=W]
                8 order_committed: W@A committed +5 for 3600s
                rejected insufficient_stock lines=[available=2 index=1 limiting=capacity line=2 requested=3 shortfall=1 sku=W]
                9 order_committed: W@A committed +3 for 3600s; W@A committed +2 for 3600s
                W reservable 4 published 4 | base 4 share 4
                W reservable 0 published 0 | base 0 share 0
                W reservable 10 published 10 | base 10 share 10
                10 order_committed: W@B committed +2 for 0s
                11 order_committed: W@A committed +2 for 0s; 1 short 7
            "#]],
        );
    }

    #[test]
    fn what_is_cancelled_is_given_back_to_its_window_and_what_is_shipped_is_not() {
        check(
            "
            @10 set_mode W mode={\"capacity\":{\"limit\":10,\"window\":\"1h\",\"zone\":\"UTC\"}}
            hold_stock H1 channel=web W:4(slot=3600) expires_in=60
            hold_stock H2 channel=web W:3(slot=3600)
            offer W web slot=3600
            commit_order O1 hold=H2
            ship_order O1 1:1
            cancel_order O1 1:1
            offer W web slot=3600
            reverse_entry 10 reason=did_not_occur
            offer W web slot=3600
            cancel_order O1
            @70 offer W web slot=3600
            due
            offer W web slot=3600
            commit_order O2 hold=H1
            release_hold H1
            offer W web slot=3600
            ",
            expect![[r#"
                6 mode_set:
                7 stock_held: W@A held +4 for 3600s; until 70s
                8 stock_held: W@A held +3 for 3600s; until 910s
                W reservable 3 published 3 | base 3 share 3
                9 order_committed: W@A held -3 for 3600s; W@A committed +3 for 3600s
                10 order_shipped: W 1 supplier > customer; W@A committed -1
                11 order_cancelled: W@A committed -1 for 3600s
                W reservable 4 published 4 | base 4 share 4
                12 entry_reversed: W 1 customer > supplier; W@A committed +1
                W reservable 4 published 4 | base 4 share 4
                13 order_cancelled: W@A committed -2 for 3600s
                W reservable 10 published 10 | base 10 share 10
                14 hold_expired: W@A held -4 for 3600s
                W reservable 10 published 10 | base 10 share 10
                15 order_committed: W@A committed +4 for 3600s; converted_late
                rejected hold_already_converted hold=H1 order=O2
                W reservable 6 published 6 | base 6 share 6
            "#]],
        );
    }

    #[test]
    fn rules_apply_to_capacity_too() {
        check(
            "
            set_mode W mode={\"capacity\":{\"limit\":10,\"window\":\"1d\",\"zone\":\"UTC\"}}
            set_policy channel=web set={\"share_percent\":50}
            offer W web
            set_policy channel=web set={\"share_percent\":100,\"buffer\":{\"units\":3}}
            commit_order O1 channel=web W:8
            commit_order O1 channel=web W:7
            set_policy channel=web set={\"oversell\":{\"limit\":5}}
            offer W web
            commit_order O2 channel=web W:5
            offer W web
            ",
            expect![[r#"
                6 mode_set:
                7 policy_set:
                W reservable 5 published 5 | base 10 share 5
                8 policy_set:
                rejected insufficient_stock lines=[available=7 index=0 limiting=capacity line=1 requested=8 shortfall=1 sku=W]
                9 order_committed: W@A committed +7 for 0s
                10 policy_set:
                W reservable 5 published 5 | base 3 buffer 3 oversell 5 share 3
                11 order_committed: W@A committed +5 for 0s
                W reservable 0 published 0 | base -2 over 2 buffer 3 oversell 5 share -2
            "#]],
        );
    }

    #[test]
    fn the_use_of_a_window_is_forgotten_a_week_after_its_end() {
        check(
            "
            @10 set_mode W mode={\"capacity\":{\"limit\":10,\"window\":\"1h\",\"zone\":\"UTC\"}}
            commit_order O1 channel=web W:6
            @600000 commit_order O2 channel=web W:6
            offer W web slot=10
            @700000 offer W web slot=10
            commit_order O3 channel=web W:1
            offer W web slot=10
            offer W web slot=600000
            cancel_order O1
            offer W web slot=10
            ship_order O2
            ",
            expect![[r#"
                6 mode_set:
                7 order_committed: W@A committed +6 for 0s
                8 order_committed: W@A committed +6 for 597600s
                W reservable 4 published 4 | base 4 share 4
                W reservable 4 published 4 | base 4 share 4
                9 order_committed: W@A committed +1 for 698400s
                W reservable 10 published 10 | base 10 share 10
                W reservable 4 published 4 | base 4 share 4
                10 order_cancelled: W@A committed -6 for 0s
                W reservable 10 published 10 | base 10 share 10
                11 order_shipped: W 6 supplier > customer; W@A committed -6
            "#]],
        );
    }

    #[test]
    fn a_limit_of_zero_sells_nothing() {
        check(
            "
            set_mode W mode={\"capacity\":{\"limit\":0,\"window\":\"1d\",\"zone\":\"UTC\"}}
            commit_order O1 channel=web W:1
            set_mode W mode={\"capacity\":{\"limit\":1,\"window\":\"1d\",\"zone\":\"UTC\"}}
            commit_order O1 channel=web W:1
            ",
            expect![[r#"
                6 mode_set:
                rejected insufficient_stock lines=[available=0 index=0 limiting=capacity line=1 requested=1 shortfall=1 sku=W]
                7 mode_set:
                8 order_committed: W@A committed +1 for 0s
            "#]],
        );
    }

    #[test]
    fn bad_modes_are_refused() {
        check(
            "
            set_mode W mode=finite
            set_mode W mode=finite counts=[]
            set_mode W mode=unlimited A:1
            set_mode W mode={\"capacity\":{\"limit\":1,\"window\":\"1d\",\"zone\":\"Mars/Base\"}}
            set_mode W mode={\"capacity\":{\"limit\":1000000000001,\"window\":\"1d\",\"zone\":\"UTC\"}}
            set_mode X mode=unlimited
            set_mode W mode=unlimited
            set_mode W mode=unlimited
            set_mode W mode=finite A:1 A:2
            set_mode W mode=finite A:1000000000001
            set_mode W mode=finite C:1
            set_mode W mode=finite
            set_mode W mode=finite counts=[]
            ",
            expect![[r#"
                rejected contradiction field=mode message=is how the item is counted already
                rejected contradiction field=mode message=is how the item is counted already
                rejected contradiction field=counts message=belong to the mode `finite`; leave them out
                rejected contradiction field=mode.capacity.zone message=is not known: name an IANA time zone such as Asia/Shanghai
                rejected contradiction field=mode.capacity.limit message=must be at most 1000000000000
                rejected unknown_sku sku=X
                6 mode_set:
                rejected contradiction field=mode message=is how the item is counted already
                rejected duplicate_in_batch field=counts.location value=A
                rejected contradiction field=counts[0].quantity message=must be at most 1000000000000
                rejected unknown_location location=C
                rejected contradiction field=counts message=are needed; an empty list where nothing is left
                7 mode_set:
            "#]],
        );
    }
}
