//! `onhand init`: makes an installation and its journals. The only thing that ever does.

use clap::{Args, ValueEnum};
use onhand_server::Node;
use serde_json::json;

use crate::failure::{Failure, Outcome, whole};
use crate::settings::Installed;
use crate::terminal::print;

/// Makes a new installation: its name, its journals, its directories
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    installed: Installed,
    /// Where blocks are kept [setting: journal.kind, default: embedded]
    #[arg(long)]
    journal: Option<JournalChoice>,
    /// Journals to spread the ledgers over, fixed for ever [setting: journal.shards, default: 1]
    #[arg(long, value_name = "N")]
    shards: Option<u16>,
    /// Copies of each stream, 1 or 3 [setting: journal.replicas, default: 1]
    #[arg(long, value_name = "N")]
    replicas: Option<u8>,
    /// `relaxed` accepts a NATS server that does not prove to flush before it acknowledges
    /// [setting: journal.durability, default: strict]
    #[arg(long)]
    durability: Option<DurabilityChoice>,
    /// Say what was made as JSON
    #[arg(long)]
    json: bool,
}

/// Where blocks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JournalChoice {
    /// One file per shard in the data directory
    Embedded,
    /// One stream per shard on a NATS server
    Jetstream,
}

/// Which NATS servers are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DurabilityChoice {
    /// Only one that flushes every message before it acknowledges
    Strict,
    /// Any: a power cut may take what was acknowledged
    Relaxed,
}

/// The flag's word, as the setting takes it.
pub fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default()
}

/// # Errors
/// Something is there already, a directory cannot be written, or the NATS server is not fit.
pub fn run(args: &Init) -> Outcome {
    let mut flags = Vec::new();
    let kind = args.journal.or(args.installed.url.as_ref().map(|_| JournalChoice::Jetstream));
    flags.extend(kind.map(|it| ("journal.kind", word(it))));
    flags.extend(args.shards.map(|it| ("journal.shards", it.to_string())));
    flags.extend(args.replicas.map(|it| ("journal.replicas", it.to_string())));
    flags.extend(args.durability.map(|it| ("journal.durability", word(it))));
    let config = args.installed.load(&flags)?;
    let made = Node::create(&config).map_err(|error| Failure::new(whole(&error)))?;
    if args.json {
        let told = json!({
            "installation": made.installation, "data": config.data_dir,
            "journal": made.journal, "shards": made.shards, "created": made.created,
        });
        print(&told.to_string());
        return Ok(());
    }
    let data = config.data_dir.display();
    print(&format!("Installation {} in {data}", made.installation));
    print(&format!(
        "Journal      {}, {} shard(s), each with its genesis block",
        made.journal, made.shards
    ));
    if kind == Some(JournalChoice::Jetstream) {
        print(&format!("Server       {}", config.journal_url));
        print("Name the server again when you start: --url, journal.url or ONHAND_JOURNAL_URL.");
    }
    print(&format!("Start it with: onhand serve --data {data}"));
    Ok(())
}
