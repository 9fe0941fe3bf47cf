//! The thread of one subscription: what is due again first, then what is new, one call at a time.
//!
//! An event is done when its outcome is written: delivered, waiting, or given up. Only then the
//! cursor moves, in the same write. A process that is killed repeats what was under way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::live::{Counts, Live};
use super::post::{Called, Caller, Failed};
use super::schedule::Schedule;
use super::source::Step;
use super::store::{Change, StoreFault};
use super::subscription::{Attempted, Cursor, Delivery, Disabled, Pending};
use super::work::{Next, Work};
use super::{PENDING_MAX, Shared};
use crate::node::now;

/// How soon a change or the end of the server is heard.
pub(super) const PATIENCE: Duration = Duration::from_millis(200);
/// Pause after the file or a feed could not be read.
const FAULT_PAUSE: Duration = Duration::from_secs(1);
/// How often a cursor is written that only passed what nobody wants.
const CURSOR_EVERY: Duration = Duration::from_secs(5);

/// One subscription's thread.
pub(super) struct Runner {
    /// Weak: a target that does not answer must not keep the node open behind the server's end.
    pub shared: Weak<Shared>,
    pub key: String,
    pub live: Arc<Live>,
    pub caller: Caller,
    pub schedule: Schedule,
}

impl Runner {
    /// Until the subscription is removed or the server ends.
    pub fn run(mut self) {
        loop {
            match caught(|| self.begin()) {
                Ok(true) => {}
                Ok(false) => break,
                Err(panic) => {
                    tracing::error!(webhook = %self.key, panic, "a webhook stumbled; it goes on");
                    self.live.stumbles(true);
                    self.live.count(|it| &it.stumbles);
                    self.pause();
                    // Nobody knows what the panic left of its connections.
                    if let Some(shared) = self.shared() {
                        self.caller = Caller::new(shared.node.config());
                    }
                }
            }
        }
        self.live.end();
    }

    /// Until somebody changes the subscription. False: it is removed, or the server ends.
    fn begin(&self) -> bool {
        let Some(shared) = self.shared() else { return false };
        let version = self.live.version();
        if version.is_removed() {
            return false;
        }
        let loaded = shared.store.load(&self.key);
        drop(shared);
        match loaded {
            Ok(None) => return false,
            Ok(Some(loaded)) => self.follow(&mut Work::new(loaded, version)),
            Err(fault) => self.trouble(&fault),
        }
        true
    }

    /// None: the server ends.
    fn shared(&self) -> Option<Arc<Shared>> {
        self.shared.upgrade().filter(|it| !it.is_ended())
    }

    /// Until somebody changes the subscription.
    fn follow(&self, work: &mut Work) {
        self.tell(work);
        while self.live.version() == work.version
            && let Some(shared) = self.shared()
        {
            if let Err(fault) = self.turn(shared, work) {
                return self.trouble(&fault);
            }
        }
        if let Some(shared) = self.shared.upgrade() {
            // Else it is looked at once more.
            let _ = self.write_cursor(&shared, work);
        }
    }

    fn turn(&self, shared: Arc<Shared>, work: &mut Work) -> Result<(), StoreFault> {
        let projector = shared.node.projector(&work.subscription.ledger);
        let seen = projector.tip().height;
        match self.next(&shared, work)? {
            Next::Call(number, event, cursor) => {
                // The journal is its.
                drop(projector);
                drop(shared);
                return self.attempt(work, number, event, cursor);
            }
            Next::Look => {}
            Next::Nothing => {
                let until = Instant::now() + PATIENCE.min(work.until_due(now()));
                if !projector.wait_for_height(seen + 1, left(until)) {
                    // A shard that is halted does not wait.
                    std::thread::sleep(left(until));
                }
            }
            Next::Rest(until) => {
                std::thread::sleep(until.map_or(PATIENCE, left).min(PATIENCE));
            }
        }
        match work.unwritten {
            Some(since) if since.elapsed() > CURSOR_EVERY => self.write_cursor(&shared, work),
            Some(_) | None => Ok(()),
        }
    }

    fn trouble(&self, fault: &StoreFault) {
        if !matches!(fault, StoreFault::Closed) {
            tracing::error!(webhook = %self.key, %fault, "a webhook rests");
            self.live.count(|it| &it.store_faults);
        }
        self.pause();
    }

    fn pause(&self) {
        // In pieces, so that the end of the server is heard.
        let until = Instant::now() + FAULT_PAUSE;
        while Instant::now() < until && self.shared().is_some() {
            std::thread::sleep(PATIENCE);
        }
    }

    fn next(&self, shared: &Shared, work: &mut Work) -> Result<Next, StoreFault> {
        if work.subscription.disabled.is_some() {
            return Ok(Next::Rest(None));
        }
        if let Some(until) = work.rest_until {
            if until > Instant::now() {
                return Ok(Next::Rest(Some(until)));
            }
            work.rest_until = None;
            self.live.rests(None);
        }
        // The feeds keep what comes next.
        let is_full = work.pending.len() >= PENDING_MAX;
        if (is_full || !work.is_news_turn)
            && let Some(call) = work.due(now())
        {
            return Ok(call);
        }
        if is_full {
            return Ok(Next::Rest(None));
        }
        match work.ahead.pop_front() {
            Some(Step { event: Some(event), cursor }) => {
                Ok(Next::Call(None, Pending::new(&event, now()), cursor))
            }
            Some(Step { event: None, cursor }) => {
                work.cursor = cursor;
                work.unwritten.get_or_insert_with(Instant::now);
                Ok(Next::Look)
            }
            None => self.read_ahead(shared, work),
        }
    }

    fn read_ahead(&self, shared: &Shared, work: &mut Work) -> Result<Next, StoreFault> {
        match shared.page(&work.subscription, work.cursor) {
            Ok(page) => {
                self.live.reads(None);
                let is_empty = page.steps.is_empty() && page.at_end;
                if let Some(missed) = page.missed {
                    tracing::warn!(webhook = %self.key, why = missed.why, "notices were missed");
                    let change = Change { log: vec![missed], ..Change::default() };
                    let commit = |_| shared.store.commit(&self.key, &change);
                    self.live.write(work.version, commit).transpose()?;
                }
                work.ahead.extend(page.steps);
                Ok(if is_empty { work.due(now()).unwrap_or(Next::Nothing) } else { Next::Look })
            }
            Err(why) => {
                self.live.reads(Some(why));
                let rest = Next::Rest(Some(Instant::now() + FAULT_PAUSE));
                Ok(work.due(now()).unwrap_or(rest))
            }
        }
    }

    /// Calls the target with one event and writes what became of it. `number`: of one that waits.
    fn attempt(
        &self,
        work: &mut Work,
        number: Option<u64>,
        mut event: Pending,
        cursor: Cursor,
    ) -> Result<(), StoreFault> {
        let (at, begun) = (now(), Instant::now());
        let it = &work.subscription;
        let called = self.caller.call(&it.url, &it.secrets, &event.id, &event.body, at);
        // What came of it is written even while the server ends, unless the file is closed.
        let shared = self.shared.upgrade().ok_or(StoreFault::Closed)?;
        event.attempts += 1;
        let mut log = Delivery {
            id: event.id.clone(),
            kind: event.kind.clone(),
            at,
            attempt: event.attempts,
            result: Attempted::Delivered,
            status: None,
            why: String::new(),
            took_ms: begun.elapsed().as_millis() as u64,
            next_at: None,
        };
        let mut change = Change { cursor: Some(cursor), done: number, ..Change::default() };
        match called {
            Called::Taken { status } => {
                log.status = Some(status);
                work.succeeded();
            }
            Called::Gone => self.gone(&mut change, &mut log, event, number),
            Called::Failed(failed) => {
                self.failed(work, &mut change, &mut log, (event, number), failed, shared.log_max);
            }
        }
        change.log = vec![log];
        self.write(&shared, work, change, cursor)
    }

    /// The target wants no more: the event waits until somebody enables the subscription again.
    fn gone(&self, change: &mut Change, log: &mut Delivery, event: Pending, number: Option<u64>) {
        let why = "the target answered 410: it wants no more".to_owned();
        (log.status, log.result, log.why) = (Some(410), Attempted::Failed, why.clone());
        change.wait = Some((number, Pending { why: why.clone(), next_at: now(), ..event }));
        change.done = None;
        change.disable = Some(Disabled { why, at: now() });
    }

    fn failed(
        &self,
        work: &mut Work,
        change: &mut Change,
        log: &mut Delivery,
        (event, number): (Pending, Option<u64>),
        failed: Failed,
        dead_max: u64,
    ) {
        (log.status, log.why) = (failed.status, failed.why.clone());
        work.failed(&failed, number.is_some(), &self.schedule);
        let event = Pending { why: failed.why, ..event };
        match self.schedule.next(event.attempts, event.since, now(), failed.asked) {
            Some(next_at) => {
                (log.result, log.next_at) = (Attempted::Failed, Some(next_at));
                change.wait = Some((number, Pending { next_at, ..event }));
                change.done = None;
            }
            None => {
                log.result = Attempted::GivenUp;
                change.bury = Some(event);
                if work.dead + 1 >= dead_max {
                    let why = "as many events were given up as are kept; replay them".to_owned();
                    change.disable = Some(Disabled { why, at: now() });
                }
            }
        }
    }

    /// Writes a change, unless somebody set the cursor meanwhile: then the event comes again.
    fn write(
        &self,
        shared: &Shared,
        work: &mut Work,
        mut change: Change,
        cursor: Cursor,
    ) -> Result<(), StoreFault> {
        let written = self.live.write(work.version, |is_same| {
            if !is_same {
                // It may have another address by now.
                change.disable = None;
            }
            shared.store.commit(&self.key, &change)
        });
        let Some(number) = written.transpose()? else { return Ok(()) };
        work.cursor = cursor;
        work.unwritten = None;
        if let Some(done) = change.done {
            work.pending.remove(&done);
        }
        if let (Some(number), Some((_, pending))) = (number, change.wait) {
            work.pending.insert(number, pending);
        }
        work.dead += u64::from(change.bury.is_some());
        for it in &change.log {
            self.live.count(|counts: &Counts| match it.result {
                Attempted::Delivered => &counts.delivered,
                Attempted::Failed => &counts.failed,
                Attempted::GivenUp => &counts.given_up,
                Attempted::Missed => &counts.missed,
            });
        }
        if let Some(disabled) = change.disable {
            tracing::warn!(webhook = %self.key, why = disabled.why, "a webhook is disabled");
            work.subscription.disabled = Some(disabled);
        }
        self.live.stumbles(false);
        self.tell(work);
        Ok(())
    }

    fn write_cursor(&self, shared: &Shared, work: &mut Work) -> Result<(), StoreFault> {
        if work.unwritten.is_none() {
            return Ok(());
        }
        let cursor = work.cursor;
        let change = Change { cursor: Some(cursor), ..Change::default() };
        self.write(shared, work, change, cursor)
    }

    /// Says how the subscription is doing.
    fn tell(&self, work: &Work) {
        self.live.rests(work.rest_until);
        let oldest = work.pending.values().map(|it| it.since).min();
        self.live.holds(work.pending.len() as u64, work.dead, oldest, work.cursor);
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Err: it panicked, and what the panic said.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("without a word").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_goes_no_further() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| -> u8 { panic!("no {}", "way") }), Err("no way".to_owned()));
        assert_eq!(caught(|| -> u8 { panic!("never") }), Err("never".to_owned()));
    }
}
