//! Stock that comes, goes, moves and is counted.

use super::{Command, Sample, at, reason, s, v1};

const LINE: &str = r#""location":"L","lines":[{"sku":"A","quantity":2,"condition":"damaged"}],
    "reason":{"code":"other","note":"a note"}"#;

fn lines() -> Vec<v1::ConditionLine> {
    let condition = v1::Condition::Damaged.into();
    vec![v1::ConditionLine { sku: s("A"), quantity: 2, condition }]
}

pub const SAMPLES: &[Sample] = &[
    (
        "receive_stock",
        r#""location":"L","lines":[{"sku":"A","quantity":2,"lot":"x","unit_cost":0}],
        "to":"quality_control","from":"opening","supplier":"S","inbound":"I","create_items":true"#,
        || {
            let (sku, lot) = (s("A"), s("x"));
            let line = v1::receive_stock::Line { sku, quantity: 2, lot, unit_cost: Some(0) };
            Command::ReceiveStock(v1::ReceiveStock {
                location: s("L"),
                lines: vec![line],
                to: v1::receive_stock::To::QualityControl.into(),
                from: v1::receive_stock::From::Opening.into(),
                supplier: s("S"),
                inbound: s("I"),
                create_items: true,
            })
        },
    ),
    (
        "inspect_stock",
        r#""location":"L","lines":[{"sku":"A","passed":2,"rejected":1}],"rejected_to":"supplier""#,
        || {
            let line = v1::inspect_stock::Line { sku: s("A"), passed: 2, rejected: 1 };
            let rejected_to = v1::inspect_stock::RejectedTo::Supplier.into();
            let (location, lines) = (s("L"), vec![line]);
            Command::InspectStock(v1::InspectStock { location, lines, rejected_to })
        },
    ),
    ("damage_stock", LINE, || {
        let (location, lines, reason) = (s("L"), lines(), reason());
        Command::DamageStock(v1::DamageStock { location, lines, reason })
    }),
    ("write_off_stock", LINE, || {
        let (location, lines, reason) = (s("L"), lines(), reason());
        Command::WriteOffStock(v1::WriteOffStock { location, lines, reason })
    }),
    (
        "return_to_supplier",
        r#""location":"L","lines":[{"sku":"A","quantity":2,"condition":"damaged"}],
        "supplier":"S","reason":{"code":"other","note":"a note"}"#,
        || {
            let (location, lines, supplier, reason) = (s("L"), lines(), s("S"), reason());
            Command::ReturnToSupplier(v1::ReturnToSupplier { location, lines, supplier, reason })
        },
    ),
    (
        "change_condition",
        r#""location":"L","lines":[{"sku":"A","quantity":2,"from":"quarantined","to":"sellable"}]"#,
        || {
            let line = v1::change_condition::Line {
                sku: s("A"),
                quantity: 2,
                from: v1::Condition::Quarantined.into(),
                to: v1::Condition::Sellable.into(),
            };
            let (location, lines) = (s("L"), vec![line]);
            Command::ChangeCondition(v1::ChangeCondition { location, lines, reason: None })
        },
    ),
    (
        "start_transfer",
        r#""transfer":"T","from":"L","to":"M","lines":[{"sku":"A","quantity":2}]"#,
        || {
            let lines = vec![v1::start_transfer::Line { sku: s("A"), quantity: 2 }];
            let (transfer, from, to) = (s("T"), s("L"), s("M"));
            Command::StartTransfer(v1::StartTransfer { transfer, from, to, lines })
        },
    ),
    (
        "receive_transfer",
        r#""transfer":"T","lines":[{"sku":"A","received":2,"damaged":1,"missing":3}]"#,
        || {
            let (sku, transfer) = (s("A"), s("T"));
            let line = v1::receive_transfer::Line { sku, received: 2, damaged: 1, missing: 3 };
            Command::ReceiveTransfer(v1::ReceiveTransfer { transfer, lines: vec![line] })
        },
    ),
    ("cancel_transfer", r#""transfer":"T","outcome":"write_off""#, || {
        let outcome = v1::cancel_transfer::Outcome::WriteOff.into();
        Command::CancelTransfer(v1::CancelTransfer { transfer: s("T"), outcome })
    }),
    (
        "count_stock",
        r#""location":"L","counted_at":"2026-03-03T09:00:00Z",
        "lines":[{"sku":"A","condition":"sellable","quantity":0}],"create_items":true"#,
        || {
            let (sku, condition) = (s("A"), v1::Condition::Sellable.into());
            Command::CountStock(v1::CountStock {
                location: s("L"),
                counted_at: at(),
                lines: vec![v1::count_stock::Line { sku, condition, quantity: 0 }],
                create_items: true,
            })
        },
    ),
    (
        "adjust_stock",
        r#""location":"L","lines":[{"sku":"A","condition":"damaged","change":-3},
        {"sku":"B","set":4,"expected":5},{"sku":"C","set":0,"expected":null},{"sku":"D"}],
        "reason":{"code":"other","note":"a note"},"create_items":true"#,
        || {
            let none = v1::adjust_stock::Line::default;
            let condition = v1::Condition::Damaged.into();
            let lines = vec![
                v1::adjust_stock::Line { sku: s("A"), condition, change: Some(-3), ..none() },
                v1::adjust_stock::Line { sku: s("B"), set: Some(4), expected: Some(5), ..none() },
                v1::adjust_stock::Line { sku: s("C"), set: Some(0), unchecked: true, ..none() },
                v1::adjust_stock::Line { sku: s("D"), ..none() },
            ];
            let (location, reason) = (s("L"), reason());
            Command::AdjustStock(v1::AdjustStock { location, lines, reason, create_items: true })
        },
    ),
    ("reverse_entry", r#""position":7,"reason":"incorrect_data""#, || {
        let reason = v1::reverse_entry::Why::IncorrectData.into();
        Command::ReverseEntry(v1::ReverseEntry { position: 7, reason })
    }),
    (
        "expect_stock",
        r#""inbound":"I","location":"L","supplier":"S","lines":[
        {"sku":"A","quantity":0,"expected_at":"2026-03-03T09:00:00Z","confidence":0},
        {"sku":"B","quantity":5,"expected_at":"2026-03-03T09:00:00Z"}]"#,
        || {
            let line = |sku: &str, quantity, confidence| v1::expect_stock::Line {
                sku: s(sku),
                quantity,
                expected_at: at(),
                confidence,
            };
            Command::ExpectStock(v1::ExpectStock {
                inbound: s("I"),
                location: s("L"),
                supplier: s("S"),
                lines: vec![line("A", 0, Some(0)), line("B", 5, None)],
            })
        },
    ),
];
