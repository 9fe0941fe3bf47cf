//! What a snapshot says of itself, completed by what its feed and the moment say.

use onhand_core::{Basis, FeedNo, Label, Time};

/// What holds for all lines of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub feed: FeedNo,
    /// When it is compared: old numbers are told by it, and the day of the budget.
    pub now: Time,
    /// The moment that its numbers are of.
    pub as_of: Time,
    /// It names all that the supplier has, of the tier if one is given.
    pub complete: bool,
    pub tier: Option<Label>,
    pub basis: Basis,
    /// Orders of ours placed by then are in its numbers.
    pub orders_seen_through: Option<Time>,
}
