//! What callers see of a subscription. Never a secret, but once.

use onhand_core::{ChannelId, Label, LedgerId, Time};
use serde::Serialize;
use smol_str::SmolStr;

use super::live::{Live, Told};
use super::sign::Signing;
use super::subscription::{Cursor, Delivery, Pending, Subscription};

/// A subscription and how it is doing.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    pub ledger: LedgerId,
    pub name: Label,
    pub url: String,
    pub types: Vec<SmolStr>,
    pub channels: Vec<ChannelId>,
    pub sku_prefix: Option<SmolStr>,
    /// `active`, `resting` (the target is in trouble), `waiting` (a feed cannot be read, too many
    /// events wait, or the server stumbled), `disabled`, or `off` (webhook.enabled).
    pub state: &'static str,
    /// Why it is not active.
    pub why: Option<String>,
    /// Seconds until the target is called again.
    pub rests_s: Option<u64>,
    pub secrets: Vec<SecretView>,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
    /// Up to where the movements are dealt with, and the notices.
    pub place: String,
    pub notice: u64,
    pub pending: u64,
    /// When the oldest event that waits was first tried.
    pub pending_since: Option<Time>,
    pub dead: u64,
    /// What the target checks signatures with. Shown once: when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct SecretView {
    pub signing: Signing,
    /// Of a key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
}

/// How many events wait and were given up, and how far it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub cursor: Cursor,
    pub pending: u64,
    pub dead: u64,
}

impl View {
    pub fn new(it: Subscription, standing: Standing, live: Option<&Live>, is_on: bool) -> View {
        let told = live.map(Live::told).unwrap_or_default();
        let rests_s =
            told.rest_until.map(|it| it.saturating_duration_since(std::time::Instant::now()));
        let rests_s = rests_s.filter(|it| !it.is_zero()).map(|it| it.as_secs() + 1);
        let (state, why) = state(&it, &told, standing, is_on, rests_s);
        let secret = |it: &super::sign::Secret| SecretView {
            signing: it.key.signing(),
            public_key: it.key.public(),
            created_at: it.created_at,
            expires_at: it.expires_at,
        };
        View {
            secrets: it.secrets.iter().map(secret).collect(),
            ledger: it.ledger,
            name: it.name,
            url: it.url,
            types: it.types,
            channels: it.channels,
            sku_prefix: it.sku_prefix,
            state,
            why,
            rests_s,
            created_at: it.created_at,
            disabled_at: it.disabled.map(|it| it.at),
            place: standing.cursor.place().to_string(),
            notice: standing.cursor.notices,
            pending: standing.pending,
            pending_since: told.oldest.filter(|_| standing.pending > 0),
            dead: standing.dead,
            secret: None,
        }
    }
}

fn state(
    it: &Subscription,
    told: &Told,
    standing: Standing,
    is_on: bool,
    rests_s: Option<u64>,
) -> (&'static str, Option<String>) {
    if let Some(disabled) = &it.disabled {
        return ("disabled", Some(disabled.why.clone()));
    }
    if !is_on {
        return ("off", Some("webhook.enabled is false".to_owned()));
    }
    if rests_s.is_some() {
        return (
            "resting",
            Some("the target does not answer, takes nothing, or asks to be left alone".to_owned()),
        );
    }
    if standing.pending >= super::PENDING_MAX as u64 {
        return (
            "waiting",
            Some("too many events wait; what comes next stays in the feed".to_owned()),
        );
    }
    if told.stumbled {
        let why = "a fault of the server's own, which is in its log; it is tried again";
        return ("waiting", Some(why.to_owned()));
    }
    match &told.why {
        Some(why) => ("waiting", Some(why.clone())),
        None => ("active", None),
    }
}

/// An attempt with its number in the log.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeliveryView {
    pub number: u64,
    #[serde(flatten)]
    pub delivery: Delivery,
}

/// An event that was given up.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeadView {
    pub number: u64,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: SmolStr,
    pub attempts: u32,
    pub since: Time,
    pub why: String,
    pub body: serde_json::Value,
}

impl DeadView {
    pub fn new((number, it): (u64, Pending)) -> DeadView {
        let body = serde_json::from_str(&it.body).unwrap_or_default();
        let Pending { id, kind, attempts, since, why, .. } = it;
        DeadView { number, id, kind, attempts, since, why, body }
    }
}
