//! Keeping the boards of a shard up to date: one thread, begun by the first who asks.
//!
//! It looks at what entries touched, in slices, and rests in between: however much changes, it takes
//! a third of one core at most and holds the projector's lock for about a millisecond at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use onhand_core::{ItemNo, LedgerId};
use onhand_projector::{FiguresPage, Projector, TouchedBy};
use smol_str::SmolStr;
use tokio::sync::watch;

use super::board::{Board, By};

/// Items and channels looked at in one slice.
const SLICE: usize = 1_024;
/// How soon the end of the server is heard.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often items are looked at whose numbers change without an entry.
const TIMED_EVERY: Duration = Duration::from_secs(1);
/// Longest rest between two slices.
const REST_MAX: Duration = Duration::from_millis(50);

/// The boards of one shard.
pub(super) struct Keeper {
    projector: Arc<Projector>,
    run: SmolStr,
    /// Turns with every change of any board.
    news: watch::Sender<u64>,
    boards: Mutex<Kept>,
    ended: AtomicBool,
    /// Up to where all boards are looked through.
    height: AtomicU64,
}

#[derive(Default)]
struct Kept {
    boards: BTreeMap<LedgerId, Arc<Board>>,
    is_running: bool,
}

/// How far the thread is with one board.
struct Work {
    board: Arc<Board>,
    /// The next item to look at of all of them, and why they are.
    all: Option<(usize, Option<TouchedBy>)>,
    /// A rule changed while all were looked at: they are once more behind that. Beginning anew each
    /// time would never reach the last item while rules keep changing.
    again: Option<TouchedBy>,
    /// Items whose numbers change without an entry, and those of them that are to be looked at.
    timed: BTreeSet<u32>,
    due: Vec<u32>,
    looked: Instant,
    filled: bool,
}

impl Keeper {
    pub fn new(projector: Arc<Projector>, run: SmolStr, news: watch::Sender<u64>) -> Keeper {
        let (ended, height) = (AtomicBool::new(false), AtomicU64::new(0));
        Keeper { projector, run, news, boards: Mutex::default(), ended, height }
    }

    /// The board of a ledger, begun if it is the first time. The ledger is known.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn board(self: &Arc<Self>, ledger: &LedgerId) -> io::Result<Arc<Board>> {
        let mut kept = self.lock();
        if !kept.is_running {
            let keeper = self.clone();
            let thread = std::thread::Builder::new().name("availability".to_owned());
            thread.spawn(move || keeper.keep())?;
            kept.is_running = true;
        }
        let new = || Arc::new(Board::new(ledger.clone(), self.run.clone(), self.news.clone()));
        Ok(kept.boards.entry(ledger.clone()).or_insert_with(new).clone())
    }

    /// All boards, for whoever counts.
    pub fn boards(&self) -> Vec<Arc<Board>> {
        self.lock().boards.values().cloned().collect()
    }

    /// Blocks that are folded and not looked through; 0 where there is no board.
    pub fn lag_blocks(&self) -> u64 {
        match self.lock().is_running {
            true => self.projector.tip().height.saturating_sub(self.height.load(Ordering::Relaxed)),
            false => 0,
        }
    }

    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self) {
        let mut works: Vec<Work> = Vec::new();
        while !self.ended.load(Ordering::Acquire) {
            let height = self.projector.tip().height;
            self.take_on(&mut works);
            let begun = Instant::now();
            let mut more = false;
            for work in &mut works {
                more |= work.go_on(&self.projector);
            }
            std::thread::sleep((begun.elapsed() * 2).min(REST_MAX));
            if !more {
                self.height.store(height, Ordering::Relaxed);
                let begun = Instant::now();
                if !self.projector.wait_for_height(height + 1, PATIENCE) {
                    // A projection that halted is not waited for: it says so at once.
                    std::thread::sleep(PATIENCE.saturating_sub(begun.elapsed()));
                }
            }
        }
    }

    fn take_on(&self, works: &mut Vec<Work>) {
        for board in self.lock().boards.values() {
            if works.iter().any(|it| it.board.ledger == board.ledger) {
                continue;
            }
            if self.projector.watch_changes(&board.ledger).is_ok() {
                works.push(Work::new(board.clone()));
            }
        }
    }
}

impl Work {
    fn new(board: Arc<Board>) -> Work {
        let (timed, due) = (BTreeSet::new(), Vec::new());
        let (all, looked) = (Some((0, None)), Instant::now());
        Work { board, all, again: None, timed, due, looked, filled: false }
    }

    /// Looks at the next slice. True: there is more.
    fn go_on(&mut self, projector: &Projector) -> bool {
        if self.due.is_empty() && self.looked.elapsed() >= TIMED_EVERY {
            self.due.extend(&self.timed);
            self.looked = Instant::now();
        }
        let channels = self.board.channels().max(1);
        let most = (SLICE / channels).max(1);
        let from = self.due.len().saturating_sub(most);
        let mut also: Vec<ItemNo> = self.due.drain(from..).map(ItemNo).collect();
        if let Some((next, _)) = &self.all {
            also.extend((*next as u32..(*next + most) as u32).map(ItemNo));
        }
        let Ok(page) = projector.figures(&self.board.ledger, most, &also) else { return false };
        let (items, more) = (page.items, page.changed.more);
        let changed_all = page.changed.all;
        self.put(page);
        self.again = changed_all.or(self.again.take());
        self.go_through(items, most);
        more || self.all.is_some() || !self.due.is_empty()
    }

    /// The next slice of all items, or of the next time through them.
    fn go_through(&mut self, items: usize, looked_at: usize) {
        if let Some((next, _)) = &mut self.all {
            *next += looked_at;
            if *next < items {
                return;
            }
            if !self.filled {
                self.filled = true;
                self.board.fill();
            }
        }
        self.all = self.again.take().map(|rule| (0, Some(rule)));
    }

    fn put(&mut self, page: FiguresPage) {
        let found =
            By { position: page.seen.position, recorded_at: page.seen.recorded_at, reason: None };
        let by = |it: &TouchedBy| By {
            position: it.position,
            recorded_at: it.recorded_at,
            reason: Some(it.kind),
        };
        let touched: HashMap<ItemNo, &TouchedBy> =
            page.changed.items.iter().map(|(item, by)| (*item, by)).collect();
        let rule = self.all.as_ref().and_then(|(_, rule)| rule.as_ref()).map(by);
        let mut told = Vec::with_capacity(page.figures.len());
        for (asked, figures) in page.figures {
            match figures.depends_on_time {
                true => self.timed.insert(figures.item.0),
                false => self.timed.remove(&figures.item.0),
            };
            let by = touched.get(&asked).map(|it| by(it)).or(rule).unwrap_or(found);
            told.push((by, figures));
        }
        self.board.put(&page.channels, told);
    }
}
