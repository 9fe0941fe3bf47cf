//! Parameters: of paths by their name alone, of questions as their route declares them.

use serde_json::{Value, json};

use crate::contracts::route::{Kind, Param, Route};

/// What the names in braces mean.
const IN_PATHS: &[(&str, Kind, &str)] = &[
    ("ledger", Kind::Name, "The seller's book"),
    ("stem", Kind::Text, "The command"),
    ("sku", Kind::Name, "The item, by any of its names"),
    ("position", Kind::Whole, "Place in the ledger, from 1"),
    ("order", Kind::Name, "The order's number"),
    ("hold", Kind::Name, "The hold's name"),
    ("transfer", Kind::Name, "The transfer's name"),
    ("pool", Kind::Name, "The pool's name"),
    ("number", Kind::Whole, "The discrepancy's number, as the inbox shows it"),
    ("supplier", Kind::Name, "The supplier's name"),
    ("handover", Kind::Name, "The handover's name"),
    ("feed", Kind::Name, "The supplier's feed"),
    ("hash", Kind::Text, "SHA-256 of the file's bytes, in hex"),
    ("code", Kind::Text, "The `code` of a problem"),
    ("channel", Kind::Name, "The channel that sells"),
    ("name", Kind::Name, "The subscription's name"),
];

/// The names in braces of a path.
pub(super) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
}

/// All parameters of a route that is served at `path`.
pub(super) fn of_route(route: &Route, path: &str) -> Vec<Value> {
    let of_path = names(path).map(|name| {
        let known = IN_PATHS.iter().find(|(it, ..)| *it == name);
        let (kind, says) = known.map_or((Kind::Text, ""), |(_, kind, says)| (*kind, *says));
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": says,
            "schema": schema(kind),
        })
    });
    of_path.chain(route.params.iter().map(declared)).collect()
}

fn declared(param: &Param) -> Value {
    let one = schema(param.kind);
    let schema = if param.several { json!({ "type": "array", "items": one }) } else { one };
    let mut told = json!({
        "name": param.name,
        "in": if param.header { "header" } else { "query" },
        "description": param.says,
        "schema": schema,
    });
    if param.needed {
        told["required"] = true.into();
    }
    told
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Name => json!({ "$ref": "#/components/schemas/Name" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Day => json!({ "type": "string", "format": "date" }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
    }
}
