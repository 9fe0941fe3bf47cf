//! What lies where.

use onhand_core::{
    Item, ItemNo, Ledger, LedgerId, LocationId, LocationNo, Mode, NOW, Pending, Sku, Time,
};
use serde::Serialize;

use super::freshness::{FreshAt, fresh_at};
use super::{Amount, Missing, Page, bounded};
use crate::projector::Projector;

/// Which stock to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockQuery {
    /// These, by SKU or alias; if empty all, page by page in the order of their registration.
    pub skus: Vec<Sku>,
    /// Only at this location.
    pub location: Option<LocationId>,
    /// Behind this SKU; where all are told.
    pub after: Option<Sku>,
    /// Most items of the answer; each has a row per location.
    pub limit: usize,
}

/// One item at one location, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StockRow {
    pub sku: Sku,
    pub location: LocationId,
    pub on_hand: i64,
    pub sellable: i64,
    pub quality_control: i64,
    pub damaged: i64,
    pub quarantined: i64,
    /// By holds that are live now.
    pub held: i64,
    pub committed: i64,
    /// Set aside in pools and not drawn.
    pub pooled: i64,
    /// Kept back as safety stock.
    pub kept: i64,
    /// The part of what is sellable that counts, where a rule believes only a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub believed: Option<i64>,
    /// Sellable as far as it is believed, less what is committed, held, pooled and kept; below zero
    /// where promises exceed the stock. Nothing of an item that has windows of capacity.
    pub available: Amount<i64>,
    pub oversold: u64,
    /// How old the supplier's numbers are, at a location of a supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<FreshAt>,
    /// Position of the entry that last moved a balance here.
    pub touched: u64,
}

impl Projector {
    /// Stock by item and location. Items that never were anywhere have no row; with a location
    /// named, a row of zeros.
    ///
    /// # Errors
    /// Unknown ledger, SKU or location.
    pub fn stock(
        &self,
        ledger: &LedgerId,
        query: &StockQuery,
    ) -> Result<Page<StockRow, Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let location = match &query.location {
            Some(id) => Some(known.location_no(id).ok_or(Missing::Location)?),
            None => None,
        };
        let now = self.now(known.time());
        let (items, next) = page_items(known, &query.skus, query.after.as_ref(), query.limit)?;
        let rows = items.into_iter().flat_map(|item| rows(known, item, location, now)).collect();
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

/// The items named, or a page of all of them in the order of registration, and where it goes on.
pub(super) fn page_items(
    ledger: &Ledger,
    skus: &[Sku],
    after: Option<&Sku>,
    limit: usize,
) -> Result<(Vec<ItemNo>, Option<Sku>), Missing> {
    if !skus.is_empty() {
        let items = skus.iter().map(|sku| ledger.item_no(sku).ok_or(Missing::Sku));
        return Ok((items.collect::<Result<_, _>>()?, None));
    }
    let mut rest = page_items_of(ledger, after)?;
    let items: Vec<ItemNo> = rest.by_ref().take(bounded(limit)).collect();
    let next = rest.next().and(items.last()).map(|last| ledger.item(*last).sku.clone());
    Ok((items, next))
}

/// All items behind a SKU, in the order of registration.
pub(super) fn page_items_of<'a>(
    ledger: &'a Ledger,
    after: Option<&Sku>,
) -> Result<impl Iterator<Item = ItemNo> + use<'a>, Missing> {
    let begin = match after {
        Some(sku) => ledger.item_no(sku).ok_or(Missing::Sku)?.0 as usize + 1,
        None => 0,
    };
    // What was merged into another has no name of its own to go on from, and nothing to tell.
    let of_its_own = |number: &usize| {
        let info = ledger.items()[*number].info.as_ref();
        info.is_none_or(|it| it.merged_into.is_none())
    };
    let rest = (begin..ledger.items().len()).filter(of_its_own);
    Ok(rest.map(|number| ItemNo(number as u32)))
}

fn rows(ledger: &Ledger, number: ItemNo, location: Option<LocationNo>, now: Time) -> Vec<StockRow> {
    let item = ledger.item(number);
    match location {
        Some(location) => vec![row(ledger, number, item, location, now)],
        None => {
            let everywhere = item.cells.iter().map(|cell| cell.location);
            everywhere.map(|location| row(ledger, number, item, location, now)).collect()
        }
    }
}

fn row(ledger: &Ledger, number: ItemNo, item: &Item, location: LocationNo, now: Time) -> StockRow {
    let cell = ledger.cell(number, location);
    let terms = ledger.shelf_terms(number, location, now, &Pending::default());
    let (available, oversold) = match item.mode() {
        Mode::Finite => (Amount::Units(terms.free), cell.oversold()),
        Mode::Unlimited => (Amount::Unlimited, 0),
        Mode::Capacity(_) => (Amount::Units(0), 0),
    };
    StockRow {
        sku: item.sku.clone(),
        location: ledger.location(location).id.clone(),
        on_hand: cell.on_hand(),
        sellable: cell.sellable,
        quality_control: cell.quality_control,
        damaged: cell.damaged,
        quarantined: cell.quarantined,
        held: terms.shelf.held,
        committed: cell.committed,
        pooled: terms.shelf.pooled,
        kept: terms.kept,
        believed: (terms.believed != cell.sellable).then_some(terms.believed),
        available,
        oversold,
        freshness: fresh_at(ledger, number, location, NOW, now),
        touched: cell.touched,
    }
}
