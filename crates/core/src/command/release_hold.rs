//! Release a hold, or a part of it: the units are free again. A kit line is released in whole kits,
//! its parts also one by one.

use super::claim::splits;
use super::kit_line::{KitLine, refuse_overlaps};
use super::lines::part;
use super::prelude::*;

args!(/** Release a hold, or a part of it. */
ReleaseHold {
    pub hold: HoldId,
    /// Without lines all of it.
    #[serde(default)]
    pub lines: Vec<ReleaseLine>,
});

args!(/** A part of a held line. */
ReleaseLine {
    pub r#ref: LineRef,
    pub quantity: Quantity,
});

pub(super) fn decide(
    ledger: &Ledger,
    now: Time,
    command: &ReleaseHold,
) -> Result<Decision, Rejection> {
    let refs: Vec<&LineRef> = command.lines.iter().map(|it| &it.r#ref).collect();
    refuse_overlaps(ledger.hold(&command.hold).map_or(&[][..], |it| &it.lines), &refs)?;
    let hold = ledger.live_hold(&command.hold, now)?;
    let (lines, whole) = match command.lines.is_empty() {
        true => (all_that_is_held(ledger, hold), true),
        false => {
            let lines = parts(ledger, hold, command)?;
            let released = lines.iter().flat_map(|it| &it.at);
            let released: u64 = released.map(|it| it.quantity.units()).sum();
            (lines, released == hold.lines.iter().map(HeldUnits::held).sum::<u64>())
        }
    };
    let fact = Fact::HoldReleased(HoldReleased { hold: command.hold.clone(), lines, whole });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

/// Every line of the hold that still holds something.
pub(super) fn all_that_is_held(ledger: &Ledger, hold: &Hold) -> Vec<ReleasedLine> {
    let held = hold.lines.iter().filter(|it| it.held() > 0);
    held.map(|it| released(ledger, it, &it.at)).collect()
}

fn released(ledger: &Ledger, line: &HeldUnits, at: &AtLocations) -> ReleasedLine {
    ReleasedLine {
        r#ref: line.r#ref.clone(),
        sku: ledger.current_sku(&line.sku),
        at: splits(ledger, at),
    }
}

fn parts(
    ledger: &Ledger,
    hold: &Hold,
    command: &ReleaseHold,
) -> Result<Vec<ReleasedLine>, Rejection> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for asked in &command.lines {
        if let Some(kit) = KitLine::find(&hold.lines, &asked.r#ref) {
            let kits = asked.quantity.units();
            let exceeds = || exceeds(command, asked, kit.whole(HeldUnits::held));
            let units = kit.parts_first(kits, HeldUnits::held).ok_or_else(exceeds)?;
            lines.extend(units.into_iter().map(|(line, units)| part_of(ledger, line, units)));
            continue;
        }
        let unknown = || {
            let (hold, line) = (command.hold.clone(), asked.r#ref.clone());
            Rejection::UnknownHoldLine { hold, line }
        };
        let known = hold.lines.iter().find(|it| it.r#ref == asked.r#ref).ok_or_else(unknown)?;
        if asked.quantity.units() > known.held() {
            return Err(exceeds(command, asked, known.held()));
        }
        lines.push(part_of(ledger, known, asked.quantity.units()));
    }
    Ok(lines)
}

/// What was drawn on last is given back first.
fn part_of(ledger: &Ledger, line: &HeldUnits, units: u64) -> ReleasedLine {
    released(ledger, line, &part(line.at.iter().rev(), units))
}

fn exceeds(command: &ReleaseHold, asked: &ReleaseLine, held: u64) -> Rejection {
    let (hold, line) = (command.hold.clone(), asked.r#ref.clone());
    Rejection::ExceedsHeld { hold, line, requested: asked.quantity.units(), held }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn r4_a_hold_is_released_in_part_and_resolves_once() {
        check(
            "
            receive_stock A W:5 G:5
            hold_stock H1 W:4@A GG:1@A
            release_hold H1 1:3
            release_hold H1 1:2
            release_hold H1 3:1
            release_hold H1 1:1 1:1
            hold H1
            release_hold H1
            release_hold H1
            release_hold H2
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; G 5 supplier > A/sellable
                7 stock_held: W@A held +4; G@A held +1; until 900s
                8 hold_released: W@A held -3
                rejected exceeds_held held=1 hold=H1 line=1 requested=2
                rejected unknown_hold_line hold=H1 line=3
                rejected duplicate_in_batch field=lines.ref value=1
                H1 live Live until 900s | 1 W 1 | 2 G 1
                9 hold_released: W@A held -1; G@A held -1; whole
                rejected hold_already_released hold=H1
                rejected unknown_hold hold=H2
                W@A sellable 5 free 5
            "#]],
        );
    }

    #[test]
    fn r4_releasing_every_part_resolves_the_hold() {
        check(
            "
            receive_stock A W:2
            receive_stock B W:2
            hold_stock H1 channel=web W:3
            release_hold H1 1:2
            release_hold H1 1:1
            hold H1
            ",
            expect![[r#"
                6 stock_received: W 2 supplier > A/sellable
                7 stock_received: W 2 supplier > B/sellable
                8 stock_held: W@A held +2; W@B held +1; until 900s
                9 hold_released: W@B held -1; W@A held -1
                10 hold_released: W@A held -1; whole
                H1 over Released until 900s | 1 W 1
            "#]],
        );
    }

    #[test]
    fn r4_an_ended_hold_is_not_released() {
        check(
            "
            @10 receive_stock A W:5
            hold_stock H1 W:4@A expires_in=60
            @70 release_hold H1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 70s
                rejected hold_expired expired_at=70s hold=H1 lines=
            "#]],
        );
    }

    #[test]
    fn r4_a_converted_hold_is_not_released() {
        check(
            "
            receive_stock A W:5
            hold_stock H1 W:4@A
            commit_order O1 hold=H1
            release_hold H1
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 stock_held: W@A held +4; until 900s
                8 order_committed: W@A held -4; W@A committed +4
                rejected hold_already_converted hold=H1 order=O1
            "#]],
        );
    }

    #[test]
    fn c19_kits_are_released_by_the_recipe_of_their_hold() {
        check(
            "
            register_item K
            define_kit K W:2 G:1
            receive_stock A W:10 G:5 K:1
            hold_stock H1 K:4@A G:1@A
            define_kit K W:7
            release_hold H1 1:5
            release_hold H1 1:1
            hold H1
            release_hold H1 1.2:1
            release_hold H1 1:3
            release_hold H1 1:1 1.1:1
            release_hold H1 1:2
            hold H1
            release_hold H1 1.1:2 2:1
            hold H1
            ",
            expect![[r#"
                6 item_registered:
                7 kit_defined:
                8 stock_received: W 10 supplier > A/sellable; G 5 supplier > A/sellable; K 1 supplier > A/sellable
                9 stock_held: K@A held +1; W@A held +6; G@A held +3; G@A held +1; until 900s
                10 kit_defined:
                rejected exceeds_held held=4 hold=H1 line=1 requested=5
                11 hold_released: W@A held -2; G@A held -1
                H1 live Live until 900s | 1 K 1 | 1.1 W 4 | 1.2 G 2 | 2 G 1
                12 hold_released: G@A held -1
                rejected exceeds_held held=2 hold=H1 line=1 requested=3
                rejected duplicate_in_batch field=lines.ref value=1.1
                13 hold_released: K@A held -1; W@A held -2; G@A held -1
                H1 live Live until 900s | 1 K 0 | 1.1 W 2 | 1.2 G 0 | 2 G 1
                14 hold_released: W@A held -2; G@A held -1; whole
                H1 over Released until 900s | 1 K 0 | 1.1 W 2 | 1.2 G 0 | 2 G 1
            "#]],
        );
    }
}
