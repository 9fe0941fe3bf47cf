//! An item: its names, and its balances by location.

use serde::{Deserialize, Serialize};

use crate::{Cell, Condition, Label, LocationNo, Sku, Time};

/// One item of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub sku: Sku,
    /// One for each location that ever held or promised the item.
    pub cells: Vec<Cell>,
    /// What most items of a large ledger do without.
    pub info: Option<Box<ItemInfo>>,
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
}

/// A count that stands: facts dated before it do not change the balance after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    pub location: LocationNo,
    pub condition: Condition,
    pub counted_at: Time,
    pub counted: u64,
}

impl Item {
    pub fn new(sku: Sku) -> Item {
        Item { sku, cells: Vec::new(), info: None }
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

    pub(super) fn info_mut(&mut self) -> &mut ItemInfo {
        self.info.get_or_insert_default()
    }
}
