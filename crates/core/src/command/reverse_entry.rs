//! Reverse an entry: exact counter-movements, once.

use rustc_hash::FxHashMap;

use super::prelude::*;

args!(/** Reverse an entry. */
ReverseEntry {
    pub position: u64,
    pub reason: ReversalReason,
    /// The entry to undo; looked up by the edge.
    #[serde(skip)]
    pub entry: Option<Box<Entry>>,
});

pub(super) fn decide(
    ledger: &Ledger,
    _now: Time,
    command: &ReverseEntry,
) -> Result<Decision, Rejection> {
    let position = command.position;
    let looked_up = command.entry.as_ref().filter(|it| it.position == position);
    let Some(entry) = looked_up.filter(|it| it.ledger == *ledger.id()) else {
        return Err(Rejection::UnknownPosition { position });
    };
    if let Some(instead) = not_reversible(&entry.fact) {
        let (kind, instead) = (entry.fact.kind().into(), instead.into());
        return Err(Rejection::NotReversible { position, kind, instead });
    }
    if ledger.is_reversed(position) {
        return Err(Rejection::AlreadyReversed { position });
    }
    let mut reversal = EntryReversed {
        reversed: position,
        why: command.reason,
        order: None,
        unshipped: Vec::new(),
        unreturned: Vec::new(),
    };
    match &entry.fact {
        Fact::OrderShipped(it) => {
            reversal.order = Some(it.order.clone());
            reversal.unshipped = unship(ledger, it)?;
        }
        Fact::StockReturned(it) => {
            reversal.order.clone_from(&it.order);
            reversal.unreturned = it.lines.iter().filter(|line| line.linked > 0).cloned().collect();
        }
        _ => {}
    }
    let movements: Vec<Movement> = entry.movements.iter().map(back).collect();
    check_open(ledger, &movements, &reversal)?;
    Ok(Decision { fact: Fact::EntryReversed(reversal), movements, flags: Vec::new() })
}

fn back(movement: &Movement) -> Movement {
    let Movement { sku, quantity, from, to } = movement.clone();
    Movement { sku, quantity, from: to, to: from }
}

/// What undoes an entry of this kind, where a reversal does not.
fn not_reversible(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::StockReceived(_)
        | Fact::StockInspected(_)
        | Fact::OrderShipped(_)
        | Fact::StockReturned(_)
        | Fact::StockDamaged(_)
        | Fact::StockWrittenOff(_)
        | Fact::ConditionChanged(_)
        | Fact::StockReturnedToSupplier(_)
        | Fact::StockAdjusted(_) => None,
        Fact::ItemRegistered(_) | Fact::AliasAdded(_) => Some("add_alias"),
        Fact::LocationRegistered(_) => Some("close_location"),
        Fact::LocationClosed(_) => Some("register_location"),
        Fact::ChannelRegistered(_) | Fact::ChannelChanged(_) => Some("change_channel"),
        Fact::StockHeld(_) | Fact::HoldExtended(_) => Some("release_hold"),
        Fact::HoldReleased(_) | Fact::HoldExpired(_) => Some("hold_stock"),
        Fact::OrderCommitted(_) => Some("cancel_order"),
        Fact::OrderCancelled(_) => Some("commit_order"),
        Fact::TransferStarted(_) => Some("cancel_transfer"),
        Fact::TransferReceived(_) | Fact::TransferCancelled(_) => Some("start_transfer"),
        Fact::StockCounted(_) => Some("count_stock"),
        Fact::EntryReversed(_) => Some("adjust_stock"),
    }
}

/// The lines as they go back. A commitment that a late order took for shipped is restored too,
/// where the goods come back to.
fn unship(ledger: &Ledger, shipped: &OrderShipped) -> Result<Vec<ShippedLine>, Rejection> {
    let mut done: FxHashMap<&LineRef, (u64, u64)> = FxHashMap::default();
    let mut lines = Vec::with_capacity(shipped.lines.len());
    for line in &shipped.lines {
        let order = || shipped.order.clone();
        let known = ledger.order(&shipped.order).and_then(|it| it.line(&line.r#ref));
        let known = known
            .ok_or_else(|| Rejection::UnknownLine { order: order(), line: line.r#ref.clone() })?;
        let (unshipped, waived) = done.entry(&line.r#ref).or_default();
        let units = line.quantity.units();
        let left = known.shipped - known.returned - *unshipped;
        if units > left {
            let line = line.r#ref.clone();
            let (order, requested) = (order(), units);
            return Err(Rejection::ExceedsShipped { order, line, requested, shipped: left });
        }
        *unshipped += units;
        let released: u64 = line.released.iter().map(|it| it.quantity.units()).sum();
        let uncommitted = (units - released).min(known.uncommitted - *waived);
        *waived += uncommitted;
        let mut line = line.clone();
        commit_again(&mut line, units - released - uncommitted);
        lines.push(line);
    }
    Ok(lines)
}

fn commit_again(line: &mut ShippedLine, units: u64) {
    let Some(more) = Quantity::new(units) else { return };
    let here = line.released.iter_mut().find(|it| it.location == line.location);
    match here.and_then(|it| Some((Quantity::new(it.quantity.units() + units)?, it))) {
        Some((sum, split)) => split.quantity = sum,
        None => line.released.push(Split { location: line.location.clone(), quantity: more }),
    }
}

/// Nothing comes back to a location that is closed: it is empty and stays so.
fn check_open(
    ledger: &Ledger,
    movements: &[Movement],
    reversal: &EntryReversed,
) -> Result<(), Rejection> {
    for account in movements.iter().flat_map(|it| [&it.from, &it.to]) {
        if let Account::Shelf(location, _) = account {
            ledger.open_location(location)?;
        }
    }
    for split in reversal.unshipped.iter().flat_map(|it| &it.released) {
        ledger.open_location(&split.location)?;
    }
    Ok(())
}
