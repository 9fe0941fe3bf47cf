//! What a request for movements asks: from where, of what, how many, how long to wait.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use onhand_core::{ChannelId, InvalidName, LedgerId, Sku};
use onhand_projector::{FeedPlace, MovementsPage, timeline};
use onhand_wire::{Invalid, Trouble};
use smol_str::SmolStr;

use super::{Filter, NAMES_MAX};
use crate::http::Rooms;
use crate::http::params::{Params, named};
use crate::http::respond::Refused;

/// Events of a page if the caller does not say, and at most.
const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;
/// Characters of a wrong word that are told back.
const TOLD_CHARS_MAX: usize = 64;

#[derive(Clone)]
pub(super) struct Ask {
    pub ledger: LedgerId,
    pub after: FeedPlace,
    pub filter: Filter,
    pub limit: usize,
    pub wait: Duration,
}

impl Ask {
    /// # Errors
    /// Names the parameter that cannot be read.
    pub fn read(
        rooms: &Rooms,
        ledger: &str,
        pairs: Vec<(String, String)>,
        headers: &HeaderMap,
    ) -> Result<Ask, Invalid> {
        let ledger = named("ledger", ledger, LedgerId::new)?;
        let mut params = Params::new(pairs);
        let after = params.text("after")?;
        // A browser that connects again sends the address of before, and where it came to beside it.
        let after = match headers.get("last-event-id").filter(|it| !it.is_empty()) {
            Some(id) => place("Last-Event-ID", id.to_str().unwrap_or_default())?,
            None => after.map_or(Ok(FeedPlace::default()), |it| place("after", &it))?,
        };
        let filter = Filter {
            kinds: kinds(&params.all("kind"))?,
            skus: names(&mut params, "sku", Sku::new)?,
            channels: names(&mut params, "channel", ChannelId::new)?,
        };
        let limit = params.number("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize;
        let wait_ms = params.number("wait_ms")?.unwrap_or(0);
        let wait = Duration::from_millis(wait_ms.min(rooms.node.config().feed_wait_ms_max));
        params.end()?;
        Ok(Ask { ledger, after, filter, limit, wait })
    }

    /// The next page, looked for away from the threads that serve connections.
    ///
    /// # Errors
    /// As [`crate::feeds::Feeds::movements`].
    pub async fn next(&self, rooms: &Arc<Rooms>) -> Result<MovementsPage, Refused> {
        let stopped = |message: String| Refused::from(Trouble::Unavailable { message });
        let seat = rooms.feeds.pages.acquire().await;
        let _seat = seat.map_err(|_| stopped("the server stops".to_owned()))?;
        let (feeds, ask) = (rooms.feeds.clone(), self.clone());
        let work = move || feeds.movements(&ask.ledger, ask.after, &ask.filter, ask.limit);
        let page = tokio::task::spawn_blocking(work).await;
        page.map_err(|error| stopped(error.to_string()))?.map_err(Refused)
    }
}

pub(crate) fn place(field: &str, text: &str) -> Result<FeedPlace, Invalid> {
    FeedPlace::parse(text.trim()).ok_or_else(|| {
        let message = "must be a place in the feed, such as 00000000000000000012.000003 (the \
                       `sequence` of an event), or a position, such as 12";
        Invalid::new("invalid_field", field, message)
    })
}

/// # Errors
/// A filter names more than it may.
pub(crate) fn at_most(field: &str, count: usize) -> Result<(), Invalid> {
    match count <= NAMES_MAX {
        true => Ok(()),
        false => {
            let message =
                format!("names more than {NAMES_MAX}; leave it out and pick what you need");
            Err(Invalid::new("invalid_field", field, message))
        }
    }
}

/// A kind never has a comma, so that several may stand in one parameter.
pub(crate) fn kinds(given: &[String]) -> Result<HashSet<SmolStr>, Invalid> {
    let known = |kind: &str| (0..=u8::MAX).filter_map(timeline::kind_name).any(|it| it == kind);
    let kind = |it: &str| match known(it) {
        true => Ok(SmolStr::new(it)),
        false => {
            let told: String = it.chars().take(TOLD_CHARS_MAX).collect();
            let message = format!("`{told}` is no kind of entry, such as order_shipped");
            Err(Invalid::new("invalid_field", "kind", message))
        }
    };
    let words = given.iter().flat_map(|it| it.split(',')).map(str::trim);
    at_most("kind", words.clone().count())?;
    words.map(kind).collect()
}

fn names<T: Eq + Hash>(
    params: &mut Params,
    name: &str,
    read: fn(&str) -> Result<T, InvalidName>,
) -> Result<HashSet<T>, Invalid> {
    let texts = params.all(name);
    at_most(name, texts.len())?;
    texts.iter().map(|it| named(name, it, read)).collect()
}
