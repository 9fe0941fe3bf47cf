//! Locations and channels.

use serde::{Deserialize, Serialize};

use super::History;
use crate::{ChannelId, Label, LocationId, LocationKind, LocationNo, SupplierId};

/// Where stock lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub id: LocationId,
    pub name: Option<Label>,
    pub kind: LocationKind,
    pub supplier: Option<SupplierId>,
    pub closed: bool,
}

/// Where stock is sold, and which locations serve it, in the order in which they are drawn on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub id: ChannelId,
    pub name: Option<Label>,
    pub locations: Vec<LocationNo>,
    /// The lists of before, and this one.
    pub served: History<Vec<LocationNo>>,
}
