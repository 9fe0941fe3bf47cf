//! Random commands about how stock is sold: rules, pools, kits, modes, lives of items, supply.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::ops::{Ask, ask, channel, location, maybe, moment, name, read, sku};

/// What a channel's rules may say; `null` is left out.
fn channel_rule() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => prop_oneof![Just(30u64), Just(50), Just(70), 0..101u64]
            .prop_map(|it| json!({ "share_percent": it })),
        2 => kept().prop_map(|it| json!({ "buffer": it })),
        2 => (0..2u8, 0..6u64, 100..140u64).prop_map(|(kind, limit, ratio)| match kind {
            0 => json!({ "oversell": { "limit": limit } }),
            _ => json!({ "oversell": { "limit": limit + 2, "ratio": ratio } }),
        }),
        1 => (100..160u64).prop_map(|it| json!({ "oversell": { "ratio": it } })),
        1 => any::<bool>().prop_map(|it| json!({ "exclusive": it })),
        1 => (0..12u64).prop_map(|it| json!({ "max_listed": it })),
        1 => (0..6u64).prop_map(|it| json!({ "end_when": it })),
        1 => (0..4u64).prop_map(|it| json!({ "sell_ahead_days": it })),
        1 => select(vec![json!(["A"]), json!(["B", "A"]), json!(["X"]), json!(["X", "A", "B"])])
            .prop_map(|it| json!({ "locations": it })),
        1 => select(vec!["priority", "highest_stock", "cost", "nearest"])
            .prop_flat_map(|by| (Just(by), select(vec!["allowed", "fewest", "never"])))
            .prop_map(|it| json!({ "routing": { "by": it.0, "split": it.1 } })),
    ]
}

fn kept() -> impl Strategy<Value = Value> {
    (0..3u8, 0..6u64, 0..50u64).prop_map(|(kind, units, percent)| match kind {
        0 => json!({ "units": units }),
        1 => json!({ "percent": percent }),
        _ => json!({ "units": units, "percent": percent }),
    })
}

fn location_rule() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => kept().prop_map(|it| json!({ "safety": it })),
        2 => (0..101u64).prop_map(|it| json!({ "trust_percent": it })),
        1 => (0..9u64).prop_map(|it| json!({ "cost": it })),
    ]
}

/// Of an item, of a category, of everything; at a place or anywhere.
pub fn policy() -> Ask {
    let about = prop_oneof![
        3 => sku().prop_map(|it| json!({ "sku": it })),
        1 => select(vec!["a", "b"]).prop_map(|it| json!({ "category": it })),
        2 => Just(json!({})),
    ];
    let about = about.boxed();
    let on_channel = (
        about.clone(),
        prop_oneof![2 => Just(None), 2 => channel().prop_map(Some)],
        channel_rule(),
    )
        .prop_map(|(about, at, set)| with(about, json!({ "channel": at, "set": set })));
    let place = prop_oneof![
        2 => Just(json!({})),
        2 => location().prop_map(|it| json!({ "location": it })),
        1 => Just(json!({ "supplier": "sup" })),
    ];
    let at_location = (about.clone(), place, location_rule())
        .prop_map(|(about, at, set)| with(with(about, at), json!({ "set": set })));
    let cleared = select(vec!["share_percent", "buffer", "oversell", "exclusive", "safety"]);
    let clear = (about, prop_oneof![Just(None), channel().prop_map(Some)], cleared)
        .prop_map(|(about, at, clear)| with(about, json!({ "channel": at, "clear": [clear] })));
    prop_oneof![5 => on_channel, 2 => at_location, 1 => clear]
        .prop_map(|it| read("set_policy", it))
        .boxed()
}

fn with(one: Value, other: Value) -> Value {
    let (Value::Object(mut one), Value::Object(other)) = (one, other) else { unreachable!() };
    one.extend(other);
    Value::Object(one)
}

fn pool_lines() -> impl Strategy<Value = Value> {
    let place = prop_oneof![2 => Just(None), 1 => location().prop_map(Some)];
    let line = (select(vec!["W", "W", "G", "P", "K"]), 1..12u64, place).prop_map(
        |(sku, quantity, location)| json!({ "sku": sku, "quantity": quantity, "location": location }),
    );
    vec(line, 1..3).prop_map(Value::from)
}

pub fn pool() -> Ask {
    let pools = || name('P', 4);
    let maybe_pool = || prop_oneof![1 => Just(None), 1 => name('P', 4).prop_map(Some)];
    prop_oneof![
        5 => open_pool(),
        1 => ask("release_tranche", (pools(), name('T', 3)), |it| {
            json!({ "pool": it.0, "tranche": it.1 })
        }),
        2 => ask("move_pool", (maybe_pool(), maybe_pool(), pool_lines()), |it| {
            json!({ "from": it.0, "to": it.1, "lines": it.2 })
        }),
        1 => ask("close_pool", pools(), |it| json!({ "pool": it })),
        1 => Just(read("shrink_pools", json!({}))),
    ]
    .boxed()
}

/// One or two items, or one whose units come in tranches over a minute or so.
fn open_pool() -> Ask {
    let whose = prop_oneof![1 => Just(None), 4 => channel().prop_map(Some)];
    let whose = (whose, maybe("c1", 40), maybe("vip", 15));
    let line = (select(vec!["W", "W", "G", "P"]), 1..14u64, maybe("A", 40));
    let also = prop_oneof![2 => Just(None), 1 => (1..5u64).prop_map(Some)];
    let tranches = prop_oneof![1 => Just(0..1usize), 1 => Just(1..4usize)];
    let tranches = tranches.prop_flat_map(|many| vec((1..30u64, 1..6u64), many));
    let end = prop_oneof![3 => Just(None), 1 => (1..200u64).prop_map(Some)];
    let draw = prop_oneof![3 => Just("first"), 1 => Just("only")];
    let fields = (name('P', 4), whose, line, also, tranches, (end, draw, 0..3u64));
    ask("open_pool", fields, |(pool, whose, (sku, units, at), also, tranches, how)| {
        let sum: u64 = tranches.iter().map(|it| it.1).sum();
        let mut lines = vec![json!({ "sku": sku, "quantity": units.max(sum), "location": at })];
        if tranches.is_empty() {
            lines.extend(also.map(|it| json!({ "sku": "K", "quantity": it })));
        }
        let mut at = 0;
        let tranche = |(place, (pause, units)): (usize, &(u64, u64))| {
            at += pause;
            let lines = json!([{ "sku": sku, "quantity": units }]);
            json!({ "tranche": format!("T{place}"), "release_at": moment(at), "lines": lines })
        };
        let tranches: Vec<Value> = tranches.iter().enumerate().map(tranche).collect();
        json!({
            "pool": pool, "channel": whose.0, "campaign": whose.1, "customer": whose.2,
            "draw": how.1, "priority": how.2, "ends_at": how.0.map(|it| moment(it + at)),
            "lines": lines, "tranches": tranches,
        })
    })
}

pub fn kit() -> Ask {
    let parts = vec((select(vec!["W", "G", "P", "U", "S"]), 1..4u64), 1..3).prop_map(|parts| {
        let part = |it: &(&str, u64)| json!({ "sku": it.0, "quantity": it.1 });
        Value::from(parts.iter().map(part).collect::<Vec<Value>>())
    });
    let kits = || (location(), 1..4u64);
    let assemble = |it: (&str, u64)| json!({ "sku": "K", "location": it.0, "quantity": it.1 });
    let mode = prop_oneof![
        2 => (0..9u64, select(vec!["2h", "1d", "7d", "45m"]), select(vec!["UTC", "Asia/Shanghai"]))
            .prop_map(|(limit, window, zone)| {
                json!({ "capacity": { "limit": limit, "window": window, "zone": zone } })
            }),
        1 => Just(json!("unlimited")),
        1 => Just(json!("finite")),
    ];
    let whose = prop_oneof![3 => select(vec!["S", "U"]), 1 => sku()];
    prop_oneof![
        4 => ask("define_kit", parts, |parts| json!({ "sku": "K", "parts": parts })),
        1 => ask("assemble_kit", kits(), assemble),
        1 => ask("disassemble_kit", kits(), assemble),
        4 => ask("set_mode", (whose, mode, 0..9u64, any::<bool>()), |(sku, mode, units, counted)| {
            let counts = json!([{ "location": "A", "quantity": units }]);
            let counts = if counted { counts } else { Value::Null };
            json!({ "sku": sku, "mode": mode, "counts": counts })
        }),
    ]
    .boxed()
}

pub fn life() -> Ask {
    let names = || select(vec!["W", "G", "GG", "P", "K", "N1", "N2"]);
    prop_oneof![
        2 => ask("rename_item", (names(), names()), |it| json!({ "sku": it.0, "to": it.1 })),
        2 => ask("merge_items", (names(), names()), |it| json!({ "sku": it.0, "into": it.1 })),
        1 => ask("add_alias", (names(), names()), |it| json!({ "sku": it.0, "alias": it.1 })),
        1 => ask("close_item", sku(), |it| json!({ "sku": it })),
        4 => ask("expect_stock", (name('I', 2), location(), sku(), 0..20u64, 0..300_000u64, 0..101u64), |it| {
            let line = json!({
                "sku": it.2, "quantity": it.3, "expected_at": moment(it.4), "confidence": it.5
            });
            json!({ "inbound": it.0, "location": it.1, "lines": [line] })
        }),
        1 => ask("change_channel", (channel(), any::<bool>()), |it| {
            let locations = if it.1 { vec!["A", "B"] } else { vec!["B"] };
            json!({ "channel": it.0, "locations": locations })
        }),
    ]
    .boxed()
}
