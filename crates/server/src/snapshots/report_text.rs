//! A report for people: what was read, what it came to, what differs most.

use std::fmt::Write;

use onhand_core::{Difference, SnapshotOutcome, Suspicion};
use serde_json::Value;

use super::SnapshotReport;

impl SnapshotReport {
    /// The report as text, one fact a line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |it: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{it}");
        };
        line(self.headline());
        self.suspicions.iter().for_each(|it| line(format!("  suspicious: {}", suspicion(it))));
        line(format!("  lines          {}{}", self.lines, skipped(self.skipped)));
        let counts = [
            ("changed", self.changed),
            ("unchanged", self.unchanged),
            ("unknown codes", self.unknown),
            ("left out", self.left_out),
            ("compared", self.compared),
            ("accurate", self.accurate),
            ("settled", self.settled),
            ("cleared", self.cleared),
        ];
        for (name, count) in counts {
            line(format!("  {name:<14} {count}"));
        }
        for kind in &self.differences {
            let name = word(&serde_json::to_value(kind.kind).unwrap_or_default());
            line(format!("  {name}: {}, +{} -{} units", kind.count, kind.more, kind.less));
            kind.largest.iter().for_each(|it| line(format!("    {}", difference(it))));
        }
        text
    }

    fn headline(&self) -> String {
        let outcome = match (self.outcome, self.dry_run) {
            (SnapshotOutcome::Applied, false) => "applied",
            (SnapshotOutcome::Applied, true) => "would be applied",
            (SnapshotOutcome::Held, false) => "held: somebody is to confirm or reject it",
            (SnapshotOutcome::Held, true) => "would be held",
            (SnapshotOutcome::OutOfOrder, false) => {
                "kept as evidence only: a newer one was applied"
            }
            (SnapshotOutcome::OutOfOrder, true) => "would be kept as evidence only",
        };
        let again = if self.replayed { ", as it was before" } else { "" };
        let SnapshotReport { feed, snapshot, as_of, .. } = self;
        format!("snapshot {snapshot} of {feed}, as of {as_of}: {outcome}{again}")
    }
}

/// A refusal as text: why, and each mistake.
pub fn refused(problem: &Value) -> String {
    let mut text = format!(
        "refused, nothing was booked: {}\n",
        problem["detail"].as_str().unwrap_or_default()
    );
    for it in problem["complaints"].as_array().into_iter().flatten() {
        let place = match (it["line"].as_u64(), it["column"].as_str()) {
            (Some(line), Some(column)) => format!("line {line}, {column}: "),
            (Some(line), None) => format!("line {line}: "),
            (None, Some(column)) => format!("{column}: "),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, "  {place}{}", it["message"].as_str().unwrap_or_default());
    }
    let told = problem["complaints"].as_array().map_or(0, |it| it.len() as u64);
    match problem["complaints_count"].as_u64().unwrap_or(0).saturating_sub(told) {
        0 => {}
        more => {
            let _ = writeln!(text, "  and {more} more");
        }
    }
    text
}

fn skipped(count: u64) -> String {
    if count == 0 { String::new() } else { format!(", and {count} left out on purpose") }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('_', " ")
}

fn difference(it: &Difference) -> String {
    let name = it.sku.as_ref().or(it.supplier_sku.as_ref()).map_or("", |it| it.as_str());
    let theirs = it.theirs.map_or_else(|| "open".to_owned(), |it| it.to_string());
    let number = if it.number == 0 { String::new() } else { format!("#{} ", it.number) };
    let likely = it
        .suggestions
        .first()
        .map_or_else(String::new, |it| format!(", likely {} ({} %)", it.sku, it.confidence));
    format!("{number}{name}: theirs {theirs}, ours {}{likely}", it.ours)
}

fn suspicion(it: &Suspicion) -> String {
    match it {
        Suspicion::ToZero { items, of, limit_percent } => {
            format!("{items} of {of} items drop to zero, more than {limit_percent} %")
        }
        Suspicion::Missing { items, of, limit_percent } => {
            format!("{items} of {of} items are missing, more than {limit_percent} %")
        }
        Suspicion::Change { before, after, limit_percent } => {
            format!("{before} units become {after}, more than {limit_percent} % apart")
        }
        Suspicion::Absurd { items, largest, limit } => {
            format!("{items} items have more than {limit} units, up to {largest}")
        }
    }
}
