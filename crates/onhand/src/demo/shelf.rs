//! The demonstration's own count of what lies where, so that its days make sense.

use std::collections::BTreeMap;

/// Units of one item at one place, as the shop believes.
#[derive(Clone, Copy, Default)]
pub struct Shelf {
    pub sellable: u64,
    pub quality_control: u64,
    pub damaged: u64,
    pub claimed: u64,
}

impl Shelf {
    pub fn free(&self) -> u64 {
        self.sellable.saturating_sub(self.claimed)
    }
}

/// All shelves, by (item, place).
#[derive(Default)]
pub struct Shelves(BTreeMap<(usize, usize), Shelf>);

impl Shelves {
    pub fn at(&self, good: usize, place: usize) -> Shelf {
        self.0.get(&(good, place)).copied().unwrap_or_default()
    }

    pub fn at_mut(&mut self, good: usize, place: usize) -> &mut Shelf {
        self.0.entry((good, place)).or_default()
    }

    /// Items at a place of which `wanted` finds something.
    pub fn having(&self, place: usize, wanted: impl Fn(&Shelf) -> u64) -> Vec<(usize, u64)> {
        let here = self.0.iter().filter(|((_, at), _)| *at == place);
        here.map(|((good, _), shelf)| (*good, wanted(shelf)))
            .filter(|(_, units)| *units > 0)
            .collect()
    }
}
