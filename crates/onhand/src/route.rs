//! `onhand route`: where an order would be taken from, and why. Nothing is booked.

use clap::Args;
use onhand_core::{ChannelId, Label};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{channel, label};
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, print, print_csv, print_table};
use crate::words::plain;

/// Tells where an order would be taken from, and why; nothing is booked
#[derive(Debug, Args)]
pub struct Route {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Where the order comes from
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: ChannelId,
    /// What is ordered, perhaps from where, such as MUG:2 or MUG:2@leeds; may be given several times
    #[arg(long, value_name = "SKU:N[@LOCATION]", value_parser = line, required = true)]
    line: Vec<String>,
    /// The region that the goods are to go to
    #[arg(long, value_name = "REGION", value_parser = label)]
    ship_to: Option<Label>,
    /// For a buyer of this campaign, which pools may serve
    #[arg(long, value_name = "NAME", value_parser = label)]
    campaign: Option<Label>,
    /// For this customer, whom pools may serve
    #[arg(long, value_name = "NAME", value_parser = label)]
    customer: Option<Label>,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// The same text again, once it is known to be a line.
fn line(text: &str) -> Result<String, String> {
    onhand_wire::claim_line("line", text).map(|_| text.to_owned()).map_err(|it| it.message)
}

const COLUMNS: [(&str, Align); 9] = [
    ("line", Align::Text),
    ("sku", Align::Text),
    ("quantity", Align::Number),
    ("location", Align::Text),
    ("units", Align::Number),
    ("free", Align::Number),
    ("cost", Align::Number),
    ("nearness", Align::Number),
    ("reason", Align::Text),
];

/// # Errors
/// Nothing can be read. That the order would be refused is an answer, not an error.
pub fn run(args: &Route) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let mut pairs = vec![("channel", args.channel.to_string())];
    pairs.extend(args.line.iter().map(|it| ("line", it.clone())));
    pairs.extend(args.ship_to.iter().map(|it| ("ship_to", it.to_string())));
    pairs.extend(args.campaign.iter().map(|it| ("campaign", it.to_string())));
    pairs.extend(args.customer.iter().map(|it| ("customer", it.to_string())));
    let told = reads.ask(&ledger, "routing", &pairs)?;
    if args.json {
        print(&told.to_string());
        return Ok(());
    }
    let cells: Vec<Vec<String>> =
        told["lines"].as_array().into_iter().flatten().flat_map(candidates).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    print_table(&COLUMNS, &cells);
    print(&outcome(&told));
    Ok(())
}

/// One line for each location that was considered.
fn candidates(line: &Value) -> Vec<Vec<String>> {
    let head = ["line", "sku", "quantity"].map(|name| plain(&line[name]));
    let all = line["candidates"].as_array().into_iter().flatten();
    let told = all.map(|it| {
        let names = ["location", "units", "free", "cost", "nearness"];
        let mut cells: Vec<String> = head.to_vec();
        cells.extend(names.map(|name| plain(&it[name])));
        cells.push(reason(it));
        cells
    });
    told.collect()
}

/// Why, and of what the units are taken where that is more than one thing.
fn reason(candidate: &Value) -> String {
    let takes = candidate["takes"].as_array().into_iter().flatten();
    let takes: Vec<String> = takes
        .map(|it| {
            let pool = it["pool"].as_str().map(|it| format!(" {it}")).unwrap_or_default();
            format!("{} {}{pool}", plain(&it["units"]), plain(&it["reason"]))
        })
        .collect();
    let mixed = takes.len() > 1 || candidate["takes"][0]["pool"].is_string();
    if mixed { takes.join(", ") } else { plain(&candidate["reason"]) }
}

fn outcome(told: &Value) -> String {
    if let Some(detail) = told["rejection"]["detail"].as_str() {
        return format!("It would be refused ({}): {detail}", plain(&told["rejection"]["code"]));
    }
    match told["locations"].as_u64() {
        Some(1) => "It would be taken from one location. Nothing was booked.".to_owned(),
        count => {
            let count = count.unwrap_or(0);
            format!("It would be taken from {count} locations. Nothing was booked.")
        }
    }
}
