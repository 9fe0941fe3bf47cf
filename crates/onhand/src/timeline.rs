//! `onhand timeline SKU`: what happened to an item, newest first.

use clap::Args;
use onhand_core::{LocationId, Sku};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{location, sku};
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};

/// Shows what happened to an item, newest first, with the figures before and after
#[derive(Debug, Args)]
pub struct Timeline {
    /// The item, by SKU or alias
    #[arg(value_parser = sku)]
    sku: Sku,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only at this location
    #[arg(long, value_name = "NAME", value_parser = location)]
    location: Option<LocationId>,
    /// Only what is older than this position
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// Entries to show, at most 1000
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const COLUMNS: [(&str, Align); 9] = [
    ("position", Align::Number),
    ("occurred", Align::Text),
    ("kind", Align::Text),
    ("location", Align::Text),
    ("on hand", Align::Number),
    ("held", Align::Number),
    ("committed", Align::Number),
    ("cause", Align::Text),
    ("actor", Align::Text),
];

/// # Errors
/// The item is not known, or nothing can be read.
pub fn run(args: &Timeline) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let (location, limit) = (args.location.as_ref(), args.limit);
    let page = reads.timeline(&ledger, &args.sku, location, args.after, limit)?;
    let rows = page["rows"].as_array().cloned().unwrap_or_default();
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = rows.iter().map(row).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    print_table(&COLUMNS, &cells);
    match page["next"].as_u64() {
        Some(next) => print(&format!("More: --after {next}")),
        None => print("That is where it begins."),
    }
    Ok(())
}

fn row(row: &Value) -> Vec<String> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let cause = row["cause"].as_str().or(row["order"].as_str()).or(row["reason"]["code"].as_str());
    vec![
        row["position"].to_string(),
        moment(&row["occurred_at"]),
        text("kind"),
        text("location"),
        change(row, "on_hand"),
        change(row, "held"),
        change(row, "committed"),
        cause.unwrap_or_default().to_owned(),
        text("actor"),
    ]
}

/// `12 → 10`, or `12` where nothing changed.
fn change(row: &Value, figure: &str) -> String {
    let (before, after) = (&row["before"][figure], &row["after"][figure]);
    match (before.as_i64(), after.as_i64()) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (_, Some(after)) => after.to_string(),
        _ => String::new(),
    }
}
