//! Notices: an item ran low on a channel, ran out, came back, or is sold beyond what is there.
//!
//! They are told at edges: levels are looked at once per block for each item that it touched, so
//! they follow from the journal alone, and under load the steps within a block are one. Rules and
//! lists of locations change many items at once: these are swept over after their block, slice by
//! slice. The newest are kept in memory and in the checkpoint, with a number each.

mod board;
mod level;
mod sweep;

pub use board::{KEPT_MAX, Notice, Notices, What, may_have};
pub use sweep::Sweep;
