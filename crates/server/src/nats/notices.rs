//! Publishes notices to their stream, each ledger's in the order of their numbers.
//!
//! One is under way at a time, and a number is published once: it is the message's id, and the last
//! one that is stored says where to go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use onhand_core::LedgerId;
use onhand_projector::{NoticePage, NoticeQuery, NoticeRow};
use onhand_wire::{CLOUD_EVENT, Trouble, token};
use serde_json::{Value, json};

use super::link::{Lost, lost};
use super::stream::{self, Wanted};
use crate::feeds::notices::{notice_event, read, word};
use crate::feeds::{Feeds, apart};

/// Notices that the stream keeps of each subject; the oldest go first. A bound of all together would
/// push out the last one of a quiet ledger, which says where to go on.
const KEPT_MAX: u64 = 100;
/// How the API says that no message is stored.
const MESSAGE_NOT_FOUND: u64 = 10037;
/// Notices that are read in one go.
const PAGE: usize = 500;
/// How often it is looked for notices.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it is looked whether the stream is still there, counted in looks.
const LOOKS: u32 = 20;
/// Where a subject has a channel and the notice has none.
const NO_CHANNEL: &str = "-";
/// The header with a notice's number.
const NUMBER: &str = "Onhand-Notice";

#[derive(Clone)]
pub(super) struct NoticePublisher {
    feeds: Arc<Feeds>,
}

struct Session {
    feeds: Arc<Feeds>,
    client: Client,
    context: Context,
    stream: String,
    prefix: String,
    /// The number of the last notice that is stored.
    stored: BTreeMap<LedgerId, u64>,
}

impl NoticePublisher {
    pub fn new(feeds: Arc<Feeds>) -> NoticePublisher {
        NoticePublisher { feeds }
    }

    /// Publishes with this client until something is lost.
    ///
    /// # Errors
    /// What was lost: it is to be called again with a new client.
    pub async fn publish(self, client: Client) -> Result<(), Lost> {
        let config = self.feeds.node.config();
        let prefix = format!("{}notice.", config.nats_subject_prefix);
        let wanted = Wanted {
            name: format!("{}NOTICES", config.nats_stream_prefix),
            description: "what ran low, ran out, came back or is oversold, derived".into(),
            subject: format!("{prefix}>"),
            max_age: None,
            more: json!({ "max_msgs_per_subject": KEPT_MAX }),
        };
        stream::ensure(&client, &self.feeds.node, &wanted).await?;
        let timeout = Duration::from_millis(config.journal_ack_ms_max);
        let context = ContextBuilder::new().timeout(timeout).build(client.clone());
        let (feeds, stream, stored) = (self.feeds.clone(), wanted.name, BTreeMap::new());
        Session { feeds, client, context, stream, prefix, stored }.run().await
    }
}

impl Session {
    async fn run(mut self) -> Result<(), Lost> {
        let mut looks = 0;
        loop {
            let feeds = self.feeds.clone();
            let ledgers = apart(move || feeds.node.ledgers()).await;
            let ledgers = ledgers.map_err(|it| lost("find ledgers", format_args!("{it:?}")))?;
            let mut more = false;
            for ledger in ledgers {
                more |= self.publish_of(&ledger.ledger).await?;
            }
            if more {
                continue;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            looks = (looks + 1) % LOOKS;
            if looks == 0 && stream::last_sequence(&self.client, &self.stream).await?.is_none() {
                let name = format!("the stream {}", self.stream);
                return Err(lost(&name, "is gone, and is made anew"));
            }
        }
    }

    /// True: there are more.
    async fn publish_of(&mut self, ledger: &LedgerId) -> Result<bool, Lost> {
        let after = match self.stored.get(ledger) {
            Some(number) => *number,
            None => self.last_of(ledger).await?,
        };
        let (rows, next, more) = self.page(ledger, after).await?;
        for notice in &rows {
            self.send(ledger, notice).await?;
            self.stored.insert(ledger.clone(), notice.number);
        }
        self.stored.insert(ledger.clone(), next);
        Ok(more)
    }

    /// Notices behind a number; from the oldest that is kept where some are not any more.
    async fn page(
        &self,
        ledger: &LedgerId,
        after: u64,
    ) -> Result<(Vec<NoticeRow>, u64, bool), Lost> {
        let projector = self.feeds.node.projector(ledger);
        let query = |after| NoticeQuery { after, limit: PAGE, ..NoticeQuery::default() };
        let page = match read(&projector, ledger, query(Some(after))).await {
            Err(Trouble::Gone { oldest }) => {
                tracing::warn!(%ledger, after, oldest, "notices are missing in their stream");
                read(&projector, ledger, query(None)).await
            }
            page => page,
        };
        let NoticePage { rows, next, more, .. } =
            page.map_err(|it| lost("read notices", format_args!("{it:?}")))?;
        Ok((rows, next, more))
    }

    async fn send(&self, ledger: &LedgerId, notice: &NoticeRow) -> Result<(), Lost> {
        let event = serde_json::to_vec(&notice_event(ledger, notice));
        let event = event.map_err(|it| lost("write an event", it))?;
        let channel = notice.channel.as_ref();
        let subject = format!(
            "{}{}.{}.{}.{}",
            self.prefix,
            token::encode(ledger.as_str()),
            word(notice.kind),
            channel.map_or(NO_CHANNEL.to_owned(), |it| token::encode(it.as_str())),
            token::encode(notice.sku.as_str()),
        );
        let message = PublishMessage::build()
            .payload(event.into())
            .header("Content-Type", CLOUD_EVENT)
            .header(NUMBER, notice.number.to_string())
            .message_id(format!("{ledger}/{}", notice.number))
            .expected_stream(&self.stream);
        let doing = "publish a notice";
        let sent = self.context.send_publish(subject, message).await;
        sent.map_err(|it| lost(doing, it))?.await.map_err(|it| lost(doing, it))?;
        Ok(())
    }

    /// The number of the ledger's last notice in the stream; 0 if there is none.
    async fn last_of(&self, ledger: &LedgerId) -> Result<u64, Lost> {
        let subject = format!("{}{}.>", self.prefix, token::encode(ledger.as_str()));
        let verb = format!("STREAM.MSG.GET.{}", self.stream);
        number_in(stream::api(&self.client, &verb, &json!({ "last_by_subj": subject })).await?)
    }
}

/// The number of the notice that was found; 0 if none is stored. Anything else is no zero: all that
/// is kept would be published again.
///
/// # Errors
/// The servers refuse, or the message is not ours.
fn number_in(found: Result<Value, (u64, String)>) -> Result<u64, Lost> {
    let doing = "find the last notice of a ledger";
    let message = match found {
        Ok(mut found) => found["message"].take(),
        Err((MESSAGE_NOT_FOUND, _)) => return Ok(0),
        Err((code, text)) => return Err(lost(doing, format_args!("{text} ({code})"))),
    };
    let payload = STANDARD.decode(message["data"].as_str().unwrap_or_default()).ok();
    let event = payload.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    let number = event.and_then(|it| it["data"]["number"].as_u64());
    number.ok_or_else(|| {
        let sequence = &message["seq"];
        lost(doing, format_args!("message {sequence} is no notice; delete it from the stream"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Result<Value, (u64, &str)>, expected: Result<u64, &str>) {
        let told = number_in(found.map_err(|(code, text)| (code, text.to_owned())));
        let told = told.map_err(|it| it.0);
        let expected = expected.map_err(|it| format!("find the last notice of a ledger: {it}"));
        assert_eq!(told, expected);
    }

    #[test]
    fn only_no_message_is_none() {
        let stored =
            |text: &str| Ok(json!({ "message": { "seq": 7, "data": STANDARD.encode(text) } }));
        check(stored(r#"{"data":{"number":12}}"#), Ok(12));
        check(Err((10037, "no message found")), Ok(0));
        check(
            Err((10008, "system temporarily unavailable")),
            Err("system temporarily unavailable (10008)"),
        );
        check(stored("hello"), Err("message 7 is no notice; delete it from the stream"));
    }
}
