//! Record a stocktake of ours: set against the book, with what differs in the inbox.

use super::lines::contradiction;
use super::prelude::*;

args!(/** Record a stocktake. What agrees, or differs within tolerance, is counted at once. */
RecordStocktake {
    pub stocktake: Label,
    pub location: LocationId,
    /// Now, if not given.
    #[serde(default)]
    pub counted_at: Option<Time>,
    pub lines: Vec<StocktakeLine>,
    /// Which differences settle themselves; none, if not given.
    #[serde(default)]
    pub tolerance: Tolerance,
    /// What the book said at `counted_at`, by line; looked up by the edge for one in the past.
    #[serde(skip)]
    pub book: Vec<BookAt>,
});

args!(/** What was seen of an item on the shelf, for sale. */
StocktakeLine {
    pub sku: Sku,
    pub quantity: u64,
});

pub(super) fn decide(
    _ledger: &Ledger,
    _now: Time,
    _command: &RecordStocktake,
) -> Result<Decision, Rejection> {
    Err(contradiction("command", "is not built yet"))
}
