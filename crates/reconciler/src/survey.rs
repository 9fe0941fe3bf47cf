//! The first look at a whole snapshot: what keeps it from being believed, and what a single line
//! cannot know.

use onhand_core::{ItemNo, Ledger, Sku, Suspicion};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::{Complaints, Head, Line};

/// So many codes that mean nothing are told one by one.
pub const UNKNOWN_MAX: usize = 1_000;

/// A snapshot while its lines come.
pub struct Survey {
    surveyed: Surveyed,
}

/// What a whole snapshot comes to before any of it is set against the book.
#[derive(Clone, Debug, Default)]
pub struct Surveyed {
    pub lines: u64,
    /// Why it is not believed at once. Whoever knows better empties them.
    pub suspicions: Vec<Suspicion>,
    /// Codes that mean nothing.
    pub unknown: u64,
    /// What is wrong with lines: with any of it nothing of the snapshot is booked.
    pub complaints: Complaints,
    /// The first codes that mean nothing and of which nobody was told yet.
    pub(crate) news: Vec<UnknownLine>,
    /// Differences about unknown codes that it names again.
    pub(crate) told: FxHashSet<u64>,
    /// Items that it names.
    pub(crate) seen: Bits,
    /// What several codes say of one item together.
    pub(crate) shared: FxHashMap<ItemNo, Shared>,
}

/// A line whose code means nothing.
#[derive(Clone, Debug)]
pub(crate) struct UnknownLine {
    pub code: Sku,
    pub quantity: Option<u64>,
    pub pack: Option<u64>,
    pub description: Option<SmolStr>,
    pub gtin: Option<SmolStr>,
}

/// What several codes say of one item.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The first of them: the item is compared where it stands.
    pub first: Sku,
    /// In our units. None: one of them leaves it open.
    pub units: Option<u64>,
}

/// A set of items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub fn has(&self, item: ItemNo) -> bool {
        let word = self.0.get(item.0 as usize / 64).copied().unwrap_or(0);
        word >> (item.0 % 64) & 1 == 1
    }

    pub fn add(&mut self, item: ItemNo) {
        let at = item.0 as usize / 64;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (item.0 % 64);
    }
}

impl Survey {
    pub fn new(_ledger: &Ledger, _head: &Head) -> Survey {
        Survey { surveyed: Surveyed::default() }
    }

    pub fn add(&mut self, _ledger: &Ledger, _line: &Line) {
        self.surveyed.lines += 1;
    }

    pub fn close(self, _ledger: &Ledger) -> Surveyed {
        self.surveyed
    }
}
