//! Messages of gRPC as requests: the same values, checks and prints as from JSON, without JSON.

mod choices;
mod command;
mod messages;
mod problem;
mod read;
mod status;

use std::collections::BTreeMap;

use onhand_core::{Command, Envelope, Label, LedgerId, Note, Request, TraceParent};
use onhand_proto::v1;
use smol_str::SmolStr;

pub use problem::{facts, problem_message, retry_after_ms, timestamp};
pub use status::{GrpcCode, grpc_code};

use crate::Invalid;
use crate::print::request_print;
use crate::request::{check_envelope, key_missing};
use command::stem;
use read::{Read, at, missing};

/// One command of a batch. Fields are named as in the message: `commit_order.lines[2].quantity`.
///
/// # Errors
/// [`Invalid`] with the field and the remedy.
pub fn request_of_item(
    ledger: &LedgerId,
    item: v1::Command,
    trace: Option<&TraceParent>,
) -> Result<Request, Invalid> {
    let v1::Command { envelope, command } = item;
    let Some(command) = command else {
        let message = "is missing; set one of the commands, such as receive_stock";
        return Err(Invalid::new("missing_field", "command", message));
    };
    let read = |it: v1::command::Command| {
        let stem = stem(&it);
        at(stem, it)
    };
    assemble(ledger, envelope, trace, || read(command))
}

/// The command of a call of its own. Fields are named as in that call: `command.lines[2].quantity`.
///
/// # Errors
/// [`Invalid`] with the field and the remedy.
pub fn request_of_call(
    ledger: &LedgerId,
    envelope: Option<v1::Envelope>,
    command: Option<v1::command::Command>,
    trace: Option<&TraceParent>,
) -> Result<Request, Invalid> {
    let command = command.ok_or_else(|| missing().inside("command"))?;
    assemble(ledger, envelope, trace, || at("command", command))
}

/// The name of a ledger in a message.
///
/// # Errors
/// `missing_field` or `invalid_field`.
pub fn ledger_of(text: &str) -> Result<LedgerId, Invalid> {
    match text.is_empty() {
        true => Err(missing().inside("ledger")),
        false => LedgerId::new(text).map_err(|it| Invalid::new("invalid_field", "ledger", it)),
    }
}

fn assemble(
    ledger: &LedgerId,
    envelope: Option<v1::Envelope>,
    trace: Option<&TraceParent>,
    command: impl FnOnce() -> Result<Command, Invalid>,
) -> Result<Request, Invalid> {
    let inside = |it: Invalid| it.inside("envelope");
    let mut envelope: Envelope = envelope.unwrap_or_default().read().map_err(inside)?;
    check_envelope(&envelope, None).map_err(inside)?;
    let command = command()?;
    envelope.traceparent = trace.cloned();
    envelope.request = request_print(&command, &envelope);
    Ok(Request { ledger: ledger.clone(), envelope, command })
}

impl Read<Envelope> for v1::Envelope {
    fn read(self) -> Result<Envelope, Invalid> {
        let v1::Envelope { id, occurred_at, actor, source, source_event, cause, metadata } = self;
        if id.is_empty() {
            let mut invalid = key_missing();
            invalid.message = "is missing; send a text of your own, new for every command and the \
                               same on every retry"
                .to_owned();
            return Err(invalid);
        }
        Ok(Envelope {
            id: at("id", id)?,
            // The print of the command takes its place as soon as the command is read.
            request: SmolStr::default(),
            occurred_at: at("occurred_at", occurred_at)?,
            actor: at("actor", actor)?,
            source: at("source", source)?,
            source_event: at("source_event", source_event)?,
            cause: at("cause", cause)?,
            traceparent: None,
            metadata: pairs(metadata)?,
        })
    }
}

fn pairs(
    metadata: std::collections::HashMap<String, String>,
) -> Result<BTreeMap<Label, Note>, Invalid> {
    let one = |(name, value): (String, String)| -> Result<(Label, Note), Invalid> {
        let label = at("metadata", name.clone())?;
        let value: Note = value.read().map_err(|it| it.inside(&name).inside("metadata"))?;
        Ok((label, value))
    };
    metadata.into_iter().map(one).collect()
}
