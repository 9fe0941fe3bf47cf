//! Count stock: an anchor. The difference from the book at the moment of counting is booked, later sales stay counted.

use super::prelude::*;

args!(/** Count stock. */
CountStock {
    pub location: LocationId,
    /// Now, if not given.
    #[serde(default)]
    pub counted_at: Option<Time>,
    pub lines: Vec<CountLine>,
    /// What the book said at `counted_at`, by line; looked up by the edge for counts in the past.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

args!(/** What was seen. */
CountLine {
    pub sku: Sku,
    #[serde(default)]
    pub condition: Option<Condition>,
    pub quantity: u64,
});

/// The book at a past moment: `balance` sums the movements up to `position` that occurred by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookAt {
    pub balance: i64,
    pub position: u64,
}

pub(super) fn decide(ledger: &Ledger, now: Time, command: &CountStock) -> Result<Decision, Rejection> {
    let _ = (ledger, now, command);
    Err(Rejection::UnknownPosition { position: 0 })
}
