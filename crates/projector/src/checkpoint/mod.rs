//! The checkpoint: a copy of the projection on disk that makes the next start short.
//!
//! It is a cache. The journal is the truth, so whatever is wrong with a checkpoint, it is moved
//! aside and built anew. What is stored, in one sled tree:
//!
//! | key | value |
//! |---|---|
//! | 0 | [`meta::Meta`]: whose it is, its tip, and a digest over all other keys and values |
//! | 1, ledger | `Frame`: position, locations, channels, rules |
//! | 2, ledger, page | items, their open stretches and levels, [`keys::PAGE`] items a page |
//! | 3, ledger, item, n | a sealed stretch of an item's timeline |
//! | 4, ledger, n | marks of the timeline, [`keys::MARKS`] a chunk |
//! | 5, ledger, n | pool, by its number |
//! | 6, 7, 8, ledger, id | order, hold, transfer |
//! | 9, ledger, n | the newest notices, [`keys::NOTICES`] a chunk, in a ring |
//! | 10, n | fingerprints of answered commands and their places, [`keys::ANSWERS`] a chunk |
//!
//! Values are postcard with a CRC-32 over key and value behind. All that changed between two
//! checkpoints is written in one atomic batch together with the meta, and is then flushed.

mod capture;
mod dirty;
mod keys;
mod load;
mod meta;
mod start;
mod store;
mod writer;

pub(crate) use dirty::Dirty;
pub(crate) use start::{Begun, begin};
pub(crate) use store::Trouble;
pub(crate) use writer::Writer;
