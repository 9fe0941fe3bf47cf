//! The contracts that this server keeps, as documents: OpenAPI of its addresses, AsyncAPI of its
//! feeds.

use std::sync::Arc;

use axum::Router;

use crate::http::Rooms;

/// Their addresses.
pub(crate) fn routes() -> Router<Arc<Rooms>> {
    Router::new()
}
