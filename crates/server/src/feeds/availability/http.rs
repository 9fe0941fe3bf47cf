//! `GET /v1/{ledger}/availability/changes`: pages with or without a wait, or a stream of events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_wire::{CloudEvent, Invalid};
use serde::Serialize;

use super::change::{AvailabilityChange, Place};
use super::{Filter, News, Watching};
use crate::feeds::seat::{seat, told, wants_stream};
use crate::feeds::{Feeds, apart};
use crate::http::params::{Params, named};
use crate::http::respond::{Refused, json};
use crate::http::{Room, Rooms};

/// Changes of a page if the caller does not say, and at most.
const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;

/// Some changes, in their order.
#[derive(Serialize)]
struct Page {
    events: Vec<CloudEvent<AvailabilityChange>>,
    /// What to name as `after` for what follows.
    next: Place,
    /// That is all there is now.
    at_end: bool,
}

/// What is asked for.
struct Ask {
    after: Option<Place>,
    filter: Filter,
    wait: Duration,
    limit: usize,
}

impl Ask {
    fn read(rooms: &Rooms, pairs: Vec<(String, String)>) -> Result<Ask, Invalid> {
        let mut params = Params::new(pairs);
        let after = params.text("after")?.map(|it| place("after", &it)).transpose()?;
        let names = params.all("channel");
        let channels = names.iter().map(|it| named("channel", it, ChannelId::new));
        let channels = channels.collect::<Result<_, _>>()?;
        let skus = params.all("sku");
        let skus = skus.iter().map(|it| named("sku", it, Sku::new)).collect::<Result<_, _>>()?;
        let wait_ms = params.number("wait_ms")?.unwrap_or(0);
        let wait = Duration::from_millis(wait_ms.min(rooms.node.config().feed_wait_ms_max));
        let limit = params.number("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize;
        params.end()?;
        Ok(Ask { after, filter: Filter { channels, skus }, wait, limit })
    }
}

fn place(field: &str, text: &str) -> Result<Place, Invalid> {
    let message = "is no place of this feed; take `next` or the id of an event as it is";
    Place::parse(text).ok_or_else(|| Invalid::new("invalid_field", field, message))
}

/// `GET /v1/{ledger}/availability/changes`
pub(super) async fn changes(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let ledger = named("ledger", &ledger, LedgerId::new)?;
    let mut ask = Ask::read(&rooms, pairs)?;
    if let Some(last) = headers.get("last-event-id").filter(|it| !it.is_empty()) {
        let text = last.to_str().unwrap_or("");
        ask.after = Some(place("Last-Event-ID", text)?);
    }
    let feeds = &rooms.feeds;
    if wants_stream(&headers) {
        let seat = seat(feeds)?;
        let watching = watch(feeds, &ledger, &ask).await?;
        let pause = Duration::from_millis(rooms.node.config().feed_keep_alive_ms);
        let events = told(events(feeds, watching), seat);
        return Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(pause)).into_response());
    }
    let _seat = (!ask.wait.is_zero()).then(|| seat(feeds)).transpose()?;
    let watching = watch(feeds, &ledger, &ask).await?;
    Ok(json(200, &page(feeds, watching, &ask).await))
}

async fn watch(feeds: &Arc<Feeds>, ledger: &LedgerId, ask: &Ask) -> Result<Watching, Refused> {
    let (feeds, ledger) = (feeds.clone(), ledger.clone());
    let (after, filter) = (ask.after.clone(), ask.filter.clone());
    let begin = move || feeds.watch_availability(&ledger, after.as_ref(), filter);
    apart(begin).await?.map_err(Refused)
}

/// Waits until there is something to tell, or it is time to say that there is nothing.
async fn page(feeds: &Feeds, mut watching: Watching, ask: &Ask) -> Page {
    let until = tokio::time::Instant::now() + ask.wait;
    let mut ending = feeds.ending();
    loop {
        let before = watching.place();
        let found = watching.page(ask.limit);
        let stuck = watching.place() == before || found.caught_up;
        let events = found.changes.into_iter().map(AvailabilityChange::event).collect();
        let page = Page { events, next: watching.place(), at_end: found.caught_up };
        if !page.events.is_empty() {
            return page;
        }
        if !stuck {
            // Passed over what the filter keeps out: there is more.
            continue;
        }
        let waited = async {
            tokio::select! {
                () = watching.changed() => true,
                _ = ending.wait_for(|it| *it) => false,
            }
        };
        if !tokio::time::timeout_at(until, waited).await.unwrap_or(false) {
            return page;
        }
    }
}

/// Until the server ends or the caller is gone.
fn events(
    feeds: &Feeds,
    watching: Watching,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let ending = feeds.ending();
    stream::unfold((watching, ending), |(mut watching, mut ending)| async move {
        let news = tokio::select! {
            news = watching.next() => news,
            _ = ending.wait_for(|it| *it) => return None,
        };
        let event = match news {
            News::Change(change) => {
                let place = change.version.to_string();
                let text = serde_json::to_string(&change.event()).unwrap_or_default();
                Event::default().event("availability").id(place).data(text)
            }
            News::CaughtUp(place) => {
                let place = place.to_string();
                let text = serde_json::json!({ "version": place }).to_string();
                Event::default().event("caught_up").id(place).data(text)
            }
        };
        Some((Ok(event), (watching, ending)))
    })
}
