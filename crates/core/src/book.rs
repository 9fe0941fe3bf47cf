//! All ledgers of a shard and the index of answered commands: what a block is folded into.

use std::collections::BTreeMap;

use crate::{
    BlockBody, Corrupt, Entry, Envelope, Ledger, LedgerId, Place, Refusal, Seen, Time, Tracking,
};

/// The fold of a shard's blocks. The projector's copy is what was committed; a starting engine
/// begins from one.
#[derive(Clone)]
pub struct Book {
    pub ledgers: BTreeMap<LedgerId, Ledger>,
    pub seen: Seen,
    pub tracking: Tracking,
}

impl Book {
    pub fn new(key: [u8; 16]) -> Book {
        Book { ledgers: BTreeMap::new(), seen: Seen::new(key), tracking: Tracking::Off }
    }

    pub fn ledger(&self, id: &LedgerId) -> Option<&Ledger> {
        self.ledgers.get(id)
    }

    /// The ledger, begun if it is new: the first command to a name begins a ledger.
    pub fn ledger_mut(&mut self, id: &LedgerId) -> &mut Ledger {
        let tracking = self.tracking;
        self.ledgers.entry(id.clone()).or_insert_with(|| {
            let mut ledger = Ledger::new(id.clone());
            ledger.track(tracking);
            ledger
        })
    }

    /// Fold the block stored at `height` at ledger time `time`.
    ///
    /// # Errors
    /// [`Corrupt`]: an entry cannot follow; the book is then not to be used any more.
    pub fn apply(&mut self, height: u64, time: Time, body: &BlockBody) -> Result<(), Corrupt> {
        for entry in &body.entries {
            self.ledger_mut(&entry.ledger).evolve(entry, time)?;
        }
        // Apart from the above: each insertion misses the cache, and in a row the misses overlap.
        for (index, entry) in body.entries.iter().enumerate() {
            self.remember_entry(entry, Place { height, index: index as u32, refusal: false });
        }
        for (index, refusal) in body.refusals.iter().enumerate() {
            self.remember_refusal(refusal, Place { height, index: index as u32, refusal: true });
        }
        Ok(())
    }

    /// Makes the answer to a recorded command findable by its keys.
    pub fn remember_entry(&mut self, entry: &Entry, place: Place) {
        let Envelope { id, source, source_event, .. } = &entry.envelope;
        let by_id = self.seen.of_id(&entry.ledger, id);
        self.seen.insert(by_id, place);
        if let (Some(source), Some(event)) = (source, source_event) {
            let by_event = self.seen.of_event(&entry.ledger, source, event);
            self.seen.insert(by_event, place);
        }
    }

    pub fn remember_refusal(&mut self, refusal: &Refusal, place: Place) {
        let by_id = self.seen.of_id(&refusal.ledger, &refusal.id);
        self.seen.insert(by_id, place);
    }
}
