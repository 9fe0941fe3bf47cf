//! The availability feed: the newest number of each item and channel, and which changed last.

use std::io;
use std::sync::Arc;

use axum::Router;

use crate::Node;
use crate::http::Rooms;

/// One board per shard.
pub(crate) struct Boards {}

impl Boards {
    /// # Errors
    /// No thread can be started.
    pub fn begin(_node: &Arc<Node>) -> io::Result<Boards> {
        Ok(Boards {})
    }

    pub fn end(&self) {}
}

pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new()
}
