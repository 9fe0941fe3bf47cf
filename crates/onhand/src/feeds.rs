//! `onhand feeds`: how old suppliers' numbers are, what is due, what is late, and which tier suits.

use clap::Args;
use onhand_core::{FeedId, LedgerId, SupplierId};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{feed, supplier};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};
use crate::words::plain;

/// Shows feeds: how old their numbers are, what is due and what is late
#[derive(Debug, Args)]
pub struct Feeds {
    /// Only this feed, with its newest snapshots
    #[arg(value_parser = feed)]
    feed: Option<FeedId>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only feeds of this supplier
    #[arg(long, value_name = "NAME", value_parser = supplier, conflicts_with = "feed")]
    supplier: Option<SupplierId>,
    /// Of the feed: which tier suits each item, by how it sells and how long its stock lasts
    #[arg(long, requires = "feed")]
    tiers: bool,
    /// With --tiers: only items whose tier is another one than suggested
    #[arg(long, requires = "tiers")]
    differs: bool,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const COLUMNS: [(&str, Align); 9] = [
    ("feed", Align::Text),
    ("supplier", Align::Text),
    ("location", Align::Text),
    ("tier", Align::Text),
    ("as of", Align::Text),
    ("age", Align::Text),
    ("due at", Align::Text),
    ("late", Align::Text),
    ("step", Align::Text),
];

const SNAPSHOTS: [(&str, Align); 7] = [
    ("snapshot", Align::Text),
    ("as of", Align::Text),
    ("heard at", Align::Text),
    ("complete", Align::Text),
    ("lines", Align::Number),
    ("outcome", Align::Text),
    ("position", Align::Number),
];

const TIERS: [(&str, Align); 8] = [
    ("sku", Align::Text),
    ("tier", Align::Text),
    ("suggested", Align::Text),
    ("pace", Align::Text),
    ("orders", Align::Number),
    ("units", Align::Number),
    ("stock", Align::Number),
    ("cover days", Align::Number),
];

/// # Errors
/// Something named is not known, or nothing can be read.
pub fn run(args: &Feeds) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    match &args.feed {
        Some(feed) if args.tiers => tiers(&reads, &ledger, feed, args),
        Some(feed) => {
            let told = reads.ask(&ledger, &format!("feeds/{feed}"), &[])?;
            show(&[told], args)
        }
        None => {
            let supplier = args.supplier.iter().map(|it| ("supplier", it.to_string()));
            let told = reads.ask(&ledger, "feeds", &supplier.collect::<Vec<_>>())?;
            show(told["rows"].as_array().map_or(&[][..], |it| it), args)
        }
    }
}

fn show(feeds: &[Value], args: &Feeds) -> Outcome {
    if args.json {
        feeds.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = feeds.iter().flat_map(tier_lines).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    if feeds.is_empty() {
        print("No such feeds.");
        return Ok(());
    }
    print_table(&COLUMNS, &cells);
    feeds.iter().flat_map(waiting).for_each(|it| print(&it));
    if args.feed.is_some() {
        let recent = feeds.iter().flat_map(|it| it["recent"].as_array().into_iter().flatten());
        let lines: Vec<Vec<String>> = recent.take(20).map(snapshot).collect();
        if !lines.is_empty() {
            print("");
            print_table(&SNAPSHOTS, &lines);
        }
    }
    Ok(())
}

/// One line for each tier.
fn tier_lines(feed: &Value) -> Vec<Vec<String>> {
    let head = ["feed", "supplier", "location"].map(|name| plain(&feed[name]));
    let line = |tier: &Value| {
        let as_of =
            if tier["as_of"].is_null() { "never".to_owned() } else { moment(&tier["as_of"]) };
        let step = if tier["step"].is_null() { "fresh".to_owned() } else { plain(&tier["step"]) };
        let rest = [
            plain(&tier["tier"]),
            as_of,
            span(&tier["age_seconds"]),
            moment(&tier["due_at"]),
            span(&tier["late_seconds"]),
            step,
        ];
        head.iter().cloned().chain(rest).collect()
    };
    feed["tiers"].as_array().into_iter().flatten().map(line).collect()
}

/// Seconds for people: `3 d 4 h`, `2 h 5 min`, `40 s`.
pub fn span(seconds: &Value) -> String {
    let Some(seconds) = seconds.as_u64() else { return String::new() };
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// What waits for somebody.
fn waiting(feed: &Value) -> Vec<String> {
    let name = plain(&feed["feed"]);
    let mut lines = Vec::new();
    if let Some(held) = feed["held"]["snapshot"].as_str() {
        lines.push(format!("{name}: snapshot {held} is suspicious; confirm or reject it"));
    }
    if let Some(unfinished) = feed["unfinished"]["snapshot"].as_str() {
        let next = plain(&feed["next_part"]);
        lines.push(format!("{name}: snapshot {unfinished} goes on with part {next}"));
    }
    lines
}

fn snapshot(it: &Value) -> Vec<String> {
    vec![
        plain(&it["snapshot"]),
        moment(&it["as_of"]),
        moment(&it["heard_at"]),
        if it["complete"] == true { "complete" } else { "partial" }.to_owned(),
        plain(&it["lines"]),
        plain(&it["outcome"]),
        plain(&it["position"]),
    ]
}

fn tiers(reads: &Reads, ledger: &LedgerId, feed: &FeedId, args: &Feeds) -> Outcome {
    let differs = [("differs", args.differs.to_string())];
    let rows = reads.all(ledger, &format!("feeds/{feed}/tiers"), &differs)?;
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells = crate::stock::cells(&TIERS, &rows);
    if args.csv {
        return print_csv(&TIERS, &cells).map_err(Failure::from);
    }
    print_table(&TIERS, &cells);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_are_told_for_people() {
        let told = [0, 59, 60, 3_599, 3_700, 86_400, 273_600].map(|it| span(&json!(it)));
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h 1 min", "1 d 0 h", "3 d 4 h"]);
        assert_eq!(span(&Value::Null), "");
    }
}
