//! `onhand settle`: decide about differences, one or many, with a preview of what would be counted.

use clap::{Args, ValueEnum};
use onhand_core::{Label, LedgerId, Time};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::inbox::{Filter, cells};
use crate::names::{label, reason, reason_of, time};
use crate::reads::{From, Reads};
use crate::sending::{key, send};
use crate::settings::Which;
use crate::terminal::{Align, grouped, moment, print, print_table};
use crate::words::plain;

/// Decides about differences of the inbox: accept theirs, keep ours, dispute, snooze, ask, reopen
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["numbers", "kind", "state", "supplier", "feed", "location", "sku", "larger_than"]))]
pub struct Settle {
    /// Their numbers, as the inbox shows them; or choose by what they are
    #[arg(conflicts_with_all = [
        "kind", "state", "supplier", "feed", "location", "sku", "larger_than",
    ])]
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
        let told = send(
            &args.from,
            &ledger,
            "settle_discrepancy",
            &body(args, some),
            &own_key(args, some),
        )?;
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
    reads.all(ledger, "discrepancies", &args.filter.pairs())
}

fn body(args: &Settle, rows: &[Value]) -> Value {
    let numbers: Vec<&Value> = rows.iter().map(|it| &it["number"]).collect();
    let mut body = json!({
        "action": args.action.name(),
        "numbers": numbers,
        "reason": reason_of(&args.reason, args.note.as_deref()),
        "actor": args.actor,
    });
    if let Some(until) = args.until {
        body["until"] = json!(until);
    }
    body
}

/// The same decision about the same state of things has the same key: sent twice it counts once.
fn own_key(args: &Settle, rows: &[Value]) -> String {
    let mut text = body(args, rows).to_string();
    rows.iter().for_each(|it| text.push_str(&format!(" {}", it["changed"])));
    key("settle", &text)
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
    let change: i64 = told.iter().filter_map(|it| it["accepting"]["change"].as_i64()).sum();
    let (count, becomes) = (grouped(told.len() as u64), becomes(args, change));
    print(&format!("{count} differences would be {becomes}. Nothing was booked."));
    Ok(())
}

/// What a decision makes of differences, in words.
fn becomes(args: &Settle, change: i64) -> String {
    match args.action {
        Action::AcceptTheirs => {
            format!("settled as theirs; sellable stock would change by {change}")
        }
        Action::KeepOurs => "settled as ours; the book stays as it is".to_owned(),
        Action::Dispute => "disputed, and stay open".to_owned(),
        Action::Snooze => {
            format!("snoozed until {}, and open again then", moment(&json!(args.until)))
        }
        Action::AskSupplier => "marked as asked of the supplier, and stay open".to_owned(),
        Action::Reopen => "open again".to_owned(),
    }
}
