//! `onhand tail`: entries as they are appended.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use onhand_core::{Entry, LedgerId, Time};
use onhand_projector::Projector;
use onhand_server::Installation;
use onhand_server::config::JournalKind;
use serde::Deserialize;
use serde_json::json;

use crate::client::Client;
use crate::entry_line::line;
use crate::failure::{Failure, Outcome, whole};
use crate::opening::Books;
use crate::reads::{From, Reads};
use crate::settings::Which;
use crate::terminal::print;

/// Shows entries as they are appended
#[derive(Debug, Args)]
pub struct Tail {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    /// Begin at this position instead of near the end
    #[arg(long, value_name = "POSITION", conflicts_with = "last")]
    start: Option<u64>,
    /// How many entries of the past to show first
    #[arg(long, value_name = "N", default_value_t = 10)]
    last: u64,
    /// End with what is there instead of waiting for more
    #[arg(long)]
    once: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// An entry with its place, as the HTTP door tells it.
#[derive(Deserialize)]
struct Told {
    height: u64,
    recorded_at: Time,
    entry: Entry,
}

/// # Errors
/// Nothing can be read, or the journal breaks while it is followed.
pub fn run(args: &Tail) -> Outcome {
    match args.from.open()? {
        Reads::Server(client) => follow_server(args, client),
        Reads::Own(books) => follow_journal(args, &books),
    }
}

impl Tail {
    /// The first position to show, where the ledger ends at `end`.
    fn first(&self, end: u64) -> u64 {
        self.start.unwrap_or((end + 1).saturating_sub(self.last)).max(1)
    }

    fn show(&self, told: &Told) {
        let Told { height, recorded_at, entry } = told;
        match self.json {
            true => print(
                &json!({"height": height, "recorded_at": recorded_at, "entry": entry}).to_string(),
            ),
            false => print(&line(entry, *recorded_at)),
        }
    }
}

/// Longest wait of one question, in milliseconds: a server that goes away is noticed by then.
const WAIT_MS: u64 = 5_000;

fn follow_server(args: &Tail, client: Client) -> Outcome {
    let reads = Reads::Server(client.clone());
    let ledger = args.which.among(&reads.ledgers()?)?;
    let end = end_of(&client, &ledger)?;
    let mut position = args.first(end);
    while !args.once || position <= end {
        let query = [("min_position", position.to_string()), ("wait_ms", WAIT_MS.to_string())];
        let found = client.find(&format!("/v1/{ledger}/entries/{position}"), &query)?;
        if let Some(found) = found {
            args.show(&serde_json::from_value(found)?);
            position += 1;
        } else if args.once {
            break;
        }
    }
    Ok(())
}

fn end_of(client: &Client, ledger: &LedgerId) -> Result<u64, Failure> {
    let answer = client.get("/v1/ledgers", &[])?;
    let listed = answer["ledgers"].as_array().into_iter().flatten();
    let mut found = listed.filter(|it| it["ledger"] == ledger.as_str());
    Ok(found.next().and_then(|it| it["position"].as_u64()).unwrap_or(0))
}

/// How often a stream is looked at for more.
const LOOK_EVERY: Duration = Duration::from_millis(200);

fn follow_journal(args: &Tail, books: &Books) -> Outcome {
    let ledger = args.which.among(&books.ledgers())?;
    let projector = books.of(&ledger)?;
    let mut position = args.first(position_of(projector, &ledger));
    let config = args.from.installed.load(&[])?;
    let made = Installation::read(&config.data_dir).map_err(|it| Failure::new(whole(&it)))?;
    loop {
        while position <= position_of(projector, &ledger) {
            let view = projector.entry(&ledger, position);
            let view = view.map_err(|error| Failure::new(error.to_string()))?;
            let (height, recorded_at) = (view.place.height, view.place.recorded_at);
            args.show(&Told { height, recorded_at, entry: view.entry });
            position += 1;
        }
        if args.once {
            return Ok(());
        }
        if made.journal == JournalKind::Embedded {
            eprintln!(
                "No server is running, and the file is locked meanwhile: nothing more will come."
            );
            return Ok(());
        }
        std::thread::sleep(LOOK_EVERY);
        projector.catch_up()?;
    }
}

fn position_of(projector: &Arc<Projector>, ledger: &LedgerId) -> u64 {
    projector.places(ledger).map_or(0, |it| it.seen.position)
}
