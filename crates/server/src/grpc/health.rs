//! `grpc.health.v1.Health`: whether the shards take commands and what is read is fresh.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::telling::{ToReader, feed};
use crate::http::Rooms;

/// Who watches at once. They have seats of their own: a node whose feeds are full is still well.
const WATCHES_MAX: usize = 1_024;
/// How often a watched state is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Services whose state is that of all shards; the empty name is the server.
const SERVICES: [&str; 4] = ["", "onhand.v1.Commands", "onhand.v1.Queries", "onhand.v1.Feeds"];
/// Before the number of a shard whose own state is asked for, such as `shard/0`.
const SHARD: &str = "shard/";

pub(super) struct Readiness {
    rooms: Arc<Rooms>,
    seats: Arc<Semaphore>,
}

impl Readiness {
    pub fn new(rooms: Arc<Rooms>) -> Readiness {
        Readiness { rooms, seats: Arc::new(Semaphore::new(WATCHES_MAX)) }
    }
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
        let Ok(seat) = self.seats.clone().try_acquire_owned() else {
            return Err(Status::resource_exhausted("too many watch already; check instead"));
        };
        let tell = |to_reader| tell(rooms, service, to_reader);
        Ok(Response::new(Box::pin(feed(&self.rooms.feeds, seat, 1, tell))))
    }
}

/// Tells the state, and each that follows another.
async fn tell(
    rooms: Arc<Rooms>,
    service: String,
    to_reader: ToReader<HealthCheckResponse>,
) -> Result<(), Status> {
    let mut last = None;
    loop {
        let now = state(&rooms, &service).unwrap_or(ServingStatus::ServiceUnknown);
        if last != Some(now) {
            to_reader.send(response(now)).await?;
        }
        last = Some(now);
        tokio::time::sleep(LOOK_EVERY).await;
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
