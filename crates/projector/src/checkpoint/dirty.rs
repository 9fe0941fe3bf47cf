//! What the next checkpoint must write: the names of what changed since the last one.

use std::collections::BTreeMap;

use onhand_core::{Fingerprint, HoldId, Label, LedgerId, OrderId, Place, SupplierId, TransferId};

use super::keys::PAGE;
use crate::state::State;

/// Something of a ledger that is stored under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Page(u32),
    Stretch(u32, u32),
    Pool(u32),
    Order(OrderId),
    Hold(HoldId),
    Transfer(TransferId),
    Discrepancy(u64),
    Handover(SupplierId, Label),
    Days(SupplierId, u32),
}

/// Names of changed parts, and new answers, which are all that is ever added to their list.
#[derive(Default)]
pub struct Dirty {
    pub parts: BTreeMap<LedgerId, Vec<Part>>,
    pub answers: Vec<(Fingerprint, Place)>,
}

impl Dirty {
    /// Everything there is.
    pub fn everything(state: &State) -> Dirty {
        let mut parts = BTreeMap::new();
        for (id, ledger) in &state.book.ledgers {
            let pages = ledger.items().len().div_ceil(PAGE) as u32;
            let mut all: Vec<Part> = (0..pages).map(Part::Page).collect();
            if let Some(log) = state.logs.get(id) {
                all.extend(log.all_sealed().map(|(item, number)| Part::Stretch(item, number)));
            }
            all.extend((0..ledger.pools().len()).map(|it| Part::Pool(it as u32)));
            all.extend(ledger.orders().map(|(id, _)| Part::Order(id.clone())));
            all.extend(ledger.holds().map(|(id, _)| Part::Hold(id.clone())));
            all.extend(ledger.transfers().map(|(id, _)| Part::Transfer(id.clone())));
            let differences = ledger.discrepancies();
            all.extend(differences.map(|it| Part::Discrepancy(it.difference.number)));
            all.extend(
                ledger
                    .handovers()
                    .map(|it| Part::Handover(it.told.supplier.clone(), it.told.handover.clone())),
            );
            if let Some(supply) = state.supplies.get(id) {
                all.extend(supply.parts().map(|(it, part)| Part::Days(it.clone(), *part)));
            }
            parts.insert(id.clone(), all);
        }
        Dirty { parts, answers: state.book.seen.all().collect() }
    }

    /// Adds what changed since the last call; the state forgets it.
    pub fn take(&mut self, state: &mut State) {
        for (id, ledger) in &mut state.book.ledgers {
            let touched = ledger.take_touched();
            let mut pages: Vec<u32> = touched.items.iter().map(|it| it / PAGE as u32).collect();
            let mut parts: Vec<Part> = touched.orders.into_iter().map(Part::Order).collect();
            parts.extend(touched.holds.into_iter().map(Part::Hold));
            parts.extend(touched.pools.into_iter().map(Part::Pool));
            parts.extend(touched.transfers.into_iter().map(Part::Transfer));
            parts.extend(touched.discrepancies.into_iter().map(Part::Discrepancy));
            let handovers = touched.handovers.into_iter();
            parts.extend(handovers.map(|(supplier, name)| Part::Handover(supplier, name)));
            if let Some(log) = state.logs.get_mut(id) {
                let (quiet, sealed) = log.take_changes();
                pages.extend(quiet.into_iter().map(|it| it / PAGE as u32));
                parts.extend(sealed.into_iter().map(|(item, n)| Part::Stretch(item, n)));
            }
            if let Some(supply) = state.supplies.get_mut(id) {
                let changed = supply.take_changes().into_iter();
                parts.extend(changed.map(|(supplier, part)| Part::Days(supplier, part)));
            }
            if let Some(notices) = state.notices.get_mut(id) {
                pages.extend(notices.take_changes().into_iter().map(|it| it / PAGE as u32));
            }
            pages.sort_unstable();
            pages.dedup();
            parts.extend(pages.into_iter().map(Part::Page));
            if !parts.is_empty() {
                self.parts.entry(id.clone()).or_default().append(&mut parts);
            }
        }
        self.answers.append(&mut state.book.seen.take_news());
    }

    /// Parts to write.
    pub fn len(&self) -> usize {
        self.parts.values().map(Vec::len).sum()
    }
}
