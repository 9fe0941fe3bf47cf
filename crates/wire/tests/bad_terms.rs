//! Commands about how stock is sold: what cannot be read of them is refused by field and remedy.

#![allow(clippy::unwrap_used)]

mod common;

use common::check;
use expect_test::{Expect, expect};

fn set(set: &str, expected: Expect) {
    check("set_policy", &format!(r#"{{"channel":"eu","set":{set}}}"#), expected);
}

#[test]
fn dimensions_of_a_policy_have_their_shapes() {
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
}

#[test]
fn dimensions_of_a_policy_are_known_and_stand_once() {
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

fn mode(mode: &str, expected: Expect) {
    check("set_mode", &format!(r#"{{"sku":"W","mode":{mode}}}"#), expected);
}

fn window(window: &str, expected: Expect) {
    mode(&format!(r#"{{"capacity":{{"limit":5,"window":{window},"zone":"UTC"}}}}"#), expected);
}

#[test]
fn windows_have_a_length() {
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
}

#[test]
fn modes_have_a_name_and_their_fields() {
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

fn pool(more: &str, expected: Expect) {
    check("open_pool", &format!(r#"{{"pool":"P","channel":"eu",{more}}}"#), expected);
}

const LINES: &str = r#""lines":[{"sku":"W","quantity":5}]"#;

fn tranche(tranche: &str, expected: Expect) {
    pool(&format!(r#"{LINES},"tranches":[{tranche}]"#), expected);
}

#[test]
fn pools_and_their_tranches_are_read_with_the_same_care() {
    pool(
        r#""lines":[{"sku":"W","quantity":0}]"#,
        expect!["invalid_field [lines[0].quantity] must be a whole number from 1 to 1000000000000"],
    );
    pool(
        r#""draw":"last","lines":[]"#,
        expect!["invalid_field [draw] is `last`; it must be `first` or `only`"],
    );
    pool(
        &format!(r#"{LINES},"ends_at":"soon""#),
        expect![
            "invalid_field [ends_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    pool(
        &format!(r#"{LINES},"priority":-1"#),
        expect![
            "invalid_field [priority] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
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
}

#[test]
fn kits_are_read_with_the_same_care() {
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

fn ordered(line: &str, expected: Expect) {
    check("commit_order", &format!(r#"{{"order":"SO-1","lines":[{line}]}}"#), expected);
}

fn supply(line: &str, expected: Expect) {
    let body = format!(r#"{{"inbound":"PO-1","location":"A","lines":[{line}]}}"#);
    check("expect_stock", &body, expected);
}

#[test]
fn promises_and_supply_are_read_with_the_same_care() {
    ordered(
        r#"{"sku":"W","quantity":1,"slot":"10:30"}"#,
        expect![
            "invalid_field [lines[0].slot] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    ordered(
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
    supply(
        r#"{"sku":"W","quantity":5}"#,
        expect!["missing_field [lines[0].expected_at] is missing; add it"],
    );
    supply(
        r#"{"sku":"W","quantity":5,"expected_at":"2026-12-01T00:00:00Z","confidence":0.85}"#,
        expect![
            "invalid_field [lines[0].confidence] is floating point `0.85`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
}

#[test]
fn relocations_and_lives_of_items_are_read_with_the_same_care() {
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
