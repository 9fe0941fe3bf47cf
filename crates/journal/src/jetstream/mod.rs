//! The journal on JetStream: one stream and one subject per shard, one message per block.

use crate::block::{Block, Identity};
use crate::fault::{AppendError, Fault};
use crate::{Journal, Reader};
use bytes::Bytes;
use std::path::PathBuf;
use std::time::Duration;

/// Which servers are good enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Only a server that proves that it syncs to disk before it acknowledges.
    #[default]
    Strict,
    /// Any server. What was acknowledged may be lost when the power fails.
    Relaxed,
}

/// How to reach a server and what to demand of it.
#[derive(Clone, Debug)]
pub struct JetStreamConfig {
    /// Server addresses, separated by commas: `nats://127.0.0.1:4222`.
    pub url: String,
    /// A NATS credentials file.
    pub credentials: Option<PathBuf>,
    /// Copies of the stream: 1 or 3.
    pub replicas: usize,
    pub durability: Durability,
    /// Monitoring addresses of the servers, separated by commas: `http://127.0.0.1:8222`.
    pub monitor_url: Option<String>,
    /// Longest wait for one answer of the server.
    pub ack_timeout: Duration,
    /// Before the shard in the stream's name.
    pub stream_prefix: String,
    /// Before the shard in the subject.
    pub subject_prefix: String,
}

impl JetStreamConfig {
    /// The defaults for the server at `url`: one copy, strict durability.
    pub fn new(url: impl Into<String>) -> JetStreamConfig {
        JetStreamConfig {
            url: url.into(),
            credentials: None,
            replicas: 1,
            durability: Durability::Strict,
            monitor_url: None,
            ack_timeout: Duration::from_secs(2),
            stream_prefix: "ONHAND_J_".to_string(),
            subject_prefix: "onhand.journal.".to_string(),
        }
    }

    /// The stream of a shard.
    pub fn stream(&self, shard: u16) -> String {
        format!("{}{shard:03}", self.stream_prefix)
    }

    /// The subject of a shard.
    pub fn subject(&self, shard: u16) -> String {
        format!("{}{shard:03}", self.subject_prefix)
    }
}

/// One shard's stream.
pub struct JetStream {}

/// A new stream with its genesis block. Refuses if the stream exists.
pub fn create(
    config: &JetStreamConfig,
    identity: &Identity,
    shards: u16,
    time_us: u64,
) -> Result<JetStream, Fault> {
    let _ = (config, identity, shards, time_us);
    Err(Fault::Unavailable("not connected".to_string()))
}

/// The stream of a shard, once every gate is passed. Never creates one.
pub fn open(config: &JetStreamConfig, identity: &Identity) -> Result<JetStream, Fault> {
    let _ = (config, identity);
    Err(Fault::Unavailable("not connected".to_string()))
}

impl Journal for JetStream {
    fn append(&mut self, _block: &Block) -> Result<(), AppendError> {
        Err(AppendError::NotStored(Fault::Unavailable("not connected".to_string())))
    }
    fn read(&mut self, _height: u64) -> Result<Option<Bytes>, Fault> {
        Err(Fault::Unavailable("not connected".to_string()))
    }
    fn reconnect(&mut self) -> Result<(), Fault> {
        Err(Fault::Unavailable("not connected".to_string()))
    }
    fn reader(&self) -> Result<Box<dyn Reader>, Fault> {
        Err(Fault::Unavailable("not connected".to_string()))
    }
}
