//! An entry as one line for people.

use onhand_core::{Account, Claim, Entry, Fact, Flag, Scope, Time};

use crate::entry_told::told;

/// Movements and claims told one by one; the rest is counted.
const TOLD_MAX: usize = 3;

/// What happened, in one line: `order_shipped  SO-1  2 MUG-SND leeds → customer`.
pub fn line(entry: &Entry, recorded_at: Time) -> String {
    let when = entry.envelope.occurred_at.unwrap_or(recorded_at);
    let mut parts: Vec<String> = Vec::new();
    let said = told(&entry.fact).filter(|it| !it.is_empty());
    if !entry.movements.is_empty() {
        parts.extend(entry.movements.iter().map(|it| {
            format!("{} {} {} → {}", it.quantity, it.sku, place(&it.from), place(&it.to))
        }));
    } else {
        entry.fact.claims(&mut |it| {
            let claim = match it.claim {
                Claim::Held => "held",
                Claim::Committed => "committed",
                Claim::Pooled => "pooled",
            };
            parts.push(format!("{:+} {claim} {} at {}", it.units, it.sku, it.location));
        });
    }
    let more = parts.len().saturating_sub(TOLD_MAX);
    parts.truncate(TOLD_MAX);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.splice(0..0, said);
    let flags: String = entry.flags.iter().map(|it| format!("  [{}]", flag(it))).collect();
    let (position, kind, about) = (entry.position, entry.fact.kind(), about(&entry.fact));
    format!("{position:>8}  {}  {kind:<26} {about:<14} {}{flags}", short(when), parts.join(", "))
}

/// Seconds are enough for people.
pub fn short(time: Time) -> String {
    let text = time.to_string();
    text.chars().take(19).collect::<String>().replace('T', " ")
}

/// A shelf of sellable goods is called by its location alone.
fn place(account: &Account) -> String {
    let text = account.to_string();
    text.strip_suffix("/sellable").map_or(text.clone(), str::to_owned)
}

/// The thing it is about: the order, hold, transfer or item.
fn about(fact: &Fact) -> String {
    match fact {
        Fact::ItemRegistered(it) => it.sku.to_string(),
        Fact::AliasAdded(it) => it.alias.to_string(),
        Fact::LocationRegistered(it) => it.location.to_string(),
        Fact::LocationClosed(it) => it.location.to_string(),
        Fact::ChannelRegistered(it) => it.channel.to_string(),
        Fact::ChannelChanged(it) => it.channel.to_string(),
        Fact::StockReceived(it) => it.inbound.as_ref().map(ToString::to_string).unwrap_or_default(),
        Fact::StockInspected(it) => it.location.to_string(),
        Fact::StockHeld(it) => it.hold.to_string(),
        Fact::HoldExtended(it) => it.hold.to_string(),
        Fact::HoldReleased(it) => it.hold.to_string(),
        Fact::HoldExpired(it) => it.hold.to_string(),
        Fact::OrderCommitted(it) => it.order.to_string(),
        Fact::OrderCancelled(it) => it.order.to_string(),
        Fact::OrderShipped(it) => it.order.to_string(),
        Fact::StockReturned(it) => it.order.as_ref().map(ToString::to_string).unwrap_or_default(),
        Fact::StockDamaged(it) => it.location.to_string(),
        Fact::StockWrittenOff(it) => it.location.to_string(),
        Fact::ConditionChanged(it) => it.location.to_string(),
        Fact::TransferStarted(it) => it.transfer.to_string(),
        Fact::TransferReceived(it) => it.transfer.to_string(),
        Fact::TransferCancelled(it) => it.transfer.to_string(),
        Fact::StockReturnedToSupplier(it) => it.location.to_string(),
        Fact::StockCounted(it) => it.location.to_string(),
        Fact::StockAdjusted(it) => it.location.to_string(),
        Fact::EntryReversed(it) => format!("entry {}", it.reversed),
        Fact::ItemRenamed(it) => it.to.to_string(),
        Fact::ItemsMerged(it) => it.into.to_string(),
        Fact::ItemClosed(it) => it.sku.to_string(),
        Fact::ModeSet(it) => it.sku.to_string(),
        Fact::PolicySet(it) => scope(&it.scope),
        Fact::PoolOpened(it) => it.pool.to_string(),
        Fact::TrancheReleased(it) => it.pool.to_string(),
        Fact::PoolMoved(it) => {
            it.to.as_ref().or(it.from.as_ref()).map_or_else(String::new, ToString::to_string)
        }
        Fact::PoolClosed(it) => it.pool.to_string(),
        Fact::PoolShrunk(it) => {
            it.losses.first().map_or_else(String::new, |it| it.pool.to_string())
        }
        Fact::KitDefined(it) => it.sku.to_string(),
        Fact::KitAssembled(it) => it.sku.to_string(),
        Fact::KitDisassembled(it) => it.sku.to_string(),
        Fact::OrderRelocated(it) => it.order.to_string(),
        Fact::StockExpected(it) => it.inbound.to_string(),
        Fact::SupplierSet(it) => it.supplier.to_string(),
        Fact::SupplierSkuMapped(it) => it.supplier.to_string(),
        Fact::FeedSet(it) => it.feed.to_string(),
        Fact::TierAssigned(it) => it.feed.to_string(),
        Fact::FeedStepped(it) => it.feed.to_string(),
        Fact::SnapshotRecorded(it) => it.snapshot.to_string(),
        Fact::SnapshotJudged(it) => it.snapshot.to_string(),
        Fact::DiscrepancySettled(it) => {
            it.lines.first().map_or_else(String::new, |it| format!("#{}", it.number))
        }
        Fact::StocktakeRecorded(it) => it.stocktake.to_string(),
        Fact::StockListed(it) => it.channel.to_string(),
        Fact::StockHeard(it) => it.channel.to_string(),
        Fact::OrdersHandedOver(it) => it.handover.to_string(),
        Fact::HandoverConfirmed(it) => it.handover.to_string(),
        Fact::HandoverMissed(it) => it.handover.to_string(),
    }
}

/// What a rule is about, the narrower half first; the whole ledger has no name.
fn scope(scope: &Scope) -> String {
    let halves = [
        scope.sku.as_ref().map(ToString::to_string),
        scope.category.as_ref().map(ToString::to_string),
        scope.channel.as_ref().map(ToString::to_string),
        scope.location.as_ref().map(ToString::to_string),
        scope.supplier.as_ref().map(ToString::to_string),
    ];
    halves.into_iter().flatten().collect::<Vec<_>>().join("/")
}

fn flag(flag: &Flag) -> String {
    match flag {
        Flag::NegativeBook { sku, location, balance, .. } => {
            format!("negative book: {sku} at {location} {balance}")
        }
        Flag::Oversold { sku, location, by } => format!("oversold: {sku} at {location} by {by}"),
        Flag::UncommittedShip { sku, quantity, .. } => {
            format!("shipped without a commitment: {quantity} {sku}")
        }
        Flag::UnlinkedReturn { sku, quantity } => format!("unlinked return: {quantity} {sku}"),
        Flag::OverReceipt { sku, quantity } => format!("more than was sent: {quantity} {sku}"),
        Flag::BeforeCount { sku, .. } => format!("dated before a count of {sku}"),
        Flag::SupersededCount { sku } => format!("a later count of {sku} stands"),
        Flag::CountConflict { sku, recorded, counted } => {
            format!("{sku} was counted as {recorded} and as {counted}")
        }
        Flag::ClockSkew { claimed } => format!("claimed for {claimed}"),
    }
}
