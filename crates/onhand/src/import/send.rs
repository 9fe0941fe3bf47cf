//! Where commands go, and what came of each: the ledger in this process, a server, or a rehearsal.

use std::collections::HashMap;
use std::time::Duration;

use onhand_core::{
    CommandId, Entry, Flag, Ledger, LedgerId, Rejection, Request, Rules, Time, accept,
};
use onhand_wire::{No, problem};
use serde_json::Value;
use smol_str::SmolStr;

/// What came of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Booked now, with the names of its flags.
    Booked { flags: Vec<&'static str> },
    /// Booked by an earlier run.
    Replayed,
    /// The key belongs to another command; `field` is where they differ.
    KeyReused { field: String },
    /// `same`: the ledger holds the very same already.
    Refused { code: String, message: String, same: bool },
    /// Perhaps not booked. Sending it again with the same key is safe.
    Fault { message: String, retry_after: Duration },
    /// Not booked, and sending it again does not help.
    Halted { message: String },
}

/// Takes commands in order and answers each.
pub trait Sender: Send {
    /// One outcome per request, in their order.
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome>;
}

/// A rejection as outcome.
pub fn refused(rejection: &Rejection) -> Outcome {
    let told = problem(No::Rejected { rejection, position: 0 });
    of_problem(&told.body)
}

/// A problem, as a server tells it, as outcome.
pub fn of_problem(problem: &Value) -> Outcome {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let (code, message) = (text("code").to_owned(), text("detail").to_owned());
    let retryable = problem.get("retryable").and_then(Value::as_bool).unwrap_or(false);
    match code.as_str() {
        "idempotency_key_reused" => Outcome::KeyReused { field: text("field").to_owned() },
        "halted" => Outcome::Halted { message },
        _ if retryable => Outcome::Fault { message, retry_after: Duration::from_millis(200) },
        _ => {
            let same = problem.get("same").and_then(Value::as_bool).unwrap_or(false);
            Outcome::Refused { code, message, same }
        }
    }
}

/// The names of an entry's flags, as they stand in JSON.
pub fn flags_of(entry: &Entry) -> Vec<&'static str> {
    entry.flags.iter().map(flag_name).collect()
}

fn flag_name(flag: &Flag) -> &'static str {
    match flag {
        Flag::NegativeBook { .. } => "negative_book",
        Flag::Oversold { .. } => "oversold",
        Flag::UncommittedShip { .. } => "uncommitted_ship",
        Flag::UnlinkedReturn { .. } => "unlinked_return",
        Flag::OverReceipt { .. } => "over_receipt",
        Flag::BeforeCount { .. } => "before_count",
        Flag::SupersededCount { .. } => "superseded_count",
        Flag::CountConflict { .. } => "count_conflict",
        Flag::ClockSkew { .. } => "clock_skew",
    }
}

/// The name as one of [`flag_name`]'s, for answers that come as text.
pub fn known_flag(name: &str) -> &'static str {
    const NAMES: [&str; 9] = [
        "negative_book",
        "oversold",
        "uncommitted_ship",
        "unlinked_return",
        "over_receipt",
        "before_count",
        "superseded_count",
        "count_conflict",
        "clock_skew",
    ];
    NAMES.into_iter().find(|it| *it == name).unwrap_or("other")
}

/// Books in memory only, on a ledger that begins empty: what a dry run asks.
pub struct Rehearsal {
    ledger: Ledger,
    /// The print of every command booked, by its key.
    seen: HashMap<CommandId, SmolStr>,
    now: Time,
}

impl Rehearsal {
    pub fn new(ledger: LedgerId, now: Time) -> Rehearsal {
        Rehearsal { ledger: Ledger::new(ledger), seen: HashMap::new(), now }
    }

    #[cfg(test)]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn book(&mut self, request: &Request) -> Outcome {
        let print = &request.envelope.request;
        match self.seen.get(&request.envelope.id) {
            Some(known) if known == print => return Outcome::Replayed,
            Some(known) => {
                let field = onhand_wire::differing_field(known, print, &request.command);
                return Outcome::KeyReused { field };
            }
            None => {}
        }
        let entry = match accept(&self.ledger, self.now, &Rules::default(), request) {
            Ok(entry) => entry,
            Err(rejection) => return refused(&rejection),
        };
        self.seen.insert(request.envelope.id.clone(), print.clone());
        match self.ledger.evolve(&entry, self.now) {
            Ok(()) => Outcome::Booked { flags: flags_of(&entry) },
            Err(corrupt) => Outcome::Halted { message: corrupt.to_string() },
        }
    }
}

impl Sender for Rehearsal {
    fn send(&mut self, requests: &[&Request]) -> Vec<Outcome> {
        requests.iter().map(|it| self.book(it)).collect()
    }
}
