//! Schemas of webhooks: what callers send and what they see.

use serde_json::{Value, json};

use super::bodies::reference;

fn texts(says: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": says })
}

fn text(says: &str) -> Value {
    json!({ "type": "string", "description": says })
}

fn whole(says: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": says })
}

fn signing() -> Value {
    json!({
        "enum": ["hmac", "ed25519"],
        "description": "By a shared secret, or by a key pair",
    })
}

fn body(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// By name.
pub(super) fn schemas() -> Value {
    let name = || reference("Name");
    let types = "Such as onhand.movement.*, onhand.stock.low; all without any";
    let terms = json!({
        "name": name(),
        "url": text("Where events are posted to"),
        "types": texts(types),
        "channels": texts("Only events of these channels"),
        "sku_prefix": text("Only events of items whose SKU begins so"),
        "signing": signing(),
        "secret": text("A secret of your own; one is made without it"),
        "after": text("A place in the feed, or `beginning`; from now on without it"),
    });
    let change = json!({
        "url": text("Where events are posted to"),
        "types": texts(types),
        "channels": texts("Only events of these channels"),
        "sku_prefix": text("Only events of items whose SKU begins so; empty: of all"),
        "enabled": { "type": "boolean" },
    });
    let rotation = json!({
        "signing": signing(),
        "secret": text("A secret of your own; one is made without it"),
        "overlap_s": whole("Seconds that the old one goes on signing; a day without it"),
    });
    let replay = json!({
        "after": text("All movements behind a place, or everything from the `beginning`"),
        "after_notice": whole("All notices behind a number"),
        "id": text("One event, by its `webhook-id`"),
        "dead": { "const": true, "description": "All that was given up" },
    });
    json!({
        "WebhookTerms": body(&["name", "url"], terms),
        "WebhookChange": body(&[], change),
        "WebhookRotation": body(&[], rotation),
        "WebhookReplay": body(&[], replay),
        "WebhookReplayed": { "type": "object", "required": ["queued", "webhook"], "properties": {
            "webhook": reference("Webhook"),
        } },
        "Webhook": webhook(),
        "WebhookList": rows(&reference("Webhook"), &["rows"]),
        "WebhookLog": rows(
            &json!({ "type": "object", "required": ["number"] }),
            &["rows", "next"],
        ),
        "WebhookDelivery": { "type": "object" },
    })
}

fn rows(row: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "rows": { "type": "array", "items": row },
            "next": { "type": ["integer", "null"], "description": "Where the next page begins" },
        },
    })
}

fn webhook() -> Value {
    json!({
        "type": "object",
        "description": "A subscription and how it is doing",
        "required": ["ledger", "name", "url", "types", "state", "place", "pending", "dead"],
        "properties": {
            "ledger": reference("Name"),
            "name": reference("Name"),
            "url": { "type": "string" },
            "types": texts("What it is told; all without any"),
            "state": { "enum": ["active", "resting", "waiting", "disabled", "off"] },
            "why": { "type": ["string", "null"], "description": "Why it is not active" },
            "place": text("Up to where the movements are dealt with"),
            "notice": whole("Up to where the notices are"),
            "pending": whole("Events that wait to be tried again"),
            "dead": whole("Events that were given up"),
            "secret": text("What signatures are checked with; shown once"),
        },
    })
}
