//! The contract of all addresses: valid, complete, as it is committed, and true of a real server.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::door::Door;

fn contract() -> Value {
    serde_json::from_str(onhand_server::openapi_json()).unwrap()
}

/// Compares a document with what is committed; `UPDATE_EXPECT=1` writes it instead.
pub fn check_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contracts").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(committed == text, "{name} is old ({differs:?}): run this test with UPDATE_EXPECT=1");
}

/// Every value below `key`, wherever it stands.
fn all_of<'a>(key: &str, value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(key));
            map.values().for_each(|it| all_of(key, it, found));
        }
        Value::Array(list) => list.iter().for_each(|it| all_of(key, it, found)),
        _ => {}
    }
}

/// References within the document that lead nowhere.
pub fn dangling(document: &Value) -> Vec<&str> {
    let mut references = Vec::new();
    all_of("$ref", document, &mut references);
    assert!(references.len() > 10);
    let addresses = references.into_iter().filter_map(Value::as_str);
    addresses.filter(|it| document.pointer(it.trim_start_matches('#')).is_none()).collect()
}

/// Method, address and operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, at)| {
        let at = at.as_object().unwrap();
        at.iter().map(move |(method, it)| (method.as_str(), path.as_str(), it))
    });
    operations.collect()
}

/// A validator of the schema at a place of a contract.
pub fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = schema.as_object().cloned().unwrap_or_else(Map::new);
    whole.insert("components".to_owned(), document["components"].clone());
    jsonschema::draft202012::options().build(&Value::Object(whole)).unwrap()
}

pub fn check(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|it| format!("{} {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:?} in {value:#}");
}

#[test]
fn the_contract_of_addresses_is_the_committed_one() {
    check_golden("openapi.json", onhand_server::openapi_json());
}

#[test]
fn the_contract_is_openapi_3_1_and_whole() {
    let read = oas3::from_json(onhand_server::openapi_json()).unwrap();
    read.validate_version().unwrap();
    let document = contract();
    assert_eq!(dangling(&document), Vec::<&str>::new());
    let mut names = BTreeSet::new();
    for (method, path, it) in operations(&document) {
        let name = it["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} stands twice");
        for text in [&it["summary"], &it["tags"][0]] {
            assert!(text.as_str().is_some_and(|it| !it.is_empty()), "{method} {path}");
        }
        let params = it["parameters"].as_array().unwrap();
        let says = |it: &Value| it["description"].as_str().is_some_and(|it| !it.is_empty());
        assert!(params.iter().all(says), "{method} {path}: a parameter that nobody explains");
        let named = params.iter().filter(|it| it["in"] == "path");
        let named: BTreeSet<&str> = named.map(|it| it["name"].as_str().unwrap()).collect();
        let braces = path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(named, braces.collect(), "{method} {path}");
    }
}

#[test]
fn the_door_takes_the_methods_of_the_contract_and_no_others() {
    let door = Door::open();
    let document = contract();
    for (path, at) in document["paths"].as_object().unwrap() {
        let mut declared: BTreeSet<String> =
            at.as_object().unwrap().keys().map(|it| it.to_uppercase()).collect();
        if declared.contains("GET") {
            declared.insert("HEAD".to_owned());
        }
        let address: String = path
            .split('/')
            .map(|it| if it.starts_with('{') { "x" } else { it })
            .collect::<Vec<_>>()
            .join("/");
        let said = door.raw(
            format!("TRACE {address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        let allow = said.lines().find_map(|it| it.strip_prefix("allow: ")).unwrap_or_default();
        let allowed: BTreeSet<String> = allow.split(',').map(|it| it.trim().to_owned()).collect();
        assert_eq!(allowed, declared, "{path}: {said}");
    }
}

#[test]
fn every_example_is_as_the_contract_says_and_is_read_by_a_real_server() {
    let (door, document) = (Door::open(), contract());
    let mut count = 0;
    for (method, path, it) in operations(&document) {
        let body = &it["requestBody"]["content"]["application/json"];
        let Some(examples) = body["examples"].as_object() else { continue };
        let fits = validator(&document, &body["schema"]);
        for (name, example) in examples {
            check(&fits, &example["value"], name);
            let address = format!("{}?dry_run=true", path.replace("{ledger}", "docs"));
            let mut sent = example["value"].clone();
            sent["id"] = name.as_str().into();
            let said = door.post(&address, "application/json", sent.to_string());
            assert_eq!(method, "post");
            // Read, and decided: an empty ledger knows no locations.
            assert!([200, 409, 422].contains(&said.status), "{name}: {said:?}");
            let (status, kind) = (said.status.to_string(), said.header("content-type").to_owned());
            let response = &it["responses"][&status];
            let response = match response["$ref"].as_str() {
                Some(address) => document.pointer(address.trim_start_matches('#')).unwrap(),
                None => response,
            };
            let fits = validator(&document, &response["content"][&kind]["schema"]);
            check(&fits, &said.body, name);
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn what_is_answered_is_as_the_contract_says() {
    let (door, document) = (Door::open().stocked(), contract());
    let schema = |name: &str| validator(&document, &document["components"]["schemas"][name]);
    let line = r#"{"order":"SO-1","channel":"eu","lines":[{"sku":"W","quantity":3}]}"#;
    let booked = door.book("commit_order", "c1", line);
    check(&schema("Accepted"), &booked.body, "booked");
    let mut asked = 0;
    for (path, name) in [
        ("stock", "StockPage"),
        ("stock/W", "StockPage"),
        ("availability?channel=eu", "AvailabilityPage"),
        ("entries/5", "EntryAnswer"),
        ("orders/SO-1", "SeenAnswer"),
        ("places", "SeenAnswer"),
        ("explain?channel=eu&sku=W", "SeenAnswer"),
        ("timeline/W", "SeenAnswer"),
        ("notices", "SeenAnswer"),
        ("policies", "SeenAnswer"),
        ("suppliers", "SeenAnswer"),
        ("feeds", "SeenAnswer"),
        ("discrepancies", "SeenAnswer"),
        ("pools", "SeenAnswer"),
        ("expected", "SeenAnswer"),
    ] {
        let said = if path.contains('?') { '&' } else { '?' };
        let said = door.get(&format!("/v1/acme/{path}{said}min_position=5&wait_ms=10000"));
        assert_eq!(said.status, 200, "{said:?}");
        check(&schema(name), &said.body, path);
        asked += 1;
    }
    assert_eq!(asked, 15);
    let moved = door.get("/v1/acme/movements").body;
    assert!(moved["events"].as_array().is_some_and(|it| it.len() > 1), "{moved:#}");
    check(&schema("MovementsPage"), &moved, "movements");
    let terms = json!({ "name": "erp", "url": "https://erp.example/hook" });
    check(&schema("WebhookTerms"), &terms, "webhook");
    let made = door.post("/v1/acme/webhooks", "application/json", terms.to_string());
    check(&schema("Webhook"), &made.body, "webhook");
    check(&schema("WebhookList"), &door.get("/v1/acme/webhooks").body, "webhooks");
    check(&schema("WebhookLog"), &door.get("/v1/acme/webhooks/erp/dead").body, "dead");
    check(&schema("Ledgers"), &door.get("/v1/ledgers").body, "ledgers");
    check(&schema("Readiness"), &door.get("/readyz").body, "readyz");
    let batch = json!([
        { "command": "ship_order", "id": "b1", "order": "SO-1" },
        { "command": "ship_order", "id": "b2", "order": "SO-9" },
        { "command": "nonsense" },
    ]);
    check(&schema("Batch"), &json!([batch[0], batch[1]]), "batch");
    let said = door.post("/v1/acme/commands", "application/json", batch.to_string());
    check(&schema("BatchResults"), &said.body, "batch");
    assert_eq!(door.get("/openapi.json").body, document);
}
