//! One record of an item log, and its bytes.
//!
//! Layout: position as the distance from the one before; the kind; a byte with the number of changes in its
//! upper six bits (63: the number follows), bit 0 for "occurred earlier", bit 1 for "has an
//! order"; then the microseconds between occurring and recording; the order's number; and per
//! change its holder and figures.

use onhand_core::OrderId;

use super::change::{Change, Figures};
use super::codec;
use super::holder::Holder;

/// What one entry did to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: u64,
    /// Of its entry; `kind_name` names it.
    pub kind: u8,
    /// Microseconds from when it occurred until it was recorded.
    pub late_us: u64,
    /// The order that the entry commits units to.
    pub order: Option<OrderId>,
    /// By holder, each once; none where the entry names the item without moving anything.
    pub changes: Vec<Change>,
}

const LATE: u8 = 1;
const ORDER: u8 = 2;
const MANY: usize = 63;

pub(super) fn put<'a>(
    bytes: &mut Vec<u8>,
    distance: u64,
    kind: u8,
    late_us: u64,
    order: Option<&OrderId>,
    changes: impl ExactSizeIterator<Item = &'a Change>,
) {
    codec::put(bytes, distance);
    bytes.push(kind);
    let few = changes.len().min(MANY);
    let late = if late_us > 0 { LATE } else { 0 };
    let has_order = if order.is_some() { ORDER } else { 0 };
    bytes.push((few as u8) << 2 | late | has_order);
    if few == MANY {
        codec::put(bytes, changes.len() as u64);
    }
    if late_us > 0 {
        codec::put(bytes, late_us);
    }
    if let Some(order) = order {
        codec::put_text(bytes, order.as_str());
    }
    for change in changes {
        change.at.put(bytes);
        change.by.put(bytes);
    }
}

/// Takes the next record off the front; `last` is the position of the one before. None: damaged.
pub(super) fn take(bytes: &mut &[u8], last: u64) -> Option<Record> {
    let position = last.checked_add(codec::take(bytes)?)?;
    let kind = codec::take_byte(bytes)?;
    let head = codec::take_byte(bytes)?;
    let mut count = u64::from(head >> 2);
    if count == MANY as u64 {
        count = codec::take(bytes)?;
    }
    let late_us = if head & LATE != 0 { codec::take(bytes)? } else { 0 };
    let order = match head & ORDER {
        0 => None,
        _ => Some(OrderId::new(codec::take_text(bytes)?).ok()?),
    };
    let mut changes = Vec::with_capacity(usize::try_from(count).ok()?.min(MANY));
    for _ in 0..count {
        changes.push(Change { at: Holder::take(bytes)?, by: Figures::take(bytes)? });
    }
    Some(Record { position, kind, late_us, order, changes })
}
