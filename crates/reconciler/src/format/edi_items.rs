//! The items of one EDI message, and what the message says of all of them.

use onhand_core::Time;
use smol_str::SmolStr;

use super::edi_item::{Item, Out, Terms};
use super::edi_number::Totals;

/// Items as they come: one is open until the next begins.
#[derive(Default)]
pub(super) struct Items {
    pub open: Option<Item>,
    /// Items that were begun.
    pub count: u64,
    pub totals: Totals,
    /// Where all that has no place of its own lies.
    pub place: Option<SmolStr>,
    /// With its rank among the moments that a message may name: the lowest stands.
    as_of: Option<(usize, Time)>,
}

impl Items {
    /// Begins an item at that segment and ends the one before.
    pub fn begin(&mut self, segment: u64, terms: &Terms<'_>, out: &mut Out<'_>) -> &mut Item {
        self.end(terms, out);
        self.count += 1;
        let mut item = Item::new(segment);
        item.message_place.clone_from(&self.place);
        self.open.insert(item)
    }

    pub fn end(&mut self, terms: &Terms<'_>, out: &mut Out<'_>) {
        if let Some(item) = self.open.take() {
            item.close(terms, out);
        }
    }

    pub fn note_moment(&mut self, rank: usize, at: Time) {
        if self.as_of.is_none_or(|(before, _)| rank < before) {
            self.as_of = Some((rank, at));
        }
    }

    pub fn as_of(&self) -> Option<Time> {
        self.as_of.map(|(_, at)| at)
    }
}
