//! Suppliers' snapshots against the book: what they say, how it differs, and why. No I/O of its own.

mod breakers;
mod compare;
mod complaint;
pub mod format;
mod gtin;
mod head;
mod line;
mod past;
mod suggest;
mod survey;

pub use compare::{Budget, compare, compare_whole, unknown, vanished};
pub use complaint::{Complaint, Complaints};
pub use gtin::gtin14;
pub use head::Head;
pub use line::{Header, Line, Reading};
pub use past::{Past, PastBook, PastEvent};
pub use suggest::{CONFIDENCE_MIN, Candidate, Hint, Suggester, Unknown, Vanished, Why};
pub use survey::{Survey, Surveyed, UNKNOWN_MAX};
