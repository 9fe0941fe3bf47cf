//! Ordered, hash-chained blocks of bytes on a log, written by one writer at a time.
//!
//! This crate knows blocks, heights and epochs. It does not know what is inside a block, and it
//! does not know stock. [`Writer`] is the one way to append; [`Chain`] is the one check of what is
//! read. Underneath lies a [`Journal`]: a JetStream stream, an embedded file, or memory with faults.

mod block;
mod chain;
mod claim;
pub mod embedded;
mod fault;
mod hash;
mod high_water;
pub mod jetstream;
pub mod memory;
mod parse;
mod patience;
mod resolve;
#[cfg(feature = "testing")]
pub mod testing;
mod writer;

pub use block::{Block, FORMAT, HEADER_BYTES_MAX, Identity, Kind, Tip, genesis, seal, shards_of};
pub use bytes::Bytes;
pub use chain::{Break, Chain};
pub use embedded::Embedded;
pub use fault::{AppendError, ClaimError, Fault};
pub use hash::Hash;
pub use high_water::HighWater;
pub use jetstream::{Durability, JetStream, JetStreamConfig, Tls};
pub use memory::MemoryJournal;
pub use parse::parse;
pub use patience::Patience;
pub use writer::Writer;

use std::time::Duration;

/// Largest block any backend takes, in bytes. A NATS server counts the headers of a message too,
/// so this is below its 8 MiB.
pub const BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024 - 16 * 1024;

/// One shard's log. Every call blocks; none may be made from an async task.
pub trait Journal: Send {
    /// Append under compare-and-set: stored iff the last height is `block.height - 1`; durable
    /// when it returns Ok.
    fn append(&mut self, block: &Block) -> Result<(), AppendError>;

    /// The authoritative read. None: nothing is stored at that height.
    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault>;

    /// Drop every connection and open new ones, so that no late append of ours can still leave
    /// from a queue of ours.
    fn reconnect(&mut self) -> Result<(), Fault>;

    /// An independent handle for bulk reading in another thread.
    fn reader(&self) -> Result<Box<dyn Reader>, Fault>;
}

/// Bulk reading of one shard's log, apart from its writer.
pub trait Reader: Send {
    /// Blocks from `height` on: up to `bytes_max` bytes of them, but at least one if there is one.
    /// Waits up to `wait` for the first; an empty answer says that none came.
    fn read_from(
        &mut self,
        height: u64,
        bytes_max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, Fault>;

    /// One block by its height. None: nothing is stored there.
    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault>;
}
