//! Holds and orders.

use super::{Command, Sample, at, reason, s, v1};

fn claims() -> Vec<v1::ClaimLine> {
    let (r#ref, sku, location) = (s("1a"), s("A"), s("L"));
    let full = v1::ClaimLine { r#ref, sku, quantity: 2, location, slot: at() };
    vec![full, v1::ClaimLine { sku: s("B"), quantity: 1_000_000_000_000, ..Default::default() }]
}

pub const SAMPLES: &[Sample] = &[
    (
        "hold_stock",
        r#""hold":"H","owner":"ann","channel":"web","expires_in":600,"lines":[
        {"ref":"1a","sku":"A","quantity":2,"location":"L","slot":"2026-03-03T09:00:00Z"},
        {"sku":"B","quantity":1000000000000}],"partial":"per_line","campaign":"c","customer":"u",
        "ship_to":"eu""#,
        || {
            Command::HoldStock(v1::HoldStock {
                hold: s("H"),
                owner: s("ann"),
                channel: s("web"),
                expires_in: 600,
                lines: claims(),
                partial: v1::Partial::PerLine.into(),
                campaign: s("c"),
                customer: s("u"),
                ship_to: s("eu"),
            })
        },
    ),
    ("hold_stock", r#""hold":"H","owner":"ann","lines":[]"#, || {
        let (hold, owner) = (s("H"), s("ann"));
        Command::HoldStock(v1::HoldStock { hold, owner, ..Default::default() })
    }),
    ("extend_hold", r#""hold":"H","expires_in":60"#, || {
        Command::ExtendHold(v1::ExtendHold { hold: s("H"), expires_in: 60 })
    }),
    ("release_hold", r#""hold":"H","lines":[{"ref":"1","quantity":1}]"#, || {
        let lines = vec![v1::release_hold::Line { r#ref: s("1"), quantity: 1 }];
        Command::ReleaseHold(v1::ReleaseHold { hold: s("H"), lines })
    }),
    (
        "commit_order",
        r#""order":"O","channel":"web","hold":"H","lines":[
        {"ref":"1a","sku":"A","quantity":2,"location":"L","slot":"2026-03-03T09:00:00Z"},
        {"sku":"B","quantity":1000000000000}],"partial":"best_effort","if_short":"accept_oversold",
        "campaign":"c","customer":"u","ship_to":"eu""#,
        || {
            Command::CommitOrder(v1::CommitOrder {
                order: s("O"),
                channel: s("web"),
                hold: s("H"),
                lines: claims(),
                partial: v1::Partial::BestEffort.into(),
                if_short: v1::commit_order::IfShort::AcceptOversold.into(),
                campaign: s("c"),
                customer: s("u"),
                ship_to: s("eu"),
            })
        },
    ),
    (
        "cancel_order",
        r#""order":"O","lines":[{"ref":"1","quantity":1},{"ref":"2"}],
        "reason":{"code":"other","note":"a note"}"#,
        || {
            let line = |r#ref: &str, quantity| v1::cancel_order::Line { r#ref: s(r#ref), quantity };
            let lines = vec![line("1", Some(1)), line("2", None)];
            Command::CancelOrder(v1::CancelOrder { order: s("O"), lines, reason: reason() })
        },
    ),
    (
        "ship_order",
        r#""order":"O","location":"L","lines":[{"ref":"1","quantity":1,"sku":"A","location":"M"}],
        "refuse_if_short":true"#,
        || {
            let (r#ref, sku, location) = (s("1"), s("A"), s("M"));
            let line = v1::ship_order::Line { r#ref, quantity: Some(1), sku, location };
            Command::ShipOrder(v1::ShipOrder {
                order: s("O"),
                location: s("L"),
                lines: vec![line],
                refuse_if_short: true,
            })
        },
    ),
    (
        "return_stock",
        r#""order":"O","location":"L","lines":[
        {"ref":"1","sku":"A","quantity":1,"condition":"quality_control"}],
        "reason":{"code":"other","note":"a note"}"#,
        || {
            let (r#ref, sku) = (s("1"), s("A"));
            let condition = v1::Condition::QualityControl.into();
            Command::ReturnStock(v1::ReturnStock {
                order: s("O"),
                location: s("L"),
                lines: vec![v1::return_stock::Line { r#ref, sku, quantity: 1, condition }],
                reason: reason(),
            })
        },
    ),
    (
        "relocate_order",
        r#""order":"O","lines":[{"ref":"1","quantity":1,"from":"L","to":"M"}]"#,
        || {
            let (r#ref, from, to) = (s("1"), s("L"), s("M"));
            let line = v1::relocate_order::Line { r#ref, quantity: Some(1), from, to };
            Command::RelocateOrder(v1::RelocateOrder { order: s("O"), lines: vec![line] })
        },
    ),
];
