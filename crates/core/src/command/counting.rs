//! What every count goes through, whoever counted: earlier and later counts, merges, the variance.

use super::lines::{correction, shelf};
use super::prelude::*;

/// A count of one moment at one location while it is set against the book, line by line.
pub(super) struct Tally<'a> {
    pub location: &'a LocationId,
    pub at: LocationNo,
    pub counted_at: Time,
    /// Somebody said when. A count of this moment comes after all that the ledger knows.
    pub claimed: bool,
    pub decided: Vec<CountedLine>,
    pub movements: Vec<Movement>,
    pub flags: Vec<Flag>,
}

/// One balance, what was seen of it, and the book of then.
pub(super) struct Seen<'a> {
    /// None: the entry registers it.
    pub item: Option<&'a Item>,
    pub sku: &'a Sku,
    pub condition: Condition,
    pub counted: u64,
    pub book: BookAt,
}

/// What an earlier entry says to a count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It brings the book there.
    New,
    /// It was counted so before.
    Same,
    /// A later count stands, or a merge after it.
    Superseded,
    /// Another count of the same moment says otherwise.
    Contradicted { recorded: u64 },
}

impl<'a> Tally<'a> {
    pub fn new(
        location: &'a LocationId,
        at: LocationNo,
        counted_at: Time,
        claimed: bool,
    ) -> Tally<'a> {
        let (decided, movements, flags) = (Vec::new(), Vec::new(), Vec::new());
        Tally { location, at, counted_at, claimed, decided, movements, flags }
    }

    pub fn standing(&self, seen: &Seen<'_>) -> Standing {
        let Some(item) = seen.item.filter(|_| self.claimed) else { return Standing::New };
        // Whoever counted before a merge counted one of the two items, and not what they are now.
        if item.is_merged_after(self.counted_at) {
            return Standing::Superseded;
        }
        match item.anchor(self.at, seen.condition) {
            Some(it) if it.counted_at > self.counted_at => Standing::Superseded,
            Some(it) if it.counted_at < self.counted_at => Standing::New,
            Some(it) if it.counted == seen.counted => Standing::Same,
            Some(it) => Standing::Contradicted { recorded: it.counted },
            None => Standing::New,
        }
    }

    /// Whether the count takes effect.
    ///
    /// # Errors
    /// `balance_too_large`.
    pub fn add(&mut self, seen: &Seen<'_>) -> Result<bool, Rejection> {
        let (sku, counted) = (seen.sku.clone(), seen.counted);
        let standing = self.standing(seen);
        match standing {
            Standing::New => {
                let variance = counted as i64 - seen.book.balance;
                let shelf = shelf(self.location, seen.condition);
                self.movements.extend(correction(&sku, variance, shelf, Account::CountVariance)?);
            }
            // The same count once more changes nothing.
            Standing::Same => {}
            Standing::Superseded => self.flags.push(Flag::SupersededCount { sku: sku.clone() }),
            Standing::Contradicted { recorded } => {
                self.flags.push(Flag::CountConflict { sku: sku.clone(), recorded, counted });
            }
        }
        let applied = matches!(standing, Standing::New | Standing::Same);
        self.decided.push(CountedLine {
            sku,
            condition: seen.condition,
            counted,
            book: seen.book.balance,
            book_position: seen.book.position,
            applied,
        });
        Ok(applied)
    }
}

/// The book at the moment of a claimed count of the past: as it was looked up.
///
/// # Errors
/// `book_moved`: nobody looked it up, or it knew less of the ledger than is decided on here.
/// Sent again, it is looked up again.
pub(super) fn book_of_then(
    ledger: &Ledger,
    item: ItemNo,
    at: LocationNo,
    looked_up: Option<&BookAt>,
) -> Result<BookAt, Rejection> {
    let touched = ledger.cell(item, at).touched;
    let (touched, looked_up) = match looked_up {
        Some(book) if touched <= book.position => return Ok(*book),
        Some(book) => (touched, book.position),
        None => (ledger.position(), 0),
    };
    let (sku, location) = (ledger.item(item).sku.clone(), ledger.location(at).id.clone());
    Err(Rejection::BookMoved { sku, location, touched, looked_up })
}
