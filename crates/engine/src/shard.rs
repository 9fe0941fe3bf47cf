//! The shard's thread over all its engines: begin, serve, begin again, halt, stop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use onhand_core::Time;
use onhand_journal::{Fault, Identity};

use crate::append::Appender;
use crate::desk::Desk;
use crate::engine::{Engine, explain};
use crate::handle::{Event, Status};
use crate::load::{Beginning, Permit, begin};
use crate::metrics::add;
use crate::shared::Shared;
use crate::{AnswerFault, EngineConfig, LedgerClock, Source};

/// How often callers who wait for a restart are looked after.
const TICK: Duration = Duration::from_millis(20);
/// Engines that may break in a row, by a mistake of this program, before the shard halts.
const BROKEN_MAX: u32 = 5;

pub(crate) struct Shard {
    pub identity: Identity,
    pub config: Arc<EngineConfig>,
    pub shared: Arc<Shared>,
    pub events: Receiver<Event>,
    pub inbox: Sender<Event>,
    pub desk: Desk,
    pub clock: LedgerClock,
    pub started: Instant,
    /// Counts engines.
    reign: u64,
    /// Engines in a row that ended without a durable block.
    fruitless: u32,
}

/// How an engine's time ended.
pub(crate) enum Ended {
    /// All is done that was asked for.
    Drained,
    Fault(Fault),
    Broken(String),
}

/// How an attempt to begin ended.
enum Begun {
    Serving(Box<Engine>, Box<dyn Source>),
    /// Begin again after a pause.
    Failed(String, Box<dyn Source>),
    Halted(String),
    Stopped,
}

impl Shard {
    pub fn new(
        identity: Identity,
        config: EngineConfig,
        shared: Arc<Shared>,
        events: Receiver<Event>,
        inbox: Sender<Event>,
    ) -> Shard {
        let clock = LedgerClock::new(config.leap_max, config.leap_confirm);
        let desk = Desk::new(shared.depth.clone());
        let (config, started) = (Arc::new(config), Instant::now());
        let (reign, fruitless) = (0, 0);
        Shard { identity, config, shared, events, inbox, desk, clock, started, reign, fruitless }
    }

    pub fn run(mut self, source: Box<dyn Source>) {
        // A panic outside an engine ends here: what cannot even wait must not look alive.
        let ended = catch_unwind(AssertUnwindSafe(|| self.run_until_done(source)));
        let halted = match ended {
            Ok(None) => return self.shared.set_status(Status::Stopped),
            Ok(Some(reason)) => reason,
            Err(_) => "the shard's thread panicked".to_string(),
        };
        self.halt(halted);
    }

    /// None: stopped as asked. Otherwise why the shard halts.
    fn run_until_done(&mut self, mut source: Box<dyn Source>) -> Option<String> {
        loop {
            let (engine, serving) = match self.begin(source) {
                Begun::Serving(engine, source) => (engine, source),
                Begun::Failed(reason, back) => {
                    source = back;
                    self.shared.set_status(Status::Restarting { reason: reason.clone() });
                    self.pause(&reason);
                    continue;
                }
                Begun::Halted(reason) => return Some(reason),
                Begun::Stopped => return None,
            };
            source = serving;
            self.shared.set_status(Status::Serving);
            let blocks = self.blocks();
            let ended = self.serve(engine, &mut *source);
            self.fruitless = if self.blocks() > blocks { 0 } else { self.fruitless + 1 };
            let reason = match ended {
                Ended::Drained => return None,
                Ended::Fault(fault) if halts(&fault) => return Some(explain(&fault)),
                Ended::Fault(fault) => explain(&fault),
                Ended::Broken(reason) if self.fruitless >= BROKEN_MAX => return Some(reason),
                Ended::Broken(reason) => reason,
            };
            tracing::warn!(shard = self.identity.shard, %reason, "the shard begins again");
            add(&self.shared.metrics.restarts, 1);
            self.shared.set_status(Status::Restarting { reason: reason.clone() });
            self.desk.begin_again();
            if self.fruitless > 0 {
                self.pause(&reason);
            }
        }
    }

    fn blocks(&self) -> u64 {
        self.shared.metrics.blocks.load(Ordering::Relaxed)
    }

    /// Waits for the source to be loaded and the shard to be claimed.
    fn begin(&mut self, mut source: Box<dyn Source>) -> Begun {
        let time = self.clock.read(source.clock(), self.started.elapsed());
        let (patience, inbox) = (self.config.patience, self.inbox.clone());
        let permit = Arc::new(Permit::default());
        if let Err(error) = begin(source, self.identity, time, patience, inbox, permit.clone()) {
            return Begun::Halted(format!("no thread to load with: {error}"));
        }
        loop {
            let done = self.is_closing() && self.desk.is_empty() && self.shared.depth.is_empty();
            if done && permit.withdraw() {
                return Begun::Stopped;
            }
            match self.events.recv_timeout(TICK) {
                Ok(Event::Loaded(loaded)) => match loaded.begun {
                    Ok(beginning) => return self.make_engine(beginning, loaded.source),
                    Err(fault) if halts(&fault) => return Begun::Halted(explain(&fault)),
                    Err(fault) => {
                        self.fruitless += 1;
                        return Begun::Failed(explain(&fault), loaded.source);
                    }
                },
                Ok(Event::Batch(open)) => self.desk.take(open),
                Ok(Event::Appended(_) | Event::Wake) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Begun::Stopped,
            }
            self.answer_the_late("it is still being loaded");
        }
    }

    fn make_engine(&mut self, beginning: Beginning, source: Box<dyn Source>) -> Begun {
        let Beginning { book, writer, reader } = beginning;
        self.reign += 1;
        self.clock.not_before(Time(writer.tip().time_us));
        *self.shared.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
        let metrics = self.shared.metrics.clone();
        match Appender::start(writer, self.reign, self.inbox.clone(), metrics) {
            Ok(appender) => {
                let (config, shared) = (self.config.clone(), self.shared.clone());
                let engine = Engine::new(config, shared, book, appender, self.reign);
                Begun::Serving(engine, source)
            }
            Err(fault) => Begun::Failed(explain(&fault), source),
        }
    }

    /// Pauses before the next attempt, longer each time, while callers are looked after.
    fn pause(&mut self, reason: &str) {
        let EngineConfig { restart_pause, restart_pause_max, .. } = *self.config;
        let pause = restart_pause.saturating_mul(1 << self.fruitless.saturating_sub(1).min(16));
        let until = Instant::now() + pause.min(restart_pause_max);
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match self.events.recv_timeout(left.min(TICK)) {
                Ok(Event::Batch(open)) => self.desk.take(open),
                Ok(Event::Appended(_) | Event::Loaded(_) | Event::Wake) => {}
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.answer_the_late(reason);
            if self.is_closing() && self.desk.is_empty() {
                return;
            }
        }
    }

    /// Callers are kept over a restart, but not for ever.
    fn answer_the_late(&mut self, reason: &str) {
        let keep_max = self.config.keep_max;
        let message = format!("the shard did not come back in time: {reason}");
        let late = |open: &crate::desk::Open| open.received.elapsed() >= keep_max;
        self.desk.answer_all(late, || AnswerFault::unavailable(message.clone()));
    }

    pub fn is_closing(&self) -> bool {
        self.shared.closing.load(Ordering::SeqCst)
    }

    /// Answers everybody at once that nothing will be booked, until the shard is closed.
    fn halt(&mut self, reason: String) {
        tracing::error!(shard = self.identity.shard, %reason, "the shard is halted");
        self.shared.set_status(Status::Halted { reason: reason.clone() });
        loop {
            self.desk.answer_all(|_| true, || AnswerFault::halted(reason.clone()));
            if self.is_closing() && self.shared.depth.is_empty() {
                return;
            }
            match self.events.recv() {
                Ok(Event::Batch(open)) => self.desk.take(open),
                Ok(Event::Appended(_) | Event::Loaded(_) | Event::Wake) => {}
                Err(_) => return,
            }
        }
    }
}

/// Faults after which another attempt would only do harm, or find the same.
fn halts(fault: &Fault) -> bool {
    match fault {
        Fault::Halted(_) | Fault::Deposed { .. } | Fault::Missing(_) => true,
        Fault::Io { .. } | Fault::Unavailable(_) | Fault::Full(_) | Fault::Gate(_) => false,
        Fault::Exists(_) | Fault::OutcomeUnknown(_) | Fault::TooLarge { .. } => false,
        Fault::Poisoned => false,
    }
}
