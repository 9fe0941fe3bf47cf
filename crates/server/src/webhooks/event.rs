//! Events as they are posted: `type`, `timestamp` and `data`, as Standard Webhooks has it.

use onhand_core::{ChannelId, LedgerId, Time};
use onhand_projector::{FeedPlace, MovementView, NoticeKind, NoticeRow};
use serde::Serialize;
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};

/// Largest body, in bytes: targets are told to fetch what is longer.
const BODY_BYTES_MAX: usize = 20_000;

pub(super) const MOVEMENT: &str = "onhand.movement.";
pub(super) const STOCK: &str = "onhand.stock.";
pub(super) const PING: &str = "onhand.webhook.ping";
/// The types of notices.
pub(super) const NOTICES: [&str; 4] =
    ["onhand.stock.low", "onhand.stock.out", "onhand.stock.back", "onhand.stock.oversold"];

/// One event, ready to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The same on every attempt and after every restart. Holds no point, which separates what is
    /// signed.
    pub id: String,
    pub kind: SmolStr,
    pub body: String,
    pub channel: Option<ChannelId>,
    pub sku: SmolStr,
}

/// The id of a movement's event: its place, with a dash in place of the point.
fn movement_id(ledger: &LedgerId, place: FeedPlace) -> String {
    format!("{ledger}/{place}").replace('.', "-")
}

/// The id of a notice's event: its number.
fn notice_id(ledger: &LedgerId, number: u64) -> String {
    format!("{ledger}/{number:020}")
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Movement(FeedPlace),
    Notice(u64),
}

impl Named {
    /// None: it is no id of the ledger's events.
    pub fn parse(ledger: &LedgerId, id: &str) -> Option<Named> {
        let text = id.strip_prefix(ledger.as_str())?.strip_prefix('/')?;
        match text.split_once('-') {
            Some((position, index)) => {
                FeedPlace::parse(&format!("{position}.{index}")).map(Named::Movement)
            }
            None => text.parse().ok().map(Named::Notice),
        }
    }
}

impl Event {
    pub fn of_movement(view: &MovementView) -> Event {
        let place = FeedPlace { position: view.position, index: view.index };
        let kind = format_smolstr!("{MOVEMENT}{}", view.kind);
        let elsewhere = format!("/v1/{}/entries/{}", view.ledger, view.position);
        Event {
            id: movement_id(&view.ledger, place),
            body: body(&kind, view.occurred_at, view, &elsewhere),
            kind,
            channel: view.channel.clone(),
            sku: view.sku.as_str().into(),
        }
    }

    pub fn of_notice(ledger: &LedgerId, row: &NoticeRow) -> Event {
        let kind = SmolStr::new_static(match row.kind {
            NoticeKind::LowStock => NOTICES[0],
            NoticeKind::OutOfStock => NOTICES[1],
            NoticeKind::BackInStock => NOTICES[2],
            NoticeKind::Oversold => NOTICES[3],
        });
        let elsewhere = format!("/v1/{ledger}/notices?after={}&limit=1", row.number - 1);
        Event {
            id: notice_id(ledger, row.number),
            body: body(&kind, row.recorded_at, row, &elsewhere),
            kind,
            channel: row.channel.clone(),
            sku: row.sku.as_str().into(),
        }
    }

    /// Says nothing but that the way is open.
    pub fn ping(ledger: &LedgerId, name: &str, now: Time) -> Event {
        let kind = SmolStr::new_static(PING);
        let data = json!({ "ledger": ledger, "webhook": name });
        Event {
            id: format!("ping-{}", uuid::Uuid::now_v7()),
            body: body(&kind, now, &data, ""),
            kind,
            channel: None,
            sku: SmolStr::default(),
        }
    }
}

/// What is posted. One of `data` and `dataref` is there.
#[derive(Serialize)]
struct Body<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataref: Option<&'a str>,
}

fn body<T: Serialize>(kind: &str, timestamp: Time, data: &T, elsewhere: &str) -> String {
    let whole = Body { kind, timestamp, data: Some(data), dataref: None };
    let thin = Body { data: None, dataref: Some(elsewhere), ..whole };
    let text = |it: &Body<'_, T>| serde_json::to_string(it).unwrap_or_default();
    let whole = text(&whole);
    if whole.len() <= BODY_BYTES_MAX { whole } else { text(&thin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_events() {
        let acme = LedgerId::new("acme").unwrap();
        let place = FeedPlace { position: 12, index: 3 };
        let id = movement_id(&acme, place);
        assert_eq!(id, "acme/00000000000000000012-000003");
        assert_eq!(Named::parse(&acme, &id), Some(Named::Movement(place)));
        assert_eq!(Named::parse(&acme, &notice_id(&acme, 7)), Some(Named::Notice(7)));
        for other in ["acme", "acme/", "acme/1-2-3", "other/7", "ping-1", "acme/x"] {
            assert_eq!(Named::parse(&acme, other), None, "{other}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_to_be_fetched() {
        let told = body("onhand.stock.low", Time(0), &"x".repeat(30_000), "/v1/acme/entries/1");
        assert!(told.len() < 200, "{told}");
        assert!(told.contains(r#""dataref":"/v1/acme/entries/1""#), "{told}");
        assert!(!told.contains("data\":"), "{told}");
    }
}
