//! Many commands in one message.

use async_nats::Message;
use axum::response::{IntoResponse, Response};

use super::{Desk, request};
use crate::http::commands::book_many;
use crate::http::respond::Refused;

impl Desk {
    /// `cmd.<ledger>.commands`: a JSON array, or one command a line.
    pub(super) async fn batch(&self, message: &Message) -> Response {
        let (ledger, wish, format) = match request::batch(&self.rooms, message) {
            Ok(read) => read,
            Err(problem) => return Refused(*problem).into_response(),
        };
        let bytes = message.payload.clone();
        let trace = request::trace(message);
        let booked = book_many(&self.rooms, ledger, bytes, format, wish, trace).await;
        booked.unwrap_or_else(IntoResponse::into_response)
    }
}
