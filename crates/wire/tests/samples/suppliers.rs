//! Suppliers, their feeds and what differs; what channels show.

use super::{Command, Sample, at, reason, s, v1};

fn tolerance() -> Option<v1::Tolerance> {
    Some(v1::Tolerance {
        units: Some(0),
        percent: Some(5),
        value: Some(100),
        daily_units: Some(9),
        lower: true,
        first: true,
    })
}

fn set_feed() -> Command {
    let buffer = Some(v1::rule::KeptBack { units: Some(2), percent: None });
    let step = v1::set_feed::Step { after_minutes: 60, trust_percent: Some(0), buffer };
    let tier = v1::set_feed::Tier { tier: s("fast"), every_minutes: 15, ladder: vec![step] };
    Command::SetFeed(v1::SetFeed {
        feed: s("F"),
        supplier: s("S"),
        location: s("L"),
        basis: v1::Basis::AfterOurOrders.into(),
        changes_only: true,
        missing_after: Some(3),
        tiers: vec![tier],
        breakers: Some(v1::set_feed::Breakers {
            to_zero_percent: Some(10),
            missing_percent: Some(20),
            change_percent: Some(30),
            quantity_max: Some(40),
        }),
        tolerance: tolerance(),
        profile: s("format = 'csv'"),
        pull: Some(v1::set_feed::Pull { url: s("https://a/b"), directory: String::new() }),
    })
}

fn map_supplier_sku() -> Command {
    let full = v1::map_supplier_sku::Line {
        supplier_sku: s("X"),
        sku: s("A"),
        pack: 12,
        unit_cost: Some(5),
        valid_from: at(),
        valid_until: at(),
    };
    let none = v1::map_supplier_sku::Line { supplier_sku: s("Y"), ..Default::default() };
    Command::MapSupplierSku(v1::MapSupplierSku { supplier: s("S"), lines: vec![full, none] })
}

fn record_snapshot() -> Command {
    let line = v1::record_snapshot::Line {
        supplier_sku: s("X"),
        quantity: Some(0),
        pack: Some(6),
        next_restock_at: at(),
    };
    let open = v1::record_snapshot::Line { supplier_sku: s("Y"), ..Default::default() };
    Command::RecordSnapshot(v1::RecordSnapshot {
        feed: s("F"),
        snapshot: s("N"),
        as_of: at(),
        complete: true,
        tier: s("fast"),
        basis: v1::Basis::BeforeOurOrders.into(),
        orders_seen_through: at(),
        lines: vec![line, open],
        hash: s("00ff"),
        part: 2,
    })
}

pub const SAMPLES: &[Sample] = &[
    (
        "set_supplier",
        r#""supplier":"S","name":"Smith","contact":"a note","time_zone":"UTC","cut_off":"16:30",
        "confirm_within":0,"on_shortage":"reroute""#,
        || {
            Command::SetSupplier(v1::SetSupplier {
                supplier: s("S"),
                name: s("Smith"),
                contact: s("a note"),
                time_zone: s("UTC"),
                cut_off: s("16:30"),
                confirm_within: Some(0),
                on_shortage: v1::OnShortage::Reroute.into(),
            })
        },
    ),
    ("set_supplier", r#""supplier":"S""#, || {
        Command::SetSupplier(v1::SetSupplier { supplier: s("S"), ..Default::default() })
    }),
    (
        "map_supplier_sku",
        r#""supplier":"S","lines":[{"supplier_sku":"X","sku":"A","pack":12,"unit_cost":5,
        "valid_from":"2026-03-03T09:00:00Z","valid_until":"2026-03-03T09:00:00Z"},
        {"supplier_sku":"Y"}]"#,
        map_supplier_sku,
    ),
    (
        "set_feed",
        r#""feed":"F","supplier":"S","location":"L","basis":"after_our_orders",
        "changes_only":true,"missing_after":3,"tiers":[{"tier":"fast","every_minutes":15,
        "ladder":[{"after_minutes":60,"trust_percent":0,"buffer":{"units":2}}]}],
        "breakers":{"to_zero_percent":10,"missing_percent":20,"change_percent":30,
        "quantity_max":40},"tolerance":{"units":0,"percent":5,"value":100,"daily_units":9,
        "lower":true,"first":true},"profile":"format = 'csv'","pull":{"url":"https://a/b"}"#,
        set_feed,
    ),
    ("set_feed", r#""feed":"F","supplier":"S","location":"L""#, || {
        let (feed, supplier, location) = (s("F"), s("S"), s("L"));
        Command::SetFeed(v1::SetFeed { feed, supplier, location, ..Default::default() })
    }),
    ("assign_tier", r#""feed":"F","lines":[{"sku":"A","tier":"fast"}]"#, || {
        let lines = vec![v1::assign_tier::Line { sku: s("A"), tier: s("fast") }];
        Command::AssignTier(v1::AssignTier { feed: s("F"), lines })
    }),
    (
        "record_snapshot",
        r#""feed":"F","snapshot":"N","as_of":"2026-03-03T09:00:00Z","complete":true,"tier":"fast",
        "basis":"before_our_orders","orders_seen_through":"2026-03-03T09:00:00Z","lines":[
        {"supplier_sku":"X","quantity":0,"pack":6,"next_restock_at":"2026-03-03T09:00:00Z"},
        {"supplier_sku":"Y"}],"hash":"00ff","part":2"#,
        record_snapshot,
    ),
    ("record_snapshot", r#""feed":"F","snapshot":"N""#, || {
        let (feed, snapshot) = (s("F"), s("N"));
        Command::RecordSnapshot(v1::RecordSnapshot { feed, snapshot, ..Default::default() })
    }),
    (
        "judge_snapshot",
        r#""feed":"F","snapshot":"N","verdict":"reject","reason":{"code":"other","note":"a note"}"#,
        || {
            let verdict = v1::judge_snapshot::Verdict::Reject.into();
            let (feed, snapshot, reason) = (s("F"), s("N"), reason());
            Command::JudgeSnapshot(v1::JudgeSnapshot { feed, snapshot, verdict, reason })
        },
    ),
    (
        "settle_discrepancy",
        r#""action":"snooze","numbers":[1,2],"reason":{"code":"other","note":"a note"},
        "until":"2026-03-03T09:00:00Z""#,
        || {
            Command::SettleDiscrepancy(v1::SettleDiscrepancy {
                action: v1::settle_discrepancy::Action::Snooze.into(),
                numbers: vec![1, 2],
                reason: reason(),
                until: at(),
            })
        },
    ),
    (
        "record_stocktake",
        r#""stocktake":"T","location":"L","counted_at":"2026-03-03T09:00:00Z",
        "lines":[{"sku":"A","quantity":0}],"tolerance":{"units":0,"percent":5,"value":100,
        "daily_units":9,"lower":true,"first":true}"#,
        || {
            Command::RecordStocktake(v1::RecordStocktake {
                stocktake: s("T"),
                location: s("L"),
                counted_at: at(),
                lines: vec![v1::record_stocktake::Line { sku: s("A"), quantity: 0 }],
                tolerance: tolerance(),
            })
        },
    ),
    ("list_stock", r#""channel":"web","lines":[{"sku":"A","quantity":0}]"#, || {
        let lines = vec![v1::ListedLine { sku: s("A"), quantity: 0 }];
        Command::ListStock(v1::ListStock { channel: s("web"), lines })
    }),
    (
        "hear_stock",
        r#""channel":"web","heard_at":"2026-03-03T09:00:00Z","lines":[{"sku":"A","quantity":3}]"#,
        || {
            let lines = vec![v1::ListedLine { sku: s("A"), quantity: 3 }];
            Command::HearStock(v1::HearStock { channel: s("web"), heard_at: at(), lines })
        },
    ),
    ("hand_over_orders", r#""supplier":"S","handover":"H""#, || {
        Command::HandOverOrders(v1::HandOverOrders { supplier: s("S"), handover: s("H") })
    }),
    (
        "confirm_handover",
        r#""supplier":"S","handover":"H","short":[{"order":"O","ref":"1","short":2}],
        "on_shortage":"cancel""#,
        || {
            let (order, r#ref) = (s("O"), s("1"));
            Command::ConfirmHandover(v1::ConfirmHandover {
                supplier: s("S"),
                handover: s("H"),
                short: vec![v1::confirm_handover::Short { order, r#ref, short: 2 }],
                on_shortage: v1::OnShortage::Cancel.into(),
            })
        },
    ),
];
