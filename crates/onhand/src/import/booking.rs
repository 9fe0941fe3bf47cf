//! Sends planned commands in order, waits out faults, and settles what every answer means.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::line::BadLine;
use super::plan::{Group, Planned, Planner, What};
use super::send::{Outcome, Sender};
use super::summary::Commands;
use crate::failure::Failure;

/// How long to go on trying while nothing at all is answered.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has been answered so far.
#[derive(Debug, Default)]
pub struct Tally {
    pub commands: Commands,
    pub flags: BTreeMap<&'static str, u64>,
    /// Lines that the ledger refused.
    pub bad: u64,
    pub bad_lines: Vec<BadLine>,
}

/// The way of commands into the ledger.
pub struct Booking<'p> {
    sender: &'p mut dyn Sender,
    planner: Planner<'p>,
    patience: Duration,
    /// How many refused lines to keep with their reasons.
    bad_max: usize,
    tally: Tally,
    /// The order whose commitment was refused last: its shipment is refused for that alone.
    failed: Option<Arc<Group>>,
}

impl<'p> Booking<'p> {
    pub fn new(sender: &'p mut dyn Sender, planner: Planner<'p>, bad_max: usize) -> Booking<'p> {
        Booking {
            sender,
            planner,
            patience: PATIENCE,
            bad_max,
            tally: Tally::default(),
            failed: None,
        }
    }

    pub fn tally(self) -> Tally {
        self.tally
    }

    /// Books all of `planned`, in order.
    ///
    /// # Errors
    /// The ledger does not answer, or has halted. What was answered before is booked.
    pub fn book(&mut self, planned: &[Planned]) -> Result<(), Failure> {
        let apart = self.round(planned)?;
        if apart.is_empty() {
            return Ok(());
        }
        let mut again = Vec::new();
        for group in apart.iter().flat_map(|it| it.apart()) {
            self.planner.order(Arc::new(group), &mut again)?;
        }
        self.round(&again).map(drop)
    }

    /// Sends and settles; returns the orders whose lines must be booked each for itself.
    fn round(&mut self, planned: &[Planned]) -> Result<Vec<Arc<Group>>, Failure> {
        let outcomes = self.send(planned)?;
        let mut apart: Vec<Arc<Group>> = Vec::new();
        for (planned, outcome) in planned.iter().zip(outcomes) {
            if let Some(group) = self.settle(planned, outcome)
                && !apart.last().is_some_and(|it| Arc::ptr_eq(it, &group))
            {
                apart.push(group);
            }
        }
        Ok(apart)
    }

    /// Sends until every command has an answer. Keys make sending twice the same as sending once.
    fn send(&mut self, planned: &[Planned]) -> Result<Vec<Outcome>, Failure> {
        let mut answered: Vec<Option<Outcome>> = vec![None; planned.len()];
        let mut last_answer = Instant::now();
        loop {
            let open: Vec<usize> =
                (0..planned.len()).filter(|it| answered[*it].is_none()).collect();
            if open.is_empty() {
                return Ok(answered.into_iter().flatten().collect());
            }
            let requests: Vec<_> = open.iter().map(|it| &planned[*it].request).collect();
            let mut wait = None;
            for (place, outcome) in open.into_iter().zip(self.sender.send(&requests)) {
                match outcome {
                    Outcome::Fault { message, retry_after } => {
                        wait.get_or_insert((message, retry_after));
                    }
                    Outcome::Halted { message } => return Err(stopped(&message)),
                    other => {
                        answered[place] = Some(other);
                        last_answer = Instant::now();
                    }
                }
            }
            if let Some((message, retry_after)) = wait {
                if last_answer.elapsed() >= self.patience {
                    return Err(stopped(&message));
                }
                thread::sleep(retry_after.min(self.patience));
            }
        }
    }

    /// Counts the outcome; an order that must be sent line by line is returned.
    fn settle(&mut self, planned: &Planned, outcome: Outcome) -> Option<Arc<Group>> {
        match outcome {
            Outcome::Booked { flags } => {
                self.tally.commands.booked += 1;
                for flag in flags {
                    *self.tally.flags.entry(flag).or_default() += 1;
                }
                None
            }
            Outcome::Replayed => {
                self.tally.commands.replayed += 1;
                None
            }
            Outcome::KeyReused { field } => {
                let message = format!("was booked before with another `{field}`; that stands");
                self.refused(planned, "idempotency_key_reused", message, false)
            }
            Outcome::Refused { code, message, same } => self.refused(planned, &code, message, same),
            // Faults do not get here: they were sent again.
            Outcome::Fault { .. } | Outcome::Halted { .. } => None,
        }
    }

    fn refused(
        &mut self,
        planned: &Planned,
        code: &str,
        message: String,
        same: bool,
    ) -> Option<Arc<Group>> {
        let commands = &mut self.tally.commands;
        let other_lines = matches!(code, "idempotency_key_reused" | "line_already_committed");
        match &planned.what {
            What::Registration if matches!(code, "idempotency_key_reused" | "already_exists") => {
                commands.known += 1;
            }
            What::Opening if code == "idempotency_key_reused" => commands.opening_kept += 1,
            // An earlier run over another edition of the file knew other lines of this order.
            What::Commit(group) if other_lines && !group.alone => {
                self.failed = Some(Arc::clone(group));
                return Some(Arc::clone(group));
            }
            What::Ship(group) if code == "idempotency_key_reused" && !group.alone => {
                return Some(Arc::clone(group));
            }
            What::Commit(group) if group.alone && same => commands.replayed += 1,
            // Sent line by line, a line of which nothing is left to ship has been shipped.
            What::Ship(group) if group.alone && code == "contradiction" => commands.replayed += 1,
            What::Ship(group) if self.failed.as_ref().is_some_and(|it| Arc::ptr_eq(it, group)) => {}
            What::Registration | What::Opening | What::Line => {
                self.bad(planned, 1, format!("{code}: {message}"));
            }
            What::Commit(group) | What::Ship(group) => {
                let (lines, document) = (group.lines.len() as u64, group.document.clone());
                self.failed = Some(Arc::clone(group));
                let reason = match lines {
                    1 => format!("{code}: {message}"),
                    _ => format!("with {} more lines of {document}: {code}: {message}", lines - 1),
                };
                self.bad(planned, lines, reason);
            }
        }
        None
    }

    fn bad(&mut self, planned: &Planned, lines: u64, reason: String) {
        self.tally.commands.refused += 1;
        self.tally.bad += lines;
        if self.tally.bad_lines.len() < self.bad_max {
            let reason = match planned.line {
                0 => format!("{} {reason}", planned.request.envelope.id),
                _ => reason,
            };
            self.tally.bad_lines.push(BadLine { line: planned.line, reason });
        }
    }
}

fn stopped(message: &str) -> Failure {
    Failure::new(format!(
        "the import stopped: {message}. What was answered is booked; run the same import again to \
         go on from here"
    ))
}
