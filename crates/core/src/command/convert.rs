//! What assembling and disassembling share: parts and kits at one location, one made of the other.

use super::lines::{contradiction, movement, shelf};
use super::prelude::*;

/// Kits at a location, with names resolved.
pub(super) struct Batch<'a> {
    ledger: &'a Ledger,
    pub kit: ItemNo,
    pub recipe: &'a Recipe,
    location: &'a LocationId,
    at: LocationNo,
    kits: Quantity,
}

impl<'a> Batch<'a> {
    /// # Errors
    /// `contradiction` naming `quantity`, `unknown_sku`, `unknown_location`, `location_closed`,
    /// `not_a_kit`.
    pub fn of(
        ledger: &'a Ledger,
        sku: &Sku,
        location: &'a LocationId,
        kits: Quantity,
    ) -> Result<Batch<'a>, Rejection> {
        let recipe = ledger.item_no(sku).and_then(|it| ledger.item(it).recipe());
        for (_, need) in recipe.map_or(&[][..], |it| &it.parts) {
            if kits.times(*need).is_none() {
                return Err(contradiction("quantity", "makes too many units of a part"));
            }
        }
        let kit = ledger.known_item(sku)?;
        let at = ledger.open_location(location)?;
        let sku = || ledger.item(kit).sku.clone();
        let recipe = recipe.ok_or_else(|| Rejection::NotAKit { sku: sku() })?;
        Ok(Batch { ledger, kit, recipe, location, at, kits })
    }

    /// # Errors
    /// `item_closed`: what is made must be something that can be sold.
    pub fn refuse_closed(&self, made: &[ItemNo]) -> Result<(), Rejection> {
        match made.iter().find(|it| self.ledger.item(**it).is_closed()) {
            Some(item) => Err(Rejection::ItemClosed { sku: self.ledger.item(*item).sku.clone() }),
            None => Ok(()),
        }
    }

    /// Each item that is used up, with the units of it in one kit.
    ///
    /// # Errors
    /// `insufficient_stock` with every item of which too little is free, counted in kits.
    pub fn refuse_short(&self, used: &[(ItemNo, u64)], now: Time) -> Result<(), Rejection> {
        let short = |(place, (item, need)): (usize, &(ItemNo, u64))| {
            if !self.ledger.item(*item).mode().is_finite() {
                return None;
            }
            let free = u64::try_from(self.ledger.free(*item, self.at, now)).unwrap_or(0);
            let (requested, available) = (self.kits.units(), free / need);
            let part = (*item != self.kit).then(|| self.ledger.item(*item).sku.clone());
            (available < requested).then(|| Shortfall {
                index: place as u64,
                line: LineRef::numbered(place + 1),
                sku: self.ledger.item(self.kit).sku.clone(),
                location: Some(self.location.clone()),
                requested,
                available,
                shortfall: requested - available,
                limiting: "free_stock".into(),
                part,
            })
        };
        let lines: Vec<Shortfall> = used.iter().enumerate().filter_map(short).collect();
        if lines.is_empty() { Ok(()) } else { Err(Rejection::InsufficientStock { lines }) }
    }

    /// All units of an item in these kits, off the shelf or onto it. What is not counted by its
    /// units lies on no shelf: whoever makes it gives it, and takes it back.
    ///
    /// # Errors
    /// `balance_too_large`.
    pub fn movement(&self, item: ItemNo, need: u64, onto: bool) -> Result<Movement, Rejection> {
        let sku = &self.ledger.item(item).sku;
        let too_large = || Rejection::BalanceTooLarge { sku: sku.clone() };
        let units = self.kits.times(need).ok_or_else(too_large)?.units();
        let there = match self.ledger.item(item).mode().is_finite() {
            true => shelf(self.location, Condition::Sellable),
            false => Account::Supplier,
        };
        let (from, to) =
            if onto { (Account::Conversion, there) } else { (there, Account::Conversion) };
        movement(sku, units, from, to)?.ok_or_else(too_large)
    }
}
