//! What came before the commitment of an order's line: another commitment, a shipment, a
//! cancellation. A kit line is one line here, however it is made up.

use super::claim::Need;
use super::kit_line::KitLine;
use super::prelude::*;

/// Units of a need that were shipped or cancelled before its line came.
#[derive(Clone, Copy, Default)]
pub(super) struct Early {
    pub shipped: u64,
    pub cancelled: u64,
}

/// What came early of the needs of one line, in their order.
///
/// # Errors
/// `line_already_committed`, `line_of_another_item`.
pub(super) fn came_early(
    ledger: &Ledger,
    id: &OrderId,
    order: &Order,
    group: &[Need],
) -> Result<Vec<Early>, Rejection> {
    let heard = Heard { ledger, id, order };
    if let Some(first) = group.first() {
        heard.check_line(first, group)?;
    }
    let mut all = Vec::with_capacity(group.len());
    for need in group {
        let known = heard.check(need)?;
        let shipped = known.map_or(0, |it| it.uncommitted).min(need.quantity);
        all.push(Early { shipped, cancelled: 0 });
    }
    heard.cancel(group, &mut all);
    Ok(all)
}

/// What was heard of an order.
struct Heard<'a> {
    ledger: &'a Ledger,
    id: &'a OrderId,
    order: &'a Order,
}

impl Heard<'_> {
    /// The line as the caller knows it: a kit line is committed once, whether in parts or not.
    fn check_line(&self, first: &Need, group: &[Need]) -> Result<(), Rejection> {
        let name = first.kit.as_ref().map_or(&first.line, |it| &it.line);
        let kit = first.kit.as_ref().and_then(|it| self.ledger.item_no(&it.sku));
        let item = kit.unwrap_or(first.item);
        if let Some(kit) = KitLine::find(&self.order.lines, name) {
            let same_item = self.ledger.item_no(&kit.kit.sku) == Some(item);
            if kit.lines().any(|it| it.ordered > 0) {
                let ordered = kit.whole(|it| it.ordered);
                return Err(self.committed(name, same_item && ordered == lines_of(group)));
            }
            return match same_item {
                true => Ok(()),
                false => Err(self.of_another(name, &kit.kit.sku, item)),
            };
        }
        let Some(known) = self.order.line(name) else { return Ok(()) };
        let same_item = known.sku.as_ref().is_none_or(|it| self.ledger.item_no(it) == Some(item));
        // A part of one kit line is no line of its own.
        let is_part = known.kit.as_ref().is_some_and(|it| it.line != *name);
        match &known.sku {
            _ if known.ordered > 0 => {
                let same = same_item && !is_part && known.ordered == lines_of(group);
                Err(self.committed(name, same))
            }
            Some(recorded) if !same_item => Err(self.of_another(name, recorded, item)),
            _ => Ok(()),
        }
    }

    /// What is recorded under the need's own name.
    fn check(&self, need: &Need) -> Result<Option<&OrderLine>, Rejection> {
        let Some(known) = self.order.line(&need.line) else {
            // The part's name may be that of another kit line.
            return match KitLine::find(&self.order.lines, &need.line) {
                Some(_) if need.is_part() => Err(self.committed(&need.line, false)),
                _ => Ok(None),
            };
        };
        if known.ordered > 0 {
            return Err(self.committed(&need.line, false));
        }
        let of_another = |it: &&Sku| self.ledger.item_no(it) != Some(need.item);
        match known.sku.as_ref().filter(of_another) {
            Some(recorded) => Err(self.of_another(&need.line, recorded, need.item)),
            None => Ok(Some(known)),
        }
    }

    /// Cancelled kits are cancelled in parts before what stands assembled.
    fn cancel(&self, group: &[Need], all: &mut [Early]) {
        let line = group.iter().find_map(|it| it.kit.as_ref().map(|kit| &kit.line));
        let kits = line.map_or(0, |it| self.called_off(it));
        let mut of_parts = 0;
        for (need, early) in group.iter().zip(all.iter_mut()).filter(|(it, _)| it.is_part()) {
            let left = need.quantity - early.shipped;
            let units = kits.saturating_mul(need.per_line());
            early.cancelled = left.min(units.saturating_add(self.called_off(&need.line)));
            of_parts = of_parts.max(left.min(units).div_ceil(need.per_line()));
        }
        for (need, early) in group.iter().zip(all.iter_mut()).filter(|(it, _)| !it.is_part()) {
            let units = match need.kit {
                Some(_) => kits.saturating_sub(of_parts),
                None => self.called_off(&need.line),
            };
            early.cancelled = units.min(need.quantity - early.shipped);
        }
    }

    /// Units of a line that were cancelled early.
    fn called_off(&self, line: &LineRef) -> u64 {
        called_off(self.order, line)
    }

    fn committed(&self, line: &LineRef, same: bool) -> Rejection {
        Rejection::LineAlreadyCommitted { order: self.id.clone(), line: line.clone(), same }
    }

    fn of_another(&self, line: &LineRef, recorded: &Sku, requested: ItemNo) -> Rejection {
        Rejection::LineOfAnotherItem {
            order: self.id.clone(),
            line: line.clone(),
            recorded: recorded.clone(),
            requested: self.ledger.item(requested).sku.clone(),
        }
    }
}

/// Units of a line, or kits of a kit line, that were cancelled before it came: more than there can
/// be, if all of it was.
pub(super) fn called_off(order: &Order, line: &LineRef) -> u64 {
    match order.line(line).and_then(|it| it.early) {
        _ if order.tombstone => u64::MAX,
        Some(EarlyCancel::All) => u64::MAX,
        Some(EarlyCancel::Units(units)) => units.units(),
        None => 0,
    }
}

/// Units of the line that these needs make up: kits, of a kit line.
fn lines_of(group: &[Need]) -> u64 {
    let assembled = group.iter().filter(|it| !it.is_part()).map(|it| it.quantity);
    let of_parts = group.iter().filter(|it| it.is_part()).map(|it| it.quantity / it.per_line());
    assembled.sum::<u64>() + of_parts.min().unwrap_or(0)
}
