//! What happened to each item, in few bytes: where its entries are, and what each one changed.
//!
//! A ledger's log has *marks*, which lead from a position to the block that holds it, and one
//! *item log* per item: a list of records. A record says at which position and by what kind of entry the item was touched,
//! how long before its recording that occurred, for which order, and by how much each figure of
//! each holder changed: of a location, of a pool, of a window of capacity. Everything else (who, why, with which words) is read from the journal.
//! Full stretches of an item log are sealed behind a summary of the figures before them, so that
//! a page near the end costs the same however long the log is.

mod change;
mod codec;
mod holder;
mod item_log;
mod kind;
mod ledger_log;
mod record;
mod united;

pub use change::{Change, Figures};
pub(crate) use change::{effective, moved, of_claim};
pub use holder::Holder;
pub(crate) use item_log::add;
pub use item_log::{ItemLog, Sealed, Stretch};
pub use kind::name as kind_name;
pub use ledger_log::{LedgerLog, Mark};
pub use record::Record;
pub use united::{Step, records, steps, united};
