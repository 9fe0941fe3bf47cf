//! What a supplier's file says, before anything is looked up in the book.

use onhand_core::{Basis, Time};
use smol_str::SmolStr;

/// One line of a snapshot, as the supplier wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Line, row or segment of the file, from 1.
    pub line: u64,
    /// The supplier's code, outer spaces removed; leading zeros are part of it.
    pub code: SmolStr,
    /// In the supplier's own units. None: the file names the item and leaves the number open.
    pub quantity: Option<u64>,
    /// Units of ours in one of theirs, if the file says so.
    pub pack: Option<u64>,
    pub next_restock_at: Option<Time>,
    pub description: Option<SmolStr>,
    pub gtin: Option<SmolStr>,
}

/// What a file says of itself as a whole. What it leaves out the feed or the caller says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The sender's own number of the message, such as an EDI control number with its sender.
    pub snapshot: Option<SmolStr>,
    pub as_of: Option<Time>,
    pub complete: Option<bool>,
    pub basis: Option<Basis>,
    pub orders_seen_through: Option<Time>,
}

/// What reading a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub header: Header,
    /// Lines handed on.
    pub lines: u64,
    /// Lines left out on purpose: empty ones, comments, those of other warehouses.
    pub skipped: u64,
}
