//! AsyncAPI 3.0 of the feeds, of commands over NATS and of webhooks. Bodies of commands and answers
//! are those of the other contract, beside which this one lies.

use onhand_core::Command;
use serde_json::{Map, Value, json};

use super::descriptors::in_camel;
use super::events;

const ABOUT: &str = "What happens in a ledger, for whoever lives from it. Each feed can be begun \
                     anywhere, resumed and told again: it is derived from the journal. Subjects \
                     begin with the setting `nats.subject_prefix`, `onhand.` if nobody changed it; \
                     each of their tokens is encoded: what is no letter of A to Z, digit, `-` or \
                     `_` becomes `=` and two hex digits for each byte of its UTF-8, and an empty \
                     token `=`.";

/// What stands in the braces of an address.
const PARAMETERS: &[(&str, &str)] = &[
    ("ledger", "The seller's book"),
    ("shard", "The shard that holds the ledger"),
    ("kind", "Kind of the entry, or of the notice"),
    ("sku", "The item"),
    ("channel", "The channel that sells; `-` of events without one"),
    ("stem", "The command, or `commands` for a batch"),
    ("question", "The address of a question behind its ledger"),
];

/// The whole contract.
pub(super) fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Onhand",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": { "host": "127.0.0.1:4222", "protocol": "nats" },
            "http": { "host": "127.0.0.1:7070", "protocol": "http" },
        },
        "channels": channels(),
        "operations": operations(),
        "components": { "messages": messages(), "schemas": events::schemas() },
    })
}

fn channels() -> Value {
    let mut channels = Map::new();
    let feeds = [
        (
            "movements",
            "onhand.feed.{shard}.{ledger}.{kind}.{sku}.{channel}",
            "JetStream, one stream per shard (`ONHAND_FEED_` and its number): every movement in \
             the order of its ledger, gap-free and without doubles.",
            "movement",
        ),
        (
            "availability",
            "onhand.available.{ledger}.{channel}.{sku}",
            "JetStream, stream `ONHAND_AVAILABLE`, one message for each subject: a newcomer takes \
             them all and has the whole state. Numbers that change fast are skipped, never the \
             last.",
            "availability",
        ),
        (
            "notices",
            "onhand.notice.{ledger}.{kind}.{channel}.{sku}",
            "JetStream, stream `ONHAND_NOTICES`: items that ran low, ran out, came back or are \
             oversold.",
            "notice",
        ),
    ];
    for (name, address, says, message) in feeds {
        channels.insert(name.to_owned(), channel(address, "nats", says, &[message]));
    }
    let streams = [
        ("movements_stream", "/v1/{ledger}/movements", "movement"),
        ("availability_stream", "/v1/{ledger}/availability/changes", "availability"),
    ];
    for (name, address, message) in streams {
        let says = "Server-sent events (`Accept: text/event-stream`): `id` is the event's place, \
                    `data` the CloudEvent. A reader that comes back names it in `Last-Event-ID`.";
        channels.insert(name.to_owned(), channel(address, "http", says, &[message]));
    }
    channels.insert("webhooks".to_owned(), webhooks());
    for (name, it) in services() {
        channels.insert(name.to_owned(), it);
    }
    Value::Object(channels)
}

fn channel(address: &str, server: &str, says: &str, messages: &[&str]) -> Value {
    let parameters = PARAMETERS
        .iter()
        .filter(|(name, _)| address.contains(&format!("{{{name}}}")))
        .map(|(name, says)| ((*name).to_owned(), json!({ "description": says })));
    let messages = messages
        .iter()
        .map(|it| ((*it).to_owned(), json!({ "$ref": format!("#/components/messages/{it}") })));
    json!({
        "address": address,
        "description": says,
        "servers": [{ "$ref": format!("#/servers/{server}") }],
        "parameters": parameters.collect::<Map<_, _>>(),
        "messages": messages.collect::<Map<_, _>>(),
    })
}

/// Posted to whatever address a subscription names.
fn webhooks() -> Value {
    json!({
        "address": null,
        "description": "Posted as Standard Webhooks has it, with the headers `webhook-id`, \
                        `webhook-timestamp` and `webhook-signature`.",
        "messages": { "webhook": { "$ref": "#/components/messages/webhook" } },
    })
}

/// What is asked over NATS and answered to the caller's inbox.
fn services() -> [(&'static str, Value); 3] {
    let says = "A command, or a batch at `commands`, by request and reply, as the NATS micro \
                protocol has it (service `onhand`; queue group `onhand`).";
    let mut sent = vec!["batch"];
    sent.extend(Command::STEMS);
    let asked = "A question as over HTTP: parameters as a JSON object, the answer as there.";
    let answers = json!({
        "address": null,
        "description": "The inbox that the request names: the body as over HTTP. `Onhand-Status` \
                        is its status; a refusal has `Nats-Service-Error` (the code) and \
                        `Nats-Service-Error-Code`.",
        "servers": [{ "$ref": "#/servers/nats" }],
        "messages": {
            "answer": { "$ref": "#/components/messages/answer" },
            "refusal": { "$ref": "#/components/messages/refusal" },
        },
    });
    [
        ("commands", channel("onhand.cmd.{ledger}.{stem}", "nats", says, &sent)),
        ("questions", channel("onhand.qry.{ledger}.{question}", "nats", asked, &["question"])),
        ("answers", answers),
    ]
}

fn operations() -> Value {
    let told = [
        ("movements", "Tells what moved"),
        ("movements_stream", "Tells what moved, over HTTP"),
        ("availability", "Tells the newest numbers"),
        ("availability_stream", "Tells the newest numbers, over HTTP"),
        ("notices", "Tells of items that ran low"),
        ("webhooks", "Posts events to subscribers"),
    ];
    let told = told.map(|(name, summary)| {
        let channel = json!({ "$ref": format!("#/channels/{name}") });
        let operation = json!({ "action": "send", "channel": channel, "summary": summary });
        (format!("tell_{name}"), operation)
    });
    let asked = [("commands", "Books a command"), ("questions", "Answers a question")];
    let asked = asked.map(|(name, summary)| {
        let operation = json!({
            "action": "receive",
            "channel": { "$ref": format!("#/channels/{name}") },
            "summary": summary,
            "reply": {
                "address": { "location": "$message.header#/reply" },
                "channel": { "$ref": "#/channels/answers" },
            },
        });
        (format!("take_{name}"), operation)
    });
    Value::Object(told.into_iter().chain(asked).collect())
}

fn message(title: &str, payload: Value) -> Value {
    json!({ "title": title, "payload": payload })
}

fn elsewhere(name: &str) -> Value {
    json!({ "$ref": format!("openapi.json#/components/schemas/{name}") })
}

fn messages() -> Value {
    let event = |title: &str, name: &str| {
        let mut it = message(title, json!({ "$ref": format!("#/components/schemas/{name}") }));
        it["contentType"] = onhand_wire::CLOUD_EVENT.into();
        it
    };
    let mut messages = Map::new();
    for (name, title, schema) in [
        ("movement", "Something moved", "MovementEvent"),
        ("availability", "What may be sold changed", "AvailabilityEvent"),
        ("notice", "Stock ran low, ran out, came back or is oversold", "NoticeEvent"),
    ] {
        messages.insert(name.to_owned(), event(title, schema));
    }
    let posted = json!({ "$ref": "#/components/schemas/WebhookBody" });
    messages.insert("webhook".to_owned(), message("An event, posted", posted));
    for stem in Command::STEMS {
        let mut told = message(stem, elsewhere(&in_camel(stem)));
        told["headers"] = json!({
            "type": "object",
            "properties": {
                "Idempotency-Key": { "type": "string", "description": "Or `id` in the body" },
                "traceparent": { "type": "string", "description": "W3C trace context" },
            },
        });
        messages.insert((*stem).to_owned(), told);
    }
    messages.insert("batch".to_owned(), message("Many commands", elsewhere("Batch")));
    let anything = json!({ "type": "object" });
    messages.insert("question".to_owned(), message("A question", anything.clone()));
    messages.insert("answer".to_owned(), message("As over HTTP", anything));
    messages.insert("refusal".to_owned(), message("A refusal", elsewhere("Problem")));
    Value::Object(messages)
}
