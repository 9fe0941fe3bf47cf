//! `onhand scorecard`: how well a supplier did in a period; as CSV for whoever settles with it.

use clap::{Args, ValueEnum};
use onhand_core::SupplierId;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::supplier;
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, print, print_csv, print_table};
use crate::words::plain;

/// Shows how well a supplier did: accuracy, fill rate, punctuality, lead times, rejects
#[derive(Debug, Args)]
pub struct Scorecard {
    /// Whose
    #[arg(value_parser = supplier)]
    supplier: SupplierId,
    /// First day of the period, in UTC, such as 2026-01-01; the last 30 days if not given
    #[arg(long = "from", value_name = "DAY")]
    from_day: Option<String>,
    /// Last day of the period; today if not given
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// The trend, part by part
    #[arg(long, value_name = "PART")]
    by: Option<By>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// As CSV with a header: the period, or its parts with --by
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Day,
    Week,
    Month,
}

impl By {
    fn name(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Week => "week",
            By::Month => "month",
        }
    }
}

/// Rates of a card, with what they are of.
const RATES: [(&str, &str); 6] = [
    ("accuracy", "snapshot lines that agreed"),
    ("fill", "units confirmed or shipped of those handed over"),
    ("confirmation", "handovers confirmed in time"),
    ("snapshots_in_time", "snapshots in time"),
    ("fresh", "seconds with fresh numbers"),
    ("rejected", "units rejected of those inspected"),
];

const SPREADS: [(&str, &str); 2] = [
    ("ordered_to_received", "from order to receipt"),
    ("received_to_inspected", "from receipt to inspection"),
];

const RATE_TABLE: [(&str, Align); 4] = [
    ("what", Align::Text),
    ("part", Align::Number),
    ("of", Align::Number),
    ("percent", Align::Number),
];

const SPREAD_TABLE: [(&str, Align); 5] = [
    ("how long", Align::Text),
    ("times", Align::Number),
    ("half within", Align::Number),
    ("nine of ten within", Align::Number),
    ("mean", Align::Number),
];

const TREND_TABLE: [(&str, Align); 8] = [
    ("from", Align::Text),
    ("to", Align::Text),
    ("accuracy", Align::Number),
    ("fill", Align::Number),
    ("confirmation", Align::Number),
    ("snapshots in time", Align::Number),
    ("fresh", Align::Number),
    ("rejected", Align::Number),
];

/// # Errors
/// The supplier is not known, a day cannot be read, or nothing can be read.
pub fn run(args: &Scorecard) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let mut pairs = Vec::new();
    pairs.extend(args.from_day.iter().map(|it| ("from", it.clone())));
    pairs.extend(args.to.iter().map(|it| ("to", it.clone())));
    pairs.extend(args.by.map(|it| ("by", it.name().to_owned())));
    let told = reads.ask(&ledger, &format!("suppliers/{}/scorecard", args.supplier), &pairs)?;
    if args.json {
        print(&told.to_string());
        return Ok(());
    }
    if args.csv {
        let (columns, rows) = sheet(&told, args.by.is_some());
        let columns: Vec<(&str, Align)> =
            columns.iter().map(|it| (it.as_str(), Align::Text)).collect();
        return print_csv(&columns, &rows).map_err(Failure::from);
    }
    show(&told);
    Ok(())
}

fn show(told: &Value) {
    let [supplier, from, to] = ["supplier", "from", "to"].map(|name| plain(&told[name]));
    print(&format!("{supplier}, {from} to {to}"));
    let mut rates: Vec<Vec<String>> =
        RATES.iter().map(|(name, words)| rate(words, &told[*name])).collect();
    for it in told["warehouses"].as_array().into_iter().flatten() {
        rates.push(rate(&format!("  at {}", plain(&it["location"])), &it["rejected"]));
    }
    print_table(&RATE_TABLE, &rates);
    print("");
    let spreads: Vec<Vec<String>> =
        SPREADS.iter().map(|(name, words)| spread(words, &told[*name])).collect();
    print_table(&SPREAD_TABLE, &spreads);
    let trend: Vec<Vec<String>> =
        told["trend"].as_array().into_iter().flatten().map(trend_line).collect();
    if !trend.is_empty() {
        print("");
        print_table(&TREND_TABLE, &trend);
    }
}

fn rate(words: &str, it: &Value) -> Vec<String> {
    vec![words.to_owned(), plain(&it["part"]), plain(&it["of"]), percent(it)]
}

/// Hundredths of a percent as percent: 97.31. Nothing where there was nothing to measure.
fn percent(rate: &Value) -> String {
    let points = rate["basis_points"].as_u64();
    points.map(|it| format!("{}.{:02}", it / 100, it % 100)).unwrap_or_default()
}

fn spread(words: &str, it: &Value) -> Vec<String> {
    let span = |name: &str| {
        let seconds = it[name].as_u64().map(|it| it.saturating_mul(60));
        crate::feeds::span(&serde_json::json!(seconds))
    };
    let times = plain(&it["count"]);
    vec![words.to_owned(), times, span("p50_minutes"), span("p90_minutes"), span("mean_minutes")]
}

fn trend_line(it: &Value) -> Vec<String> {
    let mut line = vec![plain(&it["from"]), plain(&it["to"])];
    line.extend(RATES.iter().map(|(name, _)| percent(&it[*name])));
    line
}

/// Everything in columns that a spreadsheet can add up: parts and wholes rather than percents.
fn sheet(told: &Value, parts: bool) -> (Vec<String>, Vec<Vec<String>>) {
    let rows: Vec<&Value> = match parts {
        true => told["trend"].as_array().into_iter().flatten().collect(),
        false => vec![told],
    };
    let mut columns: Vec<String> = ["supplier", "from", "to"].map(str::to_owned).into();
    for (name, _) in RATES {
        columns.extend(["part", "of", "basis_points"].map(|it| format!("{name}_{it}")));
    }
    for (name, _) in SPREADS {
        let names = ["count", "p50_minutes", "p90_minutes", "mean_minutes"];
        columns.extend(names.map(|it| format!("{name}_{it}")));
    }
    columns.extend(["snapshots_held", "received", "warehouses"].map(str::to_owned));
    let supplier = plain(&told["supplier"]);
    (columns, rows.into_iter().map(|it| sheet_row(&supplier, it)).collect())
}

fn sheet_row(supplier: &str, it: &Value) -> Vec<String> {
    let mut row = vec![supplier.to_owned(), plain(&it["from"]), plain(&it["to"])];
    for (name, _) in RATES {
        row.extend(["part", "of", "basis_points"].map(|figure| plain(&it[name][figure])));
    }
    for (name, _) in SPREADS {
        let names = ["count", "p50_minutes", "p90_minutes", "mean_minutes"];
        row.extend(names.map(|figure| plain(&it[name][figure])));
    }
    row.extend(["snapshots_held", "received"].map(|figure| plain(&it[figure])));
    let warehouse = |it: &Value| {
        let (location, rejected) = (plain(&it["location"]), &it["rejected"]);
        format!("{location} {} of {}", rejected["part"], rejected["of"])
    };
    let warehouses = it["warehouses"].as_array().into_iter().flatten().map(warehouse);
    row.push(warehouses.collect::<Vec<_>>().join("; "));
    row
}
