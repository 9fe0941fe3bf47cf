//! What a starting engine is given: the projector's book, the journal, the clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use onhand_core::{Book, Time};
use onhand_engine::Source;
use onhand_journal::{Fault, HighWater, Identity, Journal, Tip};
use onhand_projector::Projector;

use super::journals::{Backend, high_water};

pub(super) struct ShardSource {
    pub identity: Identity,
    pub data_dir: PathBuf,
    pub backend: Backend,
    pub projector: Arc<Projector>,
}

impl Source for ShardSource {
    fn load(&mut self) -> Result<(Book, Tip), Fault> {
        self.projector.catch_up()?;
        Ok(self.projector.book())
    }

    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault> {
        let journal = self.backend.journal(&self.identity)?;
        Ok((journal, high_water(&self.data_dir, self.identity.shard)?))
    }

    fn clock(&mut self) -> Time {
        now()
    }
}

/// The wall clock. Before 1970 it counts as 1970; ledger time never goes back anyway.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
