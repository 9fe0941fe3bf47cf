//! Messages while they are being read: none takes for ever, and together they fit into memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use futures_util::{StreamExt, stream};
use onhand_wire::Trouble;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::status::of_trouble;

/// Bytes of messages that are being read, over all callers.
const UNDER_WAY_BYTES_MAX: usize = 512 << 20;
const AGAIN_MS: u64 = 1_000;
/// Calls that take messages as long as their caller likes.
const STREAMS: [&str; 2] = ["/onhand.v1.Commands/SubmitStream", "/onhand.v1.Commands/Converse"];
const STREAMS_UNDER: &str = "/grpc.reflection.";

#[derive(Clone)]
pub(super) struct Bodies {
    longest: Duration,
    room: Arc<Semaphore>,
}

impl Bodies {
    /// `longest`: from the head of a call to the end of its only message.
    pub fn new(longest: Duration) -> Bodies {
        Bodies { longest, room: Arc::new(Semaphore::new(UNDER_WAY_BYTES_MAX)) }
    }

    fn bounded(&self, body: Body) -> Body {
        let reading = Reading { bodies: self.clone(), held: None, until: self.until() };
        let begun = Some((body.into_data_stream(), reading));
        Body::from_stream(stream::unfold(begun, |going| async move {
            let (mut parts, mut reading) = going?;
            let part = match timeout_at(reading.until, parts.next()).await {
                Ok(part) => part?.map_err(|error| Status::from_error(error.into())),
                Err(_) => Err(reading.late()),
            };
            match part.and_then(|it| reading.hold(it)) {
                Ok(part) => Some((Ok(part), Some((parts, reading)))),
                Err(status) => Some((Err(status), None)),
            }
        }))
    }

    fn until(&self) -> Instant {
        Instant::now() + self.longest
    }
}

/// A message that is being read; dropped once it is.
struct Reading {
    bodies: Bodies,
    /// Its bytes, of all that there is room for.
    held: Option<OwnedSemaphorePermit>,
    until: Instant,
}

impl Reading {
    fn hold(&mut self, part: Bytes) -> Result<Bytes, Status> {
        let full = || of_trouble(&Trouble::Overloaded { retry_after_ms: AGAIN_MS });
        let bytes = u32::try_from(part.len()).map_err(|_| full())?;
        let more = self.bodies.room.clone().try_acquire_many_owned(bytes).map_err(|_| full())?;
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(part)
    }

    fn late(&self) -> Status {
        of_trouble(&Trouble::RequestTimeout { seconds: self.bodies.longest.as_secs().max(1) })
    }
}

/// Bounds the body of a call that takes one message.
pub(super) async fn bound(State(bodies): State<Bodies>, request: Request) -> Request {
    let path = request.uri().path();
    match STREAMS.contains(&path) || path.starts_with(STREAMS_UNDER) {
        true => request,
        false => request.map(|body| bodies.bounded(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(body: Body) -> String {
        let parts: Vec<_> = body.into_data_stream().collect().await;
        let told = |part: Result<Bytes, axum::Error>| match part {
            Ok(bytes) => bytes.len().to_string(),
            Err(error) => format!("{:?}", Status::from_error(Box::new(error)).code()),
        };
        parts.into_iter().map(told).collect::<Vec<_>>().join(" ")
    }

    fn bodies(longest: Duration, bytes: usize) -> Bodies {
        Bodies { longest, room: Arc::new(Semaphore::new(bytes)) }
    }

    fn parts(count: usize) -> impl futures_util::Stream<Item = Result<&'static str, Status>> {
        stream::iter((0..count).map(|_| Ok("four")))
    }

    #[tokio::test]
    async fn a_message_has_its_time_and_its_room() {
        let some = bodies(Duration::from_secs(60), 9);
        assert_eq!(read(some.bounded(Body::from_stream(parts(2)))).await, "4 4");
        assert_eq!(read(some.bounded(Body::from_stream(parts(3)))).await, "4 4 ResourceExhausted");
        // What was read is given back.
        assert_eq!(some.room.available_permits(), 9);
        let short = bodies(Duration::from_millis(10), 9);
        let trickled = parts(1).chain(stream::pending());
        let told = read(short.bounded(Body::from_stream(trickled))).await;
        assert_eq!(told, "4 DeadlineExceeded");
    }
}
