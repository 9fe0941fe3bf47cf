//! Cancel an order or a part of it: what is still committed is free again, never more.

use super::claim::{check_lines, refuse_doubles, splits};
use super::lines::{check_reason, part};
use super::prelude::*;

args!(/** Cancel an order or a part of it. */
CancelOrder {
    pub order: OrderId,
    /// Without lines all that is still committed.
    #[serde(default)]
    pub lines: Vec<CancelLine>,
    #[serde(default)]
    pub reason: Option<Reason>,
});

args!(/** A line, or a part of it, to cancel. Without a quantity all that is still committed. */
CancelLine {
    pub r#ref: LineRef,
    #[serde(default)]
    pub quantity: Option<Quantity>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &CancelOrder,
) -> Result<Decision, Rejection> {
    check_cancel(command)?;
    let order = ledger.order(&command.order);
    let (lines, tombstone) = match command.lines.is_empty() {
        true => cancel_whole(ledger, command, order)?,
        false => (cancel_lines(ledger, command, order)?, false),
    };
    let fact = Fact::OrderCancelled(OrderCancelled {
        order: command.order.clone(),
        lines,
        tombstone,
        reason: command.reason.clone(),
    });
    Ok(Decision { fact, movements: Vec::new(), flags: Vec::new() })
}

fn check_cancel(command: &CancelOrder) -> Result<(), Rejection> {
    if !command.lines.is_empty() {
        check_lines(&command.lines)?;
    }
    check_reason(command.reason.as_ref())?;
    let refs: Vec<&LineRef> = command.lines.iter().map(|it| &it.r#ref).collect();
    refuse_doubles("lines.ref", &refs)
}

/// All that is committed; a tombstone if nothing of the order has arrived yet.
fn cancel_whole(
    ledger: &Ledger,
    command: &CancelOrder,
    order: Option<&Order>,
) -> Result<(Vec<CancelledLine>, bool), Rejection> {
    let known = order.map_or(&[][..], |it| &it.lines);
    let Some(first) = known.iter().find(|it| it.ordered > 0) else {
        return Ok((Vec::new(), true));
    };
    let committed = known.iter().filter(|it| it.committed() > 0);
    let lines: Vec<CancelledLine> =
        committed.map(|it| release(ledger, it, it.committed())).collect();
    match lines.is_empty() {
        true => Err(exceeds(command, first, first.ordered)),
        false => Ok((lines, false)),
    }
}

fn cancel_lines(
    ledger: &Ledger,
    command: &CancelOrder,
    order: Option<&Order>,
) -> Result<Vec<CancelledLine>, Rejection> {
    let mut lines = Vec::with_capacity(command.lines.len());
    for asked in &command.lines {
        let known = order.and_then(|it| it.line(&asked.r#ref)).filter(|it| it.ordered > 0);
        lines.push(match known {
            None => cancel_early(asked),
            Some(known) => {
                let committed = known.committed();
                let units = asked.quantity.map_or(committed, Quantity::units);
                if units > committed {
                    return Err(exceeds(command, known, units));
                }
                if units == 0 {
                    return Err(exceeds(command, known, known.ordered));
                }
                release(ledger, known, units)
            }
        });
    }
    Ok(lines)
}

/// The line has not arrived: its cancellation waits for it.
fn cancel_early(asked: &CancelLine) -> CancelledLine {
    CancelledLine {
        r#ref: asked.r#ref.clone(),
        sku: None,
        at: Vec::new(),
        early: Some(asked.quantity.map_or(EarlyCancel::All, EarlyCancel::Units)),
    }
}

/// What was drawn on last is given back first.
fn release(ledger: &Ledger, line: &OrderLine, units: u64) -> CancelledLine {
    CancelledLine {
        r#ref: line.r#ref.clone(),
        sku: line.sku.clone(),
        at: splits(ledger, &part(line.committed_at.iter().rev(), units)),
        early: None,
    }
}

fn exceeds(command: &CancelOrder, line: &OrderLine, requested: u64) -> Rejection {
    Rejection::ExceedsCommitted {
        order: command.order.clone(),
        line: line.r#ref.clone(),
        requested,
        committed: line.committed(),
    }
}
