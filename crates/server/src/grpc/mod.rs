//! The gRPC door: the services of `proto/`, on the port of HTTP.

mod commands;
mod converse;
mod door;
mod status;
mod submit;

use std::sync::Arc;

use axum::Router;
use onhand_proto::v1::commands_server::CommandsServer;

use crate::http::Rooms;
use door::Door;

/// The services as routes.
pub(crate) fn routes(rooms: &Arc<Rooms>) -> Router {
    let bytes_max = rooms.node.config().grpc_message_bytes_max as usize;
    let door = Door { rooms: rooms.clone() };
    let commands = CommandsServer::new(door)
        .max_decoding_message_size(bytes_max)
        .max_encoding_message_size(usize::MAX);
    Router::new().route_service("/onhand.v1.Commands/{call}", commands)
}
