//! Every command in JSON: what a caller writes, and that nothing unknown is let through.

// In a test a panic is the report.
#![allow(clippy::unwrap_used)]

use onhand_core::{Command, Fact, Rejection};
use serde_json::{Value, json};

/// The least that each stem needs.
const LEAST: [(&str, &str); 51] = [
    ("register_item", r#"{"sku":"W"}"#),
    ("add_alias", r#"{"sku":"W","alias":"WW"}"#),
    ("register_location", r#"{"location":"A"}"#),
    ("close_location", r#"{"location":"A"}"#),
    ("register_channel", r#"{"channel":"web","locations":["A"]}"#),
    ("change_channel", r#"{"channel":"web","locations":["A"]}"#),
    ("receive_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    ("inspect_stock", r#"{"location":"A","lines":[{"sku":"W","passed":1}]}"#),
    ("hold_stock", r#"{"hold":"H","owner":"cart","lines":[{"sku":"W","quantity":1}]}"#),
    ("extend_hold", r#"{"hold":"H","expires_in":60}"#),
    ("release_hold", r#"{"hold":"H"}"#),
    ("commit_order", r#"{"order":"O","lines":[{"sku":"W","quantity":1}]}"#),
    ("cancel_order", r#"{"order":"O","lines":[{"ref":"1"}]}"#),
    ("ship_order", r#"{"order":"O","lines":[{"ref":"1"}]}"#),
    ("return_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    ("damage_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    ("write_off_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    (
        "change_condition",
        r#"{"location":"A","lines":[{"sku":"W","quantity":1,"from":"damaged","to":"sellable"}]}"#,
    ),
    (
        "start_transfer",
        r#"{"transfer":"T","from":"A","to":"B","lines":[{"sku":"W","quantity":1}]}"#,
    ),
    ("receive_transfer", r#"{"transfer":"T","lines":[{"sku":"W","received":1}]}"#),
    ("cancel_transfer", r#"{"transfer":"T","outcome":"restock"}"#),
    ("return_to_supplier", r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    ("count_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":0}]}"#),
    (
        "adjust_stock",
        r#"{"location":"A","lines":[{"sku":"W","change":-1}],"reason":{"code":"found"}}"#,
    ),
    ("reverse_entry", r#"{"position":1,"reason":"did_not_occur"}"#),
    ("rename_item", r#"{"sku":"W","to":"V"}"#),
    ("merge_items", r#"{"sku":"W","into":"G"}"#),
    ("close_item", r#"{"sku":"W"}"#),
    ("set_mode", r#"{"sku":"W","mode":"unlimited"}"#),
    ("set_policy", r#"{"set":{"share_percent":50}}"#),
    (
        "expect_stock",
        r#"{"inbound":"PO-1","location":"A","lines":[{"sku":"W","quantity":1,"expected_at":"2026-12-01T00:00:00Z"}]}"#,
    ),
    ("open_pool", r#"{"pool":"P","channel":"web","lines":[{"sku":"W","quantity":1}]}"#),
    ("release_tranche", r#"{"pool":"P","tranche":"T"}"#),
    ("move_pool", r#"{"from":"P","lines":[{"sku":"W","quantity":1}]}"#),
    ("close_pool", r#"{"pool":"P"}"#),
    ("define_kit", r#"{"sku":"K","parts":[{"sku":"W","quantity":1}]}"#),
    ("assemble_kit", r#"{"sku":"K","location":"A","quantity":1}"#),
    ("disassemble_kit", r#"{"sku":"K","location":"A","quantity":1}"#),
    ("relocate_order", r#"{"order":"O","lines":[{"ref":"1","to":"B"}]}"#),
    ("set_supplier", r#"{"supplier":"S"}"#),
    ("map_supplier_sku", r#"{"supplier":"S","lines":[{"supplier_sku":"X-1","sku":"W"}]}"#),
    ("set_feed", r#"{"feed":"F","supplier":"S","location":"A"}"#),
    ("assign_tier", r#"{"feed":"F","lines":[{"sku":"W","tier":"fast"}]}"#),
    (
        "record_snapshot",
        r#"{"feed":"F","snapshot":"1","lines":[{"supplier_sku":"X-1","quantity":1}]}"#,
    ),
    (
        "judge_snapshot",
        r#"{"feed":"F","snapshot":"1","verdict":"confirm","reason":{"code":"correction"}}"#,
    ),
    (
        "settle_discrepancy",
        r#"{"action":"keep_ours","numbers":[1],"reason":{"code":"correction"}}"#,
    ),
    ("record_stocktake", r#"{"stocktake":"T","location":"A","lines":[{"sku":"W","quantity":1}]}"#),
    ("list_stock", r#"{"channel":"web","lines":[{"sku":"W","quantity":1}]}"#),
    ("hear_stock", r#"{"channel":"web","lines":[{"sku":"W","quantity":1}]}"#),
    ("hand_over_orders", r#"{"supplier":"S","handover":"D1"}"#),
    ("confirm_handover", r#"{"supplier":"S","handover":"D1"}"#),
];

fn read(stem: &str, fields: &Value) -> Result<Command, String> {
    serde_json::from_value(json!({ stem: fields })).map_err(|error| error.to_string())
}

#[test]
fn every_stem_is_read_and_written_under_its_name() {
    let stems: Vec<&str> = LEAST.iter().map(|(stem, _)| *stem).collect();
    assert_eq!(stems, Command::STEMS);
    for (stem, text) in LEAST {
        let command = read(stem, &serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(command.stem(), stem);
        let written = serde_json::to_value(&command).unwrap();
        assert_eq!(serde_json::from_value::<Command>(written).unwrap(), command);
    }
}

#[test]
fn an_unknown_field_is_refused_by_name_in_every_command_and_line() {
    for (stem, text) in LEAST {
        let fields: Value = serde_json::from_str(text).unwrap();
        let mut wrong = fields.clone();
        wrong["nonsense"] = json!(1);
        let error = read(stem, &wrong).unwrap_err();
        assert!(error.contains("unknown field `nonsense`"), "{stem}: {error}");
        if fields.get("lines").is_some() {
            let mut wrong = fields;
            wrong["lines"][0]["nonsense"] = json!(1);
            let error = read(stem, &wrong).unwrap_err();
            assert!(error.contains("unknown field `nonsense`"), "{stem}: {error}");
        }
    }
}

#[test]
fn a_doubled_field_is_refused_by_name() {
    for (stem, text) in LEAST {
        let name = text.split('"').nth(1).unwrap();
        let doubled = text.replacen('{', &format!("{{\"{name}\":null,"), 1);
        let text = format!(r#"{{"{stem}":{doubled}}}"#);
        assert!(serde_json::from_str::<Command>(&text).is_err(), "{text}");
        let same = LEAST.iter().find(|(it, _)| *it == stem).unwrap().1;
        let value = serde_json::from_str::<Value>(same).unwrap()[name].to_string();
        let doubled = same.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let error = serde_json::from_str::<Command>(&format!(r#"{{"{stem}":{doubled}}}"#));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("duplicate field `{name}`")), "{stem}: {error}");
    }
}

#[test]
fn what_the_edge_looks_up_no_caller_may_say() {
    let count = json!({
        "location": "A", "lines": [{ "sku": "W", "quantity": 1 }],
        "book": [{ "balance": 5, "position": 1 }],
    });
    assert!(read("count_stock", &count).unwrap_err().contains("unknown field `book`"));
    let reversal = json!({ "position": 1, "reason": "did_not_occur", "entry": null });
    assert!(read("reverse_entry", &reversal).unwrap_err().contains("unknown field `entry`"));
}

#[test]
fn a_null_expectation_is_not_a_missing_one() {
    let adjust = |line: Value| {
        let fields = json!({ "location": "A", "lines": [line], "reason": { "code": "found" } });
        match read("adjust_stock", &fields).unwrap() {
            Command::AdjustStock(it) => it.lines[0].expected,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(adjust(json!({ "sku": "W", "set": 1 })), None);
    assert_eq!(adjust(json!({ "sku": "W", "set": 1, "expected": null })), Some(None));
    assert_eq!(adjust(json!({ "sku": "W", "set": 1, "expected": 2 })), Some(Some(2)));
}

#[test]
fn bad_numbers_are_refused_by_bound() {
    for quantity in ["0", "-1", "1.5", "1000000000001", "1e30", "\"1\"", "null"] {
        let text = format!(
            r#"{{"receive_stock":{{"location":"A","lines":[{{"sku":"W","quantity":{quantity}}}]}}}}"#
        );
        assert!(serde_json::from_str::<Command>(&text).is_err(), "{quantity}");
    }
}

#[test]
fn kinds_and_codes_are_what_is_stored() {
    let fact: Fact = serde_json::from_value(json!({
        "alias_added": { "sku": "W", "alias": "WW" }
    }))
    .unwrap();
    assert_eq!(fact.kind(), "alias_added");
    let refused = Rejection::UnknownPosition { position: 7 };
    let written = serde_json::to_value(&refused).unwrap();
    assert_eq!(written, json!({ "code": refused.code(), "position": 7 }));
}
