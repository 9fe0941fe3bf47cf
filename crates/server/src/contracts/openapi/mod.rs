//! OpenAPI 3.1 of all addresses, made of the table of routes, the proto contract, the pages of
//! codes and the examples of the documentation.

mod answers;
mod bodies;
mod needed;
mod page;
mod params;
mod problems;
mod webhooks;

use onhand_core::Command;
use serde_json::{Map, Value, json};

use super::descriptors::{Descriptors, in_camel};
use super::events;
use super::route::{Answer, Content, JSON, NDJSON, Route, Routes};
use bodies::reference;
use page::Section;

const ABOUT: &str = "Stock of a seller over all its locations and channels: commands that are on \
                     disk when they are answered, questions that say what they saw, and feeds that \
                     can be resumed. Quantities are whole base units. Nothing authenticates \
                     callers: whoever reaches the port may book.";

/// The whole contract.
pub(crate) fn document(routes: &Routes) -> Value {
    let descriptors = Descriptors::read();
    let sections = page::sections();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes.all() {
        if route.path.ends_with("/{stem}") {
            for stem in Command::STEMS {
                let path = route.path.replace("{stem}", stem);
                let of_stem = of_command(route, &path, stem, &descriptors, sections.get(*stem));
                insert(&mut paths, &path, route.method, of_stem);
            }
        } else {
            insert(&mut paths, route.path, route.method, operation(route, route.path));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Onhand",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:7070", "description": "As it listens by itself" }],
        "tags": tags(routes),
        "paths": paths,
        "components": {
            "schemas": schemas(&descriptors),
            "responses": problems::responses(),
        },
    })
}

fn insert(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let at = paths.entry(path).or_insert_with(|| json!({}));
    at[method] = operation;
}

fn tags(routes: &Routes) -> Vec<Value> {
    let mut tags: Vec<&str> = Vec::new();
    for route in routes.all() {
        if !tags.contains(&route.tag) {
            tags.push(route.tag);
        }
    }
    tags.into_iter().map(|it| json!({ "name": it })).collect()
}

fn operation(route: &Route, path: &str) -> Value {
    let mut responses: Map<String, Value> =
        route.answers.iter().map(|it| (it.status.to_string(), answer(it))).collect();
    for (status, refusal) in problems::of_method(route.method) {
        responses.entry(status).or_insert(refusal);
    }
    let mut operation = json!({
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": params::of_route(route, path),
        "responses": responses,
    });
    if !route.more.is_empty() {
        operation["description"] = route.more.into();
    }
    if !route.bodies.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": contents(&route.bodies) });
    }
    operation
}

fn answer(answer: &Answer) -> Value {
    let mut told = json!({ "description": answer.means });
    if !answer.contents.is_empty() {
        told["content"] = contents(&answer.contents);
    }
    told
}

fn contents(contents: &[Content]) -> Value {
    let contents = contents.iter().map(|it| {
        let schema = match (it.kind, it.schema) {
            (kind, "") if kind.starts_with("text/") => json!({ "type": "string" }),
            (_, "") => json!({}),
            // One object a line: of a stream of them the contract can say what one is.
            (NDJSON, name) => {
                json!({ "type": "string", "description": format!("Lines of {name}") })
            }
            (_, name) => reference(name),
        };
        (it.kind.to_owned(), json!({ "schema": schema }))
    });
    Value::Object(contents.collect())
}

/// The route of all commands as that of one.
fn of_command(
    route: &Route,
    path: &str,
    stem: &str,
    descriptors: &Descriptors,
    section: Option<&Section>,
) -> Value {
    let name = in_camel(stem);
    let mut operation = operation(route, path);
    let message = descriptors.messages.get(&name);
    operation["operationId"] = stem.into();
    operation["summary"] = message.map(|it| it.says.as_str()).unwrap_or_default().into();
    operation["description"] = section.map(|it| it.text.as_str()).unwrap_or_default().into();
    let examples = section.map(|it| it.examples.as_slice()).unwrap_or_default();
    let examples = (1..)
        .zip(examples)
        .map(|(number, it)| (format!("{stem}_{number}"), json!({ "value": it })));
    let examples: Map<String, Value> = examples.collect();
    let mut schema = reference(&name);
    schema["unevaluatedProperties"] = false.into();
    operation["requestBody"] = json!({
        "required": true,
        "content": { JSON: { "schema": schema, "examples": examples } },
    });
    operation
}

fn schemas(descriptors: &Descriptors) -> Map<String, Value> {
    let mut schemas: Map<String, Value> = bodies::schemas(descriptors).into_iter().collect();
    schemas.extend(problems::schemas());
    schemas.extend(answers::schemas());
    schemas.extend(events::schemas());
    schemas.insert("BatchItem".to_owned(), item());
    schemas
}

/// Any command as an item of a batch: it names itself and its key.
fn item() -> Value {
    let items = Command::STEMS.iter().map(|stem| {
        let mut item = reference(&in_camel(stem));
        item["properties"] = json!({ "command": { "const": stem } });
        item["required"] = json!(["command", "id"]);
        item["unevaluatedProperties"] = false.into();
        item
    });
    json!({ "oneOf": items.collect::<Vec<_>>() })
}
