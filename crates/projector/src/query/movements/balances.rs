//! What stood on a shelf, and what was claimed of it, before and after each event of a block.

use onhand_core::{Claim, Condition, ItemNo, Ledger, LedgerId, LocationId, Sku};
use rustc_hash::FxHashMap;

use crate::state::State;
use crate::timeline::{Change, Figures, Holder, LedgerLog, add, moved, of_claim};

/// The figures of every item that a block touched, as far as its entries were told. They begin with
/// what the timelines say of the moment before the block's first entry about the item: that does
/// not change any more, however far the book has moved on.
#[derive(Default)]
pub(super) struct Balances {
    known: FxHashMap<(LedgerId, ItemNo), Vec<(Holder, Figures)>>,
}

/// Where one entry stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    ledger: &'a Ledger,
    /// None: timelines are switched off.
    log: Option<&'a LedgerLog>,
    position: u64,
}

impl<'a> At<'a> {
    pub fn of(state: &'a State, ledger: &'a Ledger, position: u64) -> At<'a> {
        let log = state.logs.get(ledger.id()).filter(|_| state.timeline);
        At { ledger, log, position }
    }
}

impl Balances {
    /// Units on the shelf before and after `units` came (or went, below zero).
    pub fn moved(
        &mut self,
        at: At<'_>,
        sku: &Sku,
        (location, condition): (&LocationId, Condition),
        units: i64,
    ) -> Option<(i64, i64)> {
        let by = moved(condition, units);
        let after = self.change(at, sku, location, by)?.balance(condition);
        Some((after - units, after))
    }

    /// Units claimed at the location before and after.
    pub fn claimed(
        &mut self,
        at: At<'_>,
        sku: &Sku,
        (location, claim): (&LocationId, Claim),
        units: i64,
    ) -> Option<(i64, i64)> {
        let after = self.change(at, sku, location, of_claim(claim, units))?.claim(claim);
        Some((after - units, after))
    }

    /// The figures at the location after the change.
    fn change(
        &mut self,
        at: At<'_>,
        sku: &Sku,
        location: &LocationId,
        by: Figures,
    ) -> Option<Figures> {
        let log = at.log?;
        let item = at.ledger.item_no_at(sku, at.position)?;
        let holder = Holder::Location(at.ledger.location_no(location)?);
        let before = || log.item(item).map_or_else(Vec::new, |it| it.before(at.position));
        let figures = self.known.entry((at.ledger.id().clone(), item)).or_insert_with(before);
        add(figures, &Change { at: holder, by });
        figures.iter().find(|(it, _)| *it == holder).map(|(_, figures)| *figures)
    }
}
