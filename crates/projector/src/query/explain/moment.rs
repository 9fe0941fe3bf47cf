//! How things stood for one claimant at one moment: what the formula begins with.

use onhand_core::{
    Claimant, Expected, ItemNo, Ledger, LocationNo, Mode, NOW, Own, Pending, PoolDraw, PoolNo,
    PoolUnits, Recipe, Shelf, Supply, Time, Tranche, part,
};

use super::behind::Past;
use crate::supply::SupplyLog;
use crate::timeline::{Holder, LedgerLog};

/// A moment: now, or once the entry at a position was recorded.
pub struct Moment<'a> {
    pub ledger: &'a Ledger,
    pub log: &'a LedgerLog,
    pub supply: Option<&'a SupplyLog>,
    /// [`NOW`], or the past position.
    pub position: u64,
    pub time: Time,
    pub who: Claimant<'a>,
    pub slot: Option<Time>,
}

/// A pool and how much of it there is for the claimant.
pub struct PoolState {
    pub number: PoolNo,
    /// Below zero where it promised more than it had, like `own`.
    pub left: i64,
    pub drawn: u64,
    pub released: u64,
    pub own: i64,
    /// Promised beyond what it has where it lies.
    pub owed: i64,
}

/// What is taken of a window.
#[derive(Default)]
pub struct WindowState {
    pub begins: Time,
    pub limit: u64,
    pub taken: u64,
}

/// Supply on its way, and how much of it counts as there.
pub struct SupplyState<'a> {
    pub expected: &'a Expected,
    pub since: u64,
    pub supply: Supply,
    pub counted: i64,
}

impl<'a> Moment<'a> {
    pub fn is_now(&self) -> bool {
        self.position == NOW
    }

    pub fn mode(&self, item: ItemNo) -> &'a Mode {
        const FINITE: &Mode = &Mode::Finite;
        let info = self.ledger.item(item).info.as_ref();
        info.and_then(|it| it.mode.at(self.position)).map_or(FINITE, |(_, mode)| mode)
    }

    /// The recipe, and the entry that defined it.
    pub fn recipe(&self, item: ItemNo) -> Option<(u64, &'a Recipe)> {
        self.ledger.item(item).info.as_ref()?.recipe.at(self.position)
    }

    pub fn shelf(&self, item: ItemNo, location: LocationNo, past: &Past) -> Shelf {
        if self.is_now() {
            return self.ledger.shelf(item, location, self.time);
        }
        let figures = past.figures(Holder::Location(location));
        Shelf {
            sellable: figures.sellable,
            committed: figures.committed,
            held: figures.held,
            pooled: self.pooled_then(location, past),
            doubted: self.ledger.doubted(item, location, self.position) as i64,
        }
    }

    /// What pools held there: what one of them promised beyond its units is not another's.
    fn pooled_then(&self, location: LocationNo, past: &Past) -> i64 {
        let open = past.pools().into_iter().filter(|it| self.was_open(*it));
        let left = open.map(|it| past.figures(Holder::Pool(it, location)).pooled.max(0));
        left.sum()
    }

    /// None: the item has no windows.
    pub fn window(&self, item: ItemNo, past: &Past) -> Option<WindowState> {
        let Mode::Capacity(capacity) = self.mode(item) else { return None };
        let at = self.slot.unwrap_or(self.time);
        // A moment outside the calendar has no capacity.
        let Some(begins) = capacity.window_of(at) else { return Some(WindowState::default()) };
        let window = begins.minutes();
        let taken = if self.is_now() {
            self.ledger.taken_of_window(item, window, self.time)
        } else {
            let figures = past.figures(Holder::Window(window));
            u64::try_from(figures.held + figures.committed).unwrap_or(0)
        };
        Some(WindowState { begins, limit: capacity.limit, taken })
    }

    /// The pools that serve the claimant, the first to be drawn on first.
    pub fn pools(&self, item: ItemNo, past: &Past) -> Vec<PoolState> {
        if self.is_now() {
            let pools = self.ledger.pools_for(item, &self.who, self.time);
            return pools.into_iter().map(|number| self.pool_now(item, number)).collect();
        }
        let served = |it: &PoolNo| self.was_open(*it) && self.ledger.pool(*it).serves(&self.who);
        let mut pools: Vec<PoolNo> = past.pools().into_iter().filter(served).collect();
        pools.sort_by_key(|it| (std::cmp::Reverse(self.ledger.pool(*it).priority), *it));
        pools.into_iter().map(|number| self.pool_then(item, number, past)).collect()
    }

    fn pool_now(&self, item: ItemNo, number: PoolNo) -> PoolState {
        let pool = self.ledger.pool(number);
        PoolState {
            number,
            left: pool.part(item).map_or(0, |it| it.units_left()),
            drawn: pool.part(item).map_or(0, |it| it.drawn),
            released: pool.released(item, self.time),
            own: self.ledger.own_in(number, item, self.time),
            owed: self.ledger.owed_by(number, item, self.time, &Pending::default()),
        }
    }

    fn was_open(&self, number: PoolNo) -> bool {
        let pool = self.ledger.pool(number);
        pool.position <= self.position
            && pool.closed.is_none_or(|closed| closed > self.position)
            && pool.ends_at.is_none_or(|end| end > self.time)
    }

    fn pool_then(&self, item: ItemNo, number: PoolNo, past: &Past) -> PoolState {
        let pool = self.ledger.pool(number);
        let (mut left, mut drawn, mut owed) = (0, 0, 0);
        for figures in past.of_pool(number).map(|(_, known)| known.figures) {
            left += figures.pooled;
            drawn += figures.committed;
            owed += (-figures.pooled).max(0);
        }
        let is_out = |it: &Tranche| self.is_out(it.released, it.release_at);
        let PoolUnits { released, own } = pool.units(item, left, drawn, is_out);
        let drawn = u64::try_from(drawn).unwrap_or(0);
        PoolState { number, left, drawn, released, own, owed }
    }

    /// Whether a tranche could be sold: recorded or not, its moment had come.
    pub fn is_out(&self, released: Option<u64>, release_at: Time) -> bool {
        released.is_some_and(|it| it <= self.position) || release_at <= self.time
    }

    pub fn own(&self, pools: &[PoolState]) -> Own {
        let mut own = Own::default();
        for pool in pools {
            own.any = true;
            own.owed += pool.owed;
            own.units += pool.own;
            own.released += pool.released as i64;
            own.only |= self.ledger.pool(pool.number).draw == PoolDraw::Only;
        }
        own
    }

    /// Supply of the item at these locations that has not arrived.
    pub fn supply(
        &self,
        item: ItemNo,
        locations: &[LocationNo],
        sell_ahead_days: u64,
    ) -> Vec<SupplyState<'a>> {
        let until = self.time.plus_seconds(sell_ahead_days.saturating_mul(86_400));
        let mut all = Vec::new();
        for expected in self.expected(item) {
            let Some((since, supply)) = expected.supply.at(self.position) else { continue };
            if supply.left == 0 || !locations.contains(&expected.location) {
                continue;
            }
            let counts = sell_ahead_days > 0 && supply.expected_at <= until;
            let counted = if counts { part(supply.left as i64, supply.confidence) } else { 0 };
            all.push(SupplyState { expected, since, supply: *supply, counted });
        }
        all
    }

    /// All supply ever expected of the item. With a merge it went over to the other item: whose it
    /// was before is told by the logs.
    fn expected(&self, item: ItemNo) -> Vec<&'a Expected> {
        let mut owner = item;
        let own = |expected: &&Expected| {
            let first = expected.supply.all().first().map_or(0, |(since, _)| *since);
            self.log.item(item).is_some_and(|log| log.has(first))
        };
        let merged_into = |item| self.ledger.item(item).info.as_ref()?.merged_into;
        while let Some(next) = merged_into(owner) {
            owner = next;
        }
        let all = self.ledger.item(owner).expected().iter();
        match self.is_now() || self.ledger.merged(owner).is_empty() {
            true => self.ledger.item(item).expected().iter().collect(),
            false => all.filter(own).collect(),
        }
    }
}
