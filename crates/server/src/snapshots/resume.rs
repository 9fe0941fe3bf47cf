//! What is seen to without being asked: snapshots that were left unfinished, those that somebody
//! confirmed, and what is due to be fetched.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use onhand_core::{FeedId, LedgerId, SnapshotSeen};
use onhand_wire::{Problem, Trouble};

use super::refusal::{no, unreadable};
use super::sheet::Sheet;
use super::{Ask, SnapshotReport, Snapshots};

/// When a feed's snapshot that could not be finished is tried again, after so many failures.
type Tries = HashMap<(LedgerId, FeedId), (Instant, u32)>;

const AGAIN: Duration = Duration::from_secs(2);
const AGAIN_MAX: Duration = Duration::from_secs(3_600);

/// Wakes whoever looks.
#[derive(Default)]
pub(super) struct Clock {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    poked: bool,
    stopped: bool,
}

/// The thread that looks; stopped and waited for when dropped.
pub(crate) struct Looker {
    snapshots: Arc<Snapshots>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Looker {
    fn drop(&mut self) {
        self.snapshots.clock.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that sees to snapshots broke");
        }
    }
}

impl Clock {
    /// Somebody is to look at once.
    pub fn poke(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).poked = true;
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.changed.notify_all();
    }

    pub fn is_stopped(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped
    }

    /// False: stop.
    fn wait(&self, longest: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(state, longest, |it| !it.poked && !it.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        let mut state = waited.0;
        state.poked = false;
        !state.stopped
    }
}

impl Snapshots {
    /// Begins to look by itself.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn begin(self: &Arc<Self>) -> std::io::Result<Looker> {
        let snapshots = self.clone();
        let look = Duration::from_millis(self.node.config().pull_look_ms);
        let work = move || {
            let mut tries = Tries::default();
            while {
                snapshots.finish_all(&mut tries);
                snapshots.pull_due();
                snapshots.clock.wait(look)
            } {}
        };
        let thread = std::thread::Builder::new().name("snapshots".to_owned()).spawn(work)?;
        Ok(Looker { snapshots: self.clone(), thread: Some(thread) })
    }

    /// Something was decided that may let a snapshot go on.
    pub fn poke(&self) {
        self.clock.poke();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.clock.is_stopped()
    }

    /// Finishes every snapshot that waits for nobody.
    fn finish_all(&self, tries: &mut Tries) {
        for (ledger, feed, seen) in self.waiting() {
            let place = (ledger.clone(), feed.clone());
            if self.is_stopped() || tries.get(&place).is_some_and(|(at, _)| *at > Instant::now()) {
                continue;
            }
            match self.finish(&ledger, &feed, &seen) {
                Ok(None) => {}
                Ok(Some(report)) => {
                    tries.remove(&place);
                    let (snapshot, outcome) = (&seen.snapshot, report.outcome);
                    tracing::info!(%ledger, %feed, %snapshot, ?outcome, "a snapshot was finished");
                }
                Err(problem) => {
                    let failures = tries.get(&place).map_or(0, |(_, failures)| failures + 1);
                    let wait = AGAIN.saturating_mul(1 << failures.min(10)).min(AGAIN_MAX);
                    tries.insert(place, (Instant::now() + wait, failures));
                    let why = problem.body["detail"].as_str().unwrap_or_default();
                    let snapshot = &seen.snapshot;
                    tracing::warn!(%ledger, %feed, %snapshot, %why, "a snapshot is not finished");
                }
            }
        }
    }

    fn waiting(&self) -> Vec<(LedgerId, FeedId, SnapshotSeen)> {
        let mut waiting = Vec::new();
        for view in self.node.ledgers() {
            let id = view.ledger;
            let looked = self.node.projector(&id).with_past(&id, |ledger, _| {
                for feed in ledger.feeds() {
                    let unfinished = feed.unfinished.as_ref().map(|(it, _)| it);
                    let is_confirmed =
                        |it: &&SnapshotSeen| Some(&it.snapshot) == feed.confirmed.as_ref();
                    // Something newer makes it evidence only.
                    let is_late =
                        |it: &&SnapshotSeen| feed.is_late(it.as_of, it.tier.as_ref(), it.complete);
                    let confirmed = feed.recent.iter().rev().find(is_confirmed);
                    let confirmed = confirmed.filter(|it| !is_late(it));
                    let seen = unfinished.or(confirmed).filter(|it| it.hash.is_some());
                    waiting.extend(seen.map(|it| (id.clone(), feed.id.clone(), it.clone())));
                }
            });
            debug_assert!(looked.is_some(), "a ledger that is listed is there");
        }
        waiting
    }

    /// None: somebody else is at it.
    fn finish(
        &self,
        ledger: &LedgerId,
        feed: &FeedId,
        seen: &SnapshotSeen,
    ) -> Result<Option<SnapshotReport>, Problem> {
        let turn = self.node.turns().take(ledger, feed, Duration::ZERO);
        let Some(_mine) = turn else { return Ok(None) };
        let hash = seen.hash.as_ref().map_or("", |it| it.as_str());
        let Some((path, form)) = self.kept().find(hash) else {
            let message = format!("its bytes are not kept here: {hash}; send the file again");
            return Err(no(Trouble::NotFound { message }));
        };
        let now = self.feed(ledger, feed)?;
        let profile = now.feed.terms.profile.as_deref();
        let sheet = Sheet::open(path, profile, form).map_err(|it| unreadable(&it))?;
        self.go_on(&Ask::of(ledger.clone(), feed.clone()), &now, seen, &sheet).map(Some)
    }
}
