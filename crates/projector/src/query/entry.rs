//! One entry as it is recorded, read from the journal.

use onhand_core::{Entry, LedgerId, Time};
use onhand_journal::{Fault, Hash, parse};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Missing, QueryError, Seen};
use crate::projector::Projector;

/// Where an entry is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EntryPlace {
    pub height: u64,
    /// Of the block.
    pub hash: Hash,
    pub recorded_at: Time,
}

/// An entry and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryView {
    pub seen: Seen,
    #[serde(flatten)]
    pub place: EntryPlace,
    pub entry: Entry,
}

impl Projector {
    /// # Errors
    /// Unknown ledger or position; or the journal cannot be read now.
    pub fn entry(&self, ledger: &LedgerId, position: u64) -> Result<EntryView, QueryError> {
        let (place, entry) = self.find_entry(ledger, position)?;
        let state = self.read();
        let seen = self.seen(&state, state.known_ledger(ledger)?);
        Ok(EntryView { seen, place, entry })
    }

    pub(crate) fn find_entry(
        &self,
        ledger: &LedgerId,
        position: u64,
    ) -> Result<(EntryPlace, Entry), QueryError> {
        let found = self.find_entries(ledger, &[position])?.pop();
        found.ok_or(QueryError::Missing(Missing::Position))
    }

    /// The entries at `positions`, in that order; those in one block are read together.
    pub(crate) fn find_entries(
        &self,
        id: &LedgerId,
        positions: &[u64],
    ) -> Result<Vec<(EntryPlace, Entry)>, QueryError> {
        let heights = self.heights(id, positions)?;
        let mut found = Vec::with_capacity(positions.len());
        let mut block: Option<(u64, EntryPlace, Vec<u8>)> = None;
        for (position, height) in positions.iter().zip(heights) {
            let stored = match block.take().filter(|(known, ..)| *known == height) {
                Some(known) => known,
                None => {
                    let (place, body) = self.read_block(height)?;
                    (height, place, body)
                }
            };
            let entry = entry_in(&stored.2, id, *position).map_err(|reason| {
                Fault::halted(height, format!("entry {position} of {id}: {reason}"))
            })?;
            found.push((stored.1, entry));
            block = Some(stored);
        }
        Ok(found)
    }

    fn heights(&self, id: &LedgerId, positions: &[u64]) -> Result<Vec<u64>, Missing> {
        let state = self.read();
        let ledger = state.known_ledger(id)?;
        let log = state.logs.get(id).ok_or(Missing::Position)?;
        let height = |position: &u64| {
            let known = (1..=ledger.position()).contains(position);
            let mark = log.place(*position).filter(|_| known).ok_or(Missing::Position)?;
            Ok(mark.height)
        };
        positions.iter().map(height).collect()
    }

    fn read_block(&self, height: u64) -> Result<(EntryPlace, Vec<u8>), Fault> {
        let bytes = self.feed().read(height)?;
        let gone = || Fault::halted(height, "the block was there and is gone");
        let block = parse(bytes.ok_or_else(gone)?)?;
        if block.identity != self.identity || block.height != height {
            return Err(Fault::halted(height, "another block is in its place"));
        }
        let (hash, recorded_at) = (block.hash, Time(block.time_us));
        Ok((EntryPlace { height, hash, recorded_at }, block.body().to_vec()))
    }
}

/// A body whose entries are taken apart one by one: a block holds thousands.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Name {
    ledger: LedgerId,
    position: u64,
}

fn entry_in(body: &[u8], ledger: &LedgerId, position: u64) -> Result<Entry, String> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    for raw in body.entries {
        let name: Name = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        if name.position == position && name.ledger == *ledger {
            return serde_json::from_str(raw.get()).map_err(|error| error.to_string());
        }
    }
    Err("it is not in its block".to_string())
}
