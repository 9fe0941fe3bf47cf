//! How sure each explanation is, in percent.
//!
//! They order what competes to explain one difference, and tell people how far to trust it. Each is
//! what the simulated supplier showed the explanation to be worth, rounded down; the shares by kind
//! are in BENCHMARKS.md, "The reconciler's judgement". To change one, measure again.

/// The first number of an item, or one that is too old: a fact, not a guess.
pub(super) const CERTAIN: u64 = 95;
/// So many complete snapshots without the item. It may have been renamed.
pub(super) const VANISHED: u64 = 90;
/// One number is the other times a pack that somebody says the item comes in.
pub(super) const KNOWN_PACK: u64 = 95;
/// Nearly so, beside something else or of whole packs only.
pub(super) const NEAR_PACK: u64 = 80;
/// Times a pack that goods often come in, though nobody says so of these.
pub(super) const COMMON_PACK: u64 = 76;
/// All of what happened after a moment, or before it: less `PER_EVENT` for each but the first.
pub(super) const FIRST_FEW: u64 = 86;
/// Just one entry fits: less one for each other that might have.
pub(super) const SINGLE: u64 = 85;
/// Two entries fit together: less `PER_EVENT` for each that might have.
pub(super) const PAIR: u64 = 74;
pub(super) const PER_EVENT: u64 = 2;
/// Goods that lie there or are on their way, as many as one entry says.
pub(super) const ONE_PART: u64 = 90;
/// As many as all of them together.
pub(super) const ALL_PARTS: u64 = 85;
/// Some of them.
pub(super) const SOME_PARTS: u64 = 74;
/// Such goods, and an entry beside: less `PER_EVENT` for each that might have been.
pub(super) const BOTH: u64 = 72;
/// What explains most of it, from `MOST` for nothing to `MOST + MOST_SPAN` for all.
pub(super) const MOST: u64 = 50;
pub(super) const MOST_SPAN: i64 = 20;
/// Somebody of ours corrected the book by just as much the other way.
pub(super) const CORRECTED: u64 = 80;
/// Nothing explains it: whatever explains less surely than so does not count.
pub(super) const UNEXPLAINED: u64 = 60;
/// A code that means nothing.
pub(super) const UNKNOWN: u64 = 100;
