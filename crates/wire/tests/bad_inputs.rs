//! What cannot be read is refused by field and remedy, whatever it is; what can be read prints stably.

#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use onhand_core::LedgerId;
use onhand_wire::{Format, Invalid, No, PAGES, batch, body, page, problem, request};

fn ledger() -> LedgerId {
    LedgerId::new("acme").unwrap()
}

fn said(result: Result<onhand_core::Request, Invalid>) -> String {
    match result {
        Ok(request) => format!("ok {} {}", request.command.stem(), request.envelope.request),
        Err(it) => {
            assert!(page(it.code).is_some(), "{} has no page", it.code);
            assert_eq!(problem(No::Invalid(&it)).status(), 400);
            format!("{} [{}] {}", it.code, it.field, it.message)
        }
    }
}

fn check(stem: &str, body: &str, expected: Expect) {
    expected.assert_eq(&said(request(&ledger(), stem, body.as_bytes(), Some("k"))));
}

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
            "unknown_field [locaton] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`"
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
            "unknown_field [request] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`"
        ],
    );
    check(
        "receive_stok",
        r#"{}"#,
        expect![
            "unknown_command [command] `receive_stok` is no command; the commands are register_item, add_alias, register_location, close_location, register_channel, change_channel, receive_stock, inspect_stock, hold_stock, extend_hold, release_hold, commit_order, cancel_order, ship_order, return_stock, damage_stock, write_off_stock, change_condition, start_transfer, receive_transfer, cancel_transfer, return_to_supplier, count_stock, adjust_stock, reverse_entry, rename_item, merge_items, close_item, set_mode, set_policy, expect_stock, open_pool, release_tranche, move_pool, close_pool, define_kit, assemble_kit, disassemble_kit, relocate_order"
        ],
    );
}

#[test]
fn policies_are_read_dimension_by_dimension() {
    let set = |set: &str, expected: Expect| {
        check("set_policy", &format!(r#"{{"channel":"eu","set":{set}}}"#), expected);
    };
    set(
        r#"{"buffer":{"units":-1}}"#,
        expect![
            "invalid_field [set.buffer.units] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    set(
        r#"{"buffer":{"percent":"5"}}"#,
        expect![[
            r#"invalid_field [set.buffer.percent] is string "5"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    set(
        r#"{"buffer":{"percent":2.5}}"#,
        expect![
            "invalid_field [set.buffer.percent] is floating point `2.5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    set(
        r#"{"buffer":5}"#,
        expect!["invalid_field [set.buffer] is integer `5`; it must be an object"],
    );
    set(
        r#"{"buffer":{"unit":5}}"#,
        expect![
            "unknown_field [set.buffer.unit] is not a field of this object: expected `units` or `percent`"
        ],
    );
    set(
        r#"{"low_stock":{"clear":5}}"#,
        expect!["missing_field [set.low_stock.at] is missing; add it"],
    );
    set(
        r#"{"exclusive":"yes"}"#,
        expect![[r#"invalid_field [set.exclusive] is string "yes"; it must be true or false"#]],
    );
    set(
        r#"{"locations":"A"}"#,
        expect![[r#"invalid_field [set.locations] is string "A"; it must be an array"#]],
    );
    set(r#"{"locations":["A",""]}"#, expect!["invalid_field [set.locations[1]] must not be empty"]);
    set(
        r#"{"routing":{"by":"distance"}}"#,
        expect![
            "invalid_field [set.routing.by] is `distance`; it must be one of `priority`, `highest_stock`, `cost`, `nearest`"
        ],
    );
    set(
        r#"{"return_to":"shelf"}"#,
        expect![
            "invalid_field [set.return_to] is `shelf`; it must be one of `sellable`, `quality_control`, `damaged`, `quarantined`"
        ],
    );
    set(
        r#"{"share":50}"#,
        expect![
            "unknown_field [set.share] is not a field of this object: expected one of `buffer`, `share_percent`, `exclusive`, `oversell`, `max_listed`, `end_when`, `locations`, `hold_seconds`, `sell_ahead_days`, `low_stock`, `routing`, `safety`, `trust_percent`, `cost`, `regions`, `return_to`"
        ],
    );
    set(
        r#"{"share_percent":1,"share_percent":2}"#,
        expect!["duplicate_field [set.share_percent] stands twice; keep one"],
    );
    let long = "x".repeat(1_000);
    check(
        "set_policy",
        &format!(r#"{{"clear":["{long}"]}}"#),
        expect![
            "invalid_field [clear[0]] is `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…; it must be one of `buffer`, `share_percent`, `exclusive`, `oversell`, `max_listed`, `end_when`, `locations`, `hold_seconds`, `sell_ahead_days`, `low_stock`, `routing`, `safety`, `trust_percent`, `cost`, `regions`, `return_to`"
        ],
    );
    check(
        "set_policy",
        r#"{"clear":"buffer"}"#,
        expect![[r#"invalid_field [clear] is string "buffer"; it must be an array"#]],
    );
    check(
        "set_policy",
        r#"{"set":{"buffer":{"units":5}},"region":"EU"}"#,
        expect![
            "unknown_field [region] is not a field of this object: expected one of `sku`, `category`, `channel`, `location`, `supplier`, `set`, `clear`"
        ],
    );
}

#[test]
fn modes_have_windows_with_a_length() {
    let mode = |mode: &str, expected: Expect| {
        check("set_mode", &format!(r#"{{"sku":"W","mode":{mode}}}"#), expected);
    };
    let window = |window: &str, expected: Expect| {
        let capacity = format!(r#"{{"capacity":{{"limit":5,"window":{window},"zone":"UTC"}}}}"#);
        mode(&capacity, expected);
    };
    window(r#""0m""#, expect!["invalid_field [mode.capacity.window] must be longer than nothing"]);
    window(
        r#""25h""#,
        expect![
            "invalid_field [mode.capacity.window] must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366"
        ],
    );
    window(
        r#""-5m""#,
        expect![
            "invalid_field [mode.capacity.window] must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366"
        ],
    );
    window(
        r#""5 minutes""#,
        expect![
            "invalid_field [mode.capacity.window] must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366"
        ],
    );
    window(
        r#""""#,
        expect![
            "invalid_field [mode.capacity.window] must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366"
        ],
    );
    window(
        "15",
        expect!["invalid_field [mode.capacity.window] is integer `15`; it must be a string"],
    );
    mode(
        r#""infinite""#,
        expect![
            "invalid_field [mode] is `infinite`; it must be one of `finite`, `unlimited`, `capacity`"
        ],
    );
    mode(
        r#""capacity""#,
        expect![
            "invalid_field [mode.capacity] is a name alone; it must be an object with that name as its member, and its fields inside"
        ],
    );
    mode(
        r#"{"unlimited":{}}"#,
        expect![
            "invalid_field [mode.unlimited] is an object; it must be the name alone, as a string"
        ],
    );
    mode(
        r#"{"capacity":{"limit":5,"window":"1d"}}"#,
        expect!["missing_field [mode.capacity.zone] is missing; add it"],
    );
    mode(
        r#"{"capacity":{"limit":-5,"window":"1d","zone":"UTC"}}"#,
        expect![
            "invalid_field [mode.capacity.limit] is integer `-5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    mode(
        r#"{"capacity":{"limit":5,"window":"1d","zone":"UTC"},"finite":null}"#,
        expect![
            "invalid_field [mode] must be a name as a string, or an object with one name as its member"
        ],
    );
    mode(
        "{}",
        expect![
            "invalid_field [mode] must be a name as a string, or an object with one name as its member"
        ],
    );
    mode(
        "null",
        expect![
            "invalid_field [mode] must be a name as a string, or an object with one name as its member"
        ],
    );
    mode(
        r#""finite","counts":[{"location":"A","quantity":-1}]"#,
        expect![
            "invalid_field [counts[0].quantity] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    mode(
        r#""finite","counts":{"A":5}"#,
        expect!["invalid_field [counts] is an object; it must be an array"],
    );
    mode(
        r#""finite","counts":[{"location":"A","quantity":0}]"#,
        expect!["ok set_mode d581f1a630722b3c.05000001f563"],
    );
}

#[test]
fn pools_and_kits_are_read_with_the_same_care() {
    let pool = |more: &str, expected: Expect| {
        check("open_pool", &format!(r#"{{"pool":"P","channel":"eu",{more}}}"#), expected);
    };
    let lines = r#""lines":[{"sku":"W","quantity":5}]"#;
    pool(
        r#""lines":[{"sku":"W","quantity":0}]"#,
        expect!["invalid_field [lines[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    pool(
        r#""draw":"last","lines":[]"#,
        expect!["invalid_field [draw] is `last`; it must be `first` or `only`"],
    );
    pool(
        &format!(r#"{lines},"ends_at":"soon""#),
        expect![
            "invalid_field [ends_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    pool(
        &format!(r#"{lines},"priority":-1"#),
        expect![
            "invalid_field [priority] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    let tranche = |tranche: &str, expected: Expect| {
        pool(&format!(r#"{lines},"tranches":[{tranche}]"#), expected);
    };
    tranche(
        r#"{"tranche":"T","release_at":1764000000,"lines":[]}"#,
        expect![
            "invalid_field [tranches[0].release_at] is integer `1764000000`; it must be a string"
        ],
    );
    tranche(
        r#"{"tranche":"T","release_at":"2026-11-22T08:00:00","lines":[]}"#,
        expect![
            "invalid_field [tranches[0].release_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    tranche(
        r#"{"tranche":"T","lines":[]}"#,
        expect!["missing_field [tranches[0].release_at] is missing; add it"],
    );
    tranche(
        r#"{"tranche":"T","release_at":"2026-11-22T08:00:00Z","lines":[{"sku":"W","quantity":0}]}"#,
        expect![
            "invalid_field [tranches[0].lines[0].quantity] must be a whole number from 1 to 1000000000000"
        ],
    );
    check(
        "move_pool",
        r#"{"from":"P","to":"Q","lines":[{"sku":"W"}]}"#,
        expect!["missing_field [lines[0].quantity] is missing; add it"],
    );
    check(
        "close_pool",
        r#"{"pool":"P","tranche":"T"}"#,
        expect!["unknown_field [tranche] is not a field of this object: expected `pool`"],
    );
    check(
        "release_tranche",
        r#"{"pool":"P"}"#,
        expect!["missing_field [tranche] is missing; add it"],
    );
    check(
        "define_kit",
        r#"{"sku":"K","parts":[{"sku":"W","quantity":0}]}"#,
        expect!["invalid_field [parts[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    check(
        "define_kit",
        r#"{"sku":"K","parts":[{"sku":"W","need":2}]}"#,
        expect![
            "unknown_field [parts[0].need] is not a field of this object: expected `sku` or `quantity`"
        ],
    );
    check(
        "assemble_kit",
        r#"{"sku":"K","location":"A","quantity":"2"}"#,
        expect![[
            r#"invalid_field [quantity] is string "2"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
}

#[test]
fn new_fields_of_promises_and_supply_are_read_too() {
    let line = |line: &str, expected: Expect| {
        check("commit_order", &format!(r#"{{"order":"SO-1","lines":[{line}]}}"#), expected);
    };
    line(
        r#"{"sku":"W","quantity":1,"slot":"10:30"}"#,
        expect![
            "invalid_field [lines[0].slot] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    line(
        r#"{"sku":"W","quantity":1,"slot":"2026-11-22T10:30:00+08:00"}"#,
        expect!["ok commit_order c3a7546fa2d8db5a.500000570000be7457"],
    );
    check(
        "hold_stock",
        r#"{"hold":"H","owner":"o","lines":[],"campaign":7}"#,
        expect!["invalid_field [campaign] is integer `7`; it must be a string"],
    );
    check(
        "hold_stock",
        r#"{"hold":"H","owner":"o","lines":[],"ship_to":""}"#,
        expect!["invalid_field [ship_to] must not be empty"],
    );
    check(
        "hold_stock",
        r#"{"hold":"H","owner":"o","lines":[],"expires_in":-1}"#,
        expect![
            "invalid_field [expires_in] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    let expected_line = |line: &str, expected: Expect| {
        let body = format!(r#"{{"inbound":"PO-1","location":"A","lines":[{line}]}}"#);
        check("expect_stock", &body, expected);
    };
    expected_line(
        r#"{"sku":"W","quantity":5}"#,
        expect!["missing_field [lines[0].expected_at] is missing; add it"],
    );
    expected_line(
        r#"{"sku":"W","quantity":5,"expected_at":"2026-12-01T00:00:00Z","confidence":0.85}"#,
        expect![
            "invalid_field [lines[0].confidence] is floating point `0.85`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    check(
        "relocate_order",
        r#"{"order":"SO-1","lines":[{"ref":"1"}]}"#,
        expect!["missing_field [lines[0].to] is missing; add it"],
    );
    check(
        "relocate_order",
        r#"{"order":"SO-1","lines":[{"ref":"1","to":"B","quantity":0}]}"#,
        expect!["invalid_field [lines[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    check(
        "rename_item",
        r#"{"sku":"W","to":"W\u200b"}"#,
        expect!["invalid_field [to] contains the invisible character U+200B; remove it"],
    );
    check(
        "merge_items",
        r#"{"sku":"W","from":"V"}"#,
        expect!["unknown_field [from] is not a field of this object: expected `sku` or `into`"],
    );
    check(
        "close_item",
        r#"{"sku":null}"#,
        expect!["invalid_field [sku] is null; it must be a string"],
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
            "unknown_field [x] is not a field of this object: expected one of `location`, `lines`, `to`, `from`, `supplier`, `inbound`"
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
