//! From a request to an entry: the decision, set against earlier counts, with its flags.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::*;

/// A command as one caller asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub ledger: LedgerId,
    pub envelope: Envelope,
    pub command: Command,
}

/// What an operator may set about deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How far a claimed time may lie ahead of the ledger's, in seconds, and still be believed.
    pub clock_skew_seconds: u64,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { clock_skew_seconds: 300 }
    }
}

/// The entry that a request becomes at ledger time `now`, at the ledger's next position.
///
/// # Errors
/// The [`Rejection`] that applies first; the ledger is untouched either way.
pub fn accept(
    ledger: &Ledger,
    now: Time,
    rules: &Rules,
    request: &Request,
) -> Result<Entry, Rejection> {
    if request.envelope.actor.is_none()
        && matches!(request.command, Command::SettleDiscrepancy(_) | Command::JudgeSnapshot(_))
    {
        let (field, message) = ("actor".into(), "is needed: somebody answers for it".into());
        return Err(Rejection::Contradiction { field, message });
    }
    let claimed = request.envelope.occurred_at;
    let latest = now.plus_seconds(rules.clock_skew_seconds);
    let furthest = claimed.max(counted_at(&request.command));
    if let Some(occurred_at) = furthest.filter(|it| *it > latest) {
        return Err(Rejection::OccurredAtOutOfRange { occurred_at, earliest: Time(0), latest });
    }
    let mut decision = decide(ledger, now, &request.command)?;
    if let Some(claimed) = furthest.filter(|it| *it > now) {
        decision.flags.push(Flag::ClockSkew { claimed });
    }
    // No count lies ahead of the ledger's time: what occurs now is before none.
    if let Some(occurred_at) = claimed.filter(|it| *it < now) {
        settle_before_counts(ledger, occurred_at, &mut decision);
    }
    flag_balances(ledger, &mut decision)?;
    flag_oversold(ledger, &mut decision);
    Ok(Entry {
        ledger: request.ledger.clone(),
        position: ledger.position() + 1,
        envelope: request.envelope.clone(),
        fact: decision.fact,
        movements: decision.movements,
        flags: decision.flags,
    })
}

/// When somebody claims to have counted, said or seen: a claim about time like that of the
/// envelope.
fn counted_at(command: &Command) -> Option<Time> {
    match command {
        Command::CountStock(it) => it.counted_at,
        Command::RecordStocktake(it) => it.counted_at,
        Command::RecordSnapshot(it) => it.as_of,
        Command::HearStock(it) => it.heard_at,
        _ => None,
    }
}

/// A fact dated before a count does not change the balance after it: what it moved is taken back
/// against the count's variance, in the same entry, and both stay visible. What moves nothing but
/// the book happens when it is recorded, whatever is claimed.
fn settle_before_counts(ledger: &Ledger, occurred_at: Time, decision: &mut Decision) {
    // A settlement that is undone takes its own count along: that one is none to stand before.
    let is_unsettled =
        matches!(&decision.fact, Fact::EntryReversed(it) if !it.unsettled.is_empty());
    if is_unsettled {
        return;
    }
    if matches!(
        decision.fact,
        Fact::StockCounted(_)
            | Fact::StocktakeRecorded(_)
            | Fact::SnapshotRecorded(_)
            | Fact::DiscrepancySettled(_)
            | Fact::ItemsMerged(_)
            | Fact::ModeSet(_)
    ) {
        return;
    }
    let mut settled = Vec::new();
    for movement in &decision.movements {
        let before =
            |account: &Account| is_before_count(ledger, &movement.sku, account, occurred_at);
        let change = movement.quantity.signed();
        if before(&movement.from) {
            settled.push((movement.clone(), movement.from.clone(), -change));
        }
        if before(&movement.to) {
            settled.push((movement.clone(), movement.to.clone(), change));
        }
    }
    for (movement, account, change) in settled {
        let Movement { sku, quantity, .. } = movement;
        let (from, to) = match change > 0 {
            true => (account.clone(), Account::CountVariance),
            false => (Account::CountVariance, account.clone()),
        };
        decision.movements.push(Movement { sku: sku.clone(), quantity, from, to });
        decision.flags.push(Flag::BeforeCount { sku, account, change });
    }
}

fn is_before_count(ledger: &Ledger, sku: &Sku, account: &Account, occurred_at: Time) -> bool {
    let Account::Shelf(location, condition) = account else { return false };
    let (Some(item), Some(location)) = (ledger.item_no(sku), ledger.location_no(location)) else {
        return false;
    };
    let anchor = ledger.item(item).anchor(location, *condition);
    anchor.is_some_and(|it| occurred_at < it.counted_at)
}

/// A balance that a decision moves: how it stands, and by how much it moves in all.
struct Moved<'a> {
    sku: &'a Sku,
    location: &'a LocationId,
    condition: Condition,
    before: i64,
    change: i64,
}

/// The shelf balances that a decision moves, each once.
fn moved<'a>(ledger: &Ledger, movements: &'a [Movement]) -> Vec<Moved<'a>> {
    let mut all: Vec<Moved<'a>> = Vec::new();
    let mut places = FxHashMap::default();
    for movement in movements {
        for (account, sign) in [(&movement.from, -1), (&movement.to, 1)] {
            let Account::Shelf(location, condition) = account else { continue };
            let (sku, condition) = (&movement.sku, *condition);
            let place = *places.entry((sku, location, condition)).or_insert(all.len());
            if place == all.len() {
                let before = balance_of(ledger, sku, location, condition);
                all.push(Moved { sku, location, condition, before, change: 0 });
            }
            all[place].change += sign * movement.quantity.signed();
        }
    }
    all
}

fn balance_of(ledger: &Ledger, sku: &Sku, location: &LocationId, condition: Condition) -> i64 {
    match (ledger.item_no(sku), ledger.location_no(location)) {
        (Some(item), Some(location)) => ledger.cell(item, location).balance(condition),
        _ => 0,
    }
}

/// Flags balances that a fact takes below zero; refuses those that no balance can hold.
fn flag_balances(ledger: &Ledger, decision: &mut Decision) -> Result<(), Rejection> {
    let mut flags = Vec::new();
    for it in moved(ledger, &decision.movements) {
        let balance = it.before + it.change;
        if balance.abs() > BALANCE_MAX {
            return Err(Rejection::BalanceTooLarge { sku: it.sku.clone() });
        }
        if balance < 0 && it.change < 0 {
            let (sku, location) = (it.sku.clone(), it.location.clone());
            flags.push(Flag::NegativeBook { sku, location, condition: it.condition, balance });
        }
    }
    decision.flags.append(&mut flags);
    Ok(())
}

/// Flags where more is committed than can be shipped, if this entry made it worse.
fn flag_oversold(ledger: &Ledger, decision: &mut Decision) {
    let mut after: Vec<(ItemNo, Cell)> = Vec::new();
    let mut places = FxHashMap::default();
    let mut note = |sku: &Sku, location: &LocationId, sellable: i64, committed: i64| {
        let (Some(item), Some(location)) = (ledger.item_no(sku), ledger.location_no(location))
        else {
            return;
        };
        // What is not counted by its units cannot be sold twice.
        if !ledger.item(item).mode().is_finite() {
            return;
        }
        let index = *places.entry((item, location)).or_insert(after.len());
        if index == after.len() {
            after.push((item, ledger.cell(item, location)));
        }
        after[index].1.sellable += sellable;
        after[index].1.committed += committed;
    };
    for movement in &decision.movements {
        for (account, sign) in [(&movement.from, -1), (&movement.to, 1)] {
            if let Account::Shelf(location, Condition::Sellable) = account {
                note(&movement.sku, location, sign * movement.quantity.signed(), 0);
            }
        }
    }
    decision.fact.claims(&mut |it| {
        if it.claim == Claim::Committed {
            note(it.sku, it.location, 0, it.units);
        }
    });
    for (item, cell) in after {
        if cell.oversold() > ledger.cell(item, cell.location).oversold() {
            let (sku, location) =
                (ledger.item(item).sku.clone(), ledger.location(cell.location).id.clone());
            decision.flags.push(Flag::Oversold { sku, location, by: cell.oversold() });
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn c30_a_claimed_time_ahead_is_believed_within_bounds() {
        check(
            "
            @10 receive_stock A W:5 occurred_at=310
            receive_stock A W:5 occurred_at=311
            receive_stock A W:5 occurred_at=5
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable; ! clock_skew claimed=310s
                rejected occurred_at_out_of_range earliest=1970-01-01T00:00:00Z latest=310s occurred_at=311s
                7 stock_received: W 5 supplier > A/sellable
            "#]],
        );
    }

    #[test]
    fn r7_oversold_is_flagged_when_it_grows() {
        check(
            "
            receive_stock A W:5
            commit_order O1 W:5@A
            damage_stock A W:1
            damage_stock A W:1
            receive_stock A W:1
            stock W@A
            ",
            expect![[r#"
                6 stock_received: W 5 supplier > A/sellable
                7 order_committed: W@A committed +5
                8 stock_damaged: W 1 A/sellable > A/damaged; ! oversold by=1 location=A sku=W
                9 stock_damaged: W 1 A/sellable > A/damaged; ! oversold by=2 location=A sku=W
                10 stock_received: W 1 supplier > A/sellable
                W@A sellable 4 damaged 2 committed 5 free -1
            "#]],
        );
    }
}
