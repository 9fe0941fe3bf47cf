//! Record a snapshot: what a supplier says of its stock, as evidence beside the book.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Record a snapshot. An item that it does not name is not zero; a number left open is unknown. */
RecordSnapshot {
    pub feed: FeedId,
    /// The supplier's own name of it, such as a control number; unique in the feed.
    pub snapshot: Label,
    /// The moment that its numbers are of; now, if not given.
    #[serde(default)]
    pub as_of: Option<Time>,
    /// It names all that the supplier has, of the tier if one is given.
    #[serde(default)]
    pub complete: bool,
    #[serde(default)]
    pub tier: Option<Label>,
    /// As the feed says, if not given.
    #[serde(default)]
    pub basis: Option<Basis>,
    /// Orders of ours placed by then are in its numbers.
    #[serde(default)]
    pub orders_seen_through: Option<Time>,
    #[serde(default)]
    pub lines: Vec<SnapshotLine>,
    /// SHA-256 in hex of the bytes that it came as. With it the lines are read from there.
    #[serde(default)]
    pub hash: Option<Label>,
    /// Of a long one the part, from 1.
    #[serde(default = "RecordSnapshot::first_part")]
    pub part: u64,
    /// What its lines come to beside the book; the edge compares.
    #[serde(skip)]
    pub findings: Option<Box<Findings>>,
});

args!(/** What the supplier says of one of its codes. */
SnapshotLine {
    pub supplier_sku: Sku,
    /// In its own units. Not given: it leaves the number open.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// Units of ours in one of its own, if that is not what the mapping says.
    #[serde(default)]
    pub pack: Option<Quantity>,
    #[serde(default)]
    pub next_restock_at: Option<Time>,
});

impl RecordSnapshot {
    fn first_part() -> u64 {
        1
    }
}

/// What a snapshot, or a part of a long one, comes to beside the book as of `position`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The ledger's position when it was compared.
    pub position: u64,
    /// More parts follow.
    pub more: bool,
    /// Lines of the whole.
    pub lines: u64,
    pub suspicions: Vec<Suspicion>,
    /// Lines of this part that were set against the book, and those of them within tolerance.
    pub compared: u64,
    pub accurate: u64,
    /// Codes that mean nothing, in the whole; the first of them are in `found`.
    pub unknown: u64,
    /// Only what was not said before.
    pub said: Vec<SaidLine>,
    /// Their `number` is set when they are recorded.
    pub found: Vec<Difference>,
    /// Open differences that are gone.
    pub cleared: Vec<u64>,
    /// What settles itself; by book position each.
    pub counted: Vec<CountedLine>,
}

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &RecordSnapshot,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
