//! Suppliers: their terms, places and feeds, what their codes mean, and what waits for them.

use std::collections::BTreeSet;

use onhand_core::{
    FeedId, Ledger, LedgerId, LocationId, LocationKind, Sku, Supplier, SupplierId, SupplierNo,
    SupplierSet, Time,
};
use serde::Serialize;

use super::{Missing, Page, Seen, bounded};
use crate::projector::Projector;

/// All suppliers, in the order in which they were set first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuppliersView {
    pub seen: Seen,
    pub rows: Vec<SupplierView>,
}

/// One supplier, and what the answer saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplierAnswer {
    pub seen: Seen,
    #[serde(flatten)]
    pub supplier: SupplierView,
}

/// A supplier as it is set, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SupplierView {
    #[serde(flatten)]
    pub terms: SupplierSet,
    /// When the day's orders are handed over next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cut_off: Option<Time>,
    pub locations: Vec<LocationId>,
    pub feeds: Vec<FeedId>,
    /// Codes of it that mean an item now.
    pub mapped: u64,
    /// Orders with units that it was not given to ship yet.
    pub waiting_orders: u64,
    pub open_discrepancies: u64,
    /// Position of the entry that set it last.
    pub position: u64,
}

/// One meaning of one code of a supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedRow {
    pub supplier_sku: Sku,
    pub sku: Sku,
    /// Units of ours in one of theirs.
    pub pack: u64,
    /// Of one unit of ours, in minor currency units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_cost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Time>,
    /// It means so now.
    pub valid: bool,
}

impl Projector {
    /// # Errors
    /// Unknown ledger.
    pub fn suppliers(&self, ledger: &LedgerId) -> Result<SuppliersView, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let all = (0..known.suppliers().len() as u32).map(SupplierNo).collect::<Vec<_>>();
        let rows = views(known, &all, self.now(known.time()));
        Ok(SuppliersView { seen: self.seen(&state, known), rows })
    }

    /// # Errors
    /// Unknown ledger or supplier.
    pub fn supplier(&self, ledger: &LedgerId, id: &SupplierId) -> Result<SupplierAnswer, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.supplier_no(id).ok_or(Missing::Supplier)?;
        let supplier = views(known, &[number], self.now(known.time())).pop();
        let supplier = supplier.ok_or(Missing::Supplier)?;
        Ok(SupplierAnswer { seen: self.seen(&state, known), supplier })
    }

    /// What the supplier's codes mean, by code. `next`: the code to go on behind. All meanings of
    /// one code come together, so that a page may be a little longer than asked for.
    ///
    /// # Errors
    /// Unknown ledger or supplier.
    pub fn supplier_skus(
        &self,
        ledger: &LedgerId,
        id: &SupplierId,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Page<MappedRow, Sku>, Missing> {
        let state = self.read();
        let known = state.known_ledger(ledger)?;
        let number = known.supplier_no(id).ok_or(Missing::Supplier)?;
        let now = self.now(known.time());
        let mut rows = mapped(known, number, after, now);
        rows.sort_by(|one, other| {
            let key = |it: &MappedRow| (it.supplier_sku.clone(), it.valid_from);
            key(one).cmp(&key(other))
        });
        let mut end = bounded(limit).min(rows.len());
        while end > 0
            && rows.get(end).is_some_and(|it| it.supplier_sku == rows[end - 1].supplier_sku)
        {
            end += 1;
        }
        let next = (end < rows.len()).then(|| rows[end - 1].supplier_sku.clone());
        rows.truncate(end);
        Ok(Page { seen: self.seen(&state, known), rows, next })
    }
}

fn mapped(ledger: &Ledger, supplier: SupplierNo, after: Option<&Sku>, now: Time) -> Vec<MappedRow> {
    let mut rows = Vec::new();
    for item in ledger.items() {
        let sources = item.supplied.iter().flat_map(|it| &it.sources);
        let ours = sources.filter(|it| it.supplier == supplier);
        for it in ours.filter(|it| after.is_none_or(|after| it.code > *after)) {
            rows.push(MappedRow {
                supplier_sku: it.code.clone(),
                sku: item.sku.clone(),
                pack: it.pack,
                unit_cost: it.unit_cost,
                valid_from: it.valid_from,
                valid_until: it.valid_until,
                valid: it.is_valid(now),
            });
        }
    }
    rows
}

fn views(ledger: &Ledger, wanted: &[SupplierNo], now: Time) -> Vec<SupplierView> {
    let mut codes: Vec<BTreeSet<&Sku>> = vec![BTreeSet::new(); ledger.suppliers().len()];
    for source in
        ledger.items().iter().filter_map(|it| it.supplied.as_ref()).flat_map(|it| &it.sources)
    {
        if source.is_valid(now) {
            codes[source.supplier.0 as usize].insert(&source.code);
        }
    }
    let open = ledger.discrepancies().filter(|it| it.state.is_open());
    let open: Vec<SupplierId> = open.filter_map(|it| super::inbox::supplier(ledger, it)).collect();
    let view = |number: &SupplierNo| {
        let Supplier { terms, next_cut_off, position, .. } = ledger.supplier(*number);
        let ours = |it: &&onhand_core::Location| {
            it.kind == LocationKind::Supplier && it.supplier.as_ref() == Some(&terms.supplier)
        };
        let feeds = ledger.feeds().iter().filter(|it| it.supplier == *number);
        SupplierView {
            terms: terms.clone(),
            next_cut_off: *next_cut_off,
            locations: ledger.locations().iter().filter(ours).map(|it| it.id.clone()).collect(),
            feeds: feeds.map(|it| it.id.clone()).collect(),
            mapped: codes[number.0 as usize].len() as u64,
            waiting_orders: ledger.waiting(*number).count() as u64,
            open_discrepancies: open.iter().filter(|it| **it == terms.supplier).count() as u64,
            position: *position,
        }
    };
    wanted.iter().map(view).collect()
}
