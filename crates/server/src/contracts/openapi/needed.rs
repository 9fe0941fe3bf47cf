//! Which fields a command needs: asked of the reader of bodies itself, so that the contract cannot
//! say another thing.

use std::collections::{BTreeMap, BTreeSet};

use onhand_core::{Command, LedgerId};
use onhand_wire::Invalid;
use serde_json::{Map, Value, json};

use crate::contracts::descriptors::{Descriptors, Field, Kind, in_camel};

/// More fields than any command has.
const FIELDS_MAX: usize = 100;

/// Fields that are refused as missing, by the name of their message.
#[derive(Default)]
pub(super) struct Needed {
    fields: BTreeMap<String, BTreeSet<String>>,
}

impl Needed {
    pub fn ask(descriptors: &Descriptors) -> Needed {
        let mut needed = Needed::default();
        for stem in Command::STEMS {
            needed.complete(descriptors, stem);
        }
        needed
    }

    pub fn of(&self, message: &str) -> impl Iterator<Item = &String> {
        self.fields.get(message).into_iter().flatten()
    }

    /// The least body of a command that is read, if it is found.
    pub fn complete(&mut self, descriptors: &Descriptors, stem: &str) -> Option<Value> {
        let ledger = LedgerId::new("contract").ok()?;
        let message = in_camel(stem);
        let mut body = with_parts(descriptors, &message);
        for _ in 0..FIELDS_MAX {
            let Some(no) = refusal(&ledger, stem, &body) else {
                self.add_parts(descriptors, &ledger, stem, &body, (&message, ""));
                return Some(body);
            };
            if no.code != "missing_field" {
                return None;
            }
            self.add(descriptors, &message, &mut body, &no.field)?;
        }
        None
    }

    /// Adds the parts without which the body is refused. `at`: the message of an object in it, and
    /// where it stands.
    fn add_parts(
        &mut self,
        descriptors: &Descriptors,
        ledger: &LedgerId,
        stem: &str,
        body: &Value,
        at: (&str, &str),
    ) {
        let (message, place) = at;
        let fields = body.pointer(place).and_then(Value::as_object).into_iter().flatten();
        for (name, value) in fields {
            let Some(part) = part(descriptors, message, name) else { continue };
            let mut without = body.clone();
            without.pointer_mut(place).and_then(Value::as_object_mut).map(|it| it.remove(name));
            if refusal(ledger, stem, &without).is_some_and(|it| it.code == "missing_field") {
                self.fields.entry(message.to_owned()).or_default().insert(name.clone());
            }
            let first = if value.is_array() { "/0" } else { "" };
            let inside = format!("{place}/{name}{first}");
            self.add_parts(descriptors, ledger, stem, body, (&part, &inside));
        }
    }

    /// Adds the field at a path such as `lines[0].sku`.
    fn add(
        &mut self,
        descriptors: &Descriptors,
        message: &str,
        body: &mut Value,
        path: &str,
    ) -> Option<()> {
        let (mut message, mut at) = (message.to_owned(), body);
        let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
        for step in parents.split('.').filter(|it| !it.is_empty()) {
            let (field, index) = step.split_once('[').unwrap_or((step, ""));
            at = at.get_mut(field)?;
            if !index.is_empty() {
                at = at.get_mut(0)?;
            }
            message = part(descriptors, &message, field)?;
        }
        // The one field that the message has in several.
        let value = match name {
            "mode" => json!("finite"),
            _ => least(descriptors, field(descriptors, &message, name)?),
        };
        at.as_object_mut()?.insert(name.to_owned(), value);
        self.fields.entry(message).or_default().insert(name.to_owned());
        Some(())
    }
}

fn refusal(ledger: &LedgerId, stem: &str, body: &Value) -> Option<Invalid> {
    let text = body.to_string();
    onhand_wire::request(ledger, stem, text.as_bytes(), Some("k")).err()
}

fn field<'a>(descriptors: &'a Descriptors, message: &str, name: &str) -> Option<&'a Field> {
    descriptors.messages.get(message)?.fields.iter().find(|it| it.name == name)
}

fn part(descriptors: &Descriptors, message: &str, name: &str) -> Option<String> {
    match &field(descriptors, message, name)?.kind {
        Kind::Message(it) if it == "SetModeCounts" => Some("SetModeCount".to_owned()),
        Kind::Message(it) => Some(it.clone()),
        _ => None,
    }
}

/// An object with its parts and nothing else, so that what is needed in them is asked too.
fn with_parts(descriptors: &Descriptors, message: &str) -> Value {
    let fields = descriptors.messages.get(message).into_iter().flat_map(|it| &it.fields);
    let parts = fields.filter_map(|it| match &it.kind {
        // Read as one of several: none of them is a part.
        Kind::Message(name) if name.starts_with("SetMode") && name != "SetModeCounts" => None,
        Kind::Message(_) => Some((it.name.clone(), least(descriptors, it))),
        _ => None,
    });
    Value::Object(parts.collect::<Map<_, _>>())
}

/// A value that can be read.
fn least(descriptors: &Descriptors, field: &Field) -> Value {
    let one = match &field.kind {
        Kind::Text => least_text(&field.name),
        Kind::Switch => json!(false),
        Kind::Whole | Kind::Signed => json!(1),
        Kind::Moment => json!("2026-01-01T00:00:00Z"),
        Kind::Map => json!({}),
        Kind::Message(name) if name == "RuleNames" => json!([]),
        Kind::Message(name) if name == "SetModeCounts" => json!([{}]),
        Kind::Message(name) => with_parts(descriptors, name),
        Kind::Enum(name) => {
            let words = descriptors.enums.get(name).and_then(|it| it.first());
            json!(words.map(|it| it.word.as_str()).unwrap_or_default())
        }
    };
    if field.many { json!([one]) } else { one }
}

fn least_text(name: &str) -> Value {
    match name {
        "code" => json!("other"),
        _ => json!("x"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_body_of_every_command_is_read() {
        let descriptors = Descriptors::read();
        let mut needed = Needed::default();
        for stem in Command::STEMS {
            assert!(needed.complete(&descriptors, stem).is_some(), "{stem}");
        }
        let of = |name: &str| needed.of(name).cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(of("ReceiveStock"), "lines location");
        assert_eq!(of("ReceiveStockLine"), "quantity sku");
        assert_eq!(of("SetMode"), "mode sku");
        assert_eq!(of("SetModeCount"), "location quantity");
    }

    /// Every word of every field is read, and so is every field in the form that the contract has.
    #[test]
    fn every_word_of_the_contract_is_read() {
        let descriptors = Descriptors::read();
        let ledger = LedgerId::new("contract").unwrap();
        let mut needed = Needed::default();
        for stem in Command::STEMS {
            let body = needed.complete(&descriptors, stem).unwrap();
            let fields = &descriptors.messages[&in_camel(stem)].fields;
            for (field, words) in fields.iter().filter_map(|it| match &it.kind {
                Kind::Enum(name) => Some((it, &descriptors.enums[name])),
                _ => None,
            }) {
                for word in words {
                    let mut body = body.clone();
                    body[&field.name] = json!(word.word);
                    let text = body.to_string();
                    let read = onhand_wire::request(&ledger, stem, text.as_bytes(), Some("k"));
                    assert!(read.is_ok(), "{stem} {text}: {read:?}");
                }
            }
        }
    }
}
