//! `onhand settle`: decide about differences, one or many, with a preview of what would be counted.

use clap::{Args, ValueEnum};
use onhand_core::{Label, LedgerId, ReasonCode, Time};
use onhand_journal::Hash;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::inbox::{Filter, cells};
use crate::reads::{From, Reads};
use crate::sending::send;
use crate::settings::Which;
use crate::stock::label;
use crate::terminal::{Align, grouped, print, print_table};
use crate::words::plain;

/// Decides about differences of the inbox: accept theirs, keep ours, dispute, snooze, ask, reopen
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["numbers", "kind", "state", "supplier", "feed", "location", "sku", "larger_than"]))]
pub struct Settle {
    /// Their numbers, as the inbox shows them; or choose by what they are
    numbers: Vec<u64>,
    #[command(flatten)]
    filter: Filter,
    /// What to do about them
    #[arg(long, value_name = "ACTION")]
    action: Action,
    /// Why, such as count_variance or correction; `other` needs a note
    #[arg(long, value_name = "CODE", value_parser = reason)]
    reason: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who decides
    #[arg(long, value_name = "NAME", value_parser = label)]
    actor: Label,
    /// Of a snooze: until when, such as 2026-03-03T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, required_if_eq("action", "snooze"))]
    until: Option<Time>,
    /// Only show what would be decided and counted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// As one JSON object for each command or difference
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Action {
    AcceptTheirs,
    KeepOurs,
    Dispute,
    Snooze,
    AskSupplier,
    Reopen,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Action::AcceptTheirs => "accept_theirs",
            Action::KeepOurs => "keep_ours",
            Action::Dispute => "dispute",
            Action::Snooze => "snooze",
            Action::AskSupplier => "ask_supplier",
            Action::Reopen => "reopen",
        }
    }
}

fn reason(text: &str) -> Result<String, String> {
    let known: Result<ReasonCode, _> = serde_json::from_value(json!(text));
    known.map(|_| text.to_owned()).map_err(|_| "is no reason code, such as correction".to_owned())
}

fn time(text: &str) -> Result<Time, String> {
    text.parse::<Time>().map_err(|error| error.to_string())
}

/// Differences of one command.
const NUMBERS_MAX: usize = 1_000;

const PREVIEW: [(&str, Align); 8] = [
    ("number", Align::Number),
    ("kind", Align::Text),
    ("item", Align::Text),
    ("location", Align::Text),
    ("counted", Align::Number),
    ("change", Align::Number),
    ("sellable", Align::Number),
    ("becomes", Align::Number),
];

/// # Errors
/// Nothing can be read, or the ledger says no: what was settled before stays so.
pub fn run(args: &Settle) -> Outcome {
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let chosen = chosen(&reads, &ledger, args)?;
    if args.dry_run {
        return preview(&reads, &ledger, args, &chosen);
    }
    // An installation that nobody serves is opened once: to read, then to write.
    drop(reads);
    for some in chosen.chunks(NUMBERS_MAX) {
        let told =
            send(&args.from, &ledger, "settle_discrepancy", &body(args, some), &key(args, some))?;
        if args.json {
            print(&told.to_string());
        }
    }
    if !args.json {
        let count = grouped(chosen.len() as u64);
        print(&format!("{count} differences: {}.", args.action.name()));
    }
    Ok(())
}

/// The rows that are to be decided about.
fn chosen(reads: &Reads, ledger: &LedgerId, args: &Settle) -> Result<Vec<Value>, Failure> {
    let mut rows = Vec::new();
    for number in &args.numbers {
        rows.push(reads.ask(ledger, &format!("discrepancies/{number}"), &[])?);
    }
    if !args.numbers.is_empty() {
        return Ok(rows);
    }
    let mut after: Option<u64> = None;
    loop {
        let mut pairs = args.filter.pairs();
        pairs.push(("limit", NUMBERS_MAX.to_string()));
        pairs.extend(after.map(|it| ("after", it.to_string())));
        let mut page = reads.ask(ledger, "discrepancies", &pairs)?;
        if let Value::Array(more) = page["rows"].take() {
            rows.extend(more);
        }
        after = page["next"].as_u64();
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn body(args: &Settle, rows: &[Value]) -> Value {
    let numbers: Vec<&Value> = rows.iter().map(|it| &it["number"]).collect();
    let mut reason = json!({ "code": args.reason });
    if let Some(note) = &args.note {
        reason["note"] = json!(note);
    }
    let mut body = json!({
        "action": args.action.name(),
        "numbers": numbers,
        "reason": reason,
        "actor": args.actor,
    });
    if let Some(until) = args.until {
        body["until"] = json!(until);
    }
    body
}

/// The same decision about the same state of things has the same key: sent twice it counts once.
fn key(args: &Settle, rows: &[Value]) -> String {
    let mut text = body(args, rows).to_string();
    rows.iter().for_each(|it| text.push_str(&format!(" {}", it["changed"])));
    let hash = Hash::of(text.as_bytes()).to_string();
    format!("settle:{}", hash.get(..32).unwrap_or(&hash))
}

fn preview(reads: &Reads, ledger: &LedgerId, args: &Settle, rows: &[Value]) -> Outcome {
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let number = &row["number"];
        told.push(reads.ask(ledger, &format!("discrepancies/{number}"), &[])?);
    }
    if args.json {
        told.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let counts = args.action == Action::AcceptTheirs;
    let line = |it: &Value| {
        let mut line: Vec<String> = cells(it).into_iter().take(4).collect();
        let names = ["counted", "change", "sellable", "sellable_after"];
        let accepting =
            |name: &str| if counts { plain(&it["accepting"][name]) } else { String::new() };
        line.extend(names.map(accepting));
        line
    };
    let columns = if counts { &PREVIEW[..] } else { &PREVIEW[..4] };
    let lines: Vec<Vec<String>> = told.iter().map(line).collect();
    print_table(columns, &lines);
    let (count, action) = (grouped(told.len() as u64), args.action.name());
    let change: i64 = told.iter().filter_map(|it| it["accepting"]["change"].as_i64()).sum();
    let counted =
        if counts { format!("; sellable stock would change by {change}") } else { String::new() };
    print(&format!(
        "{count} differences would be settled by {action}{counted}. Nothing was booked."
    ));
    Ok(())
}
