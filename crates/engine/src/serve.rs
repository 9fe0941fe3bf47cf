//! The loop of a serving engine: take what came, decide, send off, wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;

use crate::engine::{Engine, Stop};
use crate::handle::Event;
use crate::shard::{Ended, Shard};
use crate::{AnswerFault, Source};

/// Longest wait for the end of a hold: the wall clock may have been set meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Shortest one: a clock that stands still must not keep a processor busy.
const WAIT_MIN: Duration = Duration::from_millis(1);

impl Shard {
    /// Serves until there is no engine any more. Its block in flight has ended by then.
    pub(crate) fn serve(&mut self, engine: Box<Engine>, source: &mut dyn Source) -> Ended {
        match catch_unwind(AssertUnwindSafe(|| self.serve_until(engine, source))) {
            Ok(Ok(())) => Ended::Drained,
            Ok(Err(Stop::Journal(fault))) => Ended::Fault(fault),
            Ok(Err(Stop::Broken(reason))) => self.broken(reason),
            Err(panic) => self.broken(said(&*panic)),
        }
    }

    /// The request that broke the engine is not tried again; all others are.
    fn broken(&mut self, reason: String) -> Ended {
        tracing::error!(shard = self.identity.shard, %reason, "the engine broke");
        if let Some(seat) = self.desk.deciding.take() {
            let message = format!("the engine stopped while deciding this: {reason}");
            self.desk.give_up(seat, &AnswerFault::unavailable(message));
        }
        Ended::Broken(reason)
    }

    fn serve_until(
        &mut self,
        mut engine: Box<Engine>,
        source: &mut dyn Source,
    ) -> Result<(), Stop> {
        loop {
            while let Ok(event) = self.events.try_recv() {
                engine = self.handle(engine, event)?;
            }
            let (clock, started) = (&mut self.clock, self.started);
            let now = || clock.read(source.clock(), started.elapsed());
            engine = engine.step(&mut self.desk, now)?;
            if engine.can_step(&self.desk) {
                continue;
            }
            if self.is_drained(&engine) {
                return Ok(());
            }
            if let Some(event) = self.wait(&engine) {
                engine = self.handle(engine, event)?;
            }
        }
    }

    fn handle(&mut self, engine: Box<Engine>, event: Event) -> Result<Box<Engine>, Stop> {
        match event {
            Event::Batch(open) => self.desk.take(open),
            Event::Appended(report) => return engine.appended(&mut self.desk, *report),
            Event::Loaded(_) | Event::Wake => {}
        }
        Ok(engine)
    }

    fn is_drained(&self, engine: &Engine) -> bool {
        self.is_closing()
            && engine.is_idle()
            && self.desk.is_empty()
            && self.shared.depth.is_empty()
            && self.events.is_empty()
    }

    /// Waits for something to come in, or for the next hold to end.
    fn wait(&self, engine: &Engine) -> Option<Event> {
        let now = engine.draft.time;
        let next = match engine.next_due() {
            // With a draft under way it is for the next one.
            Some(end) if engine.draft.is_empty() => {
                Some(Duration::from_micros(end.0.saturating_sub(now.0)))
            }
            Some(_) | None => None,
        };
        let waited = match next {
            Some(wait) => self.events.recv_timeout(wait.clamp(WAIT_MIN, WAIT_MAX)),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        waited.ok()
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|it| (*it).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_string())
}
