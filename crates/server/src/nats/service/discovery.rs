//! The micro protocol of NATS (ADR-32): who is there, what it offers, how it has been doing.
//!
//! The client library has this too. Its endpoints lose what is on its way to them when they stop,
//! and tell an error without a body; so the protocol's three questions are answered here.

use std::sync::Arc;

use async_nats::{Client, Message, SubscribeError, Subscriber};
use futures_util::StreamExt;
use futures_util::stream::{SelectAll, select_all};
use serde_json::{Value, json};

use super::endpoints::Endpoints;

/// The service's name in the protocol.
const NAME: &str = "onhand";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One server among those of its name.
pub(super) struct Discovery {
    id: String,
    started: String,
    client: Client,
    endpoints: Arc<Endpoints>,
    /// Where answers may go.
    reply_prefix: String,
}

impl Discovery {
    pub fn new(client: Client, endpoints: Arc<Endpoints>, reply_prefix: String) -> Discovery {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let started = jiff::Timestamp::now().to_string();
        Discovery { id, started, client, endpoints, reply_prefix }
    }

    /// # Errors
    /// The client is closed.
    pub async fn listen(&self) -> Result<SelectAll<Subscriber>, SubscribeError> {
        let mut asked = Vec::new();
        for verb in ["PING", "INFO", "STATS"] {
            for whom in [String::new(), format!(".{NAME}"), format!(".{NAME}.{}", self.id)] {
                asked.push(self.client.subscribe(format!("$SRV.{verb}{whom}")).await?);
            }
        }
        Ok(select_all(asked))
    }

    /// Answers until it is dropped.
    pub async fn answer(self, mut asked: SelectAll<Subscriber>) {
        while let Some(Message { subject, reply, .. }) = asked.next().await {
            let Some(reply) = reply.filter(|it| it.starts_with(&self.reply_prefix)) else {
                continue;
            };
            let told = match subject.split('.').nth(1) {
                Some("PING") => self.tell("ping", json!({})),
                Some("INFO") => self.tell("info", self.info()),
                _ => self.tell("stats", self.stats()),
            };
            if let Err(error) = self.client.publish(reply, told.to_string().into()).await {
                tracing::debug!(%error, "an answer could not be sent");
            }
        }
    }

    fn tell(&self, kind: &str, mut told: Value) -> Value {
        told["type"] = format!("io.nats.micro.v1.{kind}_response").into();
        told["name"] = NAME.into();
        told["id"] = self.id.as_str().into();
        told["version"] = VERSION.into();
        told["metadata"] = json!({});
        told
    }

    fn info(&self) -> Value {
        let endpoints: Vec<Value> = self.endpoints.all.iter().map(|it| it.info()).collect();
        let description = "Onhand: commands and questions of a stock ledger";
        json!({ "description": description, "endpoints": endpoints })
    }

    fn stats(&self) -> Value {
        let endpoints: Vec<Value> = self.endpoints.all.iter().map(|it| it.stats()).collect();
        json!({ "started": self.started, "endpoints": endpoints })
    }
}
