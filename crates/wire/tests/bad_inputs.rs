//! What cannot be read is refused by field and remedy, whatever it is; what can be read prints stably.

#![allow(clippy::unwrap_used)]

mod common;

use common::{check, ledger, said};
use expect_test::{Expect, expect};
use onhand_wire::{Format, Invalid, PAGES, batch, body, request};

fn receive(line: &str, expected: Expect) {
    check("receive_stock", &format!(r#"{{"location":"A","lines":[{line}]}}"#), expected);
}

#[test]
fn quantities_are_whole_positive_numbers() {
    receive(
        r#"{"sku":"W","quantity":1}"#,
        expect!["ok receive_stock 75bd9e157704ee54.a900000ada5cc1"],
    );
    receive(
        r#"{"sku":"W","quantity":0}"#,
        expect!["invalid_field [lines[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    receive(
        r#"{"sku":"W","quantity":-5}"#,
        expect![
            "invalid_field [lines[0].quantity] is integer `-5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    receive(
        r#"{"sku":"W","quantity":1e3}"#,
        expect![
            "invalid_field [lines[0].quantity] is floating point `1000.0`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    receive(
        r#"{"sku":"W","quantity":1.0}"#,
        expect![
            "invalid_field [lines[0].quantity] is floating point `1.0`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    receive(
        r#"{"sku":"W","quantity":"5"}"#,
        expect![[
            r#"invalid_field [lines[0].quantity] is string "5"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    receive(
        r#"{"sku":"W","quantity":null}"#,
        expect![
            "invalid_field [lines[0].quantity] is null; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    receive(
        r#"{"sku":"W","quantity":1000000000001}"#,
        expect!["invalid_field [lines[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    receive(
        r#"{"sku":"W","quantity":99999999999999999999999999}"#,
        expect![
            "invalid_field [lines[0].quantity] is floating point `1e+26`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    receive(
        r#"{"sku":"W","quantity":1e999}"#,
        expect!["invalid_field [lines[0].quantity] is a number too large to read"],
    );
    receive(
        r#"{"sku":"W","quantity":[[[[1]]]]}"#,
        expect![
            "invalid_field [lines[0].quantity] is an array; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
}

#[test]
fn names_are_short_and_visible() {
    receive(
        r#"{"sku":"","quantity":1}"#,
        expect!["invalid_field [lines[0].sku] must not be empty"],
    );
    receive(
        r#"{"sku":" W","quantity":1}"#,
        expect!["invalid_field [lines[0].sku] must not begin or end with a space"],
    );
    receive(
        r#"{"sku":"W\n","quantity":1}"#,
        expect!["invalid_field [lines[0].sku] contains the invisible character U+000A; remove it"],
    );
    receive(
        "{\"sku\":\"W\u{202E}X\",\"quantity\":1}",
        expect!["invalid_field [lines[0].sku] contains the invisible character U+202E; remove it"],
    );
    receive(
        "{\"sku\":\"W\u{200B}\",\"quantity\":1}",
        expect!["invalid_field [lines[0].sku] contains the invisible character U+200B; remove it"],
    );
    receive(
        "{\"sku\":\"e\u{301}\",\"quantity\":1}",
        expect!["invalid_field [lines[0].sku] must be in Unicode normal form NFC"],
    );
    receive(
        &format!(r#"{{"sku":"{}","quantity":1}}"#, "x".repeat(65)),
        expect!["invalid_field [lines[0].sku] has 65 characters; at most 64 are allowed"],
    );
    receive(
        r#"{"sku":"\ud800","quantity":1}"#,
        expect![
            "invalid_field [lines[0].sku] has an escape that is no character; write it in UTF-8"
        ],
    );
    receive(
        r#"{"sku":5,"quantity":1}"#,
        expect!["invalid_field [lines[0].sku] is integer `5`; it must be a string"],
    );
}

#[test]
fn fields_are_known_and_stand_once() {
    receive(
        r#"{"sku":"W","quantity":1,"colour":"red"}"#,
        expect![
            "unknown_field [lines[0].colour] is not a field of this object: expected one of `sku`, `quantity`, `lot`, `unit_cost`"
        ],
    );
    receive(r#"{"sku":"W"}"#, expect!["missing_field [lines[0].quantity] is missing; add it"]);
    receive(
        r#"{"sku":"W","sku":"W","quantity":1}"#,
        expect!["duplicate_field [lines[0].sku] stands twice; keep one"],
    );
    receive("7", expect!["invalid_field [lines[0]] is integer `7`; it must be an object"]);
    check(
        "receive_stock",
        r#"{"location":"A","lines":[],"locaton":"B"}"#,
        expect![
            "unknown_field [locaton] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`, `create_items`"
        ],
    );
    check(
        "receive_stock",
        r#"{"location":"A","location":"B","lines":[]}"#,
        expect!["duplicate_field [location] stands twice; keep one"],
    );
    check(
        "receive_stock",
        r#"{"location":"A","lines":[],"actor":"a","actor":"b"}"#,
        expect!["duplicate_field [actor] stands twice; keep one"],
    );
    check(
        "receive_stock",
        r#"{"location":"A","lines":{}}"#,
        expect!["invalid_field [lines] is an object; it must be an array"],
    );
    check(
        "receive_stock",
        r#"{"lines":[]}"#,
        expect!["missing_field [location] is missing; add it"],
    );
    check(
        "receive_stock",
        r#"{"location":"A","lines":[],"to":"roof"}"#,
        expect!["invalid_field [to] is `roof`; it must be `sellable` or `quality_control`"],
    );
    check(
        "receive_stock",
        r#"{"location":"A","lines":[],"command":"ship_order"}"#,
        expect!["unknown_field [command] is named by the address here; leave it out"],
    );
    check(
        "receive_stock",
        r#"{"location":"A","lines":[],"request":"x"}"#,
        expect![
            "unknown_field [request] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`, `create_items`"
        ],
    );
    check(
        "receive_stok",
        r#"{}"#,
        expect![
            "unknown_command [command] `receive_stok` is no command; the commands are register_item, add_alias, register_location, close_location, register_channel, change_channel, receive_stock, inspect_stock, hold_stock, extend_hold, release_hold, commit_order, cancel_order, ship_order, return_stock, damage_stock, write_off_stock, change_condition, start_transfer, receive_transfer, cancel_transfer, return_to_supplier, count_stock, adjust_stock, reverse_entry, rename_item, merge_items, close_item, set_mode, set_policy, expect_stock, open_pool, release_tranche, move_pool, close_pool, define_kit, assemble_kit, disassemble_kit, relocate_order, set_supplier, map_supplier_sku, set_feed, assign_tier, record_snapshot, judge_snapshot, settle_discrepancy, record_stocktake, list_stock, hear_stock, hand_over_orders, confirm_handover"
        ],
    );
}

#[test]
fn envelopes_are_read_with_the_same_care() {
    let with = |more: &str| format!(r#"{{"location":"A","lines":[],{more}}}"#);
    check(
        "receive_stock",
        &with(r#""id":"other""#),
        expect![
            "idempotency_key_mismatch [id] differs from the Idempotency-Key header; send one of the two"
        ],
    );
    check(
        "receive_stock",
        &with(r#""id":7"#),
        expect!["invalid_field [id] is integer `7`; it must be a string"],
    );
    check(
        "receive_stock",
        &with(r#""id":"k","occurred_at":"yesterday""#),
        expect![
            "invalid_field [occurred_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    check(
        "receive_stock",
        &with(r#""occurred_at":"2026-01-02T03:04:05""#),
        expect![
            "invalid_field [occurred_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    check(
        "receive_stock",
        &with(r#""source_event":"e1""#),
        expect!["missing_field [source] is missing; `source_event` is unique within its source"],
    );
    check(
        "receive_stock",
        &with(r#""metadata":{"a":"1","a":"2"}"#),
        expect!["invalid_field [metadata] duplicate key `a`"],
    );
    check(
        "receive_stock",
        &with(r#""metadata":{"a":{"b":1}}"#),
        expect!["invalid_field [metadata.a] is an object; it must be a string"],
    );
    check(
        "receive_stock",
        &with(r#""\u0061ctor":"warehouse""#),
        expect!["ok receive_stock 10ca0ec2acbb23e2.a900000a005cc1"],
    );
    let none = request(&ledger(), "receive_stock", b"{}", None);
    expect!["idempotency_key_missing [id] is missing; send an Idempotency-Key header or `id`: a text of your own, new for every command and the same on every retry"].assert_eq(&said(none));
    let reserved = request(&ledger(), "receive_stock", b"{}", Some("expire:h:1"));
    expect!["invalid_field [id] must not begin with `expire:`, which the ledger uses itself"]
        .assert_eq(&said(reserved));
    for key in ["tranche:7:0", "end:7", "shrink:7"] {
        let reserved = request(&ledger(), "receive_stock", b"{}", Some(key)).unwrap_err();
        assert!(reserved.message.ends_with("which the ledger uses itself"), "{reserved:?}");
    }
    let empty = request(&ledger(), "receive_stock", b"{}", Some(""));
    expect!["invalid_field [id] must not be empty"].assert_eq(&said(empty));
}

#[test]
fn what_is_not_json_is_refused_and_never_panics() {
    check(
        "receive_stock",
        "",
        expect!["not_json [] is not JSON: EOF while parsing a value at line 1 column 0"],
    );
    check(
        "receive_stock",
        "{",
        expect!["not_json [] is not JSON: EOF while parsing an object at line 1 column 1"],
    );
    check("receive_stock", "[]", expect!["invalid_field [] must be an object"]);
    check(
        "receive_stock",
        "{} {}",
        expect!["not_json [] is not JSON: trailing characters at line 1 column 4"],
    );
    check(
        "receive_stock",
        "NaN",
        expect!["not_json [] is not JSON: expected value at line 1 column 1"],
    );
    check(
        "receive_stock",
        "{\"location\":\"A\u{1}\"}",
        expect![[
            r#"not_json [] is not JSON: control character (\u0000-\u001F) found while parsing a string at line 1 column 14"#
        ]],
    );
    let nested = format!(r#"{{"location":"A","lines":{}}}"#, "[".repeat(10_000));
    check(
        "receive_stock",
        &nested,
        expect!["not_json [] is not JSON: expected value at line 1 column 10025"],
    );
    let closed =
        format!(r#"{{"location":"A","lines":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    check(
        "receive_stock",
        &closed,
        expect!["invalid_field [lines[0][0]] is an array; it must be a string"],
    );
    let deep =
        format!(r#"{{"x":{}{}}}"#, "{\"a\":".repeat(10_000), "1".to_owned() + &"}".repeat(10_000));
    check(
        "receive_stock",
        &deep,
        expect![
            "unknown_field [x] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`, `create_items`"
        ],
    );
    let binary = request(&ledger(), "receive_stock", b"{\"location\":\"\xff\"}", Some("k"));
    expect!["not_utf8 [] is not UTF-8 at byte 13; send JSON in UTF-8"].assert_eq(&said(binary));
}

/// The input cut at every byte, and with every byte changed: refused or read, never a panic.
#[test]
fn broken_bytes_never_panic() {
    let good = r#"{"command":"commit_order","id":"k","order":"SO-1","lines":[{"sku":"茶","quantity":2}],"metadata":{"a":"b"}}"#;
    for end in 0..good.len() {
        let _ = batch(&ledger(), &good.as_bytes()[..end], Format::Ndjson);
        for byte in [b'"', b'{', b'}', b'[', b',', b'\\', 0, 0xff, b'9'] {
            let mut bytes = good.as_bytes().to_vec();
            bytes[end] = byte;
            let _ = batch(&ledger(), &bytes, Format::Ndjson);
        }
    }
}

fn check_batch(body: &str, format: Format, expected: Expect) {
    let text = match batch(&ledger(), body.as_bytes(), format) {
        Err(it) => format!("all: {} [{}] {}", it.code, it.field, it.message),
        Ok(items) => {
            let line = |it: &Result<_, Invalid>| match it {
                Ok(_) => "ok".to_owned(),
                Err(it) => format!("{:?} {} [{}]", it.line, it.code, it.field),
            };
            items.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    };
    expected.assert_eq(&text);
}

#[test]
fn a_batch_is_read_item_by_item() {
    let good = r#"{"command":"close_location","id":"1","location":"A"}"#;
    check_batch(
        &format!("{good}\n\n{good}\r\n{{\"com"),
        Format::Ndjson,
        expect![[r#"
        ok
        ok
        Some(4) not_json []"#]],
    );
    check_batch(
        &format!("{good}\n7\n{{\"id\":\"1\"}}"),
        Format::Ndjson,
        expect![[r#"
        ok
        Some(2) invalid_field []
        Some(3) missing_field [command]"#]],
    );
    check_batch(
        &format!("[{good},{{}},7]"),
        Format::Json,
        expect![[r#"
        ok
        None missing_field [command]
        None invalid_field []"#]],
    );
    check_batch(
        &format!("[{good},{{\"com"),
        Format::Json,
        expect!["all: not_json [] is not JSON: EOF while parsing a string at line 1 column 59"],
    );
    check_batch(
        "[]",
        Format::Json,
        expect!["all: empty_batch [] has no command; send at least one"],
    );
    check_batch(
        "\n",
        Format::Ndjson,
        expect!["all: empty_batch [] has no command; send at least one"],
    );
    check_batch(good, Format::Json, expect!["all: invalid_field [] must be an array of commands"]);
    check_batch(
        &format!("[{}7]", "7,".repeat(10_000)),
        Format::Json,
        expect!["all: too_many_commands [] has more than 10000 commands; send it in parts"],
    );
    check_batch(
        &"7\n".repeat(10_001),
        Format::Ndjson,
        expect!["all: too_many_commands [] has more than 10000 commands; send it in parts"],
    );
}

#[test]
fn every_page_says_what_to_do() {
    for page in PAGES {
        assert!((400..600).contains(&page.status) && page.remedy.ends_with('.'), "{}", page.code);
        assert_eq!(PAGES.iter().filter(|it| it.code == page.code).count(), 1, "{}", page.code);
    }
}

#[test]
fn a_request_is_written_as_it_is_read() {
    let text = r#"{"command":"commit_order","id":"k","order":"SO-1","lines":[{"sku":"W","quantity":2}],"occurred_at":"2026-01-02T03:04:05Z","actor":"shop"}"#;
    let read = batch(&ledger(), text.as_bytes(), Format::Ndjson).unwrap().remove(0).unwrap();
    let written = body(&read).unwrap().to_string();
    let again = batch(&ledger(), written.as_bytes(), Format::Ndjson).unwrap().remove(0).unwrap();
    assert_eq!(read, again);
}
