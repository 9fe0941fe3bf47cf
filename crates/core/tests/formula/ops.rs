//! Random steps over a small shop: commands as callers write them, and the writer's own work.

use std::fmt;

use onhand_core::{Command, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Midnight in UTC on a Thursday, 2026-01-01.
pub const BEGIN_US: u64 = 1_767_225_600_000_000;

#[derive(Clone)]
pub struct Step {
    /// Seconds since the step before.
    pub pause: u64,
    pub what: What,
}

#[derive(Clone)]
pub enum What {
    Ask(Box<Command>),
    /// The command is asked as of so many seconds ago.
    Late(Box<Command>, u64),
    /// The writer does at most so much of what is due.
    Due(usize),
}

/// As in a report of what failed: a pause, and the command as its caller would write it.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}s {:?}", self.pause, self.what)
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |command: &Command| serde_json::to_string(command).unwrap();
        match self {
            What::Ask(it) => f.write_str(&told(it)),
            What::Late(it, ago) => write!(f, "{ago}s late {}", told(it)),
            What::Due(most) => write!(f, "due {most}"),
        }
    }
}

/// What a history is mostly about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Rules,
    Pools,
    Kits,
    Everything,
}

/// Weights of rules, pools, kits and modes, lives of items.
fn weights(about: About) -> [u32; 4] {
    match about {
        About::Rules => [8, 1, 1, 1],
        About::Pools => [3, 9, 1, 1],
        About::Kits => [3, 1, 8, 2],
        About::Everything => [4, 4, 4, 4],
    }
}

pub fn read(verb: &str, fields: Value) -> Command {
    let mut command = Map::new();
    command.insert(verb.to_string(), fields);
    serde_json::from_value(Value::Object(command)).unwrap()
}

type Ask = BoxedStrategy<Command>;

fn ask<T: fmt::Debug + 'static>(
    verb: &'static str,
    fields: impl Strategy<Value = T> + 'static,
    told: impl Fn(T) -> Value + 'static,
) -> Ask {
    fields.prop_map(move |it| read(verb, told(it))).boxed()
}

pub const SKUS: [&str; 7] = ["W", "G", "GG", "P", "K", "S", "U"];
pub const LOCATIONS: [&str; 3] = ["A", "B", "X"];
pub const CHANNELS: [&str; 3] = ["web", "shop", "mkt"];

fn sku() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("W"), 2 => Just("G"), 4 => select(&SKUS[..])]
}
fn location() -> impl Strategy<Value = &'static str> {
    prop_oneof![2 => Just("A"), 2 => select(&LOCATIONS[..])]
}
fn channel() -> impl Strategy<Value = &'static str> {
    prop_oneof![2 => Just("web"), 2 => select(&CHANNELS[..])]
}
fn maybe(name: &'static str, percent: u32) -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![100 - percent => Just(None), percent => Just(Some(name))]
}
fn name(letter: char, of: u8) -> impl Strategy<Value = String> {
    (0..of).prop_map(move |it| format!("{letter}{it}"))
}
/// Seconds since the beginning as the moment they mean.
fn moment(seconds: u64) -> Time {
    Time(BEGIN_US).plus_seconds(seconds)
}

/// What registers the shop, and what it begins with.
pub fn setup() -> Vec<Command> {
    let item = |sku: &str, category: &str, aliases: &[&str]| {
        read("register_item", json!({ "sku": sku, "category": category, "aliases": aliases }))
    };
    let own = |location: &str| read("register_location", json!({ "location": location }));
    let channel = |channel: &str, locations: &[&str]| {
        read("register_channel", json!({ "channel": channel, "locations": locations }))
    };
    let received = |location: &str, units: &[(&str, u64)]| {
        let line = |it: &(&str, u64)| json!({ "sku": it.0, "quantity": it.1 });
        let lines: Vec<Value> = units.iter().map(line).collect();
        read("receive_stock", json!({ "location": location, "lines": lines }))
    };
    vec![
        item("W", "a", &[]),
        item("G", "a", &["GG"]),
        item("P", "b", &[]),
        item("K", "b", &[]),
        item("S", "b", &[]),
        item("U", "b", &[]),
        own("A"),
        own("B"),
        read(
            "register_location",
            json!({ "location": "X", "kind": "supplier", "supplier": "sup" }),
        ),
        channel("web", &["A", "B"]),
        channel("shop", &["B", "X", "A"]),
        channel("mkt", &["A"]),
        received("A", &[("W", 24), ("G", 12), ("K", 1)]),
        received("B", &[("W", 9), ("P", 10)]),
        received("X", &[("G", 15), ("U", 1), ("S", 1)]),
    ]
}

pub fn steps(about: About, most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(about), 1..most)
}

fn step(about: About) -> impl Strategy<Value = Step> {
    let [rules, pools, kits, lives] = weights(about);
    let command = prop_oneof![
        16 => promises(),
        10 => facts(),
        rules => policy(),
        pools => pool(),
        kits => kit(),
        lives => life(),
    ];
    let what = prop_oneof![
        16 => command.clone().prop_map(|it| What::Ask(Box::new(it))),
        2 => (command, 0..40u64).prop_map(|(it, ago)| What::Late(Box::new(it), ago)),
        3 => prop_oneof![Just(1), Just(64)].prop_map(What::Due),
    ];
    let pause = prop_oneof![12 => 0..6u64, 3 => 10..60u64, 1 => Just(86_400)];
    (pause, what).prop_map(|(pause, what)| Step { pause, what })
}

fn promises() -> Ask {
    prop_oneof![
        5 => hold(),
        5 => commit(),
        1 => ask("commit_order", (name('O', 9), name('H', 6), partial(), if_short()), |it| json!({
            "order": it.0, "hold": it.1, "partial": it.2, "if_short": it.3
        })),
        1 => ask("release_hold", (name('H', 6), any::<bool>(), 1..3u64, 1..4u64), |it| {
            let some = json!([{ "ref": it.2.to_string(), "quantity": it.3 }]);
            json!({ "hold": it.0, "lines": if it.1 { json!([]) } else { some } })
        }),
        1 => ask("extend_hold", (name('H', 6), 1..60u64), |it| {
            json!({ "hold": it.0, "expires_in": it.1 })
        }),
        2 => ask("cancel_order", (name('O', 9), any::<bool>(), 1..3u64, 1..4u64), |it| {
            let some = json!([{ "ref": it.2.to_string(), "quantity": it.3 }]);
            json!({ "order": it.0, "lines": if it.1 { json!([]) } else { some } })
        }),
        2 => ask("ship_order", (name('O', 9), any::<bool>(), 1..3u64, 1..4u64), |it| {
            let some = json!([{ "ref": it.2.to_string(), "quantity": it.3 }]);
            json!({ "order": it.0, "lines": if it.1 { json!([]) } else { some } })
        }),
        1 => ask("relocate_order", (name('O', 9), 1..3u64, location()), |it| {
            json!({ "order": it.0, "lines": [{ "ref": it.1.to_string(), "to": it.2 }] })
        }),
    ]
    .boxed()
}

fn partial() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("none"), 1 => Just("per_line"), 1 => Just("best_effort")]
}
fn if_short() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just("refuse"), 1 => Just("accept_oversold")]
}

/// Lines that ask for units: mostly wherever the channel has them, some at a named location.
fn claims() -> impl Strategy<Value = Value> {
    let place = prop_oneof![3 => Just(None), 1 => location().prop_map(Some)];
    let slot = prop_oneof![4 => Just(None), 1 => (0..200_000u64).prop_map(Some)];
    let line = (sku(), 1..9u64, place, slot).prop_map(|(sku, quantity, location, slot)| {
        json!({ "sku": sku, "quantity": quantity, "location": location, "slot": slot.map(moment) })
    });
    let line = line.boxed();
    let many = prop_oneof![3 => Just(1..2), 1 => Just(2..4)];
    many.prop_flat_map(move |many| vec(line.clone(), many)).prop_map(Value::from)
}

fn who() -> impl Strategy<Value = (Option<&'static str>, Option<&'static str>, Option<&'static str>)>
{
    let channel = prop_oneof![6 => channel().prop_map(Some), 1 => Just(None)];
    (channel, maybe("c1", 30), maybe("vip", 20))
}

fn hold() -> Ask {
    let fields = (name('H', 6), who(), claims(), 1..40u64, partial());
    ask("hold_stock", fields, |(hold, (channel, campaign, customer), lines, seconds, partial)| {
        json!({
            "hold": hold, "owner": "cart", "channel": channel, "campaign": campaign,
            "customer": customer, "lines": lines, "expires_in": seconds, "partial": partial,
        })
    })
}

fn commit() -> Ask {
    let fields = (name('O', 9), who(), claims(), if_short(), partial());
    ask("commit_order", fields, |(order, (channel, campaign, customer), lines, short, partial)| {
        json!({
            "order": order, "channel": channel, "campaign": campaign, "customer": customer,
            "lines": lines, "if_short": short, "partial": partial,
        })
    })
}

fn facts() -> Ask {
    let lines = |most: u64| {
        let line = (sku(), 1..most).prop_map(|it| json!({ "sku": it.0, "quantity": it.1 }));
        vec(line, 1..3).prop_map(Value::from)
    };
    let inbound = prop_oneof![3 => Just(None), 1 => name('I', 2).prop_map(Some)];
    let receive = |location, lines, to, inbound| json!({ "location": location, "lines": lines, "to": to, "inbound": inbound });
    let to = prop_oneof![5 => Just("sellable"), 1 => Just("quality_control")];
    prop_oneof![
        8 => ask("receive_stock", (location(), lines(30), to, inbound), move |it| {
            receive(it.0, it.1, it.2, it.3)
        }),
        2 => ask("damage_stock", (location(), lines(20)), |it| {
            json!({ "location": it.0, "lines": it.1 })
        }),
        2 => ask("count_stock", (location(), lines(12)), |it| {
            json!({ "location": it.0, "lines": it.1 })
        }),
        1 => ask("return_stock", (name('O', 9), location(), 1..3u64, 1..4u64), |it| {
            let line = json!({
                "ref": it.2.to_string(), "quantity": it.3, "condition": "sellable"
            });
            json!({ "order": it.0, "location": it.1, "lines": [line] })
        }),
        2 => ask("start_transfer", (name('T', 4), location(), location(), lines(6)), |it| {
            json!({ "transfer": it.0, "from": it.1, "to": it.2, "lines": it.3 })
        }),
        1 => ask("receive_transfer", (name('T', 4), sku(), 1..6u64), |it| {
            json!({ "transfer": it.0, "lines": [{ "sku": it.1, "received": it.2 }] })
        }),
        1 => ask("cancel_transfer", name('T', 4), |it| {
            json!({ "transfer": it, "outcome": "restock" })
        }),
        1 => ask("reverse_entry", 16..36u64, |it| {
            json!({ "position": it, "reason": "did_not_occur" })
        }),
    ]
    .boxed()
}

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
fn policy() -> Ask {
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

fn pool() -> Ask {
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

fn kit() -> Ask {
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

fn life() -> Ask {
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
