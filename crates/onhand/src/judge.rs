//! `onhand judge`: a suspicious snapshot is right, or is not.

use clap::{Args, ValueEnum};
use onhand_core::{FeedId, Label};
use serde_json::json;
use uuid::Uuid;

use crate::client::encoded;
use crate::failure::{Failure, Outcome};
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::snapshot::{detail, feed, label, server};
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
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who says so
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub actor: Label,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub from: From,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Verdict {
    Confirm,
    Reject,
}

/// # Errors
/// No server runs, it does not answer, or the ledger says no.
pub fn run(args: &Judge) -> Outcome {
    let client = server(&args.from)?;
    let ledger = args.which.among(&Reads::Server(client.clone()).ledgers()?)?;
    let (verdict, told) = match args.verdict {
        Verdict::Confirm => ("confirm", "confirmed: it is applied now"),
        Verdict::Reject => ("reject", "rejected: the last good one stays in force"),
    };
    let body = json!({
        "id": format!("judge-{}", Uuid::now_v7()), "feed": args.feed, "snapshot": args.snapshot,
        "verdict": verdict, "reason": { "code": "other", "note": args.reason }, "actor": args.actor,
    });
    let path = format!("/v1/{}/judge_snapshot", encoded(ledger.as_str()));
    match client.post(&path, &body)? {
        (200..300, _) => print(&format!("snapshot {} of {} {told}", args.snapshot, args.feed)),
        (_, problem) => return Err(Failure::new(detail(&problem))),
    }
    Ok(())
}
