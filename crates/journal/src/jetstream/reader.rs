//! Bulk reading of a stream: one pull consumer without acknowledgements on a connection of its own.

use super::JetStreamConfig;
use super::link::Link;
use super::point;
use super::stream::STREAM_NOT_FOUND;
use crate::Reader;
use crate::fault::Fault;
use async_nats::Subscriber;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Bytes asked for at once: more than about 64 MB under way would make us a slow consumer.
const PULL_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Messages asked for at once: the client drops what it cannot queue beyond 65,536.
const PULL_MESSAGES_MAX: usize = 20_000;
/// How long the server keeps a consumer that nobody pulls from.
const CONSUMER_IDLE_NS: u64 = 120_000_000_000;

pub(super) struct StreamReader {
    config: JetStreamConfig,
    stream: String,
    link: Link,
    consumer: Option<Consumer>,
}

/// A consumer that delivers `next` next.
struct Consumer {
    name: String,
    next: u64,
    inbox: String,
    answers: Subscriber,
    pulls: u64,
}

/// What one pull asks for.
enum Pull {
    /// What is there now, up to so many bytes.
    Now { bytes_max: usize },
    /// One block, waiting for it.
    Await { wait: Duration },
}

/// How a pull ended.
enum End {
    Message {
        height: u64,
        block: Bytes,
    },
    /// Nothing more now.
    Dry,
    /// The next block is larger than what was asked for.
    TooLarge,
}

impl StreamReader {
    pub(super) fn new(config: &JetStreamConfig, stream: &str) -> Result<StreamReader, Fault> {
        let link = Link::connect(config)?;
        Ok(StreamReader {
            config: config.clone(),
            stream: stream.to_string(),
            link,
            consumer: None,
        })
    }

    /// A consumer that delivers `height` next: the one at hand, or a new one.
    fn consumer_at(&mut self, height: u64) -> Result<Consumer, Fault> {
        if let Some(consumer) = self.consumer.take() {
            if consumer.next == height {
                return Ok(consumer);
            }
            self.dismiss(&consumer);
        }
        let name = format!("onhand-{}", Uuid::now_v7().simple());
        let request = json!({"stream_name": self.stream, "config": {
            "name": name, "deliver_policy": "by_start_sequence", "opt_start_seq": height,
            "ack_policy": "none", "replay_policy": "instant", "mem_storage": true,
            "num_replicas": 1, "inactive_threshold": CONSUMER_IDLE_NS,
        }});
        let answer = self.link.api(&format!("CONSUMER.CREATE.{}.{name}", self.stream), &request)?;
        if let Some(error) = answer.get("error") {
            return Err(match error["err_code"].as_u64() {
                Some(STREAM_NOT_FOUND) => {
                    Fault::Missing(format!("the stream {} does not exist", self.stream))
                }
                Some(_) | None => unavailable(format!("no consumer on {}: {error}", self.stream)),
            });
        }
        let inbox = self.link.client().new_inbox();
        let answers = self.link.wait(async {
            let subscribed = self.link.client().subscribe(format!("{inbox}.*")).await;
            subscribed.map_err(|error| unavailable(error.to_string()))
        })?;
        Ok(Consumer { name, next: height, inbox, answers, pulls: 0 })
    }

    /// The server would forget the consumer by itself, later.
    fn dismiss(&self, consumer: &Consumer) {
        let verb = format!("CONSUMER.DELETE.{}.{}", self.stream, consumer.name);
        if let Err(fault) = self.link.api(&verb, &serde_json::Value::Null) {
            tracing::debug!(%fault, "a consumer was left behind");
        }
    }

    fn pull(&mut self, height: u64, bytes_max: usize, wait: Duration) -> Result<Vec<Bytes>, Fault> {
        let mut consumer = self.consumer_at(height)?;
        let bytes_max = bytes_max.min(PULL_BYTES_MAX);
        let (link, timeout) = (&self.link, self.config.ack_timeout);
        let blocks = link.wait(async {
            let now = consumer.pull(link, &self.stream, &Pull::Now { bytes_max }, timeout).await?;
            match now {
                (blocks, _) if !blocks.is_empty() => Ok(blocks),
                (_, End::TooLarge) => {
                    let one = Pull::Await { wait: wait.max(timeout) };
                    Ok(consumer.pull(link, &self.stream, &one, timeout).await?.0)
                }
                (nothing, _) if wait.is_zero() => Ok(nothing),
                _ => Ok(consumer.pull(link, &self.stream, &Pull::Await { wait }, timeout).await?.0),
            }
        })?;
        self.consumer = Some(consumer);
        Ok(blocks)
    }
}

impl Consumer {
    /// One pull and everything it brought, with how it ended.
    async fn pull(
        &mut self,
        link: &Link,
        stream: &str,
        pull: &Pull,
        timeout: Duration,
    ) -> Result<(Vec<Bytes>, End), Fault> {
        self.pulls += 1;
        // Its own reply subject: answers to an earlier pull that come late are told apart.
        let reply = format!("{}.{}", self.inbox, self.pulls);
        let (request, messages_max, patience) = pull.request(timeout);
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{}", self.name);
        link.client()
            .publish_with_reply(subject, reply.clone(), request)
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let mut blocks = Vec::new();
        while blocks.len() < messages_max {
            match self.next_answer(&reply, patience).await? {
                End::Message { height, block } => {
                    self.next = height + 1;
                    blocks.push(block);
                }
                end @ (End::Dry | End::TooLarge) => return Ok((blocks, end)),
            }
        }
        Ok((blocks, End::Dry))
    }

    async fn next_answer(&mut self, reply: &str, patience: Duration) -> Result<End, Fault> {
        loop {
            let answer = tokio::time::timeout(patience, self.answers.next()).await;
            let Ok(Some(message)) = answer else {
                return Err(unavailable("the server stopped answering a pull".to_string()));
            };
            if message.subject.as_str() != reply && message.status.is_some() {
                continue;
            }
            let Some(status) = message.status else {
                let acknowledge_at = message.reply.as_deref().unwrap_or_default();
                let Some(height) = stream_sequence(acknowledge_at) else {
                    return Err(unavailable(format!(
                        "a message without a place: {acknowledge_at}"
                    )));
                };
                return Ok(End::Message { height, block: message.payload });
            };
            return read_status(
                status.as_u16(),
                message.description.as_deref().unwrap_or_default(),
            );
        }
    }
}

impl Pull {
    /// The request's body, how many messages it may bring, and how long to wait for each.
    fn request(&self, timeout: Duration) -> (Bytes, usize, Duration) {
        let (body, messages_max, patience) = match self {
            Pull::Now { bytes_max } => {
                let body = json!({
                    "batch": PULL_MESSAGES_MAX, "no_wait": true, "max_bytes": bytes_max,
                });
                (body, PULL_MESSAGES_MAX, timeout)
            }
            Pull::Await { wait } => {
                let expires = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
                (json!({ "batch": 1, "expires": expires }), 1, *wait + timeout)
            }
        };
        (Bytes::from(body.to_string()), messages_max, patience)
    }
}

/// Statuses of the pull protocol: 404 and 408 end a pull, 409 ends it or the consumer.
fn read_status(status: u16, description: &str) -> Result<End, Fault> {
    match status {
        404 | 408 => Ok(End::Dry),
        409 if description.contains("MaxBytes") => Ok(End::TooLarge),
        409 if description.contains("Batch Completed") => Ok(End::Dry),
        status => Err(unavailable(format!("a pull ended with {status} {description}"))),
    }
}

/// The stream sequence in an acknowledgement subject:
/// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.…`, or the longer form that begins with a
/// domain and an account.
fn stream_sequence(subject: &str) -> Option<u64> {
    let tokens: Vec<&str> = subject.split('.').collect();
    let at = if tokens.len() >= 11 { 7 } else { 5 };
    tokens.get(at)?.parse().ok()
}

fn unavailable(reason: String) -> Fault {
    Fault::Unavailable(reason)
}

impl Reader for StreamReader {
    fn read_from(
        &mut self,
        height: u64,
        bytes_max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, Fault> {
        match self.pull(height, bytes_max, wait) {
            // The consumer lives in the server's memory: a restart of the server ends it.
            Err(Fault::Unavailable(reason)) => {
                tracing::debug!(%reason, "reading with a new consumer");
                self.consumer = None;
                self.link.close();
                self.link = Link::connect(&self.config)?;
                self.pull(height, bytes_max, wait)
            }
            other => other,
        }
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        point::read(&self.link, &self.stream, height)
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            self.dismiss(&consumer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_stream_sequence_in_both_forms() {
        let short = "$JS.ACK.S.C.1.41.7.1790000000000000000.0";
        let long = "$JS.ACK.onhand.ACCOUNT.S.C.1.41.7.1790000000000000000.0.x";
        assert_eq!(stream_sequence(short), Some(41));
        assert_eq!(stream_sequence(long), Some(41));
        assert_eq!(stream_sequence("_INBOX.x"), None);
    }
}
