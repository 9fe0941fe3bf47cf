//! `onhand bench`: how fast this machine books, flushed before every answer: in one process, or
//! through the doors of a server.

mod doors;
mod load;
mod machine;
mod under;

use std::time::Duration;

use clap::Args;
use onhand_journal::{Durability, JetStreamConfig};
use onhand_server::Config;
use onhand_server::config;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::settings::Installed;
use crate::terminal::{Align, grouped, print, print_table, progress, told};
use load::{Load, Spread, latencies, throughput};
use under::Under;

/// Measures how fast this machine books, and tells the conditions; with --url on a NATS server
#[derive(Debug, Args)]
pub struct Bench {
    #[command(flatten)]
    installed: Installed,
    /// One-line commits of each case
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    commands: u64,
    /// Items they are spread over
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    skus: u64,
    /// Commands of one batch; may be given several times
    #[arg(long, value_name = "N", default_values_t = [1_000, 8_000])]
    batch: Vec<usize>,
    /// Callers that hand over batches at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=64))]
    callers: u64,
    /// Commands of the case with one caller and one command at a time
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    singles: u64,
    /// Measure a whole node, which follows and folds what it books, instead of the engine and its
    /// journal alone
    #[arg(long)]
    whole: bool,
    /// Measure a server process through its doors: HTTP, gRPC and, with --url, NATS
    #[arg(long, conflicts_with = "whole")]
    doors: bool,
    /// A Postgres server to measure as a peer, with its own pgbench; tables onhand_bench_* are made
    /// there
    #[arg(long, value_name = "URL", requires = "doors")]
    postgres: Option<String>,
    /// A Redis server to measure as a peer, with its own redis-benchmark; keys onhand_bench* are
    /// made there
    #[arg(long, value_name = "URL", requires = "doors")]
    redis: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// One case's figures.
struct Figure {
    spread: Spread,
    batch: usize,
    commands: u64,
    time: Duration,
}

impl Figure {
    fn rate(&self) -> f64 {
        self.commands as f64 / self.time.as_secs_f64()
    }
    /// What is aimed at: commands per second for large batches.
    fn target(&self) -> f64 {
        if self.batch >= 8_000 { 500_000.0 } else { 300_000.0 }
    }
}

/// # Errors
/// The directory cannot be used, the NATS server is not fit, or something was not booked.
pub fn run(args: &Bench) -> Outcome {
    let directory = tempfile::Builder::new().prefix("onhand-bench-").tempdir_in(base(args));
    let directory = directory
        .map_err(|error| Failure::while_doing("make a directory for the journal", &error))?;
    let config = configure(args, directory.path())?;
    let conditions = machine::conditions(directory.path());
    if args.doors {
        return through_doors(args, &config, &conditions);
    }
    let under = match args.whole {
        true => Under::whole(&config)?,
        false => Under::engine(directory.path(), stream(args, &config))?,
    };
    let measured = measure(args, &under);
    under.close();
    let (figures, singles) = measured?;
    match args.json {
        true => print(&as_json(args, &conditions, &figures, &singles).to_string()),
        false => tell(args, &conditions, &figures, &singles),
    }
    tell_of_streams(args, &config);
    Ok(())
}

fn through_doors(args: &Bench, config: &Config, conditions: &[(String, String)]) -> Outcome {
    let cases = doors::measure(args, config)?;
    if args.json {
        let conditions: std::collections::BTreeMap<_, _> = conditions.iter().cloned().collect();
        let all = json!({"measured": "doors", "conditions": conditions,
            "cases": doors::as_json(&cases)});
        print(&all.to_string());
    } else {
        conditions.iter().for_each(|(name, value)| print(&format!("{name:<10} {value}")));
        doors::tell(&cases);
    }
    tell_of_streams(args, config);
    Ok(())
}

fn tell_of_streams(args: &Bench, config: &Config) {
    if args.installed.url.is_some() {
        let prefix = &config.journal_stream_prefix;
        eprintln!("The streams {prefix}… stay on the server; remove them when you are done.");
    }
}

/// Beside the data that is asked for, so that the same disk is measured.
fn base(args: &Bench) -> std::path::PathBuf {
    args.installed.data.clone().unwrap_or_else(std::env::temp_dir)
}

fn configure(args: &Bench, directory: &std::path::Path) -> Result<Config, Failure> {
    let mut flags = vec![("data.dir", directory.display().to_string())];
    if args.installed.url.is_some() {
        let name = uuid::Uuid::now_v7().simple().to_string();
        flags.push(("journal.kind", "jetstream".to_owned()));
        flags.push(("journal.stream_prefix", format!("ONHAND_BENCH_{name}_")));
        flags.push(("journal.subject_prefix", format!("onhand.bench.{name}.")));
    }
    args.installed.load(&flags)
}

/// The stream to measure on, if a NATS server was named.
fn stream(args: &Bench, config: &Config) -> Option<JetStreamConfig> {
    let url = args.installed.url.clone()?;
    Some(JetStreamConfig {
        monitor_url: args.installed.monitor.clone(),
        stream_prefix: config.journal_stream_prefix.clone(),
        subject_prefix: config.journal_subject_prefix.clone(),
        durability: match config.journal_durability {
            config::Durability::Strict => Durability::Strict,
            config::Durability::Relaxed => Durability::Relaxed,
        },
        ..JetStreamConfig::new(url)
    })
}

fn measure(args: &Bench, under: &Under) -> Result<(Vec<Figure>, Vec<Duration>), Failure> {
    let mut figures = Vec::new();
    let cases = args.batch.iter().flat_map(|it| [(*it, Spread::Uniform), (*it, Spread::Hot)]);
    let bar = progress(2 * args.batch.len() as u64 + 1, "cases");
    for (number, (batch, spread)) in cases.enumerate() {
        bar.set_message(format!("batches of {batch}"));
        let load = Load::new(&format!("bench-{number}"), args.skus)?;
        load.prepare(under)?;
        let each = args.commands / args.callers;
        let callers = (0..args.callers)
            .map(|it| load.commits(it * each, each, batch.max(1), spread))
            .collect::<Result<Vec<_>, _>>()?;
        let time = throughput(under, callers)?;
        figures.push(Figure { spread, batch, commands: each * args.callers, time });
        bar.inc(1);
    }
    bar.set_message("one at a time");
    let load = Load::new("bench-singles", args.skus)?;
    load.prepare(under)?;
    let singles = latencies(under, load.commits(0, args.singles.max(1), 1, Spread::Uniform)?)?;
    bar.finish_and_clear();
    Ok((figures, singles))
}

/// The time that so many of a hundred are within.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

/// Aimed at for one caller with one command at a time.
fn single_target(args: &Bench) -> Duration {
    Duration::from_micros(if args.installed.url.is_some() { 1_500 } else { 600 })
}

fn tell(args: &Bench, conditions: &[(String, String)], figures: &[Figure], singles: &[Duration]) {
    for (name, value) in conditions {
        print(&format!("{name:<10} {value}"));
    }
    let what = if args.whole { "a whole node" } else { "the engine and its journal" };
    let journal = args.installed.url.as_deref().unwrap_or("an embedded file");
    print(&format!("{:<10} {what}, on {journal}, {} callers\n", "measured", args.callers));
    let mut rows: Vec<Vec<String>> = figures.iter().map(|it| row(it, figures)).collect();
    let (p50, target) = (percentile(singles, 50), single_target(args));
    let all = format!("p50 {}, p99 {}", told(p50), told(percentile(singles, 99)));
    let ratio = format!("{:.2}×", target.as_secs_f64() / p50.as_secs_f64().max(1e-9));
    let count = grouped(singles.len() as u64);
    rows.push(vec![
        "one caller, one at a time".to_owned(),
        count,
        all,
        format!("p50 ≤ {}", told(target)),
        ratio,
    ]);
    const COLUMNS: [(&str, Align); 5] = [
        ("case", Align::Text),
        ("commands", Align::Number),
        ("measured", Align::Number),
        ("aim", Align::Number),
        ("of the aim", Align::Number),
    ];
    print_table(&COLUMNS, &rows);
}

fn row(figure: &Figure, all: &[Figure]) -> Vec<String> {
    let rate = figure.rate();
    let uniform = |it: &&Figure| it.batch == figure.batch && it.spread == Spread::Uniform;
    let (what, aim, ratio) = match (figure.spread, all.iter().find(uniform)) {
        (Spread::Hot, Some(uniform)) => {
            let ratio = rate / uniform.rate();
            ("one hot item", "0.9× of all items".to_owned(), format!("{:.2}×", ratio / 0.9))
        }
        _ => {
            let aim = format!("{}/s", grouped(figure.target() as u64));
            ("all items", aim, format!("{:.2}×", rate / figure.target()))
        }
    };
    vec![
        format!("{what}, batches of {}", grouped(figure.batch as u64)),
        grouped(figure.commands),
        format!("{}/s", grouped(rate as u64)),
        aim,
        ratio,
    ]
}

fn as_json(
    args: &Bench,
    conditions: &[(String, String)],
    figures: &[Figure],
    singles: &[Duration],
) -> serde_json::Value {
    let figure = |it: &Figure| {
        json!({
            "spread": format!("{:?}", it.spread).to_lowercase(), "batch": it.batch,
            "commands": it.commands, "seconds": it.time.as_secs_f64(),
            "commands_per_second": it.rate() as u64,
        })
    };
    let us = |percent| percentile(singles, percent).as_micros() as u64;
    json!({
        "measured": if args.whole { "node" } else { "engine" },
        "journal": if args.installed.url.is_some() { "jetstream" } else { "embedded" },
        "skus": args.skus, "callers": args.callers,
        "conditions": conditions.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "throughput": figures.iter().map(figure).collect::<Vec<_>>(),
        "single": { "commands": singles.len(), "p50_us": us(50), "p99_us": us(99) },
    })
}
