//! What is kept of a subscription: what it wants, how far it is, what waits, what became of it.

use onhand_core::{ChannelId, Label, LedgerId, Time};
use onhand_projector::FeedPlace;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::event::Event;
use super::sign::Secret;

/// Secrets that sign at once: the newest, and the one before it until it expires.
pub(super) const SECRETS_MAX: usize = 2;

/// Somebody who wants to be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub ledger: LedgerId,
    pub name: Label,
    pub url: String,
    /// Types of events, or their beginnings with a point at the end.
    pub types: Vec<SmolStr>,
    /// Only events of these channels; of all, and of none, if none is named.
    pub channels: Vec<ChannelId>,
    /// Only of items whose SKU begins so.
    pub sku_prefix: Option<SmolStr>,
    /// The newest first.
    pub secrets: Vec<Secret>,
    pub disabled: Option<Disabled>,
    pub created_at: Time,
}

/// Since when it is not called any more, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Disabled {
    pub why: String,
    pub at: Time,
}

impl Subscription {
    /// What it is kept under: a ledger's name has no slash.
    pub fn key(&self) -> String {
        key(&self.ledger, self.name.as_str())
    }

    pub fn wants(&self, event: &Event) -> bool {
        let begins =
            |it: &SmolStr| event.kind == *it || it.ends_with('.') && event.kind.starts_with(&**it);
        let channel = |it: &ChannelId| event.channel.as_ref() == Some(it);
        self.types.iter().any(begins)
            && (self.channels.is_empty() || self.channels.iter().any(channel))
            && self.sku_prefix.as_ref().is_none_or(|it| event.sku.as_str().starts_with(&**it))
    }

    /// Whether any event that begins so may be wanted.
    pub fn wants_any(&self, family: &str) -> bool {
        self.types.iter().any(|it| it.starts_with(family) || family.starts_with(&**it))
    }

    /// Puts a new secret before the one there is, which signs until `until` beside it.
    pub fn rotate(&mut self, secret: Secret, until: Time) {
        self.secrets.truncate(SECRETS_MAX - 1);
        for old in &mut self.secrets {
            old.expires_at = Some(until);
        }
        self.secrets.insert(0, secret);
    }
}

pub(super) fn key(ledger: &LedgerId, name: &str) -> String {
    format!("{ledger}/{name}")
}

/// Up to where the feeds are dealt with: delivered, waiting as pending, given up or not wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Position and index of a movement.
    pub(super) movements: (u64, u32),
    /// Number of a notice.
    pub notices: u64,
}

impl Cursor {
    pub fn new(place: FeedPlace, notices: u64) -> Cursor {
        Cursor { movements: (place.position, place.index), notices }
    }

    pub fn place(&self) -> FeedPlace {
        FeedPlace { position: self.movements.0, index: self.movements.1 }
    }

    pub fn set_place(&mut self, place: FeedPlace) {
        self.movements = (place.position, place.index);
    }
}

/// An event that was not taken yet, or was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: SmolStr,
    /// What is posted, byte for byte.
    pub body: String,
    pub attempts: u32,
    /// When it was first tried.
    pub since: Time,
    /// When it is tried again.
    pub next_at: Time,
    /// Why the last attempt failed.
    pub why: String,
}

impl Pending {
    pub fn new(event: &Event, now: Time) -> Pending {
        let (id, kind, body) = (event.id.clone(), event.kind.clone(), event.body.clone());
        Pending { id, kind, body, attempts: 0, since: now, next_at: now, why: String::new() }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Attempted {
    Delivered,
    /// It is tried again.
    Failed,
    /// It is on the list of the dead.
    GivenUp,
    /// Some events were not kept long enough to be told.
    Missed,
}

/// One attempt, as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: SmolStr,
    pub at: Time,
    /// Counted from 1.
    pub attempt: u32,
    pub result: Attempted,
    /// What the target answered; none if it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    pub took_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(types: &[&str], channels: &[&str], prefix: Option<&str>) -> Subscription {
        Subscription {
            ledger: LedgerId::new("acme").unwrap(),
            name: Label::new("shop").unwrap(),
            url: "https://shop.example/hook".to_owned(),
            types: types.iter().map(SmolStr::new).collect(),
            channels: channels.iter().map(|it| ChannelId::new(it).unwrap()).collect(),
            sku_prefix: prefix.map(SmolStr::new),
            secrets: Vec::new(),
            disabled: None,
            created_at: Time(0),
        }
    }

    #[test]
    fn what_is_wanted_goes_by_type_channel_and_sku() {
        let event = |kind: &str, channel: Option<&str>, sku: &str| Event {
            id: "acme/1".to_owned(),
            kind: SmolStr::new(kind),
            body: String::new(),
            channel: channel.map(|it| ChannelId::new(it).unwrap()),
            sku: sku.into(),
        };
        let low = event("onhand.stock.low", Some("eu"), "MUG-1");
        let shipped = event("onhand.movement.order_shipped", None, "MUG-1");
        let told = |types: &[&str], channels: &[&str], prefix: Option<&str>| {
            let it = subscription(types, channels, prefix);
            (it.wants(&low), it.wants(&shipped))
        };
        assert_eq!(told(&["onhand."], &[], None), (true, true));
        assert_eq!(told(&["onhand.stock.low"], &[], None), (true, false));
        assert_eq!(told(&["onhand.movement.order_"], &[], None), (false, false));
        assert_eq!(told(&["onhand.movement."], &[], None), (false, true));
        assert_eq!(told(&["onhand."], &["eu"], None), (true, false));
        assert_eq!(told(&["onhand."], &["us"], None), (false, false));
        assert_eq!(told(&["onhand."], &[], Some("MUG-")), (true, true));
        assert_eq!(told(&["onhand."], &[], Some("CUP-")), (false, false));
    }
}
