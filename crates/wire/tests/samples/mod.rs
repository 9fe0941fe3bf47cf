//! Every command with all its fields, as JSON and as the equal message.

#![allow(dead_code)]

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use prost_types::Timestamp;

mod items;
mod orders;
mod rules;
mod stock;
mod suppliers;

/// Stem, the fields of its body, and the message.
pub type Sample = (&'static str, &'static str, fn() -> Command);

/// `2026-03-03T09:00:00Z`.
fn at() -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_772_528_400, nanos: 0 })
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn reason() -> Option<v1::Reason> {
    Some(v1::Reason { code: s("other"), note: s("a note") })
}

pub static SAMPLES: std::sync::LazyLock<Vec<Sample>> = std::sync::LazyLock::new(|| {
    [items::SAMPLES, stock::SAMPLES, orders::SAMPLES, rules::SAMPLES, suppliers::SAMPLES].concat()
});
