//! From an entry to its events: its movements as stored, then its claims as the fact tells them.

use onhand_core::{
    Account, ChannelId, ClaimChange, Entry, Fact, HoldId, Ledger, Movement, OrderId, Sku, Time,
};
use serde::Serialize;
use smol_str::SmolStr;

use super::balances::{At, Balances};
use super::{ClaimView, MovementView, OriginView, SideView};
use crate::state::State;
use crate::timeline::effective;

/// Adds the events of an entry that the state has folded. They depend on what was booked until the
/// entry only: whenever it is told, it is told the same.
pub(super) fn tell(
    state: &State,
    entry: &Entry,
    recorded: Time,
    balances: &mut Balances,
    events: &mut Vec<MovementView>,
) {
    let Some(ledger) = state.book.ledger(&entry.ledger) else { return };
    let at = At::of(state, ledger, entry.position);
    let begin = events.len();
    let mut blank: Option<MovementView> = None;
    let mut event = |sku: &Sku| {
        let blank = blank.get_or_insert_with(|| blank_event(ledger, entry, recorded, sku));
        MovementView { sku: sku.clone(), ..blank.clone() }
    };
    for it in &entry.movements {
        let (from, to) = sides(balances, at, it);
        let (quantity, from, to) = (Some(it.quantity.units()), Some(from), Some(to));
        events.push(MovementView { quantity, from, to, ..event(&it.sku) });
    }
    entry.fact.claims(&mut |it| {
        let claim = Some(claim(balances, at, &it));
        events.push(MovementView { claim, ..event(it.sku) });
    });
    let told = &mut events[begin..];
    let count = told.len() as u32;
    for (index, event) in told.iter_mut().enumerate() {
        (event.index, event.count) = (index as u32, count);
    }
}

fn sides(balances: &mut Balances, at: At<'_>, it: &Movement) -> (SideView, SideView) {
    let units = it.quantity.signed();
    let mut side = |account: &Account, units: i64| {
        let mut side = SideView {
            account: account_name(account),
            location: None,
            condition: None,
            transfer: None,
            before: None,
            after: None,
        };
        if let Account::Transit(transfer) = account {
            side.transfer = Some(transfer.clone());
        }
        if let Account::Shelf(location, condition) = account {
            let moved = balances.moved(at, &it.sku, (location, *condition), units);
            (side.before, side.after) = moved.unzip();
            (side.location, side.condition) = (Some(location.clone()), Some(*condition));
        }
        side
    };
    (side(&it.from, -units), side(&it.to, units))
}

fn account_name(account: &Account) -> &'static str {
    match account {
        Account::Supplier => "supplier",
        Account::Customer => "customer",
        Account::Loss => "loss",
        Account::Adjustment => "adjustment",
        Account::CountVariance => "count_variance",
        Account::Opening => "opening",
        Account::Conversion => "conversion",
        Account::Transit(_) => "transit",
        Account::Shelf(..) => "shelf",
    }
}

fn claim(balances: &mut Balances, at: At<'_>, it: &ClaimChange<'_>) -> ClaimView {
    let claimed = balances.claimed(at, it.sku, (it.location, it.claim), it.units);
    let (before, after) = claimed.unzip();
    ClaimView {
        claim: it.claim,
        location: it.location.clone(),
        change: it.units,
        before,
        after,
        pool: it.pool.cloned(),
    }
}

/// What all events of an entry have in common, as an event about `sku`.
fn blank_event(ledger: &Ledger, entry: &Entry, recorded: Time, sku: &Sku) -> MovementView {
    let envelope = &entry.envelope;
    MovementView {
        ledger: entry.ledger.clone(),
        position: entry.position,
        index: 0,
        count: 0,
        kind: entry.fact.kind(),
        occurred_at: effective(entry, recorded),
        recorded_at: recorded,
        sku: sku.clone(),
        quantity: None,
        from: None,
        to: None,
        claim: None,
        channel: channel(ledger, &entry.fact, entry.position),
        order: order(&entry.fact).cloned(),
        hold: hold(&entry.fact).cloned(),
        cause: envelope.cause.clone(),
        reason: reason(&entry.fact),
        actor: envelope.actor.clone(),
        origin: OriginView {
            id: envelope.id.clone(),
            source: envelope.source.clone(),
            source_event: envelope.source_event.clone(),
        },
        traceparent: envelope.traceparent.clone().map(SmolStr::from),
    }
}

/// The channel whose business it is, as it was known then.
fn channel(ledger: &Ledger, fact: &Fact, position: u64) -> Option<ChannelId> {
    let named = match fact {
        Fact::StockHeld(it) => it.channel.as_ref(),
        Fact::OrderCommitted(it) => it.channel.as_ref(),
        Fact::PoolOpened(it) => it.channel.as_ref(),
        Fact::PoolClosed(it) => {
            let pool = ledger.pool_no(&it.pool).map(|number| ledger.pool(number));
            pool.and_then(|it| it.channel).map(|number| &ledger.channel(number).id)
        }
        _ => None,
    };
    let of_hold = || ledger.hold(hold(fact)?)?.channel.as_ref();
    let of_order = || {
        let order = ledger.order(order(fact)?)?;
        order.channel.as_ref().filter(|_| order.channel_at <= position)
    };
    named.or_else(of_order).or_else(of_hold).cloned()
}

fn order(fact: &Fact) -> Option<&OrderId> {
    match fact {
        Fact::StockReturned(it) => it.order.as_ref(),
        _ => fact.order(),
    }
}

fn hold(fact: &Fact) -> Option<&HoldId> {
    match fact {
        Fact::StockHeld(it) => Some(&it.hold),
        Fact::HoldReleased(it) => Some(&it.hold),
        Fact::HoldExpired(it) => Some(&it.hold),
        Fact::OrderCommitted(it) => it.hold.as_ref(),
        _ => None,
    }
}

/// The code of the reason that was given.
fn reason(fact: &Fact) -> Option<SmolStr> {
    let given = match fact {
        Fact::OrderCancelled(it) => it.reason.as_ref(),
        Fact::StockReturned(it) => it.reason.as_ref(),
        Fact::StockDamaged(it) => it.reason.as_ref(),
        Fact::StockWrittenOff(it) => it.reason.as_ref(),
        Fact::ConditionChanged(it) => it.reason.as_ref(),
        Fact::StockReturnedToSupplier(it) => it.reason.as_ref(),
        Fact::StockAdjusted(it) => Some(&it.reason),
        Fact::DiscrepancySettled(it) => Some(&it.reason),
        Fact::EntryReversed(it) => return word(&it.why),
        _ => None,
    };
    word(&given?.code)
}

/// A code as it is written in JSON.
fn word(code: &impl Serialize) -> Option<SmolStr> {
    serde_json::to_value(code).ok()?.as_str().map(SmolStr::new)
}
