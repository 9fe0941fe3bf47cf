//! Many commands in one body: a JSON array, or one JSON object a line.

use std::fmt;

use onhand_core::{LedgerId, Request};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Invalid;
use crate::request::{item, text};

/// Most commands of one body.
pub const COMMANDS_MAX: usize = 10_000;

/// How the commands of a body are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One array of objects.
    Json,
    /// One object a line, `application/x-ndjson`. Blank lines are skipped.
    Ndjson,
}

/// Reads a batch: each item is read or refused for itself, in input order.
///
/// # Errors
/// [`Invalid`] refuses the whole body: an array that is not JSON to its end, no command at all, or
/// more than [`COMMANDS_MAX`].
pub fn batch(
    ledger: &LedgerId,
    body: &[u8],
    format: Format,
) -> Result<Vec<Result<Request, Invalid>>, Invalid> {
    let items = match format {
        Format::Json => array(ledger, text(body)?)?,
        Format::Ndjson => lines(ledger, body)?,
    };
    match items.len() {
        0 => Err(Invalid::new("empty_batch", "", "has no command; send at least one")),
        _ => Ok(items),
    }
}

fn array(ledger: &LedgerId, text: &str) -> Result<Vec<Result<Request, Invalid>>, Invalid> {
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| match error.is_data() {
        true if error.to_string().contains(TOO_MANY) => too_many(),
        true => Invalid::new("invalid_field", "", "must be an array of commands"),
        false => Invalid::not_json(&error),
    })?;
    Ok(raw.0.into_iter().map(|it| item(ledger, it.get())).collect())
}

fn lines(ledger: &LedgerId, body: &[u8]) -> Result<Vec<Result<Request, Invalid>>, Invalid> {
    let mut items = Vec::new();
    for (index, line) in body.split(|it| *it == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if items.len() == COMMANDS_MAX {
            return Err(too_many());
        }
        let read = text(line).and_then(|it| item(ledger, it));
        items.push(read.map_err(|it| it.on_line(index as u64 + 1)));
    }
    Ok(items)
}

const TOO_MANY: &str = "too many commands";

fn too_many() -> Invalid {
    let message = format!("has more than {COMMANDS_MAX} commands; send it in parts");
    Invalid::new("too_many_commands", "", message)
}

/// The items of an array, not yet read. Stops at the bound, whatever follows.
struct Raw<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw<'de>, D::Error> {
        deserializer.deserialize_seq(Items)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of commands")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(it) = access.next_element()? {
            if items.len() == COMMANDS_MAX {
                return Err(serde::de::Error::custom(TOO_MANY));
            }
            items.push(it);
        }
        Ok(Raw(items))
    }
}
