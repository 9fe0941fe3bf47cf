//! What a caller is told when the ledger says yes.

use onhand_core::{Entry, LedgerId, Time};
use serde::Serialize;

/// The answer to one accepted command, in the words of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<'a> {
    pub ledger: &'a LedgerId,
    /// Place in the ledger.
    pub position: u64,
    /// Place of its block in the journal.
    pub height: u64,
    pub recorded_at: Time,
    /// The command was answered before; this is that answer.
    pub replayed: bool,
    pub entry: &'a Entry,
}

/// The answer to a command booked in the block at `height` at ledger time `recorded_at`.
pub fn answer(entry: &Entry, height: u64, recorded_at: Time, replayed: bool) -> Answer<'_> {
    Answer { ledger: &entry.ledger, position: entry.position, height, recorded_at, replayed, entry }
}

/// What a dry run says: the entry as it would be, nothing of it booked.
#[derive(Clone, Debug, Serialize)]
pub struct Would<'a> {
    pub dry_run: bool,
    pub ledger: &'a LedgerId,
    pub entry: &'a Entry,
}

impl Would<'_> {
    pub fn accept(entry: &Entry) -> Would<'_> {
        Would { dry_run: true, ledger: &entry.ledger, entry }
    }
}
