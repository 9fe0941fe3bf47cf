//! The gRPC door: the services of `proto/`, on the port of HTTP.

mod ask;
mod bodies;
mod commands;
mod converse;
mod door;
mod feeds;
mod health;
mod movement;
mod queries;
mod status;
mod submit;
mod telling;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use onhand_proto::DESCRIPTORS;
use onhand_proto::v1::commands_server::CommandsServer;
use onhand_proto::v1::feeds_server::FeedsServer;
use onhand_proto::v1::queries_server::QueriesServer;
use tonic::{Code, Status};
use tonic_health::pb::health_server::HealthServer;

use crate::http::Rooms;
use bodies::Bodies;
use door::Door;
use health::Readiness;

/// The services as routes. `http`: what answers questions over HTTP.
pub(crate) fn routes(rooms: &Arc<Rooms>, http: &Router) -> Router {
    let config = rooms.node.config();
    let bytes_max = config.grpc_message_bytes_max as usize;
    let door = Door { rooms: rooms.clone(), http: http.clone() };
    // Answers are as large as what was asked for.
    let commands = CommandsServer::new(door.clone()).max_decoding_message_size(bytes_max);
    let feeds = FeedsServer::new(door.clone()).max_decoding_message_size(bytes_max);
    let queries = QueriesServer::new(door).max_decoding_message_size(bytes_max);
    let health = HealthServer::new(Readiness::new(rooms.clone()));
    let router = Router::new()
        .route_service("/onhand.v1.Commands/{call}", commands)
        .route_service("/onhand.v1.Queries/{call}", queries)
        .route_service("/onhand.v1.Feeds/{call}", feeds)
        .route_service("/grpc.health.v1.Health/{call}", health);
    let router = if config.grpc_reflection { reflected(router) } else { router };
    let bodies = Bodies::new(Duration::from_millis(config.http_body_ms_max));
    let router = router.layer(middleware::map_request_with_state(bodies, bodies::bound));
    router.layer(middleware::from_fn_with_state(rooms.clone(), watch))
}

/// With both versions of reflection.
fn reflected(router: Router) -> Router {
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    match (described().build_v1(), described().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => router
            .route_service("/grpc.reflection.v1.ServerReflection/{call}", v1)
            .route_service("/grpc.reflection.v1alpha.ServerReflection/{call}", v1alpha),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "the contract cannot be described: no reflection");
            router
        }
    }
}

/// Counts calls, and marks answers that stand on weaker durability.
async fn watch(State(rooms): State<Arc<Rooms>>, request: Request, next: Next) -> Response {
    let timer = rooms.metrics.begin_call(request.uri().path());
    let mut response = next.run(request).await;
    if rooms.node.is_relaxed() {
        let value = axum::http::HeaderValue::from_static("relaxed");
        response.headers_mut().insert("onhand-durability", value);
    }
    let status = Status::from_header_map(response.headers()).map_or(Code::Ok, |it| it.code());
    timer.end_call(status);
    response
}

/// Whether a request is a call of gRPC, wherever it goes.
pub(crate) fn is_call(request: &Request) -> bool {
    let kind = request.headers().get(axum::http::header::CONTENT_TYPE);
    kind.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"))
}

/// What a call of something that is not there is answered.
pub(crate) fn unknown_call(request: &Request) -> Response {
    let path: String = request.uri().path().chars().take(120).collect();
    Status::unimplemented(format!("there is no call {path}")).into_http()
}
