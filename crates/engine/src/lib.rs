//! The single writer of a shard: decides commands in memory, stores them in blocks, then answers.
//!
//! A caller hands a [`Batch`] to a [`Handle`] and gets one [`Answer`] per request, once the block
//! that holds it is durable. One thread decides; a second one makes the block before durable
//! meanwhile. After any fault there is no engine any more: the shard begins again from what its
//! [`Source`] says is committed. This crate knows no HTTP, no files and no status codes.

mod answer;
mod append;
mod clock;
mod config;
mod decide;
mod desk;
mod draft;
mod due;
mod engine;
mod handle;
mod load;
mod metrics;
mod recall;
mod recent;
mod serve;
mod shard;
mod shared;
mod source;
mod together;

pub use answer::{Answer, AnswerFault, Batch, CommittedBlock, Mode};
pub use clock::LedgerClock;
pub use config::EngineConfig;
pub use handle::{Handle, Status, start};
pub use metrics::{APPEND_SECONDS, EngineMetrics, Histogram};
pub use source::Source;
