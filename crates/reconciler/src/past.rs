//! What a comparison asks of the past; whoever keeps the timelines answers.

use onhand_core::{ItemNo, LocationNo, Time};

/// The book's past, as of one position of the ledger.
pub trait Past {
    /// Position of the last entry that was recorded by `at`: what nothing has touched since is now
    /// as it was then, and nobody needs to look. None: nobody knows.
    fn position_at(&self, _at: Time) -> Option<u64> {
        None
    }

    /// Of the item at the location: the sum of what is recorded until now and occurred by `at`.
    /// None: nobody keeps it.
    fn book_at(&self, item: ItemNo, location: LocationNo, at: Time) -> Option<PastBook>;

    /// What changed the item there, or anywhere if no location is given, and was recorded after
    /// `since`; newest first, at most `most` of it.
    fn events(
        &self,
        item: ItemNo,
        location: Option<LocationNo>,
        since: Time,
        most: usize,
    ) -> Vec<PastEvent>;
}

/// An item at a location at a past moment, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastBook {
    pub sellable: i64,
    pub committed: i64,
}

/// What one entry did to an item at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastEvent {
    pub position: u64,
    /// As `Fact::kind` names it.
    pub kind: &'static str,
    pub occurred_at: Time,
    pub recorded_at: Time,
    pub location: LocationNo,
    /// By how much it changed each.
    pub sellable: i64,
    pub quality_control: i64,
    pub committed: i64,
}
