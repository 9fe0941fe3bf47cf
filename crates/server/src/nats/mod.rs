//! The NATS door: commands and questions by request and reply, and the feeds' streams.

mod availability;
mod link;
mod movements;
mod notices;
mod service;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::Rooms;
use link::Lost;
use movements::Publisher;
use notices::NoticePublisher;
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
    if rooms.node.config().nats_commands {
        let service = Arc::new(Service::new(rooms.clone(), router));
        neighbours.tasks.spawn(service.run(neighbours.ending.subscribe()));
    }
    let Rooms { node, feeds, .. } = &*rooms;
    if node.config().feed_movements {
        for publisher in Publisher::all(node, feeds) {
            let work = move |client| publisher.clone().publish(client);
            neighbours.keep_up(&rooms, "movements", work);
        }
    }
    if node.config().feed_availability {
        let publisher = availability::Publisher::new(feeds.clone());
        let work = move |client| publisher.clone().publish(client);
        neighbours.keep_up(&rooms, "availability", work);
        let publisher = NoticePublisher::new(feeds.clone());
        let work = move |client| publisher.clone().publish(client);
        neighbours.keep_up(&rooms, "notices", work);
    }
    neighbours
}

impl Neighbours {
    fn keep_up<F>(
        &mut self,
        rooms: &Rooms,
        what: &'static str,
        work: impl Fn(Client) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<(), Lost>> + Send + 'static,
    {
        let ending = self.ending.subscribe();
        self.tasks.spawn(link::keep_up(rooms.node.clone(), what, ending, work));
    }

    /// Takes nothing more, and waits for what is under way.
    pub async fn end(mut self) {
        self.ending.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(END_MAX, all).await.is_err() {
            tracing::warn!("what is under way over NATS did not end in time and is cut off");
        }
    }
}
