//! What callers send: read by field, refused by field.

use std::net::IpAddr;

use onhand_core::{ChannelId, Label};
use onhand_projector::FeedPlace;
use onhand_wire::Invalid;
use serde::Deserialize;
use smol_str::SmolStr;
use ureq::http::Uri;

use super::event::{MOVEMENT, NOTICES, STOCK};
use super::sign::{Key, Signing};
use super::subscription::Subscription;
use crate::config::Config;
use crate::snapshots::pull::address::is_public;

const URL_CHARS_MAX: usize = 2_048;
const TYPES_MAX: usize = 32;
const CHANNELS_MAX: usize = 64;
const PREFIX_CHARS_MAX: usize = 64;
/// How long an old secret goes on signing, if nobody says, and at most.
const OVERLAP_S: u64 = 86_400;
const OVERLAP_S_MAX: u64 = 7 * 86_400;

/// A new subscription.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    pub name: Label,
    pub url: String,
    #[serde(default)]
    pub types: Vec<SmolStr>,
    #[serde(default)]
    pub channels: Vec<ChannelId>,
    #[serde(default)]
    pub sku_prefix: Option<SmolStr>,
    #[serde(default)]
    pub signing: Option<Signing>,
    #[serde(default)]
    pub secret: Option<String>,
    /// A place in the feed, or `beginning`; from now on if not given.
    #[serde(default)]
    pub after: Option<String>,
}

/// What changes of a subscription; the rest stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Patch {
    pub url: Option<String>,
    pub types: Option<Vec<SmolStr>>,
    pub channels: Option<Vec<ChannelId>>,
    /// Empty: of all items.
    pub sku_prefix: Option<SmolStr>,
    pub enabled: Option<bool>,
}

/// A new secret beside the old one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rotate {
    pub signing: Option<Signing>,
    pub secret: Option<String>,
    pub overlap_s: Option<u64>,
}

/// What is told again. One of the fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Replay {
    /// All movements behind a place, or everything from the `beginning`.
    pub after: Option<String>,
    /// All notices behind a number.
    pub after_notice: Option<u64>,
    /// One event, by its `webhook-id`.
    pub id: Option<String>,
    /// All that was given up.
    pub dead: Option<bool>,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Beginning,
    Behind(FeedPlace),
}

impl From {
    /// # Errors
    /// It is no place.
    pub fn parse(text: &str) -> Result<From, Invalid> {
        if text == "beginning" {
            return Ok(From::Beginning);
        }
        let message = "must be `beginning`, a position, or the place of an event such as \
                       00000000000000000012.000003";
        let place = FeedPlace::parse(text);
        place.map(From::Behind).ok_or_else(|| Invalid::new("invalid_field", "after", message))
    }
}

impl Rotate {
    /// # Errors
    /// Longer than may be.
    pub fn overlap_s(&self) -> Result<u64, Invalid> {
        let overlap = self.overlap_s.unwrap_or(OVERLAP_S);
        let message = format!("must be 0 to {OVERLAP_S_MAX} seconds");
        match overlap <= OVERLAP_S_MAX {
            true => Ok(overlap),
            false => Err(Invalid::new("invalid_field", "overlap_s", message)),
        }
    }
}

/// The key that is asked for: a given one, or a new one.
///
/// # Errors
/// It is no secret, or both fields say different things.
pub(super) fn key(secret: Option<&str>, signing: Option<Signing>) -> Result<Key, Invalid> {
    let Some(text) = secret else {
        let made = Key::make(signing.unwrap_or_default());
        return made
            .map_err(|it| Invalid::new("invalid_field", "secret", format!("not made: {it}")));
    };
    let key = Key::parse(text).map_err(|it| Invalid::new("invalid_field", "secret", it))?;
    match signing {
        Some(signing) if signing != key.signing() => {
            let message = "does not fit the secret; leave one of the two out";
            Err(Invalid::new("invalid_field", "signing", message))
        }
        Some(_) | None => Ok(key),
    }
}

/// The types of a subscription that names none: all there are.
pub(super) fn all_types() -> Vec<SmolStr> {
    vec![SmolStr::new_static(MOVEMENT), SmolStr::new_static(STOCK)]
}

/// # Errors
/// The field that is no good.
pub(super) fn check(it: &Subscription, config: &Config) -> Result<(), Invalid> {
    check_url(&it.url, config.webhook_allow_private)
        .map_err(|message| Invalid::new("invalid_field", "url", message))?;
    let many = |field: &str, most| {
        Err(Invalid::new("invalid_field", field, format!("has too many items; at most {most}")))
    };
    if it.types.len() > TYPES_MAX {
        return many("types", TYPES_MAX);
    }
    if it.channels.len() > CHANNELS_MAX {
        return many("channels", CHANNELS_MAX);
    }
    for (index, kind) in it.types.iter().enumerate() {
        let field = format!("types[{index}]");
        check_type(kind).map_err(|message| Invalid::new("invalid_field", &field, message))?;
    }
    if it.sku_prefix.as_ref().is_some_and(|it| it.chars().count() > PREFIX_CHARS_MAX) {
        let message = format!("is longer than any SKU; at most {PREFIX_CHARS_MAX} characters");
        return Err(Invalid::new("invalid_field", "sku_prefix", message));
    }
    Ok(())
}

fn check_url(url: &str, allow_private: bool) -> Result<(), String> {
    if url.chars().count() > URL_CHARS_MAX {
        return Err(format!("is too long; at most {URL_CHARS_MAX} characters"));
    }
    if !["https://", "http://"].iter().any(|it| url.starts_with(it)) {
        return Err("must begin with https:// or http://".to_owned());
    }
    let uri: Uri = url.parse().map_err(|error| format!("is no address: {error}"))?;
    if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Err("must not hold a user or password: anybody who lists webhooks would see it; \
                    check the signature instead"
            .to_owned());
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(address) if !allow_private && !is_public(address) => Err(format!(
            "{address} is no public address; set webhook.allow_private = true if it is meant"
        )),
        Ok(_) => Ok(()),
        Err(_) if host.is_empty() => Err("names no host".to_owned()),
        // A name is looked up at each call.
        Err(_) => Ok(()),
    }
}

fn check_type(kind: &str) -> Result<(), String> {
    let known = kind == "onhand." || kind == STOCK || NOTICES.contains(&kind);
    let is_kind =
        |it: &str| it.len() <= 64 && it.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if known || kind.strip_prefix(MOVEMENT).is_some_and(is_kind) {
        return Ok(());
    }
    if kind.starts_with("onhand.availability") {
        return Err(
            "is not told by webhooks: follow the availability feed, whose newest number is \
                    all that counts; what runs low, out or comes back is onhand.stock."
                .to_owned(),
        );
    }
    Err(format!(
        "must be one of {}, onhand.movement.<kind> such as onhand.movement.order_shipped, or a \
         beginning of them with a point at its end",
        NOTICES.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_and_hold_no_password() {
        let told = |url: &str| check_url(url, false).err().unwrap_or_default();
        for good in ["https://shop.example/hook?a=1", "http://1.1.1.1:8080/", "https://localhost/"]
        {
            assert_eq!(told(good), "", "{good}");
        }
        for (bad, word) in [
            ("ftp://shop.example/", "https://"),
            ("shop.example/hook", "https://"),
            ("", "https://"),
            ("https://", "no address"),
            ("https://me:secret@shop.example/", "password"),
            ("http://127.0.0.1/", "public"),
            ("http://[::1]/", "public"),
            ("http://169.254.169.254/latest", "public"),
        ] {
            assert!(told(bad).contains(word), "{bad}: {}", told(bad));
        }
        assert!(check_url("http://127.0.0.1/", true).is_ok());
    }

    #[test]
    fn types_are_known_or_a_beginning_of_known_ones() {
        for good in
            ["onhand.", "onhand.stock.", "onhand.stock.low", "onhand.movement.order_shipped"]
        {
            assert!(check_type(good).is_ok(), "{good}");
        }
        for bad in ["", "onhand", "onhand.stock.lo", "onhand.movement.Order", "onhand.movement.a."]
        {
            assert!(check_type(bad).is_err(), "{bad}");
        }
        assert!(check_type("onhand.availability.changed").unwrap_err().contains("feed"));
    }
}
