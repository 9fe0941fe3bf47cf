//! `onhand notices`: what ran low, ran out, came back or is sold beyond what is there.

use clap::{Args, ValueEnum};
use onhand_core::{ChannelId, Sku};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{channel, sku};
use crate::reads::From;
use crate::settings::Which;
use crate::stock::cells;
use crate::terminal::{Align, moment, print, print_csv, print_table};

/// Shows what ran low, ran out, came back or is sold beyond what is there, oldest first
#[derive(Debug, Args)]
pub struct Notices {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only what came behind the notice with this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Only these; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,
    /// Only on this channel
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: Option<ChannelId>,
    /// Only of this item, by SKU or alias
    #[arg(long, value_name = "SKU", value_parser = sku)]
    sku: Option<Sku>,
    /// Notices to show, at most 1000
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    LowStock,
    OutOfStock,
    BackInStock,
    Oversold,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::LowStock => "low_stock",
            Kind::OutOfStock => "out_of_stock",
            Kind::BackInStock => "back_in_stock",
            Kind::Oversold => "oversold",
        }
    }
}

const COLUMNS: [(&str, Align); 10] = [
    ("number", Align::Number),
    ("position", Align::Number),
    ("recorded at", Align::Text),
    ("kind", Align::Text),
    ("sku", Align::Text),
    ("channel", Align::Text),
    ("location", Align::Text),
    ("published", Align::Number),
    ("low at", Align::Number),
    ("by", Align::Number),
];

/// # Errors
/// Something named is not known, what was asked for is not kept any more, or nothing can be read.
pub fn run(args: &Notices) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let mut pairs = vec![("limit", args.limit.to_string())];
    pairs.extend(args.after.map(|it| ("after", it.to_string())));
    pairs.extend(args.kind.iter().map(|it| ("kind", it.name().to_owned())));
    pairs.extend(args.channel.iter().map(|it| ("channel", it.to_string())));
    pairs.extend(args.sku.iter().map(|it| ("sku", it.to_string())));
    let page = reads.ask(&ledger, "notices", &pairs)?;
    let rows: Vec<Value> = page["rows"].as_array().cloned().unwrap_or_default();
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let mut cells = cells(&COLUMNS, &rows);
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    // People need no fractions of a second.
    cells.iter_mut().zip(&rows).for_each(|(line, row)| line[2] = moment(&row["recorded_at"]));
    print_table(&COLUMNS, &cells);
    let next = &page["next"];
    match page["more"].as_bool() {
        Some(true) => print(&format!("More: --after {next}")),
        _ => print(&format!("That is all there is. What comes: --after {next}")),
    }
    Ok(())
}
