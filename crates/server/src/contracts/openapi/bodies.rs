//! Schemas of commands: the messages of the proto contract in the JSON form that is read.

use std::collections::{BTreeMap, BTreeSet};

use onhand_core::{Command, Dimension};
use serde_json::{Map, Value, json};

use super::needed::Needed;
use crate::contracts::descriptors::{Descriptors, Field, Kind, in_camel};

/// Where JSON has a form of its own, because the proto contract can say it only in another way.
fn own_form(message: &str) -> Option<Value> {
    Some(match message {
        // Lists that are told apart from no list.
        "RuleNames" => json!({ "type": "array", "items": reference("Name") }),
        "SetModeCounts" => json!({ "type": "array", "items": reference("SetModeCount") }),
        _ => return None,
    })
}

/// Fields that JSON has in another form than the message.
fn own_fields(message: &str, fields: &mut Map<String, Value>) {
    match message {
        "SetMode" => {
            for variant in ["finite", "unlimited", "capacity"] {
                fields.remove(variant);
            }
            let capacity = json!({
                "type": "object",
                "properties": { "capacity": reference("SetModeCapacity") },
                "required": ["capacity"],
                "additionalProperties": false,
            });
            let words = json!({ "type": "string", "enum": ["finite", "unlimited"] });
            let says = "By units, not at all (there is always more), or by what a window can take";
            fields.insert(
                "mode".to_owned(),
                json!({ "description": says, "oneOf": [words, capacity] }),
            );
        }
        "SetPolicy" => {
            let words: Vec<&str> = Dimension::ALL.iter().map(|it| it.as_str()).collect();
            fields["clear"]["items"] = json!({ "type": "string", "enum": words });
        }
        // Null: it is believed that nothing was ever booked.
        "AdjustStockLine" => fields["expected"]["type"] = json!(["integer", "null"]),
        _ => {}
    }
}

/// Schemas by name: one per command, per part of one, and what they share.
pub(super) fn schemas(descriptors: &Descriptors) -> BTreeMap<String, Value> {
    let needed = Needed::ask(descriptors);
    let mut found = BTreeMap::new();
    found.insert("Envelope".to_owned(), envelope(descriptors));
    for stem in Command::STEMS {
        let name = in_camel(stem);
        collect(descriptors, &needed, &name, &mut found);
        if let Some(schema) = found.get_mut(&name) {
            schema["allOf"] = json!([reference("Envelope")]);
            // Whoever uses it says that nothing else may stand beside.
            schema.as_object_mut().map(|it| it.remove("additionalProperties"));
        }
    }
    found
}

fn collect(
    descriptors: &Descriptors,
    needed: &Needed,
    name: &str,
    found: &mut BTreeMap<String, Value>,
) {
    let Some(message) = descriptors.messages.get(name).filter(|_| !found.contains_key(name)) else {
        return;
    };
    let own = own_form(name);
    let schema = own.unwrap_or_else(|| object(descriptors, needed, name));
    found.insert(name.to_owned(), schema);
    for field in &message.fields {
        if let Kind::Message(part) = &field.kind {
            collect(descriptors, needed, part, found);
        }
    }
    if name == "SetMode" {
        // Told as words.
        found.remove("SetModeFinite");
        found.remove("SetModeUnlimited");
    }
}

fn object(descriptors: &Descriptors, needed: &Needed, name: &str) -> Value {
    let Some(message) = descriptors.messages.get(name) else { return json!({}) };
    let properties = message.fields.iter().map(|it| (it.name.clone(), field(descriptors, it)));
    let mut properties: Map<String, Value> = properties.collect();
    own_fields(name, &mut properties);
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !message.says.is_empty() {
        schema["description"] = message.says.as_str().into();
    }
    let required: Vec<&String> = needed.of(name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn field(descriptors: &Descriptors, field: &Field) -> Value {
    let mut one = kind(descriptors, &field.kind, &field.name);
    if field.many {
        one = json!({ "type": "array", "items": one });
    }
    if !field.says.is_empty() {
        one["description"] = field.says.as_str().into();
    }
    one
}

/// Texts that are no names, and may be longer.
const LONG: &[&str] = &["note", "contact", "profile", "url", "directory"];

fn kind(descriptors: &Descriptors, kind: &Kind, name: &str) -> Value {
    match kind {
        Kind::Text if LONG.contains(&name) => json!({ "type": "string" }),
        Kind::Text => reference("Name"),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Signed => json!({ "type": "integer" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Map => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Message(name) => reference(name),
        Kind::Enum(name) => words(descriptors, name),
    }
}

fn words(descriptors: &Descriptors, name: &str) -> Value {
    let words = descriptors.enums.get(name).map(Vec::as_slice).unwrap_or_default();
    let said: Vec<String> = words
        .iter()
        .filter(|it| !it.says.is_empty())
        .map(|it| format!("`{}`: {}", it.word, it.says))
        .collect();
    let words: BTreeSet<&str> = words.iter().map(|it| it.word.as_str()).collect();
    let mut schema = json!({ "type": "string", "enum": words });
    if !said.is_empty() {
        schema["description"] = said.join(" ").into();
    }
    schema
}

/// What every command carries. `id` may stand in the header instead.
fn envelope(descriptors: &Descriptors) -> Value {
    let message = descriptors.messages.get("Envelope");
    let fields = message.map(|it| it.fields.as_slice()).unwrap_or_default();
    let mut properties: Map<String, Value> =
        fields.iter().map(|it| (it.name.clone(), field(descriptors, it))).collect();
    let id = "The idempotency key, if no header `Idempotency-Key` names it: unique in the ledger \
              for ever";
    properties["id"]["description"] = id.into();
    let trace = "W3C trace context, if no header names it";
    properties.insert("traceparent".to_owned(), json!({ "type": "string", "description": trace }));
    json!({
        "type": "object",
        "description": message.map(|it| it.says.as_str()).unwrap_or_default(),
        "properties": properties,
    })
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
