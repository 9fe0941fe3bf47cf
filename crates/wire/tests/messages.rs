//! Every command as JSON and as a message is the same request, print included; and what a message
//! cannot say is refused with its field.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use onhand_core::{Command, LedgerId, TraceParent};
use onhand_proto::v1;
use onhand_proto::v1::command::Command as Message;
use onhand_wire::{Invalid, request, request_of_call, request_of_item};
use prost_types::Timestamp;

mod samples;

use samples::SAMPLES;

fn ledger() -> LedgerId {
    LedgerId::new("acme").expect("a name")
}

fn envelope() -> v1::Envelope {
    v1::Envelope {
        id: "k".into(),
        occurred_at: Some(Timestamp { seconds: 1_772_528_400, nanos: 5_000 }),
        actor: "ann".into(),
        source: "shop".into(),
        source_event: "e1".into(),
        cause: "order:1".into(),
        metadata: [("a".to_owned(), "b".to_owned())].into(),
    }
}

const ENVELOPE: &str = r#""id":"k","occurred_at":"2026-03-03T09:00:00.000005Z","actor":"ann",
    "source":"shop","source_event":"e1","cause":"order:1","metadata":{"a":"b"}"#;

#[test]
fn json_and_messages_are_the_same_requests() {
    let mut told = BTreeSet::new();
    for (stem, own, message) in SAMPLES.iter() {
        let body = format!("{{{ENVELOPE},{own}}}");
        let of_json = request(&ledger(), stem, body.as_bytes(), None).unwrap();
        let item = v1::Command { envelope: Some(envelope()), command: Some(message()) };
        let of_message = request_of_item(&ledger(), item, None).unwrap();
        assert_eq!(of_message, of_json, "{stem}");
        let of_call = request_of_call(&ledger(), Some(envelope()), Some(message()), None).unwrap();
        assert_eq!(of_call, of_json, "{stem}");
        told.insert(*stem);
    }
    let missing: Vec<_> = Command::STEMS.iter().filter(|it| !told.contains(**it)).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

#[test]
fn a_trace_changes_no_print() {
    let trace = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let call = |trace| {
        let command = Message::CloseItem(v1::CloseItem { sku: "A".into() });
        request_of_call(&ledger(), Some(envelope()), Some(command), trace).unwrap().envelope
    };
    assert_eq!(call(None).request, call(trace.as_ref()).request);
    assert_eq!(call(trace.as_ref()).traceparent, trace);
}

fn line() -> v1::ClaimLine {
    v1::ClaimLine { sku: "A".into(), quantity: 1, ..Default::default() }
}

fn order(lines: Vec<v1::ClaimLine>) -> v1::CommitOrder {
    v1::CommitOrder { order: "O".into(), lines, ..Default::default() }
}

fn said(envelope: v1::Envelope, command: Option<Message>) -> String {
    let item = v1::Command { envelope: Some(envelope), command };
    match request_of_item(&ledger(), item, None) {
        Ok(it) => format!("ok {}", it.command.stem()),
        Err(Invalid { code, field, message, .. }) => format!("{code} [{field}] {message}"),
    }
}

fn check(commands: Vec<Message>, expected: Expect) {
    let told = commands.into_iter().map(|it| said(envelope(), Some(it)) + "\n");
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn wrong_fields_are_named() {
    let at = |seconds, nanos| {
        let slot = Some(Timestamp { seconds, nanos });
        Message::CommitOrder(order(vec![line(), v1::ClaimLine { slot, ..line() }]))
    };
    let with = |quantity| {
        let third = v1::ClaimLine { quantity, ..line() };
        Message::CommitOrder(order(vec![line(), line(), third]))
    };
    let sku =
        |sku: &str| Message::CommitOrder(order(vec![v1::ClaimLine { sku: sku.into(), ..line() }]));
    let reason = |code: &str, note: String| {
        let reason = Some(v1::Reason { code: code.into(), note });
        Message::CancelOrder(v1::CancelOrder { order: "O".into(), reason, ..Default::default() })
    };
    check(
        vec![
            at(-1, 0),
            at(0, -1),
            at(0, 1_000_000_000),
            at(253_402_300_800, 0),
            with(0),
            with(1_000_000_000_001),
            sku(""),
            sku(" A"),
            sku(&"x".repeat(65)),
            sku("A\u{200B}"),
            Message::CommitOrder(v1::CommitOrder { partial: 3, ..order(vec![line()]) }),
            Message::CommitOrder(v1::CommitOrder { if_short: -1, ..order(vec![line()]) }),
            reason("", String::new()),
            reason("mood", String::new()),
            reason("other", "x".repeat(501)),
            reason("other", "a\tb".into()),
        ],
        expect![[r#"
            invalid_field [commit_order.lines[1].slot] lies before 1970; send a later moment
            invalid_field [commit_order.lines[1].slot] must have nanos from 0 to 999,999,999
            invalid_field [commit_order.lines[1].slot] must have nanos from 0 to 999,999,999
            invalid_field [commit_order.lines[1].slot] lies behind the year 9999; send an earlier moment
            invalid_field [commit_order.lines[2].quantity] must be a whole number from 1 to 1000000000000
            invalid_field [commit_order.lines[2].quantity] must be a whole number from 1 to 1000000000000
            missing_field [commit_order.lines[0].sku] is missing; add it
            invalid_field [commit_order.lines[0].sku] must not begin or end with a space
            invalid_field [commit_order.lines[0].sku] has 65 characters; at most 64 are allowed
            invalid_field [commit_order.lines[0].sku] contains the invisible character U+200B; remove it
            invalid_field [commit_order.partial] is 3, which is none of its values; it must be PARTIAL_NONE, PARTIAL_PER_LINE, PARTIAL_BEST_EFFORT
            invalid_field [commit_order.if_short] is -1, which is none of its values; it must be REFUSE, ACCEPT_OVERSOLD
            missing_field [cancel_order.reason.code] is missing; add it
            invalid_field [cancel_order.reason.code] is `mood`; it must be one of `correction`, `count_variance`, `received`, `restock`, `damaged_warehouse`, `damaged_carrier`, `damaged_customer`, `defective`, `expired`, `shrinkage`, `promotion`, `quality_control`, `found`, `lost_in_transit`, `supplier_short_ship`, `supplier_discontinued`, `oversell_cancel`, `recall`, `data_import`, `other`
            invalid_field [cancel_order.reason.note] must have at most 500 characters
            invalid_field [cancel_order.reason.note] contains the control character U+0009; remove it
        "#]],
    );
}

#[test]
fn what_is_needed_is_missed_by_name() {
    let capacity = v1::set_mode::Capacity { limit: 1, window: "9x".into(), zone: "UTC".into() };
    let capacity = Some(v1::set_mode::Mode::Capacity(capacity));
    let names = |name: &str| Some(v1::rule::Names { names: vec!["A".into(), name.into()] });
    let rule = v1::Rule { locations: names("a/b"), ..Default::default() };
    let adjust = v1::adjust_stock::Line {
        sku: "A".into(),
        set: Some(1),
        expected: Some(1),
        unchecked: true,
        ..Default::default()
    };
    let reason = Some(v1::Reason { code: "correction".into(), note: String::new() });
    let cut_off = "24:00".to_owned();
    let change = v1::change_condition::Line { sku: "A".into(), quantity: 1, from: 0, to: 9 };
    check(
        vec![
            Message::CommitOrder(v1::CommitOrder::default()),
            Message::SetMode(v1::SetMode { sku: "A".into(), ..Default::default() }),
            Message::SetMode(v1::SetMode { sku: "A".into(), mode: capacity, counts: None }),
            Message::SetPolicy(v1::SetPolicy { set: Some(rule), ..Default::default() }),
            Message::SetPolicy(v1::SetPolicy { clear: vec!["luck".into()], ..Default::default() }),
            Message::AdjustStock(v1::AdjustStock {
                location: "L".into(),
                lines: vec![adjust],
                reason,
                create_items: false,
            }),
            Message::AdjustStock(v1::AdjustStock { location: "L".into(), ..Default::default() }),
            Message::ReverseEntry(v1::ReverseEntry { position: 1, reason: 0 }),
            Message::ChangeCondition(v1::ChangeCondition {
                location: "L".into(),
                lines: vec![change],
                reason: None,
            }),
            Message::SetSupplier(v1::SetSupplier {
                supplier: "S".into(),
                cut_off,
                ..Default::default()
            }),
            Message::RegisterItem(v1::RegisterItem {
                sku: "A".into(),
                scale: 256,
                ..Default::default()
            }),
            Message::ExpectStock(v1::ExpectStock {
                inbound: "I".into(),
                location: "L".into(),
                lines: vec![v1::expect_stock::Line { sku: "A".into(), ..Default::default() }],
                ..Default::default()
            }),
        ],
        expect![[r#"
            missing_field [commit_order.order] is missing; add it
            missing_field [set_mode.mode] is missing; add it
            invalid_field [set_mode.capacity.window] must be a length such as 15m, 2h, 1d or 7d: minutes and hours up to a day, days up to 366
            invalid_field [set_policy.set.locations.names[1]] must not contain a slash
            invalid_field [set_policy.clear[0]] is `luck`; it must be one of `buffer`, `share_percent`, `exclusive`, `oversell`, `max_listed`, `end_when`, `locations`, `hold_seconds`, `sell_ahead_days`, `low_stock`, `routing`, `safety`, `trust_percent`, `cost`, `regions`, `return_to`
            invalid_field [adjust_stock.lines[0].unchecked] stands beside `expected`; keep one of them
            missing_field [adjust_stock.reason] is missing; add it
            missing_field [reverse_entry.reason] is missing; add it
            missing_field [change_condition.lines[0].from] is missing; add it
            invalid_field [set_supplier.cut_off] must be a time of day such as 16:30, from 00:00 to 23:59
            invalid_field [register_item.scale] must be a whole number from 0 to 255
            missing_field [expect_stock.lines[0].expected_at] is missing; add it
        "#]],
    );
}

#[test]
fn an_envelope_is_checked_as_in_json() {
    let close = || Some(Message::CloseItem(v1::CloseItem { sku: "A".into() }));
    let with = |change: fn(&mut v1::Envelope)| {
        let mut envelope = envelope();
        change(&mut envelope);
        said(envelope, close())
    };
    let before_1970 = Some(Timestamp { seconds: -5, nanos: 0 });
    let early = said(v1::Envelope { occurred_at: before_1970, ..envelope() }, close());
    let told = [
        with(|it| it.id.clear()),
        with(|it| it.id = "expire:H".into()),
        with(|it| it.id = "snapshot:1".into()),
        with(|it| it.source.clear()),
        with(|it| it.actor = "a\nb".into()),
        with(|it| it.metadata = [(String::new(), "b".to_owned())].into()),
        with(|it| it.metadata = [("a".to_owned(), "x".repeat(501))].into()),
        early,
        said(envelope(), None),
    ];
    expect![[r#"
        idempotency_key_missing [envelope.id] is missing; send a text of your own, new for every command and the same on every retry
        invalid_field [envelope.id] must not begin with `expire:`, which the ledger uses itself
        invalid_field [envelope.id] must not begin with `snapshot:`, which the ledger uses itself
        missing_field [envelope.source] is missing; `source_event` is unique within its source
        invalid_field [envelope.actor] contains the invisible character U+000A; remove it
        missing_field [envelope.metadata] is missing; add it
        invalid_field [envelope.metadata.a] must have at most 500 characters
        invalid_field [envelope.occurred_at] lies before 1970; send a later moment
        missing_field [command] is missing; set one of the commands, such as receive_stock"#]].assert_eq(&told.join("\n"));
}
