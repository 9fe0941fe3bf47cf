//! Policies and pools.

use super::{Command, Sample, at, s, v1};

fn rule() -> v1::Rule {
    let kept = |units| Some(v1::rule::KeptBack { units: Some(units), percent: Some(5) });
    let names = |name: &str| Some(v1::rule::Names { names: vec![s(name)] });
    v1::Rule {
        buffer: kept(0),
        share_percent: Some(0),
        exclusive: Some(false),
        oversell: Some(v1::rule::Oversell { limit: Some(3), ratio: Some(105) }),
        max_listed: Some(99),
        end_when: Some(1),
        locations: Some(v1::rule::Names::default()),
        hold_seconds: Some(60),
        sell_ahead_days: Some(0),
        low_stock: Some(v1::rule::LowStock { at: 0, clear: Some(4) }),
        routing: Some(v1::rule::Routing {
            by: v1::rule::routing::By::Nearest.into(),
            split: v1::rule::routing::Split::Never.into(),
        }),
        safety: kept(7),
        trust_percent: Some(80),
        cost: Some(12),
        regions: names("eu"),
        return_to: v1::Condition::Sellable.into(),
    }
}

fn pooled() -> Vec<v1::PoolStock> {
    vec![v1::PoolStock { sku: s("A"), quantity: 2, location: s("L") }]
}

pub const SAMPLES: &[Sample] = &[
    (
        "set_policy",
        r#""sku":"A","category":"c","channel":"web","location":"L","supplier":"S","set":{
        "buffer":{"units":0,"percent":5},"share_percent":0,"exclusive":false,
        "oversell":{"limit":3,"ratio":105},"max_listed":99,"end_when":1,"locations":[],
        "hold_seconds":60,"sell_ahead_days":0,"low_stock":{"at":0,"clear":4},
        "routing":{"by":"nearest","split":"never"},"safety":{"units":7,"percent":5},
        "trust_percent":80,"cost":12,"regions":["eu"],"return_to":"sellable"},
        "clear":["cost","low_stock"]"#,
        || {
            Command::SetPolicy(v1::SetPolicy {
                sku: s("A"),
                category: s("c"),
                channel: s("web"),
                location: s("L"),
                supplier: s("S"),
                set: Some(rule()),
                clear: vec![s("cost"), s("low_stock")],
            })
        },
    ),
    ("set_policy", r#""clear":["safety"]"#, || {
        Command::SetPolicy(v1::SetPolicy { clear: vec![s("safety")], ..Default::default() })
    }),
    (
        "open_pool",
        r#""pool":"P","channel":"web","campaign":"c","customer":"u","draw":"only","priority":3,
        "ends_at":"2026-03-03T09:00:00Z","lines":[{"sku":"A","quantity":2,"location":"L"}],
        "tranches":[{"tranche":"t","release_at":"2026-03-03T09:00:00Z",
        "lines":[{"sku":"A","quantity":1}]}]"#,
        || {
            let lines = vec![v1::open_pool::Units { sku: s("A"), quantity: 1 }];
            let (tranche, release_at) = (s("t"), at());
            Command::OpenPool(v1::OpenPool {
                pool: s("P"),
                channel: s("web"),
                campaign: s("c"),
                customer: s("u"),
                draw: v1::open_pool::Draw::Only.into(),
                priority: 3,
                ends_at: at(),
                lines: pooled(),
                tranches: vec![v1::open_pool::Tranche { tranche, release_at, lines }],
            })
        },
    ),
    ("release_tranche", r#""pool":"P","tranche":"t""#, || {
        Command::ReleaseTranche(v1::ReleaseTranche { pool: s("P"), tranche: s("t") })
    }),
    (
        "move_pool",
        r#""from":"P","to":"Q","lines":[{"sku":"A","quantity":2,"location":"L"}]"#,
        || Command::MovePool(v1::MovePool { from: s("P"), to: s("Q"), lines: pooled() }),
    ),
    ("close_pool", r#""pool":"P""#, || Command::ClosePool(v1::ClosePool { pool: s("P") })),
];
