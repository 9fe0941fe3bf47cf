//! The three backends as the tests see them.
#![allow(dead_code)]

pub mod client;
pub mod real;
pub mod world;

use onhand_journal::testing::NatsServer;
use onhand_journal::{
    Embedded, Fault, Identity, JetStreamConfig, Journal, MemoryJournal, jetstream,
};
use std::sync::Mutex;
use uuid::Uuid;

pub fn identity() -> Identity {
    Identity { installation: Uuid::from_u128(42), shard: 0 }
}

pub fn entries(number: u64) -> Vec<u8> {
    format!("{{\"number\":{number}}}").into_bytes()
}

/// A place where one journal can be made and opened.
pub trait Backend {
    fn create(&self) -> Result<Box<dyn Journal>, Fault>;
    fn open(&self) -> Result<Box<dyn Journal>, Fault>;
    /// Forgets every handle but the stored blocks.
    fn close(&self);
}

pub struct Memory(Mutex<Option<MemoryJournal>>);

impl Memory {
    pub fn new() -> Memory {
        Memory(Mutex::new(None))
    }
}

impl Backend for Memory {
    fn create(&self) -> Result<Box<dyn Journal>, Fault> {
        let mut journal = self.0.lock().unwrap();
        if journal.is_some() {
            return Err(Fault::Exists("in memory".to_string()));
        }
        *journal = Some(MemoryJournal::create(&identity(), 1, 0));
        Ok(Box::new(journal.clone().unwrap()))
    }

    fn open(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(self.0.lock().unwrap().clone().unwrap()))
    }

    fn close(&self) {}
}

/// An embedded file. Handles are clones, because a file is open once.
pub struct File {
    directory: tempfile::TempDir,
    opened: Mutex<Option<Embedded>>,
}

impl File {
    pub fn new() -> File {
        File { directory: tempfile::tempdir().unwrap(), opened: Mutex::new(None) }
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("shard-000.redb")
    }
}

impl Backend for File {
    fn create(&self) -> Result<Box<dyn Journal>, Fault> {
        let journal = Embedded::create(self.path(), &identity(), 1, 0)?;
        *self.opened.lock().unwrap() = Some(journal.clone());
        Ok(Box::new(journal))
    }

    fn open(&self) -> Result<Box<dyn Journal>, Fault> {
        let mut opened = self.opened.lock().unwrap();
        if opened.is_none() {
            *opened = Some(Embedded::open(self.path())?);
        }
        Ok(Box::new(opened.clone().unwrap()))
    }

    fn close(&self) {
        *self.opened.lock().unwrap() = None;
    }
}

/// A real server with its directory.
pub struct Nats {
    pub server: Mutex<NatsServer>,
    pub config: JetStreamConfig,
    pub directory: tempfile::TempDir,
}

impl Nats {
    pub fn new() -> Nats {
        Nats::with_sync(true)
    }

    pub fn with_sync(sync_always: bool) -> Nats {
        let directory = tempfile::tempdir().unwrap();
        let server = NatsServer::start(sync_always, directory.path());
        let mut config = JetStreamConfig::new(server.url());
        config.monitor_url = Some(server.monitor_url());
        Nats { server: Mutex::new(server), config, directory }
    }
}

impl Backend for Nats {
    fn create(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(jetstream::create(&self.config, &identity(), 1, 0)?))
    }

    fn open(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(jetstream::open(&self.config, &identity())?))
    }

    fn close(&self) {
        self.server.lock().unwrap().restart();
    }
}
