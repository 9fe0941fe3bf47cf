//! Publishes what channels are told to the stream of availability: of each item and channel one
//! message, the newest.
//!
//! With every connection the stream is loaded first, and only what differs is published; so a
//! restart, or a server that was away, costs what changed meanwhile. Each message is published
//! behind the one of its subject that is known (`Nats-Expected-Last-Subject-Sequence`): a late one
//! of a lost connection is refused, or ours is, and then the stream is loaded again.

mod stored;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use onhand_core::{ChannelId, LedgerId, Sku};
use onhand_wire::{CLOUD_EVENT, token};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::link::{Lost, lost};
use super::stream::{self, Wanted};
use crate::feeds::availability::{AvailabilityChange, Filter, Watching};
use crate::feeds::{Feeds, apart};
use stored::{Stored, Told, load};

/// Messages under way at once.
const WINDOW: usize = 512;
/// How the API says that there is no such stream.
const STREAM_NOT_FOUND: u64 = 10059;
/// How soon a new ledger is found, and how soon it is noticed that the stream was deleted or purged.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the publisher needs.
#[derive(Clone)]
pub(super) struct Publisher {
    feeds: Arc<Feeds>,
}

impl Publisher {
    pub fn new(feeds: Arc<Feeds>) -> Publisher {
        Publisher { feeds }
    }

    /// Publishes with this client until something is lost.
    ///
    /// # Errors
    /// What was lost: it is to be called again with a new client.
    pub async fn publish(self, client: Client) -> Result<(), Lost> {
        let config = self.feeds.node.config();
        let prefix = format!("{}available.", config.nats_subject_prefix);
        let wanted = Wanted {
            name: format!("{}AVAILABLE", config.nats_stream_prefix),
            description: "the newest availability of each ledger, channel and SKU, derived".into(),
            subject: format!("{prefix}>"),
            max_age: None,
            more: json!({ "max_msgs_per_subject": 1 }),
        };
        stream::ensure(&client, &self.feeds.node, &wanted).await?;
        let timeout = Duration::from_millis(config.journal_ack_ms_max);
        let context = ContextBuilder::new().timeout(timeout).build(client.clone());
        let known = load(&context, &wanted.name).await?;
        let news = self.feeds.availability.follow();
        let session = Session {
            feeds: self.feeds.clone(),
            client,
            context,
            stream: wanted.name,
            prefix,
            known,
            met: HashSet::new(),
            watchings: BTreeMap::new(),
            under_way: HashMap::new(),
            acks: FuturesUnordered::new(),
            news,
            swept: false,
        };
        session.run().await
    }
}

/// The sequence that a message was stored at, by its subject.
type Ack = Pin<Box<dyn Future<Output = Result<(String, u64), Lost>> + Send>>;

/// A message of a subject that is not acknowledged yet, and what came after it.
struct UnderWay {
    told: Told,
    next: Option<Box<AvailabilityChange>>,
}

struct Session {
    feeds: Arc<Feeds>,
    client: Client,
    context: Context,
    stream: String,
    /// Before the ledger in subjects.
    prefix: String,
    /// What the stream holds, by subject.
    known: HashMap<String, Stored>,
    /// Subjects that the boards have, until those that they have not are closed.
    met: HashSet<String>,
    watchings: BTreeMap<LedgerId, (Watching, bool)>,
    under_way: HashMap<String, UnderWay>,
    acks: FuturesUnordered<Ack>,
    news: watch::Receiver<u64>,
    /// What no board has is closed.
    swept: bool,
}

impl Session {
    async fn run(mut self) -> Result<(), Lost> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        self.find_ledgers().await?;
        loop {
            self.news.borrow_and_update();
            let is_idle = !self.take_changes().await?;
            let room = self.acks.len() < WINDOW;
            tokio::select! {
                Some(ack) = self.acks.next(), if !self.acks.is_empty() => self.acknowledged(ack?).await?,
                turned = self.news.changed(), if is_idle => turned.map_err(|it| lost("follow", it))?,
                _ = look.tick() => self.look().await?,
                () = std::future::ready(()), if !is_idle && room => {}
            }
        }
    }

    /// Ledgers that came since, and whether the stream still holds what is known of it.
    async fn look(&mut self) -> Result<(), Lost> {
        self.find_ledgers().await?;
        let name = format!("the stream {}", self.stream);
        let verb = format!("STREAM.INFO.{}", self.stream);
        let info = match stream::api(&self.client, &verb, &Value::Null).await? {
            Ok(info) => info,
            Err((STREAM_NOT_FOUND, _)) => return Err(lost(&name, "is gone, and is made anew")),
            Err((code, text)) => return Err(lost(&verb, format_args!("{text} ({code})"))),
        };
        // One message of each subject: what is under way may be stored already, and is not known.
        let (messages, known) = (info["state"]["messages"].as_u64(), self.known.len());
        let expected = known as u64..=(known + self.under_way.len()) as u64;
        match messages.is_some_and(|it| expected.contains(&it)) {
            true => Ok(()),
            false => Err(lost(&name, "was changed by somebody else, and is loaded again")),
        }
    }

    async fn find_ledgers(&mut self) -> Result<(), Lost> {
        let (feeds, watched) = (self.feeds.clone(), self.watchings.len());
        let ledgers = apart(move || feeds.node.ledgers()).await;
        let ledgers = ledgers.map_err(|it| lost("find ledgers", format_args!("{it:?}")))?;
        if ledgers.len() == watched {
            return Ok(());
        }
        for ledger in ledgers.into_iter().map(|it| it.ledger) {
            if self.watchings.contains_key(&ledger) {
                continue;
            }
            let (feeds, of) = (self.feeds.clone(), ledger.clone());
            let begin = move || feeds.watch_availability(&of, None, Filter::default());
            if let Ok(Ok(watching)) = apart(begin).await {
                self.watchings.insert(ledger, (watching, false));
            }
        }
        Ok(())
    }

    /// Publishes what has changed, as far as there is room. True: there is more.
    async fn take_changes(&mut self) -> Result<bool, Lost> {
        let mut found = Vec::new();
        let mut more = false;
        let mut room = WINDOW.saturating_sub(self.acks.len());
        for (watching, caught_up) in self.watchings.values_mut() {
            if room == 0 {
                more = true;
                break;
            }
            let before = watching.place();
            let page = watching.page(room);
            *caught_up |= page.caught_up;
            more |= !page.caught_up && watching.place() != before;
            room -= page.changes.len();
            found.extend(page.changes);
        }
        for change in found {
            self.tell(change).await?;
        }
        if !self.swept && self.watchings.values().all(|(_, caught_up)| *caught_up) {
            self.swept = true;
            self.close_strangers().await?;
        }
        Ok(more)
    }

    async fn tell(&mut self, change: AvailabilityChange) -> Result<(), Lost> {
        let subject = self.subject(&change);
        if !self.swept {
            self.met.insert(subject.clone());
        }
        if let Some(under_way) = self.under_way.get_mut(&subject) {
            // One at a time of a subject: its place is known once the one before is stored.
            under_way.next = Some(Box::new(change));
            return Ok(());
        }
        let told = Told::of(&change);
        match self.known.get(&subject) {
            Some(known) if known.told == Some(told) => Ok(()),
            None if told.closed => Ok(()),
            Some(_) | None => {
                let event = serde_json::to_vec(&change.event());
                let event = event.map_err(|it| lost("write an event", it))?;
                self.send(subject, told, event).await
            }
        }
    }

    fn subject(&self, change: &AvailabilityChange) -> String {
        let ledger = token::encode(change.ledger.as_str());
        let channel = token::encode(change.channel.as_str());
        let sku = token::encode(change.sku.as_str());
        format!("{}{ledger}.{channel}.{sku}", self.prefix)
    }

    async fn send(&mut self, subject: String, told: Told, event: Vec<u8>) -> Result<(), Lost> {
        let last = self.known.get(&subject).map_or(0, |it| it.sequence);
        let message = PublishMessage::build()
            .payload(event.into())
            .header("Content-Type", CLOUD_EVENT)
            .expected_stream(&self.stream)
            .expected_last_subject_sequence(last);
        let sent = self.context.send_publish(subject.clone(), message).await;
        let sent = sent.map_err(|it| lost("publish availability", it))?;
        self.under_way.insert(subject.clone(), UnderWay { told, next: None });
        self.acks.push(Box::pin(async move {
            let ack: Result<jetstream::publish::PublishAck, _> = sent.await;
            let ack = ack.map_err(|it| lost("publish availability", it))?;
            Ok((subject, ack.sequence))
        }));
        Ok(())
    }

    async fn acknowledged(&mut self, (subject, sequence): (String, u64)) -> Result<(), Lost> {
        let Some(UnderWay { told, next }) = self.under_way.remove(&subject) else { return Ok(()) };
        self.known.insert(subject, Stored { sequence, told: Some(told) });
        match next {
            Some(change) => self.tell(*change).await,
            None => Ok(()),
        }
    }

    /// Names that no board has: given up while nobody published. They are told to be closed; what
    /// is of another journal is taken away.
    async fn close_strangers(&mut self) -> Result<(), Lost> {
        let met = std::mem::take(&mut self.met);
        let strange = self.known.iter().filter(|(subject, stored)| {
            !met.contains(*subject) && !stored.told.is_some_and(|it| it.closed)
        });
        let strange: Vec<String> = strange.map(|(subject, _)| subject.clone()).collect();
        for subject in strange {
            if !self.close(&subject) {
                let verb = format!("STREAM.PURGE.{}", self.stream);
                let purged =
                    stream::api(&self.client, &verb, &json!({ "filter": subject })).await?;
                purged.map_err(|(code, text)| lost(&verb, format_args!("{text} ({code})")))?;
                self.known.remove(&subject);
            }
        }
        Ok(())
    }

    /// False: there is no such ledger or channel.
    fn close(&self, subject: &str) -> bool {
        let tokens = subject.strip_prefix(&self.prefix).unwrap_or_default().split('.');
        let names: Option<Vec<String>> = tokens.map(token::decode).collect();
        let Some([ledger, channel, sku]) = names.as_deref() else { return false };
        let watching = LedgerId::new(ledger).ok().and_then(|it| self.watchings.get(&it));
        match (watching, ChannelId::new(channel), Sku::new(sku)) {
            (Some((watching, _)), Ok(channel), Ok(sku)) => watching.close(&channel, &sku),
            _ => false,
        }
    }
}
