//! What all feeds over HTTP have in common: a bound of readers, and who wants a stream.

use axum::http::{HeaderMap, header};
use onhand_wire::Trouble;
use tokio::sync::OwnedSemaphorePermit;

use super::Feeds;

/// A reader's place among those who wait for news.
///
/// # Errors
/// There are as many as are allowed.
pub(super) fn seat(feeds: &Feeds) -> Result<OwnedSemaphorePermit, Trouble> {
    let seat = feeds.seats.clone().try_acquire_owned();
    let subscribers_max = feeds.node.config().feed_subscribers_max;
    seat.map_err(|_| Trouble::TooManySubscribers { subscribers_max })
}

/// Whether events are to be sent as they come.
pub(crate) fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut kinds = accepted.flat_map(|it| it.split(','));
    kinds.any(|it| it.split(';').next().unwrap_or("").trim() == "text/event-stream")
}
