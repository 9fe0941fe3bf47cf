//! The NATS door: commands and questions by request and reply, and the feeds' streams.

mod service;

use std::sync::Arc;

use async_nats::{Client, ConnectOptions};
use axum::Router;

use crate::config::JournalKind;
use crate::http::Rooms;
use service::Service;

/// What runs beside the HTTP door, until it is ended.
pub(crate) struct Neighbours {
    service: Option<Service>,
}

/// Begins to take commands and to publish feeds, if there is a NATS server for that. It is connected
/// in the background, again and again: a server that is away stops nobody.
pub(crate) async fn begin(rooms: Arc<Rooms>, router: Router) -> Neighbours {
    let Some(client) = connect(&rooms).await else { return Neighbours { service: None } };
    let service = match rooms.node.config().nats_commands {
        true => match Service::begin(rooms, router, client).await {
            Ok(service) => Some(service),
            Err(error) => {
                tracing::error!(%error, "no commands are taken over NATS");
                None
            }
        },
        false => None,
    };
    Neighbours { service }
}

impl Neighbours {
    /// Takes nothing more, and waits for what is under way.
    pub async fn end(self) {
        if let Some(service) = self.service {
            service.end().await;
        }
    }
}

async fn connect(rooms: &Rooms) -> Option<Client> {
    let config = rooms.node.config();
    let jetstream = rooms.node.installation().journal == JournalKind::Jetstream;
    let url = match config.nats_url.is_empty() {
        true if jetstream => &config.journal_url,
        true => return None,
        false => &config.nats_url,
    };
    let addresses: Vec<String> = url.split(',').map(|it| it.trim().to_owned()).collect();
    let options = ConnectOptions::new().name("onhand").retry_on_initial_connect();
    match options.connect(addresses).await {
        Ok(client) => Some(client),
        Err(error) => {
            tracing::error!(%error, "NATS cannot be reached");
            None
        }
    }
}
