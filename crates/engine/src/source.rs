//! Where a starting engine begins, and the world it runs in.

use onhand_core::{Book, Time};
use onhand_journal::{Fault, HighWater, Journal, Tip};

/// What a shard needs from outside, at every start. Calls may block.
pub trait Source: Send {
    /// What is committed: the book, and the tip it was folded to, caught up to the journal's end.
    ///
    /// # Errors
    /// The journal cannot be read, or it contradicts itself.
    fn load(&mut self) -> Result<(Book, Tip), Fault>;

    /// The journal to write to, and the highest acknowledged height.
    ///
    /// # Errors
    /// The journal cannot be opened.
    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault>;

    /// The wall clock, read about once per block. It may go back or leap; ledger time does not.
    fn clock(&mut self) -> Time;
}
