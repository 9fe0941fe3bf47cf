//! The journal on JetStream: one stream and one subject per shard, one message per block.

mod append;
mod gates;
mod link;
mod point;
mod reader;
mod stream;

use crate::block::{Block, Identity, genesis};
use crate::chain::Chain;
use crate::fault::{AppendError, Fault};
use crate::{Journal, Reader};
use bytes::Bytes;
use gates::Needed;
use link::Link;
use reader::StreamReader;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "testing")]
pub(crate) use gates::version_suffices;

/// Which servers are good enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Only a server that proves that it syncs to disk before it acknowledges.
    #[default]
    Strict,
    /// Any server. What was acknowledged may be lost when the power fails.
    Relaxed,
}

/// Certificate files in PEM, as far as the server demands them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whom we trust, beside the system's roots.
    pub ca: Option<PathBuf>,
    /// Who we are: a certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// How to reach a server and what to demand of it.
#[derive(Clone, Debug)]
pub struct JetStreamConfig {
    /// Server addresses, separated by commas: `nats://127.0.0.1:4222`.
    pub url: String,
    /// A NATS credentials file, or a file that holds the seed of a user nkey.
    pub credentials: Option<PathBuf>,
    /// Certificates for servers that demand them.
    pub tls: Tls,
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
            tls: Tls::default(),
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

/// One shard's stream, over a connection of its own.
pub struct JetStream {
    config: JetStreamConfig,
    identity: Identity,
    stream: String,
    subject: String,
    link: Link,
    sync_proven: bool,
}

/// A new stream with its genesis block. Refuses if the stream exists.
pub fn create(
    config: &JetStreamConfig,
    identity: &Identity,
    shards: u16,
    time_us: u64,
) -> Result<JetStream, Fault> {
    let mut journal = connect(config, identity, Needed::All)?;
    stream::create(&journal.link, config, identity)?;
    let genesis = genesis(identity, shards, time_us);
    match journal.append(&genesis) {
        Ok(()) => Ok(journal),
        Err(AppendError::NotStored(fault)) => Err(fault),
        Err(AppendError::WrongHeight { .. }) => {
            Err(Fault::Exists(format!("the stream {}", journal.stream)))
        }
        Err(AppendError::Unknown(reason)) => match journal.read(1)? {
            Some(bytes) if bytes == genesis.bytes => Ok(journal),
            Some(_) => Err(Fault::Exists(format!("the stream {}", journal.stream))),
            None => Err(Fault::OutcomeUnknown(reason)),
        },
    }
}

/// The stream of a shard, once every gate is passed. Never creates one.
pub fn open(config: &JetStreamConfig, identity: &Identity) -> Result<JetStream, Fault> {
    let mut journal = connect(config, identity, Needed::Quorum)?;
    stream::check(&journal.link, config, identity)?;
    let Some(bytes) = journal.read(1)? else {
        return Err(Fault::halted(1, "expected a genesis block, found nothing"));
    };
    // Another installation's journal, or one made anew, shows at its first block.
    Chain::new(*identity).accept(bytes)?;
    Ok(journal)
}

/// A connection to servers that are good enough.
fn connect(
    config: &JetStreamConfig,
    identity: &Identity,
    needed: Needed,
) -> Result<JetStream, Fault> {
    let link = Link::connect(config)?;
    gates::check_version(&link)?;
    let sync_proven = gates::check_durability(&link, config, needed)?;
    Ok(JetStream {
        config: config.clone(),
        identity: *identity,
        stream: config.stream(identity.shard),
        subject: config.subject(identity.shard),
        link,
        sync_proven,
    })
}

impl JetStream {
    /// False: durability is relaxed, and the servers did not prove that they sync.
    pub fn sync_proven(&self) -> bool {
        self.sync_proven
    }

    /// A watch over the stream with its own connection, for another thread.
    pub fn watch(&self) -> Result<Watch, Fault> {
        let link = Link::connect(&self.config)?;
        Ok(Watch { config: self.config.clone(), identity: self.identity, link })
    }
}

/// Looks again and again whether the stream is still what it was at the start.
pub struct Watch {
    config: JetStreamConfig,
    identity: Identity,
    link: Link,
}

impl Watch {
    /// Missing, Gate or Halted if the stream is gone, configured otherwise, or has a hole; Gate
    /// also if a server came back older or without syncing.
    pub fn check(&self) -> Result<(), Fault> {
        gates::check_version(&self.link)?;
        match self.config.durability {
            Durability::Strict => {
                gates::check_durability(&self.link, &self.config, Needed::Quorum)?;
            }
            Durability::Relaxed => {}
        }
        stream::check(&self.link, &self.config, &self.identity)
    }
}

impl Journal for JetStream {
    fn append(&mut self, block: &Block) -> Result<(), AppendError> {
        append::append(&self.link, &self.stream, &self.subject, block)
    }

    fn read(&mut self, height: u64) -> Result<Option<Bytes>, Fault> {
        point::read(&self.link, &self.stream, height)
    }

    fn reconnect(&mut self) -> Result<(), Fault> {
        // Closed first: even if no new connection comes about, the old one sends nothing any more.
        self.link.close();
        self.link = Link::connect(&self.config)?;
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Fault> {
        Ok(Box::new(StreamReader::new(&self.config, &self.stream)?))
    }
}
