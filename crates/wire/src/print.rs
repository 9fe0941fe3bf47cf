//! The print of a command: tells a retry from another command that took the same key.
//!
//! `0011223344556677.aabbccdd…`: 64 bits over the whole command in 16 hex digits, a point, then
//! two digits each for the stem, `occurred_at`, `cause` and the command's own fields in the order
//! in which they are declared. Prints are stored for ever, so the text of one never changes: fields
//! that are empty count as absent and trailing `00` are cut, so a field added to a command later,
//! if it is optional and stands last, leaves every old print as it is. Actor, source and metadata do not count:
//! who retries may be another one than who asked first.

use std::fmt::{self, Write};
use std::hash::Hasher;

use onhand_core::{Command, Envelope};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use siphasher::sip::SipHasher13;
use smol_str::SmolStr;

/// What counts of every command before its own fields.
const SHARED: [&str; 3] = ["command", "occurred_at", "cause"];

/// The print of a command with the parts of its envelope that count.
pub fn request_print(command: &Command, envelope: &Envelope) -> SmolStr {
    let mut print = Print { whole: SipHasher13::new(), fields: Vec::with_capacity(12) };
    print.text("command", Some(command.stem()));
    let occurred_at = envelope.occurred_at.map(|it| it.to_string());
    print.text("occurred_at", occurred_at.as_deref());
    print.text("cause", envelope.cause.as_ref().map(|it| it.as_str()));
    let json = serde_json::to_string(command).unwrap_or_default();
    if let Ok(fields) = serde_json::from_str::<Own<'_>>(&json) {
        for (name, value) in fields.0 {
            print.field(name, value.get());
        }
    }
    print.finish()
}

/// The field in which two prints differ, by the name that `new`'s command gives it.
pub fn differing_field(old: &str, new: &str, command: &Command) -> String {
    let names = SHARED.iter().map(|it| (*it).to_owned()).chain(own_names(command));
    let pairs = |print: &str| -> Vec<u8> {
        let digits = print.split_once('.').map_or("", |(_, it)| it);
        (0..digits.len() / 2)
            .map(|it| digits.get(it * 2..it * 2 + 2).unwrap_or("00"))
            .map(|it| u8::from_str_radix(it, 16).unwrap_or(0))
            .collect()
    };
    let (old, new) = (pairs(old), pairs(new));
    let at = |pairs: &[u8], index: usize| pairs.get(index).copied().unwrap_or(0);
    let differs = names.enumerate().find(|(index, _)| at(&old, *index) != at(&new, *index));
    differs.map_or_else(|| "command".to_owned(), |(_, name)| name)
}

fn own_names(command: &Command) -> Vec<String> {
    let json = serde_json::to_string(command).unwrap_or_default();
    match serde_json::from_str::<Own<'_>>(&json) {
        Ok(fields) => fields.0.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Err(_) => Vec::new(),
    }
}

struct Print {
    whole: SipHasher13,
    fields: Vec<u8>,
}

impl Print {
    fn text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(it) => self.parts(name, &[it]),
            None => self.fields.push(0),
        }
    }

    fn field(&mut self, name: &str, json: &str) {
        let parts = tokens(json);
        let empty = |it: &&str| matches!(*it, "null" | "false" | "[" | "]" | "{" | "}");
        match parts.iter().all(empty) {
            true => self.fields.push(0),
            false => self.parts(name, &parts),
        }
    }

    fn parts(&mut self, name: &str, parts: &[&str]) {
        let mut one = SipHasher13::new();
        for part in [name].iter().chain(parts) {
            for hasher in [&mut one, &mut self.whole] {
                hasher.write(part.as_bytes());
                // No JSON text contains this byte, so no two lists of tokens run together.
                hasher.write(&[0xff]);
            }
        }
        // Zero means absent.
        self.fields.push((one.finish() as u8).max(1));
    }

    fn finish(mut self) -> SmolStr {
        while self.fields.last() == Some(&0) {
            self.fields.pop();
        }
        let mut text = format!("{:016x}.", self.whole.finish());
        for byte in self.fields {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.into()
    }
}

/// The tokens of a compact JSON text without its commas, and without members that are `null`.
fn tokens(json: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = Vec::new();
    let (mut rest, mut after_colon) = (json, false);
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'"' => string_length(rest),
            b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
            _ => rest.find(['}', ']', ',']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        match token {
            "," | ":" => {}
            "null" if after_colon => {
                tokens.pop();
            }
            _ => tokens.push(token),
        }
        (rest, after_colon) = (after, token == ":");
    }
    tokens
}

/// Bytes of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// The fields of a serialised command: the one member of its one member.
struct Own<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de> Deserialize<'de> for Own<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Own<'de>, D::Error> {
        deserializer.deserialize_map(Outer)
    }
}

struct Outer;

impl<'de> Visitor<'de> for Outer {
    type Value = Own<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Own<'de>, A::Error> {
        let inner = access.next_entry::<&'de str, Inner<'de>>()?;
        Ok(Own(inner.map_or_else(Vec::new, |(_, it)| it.0)))
    }
}

struct Inner<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de> Deserialize<'de> for Inner<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Inner<'de>, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Inner<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command's fields")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Inner<'de>, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some(pair) = access.next_entry()? {
            fields.push(pair);
        }
        Ok(Inner(fields))
    }
}
