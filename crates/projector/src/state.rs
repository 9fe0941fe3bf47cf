//! What blocks are folded into: the book, the timelines, and the tip they belong to.

use std::collections::BTreeMap;

use onhand_core::{BlockBody, Book, LedgerId, Time, Tracking};
use onhand_journal::{Fault, Hash, Tip};

use crate::timeline::LedgerLog;

/// The projection of one shard.
pub(crate) struct State {
    pub tip: Tip,
    pub book: Book,
    pub logs: BTreeMap<LedgerId, LedgerLog>,
    /// Whether items keep timelines.
    pub timeline: bool,
    /// Whether changes are remembered for a checkpoint.
    tracked: bool,
    /// Why folding stopped for good.
    pub halted: Option<String>,
}

impl State {
    pub fn new(key: [u8; 16], timeline: bool) -> State {
        let (tip, book, logs) = (Tip::default(), Book::new(key), BTreeMap::new());
        State { tip, book, logs, timeline, tracked: false, halted: None }
    }

    /// Begins or ends to remember what changes, for a checkpoint to write.
    pub fn track(&mut self, tracked: bool) {
        self.tracked = tracked;
        self.book.tracking = if tracked { Tracking::Keys } else { Tracking::Off };
        self.book.seen.keep_news(tracked);
        for ledger in self.book.ledgers.values_mut() {
            ledger.track(self.book.tracking);
            drop(ledger.take_touched());
        }
        for log in self.logs.values_mut() {
            log.tracked = tracked;
            drop(log.take_changes());
        }
    }

    /// Folds the next block. After a fault nothing is ever folded again.
    ///
    /// # Errors
    /// `Halted`: the block does not follow, or an entry in it cannot.
    pub fn fold(
        &mut self,
        tip: Tip,
        previous: Hash,
        body: Option<&BlockBody>,
    ) -> Result<(), Fault> {
        if let Some(reason) = &self.halted {
            return Err(Fault::halted(self.tip.height + 1, reason.clone()));
        }
        self.fold_next(tip, previous, body).map_err(|reason| {
            self.halted = Some(reason.clone());
            Fault::halted(tip.height, reason)
        })
    }

    fn fold_next(
        &mut self,
        tip: Tip,
        previous: Hash,
        body: Option<&BlockBody>,
    ) -> Result<(), String> {
        if tip.height != self.tip.height + 1 || previous != self.tip.hash {
            let (known, found) = (self.tip.height, tip.height);
            return Err(format!("block {found} does not follow block {known} of this projection"));
        }
        if let Some(body) = body {
            let time = Time(tip.time_us);
            self.book.apply(tip.height, time, body).map_err(|corrupt| corrupt.to_string())?;
            self.log(tip.height, time, body);
        }
        self.tip = tip;
        Ok(())
    }

    /// Notes where each entry is, and what it did to each item.
    fn log(&mut self, height: u64, time: Time, body: &BlockBody) {
        for run in body.entries.chunk_by(|one, next| one.ledger == next.ledger) {
            let id = &run[0].ledger;
            let Some(ledger) = self.book.ledger(id) else { continue };
            if !self.logs.contains_key(id) {
                let log = LedgerLog::new(self.tracked);
                self.logs.insert(id.clone(), log);
            }
            let Some(log) = self.logs.get_mut(id) else { continue };
            log.mark(run[0].position, height, time);
            if self.timeline {
                run.iter().for_each(|entry| log.add(ledger, entry, time));
            }
        }
    }
}
