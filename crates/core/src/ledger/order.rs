//! An order and how far each of its lines has come.

use serde::{Deserialize, Serialize};

use crate::{AtLocations, ChannelId, EarlyCancel, KitUse, LineRef, LocationNo, Sku};

/// A customer's order. Lines may be known before the order is: from a cancellation or a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub channel: Option<ChannelId>,
    /// Position of the entry that first named it.
    pub position: u64,
    /// Cancelled as a whole before any of it arrived.
    pub tombstone: bool,
    pub lines: Vec<OrderLine>,
}

/// Invariant: `ordered + uncommitted = committed + shipped + cancelled`; `returned <= shipped`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub r#ref: LineRef,
    /// Unknown as long as only a cancellation has been heard of.
    pub sku: Option<Sku>,
    pub ordered: u64,
    pub committed_at: AtLocations,
    pub shipped: u64,
    pub cancelled: u64,
    pub returned: u64,
    /// Shipped without a commitment: absorbed by a commitment that comes later.
    pub uncommitted: u64,
    /// Cancelled before the commitment arrived.
    pub early: Option<EarlyCancel>,
    /// The kit line that it is a part of.
    pub kit: Option<Box<KitUse>>,
    /// Units that suppliers were given to ship and did not yet, by location; never more than are
    /// committed there.
    pub handed: Vec<(LocationNo, u64)>,
}

impl Order {
    pub fn line(&self, line: &LineRef) -> Option<&OrderLine> {
        self.lines.iter().find(|it| it.r#ref == *line)
    }
    pub(super) fn line_mut(&mut self, line: &LineRef) -> &mut OrderLine {
        let found = self.lines.iter().position(|it| it.r#ref == *line);
        let index = found.unwrap_or_else(|| {
            self.lines.push(OrderLine::new(line.clone()));
            self.lines.len() - 1
        });
        &mut self.lines[index]
    }

    /// The kit line has come, in parts: what was cancelled of it early waits no more.
    pub(super) fn forget_early(&mut self, kit: &LineRef) {
        let Some(place) = self.lines.iter().position(|it| it.r#ref == *kit) else { return };
        self.lines[place].early = None;
        if self.lines[place] == OrderLine::new(kit.clone()) {
            self.lines.remove(place);
        }
    }
}

impl OrderLine {
    pub fn new(line: LineRef) -> OrderLine {
        OrderLine {
            r#ref: line,
            sku: None,
            ordered: 0,
            committed_at: Vec::new(),
            shipped: 0,
            cancelled: 0,
            returned: 0,
            uncommitted: 0,
            early: None,
            kit: None,
            handed: Vec::new(),
        }
    }
    pub fn committed(&self) -> u64 {
        self.committed_at.iter().map(|(_, quantity)| quantity).sum()
    }
    /// Units committed at the location, be they shared or out of a pool.
    pub fn committed_there(&self, location: LocationNo) -> u64 {
        let here = self.committed_at.iter().filter(|(spot, _)| spot.location == location);
        here.map(|(_, units)| units).sum()
    }

    /// Units at the location that its supplier was given to ship.
    pub fn handed_there(&self, location: LocationNo) -> u64 {
        let here = self.handed.iter().find(|(it, _)| *it == location);
        here.map_or(0, |(_, units)| *units)
    }

    /// What was handed over is at most what is still committed there.
    pub(super) fn cap_handed(&mut self) {
        if self.handed.is_empty() {
            return;
        }
        let mut handed = std::mem::take(&mut self.handed);
        for (location, units) in &mut handed {
            *units = (*units).min(self.committed_there(*location));
        }
        handed.retain(|(_, units)| *units > 0);
        self.handed = handed;
    }

    pub fn balances(&self) -> bool {
        self.ordered + self.uncommitted == self.committed() + self.shipped + self.cancelled
            && self.returned <= self.shipped
    }
}
