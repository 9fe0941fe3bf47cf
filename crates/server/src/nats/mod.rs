//! The NATS door: commands and questions by request and reply, and the feeds' streams.

mod link;
mod movements;
mod service;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::Rooms;
use movements::Publisher;
use service::Service;

/// Longest wait for what is under way when the server stops.
const END_MAX: Duration = Duration::from_secs(10);

/// What runs beside the HTTP door, until it is ended.
pub(crate) struct Neighbours {
    ending: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Begins to take commands and to publish feeds, if there is a NATS server for that. It is connected
/// in the background, again and again: a server that is away stops nobody.
pub(crate) fn begin(rooms: Arc<Rooms>, router: Router) -> Neighbours {
    let mut neighbours = Neighbours { ending: watch::Sender::new(false), tasks: JoinSet::new() };
    if !link::is_wanted(&rooms.node) {
        return neighbours;
    }
    let Rooms { node, feeds, .. } = &*rooms;
    if node.config().feed_movements {
        for publisher in Publisher::all(node, feeds) {
            let ending = neighbours.ending.subscribe();
            let work = move |client| publisher.clone().publish(client);
            neighbours.tasks.spawn(link::keep_up(node.clone(), "movements", ending, work));
        }
    }
    if node.config().nats_commands {
        let service = Arc::new(Service::new(rooms, router));
        neighbours.tasks.spawn(service.run(neighbours.ending.subscribe()));
    }
    neighbours
}

impl Neighbours {
    /// Takes nothing more, and waits for what is under way.
    pub async fn end(mut self) {
        self.ending.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(END_MAX, all).await.is_err() {
            tracing::warn!("what is under way over NATS did not end in time and is cut off");
        }
    }
}
