//! Webhooks: signed calls to whoever subscribed, tried again until they are taken or given up.

use std::io;
use std::sync::Arc;

use axum::Router;

use crate::Node;
use crate::feeds::Feeds;
use crate::http::Rooms;

/// All subscriptions, and whoever delivers to them.
pub(crate) struct Webhooks {}

impl Webhooks {
    /// # Errors
    /// The file of subscriptions cannot be opened, or no thread can be started.
    pub fn begin(_node: Arc<Node>, _feeds: Arc<Feeds>) -> io::Result<Arc<Webhooks>> {
        Ok(Arc::new(Webhooks {}))
    }

    pub fn end(&self) {}
}

/// Their addresses.
pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new()
}
