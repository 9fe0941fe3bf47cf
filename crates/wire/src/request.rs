//! One request: a flat object whose envelope fields are picked out and whose rest is the command.

use std::collections::BTreeMap;
use std::fmt;

use onhand_core::{
    Command, CommandId, Envelope, Label, LedgerId, Note, Request, Time, TraceParent,
};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::Invalid;
use crate::command::{Fields, command, read};
use crate::print::request_print;

/// The fields of a body that belong to its envelope.
const ENVELOPE_FIELDS: &[&str] =
    &["id", "occurred_at", "actor", "source", "source_event", "cause", "traceparent", "metadata"];

/// Ids that begin so are the writer's own: under them it books what is due, such as ends of holds.
const RESERVED_PREFIXES: &[&str] =
    &["expire:", "tranche:", "end:", "shrink:", "step:", "cut_off:", "missed:", "snapshot:"];

/// Reads the body of one command.
///
/// `stem` names the command; `key` is the value of the `Idempotency-Key` header, unquoted.
///
/// # Errors
/// [`Invalid`] with the field and the remedy.
pub fn request(
    ledger: &LedgerId,
    stem: &str,
    body: &[u8],
    key: Option<&str>,
) -> Result<Request, Invalid> {
    let flat = Flat::read(text(body)?)?;
    if flat.command.is_some() {
        let message = "is named by the address here; leave it out";
        return Err(Invalid::new("unknown_field", "command", message));
    }
    flat.into_request(ledger, stem, key)
}

/// Reads one item of a batch, which names its command itself.
pub(crate) fn item(ledger: &LedgerId, text: &str) -> Result<Request, Invalid> {
    let mut flat = Flat::read(text)?;
    let Some(named) = flat.command.take() else {
        let message = "is missing; name the command, such as receive_stock";
        return Err(Invalid::new("missing_field", "command", message));
    };
    let stem: String = serde_json::from_str(named.get())
        .map_err(|_| Invalid::new("invalid_field", "command", "must be a string"))?;
    flat.into_request(ledger, &stem, None)
}

/// # Errors
/// `not_utf8` says where the text ends.
pub(crate) fn text(body: &[u8]) -> Result<&str, Invalid> {
    std::str::from_utf8(body).map_err(|error| {
        let place = error.valid_up_to();
        let message = format!("is not UTF-8 at byte {place}; send JSON in UTF-8");
        Invalid::new("not_utf8", "", message)
    })
}

/// An object taken apart, its values not yet read.
struct Flat<'a> {
    command: Option<&'a RawValue>,
    /// Keys are kept apart from the text since a key may be written with escapes.
    fields: Vec<(SmolStr, &'a RawValue)>,
}

impl<'a> Flat<'a> {
    fn read(text: &'a str) -> Result<Flat<'a>, Invalid> {
        serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                let said = error.to_string();
                let double = said.contains("stands twice");
                let code = if double { "duplicate_field" } else { "invalid_field" };
                let message = if double { "stands twice; keep one" } else { "must be an object" };
                Invalid::new(code, if double { "command" } else { "" }, message)
            }
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Invalid::not_json(&error),
        })
    }

    fn into_request(
        self,
        ledger: &LedgerId,
        stem: &str,
        key: Option<&str>,
    ) -> Result<Request, Invalid> {
        let is_envelope = |it: &str| ENVELOPE_FIELDS.contains(&it);
        let pairs = || self.fields.iter().map(|(key, raw)| (key.as_str(), *raw));
        let envelope = pairs().filter(|(key, _)| is_envelope(key)).collect();
        let own = pairs().filter(|(key, _)| !is_envelope(key)).collect();
        let mut envelope = read_envelope(envelope, key)?;
        let command = command(stem, own)?;
        envelope.request = request_print(&command, &envelope);
        Ok(Request { ledger: ledger.clone(), envelope, command })
    }
}

fn read_envelope(fields: Fields<'_>, key: Option<&str>) -> Result<Envelope, Invalid> {
    let in_body = fields.iter().any(|(name, _)| *name == "id");
    let from_header = key.map(to_raw_value).transpose().map_err(|it| Invalid::not_json(&it))?;
    let no_print = to_raw_value("").map_err(|it| Invalid::not_json(&it))?;
    // From here on the fields live no longer than the two texts above.
    let mut fields: Fields<'_> = fields;
    match (&from_header, in_body) {
        (Some(raw), false) => fields.push(("id", raw)),
        (Some(_) | None, true) => {}
        (None, false) => return Err(key_missing()),
    }
    // The print of the command takes its place as soon as the command is read.
    fields.push(("request", &no_print));
    let envelope: Envelope = read(fields)?;
    check_envelope(&envelope, key)?;
    Ok(envelope)
}

pub(crate) fn key_missing() -> Invalid {
    let message = "is missing; send an Idempotency-Key header or `id`: a text of your own, new \
                   for every command and the same on every retry";
    Invalid::new("idempotency_key_missing", "id", message)
}

pub(crate) fn check_envelope(envelope: &Envelope, key: Option<&str>) -> Result<(), Invalid> {
    let id = envelope.id.as_str();
    if key.is_some_and(|key| key != id) {
        let message = "differs from the Idempotency-Key header; send one of the two";
        return Err(Invalid::new("idempotency_key_mismatch", "id", message));
    }
    if let Some(prefix) = RESERVED_PREFIXES.iter().find(|it| id.starts_with(**it)) {
        let message = format!("must not begin with `{prefix}`, which the ledger uses itself");
        return Err(Invalid::new("invalid_field", "id", message));
    }
    if envelope.source_event.is_some() && envelope.source.is_none() {
        let message = "is missing; `source_event` is unique within its source";
        return Err(Invalid::new("missing_field", "source", message));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Flat<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flat<'de>, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Flat<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Flat<'de>, A::Error> {
        let mut flat = Flat { command: None, fields: Vec::with_capacity(8) };
        while let Some((key, raw)) = access.next_entry::<SmolStr, &'de RawValue>()? {
            if key != "command" {
                flat.fields.push((key, raw));
            } else if flat.command.replace(raw).is_some() {
                return Err(serde::de::Error::custom("`command` stands twice"));
            }
        }
        Ok(flat)
    }
}

/// What an envelope carries beside its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeExtra {
    pub occurred_at: Option<Time>,
    pub actor: Option<Label>,
    pub source: Option<Label>,
    pub source_event: Option<Label>,
    pub cause: Option<Label>,
    pub traceparent: Option<TraceParent>,
    pub metadata: BTreeMap<Label, Note>,
}

/// A request made by a program of ours rather than read from a body.
pub fn build(ledger: LedgerId, id: CommandId, command: Command, extra: EnvelopeExtra) -> Request {
    let EnvelopeExtra { occurred_at, actor, source, source_event, cause, traceparent, metadata } =
        extra;
    let request = SmolStr::default();
    let mut envelope = Envelope {
        id,
        request,
        occurred_at,
        actor,
        source,
        source_event,
        cause,
        traceparent,
        metadata,
    };
    envelope.request = request_print(&command, &envelope);
    Request { ledger, envelope, command }
}

/// The request as an item of a batch: what [`batch`](crate::batch) reads back. Empty fields are
/// left out.
///
/// # Errors
/// None in practice: names and numbers always have a JSON form.
pub fn body(request: &Request) -> Result<Value, serde_json::Error> {
    let mut flat = Map::new();
    flat.insert("command".into(), request.command.stem().into());
    let Value::Object(command) = serde_json::to_value(&request.command)? else {
        return Ok(Value::Object(flat));
    };
    if let Some(Value::Object(own)) = command.into_iter().next().map(|(_, it)| it) {
        flat.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
    }
    if let Value::Object(mut envelope) = serde_json::to_value(&request.envelope)? {
        envelope.remove("request");
        flat.extend(envelope);
    }
    Ok(Value::Object(flat))
}
