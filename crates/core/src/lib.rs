//! What may happen to stock, and what did: commands in, entries out; no clock, no randomness, no I/O.

mod accept;
mod account;
#[macro_use]
mod fact;
mod arrangement;
mod availability;
mod book;
mod claims;
mod command;
mod difference;
mod entry;
mod ledger;
mod mode;
mod name;
mod pending;
mod preview;
mod quantity;
mod rejection;
mod rule;
mod seen;
mod supply;
#[cfg(test)]
mod testing;
mod time;
mod trace;

pub use accept::*;
pub use account::*;
pub use arrangement::*;
pub use availability::*;
pub use book::*;
pub use claims::*;
pub use command::*;
pub use difference::*;
pub use entry::*;
pub use fact::*;
pub use ledger::*;
pub use mode::*;
pub use name::*;
pub use pending::*;
pub use preview::*;
pub use quantity::*;
pub use rejection::*;
pub use rule::*;
pub use seen::*;
pub use supply::*;
pub use time::*;
pub use trace::*;
