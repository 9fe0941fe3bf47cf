//! `onhand map`: what a supplier's codes mean, from a file or one of them.

mod file;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use encoding_rs::Encoding;
use onhand_core::{Label, LedgerId, MappedLine, Quantity, Sku, SupplierId};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::names::{label, sku, supplier};
use crate::reads::From;
use crate::sending::{key, send, try_out};
use crate::settings::Which;
use crate::terminal::{grouped, print};
use file::Mapped;

/// Books what a supplier's codes mean: those of a file, or one
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["file", "code"]))]
pub struct Map {
    /// CSV or TSV with a header: supplier_sku, sku (empty: it means nothing any more), pack,
    /// unit_cost, valid_from, valid_until; - for standard input
    file: Option<PathBuf>,
    /// Whose codes they are
    #[arg(long, value_name = "NAME", value_parser = supplier)]
    supplier: SupplierId,
    /// Instead of a file: this one code
    #[arg(long, value_name = "CODE", value_parser = sku, requires = "sku")]
    code: Option<Sku>,
    /// With --code: the item that it means
    #[arg(long, value_name = "SKU", value_parser = sku, requires = "code")]
    sku: Option<Sku>,
    /// With --code: units of ours in one of theirs
    #[arg(long, value_name = "UNITS", value_parser = file::pack, requires = "code", default_value = "1")]
    pack: Quantity,
    /// How the file is encoded, if not as UTF-8, such as gbk
    #[arg(long, value_name = "NAME", value_parser = file::encoding, default_value = "utf-8")]
    encoding: &'static Encoding,
    /// Who says so
    #[arg(long, value_name = "NAME", value_parser = label)]
    actor: Option<Label>,
    /// Say what it would come to, and book nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    from: From,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Codes of one command.
const LINES_MAX: usize = 1_000;
/// Mistakes that are told one by one.
const TOLD_MAX: usize = 20;
/// So often the same was said before and changed since, at most.
const ROUNDS_MAX: u32 = 1_000;

/// # Errors
/// The file cannot be read, then nothing is booked; or the ledger says no: what was booked before
/// stays so, and the same file sent again books the rest.
pub fn run(args: &Map) -> Outcome {
    let lines = lines(args)?;
    let reads = args.from.open()?;
    let ledger = args.which.among(&reads.ledgers()?)?;
    let there = reads.all(&ledger, &format!("suppliers/{}/skus", args.supplier), &[])?;
    // An installation that nobody serves is opened once: to read, then to write.
    drop(reads);
    let count = lines.len();
    let news = changed(lines, &there)?;
    let unmapped = news.iter().filter(|it| it.mapped.sku.is_none()).count();
    let chunks = chunks(&news);
    // All of it is tried before any of it is booked: what the ledger says no to is one whole file.
    for chunk in &chunks {
        try_chunk(args, &ledger, chunk)?;
    }
    let mut positions = Vec::new();
    for chunk in chunks.iter().filter(|_| !args.dry_run) {
        positions.push(book(args, &ledger, chunk, &there)?);
    }
    let told = json!({
        "supplier": args.supplier, "dry_run": args.dry_run, "lines": count,
        "mapped": news.len() - unmapped, "unmapped": unmapped, "unchanged": count - news.len(),
        "positions": positions,
    });
    print(&if args.json { told.to_string() } else { report(&told) });
    Ok(())
}

fn report(told: &Value) -> String {
    let number = |name: &str| grouped(told[name].as_u64().unwrap_or(0));
    let end = if told["dry_run"] == true { " Nothing was booked." } else { "" };
    format!(
        "{} lines: {} codes mapped, {} mean nothing any more, {} were so before.{end}",
        number("lines"),
        number("mapped"),
        number("unmapped"),
        number("unchanged"),
    )
}

fn lines(args: &Map) -> Result<Vec<Mapped>, Failure> {
    if let Some(code) = &args.code {
        let mapped = MappedLine {
            supplier_sku: code.clone(),
            sku: args.sku.clone(),
            pack: args.pack,
            unit_cost: None,
            valid_from: None,
            valid_until: None,
        };
        return Ok(vec![Mapped { line: 1, mapped }]);
    }
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    let name = path.display();
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().read_to_end(&mut bytes).map(|_| bytes),
        false => std::fs::read(path),
    };
    let bytes = read.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    file::read(&bytes, args.encoding).map_err(|complaints| {
        let mut text = format!("{name}: nothing was booked");
        complaints.iter().take(TOLD_MAX).for_each(|it| text.push_str(&format!("\n  {it}")));
        if complaints.len() > TOLD_MAX {
            text.push_str(&format!(
                "\n  and {} more",
                grouped((complaints.len() - TOLD_MAX) as u64)
            ));
        }
        Failure::usage(text)
    })
}

/// The lines of codes that are not all as the book has them already.
fn changed(lines: Vec<Mapped>, there: &[Value]) -> Result<Vec<Mapped>, Failure> {
    let mut book: HashMap<&str, Vec<Value>> = HashMap::new();
    for row in there {
        book.entry(row["supplier_sku"].as_str().unwrap_or_default()).or_default().push(facts(row));
    }
    let mut file: HashMap<Sku, Vec<Value>> = HashMap::new();
    for it in &lines {
        let said = file.entry(it.mapped.supplier_sku.clone()).or_default();
        // What means nothing from the beginning on leaves no row in the book.
        if it.mapped.sku.is_some() || it.mapped.valid_from.is_some() {
            said.push(facts(&serde_json::to_value(&it.mapped)?));
        }
    }
    let is_new = |it: &Mapped| {
        let code = &it.mapped.supplier_sku;
        let book = book.get(code.as_str()).map_or(&[][..], Vec::as_slice);
        file.get(code).is_none_or(|file| file.as_slice() != book)
    };
    Ok(lines.into_iter().filter(is_new).collect())
}

/// What a row and a line have in common, with what may be left out.
fn facts(it: &Value) -> Value {
    let pack = it["pack"].as_u64().unwrap_or(1);
    json!([it["sku"], pack, it["unit_cost"], it["valid_from"], it["valid_until"]])
}

/// As many lines as one command takes, each code once.
fn chunks(lines: &[Mapped]) -> Vec<&[Mapped]> {
    let (mut chunks, mut from, mut codes) = (Vec::new(), 0, HashSet::new());
    for (place, it) in lines.iter().enumerate() {
        if place - from == LINES_MAX || !codes.insert(&it.mapped.supplier_sku) {
            chunks.push(&lines[from..place]);
            codes = HashSet::from([&it.mapped.supplier_sku]);
            from = place;
        }
    }
    if from < lines.len() {
        chunks.push(&lines[from..]);
    }
    chunks
}

fn body(args: &Map, chunk: &[Mapped]) -> Value {
    let lines: Vec<&MappedLine> = chunk.iter().map(|it| &it.mapped).collect();
    let mut body = json!({ "supplier": args.supplier, "lines": lines });
    if let Some(actor) = &args.actor {
        body["actor"] = json!(actor);
    }
    body
}

fn try_chunk(args: &Map, ledger: &LedgerId, chunk: &[Mapped]) -> Outcome {
    let body = body(args, chunk);
    // A key of its own: what only was tried is not to look as if it had been booked.
    let told =
        try_out(&args.from, ledger, "map_supplier_sku", &body, &key("try", &body.to_string()));
    told.map(drop).map_err(|failure| {
        let line = |it: Option<&Mapped>| it.map_or(0, |it| it.line);
        let (first, last) = (line(chunk.first()), line(chunk.last()));
        Failure::new(format!("lines {first} to {last}, nothing was booked: {failure}"))
    })
}

/// Books some lines; the position of their entry. The key is of the lines and of what the book
/// said before: asked twice it counts once. What was said before, and then otherwise, and is now
/// said again has been booked under the key: it takes the next one.
fn book(
    args: &Map,
    ledger: &LedgerId,
    chunk: &[Mapped],
    there: &[Value],
) -> Result<Value, Failure> {
    let body = body(args, chunk);
    let codes: HashSet<&str> = chunk.iter().map(|it| it.mapped.supplier_sku.as_str()).collect();
    let is_of_it = |it: &&Value| it["supplier_sku"].as_str().is_some_and(|it| codes.contains(it));
    let mut text = body.to_string();
    there.iter().filter(is_of_it).for_each(|it| text.push_str(&facts(it).to_string()));
    let mut told = Value::Null;
    for round in 0..ROUNDS_MAX {
        let key = key("map", &format!("{text} {round}"));
        told = send(&args.from, ledger, "map_supplier_sku", &body, &key)?;
        if told["replayed"] != true {
            break;
        }
    }
    Ok(told["position"].take())
}
