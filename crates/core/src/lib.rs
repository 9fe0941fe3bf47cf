//! What may happen to stock, and what did: commands in, entries out; no clock, no randomness, no I/O.

mod accept;
mod account;
mod book;
mod command;
mod entry;
mod fact;
mod ledger;
mod name;
mod quantity;
mod rejection;
mod seen;
#[cfg(test)]
mod testing;
mod time;

pub use accept::*;
pub use account::*;
pub use book::*;
pub use command::*;
pub use entry::*;
pub use fact::*;
pub use ledger::*;
pub use name::*;
pub use quantity::*;
pub use rejection::*;
pub use seen::*;
pub use time::*;
