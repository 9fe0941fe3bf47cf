//! `onhand snapshot`: a supplier's file to its feed, and what it came to.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use onhand_core::{FeedId, Label, Time};
use onhand_server::{SnapshotReport, refused_text};

use crate::client::{Client, encoded};
use crate::failure::Failure;
use crate::names::{feed, label, time};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::{print, progress};

/// Send a supplier's file to its feed: compared with the book and booked, or refused as a whole
#[derive(Clone, Debug, Args)]
pub struct Snapshot {
    /// The file; - for standard input
    pub file: PathBuf,
    /// The feed that it belongs to
    #[arg(long, value_name = "NAME", value_parser = feed)]
    pub feed: FeedId,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub from: From,
    /// Say what it would come to, and book nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The moment that its numbers are of, where the file does not say, such as
    /// 2026-03-03T09:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub as_of: Option<Time>,
    /// It lists all that the supplier has, where the file does not say
    #[arg(long, conflicts_with = "partial")]
    pub complete: bool,
    /// It lists some of what the supplier has, where the file does not say
    #[arg(long)]
    pub partial: bool,
    /// The tier that it is about, if not the whole feed
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub tier: Option<Label>,
    /// Its name, where the file has none [default: of its bytes]
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub snapshot: Option<Label>,
    /// Print the server's answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Sends the file and prints what it came to. Exit code 1 if it was refused.
///
/// # Errors
/// The file cannot be read, no server runs, or it does not answer.
pub fn run(args: &Snapshot) -> Result<ExitCode, Failure> {
    let client = server(&args.from)?;
    let ledger = args.which.among(&Reads::Server(client.clone()).ledgers()?)?;
    let feed = encoded(args.feed.as_str());
    let path = format!("/v1/{}/feeds/{feed}/snapshots", encoded(ledger.as_str()));
    let (mut file, size) = open(&args.file)?;
    let bar = progress(size, "bytes").with_message("sending");
    let mut watched = bar.wrap_read(&mut *file);
    let answer = client.send(&path, &args.query(), &mut watched)?;
    bar.finish_and_clear();
    let (status, body) = answer;
    let is_taken = (200..300).contains(&status);
    match (args.json, is_taken) {
        (true, _) => print(&serde_json::to_string_pretty(&body)?),
        (false, true) => {
            let report: SnapshotReport = serde_json::from_value(body)?;
            print(report.text().trim_end());
        }
        (false, false) => eprint!("{}", refused_text(&body)),
    }
    Ok(ExitCode::from(u8::from(!is_taken)))
}

/// The server that was named or runs here.
///
/// # Errors
/// No server runs here and none was named, or a setting cannot be read.
fn server(from: &From) -> Result<Client, Failure> {
    from.client()?.ok_or_else(|| {
        Failure::usage(
            "no server runs here; start one with `onhand serve`, or name one with --server",
        )
    })
}

impl Snapshot {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        let complete = (self.complete || self.partial).then_some(self.complete);
        query.extend(self.dry_run.then(|| ("dry_run", "true".to_owned())));
        query.extend(self.as_of.map(|it| ("as_of", it.to_string())));
        query.extend(complete.map(|it| ("complete", it.to_string())));
        query.extend(self.tier.as_ref().map(|it| ("tier", it.to_string())));
        query.extend(self.snapshot.as_ref().map(|it| ("snapshot", it.to_string())));
        query
    }
}

/// The file, and its size where that is known.
fn open(path: &Path) -> Result<(Box<dyn Read>, u64), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), 0));
    }
    let file =
        File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let size = file.metadata().map_or(0, |it| it.len());
    Ok((Box::new(file), size))
}
