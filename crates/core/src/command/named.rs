//! Items that lines name: known ones, and where the caller wants it new ones that the entry registers.

use rustc_hash::FxHashSet;

use super::prelude::*;

/// The items of one command's lines.
pub(super) struct Named<'a> {
    ledger: &'a Ledger,
    /// Register what is not known instead of refusing it.
    create: bool,
    created: Vec<Sku>,
}

impl<'a> Named<'a> {
    pub fn new(ledger: &'a Ledger, create: bool) -> Named<'a> {
        Named { ledger, create, created: Vec::new() }
    }

    /// The item of that name and its own SKU. No item: the entry registers it under that name.
    ///
    /// # Errors
    /// `unknown_sku`.
    pub fn find(&mut self, name: &Sku) -> Result<(Option<ItemNo>, Sku), Rejection> {
        match self.ledger.item_no(name) {
            Some(item) => Ok((Some(item), self.ledger.item(item).sku.clone())),
            None if self.create => {
                self.created.push(name.clone());
                Ok((None, name.clone()))
            }
            None => Err(Rejection::UnknownSku { sku: name.clone() }),
        }
    }

    /// The new items, each once, in the order in which the lines named them.
    pub fn created(self) -> Vec<Sku> {
        let mut seen = FxHashSet::default();
        let mut created = self.created;
        created.retain(|it| seen.insert(it.clone()));
        created
    }
}
