//! What is measured: a shard's engine on its journal alone, or a whole node with its projections.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use onhand_core::{Book, Time};
use onhand_engine::{Answer, Batch, EngineConfig, Handle, Source, start};
use onhand_journal::{
    Embedded, Fault, HighWater, Identity, JetStreamConfig, Journal, Tip, jetstream,
};
use onhand_server::{Config, Node};
use uuid::Uuid;

use crate::failure::{Failure, whole};
use crate::opening::open_node;
use crate::walk::walk;

/// Something that books.
pub enum Under {
    Engine(Handle),
    Whole(Box<Node>),
}

/// Longest wait for an engine to end.
const WAIT: Duration = Duration::from_secs(60);
/// Keys of fingerprints: of no value to anybody.
const KEY: [u8; 16] = [7; 16];

impl Under {
    /// A new installation in the configured directory, opened.
    ///
    /// # Errors
    /// The directory or the NATS server cannot be used.
    pub fn whole(config: &Config) -> Result<Under, Failure> {
        Node::create(config).map_err(|error| Failure::new(whole(&error)))?;
        Ok(Under::Whole(Box::new(open_node(config)?)))
    }

    /// An engine on a new journal: a file in `directory`, or a stream.
    ///
    /// # Errors
    /// The directory or the NATS server cannot be used.
    pub fn engine(directory: &Path, stream: Option<JetStreamConfig>) -> Result<Under, Failure> {
        let identity = Identity { installation: Uuid::now_v7(), shard: 0 };
        let store = match stream {
            Some(config) => {
                jetstream::create(&config, &identity, 1, now().as_us())?;
                Store::JetStream(Box::new(config))
            }
            None => {
                let path = directory.join("bench.redb");
                Store::Embedded(Embedded::create(path, &identity, 1, now().as_us())?)
            }
        };
        let source = Fresh { identity, store, mark: directory.join("bench.mark") };
        let handle = start(identity, EngineConfig::default(), Box::new(source));
        // While it begins callers wait.
        Ok(Under::Engine(handle))
    }

    pub fn submit(&self, batch: Batch) -> Vec<Answer> {
        match self {
            Under::Engine(handle) => handle.submit_blocking(batch),
            Under::Whole(node) => node.submit_blocking(batch),
        }
    }

    pub fn close(&self) {
        match self {
            Under::Engine(handle) => {
                handle.shutdown();
                handle.wait_stopped(WAIT);
            }
            Under::Whole(node) => node.shutdown_blocking(),
        }
    }
}

enum Store {
    Embedded(Embedded),
    JetStream(Box<JetStreamConfig>),
}

/// A journal of its own, read to its end at every start.
struct Fresh {
    identity: Identity,
    store: Store,
    mark: PathBuf,
}

impl Fresh {
    fn open(&self) -> Result<Box<dyn Journal>, Fault> {
        match &self.store {
            Store::Embedded(file) => Ok(Box::new(file.clone())),
            Store::JetStream(config) => Ok(Box::new(jetstream::open(config, &self.identity)?)),
        }
    }
}

impl Source for Fresh {
    fn load(&mut self) -> Result<(Book, Tip), Fault> {
        let mut book = Book::new(KEY);
        let mut reader = self.open()?.reader()?;
        let bar = indicatif::ProgressBar::hidden();
        let tip = walk(&mut *reader, self.identity, &bar, &mut |block, body| {
            let corrupt =
                body.and_then(|it| book.apply(block.height, Time(block.time_us), &it).err());
            match corrupt {
                None => std::ops::ControlFlow::Continue(()),
                Some(_) => std::ops::ControlFlow::Break(()),
            }
        });
        Ok((book, tip.map_err(|failure| Fault::Unavailable(failure.to_string()))?))
    }

    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault> {
        Ok((self.open()?, HighWater::open(&self.mark)?))
    }

    fn clock(&mut self) -> Time {
        now()
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
