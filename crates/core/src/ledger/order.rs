//! An order and how far each of its lines has come.

use serde::{Deserialize, Serialize};

use crate::{AtLocations, ChannelId, EarlyCancel, KitUse, LineRef, LocationNo, Sku};

/// A customer's order. Lines may be known before the order is: from a cancellation or a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub channel: Option<ChannelId>,
    /// Position of the entry that named the channel; 0 if none has.
    pub channel_at: u64,
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
    /// What suppliers were given to ship, by location.
    pub handed: Vec<Handed>,
}

/// What the supplier of a location was given to ship of an order line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub location: LocationNo,
    /// Not shipped yet; never more than are committed there.
    pub units: u64,
    pub shipped: u64,
    /// Cancelled or taken elsewhere since, without a word of the supplier.
    pub called_off: u64,
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

    /// What the supplier of the location was given to ship of it, if it ever was.
    pub fn handed_at(&self, location: LocationNo) -> Option<&Handed> {
        self.handed.iter().find(|it| it.location == location)
    }

    /// Units at the location that its supplier was given to ship and did not yet.
    pub fn handed_there(&self, location: LocationNo) -> u64 {
        self.handed_at(location).map_or(0, |it| it.units)
    }

    /// Units at the location that its supplier was not given to ship yet.
    pub fn waiting_there(&self, location: LocationNo) -> u64 {
        self.committed_there(location).saturating_sub(self.handed_there(location))
    }

    pub(super) fn hand_over(&mut self, location: LocationNo, units: u64) {
        match self.handed.iter_mut().find(|it| it.location == location) {
            Some(known) => {
                if known.units == 0 {
                    known.called_off = 0;
                }
                known.units += units;
            }
            None => {
                self.handed.reserve_exact(1);
                self.handed.push(Handed { location, units, shipped: 0, called_off: 0 });
            }
        }
    }

    /// A supplier ships first what it was given to ship.
    pub(super) fn ship_handed(&mut self, at: &AtLocations) {
        self.each_handed(at, |known, units| {
            let units = units.min(known.units);
            known.units -= units;
            known.shipped += units;
        });
    }

    /// It never went: the supplier is still to ship what it was given.
    pub(super) fn unship_handed(&mut self, at: &AtLocations) {
        self.each_handed(at, |known, units| {
            let units = units.min(known.shipped);
            known.shipped -= units;
            known.units += units;
        });
    }

    /// The supplier itself gave it up.
    pub(super) fn give_up_handed(&mut self, at: &AtLocations) {
        self.each_handed(at, |known, units| known.units -= units.min(known.units));
    }

    fn each_handed(&mut self, at: &AtLocations, mut change: impl FnMut(&mut Handed, u64)) {
        for (spot, units) in at {
            if let Some(known) = self.handed.iter_mut().find(|it| it.location == spot.location) {
                change(known, *units);
            }
        }
    }

    /// What is not committed there any more was called off.
    pub(super) fn cap_handed(&mut self) {
        if self.handed.is_empty() {
            return;
        }
        let mut handed = std::mem::take(&mut self.handed);
        for known in &mut handed {
            let gone = known.units.saturating_sub(self.committed_there(known.location));
            known.units -= gone;
            known.called_off += gone;
        }
        self.handed = handed;
    }

    pub fn balances(&self) -> bool {
        self.ordered + self.uncommitted == self.committed() + self.shipped + self.cancelled
            && self.returned <= self.shipped
    }
}
