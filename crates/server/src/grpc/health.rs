//! `grpc.health.v1.Health`: whether the shards take commands and what is read is fresh.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::http::Rooms;

/// How often a watched state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Services whose state is that of all shards; the empty name is the server.
const SERVICES: [&str; 4] = ["", "onhand.v1.Commands", "onhand.v1.Queries", "onhand.v1.Feeds"];
/// Before the number of a shard whose own state is asked for, such as `shard/0`.
const SHARD: &str = "shard/";

pub(super) struct Readiness {
    pub rooms: Arc<Rooms>,
}

type States = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Health for Readiness {
    type WatchStream = States;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match state(&self.rooms, &request.into_inner().service) {
            Some(status) => Ok(Response::new(response(status))),
            None => Err(Status::not_found("no service has this name")),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<States>, Status> {
        let (rooms, service) = (self.rooms.clone(), request.into_inner().service);
        let Ok(seat) = rooms.feeds.seats.clone().try_acquire_owned() else {
            return Err(Status::resource_exhausted("too many streams are open; check instead"));
        };
        let (told, states) = mpsc::channel(1);
        tokio::spawn(async move {
            let _seat = seat;
            let mut ending = rooms.feeds.ending();
            let mut last = None;
            loop {
                let now = state(&rooms, &service).unwrap_or(ServingStatus::ServiceUnknown);
                if last != Some(now) && told.send(Ok(response(now))).await.is_err() {
                    return;
                }
                last = Some(now);
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = told.closed() => return,
                    _ = ending.wait_for(|it| *it) => return,
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(states))))
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

/// None: no service has this name.
fn state(rooms: &Rooms, service: &str) -> Option<ServingStatus> {
    let shards = rooms.node.shard_states();
    let ready = match service.strip_prefix(SHARD) {
        Some(number) => shards.get(number.parse::<usize>().ok()?)?.is_ready(),
        None if SERVICES.contains(&service) => shards.iter().all(|it| it.is_ready()),
        None => return None,
    };
    Some(if ready { ServingStatus::Serving } else { ServingStatus::NotServing })
}
