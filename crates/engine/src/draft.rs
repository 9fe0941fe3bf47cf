//! A block in the making: entries and refusals, their stored form, their keys, and who waits.

use std::sync::Arc;

use onhand_core::{
    BlockBody, ByFingerprint, Entry, Fingerprint, Place, Refusal, Request, Seen, Time,
};
use onhand_journal::Block;
use serde_json::Error;

use crate::desk::Seat;
use crate::{CommittedBlock, EngineConfig};

/// Both keys of a request.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub id: Fingerprint,
    /// The source's own name of the event, if there is one.
    pub event: Option<Fingerprint>,
}

impl Keys {
    pub fn of(seen: &Seen, request: &Request) -> Keys {
        let envelope = &request.envelope;
        let event = match (&envelope.source, &envelope.source_event) {
            (Some(source), Some(event)) => Some(seen.of_event(&request.ledger, source, event)),
            _ => None,
        };
        Keys { id: seen.of_id(&request.ledger, &envelope.id), event }
    }
}

/// A place in a block that has no height yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub index: u32,
    pub refusal: bool,
}

impl Slot {
    pub fn at(self, height: u64) -> Place {
        Place { height, index: self.index, refusal: self.refusal }
    }
}

/// What a waiting request is told once the block is durable.
pub(crate) enum Verdict {
    /// Its own entry or refusal; the ledger's position when it was decided.
    Fresh { slot: Slot, position: u64 },
    /// It came with the key of another request in the block.
    Again(Slot),
    /// Nothing is recorded of it, but it was decided on what the block records.
    Said(Box<crate::Answer>),
}

pub(crate) struct Draft {
    /// Ledger time of everything in it.
    pub time: Time,
    entries: Vec<Entry>,
    refusals: Vec<Refusal>,
    /// The stored form so far; that of the refusals apart, as it follows the entries.
    body: Vec<u8>,
    refused: Vec<u8>,
    pub keys: ByFingerprint<Slot>,
    pub waiting: Vec<(Seat, Verdict)>,
}

impl Draft {
    pub fn new() -> Draft {
        Draft {
            time: Time(0),
            entries: Vec::new(),
            refusals: Vec::new(),
            body: Vec::new(),
            refused: Vec::new(),
            keys: ByFingerprint::default(),
            waiting: Vec::new(),
        }
    }

    /// Whether nothing is recorded in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.refusals.is_empty()
    }

    /// Entries and refusals.
    pub fn len(&self) -> usize {
        self.entries.len() + self.refusals.len()
    }

    pub fn refusals(&self) -> usize {
        self.refusals.len()
    }

    /// Whether it takes no more.
    pub fn is_full(&self, config: &EngineConfig) -> bool {
        self.len() >= config.commands_max
            || self.bytes() >= config.draft_bytes_max()
            || self.refusals() >= config.refusals_max
            // Duplicates and dry runs wait for the block, too.
            || self.waiting.len() >= 2 * config.commands_max
    }

    /// Bytes of its stored form.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.refused.len()
    }

    /// Writes the stored form of an entry that [`Draft::place_entry`] is called with next. False,
    /// and nothing of it stays: it takes more than `bytes_max`.
    ///
    /// # Errors
    /// The entry cannot be written as JSON.
    pub fn write_entry(&mut self, entry: &Entry, bytes_max: usize) -> Result<bool, Error> {
        let before = self.body.len();
        self.separate();
        let begin = self.body.len();
        serde_json::to_writer(&mut self.body, entry)?;
        let fits = self.body.len() - begin <= bytes_max;
        if !fits {
            self.body.truncate(before);
        }
        Ok(fits)
    }

    /// Records entries whose stored forms, separated by commas, are `stored`.
    pub fn add_stored(&mut self, entries: Vec<(Keys, Entry)>, stored: &[u8]) -> Vec<Slot> {
        self.separate();
        self.body.extend_from_slice(stored);
        entries.into_iter().map(|(keys, entry)| self.place_entry(keys, entry)).collect()
    }

    fn separate(&mut self) {
        match self.body.is_empty() {
            true => self.body.extend_from_slice(b"{\"entries\":["),
            false => self.body.push(b','),
        }
    }

    /// Records an entry whose stored form is written under its keys.
    pub fn place_entry(&mut self, keys: Keys, entry: Entry) -> Slot {
        let slot = Slot { index: self.entries.len() as u32, refusal: false };
        self.entries.push(entry);
        self.keys.entry(keys.id).or_insert(slot);
        if let Some(event) = keys.event {
            self.keys.entry(event).or_insert(slot);
        }
        slot
    }

    /// Records a refusal under the caller's key; a source's event is not burnt by a refusal.
    ///
    /// # Errors
    /// The refusal cannot be written as JSON.
    pub fn add_refusal(&mut self, keys: Keys, refusal: Refusal) -> Result<Slot, Error> {
        if !self.refused.is_empty() {
            self.refused.push(b',');
        }
        serde_json::to_writer(&mut self.refused, &refusal)?;
        let slot = Slot { index: self.refusals.len() as u32, refusal: true };
        self.refusals.push(refusal);
        self.keys.entry(keys.id).or_insert(slot);
        Ok(slot)
    }

    /// The stored form of the whole body: the JSON of its [`BlockBody`].
    pub fn finish(&mut self) -> Vec<u8> {
        if self.entries.is_empty() {
            self.body.extend_from_slice(b"{\"entries\":[");
        }
        self.body.push(b']');
        if !self.refusals.is_empty() {
            self.body.extend_from_slice(b",\"refusals\":[");
            self.body.append(&mut self.refused);
            self.body.push(b']');
        }
        self.body.push(b'}');
        std::mem::take(&mut self.body)
    }

    /// The block as it was stored; the draft keeps only its keys and who waits.
    pub fn committed(&mut self, block: &Block) -> Arc<CommittedBlock> {
        // Room for as many again: blocks under load are alike, and growing means copying.
        let room = Vec::with_capacity(self.entries.len());
        let entries = std::mem::replace(&mut self.entries, room);
        let refusals = std::mem::take(&mut self.refusals);
        Arc::new(CommittedBlock::new(block, BlockBody { entries, refusals }))
    }

    /// Empty again; memory is kept for the next block, `body` among it.
    pub fn reuse(&mut self, mut body: Vec<u8>) {
        body.clear();
        self.body = body;
        self.refused.clear();
        self.entries.clear();
        self.refusals.clear();
        self.keys.clear();
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use onhand_core::{CommandId, LedgerId, Rejection, Sku};

    use super::*;

    fn refusal(id: &str) -> (Keys, Refusal) {
        let (ledger, id) = (LedgerId::new("acme").unwrap(), CommandId::new(id).unwrap());
        let keys = Keys { id: Seen::new([0; 16]).of_id(&ledger, &id), event: None };
        let rejection = Rejection::UnknownSku { sku: Sku::new("A").unwrap() };
        (keys, Refusal { ledger, id, request: "print".into(), rejection })
    }

    #[test]
    fn the_stored_form_is_the_json_of_the_body() {
        let mut draft = Draft::new();
        for id in ["1", "2"] {
            let (keys, refusal) = refusal(id);
            draft.add_refusal(keys, refusal).unwrap();
        }
        let body = BlockBody { entries: vec![], refusals: draft.refusals.clone() };
        assert_eq!(draft.finish(), serde_json::to_vec(&body).unwrap());
        draft.reuse(Vec::new());
        assert_eq!(draft.finish(), b"{\"entries\":[]}");
    }
}
