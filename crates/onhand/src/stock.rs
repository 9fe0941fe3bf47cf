//! `onhand stock`: what lies where, or what a channel may sell.

use clap::Args;
use onhand_core::{ChannelId, LedgerId, LocationId, Sku};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::names::{channel, location, sku};
use crate::reads::{From, Reads, Wanted};
use crate::settings::Which;
use crate::terminal::{Align, grouped, print, print_csv, print_table};

/// Shows the stock by item and location, or what a channel may sell
#[derive(Debug, Args)]
pub struct Stock {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only this item, by SKU or alias; may be given several times
    #[arg(long, value_name = "SKU", value_parser = sku)]
    sku: Vec<Sku>,
    /// Only at this location
    #[arg(long, value_name = "NAME", value_parser = location, conflicts_with = "channel")]
    location: Option<LocationId>,
    /// What this channel may sell, summed over its locations
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: Option<ChannelId>,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// The columns of stock rows; their titles in JSON have underscores.
pub const STOCK: [(&str, Align); 12] = [
    ("sku", Align::Text),
    ("location", Align::Text),
    ("on hand", Align::Number),
    ("sellable", Align::Number),
    ("quality control", Align::Number),
    ("damaged", Align::Number),
    ("quarantined", Align::Number),
    ("held", Align::Number),
    ("committed", Align::Number),
    ("pooled", Align::Number),
    ("kept", Align::Number),
    ("available", Align::Number),
];

const AVAILABILITY: [(&str, Align); 4] = [
    ("sku", Align::Text),
    ("channel", Align::Text),
    ("available", Align::Number),
    ("published", Align::Number),
];

/// # Errors
/// Something named is not known, or nothing can be read.
pub fn run(args: &Stock) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let (rows, seen) = all_rows(&reads, &ledger, args)?;
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let headers: &[(&str, Align)] = if args.channel.is_some() { &AVAILABILITY } else { &STOCK };
    let (headers, cells) = with_doubts(headers, &rows);
    if args.csv {
        return print_csv(&headers, &cells).map_err(Failure::from);
    }
    print_table(&headers, &cells);
    print(&told(&ledger, rows.len(), &seen));
    Ok(())
}

/// All pages of rows, and what the last one saw.
fn all_rows(
    reads: &Reads,
    ledger: &LedgerId,
    args: &Stock,
) -> Result<(Vec<Value>, Value), Failure> {
    let mut wanted =
        Wanted { skus: args.sku.clone(), location: args.location.clone(), after: None };
    let mut rows = Vec::new();
    loop {
        let mut page = match &args.channel {
            Some(channel) => reads.availability(ledger, channel, &wanted)?,
            None => reads.stock(ledger, &wanted)?,
        };
        if let Value::Array(more) = page["rows"].take() {
            rows.extend(more);
        }
        match page["next"].as_str() {
            Some(next) => wanted.after = Some(Sku::new(next)?),
            None => return Ok((rows, page["seen"].take())),
        }
    }
}

/// Rows of JSON objects as texts in the order of the columns.
pub fn cells(headers: &[(&str, Align)], rows: &[Value]) -> Vec<Vec<String>> {
    let cell = |row: &Value, title: &str| match &row[title.replace(' ', "_")] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    rows.iter().map(|row| headers.iter().map(|(title, _)| cell(row, title)).collect()).collect()
}

/// Columns and texts. Where suppliers' numbers put units in doubt a column before what is
/// available says how many: else on hand and available would not go together.
fn with_doubts<'h>(
    headers: &[(&'h str, Align)],
    rows: &[Value],
) -> (Vec<(&'h str, Align)>, Vec<Vec<String>>) {
    let (mut headers, mut cells) = (headers.to_vec(), cells(headers, rows));
    let doubts = |row: &Value| row["freshness"]["doubted"].as_u64().unwrap_or(0);
    let place = headers.iter().position(|(title, _)| *title == "available");
    let Some(place) = place.filter(|_| rows.iter().any(|it| doubts(it) > 0)) else {
        return (headers, cells);
    };
    headers.insert(place, ("doubted", Align::Number));
    cells.iter_mut().zip(rows).for_each(|(line, row)| line.insert(place, doubts(row).to_string()));
    (headers, cells)
}

fn told(ledger: &LedgerId, rows: usize, seen: &Value) -> String {
    let seen = if seen.is_null() { &json!({}) } else { seen };
    let position = grouped(seen["position"].as_u64().unwrap_or(0));
    let mut text =
        format!("{} rows of ledger {ledger} at position {position}", grouped(rows as u64));
    if seen["stale"].as_bool() == Some(true) {
        let why = seen["halted"].as_str().unwrap_or("the journal was not reached lately");
        text.push_str(&format!("; may be old: {why}"));
    }
    text
}
