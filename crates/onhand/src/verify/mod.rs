//! `onhand verify`: proves that nobody changed the past and that every number adds up.

mod compare;
mod sums;

use std::ops::ControlFlow;
use std::time::Instant;

use clap::Args;
use onhand_core::{Book, Time};
use onhand_journal::{Hash, Tip};
use onhand_projector::{Origin, Projector, ProjectorConfig};
use onhand_server::Archive;
use serde_json::json;

use crate::failure::{Failure, Outcome, whole};
use crate::settings::Installed;
use crate::terminal::{Align, grouped, print, print_table, progress, told};
use crate::walk::walk;
use sums::Sums;

/// Checks the whole journal: its chain, its sums, and that what was folded from it is equal
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    installed: Installed,
    /// Say what was found as JSON
    #[arg(long)]
    json: bool,
}

/// What was found about one shard.
struct Report {
    shard: u16,
    tip: Tip,
    sums: Sums,
    items: u64,
    balances: u64,
    /// What was compared with the fresh fold.
    checkpoint: String,
}

/// # Errors
/// The installation is in use or cannot be read, or something does not add up.
pub fn run(args: &Verify) -> Outcome {
    let begun = Instant::now();
    let config = args.installed.load(&[])?;
    let archive = Archive::open(&config).map_err(|error| Failure::new(whole(&error)))?;
    let mut reports = Vec::new();
    for shard in 0..archive.installation().shards {
        reports.push(check(&archive, shard).map_err(|it| {
            Failure::new(format!("shard {shard}: {it}. Nothing behind that was checked"))
        })?);
    }
    let faults: Vec<&String> = reports.iter().flat_map(|it| &it.sums.faults).collect();
    match args.json {
        true => print(&as_json(&reports).to_string()),
        false => tell(&reports, begun),
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err(Failure::new(format!("1 thing does not add up: {}", faults[0]))),
        count => {
            Err(Failure::new(format!("{count} things do not add up; the first: {}", faults[0])))
        }
    }
}

/// Reads one shard's journal to its end and compares all that can be compared.
fn check(archive: &Archive, shard: u16) -> Result<Report, Failure> {
    let (high, high_hash) = archive.high_water(shard)?;
    let bar = progress(high, "blocks");
    bar.set_message(format!("shard {shard}"));
    let (mut sums, mut book) = (Sums::default(), Book::new(archive.installation().key()));
    let (mut at_high, mut corrupt) = (None, None);
    let mut reader = archive.reader(shard)?;
    let tip = walk(&mut *reader, archive.identity(shard), &bar, &mut |block, body| {
        if block.height == high {
            at_high = Some(block.hash);
        }
        let Some(body) = body else { return ControlFlow::Continue(()) };
        sums.add(block.height, &body);
        match book.apply(block.height, Time(block.time_us), &body) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                corrupt = Some(Failure::new(format!("block {}: {}", block.height, whole(&error))));
                ControlFlow::Break(())
            }
        }
    })?;
    bar.finish_and_clear();
    if let Some(failure) = corrupt {
        return Err(failure);
    }
    acknowledged(tip, (high, high_hash), at_high)?;
    let items = sums.check_zero();
    let balances = sums.check_book(&book);
    let checkpoint = compare_checkpoint(archive, shard, &book, &mut sums)?;
    Ok(Report { shard, tip, sums, items, balances, checkpoint })
}

/// What was acknowledged must be there, unchanged.
fn acknowledged(tip: Tip, high: (u64, Hash), found: Option<Hash>) -> Result<(), Failure> {
    let (height, hash) = high;
    match found {
        _ if height == 0 => Ok(()),
        Some(found) if found == hash => Ok(()),
        Some(found) => Err(Failure::new(format!(
            "block {height} was acknowledged as {hash} and is {found} now"
        ))),
        None => Err(Failure::new(format!(
            "the journal ends at block {}, but block {height} was acknowledged: a tail is lost",
            tip.height
        ))),
    }
}

/// Opens the projection as a server would, checkpoint and all, and compares it with the fresh fold.
fn compare_checkpoint(
    archive: &Archive,
    shard: u16,
    fresh: &Book,
    sums: &mut Sums,
) -> Result<String, Failure> {
    let Some(directory) = archive.checkpoint(shard) else {
        return Ok("in use by a server, not compared".to_owned());
    };
    let settings =
        ProjectorConfig { checkpoint_dir: Some(directory), ..ProjectorConfig::default() };
    let (identity, key) = (archive.identity(shard), archive.installation().key());
    let reader = archive.reader(shard)?;
    let (projector, opened) = Projector::open(identity, key, reader, settings, &mut |_| ())?;
    let (book, _) = projector.book();
    sums.faults.extend(compare::differences(("the projection", "the fresh fold"), &book, fresh));
    Ok(match opened.origin {
        Origin::Checkpoint { height } => format!("equal, from block {}", grouped(height)),
        Origin::Rebuilt { because, .. } => {
            format!("moved aside ({because}); the rebuilt one is equal")
        }
        Origin::NoCheckpoint | Origin::Memory => "none yet; a rebuilt one is equal".to_owned(),
    })
}

fn tell(reports: &[Report], begun: Instant) {
    const COLUMNS: [(&str, Align); 7] = [
        ("shard", Align::Number),
        ("blocks", Align::Number),
        ("entries", Align::Number),
        ("movements", Align::Number),
        ("items at zero", Align::Number),
        ("balances equal", Align::Number),
        ("checkpoint", Align::Text),
    ];
    let row = |it: &Report| {
        let numbers = [u64::from(it.shard), it.tip.height, it.sums.entries, it.sums.movements];
        let mut cells: Vec<String> = numbers.map(grouped).into();
        cells.extend([grouped(it.items), grouped(it.balances), it.checkpoint.clone()]);
        cells
    };
    print_table(&COLUMNS, &reports.iter().map(row).collect::<Vec<_>>());
    for report in reports {
        print(&format!("Shard {} ends in {}", report.shard, report.tip.hash));
        report.sums.faults.iter().for_each(|it| print(&format!("  {it}")));
    }
    if reports.iter().all(|it| it.sums.faults.is_empty()) {
        print(&format!(
            "Every hash and height links, every sum is zero ({}).",
            told(begun.elapsed())
        ));
    }
}

fn as_json(reports: &[Report]) -> serde_json::Value {
    let shard = |it: &Report| {
        json!({
            "shard": it.shard, "blocks": it.tip.height, "hash": it.tip.hash.to_string(),
            "epoch": it.tip.epoch, "entries": it.sums.entries, "refusals": it.sums.refusals,
            "movements": it.sums.movements, "items_at_zero": it.items,
            "balances_equal": it.balances, "checkpoint": it.checkpoint, "faults": it.sums.faults,
        })
    };
    let sound = reports.iter().all(|it| it.sums.faults.is_empty());
    json!({ "sound": sound, "shards": reports.iter().map(shard).collect::<Vec<_>>() })
}
