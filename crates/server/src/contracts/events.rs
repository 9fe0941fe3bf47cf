//! Schemas of events: CloudEvents and what stands in their `data`, shared by both contracts.

use serde_json::{Map, Value, json};

/// By name; the type of a field never changes, fields may come.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert("CloudEvent".to_owned(), cloud_event());
    schemas.insert("Movement".to_owned(), movement());
    schemas.insert("MovementSide".to_owned(), side());
    schemas.insert("MovementClaim".to_owned(), claim());
    schemas.insert("MovementEvent".to_owned(), event(r"onhand\.movement\.[a-z_]+", "Movement"));
    schemas.insert("MovementsPage".to_owned(), page("MovementEvent"));
    schemas.insert("Availability".to_owned(), availability());
    let changed = event(r"onhand\.availability\.changed", "Availability");
    schemas.insert("AvailabilityEvent".to_owned(), changed);
    schemas.insert("AvailabilityChangesPage".to_owned(), page("AvailabilityEvent"));
    schemas.insert("Notice".to_owned(), notice());
    let noticed = event(r"onhand\.stock\.(low|out|back|oversold)", "Notice");
    schemas.insert("NoticeEvent".to_owned(), noticed);
    schemas.insert("WebhookBody".to_owned(), webhook());
    schemas
}

fn text(says: &str) -> Value {
    json!({ "type": "string", "description": says })
}

fn whole(says: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": says })
}

fn signed(says: &str) -> Value {
    json!({ "type": "integer", "description": says })
}

fn moment(says: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": says })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn object(says: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "description": says,
        "required": required,
        "properties": properties,
    })
}

fn cloud_event() -> Value {
    object(
        "A CloudEvent 1.0 in structured JSON. `source` and `id` name it for ever",
        &[
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "recordedtime",
            "sequence",
            "datacontenttype",
            "data",
        ],
        json!({
            "specversion": { "const": "1.0" },
            "id": text("The ledger and the place, with a slash between them"),
            "source": text("/ledgers/ and the ledger"),
            "type": text("What happened"),
            "subject": text("The item"),
            "time": moment("When it happened"),
            "recordedtime": moment("When it was recorded"),
            "sequence": text("Its place in the feed: texts compare as places do"),
            "partitionkey": text("The item: events of one keep their order"),
            "traceparent": text("W3C trace context of the call that booked it"),
            "datacontenttype": { "const": "application/json" },
        }),
    )
}

/// A CloudEvent of types like `pattern` with such data.
pub(super) fn event(pattern: &str, data: &str) -> Value {
    json!({
        "allOf": [reference("CloudEvent")],
        "properties": {
            "type": { "pattern": format!("^{pattern}$") },
            "data": reference(data),
        },
    })
}

fn movement() -> Value {
    let origin = object(
        "Who said so",
        &["id"],
        json!({
            "id": text("The idempotency key of the command"),
            "source": text("The system that says so"),
            "source_event": text("That system's name of it"),
        }),
    );
    object(
        "Units of one item that moved, or a claim on them that changed",
        &[
            "ledger",
            "position",
            "index",
            "count",
            "kind",
            "occurred_at",
            "recorded_at",
            "sku",
            "origin",
        ],
        json!({
            "ledger": text("The ledger"),
            "position": whole("Place of its entry in the ledger"),
            "index": whole("Place among the events of its entry, from 0"),
            "count": whole("Events of its entry"),
            "kind": text("Of its entry, such as order_shipped"),
            "occurred_at": moment("When it happened"),
            "recorded_at": moment("When it was recorded"),
            "sku": text("The item"),
            "quantity": whole("Units that moved; absent of a claim"),
            "from": reference("MovementSide"),
            "to": reference("MovementSide"),
            "claim": reference("MovementClaim"),
            "channel": text("The channel that sells"),
            "order": text("The order"),
            "hold": text("The hold"),
            "cause": text("The document that explains it"),
            "reason": text("The code of the reason that was given"),
            "actor": text("Who did it"),
            "origin": origin,
            "traceparent": text("W3C trace context of the call that booked it"),
        }),
    )
}

fn side() -> Value {
    let says = "supplier, customer, loss, adjustment, count_variance, opening, conversion, transit \
                or shelf";
    object(
        "Where units came from or went to",
        &["account"],
        json!({
            "account": text(says),
            "location": text("Of a shelf"),
            "condition": text("Of a shelf: sellable, quality_control, damaged or quarantined"),
            "transfer": text("Of transit"),
            "before": signed("Units on the shelf before"),
            "after": signed("Units on the shelf after"),
        }),
    )
}

fn claim() -> Value {
    object(
        "A claim on units of one item at one location",
        &["claim", "location", "change"],
        json!({
            "claim": { "enum": ["held", "committed", "pooled"] },
            "location": text("Where the units lie"),
            "change": signed("Units more, or less if below zero"),
            "before": signed("Units claimed before"),
            "after": signed("Units claimed after"),
            "pool": text("The pool"),
        }),
    )
}

fn page(event: &str) -> Value {
    object(
        "Some events, and where the next page begins",
        &["events", "next", "at_end"],
        json!({
            "events": { "type": "array", "items": reference(event) },
            "next": text("What to name as `after` for what follows"),
            "at_end": { "type": "boolean", "description": "That is all there was" },
        }),
    )
}

fn availability() -> Value {
    object(
        "The newest numbers of one item on one channel, in base units",
        &[
            "ledger",
            "channel",
            "sku",
            "unlimited",
            "sellable",
            "position",
            "recorded_at",
            "freshness_step",
            "version",
        ],
        json!({
            "ledger": text("The ledger"),
            "channel": text("The channel that sells"),
            "sku": text("The item"),
            "closed": {
                "type": "boolean",
                "description": "The SKU names no item any more: it was renamed or merged",
            },
            "unlimited": {
                "type": "boolean",
                "description": "There is always more; `published` and `available` are absent",
            },
            "published": whole("What to tell the channel"),
            "available": signed("What a hold or commitment may take"),
            "sellable": signed("What lies sellable at the channel's locations"),
            "position": whole("The entry by which it changed"),
            "reason": text("That entry's kind; absent of numbers as they were found"),
            "recorded_at": moment("When that entry was recorded"),
            "freshness_step": whole("The worst step of a supplier's ladder; 0: fresh"),
            "freshness_seconds": whole("How old the oldest number of that step is"),
            "version": text("Its place in the feed, within one run of the server"),
        }),
    )
}

fn notice() -> Value {
    object(
        "An item that ran low, ran out, came back or is oversold, in base units",
        &["number", "position", "recorded_at", "kind", "sku"],
        json!({
            "number": whole("Its number in the ledger, from 1"),
            "position": whole("The last entry that touched the item"),
            "recorded_at": moment("When that was recorded"),
            "kind": { "enum": ["low_stock", "out_of_stock", "back_in_stock", "oversold"] },
            "sku": text("The item"),
            "channel": text("The channel that sells"),
            "location": text("Of oversold stock"),
            "published": whole("What the channel was told"),
            "low_at": whole("At or below which the rule calls it low"),
            "by": whole("Units committed beyond what can be shipped"),
        }),
    )
}

/// The body of a webhook: what Standard Webhooks asks for and nothing else.
fn webhook() -> Value {
    object(
        "An event as it is posted. Of one that would be too long `data` says where to get it",
        &["type", "timestamp", "data"],
        json!({
            "type": text("As the CloudEvent's"),
            "timestamp": moment("When it happened"),
            "data": {
                "type": "object",
                "description": "A Movement or a Notice, as in its CloudEvent",
            },
        }),
    )
}
