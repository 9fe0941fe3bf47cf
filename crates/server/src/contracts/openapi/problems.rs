//! Refusals: problem details of RFC 9457, with every code and its page.

use std::collections::{BTreeMap, BTreeSet};

use onhand_wire::{PAGES, Page};
use serde_json::{Map, Value, json};

/// Statuses that a question may be refused with, and that a command may be.
const ASKED: &[u16] = &[400, 404, 405, 410, 503, 504];
const SENT: &[u16] = &[400, 404, 405, 408, 409, 413, 415, 422, 429, 503];

fn by_status() -> BTreeMap<u16, Vec<&'static Page>> {
    let mut pages: BTreeMap<u16, Vec<&Page>> = BTreeMap::new();
    for page in PAGES {
        pages.entry(page.status).or_default().push(page);
    }
    pages
}

/// One schema for all of them, and one for each status with the codes that it may have.
pub(super) fn schemas() -> Map<String, Value> {
    let codes: BTreeSet<&str> = PAGES.iter().map(|it| it.code).collect();
    let whole = json!({ "type": "integer", "minimum": 0 });
    let problem = json!({
        "type": "object",
        "description": "Problem details of RFC 9457. What decided stands beside: `field` names \
                        what cannot be read or contradicts, and each code has facts of its own.",
        "required": ["type", "title", "status", "detail", "code", "retryable"],
        "properties": {
            "type": { "type": "string", "description": "Address of the code's page" },
            "title": { "type": "string" },
            "status": whole,
            "detail": { "type": "string", "description": "A sentence for people" },
            "code": { "type": "string", "enum": codes },
            "retryable": {
                "type": "boolean",
                "description": "Whether the same may succeed later, unchanged and under the same \
                                key",
            },
            "field": { "type": "string", "description": "Such as lines[2].quantity" },
        },
    });
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem);
    schemas
}

/// Of each status: which codes it has and what to do about them.
pub(super) fn responses() -> Map<String, Value> {
    let responses = by_status().into_iter().map(|(status, pages)| {
        let told: Vec<String> = pages
            .iter()
            .map(|it| {
                let again = if it.retryable { " May succeed unchanged." } else { "" };
                format!("- `{}`: {}. {}{again}", it.code, it.title, it.remedy)
            })
            .collect();
        let codes: Vec<&str> = pages.iter().map(|it| it.code).collect();
        let schema = json!({
            "allOf": [{ "$ref": "#/components/schemas/Problem" }],
            "properties": { "status": { "const": status }, "code": { "enum": codes } },
        });
        let mut response = json!({
            "description": told.join("\n"),
            "content": { "application/problem+json": { "schema": schema } },
        });
        if matches!(status, 429 | 503) {
            response["headers"] = json!({ "Retry-After": {
                "description": "Seconds to wait, if that is known",
                "schema": { "type": "integer", "minimum": 0 },
            } });
        }
        (format!("Refused{status}"), response)
    });
    responses.collect()
}

/// The refusals of a route.
pub(super) fn of_method(method: &str) -> impl Iterator<Item = (String, Value)> {
    let statuses = if method == "get" { ASKED } else { SENT };
    statuses.iter().map(|it| {
        let address = format!("#/components/responses/Refused{it}");
        (it.to_string(), json!({ "$ref": address }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_a_page_is_told_somewhere() {
        let told: BTreeSet<u16> = ASKED.iter().chain(SENT).copied().collect();
        assert_eq!(told, by_status().into_keys().collect());
    }
}
