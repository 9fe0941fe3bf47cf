//! What blocks are folded into: the book, the timelines, the notices, and the tip they belong to.

use std::collections::BTreeMap;

use onhand_core::{BlockBody, Book, Entry, ItemNo, LedgerId, Time, Tracking};
use onhand_journal::{Fault, Hash, Tip};

use crate::changes::Changes;
use crate::listed::Listed;
use crate::notices::{Notices, Sweep};
use crate::supply::SupplyLog;
use crate::timeline::LedgerLog;

/// The projection of one shard.
pub(crate) struct State {
    pub tip: Tip,
    pub book: Book,
    pub logs: BTreeMap<LedgerId, LedgerLog>,
    pub notices: BTreeMap<LedgerId, Notices>,
    pub supplies: BTreeMap<LedgerId, SupplyLog>,
    /// Not part of what is stored: readers fill it in.
    pub listed: BTreeMap<LedgerId, Listed>,
    /// Of ledgers whose changes somebody follows.
    pub changes: BTreeMap<LedgerId, Changes>,
    /// What is left to look at after the last block, by ledger. None once its sweeps are done.
    sweeps: Vec<Sweep>,
    /// Whether items keep timelines.
    pub timeline: bool,
    /// Whether changes are remembered for a checkpoint.
    tracked: bool,
    /// Why folding stopped for good.
    pub halted: Option<String>,
}

impl State {
    pub fn new(key: [u8; 16], timeline: bool) -> State {
        State {
            tip: Tip::default(),
            book: Book::new(key),
            logs: BTreeMap::new(),
            notices: BTreeMap::new(),
            supplies: BTreeMap::new(),
            listed: BTreeMap::new(),
            changes: BTreeMap::new(),
            sweeps: Vec::new(),
            timeline,
            tracked: false,
            halted: None,
        }
    }

    /// Makes room for published numbers: once, for what a checkpoint brought.
    pub fn begin_listing(&mut self) {
        for (id, ledger) in &self.book.ledgers {
            self.listed.entry(id.clone()).or_default().fit(ledger);
        }
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
        for notices in self.notices.values_mut() {
            notices.tracked = tracked;
            drop(notices.take_changes());
        }
        for supply in self.supplies.values_mut() {
            supply.tracked = tracked;
            drop(supply.take_changes());
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

    /// Notes where each entry is, what it did to each item, and what is worth a notice.
    fn log(&mut self, height: u64, time: Time, body: &BlockBody) {
        let mut touched: Vec<(ItemNo, u64)> = Vec::new();
        for run in body.entries.chunk_by(|one, next| one.ledger == next.ledger) {
            let id = &run[0].ledger;
            let Some(ledger) = self.book.ledger(id) else { continue };
            if !self.logs.contains_key(id) {
                self.logs.insert(id.clone(), LedgerLog::new(self.tracked));
                self.notices.insert(id.clone(), Notices::new(self.tracked));
                self.supplies.insert(id.clone(), SupplyLog::new(self.tracked));
            }
            let Some(log) = self.logs.get_mut(id) else { continue };
            log.mark(run[0].position, height, time);
            touched.clear();
            let mut supply = self.supplies.get_mut(id);
            for entry in run {
                if let Some(supply) = &mut supply {
                    supply.add(ledger, entry, time);
                }
                log.add(ledger, entry, time, self.timeline, &mut touched);
            }
            self.notice(time, run, &mut touched);
        }
    }

    /// Looks once at every item that the entries touched, at its last position.
    fn notice(&mut self, time: Time, run: &[Entry], touched: &mut [(ItemNo, u64)]) {
        let id = &run[0].ledger;
        let (Some(ledger), Some(notices)) = (self.book.ledger(id), self.notices.get_mut(id)) else {
            return;
        };
        let (mut news, mut begins) = (Vec::new(), false);
        for entry in run {
            if !entry.flags.is_empty() {
                Notices::note_oversold(ledger, entry, time, &mut news);
            }
            if let Some(sweep) = Sweep::after(ledger, entry, time) {
                begins = true;
                let known = self.sweeps.iter().position(|it| it.ledger == *id);
                let before = known.map(|index| self.sweeps.swap_remove(index));
                self.sweeps.push(match before {
                    Some(before) => before.and(sweep),
                    None => sweep,
                });
            }
        }
        let listed = self.listed.entry(id.clone()).or_default();
        listed.fit(ledger);
        let mut changes = self.changes.get_mut(id);
        if let Some(sweep) = self.sweeps.iter().find(|it| it.ledger == *id) {
            listed.forget_all();
            // Once for each rule: a sweep that goes on is no news for those who look at all items.
            if begins && let Some(changes) = &mut changes {
                changes.note_all(run, sweep.position, time);
            }
        }
        touched.sort_unstable();
        for one in touched.chunk_by(|one, next| one.0 == next.0) {
            let (item, position) = one[one.len() - 1];
            listed.forget(ledger, item);
            if let Some(changes) = &mut changes {
                changes.note(item, run, position, time);
            }
            notices.look(ledger, item, None, position, time, &mut news);
        }
        notices.tell(news);
    }

    /// Looks at the next items that the last block changed by a rule. True: there are more.
    pub fn sweep(&mut self) -> bool {
        let Some(mut sweep) = self.sweeps.pop() else { return false };
        let (ledger, notices) =
            (self.book.ledger(&sweep.ledger), self.notices.get_mut(&sweep.ledger));
        if let (Some(ledger), Some(notices)) = (ledger, notices)
            && sweep.go_on(ledger, notices)
        {
            self.sweeps.push(sweep);
        }
        !self.sweeps.is_empty()
    }
}
