//! What all feeds over HTTP have in common: a bound of readers, and who wants a stream.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use futures_util::{Stream, StreamExt};
use onhand_wire::Trouble;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::Feeds;

/// A reader who takes nothing for so long has stopped reading, and its seat is free again.
const SEND_WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// A reader's place among those who wait for news.
///
/// # Errors
/// There are as many as are allowed.
pub(super) fn seat(feeds: &Feeds) -> Result<OwnedSemaphorePermit, Trouble> {
    let seat = feeds.seats.clone().try_acquire_owned();
    let subscribers_max = feeds.node.config().feed_subscribers_max;
    seat.map_err(|_| Trouble::TooManySubscribers { subscribers_max })
}

/// Waits until the reader has room. False: it is gone, or stopped reading.
pub(super) async fn send<T>(to_reader: &mpsc::Sender<T>, it: T) -> bool {
    let sent = tokio::time::timeout(SEND_WAIT_MAX, to_reader.send(it)).await;
    matches!(sent, Ok(Ok(())))
}

/// The same news, told as long as somebody reads them; then the seat is free.
pub(super) fn told<T: Send + 'static>(
    news: impl Stream<Item = T> + Send + 'static,
    seat: OwnedSemaphorePermit,
) -> impl Stream<Item = T> + Send + 'static {
    let (to_reader, read) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut news = std::pin::pin!(news);
        let gone = to_reader.clone();
        let tell = async {
            while let Some(it) = news.next().await {
                if !send(&to_reader, it).await {
                    return;
                }
            }
        };
        tokio::select! {
            () = tell => {}
            () = gone.closed() => {}
        }
        drop(seat);
    });
    ReceiverStream::new(read)
}

/// Whether events are to be sent as they come.
pub(crate) fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut kinds = accepted.flat_map(|it| it.split(','));
    kinds.any(|it| it.split(';').next().unwrap_or("").trim() == "text/event-stream")
}
