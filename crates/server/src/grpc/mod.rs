//! The gRPC door: the services of `proto/`, on the port of HTTP.

use std::sync::Arc;

use axum::Router;

use crate::http::Rooms;

/// The services as routes.
pub(crate) fn routes(_rooms: &Arc<Rooms>) -> Router {
    Router::new()
}
