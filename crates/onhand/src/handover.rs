//! `onhand handover`: one list of orders that a supplier was given, and what it did not have.

use std::io::Write;

use clap::Args;
use onhand_core::HandedLine;
use onhand_server::handover_csv;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_table};
use crate::words::plain;

/// Shows one list of orders that a supplier was given to ship, and what it did not have
#[derive(Debug, Args)]
pub struct HandoverArgs {
    /// The supplier's name
    supplier: String,
    /// The handover's name
    name: String,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// The list as CSV with a header: the supplier may fill in `short` and send it back
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

const HANDED: [(&str, Align); 6] = [
    ("quantity", Align::Number),
    ("supplier sku", Align::Text),
    ("sku", Align::Text),
    ("order", Align::Text),
    ("ref", Align::Text),
    ("location", Align::Text),
];

const SHORT: [(&str, Align); 6] = [
    ("short", Align::Number),
    ("sku", Align::Text),
    ("order", Align::Text),
    ("ref", Align::Text),
    ("action", Align::Text),
    ("now at", Align::Text),
];

/// # Errors
/// The supplier or the handover is not known, or nothing can be read.
pub fn run(args: &HandoverArgs) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let told = reads.handovers(&ledger, &args.supplier, Some(&args.name), &[])?;
    if args.json {
        print(&told.to_string());
        return Ok(());
    }
    if args.csv {
        let lines: Vec<HandedLine> = serde_json::from_value(told["handed"].clone())?;
        let bytes = handover_csv(&lines).map_err(|it| Failure::new(it.to_string()))?;
        return std::io::stdout().write_all(&bytes).map_err(Failure::from);
    }
    print(&headline(&told));
    let handed: Vec<Vec<String>> = rows(&told["handed"]).map(handed).collect();
    if !handed.is_empty() {
        print("");
        print_table(&HANDED, &handed);
    }
    let short: Vec<Vec<String>> = rows(&told["shortages"]).map(short).collect();
    if !short.is_empty() {
        print("");
        print_table(&SHORT, &short);
    }
    Ok(())
}

fn headline(told: &Value) -> String {
    let late = if told["late"] == true { ", late" } else { "" };
    let by = match told["confirm_by"].is_null() {
        true => String::new(),
        false => format!(", to be confirmed by {}", moment(&told["confirm_by"])),
    };
    let (name, state) = (plain(&told["handover"]), plain(&told["state"]));
    let (orders, units) = (plain(&told["orders"]), plain(&told["units"]));
    format!("{name}: {state}{late}; orders {orders}, units {units}{by}")
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn handed(line: &Value) -> Vec<String> {
    let names = ["quantity", "supplier_sku", "sku", "order", "ref", "location"];
    names.iter().map(|it| plain(&line[*it])).collect()
}

fn short(line: &Value) -> Vec<String> {
    let place = |it: &Value| format!("{} at {}", plain(&it["quantity"]), plain(&it["location"]));
    let places: Vec<String> = rows(&line["to"]).map(place).collect();
    let names = ["short", "sku", "order", "ref", "action"].iter().map(|it| plain(&line[*it]));
    names.chain([places.join(", ")]).collect()
}
