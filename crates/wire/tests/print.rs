//! The print of a command: the same for a retry, another for another command, and stable for ever.

#![allow(clippy::unwrap_used)]

use onhand_core::{LedgerId, Request};
use onhand_wire::{differing_field, request};

fn commit(fields: &str) -> Request {
    let ledger = LedgerId::new("acme").unwrap();
    let body = format!(r#"{{"order":"SO-1",{fields}}}"#);
    request(&ledger, "commit_order", body.as_bytes(), Some("k")).unwrap()
}

const LINES: &str = r#""lines":[{"sku":"W","quantity":2}]"#;

/// These texts are stored in journals: if this test fails, old keys would be called reused.
#[test]
fn prints_are_a_stored_format() {
    expect_test::expect!["e7f6fbe84066c629.500000570000307457"]
        .assert_eq(&commit(LINES).envelope.request);
    let dated = commit(&format!(r#"{LINES},"occurred_at":"2026-01-02T03:04:05Z","channel":"eu""#));
    expect_test::expect!["5b9577b1b3ca2380.50ba0057cf00307457"].assert_eq(&dated.envelope.request);
}

#[test]
fn a_retry_may_be_spelled_differently() {
    let first = commit(LINES);
    let spelled = r#" "actor":"else", "lines" : [{"quantity":2,"location":null,"sku":"\u0057"}], "channel":null"#;
    assert_eq!(first.envelope.request, commit(spelled).envelope.request);
}

#[test]
fn another_command_names_the_field_that_differs() {
    let first = commit(LINES).envelope.request;
    let differs = |fields: &str| {
        let other = commit(fields);
        assert_ne!(first, other.envelope.request, "{fields}");
        differing_field(&first, &other.envelope.request, &other.command)
    };
    assert_eq!(differs(r#""lines":[{"sku":"W","quantity":3}]"#), "lines");
    assert_eq!(differs(&format!(r#"{LINES},"if_short":"accept_oversold""#)), "if_short");
    assert_eq!(differs(&format!(r#"{LINES},"channel":"eu""#)), "channel");
    assert_eq!(differs(&format!(r#"{LINES},"cause":"order:1""#)), "cause");
    assert_eq!(differs(&format!(r#"{LINES},"occurred_at":"2026-01-02T03:04:05Z""#)), "occurred_at");
    let ledger = LedgerId::new("acme").unwrap();
    let other = request(&ledger, "cancel_order", br#"{"order":"SO-1"}"#, Some("k")).unwrap();
    assert_eq!(differing_field(&first, &other.envelope.request, &other.command), "command");
}

fn print(stem: &str, body: &str) -> Request {
    let ledger = LedgerId::new("acme").unwrap();
    request(&ledger, stem, body.as_bytes(), Some("k")).unwrap()
}

/// Two bodies under one key that differ somewhere inside: the field they differ in is named.
#[track_caller]
fn check(stem: &str, one: &str, other: &str, field: &str) {
    let (one, other) = (print(stem, one), print(stem, other));
    let (old, new) = (&one.envelope.request, &other.envelope.request);
    assert_ne!(old, new);
    assert_eq!(differing_field(old, new, &other.command), field);
    assert_eq!(differing_field(new, old, &one.command), field);
}

#[test]
fn what_differs_inside_a_field_names_the_field() {
    let buffer = r#"{"channel":"eu","set":{"buffer":{"units":5}}}"#;
    let share = r#"{"channel":"eu","set":{"share_percent":5}}"#;
    check("set_policy", buffer, share, "set");
    check("set_policy", buffer, r#"{"channel":"eu","set":{"buffer":{"percent":5}}}"#, "set");
    check("set_policy", buffer, r#"{"channel":"eu","set":{"safety":{"units":5}}}"#, "set");
    check("set_policy", buffer, r#"{"location":"eu","set":{"buffer":{"units":5}}}"#, "channel");
    check("set_policy", r#"{"clear":["buffer"]}"#, r#"{"clear":["safety"]}"#, "clear");
    check("set_policy", r#"{"set":{"regions":["a"]}}"#, r#"{"set":{"regions":["a","b"]}}"#, "set");

    let mode = |limit: u64, window: &str| {
        format!(
            r#"{{"sku":"W","mode":{{"capacity":{{"limit":{limit},"window":"{window}","zone":"UTC"}}}}}}"#
        )
    };
    check("set_mode", &mode(5, "1d"), &mode(6, "1d"), "mode");
    check("set_mode", &mode(5, "1d"), &mode(5, "2d"), "mode");
    check("set_mode", &mode(5, "1d"), r#"{"sku":"W","mode":"unlimited"}"#, "mode");
    assert_eq!(
        print("set_mode", &mode(5, "60m")).envelope.request,
        print("set_mode", &mode(5, "1h")).envelope.request
    );

    let pool = |tranche: &str, units: u64| {
        let lines = format!(r#"[{{"sku":"W","quantity":{units}}}]"#);
        format!(
            r#"{{"pool":"P","channel":"eu","lines":[{{"sku":"W","quantity":9}}],"tranches":[{{"tranche":"{tranche}","release_at":"2026-12-01T08:00:00Z","lines":{lines}}}]}}"#
        )
    };
    check("open_pool", &pool("T1", 5), &pool("T1", 6), "tranches");
    check("open_pool", &pool("T1", 5), &pool("T2", 5), "tranches");
    let later = pool("T1", 5).replace("08:00:00Z", "09:00:00Z");
    check("open_pool", &pool("T1", 5), &later, "tranches");
    let zone = pool("T1", 5).replace("08:00:00Z", "09:00:00+01:00");
    let [one, same] = [pool("T1", 5), zone].map(|it| print("open_pool", &it).envelope.request);
    assert_eq!(one, same);
}

/// What is added to a command later stands last and may be left out, so old prints stay.
#[test]
fn fields_that_came_later_change_no_older_print() {
    let hold = r#"{"hold":"H","owner":"o","expires_in":60,"lines":[{"sku":"W","quantity":2}]}"#;
    expect_test::expect!["1fabc9d16aadc765.670000775d00173074"]
        .assert_eq(&print("hold_stock", hold).envelope.request);
    let campaign = hold.replace(r#""owner""#, r#""campaign":"c","owner""#);
    expect_test::expect!["ff81afe79b951437.670000775d00173074e6"]
        .assert_eq(&print("hold_stock", &campaign).envelope.request);
    let slot = hold.replace(r#""quantity":2"#, r#""quantity":2,"slot":null"#);
    assert_eq!(
        print("hold_stock", hold).envelope.request,
        print("hold_stock", &slot).envelope.request
    );
}

#[test]
fn what_differs_in_terms_and_numbers_of_suppliers_is_named() {
    let feed = |terms: &str| format!(r#"{{"feed":"F","supplier":"S","location":"A",{terms}}}"#);
    let tier =
        |minutes: u64| feed(&format!(r#""tiers":[{{"tier":"f","every_minutes":{minutes}}}]"#));
    check("set_feed", &tier(60), &tier(90), "tiers");
    let breakers = feed(r#""breakers":{"to_zero_percent":30}"#);
    check("set_feed", &breakers, &feed(r#""breakers":{"missing_percent":30}"#), "breakers");
    let tolerance = feed(r#""tolerance":{"units":2}"#);
    check("set_feed", &tolerance, &feed(r#""tolerance":{"units":2,"lower":true}"#), "tolerance");

    let said = |more: &str| {
        format!(r#"{{"feed":"F","snapshot":"1","lines":[{{"supplier_sku":"007"{more}}}]}}"#)
    };
    // A number left open is another one than zero, and the same as none.
    check("record_snapshot", &said(r#","quantity":0"#), &said(""), "lines");
    let [one, same] =
        [said(""), said(r#","quantity":null"#)].map(|it| print("record_snapshot", &it));
    assert_eq!(one.envelope.request, same.envelope.request);
    expect_test::expect!["9a0a92cfec7a158e.ec00002ad00000000000930045"]
        .assert_eq(&one.envelope.request);

    let settle = |number: u64| {
        format!(r#"{{"action":"keep_ours","numbers":[{number}],"reason":{{"code":"found"}}}}"#)
    };
    check("settle_discrepancy", &settle(1), &settle(2), "numbers");
}
