//! What the stream says: loaded as a newcomer loads it, all last messages and then no more.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use futures_util::StreamExt;
use serde::Deserialize;

use super::super::link::{Lost, lost};
use crate::feeds::availability::AvailabilityChange;

/// Longest wait for the next message while there is one.
const NEXT_MAX: Duration = Duration::from_secs(10);

/// The last message of a subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub sequence: u64,
    /// None: the message cannot be read, and is to be replaced.
    pub told: Option<Told>,
}

/// What is compared: all that makes a change a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub closed: bool,
    unlimited: bool,
    #[serde(default)]
    published: Option<u64>,
    #[serde(default)]
    available: Option<i64>,
    sellable: i64,
    freshness_step: u64,
}

impl Told {
    pub fn of(change: &AvailabilityChange) -> Told {
        Told {
            closed: change.closed,
            unlimited: change.unlimited,
            published: change.published,
            available: change.available,
            sellable: change.sellable,
            freshness_step: change.freshness_step,
        }
    }
}

#[derive(Deserialize)]
struct Event {
    data: Told,
}

/// The last message of every subject, by subject.
///
/// # Errors
/// The servers do not answer.
pub(super) async fn load(context: &Context, stream: &str) -> Result<HashMap<String, Stored>, Lost> {
    let doing = "load the availability stream";
    let handle = context.get_stream_no_info(stream).await.map_err(|it| lost(doing, it))?;
    let config = OrderedConfig {
        deliver_policy: DeliverPolicy::All,
        replay_policy: ReplayPolicy::Instant,
        ..OrderedConfig::default()
    };
    let consumer = handle.create_consumer(config).await.map_err(|it| lost(doing, it))?;
    let mut stored = HashMap::new();
    if consumer.cached_info().num_pending == 0 {
        return Ok(stored);
    }
    let mut messages = consumer.messages().await.map_err(|it| lost(doing, it))?;
    loop {
        let next = tokio::time::timeout(NEXT_MAX, messages.next()).await;
        let next = next.map_err(|_| lost(doing, "no message comes"))?;
        let message = next.ok_or_else(|| lost(doing, "it ended"))?.map_err(|it| lost(doing, it))?;
        let info = message.info().map_err(|it| lost(doing, it))?;
        let (sequence, pending) = (info.stream_sequence, info.pending);
        let event: Option<Event> = serde_json::from_slice(&message.payload).ok();
        let told = event.map(|it| it.data);
        stored.insert(message.subject.to_string(), Stored { sequence, told });
        if pending == 0 {
            return Ok(stored);
        }
    }
}
