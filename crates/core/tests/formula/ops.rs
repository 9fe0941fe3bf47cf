//! Random steps over a small shop: commands as callers write them, and the writer's own work.

use std::fmt;

use onhand_core::{Command, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::selling::{kit, life, policy, pool};
use crate::supply;

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
    Supply,
    Everything,
}

/// Weights of rules, pools, kits and modes, lives of items, suppliers' numbers.
fn weights(about: About) -> [u32; 5] {
    match about {
        About::Rules => [8, 1, 1, 1, 1],
        About::Pools => [3, 9, 1, 1, 1],
        About::Kits => [3, 1, 8, 2, 1],
        About::Supply => [3, 2, 1, 2, 14],
        About::Everything => [4, 4, 4, 4, 4],
    }
}

pub fn read(verb: &str, fields: Value) -> Command {
    let mut command = Map::new();
    command.insert(verb.to_string(), fields);
    serde_json::from_value(Value::Object(command)).unwrap()
}

pub type Ask = BoxedStrategy<Command>;

pub fn ask<T: fmt::Debug + 'static>(
    verb: &'static str,
    fields: impl Strategy<Value = T> + 'static,
    told: impl Fn(T) -> Value + 'static,
) -> Ask {
    fields.prop_map(move |it| read(verb, told(it))).boxed()
}

pub const SKUS: [&str; 7] = ["W", "G", "GG", "P", "K", "S", "U"];
pub const LOCATIONS: [&str; 3] = ["A", "B", "X"];
pub const CHANNELS: [&str; 3] = ["web", "shop", "mkt"];

pub fn sku() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("W"), 2 => Just("G"), 4 => select(&SKUS[..])]
}
pub fn location() -> impl Strategy<Value = &'static str> {
    prop_oneof![2 => Just("A"), 2 => select(&LOCATIONS[..])]
}
pub fn channel() -> impl Strategy<Value = &'static str> {
    prop_oneof![2 => Just("web"), 2 => select(&CHANNELS[..])]
}
pub fn maybe(name: &'static str, percent: u32) -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![100 - percent => Just(None), percent => Just(Some(name))]
}
pub fn name(letter: char, of: u8) -> impl Strategy<Value = String> {
    (0..of).prop_map(move |it| format!("{letter}{it}"))
}
/// Seconds since the beginning as the moment they mean.
pub fn moment(seconds: u64) -> Time {
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
    vec(step(about), 1..most).prop_map(|steps| [supply::begin(), steps].concat())
}

fn step(about: About) -> impl Strategy<Value = Step> {
    let [rules, pools, kits, lives, supplied] = weights(about);
    let command = prop_oneof![
        16 => promises(),
        10 => facts(),
        rules => policy(),
        pools => pool(),
        kits => kit(),
        lives => life(),
        supplied => supply::supply(),
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
