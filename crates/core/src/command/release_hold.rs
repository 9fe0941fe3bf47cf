//! Release a hold, or a part of it: the units are free again.

use super::claim::{refuse_doubles, splits};
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
    refuse_doubles("lines.ref", &refs)?;
    let hold = ledger.live_hold(&command.hold, now)?;
    let (lines, whole) = match command.lines.is_empty() {
        true => (all_that_is_held(ledger, hold), true),
        false => {
            let lines = parts(ledger, hold, command)?;
            let asked: u64 = command.lines.iter().map(|it| it.quantity.units()).sum();
            (lines, asked == hold.lines.iter().map(HeldUnits::held).sum::<u64>())
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
    ReleasedLine { r#ref: line.r#ref.clone(), sku: line.sku.clone(), at: splits(ledger, at) }
}

fn parts(
    ledger: &Ledger,
    hold: &Hold,
    command: &ReleaseHold,
) -> Result<Vec<ReleasedLine>, Rejection> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for asked in &command.lines {
        let (id, line) = (&command.hold, &asked.r#ref);
        let known =
            hold.lines.iter().find(|it| it.r#ref == *line).ok_or_else(|| {
                Rejection::UnknownHoldLine { hold: id.clone(), line: line.clone() }
            })?;
        let (requested, held) = (asked.quantity.units(), known.held());
        if requested > held {
            let (hold, line) = (id.clone(), line.clone());
            return Err(Rejection::ExceedsHeld { hold, line, requested, held });
        }
        // What was drawn on last is given back first.
        lines.push(released(ledger, known, &part(known.at.iter().rev(), requested)));
    }
    Ok(lines)
}
