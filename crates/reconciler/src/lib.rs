//! Suppliers' snapshots against the book: what they say, how it differs, and why. No I/O of its own.

mod complaint;
pub mod format;
mod gtin;
mod line;
mod past;
mod suggest;

pub use complaint::{Complaint, Complaints};
pub use gtin::gtin14;
pub use line::{Header, Line, Reading};
pub use past::{Past, PastBook, PastEvent};
pub use suggest::{CONFIDENCE_MIN, Candidate, Hint, Suggester, Unknown, Vanished, Why};
