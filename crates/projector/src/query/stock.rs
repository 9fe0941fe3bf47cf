//! What lies where.

use onhand_core::{Item, ItemNo, Ledger, LedgerId, LocationId, LocationNo, Sku, Time};
use serde::Serialize;

use super::{Missing, Page, bounded};
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
    /// Sellable, less what is committed and held; below zero where promises exceed the stock.
    pub available: i64,
    pub oversold: u64,
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
    let begin = match after {
        Some(sku) => ledger.item_no(sku).ok_or(Missing::Sku)?.0 as usize + 1,
        None => 0,
    };
    let end = ledger.items().len().min(begin + bounded(limit));
    let items = (begin..end).map(|number| ItemNo(number as u32)).collect();
    let next = (end < ledger.items().len()).then(|| ledger.items()[end - 1].sku.clone());
    Ok((items, next))
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
    let held = ledger.held(number, &cell, now);
    StockRow {
        sku: item.sku.clone(),
        location: ledger.location(location).id.clone(),
        on_hand: cell.on_hand(),
        sellable: cell.sellable,
        quality_control: cell.quality_control,
        damaged: cell.damaged,
        quarantined: cell.quarantined,
        held,
        committed: cell.committed,
        available: cell.sellable - cell.committed - held,
        oversold: cell.oversold(),
        touched: cell.touched,
    }
}
