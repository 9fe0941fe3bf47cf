//! `onhand pools`: stock that is set aside, for whom, and how much of it can be sold.

use clap::Args;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};
use crate::words::plain;

/// Shows pools: what is set aside, for whom, and how much of it can be sold
#[derive(Debug, Args)]
pub struct Pools {
    /// Only this pool, with its tranches
    pool: Option<String>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only those that are open
    #[arg(long, conflicts_with = "pool")]
    open: bool,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const COLUMNS: [(&str, Align); 9] = [
    ("pool", Align::Text),
    ("serves", Align::Text),
    ("state", Align::Text),
    ("ends at", Align::Text),
    ("sku", Align::Text),
    ("left", Align::Number),
    ("drawn", Align::Number),
    ("released", Align::Number),
    ("own", Align::Number),
];

const TRANCHES: [(&str, Align); 5] = [
    ("tranche", Align::Text),
    ("release at", Align::Text),
    ("state", Align::Text),
    ("sku", Align::Text),
    ("quantity", Align::Number),
];

/// # Errors
/// The pool is not known, or nothing can be read.
pub fn run(args: &Pools) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let pools = match &args.pool {
        Some(pool) => vec![reads.ask(&ledger, &format!("pools/{pool}"), &[])?],
        None => {
            let page = reads.ask(&ledger, "pools", &[("open", args.open.to_string())])?;
            page["rows"].as_array().cloned().unwrap_or_default()
        }
    };
    if args.json {
        pools.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = pools.iter().flat_map(parts).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    print_table(&COLUMNS, &cells);
    let tranches: Vec<Vec<String>> = pools.iter().flat_map(tranches).collect();
    if args.pool.is_some() && !tranches.is_empty() {
        print("");
        print_table(&TRANCHES, &tranches);
    }
    if pools.is_empty() {
        print("No such pools.");
    }
    Ok(())
}

/// One line for each item of the pool.
fn parts(pool: &Value) -> Vec<Vec<String>> {
    let head =
        [plain(&pool["pool"]), serves(pool), plain(&pool["state"]), moment(&pool["ends_at"])];
    let parts = pool["parts"].as_array().into_iter().flatten();
    let line = |part: &Value| {
        let figures = ["sku", "left", "drawn", "released", "own"].map(|name| plain(&part[name]));
        head.iter().cloned().chain(figures).collect()
    };
    parts.map(line).collect()
}

/// Whom the pool serves: all that it names must be met.
fn serves(pool: &Value) -> String {
    let names = ["channel", "campaign", "customer"];
    let named = names.iter().filter(|it| !pool[**it].is_null());
    named.map(|it| format!("{it} {}", plain(&pool[*it]))).collect::<Vec<_>>().join(", ")
}

fn tranches(pool: &Value) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for tranche in pool["tranches"].as_array().into_iter().flatten() {
        let state = if tranche["out"] == true { "out" } else { "waits" };
        for line in tranche["lines"].as_array().into_iter().flatten() {
            lines.push(vec![
                plain(&tranche["tranche"]),
                moment(&tranche["release_at"]),
                state.to_owned(),
                plain(&line["sku"]),
                plain(&line["quantity"]),
            ]);
        }
    }
    lines
}
