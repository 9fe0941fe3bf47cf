//! Facts about what others say of our stock, and about what differs from the book.
//!
//! Every type here is stored for ever: add variants and optional fields, never change one.

use serde::{Deserialize, Serialize};

use crate::fact::is_zero_u64;
use crate::{ChannelId, CountedLine, FeedId, Label, LocationId, Reason, Sku, Time};

/// What a supplier's number measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What lies on the shelf, promised or not.
    #[default]
    OnHand,
    /// What is free once everybody's orders but ours are taken off.
    BeforeOurOrders,
    /// What is free once all orders they know of are taken off, ours too.
    AfterOurOrders,
}

/// Why two numbers differ, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The item was never said before: theirs is where the book begins.
    FirstSeen,
    /// Orders, shipments or transfers that one side has booked and the other not yet.
    InFlight,
    /// Goods of ours on their way there, or of theirs, that one side has booked and the other not.
    UnacknowledgedReceipt,
    /// Goods that customers returned were put back for sale without word.
    SilentRestock,
    /// One counts packs and the other pieces.
    PackMistake,
    /// A code that means no item.
    UnknownSku,
    /// An item that complete snapshots leave out.
    VanishedSku,
    /// The number is so old that nothing follows from it.
    Stale,
    UnexplainedLoss,
    UnexplainedGain,
    /// The supplier could not serve an order of ours.
    Shortage,
    /// A channel shows another number than was pushed to it.
    Echo,
}

/// Who says otherwise than the book.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    Feed(FeedId),
    /// A stocktake of ours, by the location it was at.
    Stocktake(LocationId),
    Channel(ChannelId),
}

fact!(/** An item that an unknown code may mean. `confidence` in percent. */
Suggestion { sku: Sku, confidence: u64, why: Label });
fact!(/** One open difference: new, or with new figures under its old number. */
Difference {
    /** Counted from 1 in its ledger; what people name it by. */
    number: u64,
    kind: DifferenceKind,
    #[serde(default, skip_serializing_if = "Option::is_none")] sku: Option<Sku>,
    /** As the supplier calls it. */
    #[serde(default, skip_serializing_if = "Option::is_none")] supplier_sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")] location: Option<LocationId>,
    /** Their number on our basis, in our units. None: they leave it open. */
    #[serde(default, skip_serializing_if = "Option::is_none")] theirs: Option<i64>,
    /** The book at `as_of`. */
    ours: i64,
    as_of: Time,
    /** Percent. */
    confidence: u64,
    /** Positions of entries that explain it. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] explained_by: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] suggestions: Vec<Suggestion>,
});

/// Why a snapshot is not believed at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "breaker", rename_all = "snake_case")]
pub enum Suspicion {
    /// So many of the items that had stock drop to zero.
    ToZero { items: u64, of: u64, limit_percent: u64 },
    /// So many of the items said before are not in it.
    Missing { items: u64, of: u64, limit_percent: u64 },
    /// The sum of all units changed that much.
    Change { before: u64, after: u64, limit_percent: u64 },
    /// Numbers larger than any that is believed.
    Absurd { items: u64, largest: u64, limit: u64 },
}

/// What became of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotOutcome {
    Applied,
    /// Suspicious: somebody confirms or rejects it, and the last good one stays in force.
    Held,
    /// Older than one that was applied: kept as evidence.
    OutOfOrder,
}

fact!(/** What a snapshot newly says of an item, in our units on their basis. None: they leave it open. */
SaidLine {
    sku: Sku,
    #[serde(default, skip_serializing_if = "Option::is_none")] quantity: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")] next_restock_at: Option<Time>,
    /** Whole snapshots left the item out, or its number open, so many times in a row. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] missing: u64,
});
fact!(/** A snapshot, or a part of a long one. Lines that say what was said before are counted, not listed. */
SnapshotRecorded {
    feed: FeedId,
    snapshot: Label,
    /** Counted from 1. */
    part: u64,
    /** More parts follow. */
    #[serde(default, skip_serializing_if = "std::ops::Not::not")] more: bool,
    as_of: Time,
    complete: bool,
    /** What it is about, if not all of the feed. */
    #[serde(default, skip_serializing_if = "Option::is_none")] tier: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")] orders_seen_through: Option<Time>,
    /** SHA-256 of the bytes as they came, in hex. */
    #[serde(default, skip_serializing_if = "Option::is_none")] hash: Option<Label>,
    /** Lines of the file. */
    lines: u64,
    outcome: SnapshotOutcome,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] suspicions: Vec<Suspicion>,
    /** Lines that were set against the book, and how many of them agreed or were within tolerance. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] compared: u64,
    #[serde(default, skip_serializing_if = "is_zero_u64")] accurate: u64,
    /** Of a long one: lines of the file up to the end of this part. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] through: u64,
    /** Codes of the whole that mean nothing. */
    #[serde(default, skip_serializing_if = "is_zero_u64")] unknown: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] said: Vec<SaidLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] found: Vec<Difference>,
    /** Numbers of open differences that are gone. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] cleared: Vec<u64>,
    /** Differences that settled themselves; the movements bring the shelf there. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] counted: Vec<CountedLine>,
    /** Items of `said` that differ as somebody decided to live with, still. */
    #[serde(default, skip_serializing_if = "Vec::is_empty")] lived_with: Vec<Sku>,
});

/// What somebody made of a suspicious snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is right: it is applied when it is sent once more, by whoever keeps its bytes.
    Confirm,
    Reject,
}

fact!(/** Somebody confirmed or rejected a suspicious snapshot. */
SnapshotJudged { feed: FeedId, snapshot: Label, verdict: Verdict, reason: Reason });

/// What somebody makes of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settling {
    /// Their number is counted.
    AcceptTheirs,
    /// The book stands; the same number again opens nothing.
    KeepOurs,
    /// Open, and told to the other side as wrong.
    Dispute,
    /// Open, and out of sight until a moment.
    Snooze,
    /// Open, and the other side is asked.
    AskSupplier,
    /// Open as at the beginning.
    Reopen,
}

fact!(/** One difference and, where theirs was accepted, the count that it came to. */
SettledLine {
    number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")] counted: Option<CountedAt>,
});
fact!(/** A count that was the last of its shelf until another came. */
ReplacedCount { counted_at: Time, counted: u64 });
fact!(/** A count that settles a difference. */
CountedAt {
    location: LocationId,
    counted_at: Time,
    line: CountedLine,
    /** The count that stood there before. */
    #[serde(default, skip_serializing_if = "Option::is_none")] replaced: Option<ReplacedCount>,
});
fact!(/** Somebody decided about differences. */
DiscrepancySettled {
    action: Settling,
    reason: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none")] until: Option<Time>,
    lines: Vec<SettledLine>,
});
fact!(/** A stocktake of ours, set against the book; what agrees or settles itself is in `counted`. */
StocktakeRecorded {
    stocktake: Label,
    location: LocationId,
    counted_at: Time,
    compared: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] found: Vec<Difference>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] cleared: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] counted: Vec<CountedLine>,
});

fact!(/** A number of one item on a channel. */
ListedLine { sku: Sku, quantity: u64 });
fact!(/** These numbers were pushed to the channel. */
StockListed { channel: ChannelId, lines: Vec<ListedLine> });
fact!(/** The channel shows these numbers: as many agree with what was pushed as `confirmed` says. */
StockHeard {
    channel: ChannelId,
    heard_at: Time,
    confirmed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] found: Vec<Difference>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")] cleared: Vec<u64>,
});
