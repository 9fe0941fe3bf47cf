//! An order and how far each of its lines has come.

use serde::{Deserialize, Serialize};

use crate::{AtLocations, ChannelId, EarlyCancel, KitUse, LineRef, Sku};

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
        }
    }
    pub fn committed(&self) -> u64 {
        self.committed_at.iter().map(|(_, quantity)| quantity).sum()
    }
    pub fn balances(&self) -> bool {
        self.ordered + self.uncommitted == self.committed() + self.shipped + self.cancelled
            && self.returned <= self.shipped
    }
}
