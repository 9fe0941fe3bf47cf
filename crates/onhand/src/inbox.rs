//! `onhand inbox`: differences between the book and what others say of our stock.

use clap::{Args, ValueEnum};
use onhand_core::{FeedId, LedgerId, LocationId, Sku, SupplierId};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::names::{feed, location, sku, supplier};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{Align, moment, print, print_csv, print_table};
use crate::words::plain;

/// Shows the inbox: differences between the book and what suppliers, stocktakes and channels say
#[derive(Debug, Args)]
pub struct Inbox {
    /// Only this one, in full: what explains it, what became of it, what accepting it would do
    number: Option<u64>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    filter: Filter,
    /// What comes first
    #[arg(long, value_name = "ORDER", default_value = "newest")]
    order: Order,
    /// Only what comes behind the one with this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Rows to show, at most 1000
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Which differences.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Only of this kind, such as in_flight or unknown_sku; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only in this state, such as open or snoozed; whatever is open and not snoozed if not given
    #[arg(long, value_name = "STATE")]
    state: Vec<String>,
    /// Only what this supplier says
    #[arg(long, value_name = "NAME", value_parser = supplier)]
    supplier: Option<SupplierId>,
    /// Only what this feed says
    #[arg(long, value_name = "NAME", value_parser = feed)]
    feed: Option<FeedId>,
    /// Only at this location
    #[arg(long, value_name = "NAME", value_parser = location)]
    location: Option<LocationId>,
    /// Only of this item, by SKU or alias
    #[arg(long, value_name = "SKU", value_parser = sku)]
    sku: Option<Sku>,
    /// Only of more units than this
    #[arg(long, value_name = "UNITS")]
    larger_than: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Newest,
    Largest,
}

impl Filter {
    /// As the door takes it.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> =
            self.kind.iter().map(|it| ("kind", it.clone())).collect();
        pairs.extend(self.state.iter().map(|it| ("state", it.clone())));
        pairs.extend(self.supplier.iter().map(|it| ("supplier", it.to_string())));
        pairs.extend(self.feed.iter().map(|it| ("feed", it.to_string())));
        pairs.extend(self.location.iter().map(|it| ("location", it.to_string())));
        pairs.extend(self.sku.iter().map(|it| ("sku", it.to_string())));
        pairs.extend(self.larger_than.map(|it| ("larger_than", it.to_string())));
        pairs
    }
}

const COLUMNS: [(&str, Align); 10] = [
    ("number", Align::Number),
    ("kind", Align::Text),
    ("item", Align::Text),
    ("location", Align::Text),
    ("theirs", Align::Number),
    ("ours", Align::Number),
    ("difference", Align::Number),
    ("confidence", Align::Number),
    ("since", Align::Text),
    ("state", Align::Text),
];

/// # Errors
/// Something named is not known, or nothing can be read.
pub fn run(args: &Inbox) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    match args.number {
        Some(number) => one(&reads, &ledger, number, args.json),
        None => list(&reads, &ledger, args),
    }
}

fn list(reads: &Reads, ledger: &LedgerId, args: &Inbox) -> Outcome {
    let mut pairs = args.filter.pairs();
    let order = if matches!(args.order, Order::Largest) { "largest" } else { "newest" };
    pairs.extend([("order", order.to_owned()), ("limit", args.limit.to_string())]);
    pairs.extend(args.after.map(|it| ("after", it.to_string())));
    let page = reads.ask(ledger, "discrepancies", &pairs)?;
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
        true => print("No such differences."),
        false => show(&rows),
    }
    if let Some(next) = page["next"].as_u64() {
        print(&format!("More: --after {next}"));
    }
    Ok(())
}

/// Rows of the inbox as a table.
pub fn show(rows: &[Value]) {
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    print_table(&COLUMNS, &cells);
}

/// One row as texts. An unknown code stands for its item.
pub fn cells(row: &Value) -> Vec<String> {
    let item = if row["sku"].is_null() { &row["supplier_sku"] } else { &row["sku"] };
    let state = match row["until"].is_null() {
        true => plain(&row["state"]),
        false => format!("{} until {}", plain(&row["state"]), moment(&row["until"])),
    };
    vec![
        plain(&row["number"]),
        plain(&row["kind"]),
        plain(item),
        plain(&row["location"]),
        plain(&row["theirs"]),
        plain(&row["ours"]),
        plain(&row["difference"]),
        plain(&row["confidence"]),
        moment(&row["since"]),
        state,
    ]
}

fn one(reads: &Reads, ledger: &LedgerId, number: u64, json: bool) -> Outcome {
    let told = reads.ask(ledger, &format!("discrepancies/{number}"), &[])?;
    match json {
        true => print(&told.to_string()),
        false => lines(&told).iter().for_each(|it| print(it)),
    }
    Ok(())
}

/// One difference for people.
fn lines(told: &Value) -> Vec<String> {
    let row = cells(told);
    let (item, location) = (&row[2], &row[3]);
    let at = if location.is_empty() { String::new() } else { format!(" at {location}") };
    let mut lines = vec![format!("{}: {} of {item}{at}, {}", row[0], row[1], row[9])];
    let theirs = if row[4].is_empty() { "left open" } else { &row[4] };
    let as_of = moment(&told["as_of"]);
    let confidence = &row[7];
    lines.push(format!("  theirs {theirs}, ours {} on {as_of}; {confidence} % sure", row[5]));
    lines.extend(list_of(&told["suggestions"]).map(|it| {
        let (sku, why) = (plain(&it["sku"]), plain(&it["why"]));
        format!("  may be {sku}: {} % sure, {why}", plain(&it["confidence"]))
    }));
    lines.extend(told["suggestions"].get(0).and_then(|it| accepting_it(told, it)));
    lines.extend(list_of(&told["explained_by"]).map(|it| {
        let (position, kind) = (plain(&it["position"]), plain(&it["kind"]));
        format!("  explained by entry {position}, {kind} {}", plain(&it["cause"]))
    }));
    lines.extend(list_of(&told["history"]).map(history));
    let accepting = &told["accepting"];
    if !accepting.is_null() {
        let number = |name: &str| plain(&accepting[name]);
        lines.push(format!(
            "  accepting theirs would count {}: sellable {} becomes {} ({} free)",
            number("counted"),
            number("sellable"),
            number("sellable_after"),
            number("free"),
        ));
    }
    lines.into_iter().map(|it| it.trim_end().to_owned()).collect()
}

/// The command that accepts a suggestion, ready to be sent.
fn accepting_it(told: &Value, suggestion: &Value) -> Option<String> {
    let words = [&told["supplier"], &told["supplier_sku"], &suggestion["sku"]];
    let [supplier, code, sku] = words.map(|it| it.as_str().map(quoted));
    let (supplier, code, sku) = (supplier?, code?, sku?);
    Some(format!("  to say so: onhand map --supplier {supplier} --code {code} --sku {sku}"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._/:+-".contains(it);
    match word.chars().all(is_plain) && !word.starts_with('-') {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn history(it: &Value) -> String {
    let (at, step) = (moment(&it["recorded_at"]), plain(&it["step"]));
    let mut line = format!("  {at} {step} by entry {}", plain(&it["position"]));
    if !it["ours"].is_null() {
        line.push_str(&format!(": theirs {}, ours {}", plain(&it["theirs"]), plain(&it["ours"])));
    }
    if !it["action"].is_null() {
        let (action, why) = (plain(&it["action"]), plain(&it["reason"]["code"]));
        line.push_str(&format!(": {action}, {why} {}", plain(&it["reason"]["note"])));
    }
    if let Some(actor) = it["actor"].as_str() {
        line = format!("{} by {actor}", line.trim_end());
    }
    line
}

fn list_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
