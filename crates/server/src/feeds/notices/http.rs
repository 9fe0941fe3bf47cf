//! `GET /v1/{ledger}/notices` for those who wait: a page as soon as there is news, or a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use onhand_core::LedgerId;
use onhand_projector::NoticeQuery;

use super::{LOOK_AGAIN, NoticeFilter, notice_event, read};
use crate::feeds::apart;
use crate::feeds::seat::{seat, told};
use crate::http::Rooms;
use crate::http::respond::Refused;

/// Notices as they come, until the server ends, the caller is gone, or it fell too far behind.
///
/// # Errors
/// All seats are taken, or as [`Feeds::watch_notices`](crate::feeds::Feeds::watch_notices).
pub(crate) async fn stream(
    rooms: &Rooms,
    ledger: &LedgerId,
    query: NoticeQuery,
) -> Result<Response, Refused> {
    let feeds = rooms.feeds.clone();
    let (seat, ending) = (seat(&feeds)?, feeds.ending());
    let NoticeQuery { after, kinds, channel, sku, .. } = query;
    let filter = NoticeFilter {
        kinds,
        channels: channel.into_iter().collect(),
        skus: sku.into_iter().collect(),
    };
    let of = ledger.clone();
    let watching = apart(move || feeds.watch_notices(&of, after, filter)).await?;
    let state = (watching.map_err(Refused)?, ending, ledger.clone());
    let events = stream::unfold(state, |(mut watching, mut ending, ledger)| async move {
        let notice = tokio::select! {
            notice = watching.next() => notice.ok()?,
            _ = ending.wait_for(|it| *it) => return None,
        };
        let event = notice_event(&ledger, &notice);
        let text = serde_json::to_string(&event).unwrap_or_default();
        let event = Event::default().event("notice").id(notice.number.to_string()).data(text);
        Some((Ok::<_, Infallible>(event), (watching, ending, ledger)))
    });
    let pause = Duration::from_millis(rooms.node.config().feed_keep_alive_ms);
    Ok(Sse::new(told(events, seat)).keep_alive(KeepAlive::new().interval(pause)).into_response())
}

/// Waits until there is a notice that the query asks for, or it is time to say that there is none.
///
/// # Errors
/// All seats are taken.
pub(crate) async fn first_news(
    rooms: &Rooms,
    ledger: &LedgerId,
    query: &NoticeQuery,
    wait: Duration,
) -> Result<(), Refused> {
    let _seat = seat(&rooms.feeds)?;
    let projector = rooms.node.projector(ledger);
    let until = tokio::time::Instant::now() + wait;
    let mut pulse = rooms.feeds.pulse(ledger);
    let mut ending = rooms.feeds.ending();
    let mut query = NoticeQuery { limit: 1, ..query.clone() };
    loop {
        pulse.borrow_and_update();
        // What is wrong with the query is told by the answer.
        match read(&projector, ledger, query.clone()).await {
            // What was passed over once need not be looked at again.
            Ok(page) if page.rows.is_empty() => query.after = Some(page.next),
            Ok(_) | Err(_) => return Ok(()),
        }
        tokio::select! {
            _ = ending.wait_for(|it| *it) => return Ok(()),
            () = tokio::time::sleep_until(until) => return Ok(()),
            _ = tokio::time::timeout(LOOK_AGAIN, pulse.changed()) => {}
        }
    }
}
