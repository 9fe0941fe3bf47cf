//! The feed as server-sent events: `id` is a place, and a reader that comes back goes on behind it.

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use onhand_projector::MovementsPage;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use super::ask::Ask;
use super::cloud_event;
use crate::feeds::seat::{seat, send};
use crate::http::Rooms;
use crate::http::respond::Refused;

/// Pages that wait for a slow reader; the next one is looked for once there is room.
const PAGES_WAITING: usize = 2;
/// Events that are looked for at once.
const PAGE_EVENTS: usize = 500;
/// What is booked in between is told together.
const GATHER: Duration = Duration::from_millis(5);
/// How soon a reader that lost its connection is to come back.
const RETRY: &str = "retry: 1000\n\n";

/// # Errors
/// All seats are taken; or as for a page: what is wrong with the request is told before the stream
/// begins.
pub(super) async fn begin(rooms: Arc<Rooms>, mut ask: Ask) -> Result<Response, Refused> {
    let seat = seat(&rooms.feeds)?;
    ask.limit = PAGE_EVENTS;
    let pulse = rooms.feeds.pulse(&ask.ledger);
    let first = ask.next(&rooms).await?;
    let (to_reader, pages) = mpsc::channel(PAGES_WAITING);
    tokio::spawn(tell(Teller { rooms, ask, seat, to_reader }, pulse, first));
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(pages)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Teller {
    rooms: Arc<Rooms>,
    ask: Ask,
    /// Given back when the reader is gone, or stopped reading.
    seat: OwnedSemaphorePermit,
    to_reader: mpsc::Sender<Result<Bytes, Infallible>>,
}

/// Tells page after page until the reader goes or the server stops. A journal that cannot be read
/// ends the stream: the reader comes back by itself.
async fn tell(mut teller: Teller, mut pulse: watch::Receiver<u64>, first: MovementsPage) {
    let mut ending = teller.rooms.feeds.ending();
    let gone = teller.to_reader.clone();
    tokio::select! {
        () = teller.tell_on(&mut pulse, first) => {}
        () = gone.closed() => {}
        _ = ending.wait_for(|it| *it) => {}
    }
    drop(teller.seat);
}

impl Teller {
    async fn tell_on(&mut self, pulse: &mut watch::Receiver<u64>, first: MovementsPage) {
        if !self.say(RETRY.to_owned()).await || !self.say(told(&first)).await {
            return;
        }
        self.ask.after = first.reached;
        loop {
            pulse.borrow_and_update();
            let Ok(page) = self.ask.next(&self.rooms).await else { return };
            self.ask.after = page.reached;
            if !page.events.is_empty() && !self.say(told(&page)).await {
                return;
            }
            if page.at_end && !self.wait(pulse).await {
                return;
            }
        }
    }

    /// Until there may be news; meanwhile the reader is told that it is not forgotten. False: it is
    /// gone.
    async fn wait(&self, pulse: &mut watch::Receiver<u64>) -> bool {
        let every = Duration::from_millis(self.rooms.node.config().feed_keep_alive_ms);
        loop {
            match tokio::time::timeout(every, pulse.changed()).await {
                Ok(Ok(())) => {
                    tokio::time::sleep(GATHER).await;
                    return true;
                }
                Ok(Err(_)) => return false,
                Err(_) => {
                    // A comment, with the place: a filter may pass nothing for a long time.
                    if !self.say(format!(": at {}\n\n", self.ask.after)).await {
                        return false;
                    }
                }
            }
        }
    }

    async fn say(&self, text: String) -> bool {
        text.is_empty() || send(&self.to_reader, Ok(Bytes::from(text))).await
    }
}

fn told(page: &MovementsPage) -> String {
    let mut text = String::new();
    for event in &page.events {
        // Neither fails: an event is plain data, and a text in memory takes all.
        if let Ok(data) = serde_json::to_string(&cloud_event(event)) {
            let _ = write!(text, "id: {}\nevent: movement\ndata: {data}\n\n", event.place());
        }
    }
    text
}
