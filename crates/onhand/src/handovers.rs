//! `onhand handovers`: what a supplier was given to ship, what it confirmed, and what waits for it.

use clap::{Args, ValueEnum};
use onhand_core::LedgerId;
use onhand_server::handovers_here;
use serde_json::Value;

use crate::client::encoded;
use crate::failure::{Failure, Outcome};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};
use crate::words::plain;

/// Shows what a supplier was given to ship and whether it confirmed it, newest first
#[derive(Debug, Args)]
pub struct Handovers {
    /// The supplier's name
    supplier: String,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Only these; may be given several times
    #[arg(long, value_name = "STATE")]
    state: Vec<State>,
    /// Only those older than the one at this position
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
    /// Handovers to show, at most 1000
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
enum State {
    Empty,
    Waiting,
    Missed,
    Confirmed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Empty => "empty",
            State::Waiting => "waiting",
            State::Missed => "missed",
            State::Confirmed => "confirmed",
        }
    }
}

const COLUMNS: [(&str, Align); 9] = [
    ("handover", Align::Text),
    ("state", Align::Text),
    ("late", Align::Text),
    ("confirm by", Align::Text),
    ("orders", Align::Number),
    ("lines", Align::Number),
    ("units", Align::Number),
    ("short", Align::Number),
    ("position", Align::Number),
];

/// # Errors
/// The supplier is not known, or nothing can be read.
pub fn run(args: &Handovers) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let mut pairs = vec![("limit", args.limit.to_string())];
    pairs.extend(args.state.iter().map(|it| ("state", it.name().to_owned())));
    pairs.extend(args.after.map(|it| ("after", it.to_string())));
    let page = reads.handovers(&ledger, &args.supplier, None, &pairs)?;
    let rows = page["rows"].as_array().cloned().unwrap_or_default();
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    if args.csv {
        return print_csv(&COLUMNS, &cells).map_err(Failure::from);
    }
    match cells.is_empty() {
        true => print("No such handovers."),
        false => print_table(&COLUMNS, &cells),
    }
    if let Some(next) = page["next"].as_u64() {
        print(&format!("There are more: --after {next}"));
    }
    Ok(())
}

fn cells(row: &Value) -> Vec<String> {
    let late = if row["late"] == true { "late" } else { "" };
    let figures = ["orders", "lines", "units", "short", "position"].map(|it| plain(&row[it]));
    let head = [
        plain(&row["handover"]),
        plain(&row["state"]),
        late.to_owned(),
        moment(&row["confirm_by"]),
    ];
    head.into_iter().chain(figures).collect()
}

impl Reads {
    /// The handovers to a supplier, or the one that is named.
    ///
    /// # Errors
    /// Whatever the door would say no to.
    pub fn handovers(
        &self,
        ledger: &LedgerId,
        supplier: &str,
        handover: Option<&str>,
        pairs: &[(&str, String)],
    ) -> Result<Value, Failure> {
        match self {
            Reads::Own(books) => {
                let told = handovers_here(books.of(ledger)?, ledger, supplier, handover, pairs);
                told.map_err(|no| {
                    let detail = no.body["detail"].as_str().unwrap_or(no.page.title);
                    Failure::usage(detail)
                })
            }
            Reads::Server(client) => {
                let named = handover.map_or(String::new(), |it| format!("/{}", encoded(it)));
                let supplier = encoded(supplier);
                client.get(&format!("/v1/{ledger}/suppliers/{supplier}/handovers{named}"), pairs)
            }
        }
    }
}
