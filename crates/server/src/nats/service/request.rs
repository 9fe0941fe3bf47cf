//! From a message to a command: what its subject, its headers and its body say.

use async_nats::{HeaderMap, Message};
use onhand_core::{LedgerId, TraceParent};
use onhand_engine::Mode;
use onhand_wire::{Format, Invalid, No, Problem, Trouble, problem, token};

use crate::http::Rooms;
use crate::http::commands::Wish;
use crate::http::params::named;
use crate::snapshots::check_feed;

/// The command and whether it is only tried.
///
/// # Errors
/// What cannot be read, and why.
pub(super) fn command(
    rooms: &Rooms,
    stem: &str,
    message: &Message,
) -> Result<(onhand_core::Request, bool), Box<Problem>> {
    within(rooms, message)?;
    let read = || {
        let ledger = ledger_of(&rooms.node.config().nats_subject_prefix, &message.subject)?;
        let (mut key, mut dry_run, mut trace) = (None, false, None);
        if let Some(headers) = &message.headers {
            key = key_of(headers)?;
            dry_run = switch(headers, "Onhand-Dry-Run", "onhand-dry-run")?.unwrap_or(false);
            trace = text(headers, "traceparent", "Traceparent")?.and_then(TraceParent::parse);
        }
        let mut request = onhand_wire::request(&ledger, stem, &message.payload, key.as_deref())?;
        check_feed(&request)?;
        if request.envelope.traceparent.is_none() {
            request.envelope.traceparent = trace;
        }
        Ok((request, dry_run))
    };
    read().map_err(|invalid: Invalid| Box::new(problem(No::Invalid(&invalid))))
}

/// How a batch is meant, and of which ledger it is.
///
/// # Errors
/// What cannot be read, and why.
pub(super) fn batch(
    rooms: &Rooms,
    message: &Message,
) -> Result<(LedgerId, Wish, Format), Box<Problem>> {
    within(rooms, message)?;
    let read = || {
        let ledger = ledger_of(&rooms.node.config().nats_subject_prefix, &message.subject)?;
        let none = HeaderMap::new();
        let headers = message.headers.as_ref().unwrap_or(&none);
        if key_of(headers)?.is_some() {
            let message = "belongs to one command; in a batch each item has its own `id`";
            return Err(Invalid::new("idempotency_key_mismatch", "Idempotency-Key", message));
        }
        let atomic = switch(headers, "Onhand-Atomic", "onhand-atomic")?.unwrap_or(false);
        let wish = Wish {
            mode: if atomic { Mode::Atomic } else { Mode::Each },
            dry_run: switch(headers, "Onhand-Dry-Run", "onhand-dry-run")?.unwrap_or(false),
            entries: switch(headers, "Onhand-Entries", "onhand-entries")?.unwrap_or(true),
        };
        // A line begins with an object, an array with itself.
        let first = message.payload.iter().find(|it| !it.is_ascii_whitespace());
        let format = if first == Some(&b'{') { Format::Ndjson } else { Format::Json };
        Ok((ledger, wish, format))
    };
    read().map_err(|invalid: Invalid| Box::new(problem(No::Invalid(&invalid))))
}

/// The context of the call. None: it has none that can be read.
pub(super) fn trace(message: &Message) -> Option<TraceParent> {
    let headers = message.headers.as_ref()?;
    let text = text(headers, "traceparent", "Traceparent").ok().flatten();
    text.and_then(TraceParent::parse)
}

/// A subject that no command and no question has.
pub(super) fn nowhere() -> Problem {
    let message = "the subject is none of a command: send to cmd.<ledger>.<stem>, with a stem such \
                   as receive_stock, or to cmd.<ledger>.commands; write every name as one token";
    problem(No::Trouble(&Trouble::NotFound { message: message.to_owned() }))
}

fn within(rooms: &Rooms, message: &Message) -> Result<(), Box<Problem>> {
    let bytes_max = rooms.node.config().http_body_bytes_max;
    match message.payload.len() as u64 <= bytes_max {
        true => Ok(()),
        false => Err(Box::new(problem(No::Trouble(&Trouble::BodyTooLarge { bytes_max })))),
    }
}

/// The token behind `cmd.`, decoded.
///
/// # Errors
/// `invalid_field` names the ledger.
fn ledger_of(prefix: &str, subject: &str) -> Result<LedgerId, Invalid> {
    let rest = subject.strip_prefix(prefix).unwrap_or(subject);
    let token = rest.split('.').nth(1).unwrap_or("");
    named("ledger", &decoded("ledger", token)?, LedgerId::new)
}

/// # Errors
/// `invalid_field`: the token stands for no text.
pub(super) fn decoded(field: &str, token: &str) -> Result<String, Invalid> {
    let shown: String = token.chars().take(64).collect();
    let message = format!(
        "is `{shown}` in the subject, which stands for no name: letters, digits, - and _ stand for \
         themselves, every other byte is written =XX"
    );
    token::decode(token).ok_or_else(|| Invalid::new("invalid_field", field, message))
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let key = text(headers, "Idempotency-Key", "idempotency-key")?;
    key.map(|it| onhand_wire::idempotency_key(it.as_bytes())).transpose()
}

/// NATS knows headers by their exact name; both ways of writing them are taken.
///
/// # Errors
/// `duplicate_field` if it stands twice.
fn text<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    other: &'static str,
) -> Result<Option<&'a str>, Invalid> {
    let mut values = headers.get_all(name).chain(headers.get_all(other));
    let value = values.next();
    match values.next() {
        Some(_) => Err(Invalid::new("duplicate_field", name, "stands twice; keep one")),
        None => Ok(value.map(|it| it.as_str())),
    }
}

/// # Errors
/// `invalid_field` unless it is true or false.
fn switch(
    headers: &HeaderMap,
    name: &'static str,
    other: &'static str,
) -> Result<Option<bool>, Invalid> {
    let read = |it: &str| {
        it.parse().map_err(|_| Invalid::new("invalid_field", name, "must be true or false"))
    };
    text(headers, name, other)?.map(read).transpose()
}
