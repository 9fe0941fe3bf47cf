//! Commands about suppliers and their numbers: what cannot be read is refused by field and remedy.

#![allow(clippy::unwrap_used)]

mod common;

use common::{check, ledger, said};
use expect_test::{Expect, expect};
use onhand_wire::request;

fn supplier(more: &str, expected: Expect) {
    check("set_supplier", &format!(r#"{{"supplier":"S",{more}}}"#), expected);
}

#[test]
fn a_suppliers_day_is_read_with_care() {
    supplier(
        r#""cut_off":"16:30""#,
        expect!["ok set_supplier 64ab3a1d93387d2e.f80000e3000000c4005d"],
    );
    supplier(
        r#""cut_off":"24:00""#,
        expect!["invalid_field [cut_off] must be a time of day such as 16:30, from 00:00 to 23:59"],
    );
    supplier(
        r#""cut_off":"4:30 pm""#,
        expect!["invalid_field [cut_off] must be a time of day such as 16:30, from 00:00 to 23:59"],
    );
    supplier(
        r#""cut_off":"9:00""#,
        expect!["invalid_field [cut_off] must be a time of day such as 16:30, from 00:00 to 23:59"],
    );
    supplier(
        r#""cut_off":1630"#,
        expect!["invalid_field [cut_off] is integer `1630`; it must be a string"],
    );
    supplier(
        r#""confirm_within":-5"#,
        expect![
            "invalid_field [confirm_within] is integer `-5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    supplier(
        r#""confirm_within":"2h""#,
        expect![[
            r#"invalid_field [confirm_within] is string "2h"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    supplier(
        r#""on_shortage":"drop""#,
        expect![
            "invalid_field [on_shortage] is `drop`; it must be one of `keep`, `cancel`, `reroute`"
        ],
    );
    supplier(
        r#""contact":["+86 574"]"#,
        expect!["invalid_field [contact] is an array; it must be a string"],
    );
    supplier(
        r#""timezone":"Asia/Shanghai""#,
        expect![
            "unknown_field [timezone] is not a field of this object: expected one of `supplier`, `name`, `contact`, `time_zone`, `cut_off`, `confirm_within`, `on_shortage`"
        ],
    );
    check("set_supplier", "{}", expect!["missing_field [supplier] is missing; add it"]);
    check(
        "set_supplier",
        r#"{"supplier":""}"#,
        expect!["invalid_field [supplier] must not be empty"],
    );
}

fn mapped(line: &str, expected: Expect) {
    let body = format!(r#"{{"supplier":"S","lines":[{line}]}}"#);
    check("map_supplier_sku", &body, expected);
}

#[test]
fn mappings_are_read_with_care() {
    mapped(
        r#"{"supplier_sku":"007","sku":"W","pack":12,"unit_cost":310}"#,
        expect!["ok map_supplier_sku 2bc527e8976a431c.2b0000e3e6"],
    );
    mapped(r#"{"supplier_sku":"007"}"#, expect!["ok map_supplier_sku ffeba7613e441089.2b0000e393"]);
    mapped(
        r#"{"supplier_sku":7,"sku":"W"}"#,
        expect!["invalid_field [lines[0].supplier_sku] is integer `7`; it must be a string"],
    );
    mapped(r#"{"sku":"W"}"#, expect!["missing_field [lines[0].supplier_sku] is missing; add it"]);
    mapped(
        r#"{"supplier_sku":"007","sku":"W","pack":0}"#,
        expect!["invalid_field [lines[0].pack] must be a whole number from 1 to 1000000000000"],
    );
    mapped(
        r#"{"supplier_sku":"007","sku":"W","pack":2.5}"#,
        expect![
            "invalid_field [lines[0].pack] is floating point `2.5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    mapped(
        r#"{"supplier_sku":"007","sku":"W","unit_cost":"3.10"}"#,
        expect![[
            r#"invalid_field [lines[0].unit_cost] is string "3.10"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    mapped(
        r#"{"supplier_sku":"007","sku":"W","valid_from":"2026-12-01"}"#,
        expect![
            "invalid_field [lines[0].valid_from] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    mapped(
        r#"{"code":"007","sku":"W"}"#,
        expect![
            "unknown_field [lines[0].code] is not a field of this object: expected one of `supplier_sku`, `sku`, `pack`, `unit_cost`, `valid_from`, `valid_until`"
        ],
    );
}

fn feed(more: &str, expected: Expect) {
    let body = format!(r#"{{"feed":"F","supplier":"S","location":"A",{more}}}"#);
    check("set_feed", &body, expected);
}

#[test]
fn terms_of_a_feed_are_read_with_care() {
    feed(
        r#""basis":"available""#,
        expect![
            "invalid_field [basis] is `available`; it must be one of `on_hand`, `before_our_orders`, `after_our_orders`"
        ],
    );
    feed(
        r#""changes_only":"yes""#,
        expect![[r#"invalid_field [changes_only] is string "yes"; it must be true or false"#]],
    );
    feed(
        r#""missing_after":-1"#,
        expect![
            "invalid_field [missing_after] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
}

#[test]
fn tiers_of_a_feed_are_read_with_care() {
    feed(
        r#""tiers":[{"tier":"fast"}]"#,
        expect!["missing_field [tiers[0].every_minutes] is missing; add it"],
    );
    feed(
        r#""tiers":[{"tier":"fast","every_minutes":"60"}]"#,
        expect![[
            r#"invalid_field [tiers[0].every_minutes] is string "60"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    feed(
        r#""tiers":[{"tier":"f","every_minutes":60,"ladder":[{"buffer":{"units":2}}]}]"#,
        expect!["missing_field [tiers[0].ladder[0].after_minutes] is missing; add it"],
    );
    feed(
        r#""tiers":[{"tier":"f","every_minutes":60,"ladder":[{"after_minutes":90,"trust":50}]}]"#,
        expect![
            "unknown_field [tiers[0].ladder[0].trust] is not a field of this object: expected one of `after_minutes`, `trust_percent`, `buffer`"
        ],
    );
}

#[test]
fn breakers_and_tolerances_of_a_feed_are_read_with_care() {
    feed(
        r#""breakers":{"to_zero":30}"#,
        expect![
            "unknown_field [breakers.to_zero] is not a field of this object: expected one of `to_zero_percent`, `missing_percent`, `change_percent`, `quantity_max`"
        ],
    );
    feed(
        r#""breakers":{"change_percent":12.5}"#,
        expect![
            "invalid_field [breakers.change_percent] is floating point `12.5`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    feed(
        r#""tolerance":{"unit":2}"#,
        expect![
            "unknown_field [tolerance.unit] is not a field of this object: expected one of `units`, `percent`, `value`, `daily_units`, `lower`, `first`"
        ],
    );
    feed(
        r#""tolerance":{"lower":1}"#,
        expect!["invalid_field [tolerance.lower] is integer `1`; it must be true or false"],
    );
}

#[test]
fn how_a_feed_comes_is_read_with_care() {
    feed(
        r#""pull":"https://example.com/stock.csv""#,
        expect![[
            r#"invalid_field [pull] is string "https://example.com/stock.csv"; it must be an object"#
        ]],
    );
    feed(
        r#""pull":{"ftp":"example.com"}"#,
        expect![
            "unknown_field [pull.ftp] is not a field of this object: expected `url` or `directory`"
        ],
    );
    feed(
        r#""profile":{"format":"csv"}"#,
        expect!["invalid_field [profile] is an object; it must be a string"],
    );
    feed(
        r#""interval":60"#,
        expect![
            "unknown_field [interval] is not a field of this object: expected one of `feed`, `supplier`, `location`, `basis`, `changes_only`, `missing_after`, `tiers`, `breakers`, `tolerance`, `profile`, `pull`"
        ],
    );
    check(
        "set_feed",
        r#"{"feed":"F","supplier":"S"}"#,
        expect!["missing_field [location] is missing; add it"],
    );
}

#[test]
fn tiers_of_items_are_read_with_care() {
    let tier = r#"{"feed":"F","lines":[{"sku":"W","tier":""}]}"#;
    check("assign_tier", tier, expect!["invalid_field [lines[0].tier] must not be empty"]);
    check(
        "assign_tier",
        r#"{"feed":"F","lines":[{"sku":"W"}]}"#,
        expect!["missing_field [lines[0].tier] is missing; add it"],
    );
}

fn snapshot(more: &str, expected: Expect) {
    check("record_snapshot", &format!(r#"{{"feed":"F","snapshot":"1",{more}}}"#), expected);
}

fn said_of(line: &str, expected: Expect) {
    snapshot(&format!(r#""lines":[{line}]"#), expected);
}

#[test]
fn lines_of_snapshots_are_read_with_care() {
    said_of(
        r#"{"supplier_sku":"007","quantity":0}"#,
        expect!["ok record_snapshot b64b23f92096b0a9.ec00002ad00000000000950045"],
    );
    // C12: a number left open is not zero.
    said_of(
        r#"{"supplier_sku":"007","quantity":null}"#,
        expect!["ok record_snapshot 9a0a92cfec7a158e.ec00002ad00000000000930045"],
    );
    said_of(
        r#"{"supplier_sku":"007","quantity":-3}"#,
        expect![
            "invalid_field [lines[0].quantity] is integer `-3`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    said_of(
        r#"{"supplier_sku":"007","quantity":"12"}"#,
        expect![[
            r#"invalid_field [lines[0].quantity] is string "12"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    said_of(
        r#"{"supplier_sku":"007","quantity":12.0}"#,
        expect![
            "invalid_field [lines[0].quantity] is floating point `12.0`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    said_of(
        r#"{"supplier_sku":"007","pack":0}"#,
        expect!["invalid_field [lines[0].pack] must be a whole number from 1 to 1000000000000"],
    );
    said_of(
        r#"{"supplier_sku":" 007","quantity":1}"#,
        expect!["invalid_field [lines[0].supplier_sku] must not begin or end with a space"],
    );
    said_of(
        r#"{"sku":"W","quantity":1}"#,
        expect![
            "unknown_field [lines[0].sku] is not a field of this object: expected one of `supplier_sku`, `quantity`, `pack`, `next_restock_at`"
        ],
    );
}

#[test]
fn heads_of_snapshots_are_read_with_care() {
    snapshot(
        r#""as_of":"24.11.2026 16:00""#,
        expect![
            "invalid_field [as_of] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    snapshot(
        r#""as_of":"2026-11-24T16:00:00""#,
        expect![
            "invalid_field [as_of] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    snapshot(
        r#""complete":"true""#,
        expect![[r#"invalid_field [complete] is string "true"; it must be true or false"#]],
    );
    snapshot(
        r#""basis":"net""#,
        expect![
            "invalid_field [basis] is `net`; it must be one of `on_hand`, `before_our_orders`, `after_our_orders`"
        ],
    );
    snapshot(
        r#""part":"1""#,
        expect![[
            r#"invalid_field [part] is string "1"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    snapshot(
        r#""findings":{}"#,
        expect![
            "unknown_field [findings] is not a field of this object: expected one of `feed`, `snapshot`, `as_of`, `complete`, `tier`, `basis`, `orders_seen_through`, `lines`, `hash`, `part`"
        ],
    );
    check(
        "record_snapshot",
        r#"{"feed":"F","lines":[]}"#,
        expect!["missing_field [snapshot] is missing; add it"],
    );
}

#[test]
fn decisions_about_differences_are_read_with_care() {
    let judge = |verdict: &str| {
        format!(
            r#"{{"feed":"F","snapshot":"1","verdict":{verdict},"reason":{{"code":"correction"}}}}"#
        )
    };
    check(
        "judge_snapshot",
        &judge(r#""accept""#),
        expect!["invalid_field [verdict] is `accept`; it must be `confirm` or `reject`"],
    );
    check(
        "judge_snapshot",
        &judge("true"),
        expect![
            "invalid_field [verdict] must be a name as a string, or an object with one name as its member"
        ],
    );
    let unsaid = r#"{"feed":"F","snapshot":"1","verdict":"reject"}"#;
    check("judge_snapshot", unsaid, expect!["missing_field [reason] is missing; add it"]);
    let settle = |more: &str| format!(r#"{{"reason":{{"code":"correction"}},{more}}}"#);
    check(
        "settle_discrepancy",
        &settle(r#""action":"accept","numbers":[1]"#),
        expect![
            "invalid_field [action] is `accept`; it must be one of `accept_theirs`, `keep_ours`, `dispute`, `snooze`, `ask_supplier`, `reopen`"
        ],
    );
    check(
        "settle_discrepancy",
        &settle(r#""action":"keep_ours","numbers":["1"]"#),
        expect![[
            r#"invalid_field [numbers[0]] is string "1"; it must be a whole number, not negative, without fraction or exponent"#
        ]],
    );
    check(
        "settle_discrepancy",
        &settle(r#""action":"keep_ours","numbers":1"#),
        expect!["invalid_field [numbers] is integer `1`; it must be an array"],
    );
    check(
        "settle_discrepancy",
        &settle(r#""action":"snooze","numbers":[1],"until":"Monday""#),
        expect![
            "invalid_field [until] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    check(
        "settle_discrepancy",
        &settle(r#""action":"keep_ours","numbers":[1],"book":[]"#),
        expect![
            "unknown_field [book] is not a field of this object: expected one of `action`, `numbers`, `reason`, `until`"
        ],
    );
    let unknown = r#"{"action":"keep_ours","numbers":[1],"reason":{"code":"because"}}"#;
    check(
        "settle_discrepancy",
        unknown,
        expect![
            "invalid_field [reason.code] is `because`; it must be one of `correction`, `count_variance`, `received`, `restock`, `damaged_warehouse`, `damaged_carrier`, `damaged_customer`, `defective`, `expired`, `shrinkage`, `promotion`, `quality_control`, `found`, `lost_in_transit`, `supplier_short_ship`, `supplier_discontinued`, `oversell_cancel`, `recall`, `data_import`, `other`"
        ],
    );
    check(
        "settle_discrepancy",
        r#"{"action":"keep_ours","numbers":[1]}"#,
        expect!["missing_field [reason] is missing; add it"],
    );
}

#[test]
fn stocktakes_and_echoes_are_read_with_care() {
    let stocktake = |more: &str| format!(r#"{{"stocktake":"T","location":"A",{more}}}"#);
    check(
        "record_stocktake",
        &stocktake(r#""lines":[{"sku":"W","quantity":-1}]"#),
        expect![
            "invalid_field [lines[0].quantity] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    check(
        "record_stocktake",
        &stocktake(r#""lines":[{"sku":"W"}]"#),
        expect!["missing_field [lines[0].quantity] is missing; add it"],
    );
    check(
        "record_stocktake",
        &stocktake(r#""lines":[],"counted_at":"now""#),
        expect![
            "invalid_field [counted_at] must be an RFC 3339 time with an offset, such as 2026-11-22T08:30:00Z"
        ],
    );
    check(
        "record_stocktake",
        &stocktake(r#""lines":[],"tolerance":5"#),
        expect!["invalid_field [tolerance] is integer `5`; it must be an object"],
    );
    check(
        "record_stocktake",
        r#"{"stocktake":"T","location":"A"}"#,
        expect!["missing_field [lines] is missing; add it"],
    );
    let listed = |line: &str| format!(r#"{{"channel":"eu","lines":[{line}]}}"#);
    check(
        "list_stock",
        &listed(r#"{"sku":"W","quantity":null}"#),
        expect![
            "invalid_field [lines[0].quantity] is null; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    check(
        "list_stock",
        &listed(r#"{"sku":"W","stock":1}"#),
        expect![
            "unknown_field [lines[0].stock] is not a field of this object: expected `sku` or `quantity`"
        ],
    );
    check(
        "hear_stock",
        &listed(r#"{"sku":"W","quantity":-1}"#),
        expect![
            "invalid_field [lines[0].quantity] is integer `-1`; it must be a whole number, not negative, without fraction or exponent"
        ],
    );
    check(
        "hear_stock",
        r#"{"channel":"eu","lines":[],"heard_at":7}"#,
        expect!["invalid_field [heard_at] is integer `7`; it must be a string"],
    );
}

#[test]
fn handovers_are_read_with_care() {
    check(
        "hand_over_orders",
        r#"{"supplier":"S"}"#,
        expect!["missing_field [handover] is missing; add it"],
    );
    check(
        "hand_over_orders",
        r#"{"supplier":"S","handover":"D","cut_off":"16:30"}"#,
        expect![
            "unknown_field [cut_off] is not a field of this object: expected `supplier` or `handover`"
        ],
    );
    let short = |line: &str| format!(r#"{{"supplier":"S","handover":"D","short":[{line}]}}"#);
    check(
        "confirm_handover",
        &short(r#"{"order":"SO-1","ref":"1","short":0}"#),
        expect!["invalid_field [short[0].short] must be a whole number from 1 to 1000000000000"],
    );
    check(
        "confirm_handover",
        &short(r#"{"order":"SO-1","short":1}"#),
        expect!["missing_field [short[0].ref] is missing; add it"],
    );
    check(
        "confirm_handover",
        &short(r#"{"order":"SO-1","ref":"1","short":1,"sku":"W"}"#),
        expect![
            "unknown_field [short[0].sku] is not a field of this object: expected one of `order`, `ref`, `short`"
        ],
    );
    let action = r#"{"supplier":"S","handover":"D","on_shortage":"refund"}"#;
    check(
        "confirm_handover",
        action,
        expect![
            "invalid_field [on_shortage] is `refund`; it must be one of `keep`, `cancel`, `reroute`"
        ],
    );
}

/// What the writer asks for by itself nobody else may ask for, nor under its keys.
#[test]
fn the_writers_own_commands_and_keys_are_its_own() {
    for stem in ["step_feed", "miss_handover"] {
        let refused = request(&ledger(), stem, b"{}", Some("k")).unwrap_err();
        assert_eq!(refused.code, "unknown_command", "{stem}");
    }
    for key in ["step:9:0:1", "cut_off:9:0", "missed:9", "snapshot:0a1b2c:1"] {
        let text = said(request(&ledger(), "set_supplier", br#"{"supplier":"S"}"#, Some(key)));
        assert!(text.ends_with("which the ledger uses itself"), "{text}");
    }
}
