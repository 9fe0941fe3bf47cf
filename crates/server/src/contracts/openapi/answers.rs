//! Schemas of what is answered, as far as callers build on it. What an answer has beside that may
//! grow: readers skip fields that they do not know.

use serde_json::{Map, Value, json};

use super::bodies::reference;

const NAME_CHARS_MAX: usize = 64;

/// By name.
pub(super) fn schemas() -> Map<String, Value> {
    let all = [shared(), commands(), questions(), suppliers(), super::webhooks::schemas()];
    all.into_iter().filter_map(|it| it.as_object().cloned()).flatten().collect()
}

fn whole(says: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": says })
}

fn moment(says: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": says })
}

fn switch(says: &str) -> Value {
    json!({ "type": "boolean", "description": says })
}

/// An object that needs all its properties.
fn object(says: &str, properties: Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flatten().map(|it| it.0).collect();
    json!({ "type": "object", "description": says, "required": names, "properties": properties })
}

fn list(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

fn shared() -> Value {
    let name = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": NAME_CHARS_MAX,
        "description": "In Unicode form NFC, without control, zero-width or bidirectional \
                        characters",
    });
    let entry = json!({
        "type": "object",
        "description": "What is stored of one accepted command, for ever: its fact by name, what \
                        moved, and flags for people",
        "required": ["ledger", "position", "command", "fact"],
        "properties": {
            "ledger": reference("Name"),
            "position": whole("Place in the ledger, from 1"),
            "command": {
                "type": "object",
                "description": "The envelope that it came in",
                "required": ["id", "request"],
                "properties": { "id": { "type": "string" }, "request": { "type": "string" } },
            },
            "fact": { "type": ["object", "string"] },
            "movements": list("StoredMovement"),
            "flags": { "type": "array" },
        },
    });
    let movement = object(
        "Units that went from one account to another",
        json!({
            "sku": reference("Name"),
            "quantity": { "type": "integer", "minimum": 1 },
            "from": {},
            "to": {},
        }),
    );
    json!({ "Name": name, "Entry": entry, "StoredMovement": movement, "Seen": seen() })
}

fn seen() -> Value {
    let properties = json!({
        "position": whole("The ledger's position that the answer stands on"),
        "recorded_at": { "type": ["string", "null"], "description": "When that was recorded" },
        "age_ms": whole("Milliseconds since the journal's end was last seen"),
    });
    json!({
        "type": "object",
        "description": "What an answer stands on",
        "required": ["position"],
        "properties": properties,
    })
}

fn commands() -> Value {
    let booked = json!({
        "ledger": reference("Name"),
        "position": whole("Place in the ledger, from 1"),
        "height": whole("The block that holds it"),
        "recorded_at": moment("When it was booked"),
        "replayed": switch("Booked by an earlier call under the same key"),
        "entry": reference("Entry"),
    });
    let would = json!({
        "dry_run": { "const": true },
        "ledger": reference("Name"),
        "entry": reference("Entry"),
    });
    let would = object("Nothing is booked: this would be", would);
    let refused = json!({ "status": whole(""), "problem": reference("Problem") });
    let result = json!({
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": whole("As the status of the command alone would be"),
            "problem": reference("Problem"),
            "position": whole("Place in the ledger, from 1"),
            "entry": reference("Entry"),
        },
        "anyOf": [
            { "required": ["position"] },
            { "required": ["dry_run"] },
            object("A refusal", refused),
        ],
    });
    json!({
        "Accepted": object("It is booked", booked),
        "WouldAccept": would,
        "AcceptedBefore": { "anyOf": [reference("Accepted"), reference("WouldAccept")] },
        "Batch": {
            "type": "array",
            "minItems": 1,
            "maxItems": onhand_wire::COMMANDS_MAX,
            "items": reference("BatchItem"),
        },
        "BatchResult": result,
        "BatchResults": object("In the order of the items", json!({ "results": list("BatchResult") })),
    })
}

fn questions() -> Value {
    let units = |says: &str| json!({ "type": "integer", "description": says });
    let available = json!({
        "sku": reference("Name"),
        "published": { "type": ["integer", "null"], "description": "What to tell the channel" },
        "available": { "type": ["integer", "null"], "description": "What a promise may take" },
    });
    let stock = json!({
        "sku": reference("Name"),
        "location": reference("Name"),
        "on_hand": units("Base units that lie there"),
    });
    let page = |says: &str, row: &str| {
        object(says, json!({ "seen": reference("Seen"), "rows": list(row) }))
    };
    let seen = json!({
        "type": "object",
        "description": "An answer that says what it saw. Its other fields are told in the pages \
                        of docs/.",
        "required": ["seen"],
        "properties": { "seen": reference("Seen") },
    });
    json!({
        "SeenAnswer": seen,
        "EntryAnswer": { "type": "object", "required": ["entry"], "properties": {
            "entry": reference("Entry"),
        } },
        "AvailabilityRow": object("One item on the channel", available),
        "AvailabilityPage": page("What a channel may sell", "AvailabilityRow"),
        "StockRow": object("One item at one location", stock),
        "StockPage": page("What lies where", "StockRow"),
        "LedgerRow": object("One ledger", json!({
            "ledger": reference("Name"),
            "position": whole("Its last entry"),
            "recorded_at": moment("When that was recorded"),
        })),
        "Ledgers": object("All ledgers", json!({ "ledgers": list("LedgerRow") })),
        "Readiness": object("Whether it serves", json!({
            "ready": switch("All shards serve"),
            "installation": { "type": "string" },
            "journal": {},
            "durability": {},
            "shards": { "type": "array" },
        })),
    })
}

fn suppliers() -> Value {
    let outcome = json!({ "type": "string", "description": "What became of it" });
    json!({
        "SnapshotReport": {
            "type": "object",
            "description": "How a file differs from the book: docs/suppliers.md",
            "required": ["outcome"],
            "properties": { "outcome": outcome },
        },
        "Form": {
            "type": "object",
            "description": "Some numbers of a supplier; with what every command carries",
            "required": ["lines"],
            "allOf": [reference("Envelope")],
            "properties": {
                "lines": list("RecordSnapshotLine"),
                "as_of": moment("When they held"),
            },
            "unevaluatedProperties": false,
        },
        "Pulled": object("Per place that was fetched", json!({ "pulled": { "type": "array" } })),
    })
}
