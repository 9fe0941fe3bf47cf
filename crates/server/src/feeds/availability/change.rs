//! One change of availability, as it is told.

use onhand_core::{ChannelId, LedgerId, Sku, Time};
use onhand_wire::CloudEvent;
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

/// The newest numbers of one item on one channel, in base units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AvailabilityChange {
    pub ledger: LedgerId,
    pub channel: ChannelId,
    pub sku: Sku,
    /// The name is no longer one of an item: it was renamed, or merged into another.
    #[serde(skip_serializing_if = "is_false")]
    pub closed: bool,
    /// There is no end to it; the numbers are left out then.
    pub unlimited: bool,
    /// What to tell the channel: never below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<u64>,
    /// What a hold or commitment may take. Below zero where promises exceed the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<i64>,
    /// What lies sellable at the channel's locations, as far as it is believed.
    pub sellable: i64,
    /// The entry by which it changed, its kind and when it was recorded. Without a reason: the
    /// numbers as they were found.
    pub position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    pub recorded_at: Time,
    /// The worst step of a supplier's ladder that the numbers stand on; 0: fresh.
    pub freshness_step: u64,
    /// How old the oldest number of that step is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness_seconds: Option<u64>,
    /// Its place in the feed: `RUN-VERSION`, comparable as text within one run of the server.
    pub version: Place,
}

fn is_false(it: &bool) -> bool {
    !it
}

impl AvailabilityChange {
    pub fn event(self) -> CloudEvent<AvailabilityChange> {
        let (ledger, sku) = (self.ledger.clone(), self.sku.clone());
        let (place, recorded) = (self.version.to_string(), self.recorded_at);
        let kind = "onhand.availability.changed";
        CloudEvent::new(&ledger, &place, kind, recorded, self).about(&sku)
    }
}

/// A place in the availability feed: a run of the server, and the version of a change in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "SmolStr")]
pub(crate) struct Place {
    pub run: SmolStr,
    pub version: u64,
}

impl Place {
    /// None: it is no place.
    pub fn parse(text: &str) -> Option<Place> {
        let (run, version) = text.rsplit_once('-')?;
        let is_plain = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric());
        let version = version.bytes().all(|it| it.is_ascii_digit()).then(|| version.parse().ok());
        is_plain(run).then(|| Some(Place { run: SmolStr::new(run), version: version?? }))?
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:020}", self.run, self.version)
    }
}

impl From<Place> for SmolStr {
    fn from(it: Place) -> SmolStr {
        format_smolstr!("{it}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = Place { run: "64a1f".into(), version: 17 };
        assert_eq!(place.to_string(), "64a1f-00000000000000000017");
        assert_eq!(Place::parse(&place.to_string()), Some(place.clone()));
        assert_eq!(Place::parse("64a1f-17"), Some(place));
        for bad in ["", "17", "-17", "a-", "a-x", "a b-1", "a-+1", "a-99999999999999999999"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
