//! Who holds an item's units: a location, a pool out of its locations, a window of capacity.

use onhand_core::{LocationNo, PoolNo};
use serde::{Deserialize, Serialize};

use super::codec;

/// Whose figures a change is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Holder {
    Location(LocationNo),
    /// `pooled` is what is left in the pool at the location, `committed` what promises have drawn
    /// from it there. Below zero: promised beyond what it had.
    Pool(PoolNo, LocationNo),
    /// The window that begins so many minutes after 1970; `held` and `committed` are taken of it.
    Window(u32),
}

impl Holder {
    pub fn is_location(self) -> bool {
        matches!(self, Holder::Location(_))
    }

    /// Locations with small numbers take one byte: the kind is in the lowest two bits.
    pub(super) fn put(self, bytes: &mut Vec<u8>) {
        let (number, kind) = match self {
            Holder::Location(it) => (it.0, 0),
            Holder::Pool(it, _) => (it.0, 1),
            Holder::Window(it) => (it, 2),
        };
        codec::put(bytes, u64::from(number) << 2 | kind);
        if let Holder::Pool(_, location) = self {
            codec::put(bytes, u64::from(location.0));
        }
    }

    pub(super) fn take(bytes: &mut &[u8]) -> Option<Holder> {
        let taken = codec::take(bytes)?;
        let number = u32::try_from(taken >> 2).ok()?;
        match taken & 3 {
            0 => Some(Holder::Location(LocationNo(number))),
            1 => {
                let location = u32::try_from(codec::take(bytes)?).ok()?;
                Some(Holder::Pool(PoolNo(number), LocationNo(location)))
            }
            2 => Some(Holder::Window(number)),
            _ => None,
        }
    }
}
