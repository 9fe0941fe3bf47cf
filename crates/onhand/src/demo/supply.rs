//! The demonstration's supplier: what is agreed with it, and the file that it sends at the end.

use std::collections::BTreeMap;
use std::fmt::Write;

use onhand_core::{
    Basis, Breakers, Command, FeedId, InvalidName, KeptBack, Label, LadderStep, MapSupplierSku,
    MappedLine, OnShortage, Quantity, ReturnLine, ReturnStock, SetFeed, SetSupplier, Sku,
    TierTerms, Tolerance,
};

use super::shop::{FIRST_SUPPLIER, Good, LEEDS, Shop};
use super::weeks::Weeks;

/// The supplier whose numbers come by a feed: its place in [`Shop::suppliers`].
const SUPPLIER: usize = 3;
pub const FEED: &str = "leeds-paper";
/// Where its goods lie: a place in [`Shop::places`].
pub const SHELF: usize = FIRST_SUPPLIER + SUPPLIER;

/// Units that customers returned to us and that the supplier sells again without a word.
const RETURNED: u64 = 3;
/// Units that it does not have, and nobody knows why.
const LOST: i64 = 7;

/// How its files are read: as its system writes them.
const PROFILE: &str = r#"delimiter = ";"
skip_rows = 1
complete = true

[columns]
code = "Item"
quantity = "In stock"
description = "Description"
"#;

/// The supplier's goods, in the order of its list.
fn goods(shop: &Shop) -> impl DoubleEndedIterator<Item = &Good> {
    shop.goods.iter().filter(|it| it.supplier == SUPPLIER)
}

/// What the supplier calls its goods: numbers with leading zeros.
fn codes(shop: &Shop) -> Result<BTreeMap<&Sku, Sku>, InvalidName> {
    let code = |place: usize| Sku::new(&format!("{:05}", 117 + 4 * place));
    let numbered = goods(shop).enumerate();
    numbered.map(|(place, good)| Ok((&good.sku, code(place)?))).collect()
}

/// The last of its goods is the one that comes back, the last but one gets a new code.
fn returned(shop: &Shop) -> Option<&Good> {
    goods(shop).next_back()
}

fn renamed(shop: &Shop) -> Option<&Good> {
    goods(shop).rev().nth(1)
}

impl Weeks<'_> {
    /// Who the supplier is, what its codes mean and how its numbers come; and goods of its that
    /// a customer sent back to us.
    pub(super) fn agree(&mut self) -> Result<(), InvalidName> {
        let supplier = self.shop.suppliers[SUPPLIER].clone();
        let set = SetSupplier {
            supplier: supplier.clone(),
            name: Some(Label::new("Leeds Paper")?),
            contact: None,
            time_zone: Some(Label::new("Europe/London")?),
            cut_off: None,
            confirm_within: None,
            on_shortage: OnShortage::Reroute,
        };
        self.say(Command::SetSupplier(set), "setup", "")?;
        let line = |(sku, code): (&Sku, Sku)| MappedLine {
            supplier_sku: code,
            sku: Some(sku.clone()),
            pack: Quantity::ONE,
            unit_cost: None,
            valid_from: None,
            valid_until: None,
        };
        let lines = codes(self.shop)?.into_iter().map(line).collect();
        let mapped = MapSupplierSku { supplier: supplier.clone(), lines };
        self.say(Command::MapSupplierSku(mapped), "setup", "")?;
        let feed = SetFeed {
            feed: FeedId::new(FEED)?,
            supplier,
            location: self.shop.places[SHELF].id.clone(),
            basis: Basis::OnHand,
            changes_only: false,
            missing_after: None,
            tiers: vec![tier()?],
            breakers: breakers(),
            tolerance: Tolerance { units: Some(1), daily_units: Some(20), ..Tolerance::default() },
            profile: Some(PROFILE.into()),
            pull: None,
        };
        self.say(Command::SetFeed(feed), "setup", "")?;
        self.take_back()
    }

    fn take_back(&mut self) -> Result<(), InvalidName> {
        let (Some(good), Some(quantity)) = (returned(self.shop), Quantity::new(RETURNED)) else {
            return Ok(());
        };
        let line =
            ReturnLine { r#ref: None, sku: Some(good.sku.clone()), quantity, condition: None };
        let location = self.shop.places[LEEDS].id.clone();
        let command = ReturnStock { order: None, location, lines: vec![line], reason: None };
        self.say(Command::ReturnStock(command), "returns", "")
    }
}

/// A day late a little is kept back, then half is believed, then nothing.
fn tier() -> Result<TierTerms, InvalidName> {
    let step = |after_hours: u64, trust_percent, units: Option<u64>| LadderStep {
        after_minutes: after_hours * 60,
        trust_percent,
        buffer: units.map(|it| KeptBack { units: Some(it), percent: None }),
    };
    let ladder = vec![step(30, None, Some(2)), step(48, Some(50), None), step(72, Some(0), None)];
    Ok(TierTerms { tier: Label::new("all")?, every_minutes: 24 * 60, ladder })
}

fn breakers() -> Breakers {
    Breakers {
        to_zero_percent: Some(30),
        missing_percent: Some(20),
        change_percent: Some(60),
        quantity_max: Some(100_000),
    }
}

/// The supplier's file, where the book has so many units of its goods on its shelf.
///
/// # Errors
/// A made-up name is not allowed: a mistake in the shop's tables.
pub fn file(shop: &Shop, book: &BTreeMap<String, i64>) -> Result<String, InvalidName> {
    let codes = codes(shop)?;
    let units = |good: &Good| book.get(good.sku.as_str()).copied().unwrap_or(0);
    let sku = |good: Option<&Good>| good.map(|it| it.sku.clone());
    let (returned, renamed) = (sku(returned(shop)), sku(renamed(shop)));
    let is_plain = |it: &&Good| ![&returned, &renamed].contains(&&Some(it.sku.clone()));
    let lost = sku(goods(shop).filter(is_plain).find(|it| units(it) > 2 * LOST));
    let mut text = "Leeds Paper: stock list\r\nItem;In stock;Description\r\n".to_owned();
    for good in goods(shop) {
        let mut code = codes.get(&good.sku).map(ToString::to_string).unwrap_or_default();
        let mut units = units(good);
        match Some(&good.sku) {
            it if it == returned.as_ref() => units += RETURNED as i64,
            it if it == lost.as_ref() => units -= LOST,
            it if it == renamed.as_ref() => code.push('A'),
            _ => {}
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{code};{};{}\r\n", units.max(0), good.name);
    }
    Ok(text)
}
