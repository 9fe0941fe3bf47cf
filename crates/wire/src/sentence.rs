//! A rejection in one sentence for people, with the numbers that decided.
#![deny(clippy::wildcard_enum_match_arm)]

use onhand_core::{Rejection, Shortfall};

pub(crate) fn sentence(rejection: &Rejection) -> String {
    match rejection {
        Rejection::UnknownSku { .. }
        | Rejection::UnknownLocation { .. }
        | Rejection::LocationClosed { .. }
        | Rejection::UnknownChannel { .. }
        | Rejection::UnknownOrder { .. }
        | Rejection::UnknownLine { .. }
        | Rejection::UnknownHold { .. }
        | Rejection::UnknownHoldLine { .. }
        | Rejection::UnknownTransfer { .. }
        | Rejection::NotInTransfer { .. }
        | Rejection::UnknownPool { .. }
        | Rejection::UnknownTranche { .. }
        | Rejection::NotAKit { .. }
        | Rejection::UnknownSupplier { .. }
        | Rejection::UnknownFeed { .. }
        | Rejection::UnknownTier { .. }
        | Rejection::UnknownSnapshot { .. }
        | Rejection::UnknownDiscrepancy { .. }
        | Rejection::UnknownHandover { .. }
        | Rejection::UnknownPosition { .. } => of_unknown(rejection),
        Rejection::ExceedsHeld { .. }
        | Rejection::ExceedsCommitted { .. }
        | Rejection::ExceedsShipped { .. }
        | Rejection::ExceedsPooled { .. }
        | Rejection::InsufficientStock { .. }
        | Rejection::OversellLimitReached { .. }
        | Rejection::StaleExpectation { .. }
        | Rejection::BookMoved { .. }
        | Rejection::SnapshotMoved { .. }
        | Rejection::BalanceTooLarge { .. } => of_number(rejection),
        Rejection::Contradiction { .. }
        | Rejection::OccurredAtOutOfRange { .. }
        | Rejection::DuplicateInBatch { .. }
        | Rejection::NoLocation { .. }
        | Rejection::ItemClosed { .. }
        | Rejection::PoolClosed { .. }
        | Rejection::TrancheAlreadyReleased { .. }
        | Rejection::ItemNotEmpty { .. }
        | Rejection::AlreadyExists { .. }
        | Rejection::SnapshotAlreadyRecorded { .. }
        | Rejection::DiscrepancySettled { .. }
        | Rejection::HandoverAlreadyConfirmed { .. }
        | Rejection::LineAlreadyCommitted { .. }
        | Rejection::LineOfAnotherItem { .. }
        | Rejection::HoldExpired { .. }
        | Rejection::HoldAlreadyReleased { .. }
        | Rejection::HoldAlreadyConverted { .. }
        | Rejection::TransferClosed { .. }
        | Rejection::LocationNotEmpty { .. }
        | Rejection::AlreadyReversed { .. }
        | Rejection::NotReversible { .. }
        | Rejection::BatchRefused { .. } => of_state(rejection),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`sentence` lists every variant")]
fn of_unknown(rejection: &Rejection) -> String {
    match rejection {
        Rejection::UnknownSku { sku } => format!("no item has the SKU `{sku}`"),
        Rejection::UnknownLocation { location } => format!("no location is named `{location}`"),
        Rejection::LocationClosed { location } => format!("the location `{location}` is closed"),
        Rejection::UnknownChannel { channel } => format!("no channel is named `{channel}`"),
        Rejection::UnknownOrder { order } => format!("no order is named `{order}`"),
        Rejection::UnknownLine { order, line } => {
            format!("the order `{order}` has no line `{line}`")
        }
        Rejection::UnknownHold { hold } => format!("no hold is named `{hold}`"),
        Rejection::UnknownHoldLine { hold, line } => {
            format!("the hold `{hold}` has no line `{line}`")
        }
        Rejection::UnknownTransfer { transfer } => format!("no transfer is named `{transfer}`"),
        Rejection::NotInTransfer { transfer, sku } => {
            format!("the transfer `{transfer}` carries no `{sku}`")
        }
        Rejection::UnknownPool { pool } => format!("no pool is named `{pool}`"),
        Rejection::UnknownTranche { pool, tranche } => {
            format!("the pool `{pool}` has no tranche `{tranche}`")
        }
        Rejection::NotAKit { sku } => format!("`{sku}` is no kit"),
        Rejection::UnknownSupplier { supplier } => format!("no supplier is named `{supplier}`"),
        Rejection::UnknownFeed { feed } => format!("no feed is named `{feed}`"),
        Rejection::UnknownTier { feed, tier } => format!("the feed `{feed}` has no tier `{tier}`"),
        Rejection::UnknownSnapshot { feed, snapshot } => {
            format!("no snapshot `{snapshot}` of the feed `{feed}` waits to be judged")
        }
        Rejection::UnknownDiscrepancy { number } => {
            format!("no discrepancy has the number {number}")
        }
        Rejection::UnknownHandover { supplier, handover } => {
            format!("`{supplier}` was handed over nothing under the name `{handover}`")
        }
        Rejection::UnknownPosition { position } => {
            format!("nothing is recorded at position {position}")
        }
        other => other.code().to_owned(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`sentence` lists every variant")]
fn of_number(rejection: &Rejection) -> String {
    match rejection {
        Rejection::ExceedsHeld { hold, line, requested, held } => {
            format!("line `{line}` of hold `{hold}` holds {held}, not {requested}")
        }
        Rejection::ExceedsCommitted { order, line, requested, committed } => {
            format!("line `{line}` of order `{order}` has {committed} committed, not {requested}")
        }
        Rejection::ExceedsShipped { order, line, requested, shipped } => {
            format!("line `{line}` of order `{order}` has {shipped} shipped, not {requested}")
        }
        Rejection::ExceedsPooled { pool, sku, requested, pooled } => {
            format!("the pool `{pool}` holds {pooled} of `{sku}`, not {requested}")
        }
        Rejection::InsufficientStock { lines } | Rejection::OversellLimitReached { lines } => {
            shortfalls(lines)
        }
        Rejection::StaleExpectation { sku, location, condition, expected, actual } => {
            format!(
                "the book says {actual} of `{sku}` at `{location}` ({condition:?}), not {expected}"
            )
        }
        Rejection::BookMoved { sku, location, .. } => {
            format!("`{sku}` at `{location}` was touched while the count was looked up")
        }
        Rejection::SnapshotMoved { feed, position, looked_up } => {
            format!("`{feed}` was compared at {looked_up} and changed at {position}")
        }
        Rejection::BalanceTooLarge { sku } => {
            format!("the balance of `{sku}` would pass the largest number of the book")
        }
        other => other.code().to_owned(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`sentence` lists every variant")]
fn of_state(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Contradiction { field, message } => format!("{field} {message}"),
        Rejection::OccurredAtOutOfRange { occurred_at, earliest, latest } => {
            format!("{occurred_at} is not between {earliest} and {latest}")
        }
        Rejection::DuplicateInBatch { field, value } => {
            format!("`{value}` stands twice in {field}")
        }
        Rejection::NoLocation { line } => {
            format!("line `{line}` names no location, and its channel none either")
        }
        Rejection::ItemClosed { sku } => format!("the item `{sku}` is closed"),
        Rejection::PoolClosed { pool } => format!("the pool `{pool}` is closed, or past its end"),
        Rejection::TrancheAlreadyReleased { pool, tranche, position } => {
            format!("the tranche `{tranche}` of `{pool}` was released by entry {position}")
        }
        Rejection::ItemNotEmpty { sku, location } => {
            format!("`{sku}` still has units or claims at `{location}`")
        }
        Rejection::AlreadyExists { kind, name } => format!("the {kind} `{name}` exists already"),
        Rejection::SnapshotAlreadyRecorded { feed, snapshot, position, same } => match same {
            true => format!("`{feed}` had the snapshot `{snapshot}` at entry {position}"),
            false => {
                format!("`{feed}` had another snapshot named `{snapshot}` at entry {position}")
            }
        },
        Rejection::DiscrepancySettled { number, position } => {
            format!("the discrepancy {number} was settled by entry {position}")
        }
        Rejection::HandoverAlreadyConfirmed { supplier, handover, position } => {
            format!("`{supplier}` confirmed `{handover}` with entry {position}")
        }
        Rejection::LineAlreadyCommitted { order, line, same } => match same {
            true => {
                format!("line `{line}` of order `{order}` is booked already, and says the same")
            }
            false => format!("line `{line}` of order `{order}` is booked already, differently"),
        },
        Rejection::LineOfAnotherItem { order, line, recorded, .. } => {
            format!("line `{line}` of order `{order}` is for `{recorded}`")
        }
        Rejection::HoldExpired { hold, expired_at, lines } => {
            format!("the hold `{hold}` ended at {expired_at}; {}", shortfalls(lines))
        }
        Rejection::HoldAlreadyReleased { hold } => format!("the hold `{hold}` was released"),
        Rejection::HoldAlreadyConverted { hold, order } => {
            format!("the hold `{hold}` became the order `{order}`")
        }
        Rejection::TransferClosed { transfer } => format!("the transfer `{transfer}` is done"),
        Rejection::LocationNotEmpty { location, items, first } => {
            format!("`{location}` still has units or claims of {items} items, such as `{first}`")
        }
        Rejection::AlreadyReversed { position } => format!("entry {position} was undone before"),
        Rejection::NotReversible { position, kind, instead } => {
            format!("entry {position} is `{kind}`; use {instead}")
        }
        Rejection::BatchRefused { index } => {
            format!("the item at index {index} was refused, so nothing of the batch is booked")
        }
        other => other.code().to_owned(),
    }
}

/// Which rule keeps a line from more; too little stock needs no rule.
fn limited(limiting: &str) -> String {
    match limiting {
        "free_stock" | "sellable_stock" => String::new(),
        rule => format!(", limited by {rule}"),
    }
}

/// Most lines that one sentence names; the facts list all.
const NAMED_MAX: usize = 3;

fn shortfalls(lines: &[Shortfall]) -> String {
    let one = |it: &Shortfall| {
        let at = it.location.as_ref().map_or(String::new(), |it| format!(" at `{it}`"));
        let part = it.part.as_ref().map_or(String::new(), |it| format!(" (part `{it}`)"));
        let (sku, limit) = (&it.sku, limited(&it.limiting));
        format!("`{sku}`{part}{at}: {} asked for, {} free{limit}", it.requested, it.available)
    };
    let named: Vec<String> = lines.iter().take(NAMED_MAX).map(one).collect();
    match lines.len().saturating_sub(NAMED_MAX) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}
