//! One journal in memory, whose faults are a script, and the clients that share it.

use super::client::Client;
use super::identity;
use onhand_journal::{Fault, Journal, MemoryJournal, Patience};
use std::time::Duration;

pub const SHORT: Patience = Patience {
    resolve_max: Duration::from_millis(500),
    pause: Duration::from_micros(20),
    pause_max: Duration::from_millis(1),
};

pub struct World {
    directory: tempfile::TempDir,
    pub journal: MemoryJournal,
}

impl World {
    pub fn new() -> World {
        let journal = MemoryJournal::create(&identity(), 1, 0);
        World { directory: tempfile::tempdir().unwrap(), journal }
    }

    pub fn client(&self, name: &str) -> Client {
        let journal = self.journal.clone();
        let open = move || -> Result<Box<dyn Journal>, Fault> { Ok(Box::new(journal.clone())) };
        Client::new(open, self.directory.path().join(name), SHORT)
    }
}
