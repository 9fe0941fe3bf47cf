//! `onhand replay --to POSITION`: the stock as it was after that entry.

use std::ops::ControlFlow;

use clap::Args;
use onhand_core::{BlockBody, Book, ItemNo, Ledger, LedgerId, Mode, Pending, Time};
use onhand_server::{Archive, shard_of};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome, whole};
use crate::settings::{Installed, Which};
use crate::stock::{STOCK, cells};
use crate::terminal::{grouped, print, print_csv, print_table, progress};
use crate::walk::walk;

/// Projects the journal up to a position and shows the stock as it was then
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    installed: Installed,
    #[command(flatten)]
    which: Which,
    /// The last entry that counts, by its position in the ledger; without it all of them
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    /// As CSV with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// # Errors
/// The installation is in use or cannot be read, or the ledger never reached the position.
pub fn run(args: &Replay) -> Outcome {
    let config = args.installed.load(&[])?;
    let archive = Archive::open(&config).map_err(|error| Failure::new(whole(&error)))?;
    let wanted = match &args.which.ledger {
        Some(ledger) => ledger.clone(),
        None => args.which.among(&ledgers(&archive)?)?,
    };
    let to = args.to.unwrap_or(u64::MAX);
    let book = fold(&archive, &wanted, to)?;
    let Some(ledger) = book.ledger(&wanted) else {
        return Err(Failure::usage(format!("there is no ledger {wanted}")));
    };
    if args.to.is_some_and(|it| it > ledger.position()) {
        let last = ledger.position();
        return Err(Failure::usage(format!(
            "ledger {wanted} ends at position {last}; --to {to} is beyond it"
        )));
    }
    show(args, ledger).map_err(Failure::from)
}

fn show(args: &Replay, ledger: &Ledger) -> std::io::Result<()> {
    let rows = rows(ledger);
    if args.json {
        rows.iter().for_each(|it| print(&it.to_string()));
        return Ok(());
    }
    let cells = cells(&STOCK, &rows);
    if args.csv {
        return print_csv(&STOCK, &cells);
    }
    print_table(&STOCK, &cells);
    let (count, position) = (grouped(rows.len() as u64), grouped(ledger.position()));
    let (id, time) = (ledger.id(), ledger.time());
    print(&format!("{count} rows of ledger {id} as of position {position}, recorded {time}"));
    Ok(())
}

/// All ledgers of an installation, found by reading it.
fn ledgers(archive: &Archive) -> Result<Vec<LedgerId>, Failure> {
    let mut names = std::collections::BTreeSet::new();
    for shard in 0..archive.installation().shards {
        let bar = progress(archive.high_water(shard)?.0, "blocks");
        let mut note = |body: Option<BlockBody>| {
            names.extend(body.into_iter().flat_map(|it| it.entries).map(|it| it.ledger));
            ControlFlow::Continue(())
        };
        let mut reader = archive.reader(shard)?;
        walk(&mut *reader, archive.identity(shard), &bar, &mut |_, body| note(body))?;
        bar.finish_and_clear();
    }
    Ok(names.into_iter().collect())
}

/// The fold of one ledger's entries up to a position.
fn fold(archive: &Archive, ledger: &LedgerId, to: u64) -> Result<Book, Failure> {
    let shard = shard_of(ledger, archive.installation().shards);
    let bar = progress(archive.high_water(shard)?.0, "blocks");
    let mut book = Book::new(archive.installation().key());
    let mut corrupt = None;
    let mut reader = archive.reader(shard)?;
    walk(&mut *reader, archive.identity(shard), &bar, &mut |block, body| {
        let Some(mut body) = body else { return ControlFlow::Continue(()) };
        let beyond = body.entries.iter().any(|it| it.ledger == *ledger && it.position > to);
        body.entries.retain(|it| it.ledger == *ledger && it.position <= to);
        if let Err(error) = book.apply(block.height, Time(block.time_us), &body) {
            corrupt = Some(Failure::new(format!("block {}: {}", block.height, whole(&error))));
            return ControlFlow::Break(());
        }
        if beyond { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    bar.finish_and_clear();
    corrupt.map_or(Ok(book), Err)
}

/// Stock rows as the queries tell them, as of the ledger's own time.
fn rows(ledger: &Ledger) -> Vec<Value> {
    let now = ledger.time();
    let mut rows = Vec::new();
    for (number, item) in ledger.items().iter().enumerate() {
        for cell in &item.cells {
            let number = ItemNo(number as u32);
            let terms = ledger.shelf_terms(number, cell.location, now, &Pending::default());
            let available = match item.mode() {
                Mode::Finite => json!(terms.free),
                Mode::Unlimited => json!("unlimited"),
                Mode::Capacity(_) => json!(0),
            };
            rows.push(json!({
                "sku": item.sku, "location": ledger.location(cell.location).id,
                "on_hand": cell.on_hand(), "sellable": cell.sellable,
                "quality_control": cell.quality_control, "damaged": cell.damaged,
                "quarantined": cell.quarantined, "held": terms.shelf.held,
                "committed": cell.committed, "pooled": terms.shelf.pooled, "kept": terms.kept,
                "available": available,
            }));
        }
    }
    rows
}
