//! `GET /v1/{ledger}/movements`: a page, at once or as soon as there is news; or a stream.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use onhand_projector::{MovementView, MovementsPage};
use onhand_wire::CloudEvent;
use serde::Serialize;
use tokio::time::Instant;

use super::ask::Ask;
use super::{cloud_event, stream};
use crate::feeds::seat::seat;
use crate::feeds::wants_stream;
use crate::http::respond::{Refused, json};
use crate::http::{Room, Rooms};

/// Some events, and where the next page begins.
#[derive(Serialize)]
struct Page<'a> {
    events: Vec<CloudEvent<&'a MovementView>>,
    /// What to name as `after` for what follows.
    next: String,
    /// That is all there was.
    at_end: bool,
}

pub(super) async fn movements(
    State(rooms): Room,
    Path(ledger): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let ask = Ask::read(&rooms, &ledger, pairs, &headers)?;
    match wants_stream(&headers) {
        true => stream::begin(rooms, ask).await,
        false => Ok(told(&first_news(&rooms, ask).await?)),
    }
}

fn told(page: &MovementsPage) -> Response {
    let events = page.events.iter().map(cloud_event).collect();
    json(200, &Page { events, next: page.reached.to_string(), at_end: page.at_end })
}

/// Looks until there is something (whoever may wait for that has a seat), all is looked at and the time is over, or the server stops.
async fn first_news(rooms: &Arc<Rooms>, mut ask: Ask) -> Result<MovementsPage, Refused> {
    let _seat = (!ask.wait.is_zero()).then(|| seat(&rooms.feeds)).transpose()?;
    let deadline = Instant::now() + ask.wait;
    let mut pulse = rooms.feeds.pulse(&ask.ledger);
    let mut ending = rooms.feeds.ending();
    loop {
        pulse.borrow_and_update();
        let page = ask.next(rooms).await?;
        if !page.events.is_empty() || Instant::now() >= deadline {
            return Ok(page);
        }
        ask.after = page.reached;
        if !page.at_end {
            continue;
        }
        tokio::select! {
            _ = ending.wait_for(|it| *it) => return Ok(page),
            () = tokio::time::sleep_until(deadline) => return Ok(page),
            turned = pulse.changed() => if turned.is_err() { return Ok(page) },
        }
    }
}
