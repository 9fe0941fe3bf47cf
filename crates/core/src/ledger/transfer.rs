//! Goods on their way between two locations.

use serde::{Deserialize, Serialize};

use crate::{ByItem, LocationId};

/// What is still in transit, by item number. Closed when nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub from: LocationId,
    pub to: LocationId,
    pub in_transit: ByItem,
    /// What was sent at first: tells a surplus from an item the transfer never carried.
    pub sent: ByItem,
    pub position: u64,
}

impl Transfer {
    pub fn is_closed(&self) -> bool {
        self.in_transit.is_empty()
    }
}
