//! The demonstration itself: makes an installation, books the weeks, serves them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use onhand_core::{Command, LedgerId, Rejection, Request, Time};
use onhand_engine::{Answer, AnswerFault, Batch};
use onhand_server::{Installation, Node};
use onhand_wire::{EnvelopeExtra, build};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::flash_sale;
use super::present::present;
use super::shop::Shop;
use super::weeks::{Step, weeks};
use crate::failure::{Failure, Outcome, whole};
use crate::opening::open_node;
use crate::serve::{runtime, serve_until, told_to_stop};
use crate::settings::Installed;
use crate::terminal::{Align, grouped, print, print_table, progress, told};

/// Makes a shop with weeks of history and serves it until Ctrl-C, or holds a flash sale
#[derive(Debug, Args)]
pub struct Demo {
    /// Which story; the flash sale needs none of the options but the seed, and ends with its report
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Scenario::Shop)]
    scenario: Scenario,
    /// Where to keep it; without it a temporary directory that goes away at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Another number, another story
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many weeks of history
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=52))]
    weeks: u64,
    /// Port to listen on; without it 7070, or the next one that is free
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// End as soon as everything is booked and the server has begun
    #[arg(long)]
    exit: bool,
}

/// A story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Weeks of a shop, served over HTTP
    Shop,
    /// Half an hour in which ten thousand buyers want more than there is, in memory
    FlashSale,
}

pub(super) const LEDGER: &str = "demo";
/// Commands of one batch.
const BATCH_COMMANDS: usize = 1_000;
/// How long what was booked may take to be seen.
const SEEN_WITHIN: Duration = Duration::from_secs(10);
/// The story ends at the last full hour, so that runs within an hour tell the same one.
const HOUR_US: u64 = 3_600_000_000;

/// # Errors
/// The directory cannot be used, or no port is free.
pub fn run(args: &Demo) -> Outcome {
    match args.scenario {
        Scenario::Shop => run_shop(args),
        Scenario::FlashSale => flash_sale::run(args.seed),
    }
}

fn run_shop(args: &Demo) -> Outcome {
    let begun = Instant::now();
    let temporary = match &args.data {
        Some(_) => None,
        None => Some(temporary_directory()?),
    };
    let data = temporary.as_ref().map(|it| it.path().to_owned()).or(args.data.clone());
    let installed = Installed { data, ..Installed::default() };
    let config = installed.load(&[("journal.kind", "embedded".to_owned())])?;
    if !Installation::path(&config.data_dir).exists() {
        Node::create(&config).map_err(|error| Failure::new(whole(&error)))?;
    }
    let node = Arc::new(open_node(&config)?);
    let result = open_shop(&node, args, begun)
        .and_then(|booked| serve(&node, args, &config.data_dir, booked));
    if result.is_err() {
        node.shutdown_blocking();
    }
    result
}

/// Books the weeks, unless an earlier run on the same directory has. The position up to which they
/// were booked just now.
fn open_shop(node: &Node, args: &Demo, begun: Instant) -> Result<Option<u64>, Failure> {
    let ledgers = node.ledgers();
    match ledgers.iter().find(|it| it.ledger.as_str() == LEDGER) {
        Some(known) => {
            let position = grouped(known.position);
            print(&format!("The shop is there already, at position {position}."));
            Ok(None)
        }
        None => {
            let booked = book(node, args)?;
            show(&booked, begun);
            Ok(Some(booked.position))
        }
    }
}

fn temporary_directory() -> Result<tempfile::TempDir, Failure> {
    let made = tempfile::Builder::new().prefix("onhand-demo-").tempdir();
    made.map_err(|error| Failure::while_doing("make a temporary directory", &error))
}

/// What booking the weeks came to.
#[derive(Default)]
struct Booked {
    kinds: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
    position: u64,
}

/// Books the story in order. A count waits until everything before it is booked: it is compared
/// with the book of its moment.
fn book(node: &Node, args: &Demo) -> Result<Booked, Failure> {
    let shop = Shop::open()?;
    let steps = weeks(&shop, args.seed, args.weeks * 7, last_hour())?;
    let ledger = LedgerId::new(LEDGER)?;
    let bar = progress(steps.len() as u64, "commands");
    bar.set_message("booking");
    let mut booked = Booked::default();
    let mut batch: Vec<Request> = Vec::new();
    for step in steps {
        let counted = matches!(step.command, Command::CountStock(_));
        if counted || batch.len() == BATCH_COMMANDS {
            hand_over(node, &mut batch, &mut booked)?;
        }
        if counted {
            node.projector(&ledger).wait_for(&ledger, booked.position, SEEN_WITHIN);
        }
        batch.push(request(&ledger, step));
        if counted {
            hand_over(node, &mut batch, &mut booked)?;
        }
        bar.inc(1);
    }
    hand_over(node, &mut batch, &mut booked)?;
    bar.finish_and_clear();
    Ok(booked)
}

fn last_hour() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let us = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
    Time(us - us % HOUR_US)
}

fn request(ledger: &LedgerId, step: Step) -> Request {
    let Step { id, command, occurred_at, actor, cause } = step;
    let extra = EnvelopeExtra {
        occurred_at: Some(occurred_at),
        actor: Some(actor),
        cause,
        ..EnvelopeExtra::default()
    };
    build(ledger.clone(), id, command, extra)
}

/// Attempts for what may succeed unchanged, and the pause between them.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Books a batch, and again what was told to come back.
fn hand_over(node: &Node, batch: &mut Vec<Request>, booked: &mut Booked) -> Result<(), Failure> {
    let mut waiting = std::mem::take(batch);
    for _ in 0..ATTEMPTS {
        if waiting.is_empty() {
            return Ok(());
        }
        let answers = node.submit_blocking(Batch::each(waiting.clone()));
        let pairs = waiting.into_iter().zip(answers);
        waiting = pairs.filter_map(|(request, it)| booked.note(&it).then_some(request)).collect();
        if !waiting.is_empty() {
            std::thread::sleep(PAUSE);
        }
    }
    Err(Failure::new("the ledger does not take the demonstration's commands: it stays busy"))
}

impl Booked {
    /// Counts an answer; true if the command should be sent again.
    fn note(&mut self, answer: &Answer) -> bool {
        match answer {
            Answer::Accepted { block, index, .. } => {
                if let Some(entry) = block.body.entries.get(*index) {
                    *self.kinds.entry(entry.fact.kind()).or_default() += 1;
                    self.position = self.position.max(entry.position);
                }
                false
            }
            Answer::Refused { rejection: Rejection::BookMoved { .. }, .. } => true,
            Answer::Refused { rejection, .. } => {
                *self.refused.entry(rejection.code()).or_default() += 1;
                false
            }
            Answer::KeyReused { .. } => {
                *self.refused.entry("idempotency_key_reused").or_default() += 1;
                false
            }
            Answer::WouldAccept { .. } => false,
            Answer::Fault(fault) => {
                let (AnswerFault::OutcomeUnknown { message }
                | AnswerFault::Unavailable { message }
                | AnswerFault::Halted { message }) = fault
                else {
                    return true;
                };
                tracing::warn!(message, "trying again");
                true
            }
        }
    }
}

fn show(booked: &Booked, begun: Instant) {
    let named = |(kind, count): (&&str, &u64), prefix: &str| {
        vec![format!("{prefix}{kind}"), grouped(*count)]
    };
    let mut rows: Vec<Vec<String>> = booked.kinds.iter().map(|it| named(it, "")).collect();
    rows.extend(booked.refused.iter().map(|it| named(it, "refused: ")));
    print_table(&[("what happened", Align::Text), ("times", Align::Number)], &rows);
    let all = booked.kinds.values().chain(booked.refused.values()).sum();
    print(&format!("{} commands in {}.", grouped(all), told(begun.elapsed())));
}

/// Ports tried after the first one.
const PORTS: u16 = 100;

fn serve(node: &Arc<Node>, args: &Demo, data: &Path, booked: Option<u64>) -> Outcome {
    let presented = Arc::new(Mutex::new(Ok(())));
    let outcome = runtime()?.block_on(async {
        let listener = listen(args.port).await?;
        let address = listener.local_addr()?;
        let (done, told) = oneshot::channel();
        let (data, result) = (data.to_owned(), presented.clone());
        // Beside the server, since it asks that.
        let ready = move || {
            std::thread::spawn(move || {
                let outcome = present(address, &data, booked);
                let is_well = outcome.is_ok();
                *result.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
                let _ = done.send(is_well);
            });
        };
        let exit = args.exit;
        let stop = async move {
            if told.await.unwrap_or(false) && !exit {
                told_to_stop().await;
            }
        };
        serve_until(node.clone(), listener, ready, stop).await
    });
    let presented =
        std::mem::replace(&mut *presented.lock().unwrap_or_else(PoisonError::into_inner), Ok(()));
    outcome.and(presented)
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let ports = port.map_or(7070..=7070 + PORTS, |it| it..=it);
    let mut last = None;
    for port in ports {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some((port, error)),
        }
    }
    Err(match last {
        Some((port, error)) => Failure::while_doing(
            format!("listen on 127.0.0.1:{port}; name another with --port"),
            &error,
        ),
        None => Failure::usage("no port to listen on"),
    })
}
