//! `onhand suppliers`: who they are, what belongs to them, and what their codes mean.

use clap::Args;
use onhand_core::SupplierId;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::supplier;
use crate::reads::From;
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};
use crate::words::plain;

/// Shows suppliers: their terms, locations and feeds, or what their codes mean
#[derive(Debug, Args)]
pub struct Suppliers {
    /// Only this one
    #[arg(value_parser = supplier)]
    supplier: Option<SupplierId>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Of the supplier: what its codes mean
    #[arg(long, requires = "supplier")]
    skus: bool,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

const COLUMNS: [(&str, Align); 10] = [
    ("supplier", Align::Text),
    ("name", Align::Text),
    ("locations", Align::Text),
    ("feeds", Align::Text),
    ("codes", Align::Number),
    ("cut off", Align::Text),
    ("next cut off", Align::Text),
    ("waiting orders", Align::Number),
    ("open discrepancies", Align::Number),
    ("on shortage", Align::Text),
];

const SKUS: [(&str, Align); 7] = [
    ("supplier sku", Align::Text),
    ("sku", Align::Text),
    ("pack", Align::Number),
    ("unit cost", Align::Number),
    ("valid from", Align::Text),
    ("valid until", Align::Text),
    ("valid", Align::Text),
];

/// # Errors
/// The supplier is not known, or nothing can be read.
pub fn run(args: &Suppliers) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let rows = match &args.supplier {
        Some(supplier) if args.skus => {
            reads.all(&ledger, &format!("suppliers/{supplier}/skus"), &[])?
        }
        Some(supplier) => vec![reads.ask(&ledger, &format!("suppliers/{supplier}"), &[])?],
        None => {
            let told = reads.ask(&ledger, "suppliers", &[])?;
            told["rows"].as_array().cloned().unwrap_or_default()
        }
    };
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let (columns, cells): (&[(&str, Align)], Vec<Vec<String>>) = match args.skus {
        true => (&SKUS, crate::stock::cells(&SKUS, &rows)),
        false => (&COLUMNS, rows.iter().map(cells).collect()),
    };
    if args.csv {
        return print_csv(columns, &cells).map_err(Failure::from);
    }
    match rows.is_empty() {
        true => print("There are none."),
        false => print_table(columns, &cells),
    }
    Ok(())
}

fn cells(row: &Value) -> Vec<String> {
    let zone = row["time_zone"].as_str().unwrap_or("UTC");
    let cut_off = row["cut_off"].as_str().map(|it| format!("{it} {zone}")).unwrap_or_default();
    vec![
        plain(&row["supplier"]),
        plain(&row["name"]),
        plain(&row["locations"]),
        plain(&row["feeds"]),
        plain(&row["mapped"]),
        cut_off,
        moment(&row["next_cut_off"]),
        plain(&row["waiting_orders"]),
        plain(&row["open_discrepancies"]),
        plain(&row["on_shortage"]),
    ]
}
