//! Stock set aside, and the tranches in which it becomes sellable.

use serde::{Deserialize, Serialize};

use crate::{ChannelNo, ItemNo, Label, LocationNo, PoolDraw, PoolId, Time, TrancheId};

/// A pool's number within its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PoolNo(pub u32);

/// Stock set aside for whoever meets all that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    pub id: PoolId,
    pub channel: Option<ChannelNo>,
    pub campaign: Option<Label>,
    pub customer: Option<Label>,
    pub draw: PoolDraw,
    /// The highest is drawn on first and shrinks last.
    pub priority: u64,
    pub ends_at: Option<Time>,
    /// Position of the entry that opened it.
    pub position: u64,
    /// Position of the entry that closed it.
    pub closed: Option<u64>,
    pub parts: Vec<PoolPart>,
    pub tranches: Vec<Tranche>,
}

/// A pool's units of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPart {
    pub item: ItemNo,
    /// Units set aside and not drawn; nothing is kept of a location at zero.
    pub left: Vec<(LocationNo, u64)>,
    /// Units drawn by promises and not given back.
    pub drawn: u64,
}

/// Units that can be sold from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tranche {
    pub id: TrancheId,
    pub release_at: Time,
    /// Position of the entry that released it.
    pub released: Option<u64>,
    pub lines: Vec<(ItemNo, u64)>,
}

/// Who asks: a pool serves those who meet everything that it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claimant<'a> {
    pub channel: Option<ChannelNo>,
    pub campaign: Option<&'a Label>,
    pub customer: Option<&'a Label>,
    /// Where the goods are to go.
    pub region: Option<&'a Label>,
}

impl Tranche {
    /// Released, or due at `now`: that nobody has recorded it yet changes nothing.
    pub fn is_out(&self, now: Time) -> bool {
        self.released.is_some() || self.release_at <= now
    }
}

impl Pool {
    /// Open at `now`: one past its end is not, recorded or not.
    pub fn is_open(&self, now: Time) -> bool {
        self.closed.is_none() && self.ends_at.is_none_or(|end| now < end)
    }

    pub fn serves(&self, who: &Claimant<'_>) -> bool {
        self.channel.is_none_or(|it| who.channel == Some(it))
            && self.campaign.as_ref().is_none_or(|it| who.campaign == Some(it))
            && self.customer.as_ref().is_none_or(|it| who.customer == Some(it))
    }

    pub fn part(&self, item: ItemNo) -> Option<&PoolPart> {
        self.parts.iter().find(|it| it.item == item)
    }

    pub(super) fn part_mut(&mut self, item: ItemNo) -> &mut PoolPart {
        let found = self.parts.iter().position(|it| it.item == item);
        let index = found.unwrap_or_else(|| {
            self.parts.push(PoolPart { item, left: Vec::new(), drawn: 0 });
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }

    /// Units of an item whose tranches are out; without tranches as many as there ever were.
    pub fn released(&self, item: ItemNo, now: Time) -> u64 {
        let Some(part) = self.part(item) else { return 0 };
        if self.tranches.is_empty() {
            return part.units_left() + part.drawn;
        }
        let out = self.tranches.iter().filter(|it| it.is_out(now)).flat_map(|it| &it.lines);
        out.filter(|(it, _)| *it == item).map(|(_, units)| units).sum()
    }

    /// Units of an item that can be drawn: set aside, released, not drawn.
    pub fn own(&self, item: ItemNo, now: Time) -> u64 {
        let Some(part) = self.part(item) else { return 0 };
        part.units_left().min(self.released(item, now).saturating_sub(part.drawn))
    }
}

impl PoolPart {
    pub fn units_left(&self) -> u64 {
        self.left.iter().map(|(_, units)| units).sum()
    }

    pub fn left_at(&self, location: LocationNo) -> u64 {
        self.left.iter().find(|(it, _)| *it == location).map_or(0, |(_, units)| *units)
    }
}
