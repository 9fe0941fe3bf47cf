//! `onhand policies`: the rules in force, and what they were.

use clap::Args;
use onhand_core::{ChannelId, Label, LedgerId, LocationId, Sku, SupplierId};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{channel, label, location, sku, supplier};
use crate::reads::{From, PAGE_ROWS, Reads};
use crate::settings::Which;
use crate::terminal::{Align, print, print_csv, print_table};
use crate::words::{plain, scope};

/// Shows the rules in force by scope, with the entry that last changed each
#[derive(Debug, Args)]
pub struct Policies {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only rules of this item, by SKU or alias
    #[arg(long, value_name = "SKU", value_parser = sku)]
    sku: Option<Sku>,
    /// Only rules of this category
    #[arg(long, value_name = "NAME", value_parser = label)]
    category: Option<Label>,
    /// Only rules of this channel
    #[arg(long, value_name = "NAME", value_parser = channel)]
    channel: Option<ChannelId>,
    /// Only rules of this location
    #[arg(long, value_name = "NAME", value_parser = location)]
    location: Option<LocationId>,
    /// Only rules of this supplier
    #[arg(long, value_name = "NAME", value_parser = supplier)]
    supplier: Option<SupplierId>,
    /// With all that each scope ever said, oldest first
    #[arg(long)]
    history: bool,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const COLUMNS: [(&str, Align); 4] = [
    ("position", Align::Number),
    ("scope", Align::Text),
    ("dimension", Align::Text),
    ("says", Align::Text),
];

/// # Errors
/// Something named is not known, or nothing can be read.
pub fn run(args: &Policies) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let rows = all_rows(&reads, &ledger, args)?;
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = rows.iter().flat_map(lines).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    print_table(&COLUMNS, &cells);
    if cells.is_empty() {
        print("No such rules.");
    }
    Ok(())
}

fn all_rows(reads: &Reads, ledger: &LedgerId, args: &Policies) -> Result<Vec<Value>, Failure> {
    let mut pairs = vec![("limit", PAGE_ROWS.to_string()), ("history", args.history.to_string())];
    pairs.extend(args.sku.iter().map(|it| ("sku", it.to_string())));
    pairs.extend(args.category.iter().map(|it| ("category", it.to_string())));
    pairs.extend(args.channel.iter().map(|it| ("channel", it.to_string())));
    pairs.extend(args.location.iter().map(|it| ("location", it.to_string())));
    pairs.extend(args.supplier.iter().map(|it| ("supplier", it.to_string())));
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let next = after.map(|it: u64| ("after", it.to_string()));
        let asked: Vec<_> = pairs.iter().cloned().chain(next).collect();
        let mut page = reads.ask(ledger, "policies", &asked)?;
        if let Value::Array(more) = page["rows"].take() {
            rows.extend(more);
        }
        after = page["next"].as_u64();
        if after.is_none() {
            return Ok(rows);
        }
    }
}

/// One line for each dimension: of what the scope says, or of what each of its entries said.
fn lines(row: &Value) -> Vec<Vec<String>> {
    let about = scope(&row["scope"]);
    let Some(history) = row["history"].as_array() else {
        let set = row["set"].as_object().into_iter().flatten();
        return set.map(|(name, says)| line(&row["position"], &about, name, says)).collect();
    };
    let mut lines = Vec::new();
    for past in history {
        for name in past["named"].as_array().into_iter().flatten() {
            let name = plain(name);
            lines.push(line(&past["position"], &about, &name, &past["set"][&name]));
        }
    }
    lines
}

fn line(position: &Value, about: &str, name: &str, says: &Value) -> Vec<String> {
    let says = if says.is_null() { "nothing any more".to_owned() } else { plain(says) };
    vec![position.to_string(), about.to_owned(), name.to_owned(), says]
}
