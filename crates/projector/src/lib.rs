//! Folds a shard's blocks into what queries read: stock, availability, orders, holds, timelines.
//!
//! A [`Projector`] is fed from the journal, or with blocks this process just committed; both ways
//! check that a block is the next link. Its copy of the book is what was committed: a starting
//! engine begins from a clone of it. It lives in memory; a checkpoint on disk makes the next start
//! short and may be thrown away at any time.

mod changes;
mod checkpoint;
mod config;
mod decode;
mod feed;
mod follow;
mod listed;
mod look_up;
mod notices;
mod past_book;
mod projector;
mod query;
mod recent;
mod replay;
mod state;
mod supply;
pub mod timeline;

pub use changes::{Changed, TouchedBy};
pub use config::{Clock, Counts, OpenReport, Origin, Progress, ProjectorConfig, ProjectorState};
pub use follow::{Arrived, Follower};
pub use past_book::{PastBook, PastChange};
pub use projector::Projector;
pub use query::*;
