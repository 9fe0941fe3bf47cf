//! Publishes the movements of a shard to its stream on JetStream.
//!
//! The stream's n-th message is a function of the shard's journal: its events in the order of the
//! blocks. Each is published for exactly its place in the stream (`Nats-Expected-Last-Sequence`), so
//! that a late one of a lost connection is refused, or is the right one. After anything unknown the
//! connection is given up, the last message is read back, and it goes on behind that.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use onhand_projector::{BlockMovements, MovementView, Projector};
use onhand_wire::{CLOUD_EVENT, token};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::link::{Lost, lost};
use super::stream::{self, Wanted};
use crate::Node;
use crate::feeds::Feeds;
use crate::feeds::movements::{Publishing, cloud_event};

/// Messages under way at once.
const WINDOW: usize = 1_024;
/// Blocks that are read at once.
const BLOCKS: usize = 64;
/// How soon it is noticed that an idle stream was deleted.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The header that says which event of the journal a message is: `HEIGHT.INDEX`, the index among
/// the events of the block at that height.
const BLOCK: &str = "Onhand-Block";
/// The header with the number of the event among all of the shard's journal, from 1. It is the
/// message's sequence, or else the stream does not follow from the journal.
const NUMBER: &str = "Onhand-Number";
/// Kept with a stream in which a message of somebody else was found: once that is too old to be
/// kept, nothing else would tell that its place is not an event's.
const FOREIGN: &str = "onhand.foreign";
const MADE_ANEW: &str = "delete it, and it is made anew";
/// Where a subject has a channel and the event has none.
const NO_CHANNEL: &str = "-";

/// What the publisher of one shard needs.
#[derive(Clone)]
pub(super) struct Publisher {
    node: Arc<Node>,
    feeds: Arc<Feeds>,
    projector: Arc<Projector>,
    state: Arc<Publishing>,
    shard: usize,
}

impl Publisher {
    /// Of every shard one.
    pub fn all(node: &Arc<Node>, feeds: &Arc<Feeds>) -> Vec<Publisher> {
        let shards = node.projectors().into_iter().enumerate();
        let publisher = |(shard, projector): (usize, Arc<Projector>)| Publisher {
            node: node.clone(),
            feeds: feeds.clone(),
            projector,
            state: feeds.publishing[shard].clone(),
            shard,
        };
        shards.map(publisher).collect()
    }

    /// Publishes with this client until something is lost.
    ///
    /// # Errors
    /// What was lost: it is to be called again with a new client.
    pub async fn publish(self, client: Client) -> Result<(), Lost> {
        // However it ends: a lost connection drops it where it stands.
        let _ended = Ended(self.state.clone());
        let state = self.state.clone();
        let ended = self.publish_on(client).await;
        if let Err(why) = &ended {
            state.note_stopped(why);
        }
        ended
    }

    async fn publish_on(self, client: Client) -> Result<(), Lost> {
        let wanted = self.wanted();
        let last = stream::ensure(&client, &self.node, &wanted).await?;
        let next = self.behind(&client, &wanted.name, last).await?;
        let inbox = client.new_inbox();
        let acks = client.subscribe(inbox.clone()).await.map_err(|it| lost("subscribe", it))?;
        let pulse = self.feeds.pulse_of(self.shard);
        self.state.note_begun();
        let (stream, under_way) = (wanted.name, VecDeque::new());
        let queue = Queue { height: next.height, blocks: VecDeque::new(), index: next.index };
        let session = Session {
            publisher: self,
            client,
            stream,
            inbox,
            acks,
            pulse,
            queue,
            under_way,
            last,
            stored: last,
        };
        session.run().await
    }

    fn wanted(&self) -> Wanted {
        let config = self.node.config();
        let (shard, days) = (self.shard, config.feed_movements_days);
        Wanted {
            name: format!("{}FEED_{shard:03}", config.nats_stream_prefix),
            description: format!("movements of shard {shard:03}, derived from its journal"),
            subject: format!("{}feed.{shard:03}.>", config.nats_subject_prefix),
            max_age: u32::try_from(days).ok().filter(|it| *it > 0).map(|days| DAY * days),
            // Only as a whole it may be deleted: it is made anew then.
            more: json!({ "deny_delete": true, "deny_purge": true }),
        }
    }

    /// What follows the message at `last`.
    async fn behind(&self, client: &Client, stream: &str, last: u64) -> Result<Next, Lost> {
        if last == 0 {
            return Ok(Next { height: 1, index: 0 });
        }
        self.refuse_foreign(client, stream, last).await?;
        let mut event = self.last_event(client, stream, last).await?;
        let mut pulse = self.feeds.pulse_of(self.shard);
        let mut is_told = false;
        loop {
            pulse.borrow_and_update();
            let publisher = self.clone();
            let work = move || publisher.look_back(event);
            let found = tokio::task::spawn_blocking(work).await;
            event = match found.map_err(|it| lost("look back", it))?? {
                Found::Next(next) => return Ok(next),
                Found::Nothing => return Err(stray(stream, "does not follow from this journal")),
                Found::NotYet(event) => event,
            };
            if !is_told {
                self.say_ahead(stream);
            }
            is_told = true;
            tokio::select! {
                turned = pulse.changed() => turned.map_err(|it| lost("follow", it))?,
                () = tokio::time::sleep(LOOK_EVERY) => stream::is_left(client, stream, last).await?,
            }
        }
    }

    /// The stream is ahead of what is folded: after a start that is soon over. Where it is not, the
    /// journal lost its end.
    fn say_ahead(&self, stream: &str) {
        let height = self.projector.tip().height;
        let why = format!(
            "the stream {stream} is ahead of the journal as it is folded, up to height {height}; \
             it is waited for"
        );
        tracing::info!("{why}");
        self.state.note_stopped(why);
    }

    /// Which event the message at `last` is. A foreign one stops everything: whatever was published
    /// behind it would lie at another place than its own.
    async fn last_event(&self, client: &Client, stream: &str, last: u64) -> Result<Last, Lost> {
        let Some(headers) = stream::headers_of(client, stream, last).await? else {
            return Ok(Last::Number { left: last, height: 1 });
        };
        match headers.get(BLOCK).and_then(place).filter(|_| is_number(&headers, last)) {
            Some(place) => Ok(Last::Place(place)),
            None => Err(self.mark_foreign(client, stream, last).await?),
        }
    }

    /// A foreign message takes the place of the first that is under way, and what is under way
    /// behind that finds its own place all the same. So as many are looked at as may be under way.
    async fn refuse_foreign(&self, client: &Client, stream: &str, last: u64) -> Result<(), Lost> {
        if let Some(sequence) = stream::mark_of(client, stream, FOREIGN).await? {
            return Err(foreign(stream, &sequence));
        }
        for sequence in last.saturating_sub(WINDOW as u64).max(1)..last {
            let headers = stream::headers_of(client, stream, sequence).await?;
            if headers.is_some_and(|it| !is_number(&it, sequence)) {
                return Err(self.mark_foreign(client, stream, sequence).await?);
            }
        }
        Ok(())
    }

    async fn mark_foreign(&self, client: &Client, stream: &str, at: u64) -> Result<Lost, Lost> {
        let sequence = at.to_string();
        stream::set_mark(client, stream, (FOREIGN, &sequence)).await?;
        Ok(foreign(stream, &sequence))
    }

    fn look_back(&self, last: Last) -> Result<Found, Lost> {
        match last {
            Last::Place(place) => self.behind_place(place),
            Last::Number { left, height } => self.behind_count(left, height),
        }
    }

    fn behind_place(&self, place: Next) -> Result<Found, Lost> {
        let blocks = self.projector.block_movements(place.height, 1);
        let Some(block) = blocks.map_err(|error| lost("read the journal", error))?.pop() else {
            return Ok(Found::NotYet(Last::Place(place)));
        };
        let is_event = block.height == place.height && place.index < block.events.len();
        let next = Next { index: place.index.saturating_add(1), ..place };
        Ok(if is_event { Found::Next(next) } else { Found::Nothing })
    }

    /// Counts events from `height` on.
    fn behind_count(&self, mut left: u64, mut height: u64) -> Result<Found, Lost> {
        loop {
            let blocks = self.projector.block_movements(height, BLOCKS);
            let blocks = blocks.map_err(|error| lost("read the journal", error))?;
            if blocks.is_empty() {
                return Ok(Found::NotYet(Last::Number { left, height }));
            }
            for block in blocks {
                let events = block.events.len() as u64;
                if left <= events {
                    let index = usize::try_from(left).map_err(|it| lost("count events", it))?;
                    return Ok(Found::Next(Next { height: block.height, index }));
                }
                (left, height) = (left - events, block.height + 1);
            }
        }
    }
}

/// What follows a stream's last message.
enum Found {
    Next(Next),
    /// The journal has no such event.
    Nothing,
    /// It is not folded up to there: the same is to be asked again.
    NotYet(Last),
}

/// The event that a stream's last message is.
#[derive(Clone, Copy)]
enum Last {
    Place(Next),
    /// Too old to be kept: it is known by its number. So many events from this height on.
    Number {
        left: u64,
        height: u64,
    },
}

/// Whether a message is the event of the shard that its place is for.
fn is_number(headers: &stream::Headers, sequence: u64) -> bool {
    headers.get(NUMBER).and_then(|it| it.parse().ok()) == Some(sequence)
}

/// The place of an event, as the header has it.
fn place(text: &str) -> Option<Next> {
    let (height, index) = text.split_once('.')?;
    Some(Next { height: height.parse().ok()?, index: index.parse().ok()? })
}

fn stray(stream: &str, what: &str) -> Lost {
    lost(&format!("the stream {stream}"), format_args!("{what}; {MADE_ANEW}"))
}

fn foreign(stream: &str, sequence: &str) -> Lost {
    stray(stream, &format!("has a message at {sequence} that this shard did not publish"))
}

/// Counts the end of a session.
struct Ended(Arc<Publishing>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.note_ended();
    }
}

/// An event of the journal.
#[derive(Clone, Copy)]
struct Next {
    height: u64,
    /// Among the events of its block; as many as those are: behind them.
    index: usize,
}

/// What is read and not yet published.
struct Queue {
    /// The next block to be read.
    height: u64,
    blocks: VecDeque<Arc<BlockMovements>>,
    /// Of the next event in the first of the blocks.
    index: usize,
}

/// A message under way, in the order of the stream.
struct UnderWay {
    sequence: u64,
    sent: Instant,
    /// The height up to which it is the last message.
    ends: Option<u64>,
}

struct Session {
    publisher: Publisher,
    client: Client,
    stream: String,
    inbox: String,
    acks: Subscriber,
    pulse: watch::Receiver<u64>,
    queue: Queue,
    under_way: VecDeque<UnderWay>,
    /// Sequence of the last message published, and of the last one stored.
    last: u64,
    stored: u64,
}

impl Session {
    async fn run(mut self) -> Result<(), Lost> {
        loop {
            self.pulse.borrow_and_update();
            if self.queue.blocks.is_empty() {
                self.read().await?;
            }
            self.fill().await?;
            if self.under_way.len() < WINDOW && !self.queue.blocks.is_empty() {
                continue;
            }
            self.wait().await?;
        }
    }

    /// Reads on in the journal, if it goes on.
    async fn read(&mut self) -> Result<(), Lost> {
        let (projector, height) = (self.publisher.projector.clone(), self.queue.height);
        if height > projector.tip().height {
            return Ok(());
        }
        let work = move || projector.block_movements(height, BLOCKS);
        let blocks = tokio::task::spawn_blocking(work).await.map_err(|it| lost("read", it))?;
        let blocks = blocks.map_err(|error| lost("read the journal", error))?;
        self.queue.height += blocks.len() as u64;
        self.queue.blocks.extend(blocks);
        Ok(())
    }

    /// Publishes what is read as far as the window goes.
    async fn fill(&mut self) -> Result<(), Lost> {
        while self.under_way.len() < WINDOW {
            let Some(block) = self.queue.blocks.front().cloned() else { return Ok(()) };
            let (index, events) = (self.queue.index, &block.events);
            if let Some(event) = events.get(index) {
                self.send(&block, index, event).await?;
            }
            if index + 1 < events.len() {
                self.queue.index += 1;
            } else {
                self.end(block.height);
                self.queue.index = 0;
                self.queue.blocks.pop_front();
            }
        }
        Ok(())
    }

    async fn send(
        &mut self,
        block: &BlockMovements,
        index: usize,
        event: &MovementView,
    ) -> Result<(), Lost> {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", CLOUD_EVENT);
        headers.insert("Nats-Expected-Stream", self.stream.as_str());
        headers.insert("Nats-Expected-Last-Sequence", self.last.to_string());
        headers.insert(BLOCK, format!("{}.{index}", block.height));
        headers.insert(NUMBER, (self.last + 1).to_string());
        if let Some(trace) = &event.traceparent {
            headers.insert("traceparent", trace.as_str());
        }
        let payload = serde_json::to_vec(&cloud_event(event)).map_err(|it| lost("write", it))?;
        let (subject, inbox) = (self.subject(event), self.inbox.clone());
        let sent =
            self.client.publish_with_reply_and_headers(subject, inbox, headers, payload.into());
        sent.await.map_err(|error| lost("publish", error))?;
        self.last += 1;
        self.under_way.push_back(UnderWay {
            sequence: self.last,
            sent: Instant::now(),
            ends: None,
        });
        Ok(())
    }

    /// Once what is under way now is stored, everything up to this height is.
    fn end(&mut self, height: u64) {
        match self.under_way.back_mut() {
            Some(last) => last.ends = Some(height),
            None => self.publisher.state.note_height(height),
        }
    }

    fn subject(&self, event: &MovementView) -> String {
        let prefix = &self.publisher.node.config().nats_subject_prefix;
        let (shard, ledger, kind) = (self.publisher.shard, event.ledger.as_str(), event.kind);
        let sku = token::encode(event.sku.as_str());
        let channel = event.channel.as_ref().map(|it| token::encode(it.as_str()));
        let channel = channel.as_deref().unwrap_or(NO_CHANNEL);
        format!("{prefix}feed.{shard:03}.{ledger}.{kind}.{sku}.{channel}")
    }

    /// Until something is acknowledged, or there is more to publish.
    async fn wait(&mut self) -> Result<(), Lost> {
        let is_full = self.under_way.len() >= WINDOW;
        let Some(oldest) = self.under_way.front() else {
            tokio::select! {
                turned = self.pulse.changed() => turned.map_err(|it| lost("follow", it))?,
                () = tokio::time::sleep(LOOK_EVERY) => {
                    stream::is_left(&self.client, &self.stream, self.stored).await?;
                }
            }
            return Ok(());
        };
        // However often there is news meanwhile.
        let longest = Duration::from_millis(self.publisher.node.config().journal_ack_ms_max);
        let deadline = oldest.sent + longest;
        tokio::select! {
            ack = tokio::time::timeout_at(deadline, self.acks.next()) => {
                let ack = ack.map_err(|_| Lost("a publish was not acknowledged in time".to_owned()))?;
                self.take(ack)?;
            }
            turned = self.pulse.changed(), if !is_full => turned.map_err(|it| lost("follow", it))?,
        }
        while let Some(Some(ack)) = self.acks.next().now_or_never() {
            self.take(Some(ack))?;
        }
        Ok(())
    }

    /// Only the acknowledgement of the very next place says that a message is stored.
    fn take(&mut self, ack: Option<Message>) -> Result<(), Lost> {
        let ack = ack.ok_or_else(|| Lost("the connection is closed".to_owned()))?;
        if let Some(status) = ack.status {
            // Nobody listens on the subject: the stream is gone.
            return Err(lost("publish", status));
        }
        let ack: Ack = serde_json::from_slice(&ack.payload).map_err(|it| lost("publish", it))?;
        if let Some(error) = ack.error {
            return Err(lost("publish", error));
        }
        let expected = self.under_way.pop_front();
        let stored = expected.filter(|it| it.sequence == ack.seq && ack.stream == self.stream);
        let Some(stored) = stored else {
            return Err(Lost(format!(
                "publish: stored at another place, {} {}",
                ack.stream, ack.seq
            )));
        };
        self.stored = stored.sequence;
        let state = &self.publisher.state;
        state.note_published(1);
        if let Some(height) = stored.ends {
            state.note_height(height);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
    error: Option<serde_json::Value>,
}
