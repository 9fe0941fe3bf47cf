//! Moving the checkpoint on: what changed, in one atomic batch with the tip it belongs to.

use std::collections::BTreeMap;

use onhand_core::{Fingerprint, LedgerId, Place};
use onhand_journal::Tip;

use super::capture::{Moment, capture};
use super::dirty::Dirty;
use super::keys::{self, ANSWERS};
use super::meta::{FOLD_VERSION, Meta};
use super::store::{Store, Stored, Trouble, seal};
use crate::projector::Projector;

/// More than this is not held in memory for one atomic batch: the meta is taken away, the rest is
/// written in pieces, and the meta comes last. A crash on the way costs a rebuild.
const BATCH_BYTES: usize = 64 * 1024 * 1024;
/// Such a piece.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// How much of a ledger is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenLedger {
    pub position: u64,
    pub marks: usize,
    /// The number of the last notice.
    pub notices: u64,
}

/// How much is stored of what only grows.
#[derive(Default)]
pub struct Written {
    pub ledgers: BTreeMap<LedgerId, WrittenLedger>,
    pub answers: u64,
    /// Answers of the last chunk, which is not full yet and is written again.
    pub last_chunk: Vec<(Fingerprint, Place)>,
}

impl Written {
    pub fn of(&self, ledger: &LedgerId) -> WrittenLedger {
        self.ledgers.get(ledger).copied().unwrap_or_default()
    }
}

/// Writes one projector's checkpoints.
pub(crate) struct Writer {
    pub store: Store,
    pub dirty: Dirty,
    pub written: Written,
    pub key_print: u128,
    pub tip: Tip,
}

impl Writer {
    /// Lets go of a store that failed. Dropped, sled waits for its writes, after a failed one for
    /// ever: so it is dropped where nobody waits.
    pub fn abandon(self) {
        let _detached =
            std::thread::Builder::new().name("abandon".into()).spawn(move || drop(self));
    }

    /// Writes a checkpoint of now; returns its tip. Nothing is written if nothing is new.
    pub fn write(&mut self, projector: &Projector) -> Result<Tip, Trouble> {
        if projector.tip() == self.tip {
            return Ok(self.tip);
        }
        let mut batch =
            Pieces { store: &mut self.store, stored: BTreeMap::new(), bytes: 0, pieces: false };
        let mut keep = |stored| batch.keep(stored);
        let moment = capture(projector, &mut self.dirty, &self.written, &mut keep)?;
        let Some(moment) = moment else { return Ok(self.tip) };
        let answers = std::mem::take(&mut self.dirty.answers);
        self.written.add_answers(answers).try_for_each(|chunk| batch.keep(chunk?))?;
        let meta = Meta {
            fold_version: FOLD_VERSION,
            identity: projector.identity,
            tip: moment.tip,
            timeline: projector.config.timeline,
            key_print: self.key_print,
            answers: self.written.answers,
            keys: 0,
            digest: 0,
        };
        batch.finish(meta)?;
        self.note(moment);
        Ok(self.tip)
    }

    fn note(&mut self, moment: Moment) {
        self.tip = moment.tip;
        self.written.ledgers.extend(moment.moved);
    }

    pub fn bytes_on_disk(&self) -> u64 {
        self.store.bytes_on_disk()
    }
}

impl Written {
    /// Adds answers behind those that are stored; the chunks that have to be written, one by one.
    fn add_answers(
        &mut self,
        new: Vec<(Fingerprint, Place)>,
    ) -> impl Iterator<Item = Result<Stored, Trouble>> {
        let mut new = new.into_iter();
        std::iter::from_fn(move || {
            let before = self.last_chunk.len();
            self.last_chunk.extend(new.by_ref().take(ANSWERS - before));
            let added = self.last_chunk.len() - before;
            if added == 0 {
                return None;
            }
            let key = keys::answers(self.answers / ANSWERS as u64);
            let pairs: Vec<(u128, u64)> =
                self.last_chunk.iter().map(|(print, place)| (print.0, place.pack())).collect();
            self.answers += added as u64;
            if self.last_chunk.len() == ANSWERS {
                self.last_chunk.clear();
            }
            Some(seal(&key, &pairs).map(|value| (key, value)))
        })
    }
}

/// What one checkpoint writes: kept for one batch as long as it is not too much.
struct Pieces<'a> {
    store: &'a mut Store,
    stored: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
    /// It was too much: there is no checkpoint until all of it is written.
    pieces: bool,
}

impl Pieces<'_> {
    fn keep(&mut self, (key, value): Stored) -> Result<(), Trouble> {
        self.bytes += key.len() + value.len();
        self.stored.insert(key, value);
        if !self.pieces && self.bytes > BATCH_BYTES {
            self.store.begin()?;
            self.pieces = true;
        }
        if self.pieces && self.bytes > PIECE_BYTES {
            self.bytes = 0;
            let stored = std::mem::take(&mut self.stored);
            self.store.write(stored.into_iter().collect(), None)?;
        }
        Ok(())
    }

    fn finish(self, meta: Meta) -> Result<(), Trouble> {
        self.store.write(self.stored.into_iter().collect(), Some(meta))
    }
}
