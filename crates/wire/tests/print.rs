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
