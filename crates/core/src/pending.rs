//! Claims that are decided and not recorded yet: those of earlier lines of the same command.

use rustc_hash::FxHashMap;

use crate::{AtLocations, ItemNo, LocationNo, Origin, PoolNo, Spot};

/// Units by item and spot.
#[derive(Clone, Debug, Default)]
pub struct Pending(FxHashMap<(ItemNo, Spot), u64>);

impl Pending {
    pub fn add(&mut self, item: ItemNo, at: &AtLocations) {
        for (spot, units) in at {
            *self.0.entry((item, *spot)).or_default() += units;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn sum(&self, item: ItemNo, matches: impl Fn(&Spot) -> bool) -> u64 {
        let ours = self.0.iter().filter(|((it, spot), _)| *it == item && matches(spot));
        ours.map(|(_, units)| units).sum()
    }

    /// All that is claimed at a location.
    pub(crate) fn at(&self, item: ItemNo, location: LocationNo) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        self.sum(item, |it| it.location == location)
    }

    pub(crate) fn of_item(&self, item: ItemNo) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        self.sum(item, |_| true)
    }

    pub(crate) fn of_pool(&self, item: ItemNo, pool: PoolNo) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        self.sum(item, |it| it.origin == Origin::Pool(pool))
    }

    pub(crate) fn of_spot(&self, item: ItemNo, spot: Spot) -> u64 {
        self.0.get(&(item, spot)).copied().unwrap_or(0)
    }

    pub(crate) fn of_window(&self, item: ItemNo, window: u32) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        self.sum(item, |it| it.origin == Origin::Window(window))
    }
}
