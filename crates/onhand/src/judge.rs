//! `onhand judge`: a suspicious snapshot is right, or is not.

use clap::{Args, ValueEnum};
use onhand_core::{FeedId, Label};
use serde_json::json;

use crate::failure::Outcome;
use crate::names::{feed, label, reason, reason_of};
use crate::reads::From;
use crate::sending::{key, send};
use crate::settings::Which;
use crate::terminal::print;

/// Confirm or reject a snapshot that is held because it is suspicious
#[derive(Clone, Debug, Args)]
pub struct Judge {
    /// Its feed
    #[arg(value_parser = feed)]
    pub feed: FeedId,
    /// Its name, as the feed shows it
    #[arg(value_parser = label)]
    pub snapshot: Label,
    /// Whether it is right: then it is applied
    pub verdict: Verdict,
    /// Why, such as correction; `other` needs a note
    #[arg(long, value_name = "CODE", value_parser = reason)]
    pub reason: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who says so
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub actor: Label,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub from: From,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Verdict {
    Confirm,
    Reject,
}

/// # Errors
/// Nothing can be read, or the ledger says no.
pub fn run(args: &Judge) -> Outcome {
    let is_served = args.from.client()?.is_some();
    // An installation that nobody serves is opened once: to read, then to write.
    let ledger = args.which.among(&args.from.open()?.ledgers()?)?;
    let body = json!({
        "feed": args.feed,
        "snapshot": args.snapshot,
        "verdict": if matches!(args.verdict, Verdict::Confirm) { "confirm" } else { "reject" },
        "reason": reason_of(&args.reason, args.note.as_deref()),
        "actor": args.actor,
    });
    let told =
        send(&args.from, &ledger, "judge_snapshot", &body, &key("judge", &body.to_string()))?;
    if args.json {
        print(&told.to_string());
        return Ok(());
    }
    let becomes = match args.verdict {
        Verdict::Confirm if is_served => "confirmed: it is applied now",
        Verdict::Confirm => "confirmed: it is applied once a server runs",
        Verdict::Reject => "rejected: the last good one stays in force",
    };
    print(&format!("snapshot {} of {} {becomes}", args.snapshot, args.feed));
    Ok(())
}
