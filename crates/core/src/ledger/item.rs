//! An item: its names, and its balances by location.

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use super::{History, ItemNo, PoolNo, RuleSet, Supplied};
use crate::{Cell, Condition, Label, LocationNo, Mode, Sku, Time};

/// One item of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub sku: Sku,
    /// One for each location that ever held or promised the item.
    pub cells: Vec<Cell>,
    /// What most items of a large ledger do without.
    pub info: Option<Box<ItemInfo>>,
    /// What suppliers and channels say of it.
    pub supplied: Option<Box<Supplied>>,
}

/// What is known of an item beyond its stock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemInfo {
    pub aliases: Vec<Sku>,
    pub name: Option<Label>,
    pub category: Option<Label>,
    pub scale: u8,
    /// The latest count of each balance that was counted.
    pub anchors: Vec<Anchor>,
    /// The rules of this item alone.
    pub rules: RuleSet,
    /// How it is counted; by its units where nothing was ever said.
    pub mode: History<Mode>,
    /// Open pools that hold units of it.
    pub pools: Vec<PoolNo>,
    /// What it is made of, if it is a kit.
    pub recipe: History<Recipe>,
    /// Kits that are or were made of it.
    pub used_in: Vec<ItemNo>,
    /// Supply on its way.
    pub expected: Vec<Expected>,
    /// What was taken of each window's capacity, by the minutes since 1970 at which it begins.
    pub windows: BTreeMap<u32, WindowUse>,
    /// Position of the entry that closed it.
    pub closed: Option<u64>,
    /// Items that were merged into it: their history stays with them.
    pub merged: Vec<ItemNo>,
    /// When the last of them was.
    pub merged_at: Option<Time>,
    /// The item that it was merged into.
    pub merged_into: Option<ItemNo>,
}

/// What one kit is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Counted from 1.
    pub version: u64,
    /// Units of each part in one kit.
    pub parts: Vec<(ItemNo, u64)>,
}

/// Supply of the item that is on its way under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub inbound: Label,
    pub location: LocationNo,
    /// What was expected from each position on; receipts make it less.
    pub supply: History<Supply>,
}

/// Units that have not arrived yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    pub left: u64,
    pub expected_at: Time,
    /// Percent.
    pub confidence: u64,
}

/// What is taken of a window's capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowUse {
    /// By holds, those past their end included whose expiry is not yet recorded.
    pub held: u64,
    /// By orders; shipping gives nothing back, cancelling does.
    pub taken: u64,
}

/// A count that stands: facts dated before it do not change the balance after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub location: LocationNo,
    pub condition: Condition,
    pub counted_at: Time,
    pub counted: u64,
    /// Position of the entry that says so.
    pub position: u64,
}

impl Item {
    pub fn new(sku: Sku) -> Item {
        Item { sku, cells: Vec::new(), info: None, supplied: None }
    }

    /// How the item is counted.
    pub fn mode(&self) -> &Mode {
        const FINITE: &Mode = &Mode::Finite;
        self.info.as_ref().and_then(|it| it.mode.now()).unwrap_or(FINITE)
    }

    /// Open pools that hold units of it.
    pub fn pools(&self) -> &[PoolNo] {
        self.info.as_ref().map_or(&[], |it| &it.pools)
    }

    /// What it is made of, if it is a kit.
    pub fn recipe(&self) -> Option<&Recipe> {
        self.info.as_ref()?.recipe.now()
    }

    pub fn is_closed(&self) -> bool {
        self.info.as_ref().is_some_and(|it| it.closed.is_some())
    }

    /// Whether another item became a part of it after `at`.
    pub fn is_merged_after(&self, at: Time) -> bool {
        self.info.as_ref().and_then(|it| it.merged_at).is_some_and(|it| at < it)
    }

    /// Position of the entry that closed it.
    pub fn closed_at(&self) -> Option<u64> {
        self.info.as_ref()?.closed
    }

    pub fn expected(&self) -> &[Expected] {
        self.info.as_ref().map_or(&[], |it| &it.expected)
    }

    pub fn aliases(&self) -> &[Sku] {
        self.info.as_ref().map_or(&[], |it| &it.aliases)
    }

    pub fn cell(&self, location: LocationNo) -> Option<&Cell> {
        self.cells.iter().find(|it| it.location == location)
    }

    /// The cell at a location, made when it is first needed.
    pub(super) fn cell_mut(&mut self, location: LocationNo) -> &mut Cell {
        let found = self.cells.iter().position(|it| it.location == location);
        let index = found.unwrap_or_else(|| {
            // Exactly one more: with millions of items the slack of doubling would be the largest part.
            self.cells.reserve_exact(1);
            self.cells.push(Cell::new(location));
            self.cells.len() - 1
        });
        &mut self.cells[index]
    }

    pub fn anchor(&self, location: LocationNo, condition: Condition) -> Option<&Anchor> {
        let anchors = self.info.as_ref().map_or(&[][..], |it| &it.anchors);
        anchors.iter().find(|it| it.location == location && it.condition == condition)
    }

    /// A newer count of a balance replaces the one before.
    pub(super) fn set_anchor(&mut self, anchor: Anchor) {
        let anchors = &mut self.info_mut().anchors;
        anchors.retain(|it| it.location != anchor.location || it.condition != anchor.condition);
        anchors.push(anchor);
    }

    /// Nobody counted the balance, as far as anybody knows.
    pub(super) fn forget_anchor(&mut self, location: LocationNo, condition: Condition) {
        let anchors = &mut self.info_mut().anchors;
        anchors.retain(|it| it.location != location || it.condition != condition);
    }

    pub(super) fn supplied_mut(&mut self) -> &mut Supplied {
        self.supplied.get_or_insert_default()
    }

    pub(super) fn info_mut(&mut self) -> &mut ItemInfo {
        self.info.get_or_insert_default()
    }
}
