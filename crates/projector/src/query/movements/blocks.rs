//! Blocks for those who tell of them: from memory if they are recent or were just told, else from the journal, many
//! at a time where they lie side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use onhand_core::{BlockBody, Time};
use onhand_journal::{Bytes, Fault, Kind, parse};

use super::balances::Balances;
use super::{BlockMovements, tell};
use crate::projector::Projector;
use crate::recent::Stored;

/// Bytes of blocks that are read at once.
const RUN_BYTES: usize = 1024 * 1024;
/// Entries that are told under one lock: folding waits meanwhile.
const SLICE: usize = 128;

/// Why a block cannot be told.
pub(super) enum Unread {
    Fault(Fault),
    /// It is not kept any more; the oldest block that is has this height.
    Gone(u64),
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Unread {
        Unread::Fault(fault)
    }
}

/// Reads the blocks at `wanted`, in that order.
pub(super) struct Blocks<'a> {
    projector: &'a Projector,
    wanted: &'a [u64],
    /// Read together with one that was wanted.
    ahead: BTreeMap<u64, Bytes>,
}

impl<'a> Blocks<'a> {
    /// All of them must be folded.
    pub fn new(projector: &'a Projector, wanted: &'a [u64]) -> Blocks<'a> {
        Blocks { projector, wanted, ahead: BTreeMap::new() }
    }

    /// What the next block did. None: that was the last.
    pub fn next(&mut self) -> Option<Result<Arc<BlockMovements>, Unread>> {
        let height = *self.wanted.first()?;
        let told = self.told(height);
        self.wanted = &self.wanted[1..];
        Some(told)
    }

    fn told(&mut self, height: u64) -> Result<Arc<BlockMovements>, Unread> {
        let recent = &self.projector.recent;
        if let Some(told) = recent.told(height) {
            return Ok(told);
        }
        // Whoever lags neither makes the followers wait nor takes the place of what they read.
        match recent.stored(height).filter(|it| recent.is_for_followers(it)) {
            Some(stored) => Ok(self.told_in_turn(&stored)),
            None => self.told_alone(height),
        }
    }

    fn told_in_turn(&self, stored: &Stored) -> Arc<BlockMovements> {
        let recent = &self.projector.recent;
        let _turn = recent.turn();
        if let Some(told) = recent.told(stored.height) {
            return told;
        }
        let told = Arc::new(self.projector.tell_block(stored));
        recent.keep_told(told.clone());
        told
    }

    fn told_alone(&mut self, height: u64) -> Result<Arc<BlockMovements>, Unread> {
        let recent = &self.projector.recent;
        if let Some(told) = recent.old(height) {
            return Ok(told);
        }
        let stored = match recent.stored(height) {
            Some(stored) => stored,
            None => self.read(height)?,
        };
        let told = Arc::new(self.projector.tell_block(&stored));
        recent.keep_old(told.clone());
        Ok(told)
    }

    fn read(&mut self, height: u64) -> Result<Stored, Unread> {
        if let Some(bytes) = self.ahead.remove(&height) {
            return Ok(self.projector.take_apart(height, bytes)?);
        }
        let is_run = self.wanted.get(1) == Some(&(height + 1));
        let read = self.projector.with_history(|reader| match is_run {
            true => reader.read_from(height, RUN_BYTES, Duration::ZERO),
            false => Ok(reader.read(height)?.into_iter().collect()),
        })?;
        self.ahead = (height..).zip(read).collect();
        match self.ahead.remove(&height) {
            Some(bytes) => Ok(self.projector.take_apart(height, bytes)?),
            None => Err(self.gone(height)),
        }
    }

    /// What there is instead of a block that was folded once.
    fn gone(&self, height: u64) -> Unread {
        let next =
            self.projector.with_history(|reader| reader.read_from(height, 1, Duration::ZERO));
        match next.map(|it| it.into_iter().next().map(parse)) {
            Ok(Some(Ok(block))) if block.height > height => Unread::Gone(block.height),
            Ok(_) => Fault::halted(height, "the block was there and is gone").into(),
            Err(fault) => fault.into(),
        }
    }
}

impl Projector {
    fn take_apart(&self, height: u64, bytes: Bytes) -> Result<Stored, Fault> {
        let block = parse(bytes)?;
        if block.identity != self.identity || block.height != height {
            return Err(Fault::halted(height, "another block is in its place"));
        }
        let body = match block.kind {
            Kind::Entries => serde_json::from_slice(block.body()).map_err(|error| {
                Fault::halted(height, format!("the body cannot be read: {error}"))
            })?,
            Kind::Genesis | Kind::Claim | Kind::Barrier => BlockBody::default(),
        };
        Ok(Stored { height, time: Time(block.time_us), body: Arc::new(body) })
    }

    fn tell_block(&self, block: &Stored) -> BlockMovements {
        let (mut balances, mut events) = (Balances::default(), Vec::new());
        for entries in block.body.entries.chunks(SLICE) {
            let state = self.read();
            for entry in entries {
                tell::tell(&state, entry, block.time, &mut balances, &mut events);
            }
        }
        BlockMovements { height: block.height, recorded_at: block.time, events }
    }
}
