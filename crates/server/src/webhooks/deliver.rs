//! The thread of one subscription: what is due again first, then what is new, one call at a time.
//!
//! An event is done when its outcome is written: delivered, waiting, or given up. Only then the
//! cursor moves, in the same write. A process that is killed repeats what was under way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use onhand_core::Time;

use super::live::{Counts, Live};
use super::post::{Called, Caller, Failed};
use super::schedule::Schedule;
use super::source::Step;
use super::store::{Change, Loaded, StoreFault};
use super::subscription::{Attempted, Cursor, Delivery, Disabled, Pending, Subscription};
use super::{PENDING_MAX, Shared};
use crate::node::now;

/// How soon a change or the end of the server is heard.
const PATIENCE: Duration = Duration::from_millis(100);
/// Pause after the file or a feed could not be read.
const FAULT_PAUSE: Duration = Duration::from_secs(1);
/// How often a cursor is written that only passed what nobody wants.
const CURSOR_EVERY: Duration = Duration::from_secs(5);

/// One subscription's thread.
pub(super) struct Runner {
    pub shared: Arc<Shared>,
    pub key: String,
    pub live: Arc<Live>,
    pub caller: Caller,
    pub schedule: Schedule,
}

/// What a thread knows of its subscription until somebody changes it.
struct Work {
    /// Of [`Live`], when it was read.
    version: u64,
    subscription: Subscription,
    cursor: Cursor,
    /// Steps read ahead of the cursor.
    ahead: VecDeque<Step>,
    pending: BTreeMap<u64, Pending>,
    dead: u64,
    /// Failures of the target in a row, and until when it is left alone.
    failures: u32,
    rest_until: Option<Instant>,
    /// Since when the cursor is further than what is written.
    unwritten: Option<Instant>,
}

/// What became of one look for something to do.
enum Done {
    Something,
    /// There is no news.
    Nothing,
    /// It has to wait until a moment.
    Rests(Option<Instant>),
}

impl Work {
    fn new(loaded: Loaded, version: u64) -> Work {
        let Loaded { subscription, cursor, pending, dead } = loaded;
        Work {
            version,
            subscription,
            cursor,
            ahead: VecDeque::new(),
            pending: pending.into_iter().collect(),
            dead,
            failures: 0,
            rest_until: None,
            unwritten: None,
        }
    }

    /// What is due again, the longest overdue first.
    fn due(&self, now: Time) -> Option<(u64, Pending)> {
        let due = self.pending.iter().filter(|(_, it)| it.next_at <= now);
        due.min_by_key(|(_, it)| it.next_at).map(|(number, it)| (*number, it.clone()))
    }

    /// How long until something is due again.
    fn until_due(&self, now: Time) -> Duration {
        let next = self.pending.values().map(|it| it.next_at).min();
        next.map_or(PATIENCE, |it| Duration::from_micros(it.as_us().saturating_sub(now.as_us())))
    }
}

impl Runner {
    /// Until the subscription is removed or the server ends.
    pub fn run(self) {
        while !self.shared.is_ended() {
            let version = self.live.version();
            match self.shared.store.load(&self.key) {
                Ok(None) => break,
                Ok(Some(loaded)) => self.follow(&mut Work::new(loaded, version)),
                Err(fault) => self.trouble(&fault),
            }
        }
        self.live.end();
    }

    /// Until somebody changes the subscription.
    fn follow(&self, work: &mut Work) {
        self.tell(work);
        let projector = self.shared.node.projector(&work.subscription.ledger);
        while self.is_current(work) {
            let seen = projector.tip().height;
            let wait = PATIENCE.min(work.until_due(now()));
            match self.step(work) {
                Ok(Done::Something) => {}
                Ok(Done::Nothing) => {
                    projector.wait_for_height(seen + 1, wait);
                }
                Ok(Done::Rests(until)) => {
                    let left = until.map(|it| it.saturating_duration_since(Instant::now()));
                    std::thread::sleep(left.unwrap_or(PATIENCE).min(PATIENCE));
                }
                Err(fault) => return self.trouble(&fault),
            }
            if work.unwritten.is_some_and(|it| it.elapsed() > CURSOR_EVERY) {
                self.write_cursor(work);
            }
        }
        self.write_cursor(work);
    }

    fn is_current(&self, work: &Work) -> bool {
        !self.shared.is_ended() && self.live.version() == work.version
    }

    fn trouble(&self, fault: &StoreFault) {
        if !matches!(fault, StoreFault::Closed) {
            tracing::error!(webhook = %self.key, %fault, "a webhook rests");
            self.live.count(|it| &it.store_faults);
        }
        std::thread::sleep(FAULT_PAUSE.min(if self.shared.is_ended() {
            PATIENCE
        } else {
            FAULT_PAUSE
        }));
    }

    fn step(&self, work: &mut Work) -> Result<Done, StoreFault> {
        if work.subscription.disabled.is_some() {
            return Ok(Done::Rests(None));
        }
        if let Some(until) = work.rest_until {
            if until > Instant::now() {
                return Ok(Done::Rests(Some(until)));
            }
            work.rest_until = None;
            self.live.rests(None);
        }
        if let Some((number, pending)) = work.due(now()) {
            self.attempt(work, Some(number), pending, work.cursor)?;
            return Ok(Done::Something);
        }
        if work.pending.len() >= PENDING_MAX {
            // The feeds keep what comes next.
            return Ok(Done::Rests(None));
        }
        match work.ahead.pop_front() {
            Some(Step { event: Some(event), cursor }) => {
                self.attempt(work, None, Pending::new(&event, now()), cursor)?;
            }
            Some(Step { event: None, cursor }) => {
                work.cursor = cursor;
                work.unwritten.get_or_insert_with(Instant::now);
            }
            None => return self.read_ahead(work),
        }
        Ok(Done::Something)
    }

    fn read_ahead(&self, work: &mut Work) -> Result<Done, StoreFault> {
        match self.shared.page(&work.subscription, work.cursor) {
            Ok(page) => {
                self.live.reads(None);
                let is_empty = page.steps.is_empty() && page.at_end;
                if let Some(missed) = page.missed {
                    tracing::warn!(webhook = %self.key, why = missed.why, "notices were missed");
                    let change = Change { log: vec![missed], ..Change::default() };
                    self.shared.store.commit(&self.key, &change)?;
                }
                work.ahead.extend(page.steps);
                Ok(if is_empty { Done::Nothing } else { Done::Something })
            }
            Err(why) => {
                self.live.reads(Some(why));
                Ok(Done::Rests(Some(Instant::now() + FAULT_PAUSE)))
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
                work.failures = 0;
            }
            Called::Gone => self.gone(&mut change, &mut log, event, number),
            Called::Failed(failed) => {
                self.failed(work, &mut change, &mut log, (event, number), failed);
            }
        }
        change.log = vec![log];
        self.write(work, change, cursor)
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
    ) {
        (log.status, log.why) = (failed.status, failed.why.clone());
        if failed.is_target {
            work.failures = work.failures.saturating_add(1);
            let rest = self.schedule.rest(work.failures, failed.asked);
            work.rest_until = Some(Instant::now() + rest);
        } else {
            work.failures = 0;
        }
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
                if work.dead + 1 >= self.shared.log_max {
                    let why = "as many events were given up as are kept; replay them".to_owned();
                    change.disable = Some(Disabled { why, at: now() });
                }
            }
        }
    }

    /// Writes a change, unless somebody else changed the subscription meanwhile: then the event
    /// comes again.
    fn write(&self, work: &mut Work, change: Change, cursor: Cursor) -> Result<(), StoreFault> {
        let written =
            self.live.if_version(work.version, || self.shared.store.commit(&self.key, &change));
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
        self.tell(work);
        Ok(())
    }

    fn write_cursor(&self, work: &mut Work) {
        if work.unwritten.is_none() {
            return;
        }
        let change = Change { cursor: Some(work.cursor), ..Change::default() };
        let cursor = work.cursor;
        if let Err(fault) = self.write(work, change, cursor) {
            self.trouble(&fault);
        }
    }

    /// Says how the subscription is doing.
    fn tell(&self, work: &Work) {
        self.live.rests(work.rest_until);
        let oldest = work.pending.values().map(|it| it.since).min();
        self.live.holds(work.pending.len() as u64, work.dead, oldest, work.cursor);
    }
}
