//! `onhand bench --doors`: what callers get through each door of a real server process.

mod grpc;
mod http;
mod nats;
mod peers;
mod round;
mod server;
mod subscribers;

use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Bytes;
use indicatif::ProgressBar;
use onhand_server::Config;
use serde_json::json;

use super::Bench;
use crate::failure::Failure;
use crate::serve::runtime;
use crate::terminal::{Align, grouped, print, print_table, progress, told};
use round::Round;
use server::Server;
use subscribers::Subscribers;

const LEDGER: &str = "bench";
/// Callers with one command or question at a time.
const CALLERS: u64 = 64;
/// Items of one question about many.
const ASKED: u64 = 100;
const SUBSCRIBERS: u64 = 100;
const STOPPED: u64 = 10;
/// Seconds of the steady load.
const STEADY_SECONDS: u64 = 5;
/// Longest wait until the server takes commands over NATS.
const SERVICE_MAX: Duration = Duration::from_secs(20);

/// One line of the table.
pub struct Case {
    what: String,
    measured: String,
    aim: String,
    /// What was reached of the aim; above 1 is better. None: not measured, `measured` says why.
    ratio: Option<f64>,
    calls: u64,
}

/// Where everything is.
struct Doors<'a> {
    args: &'a Bench,
    address: SocketAddr,
    /// The NATS server and what stands before our subjects there.
    nats: Option<(String, String)>,
}

/// Measures every door.
///
/// # Errors
/// The server cannot be started, or something was not booked or answered.
pub fn measure(args: &Bench, config: &Config) -> Result<Vec<Case>, Failure> {
    let bar = progress(10, "cases");
    // What is published takes its share of two cores: commands are measured without it, then with.
    let mut cases = Vec::new();
    for feeds in [false, true] {
        let mut config = config.clone();
        config.data_dir = config.data_dir.join(if feeds { "feeds" } else { "commands" });
        config.journal_stream_prefix.push_str(if feeds { "F_" } else { "C_" });
        config.journal_subject_prefix.push_str(if feeds { "f." } else { "c." });
        let settings = settings(args, &config, feeds);
        let server = Server::start(&config, &settings)?;
        let prefix = settings.iter().find(|(name, _)| *name == "nats.subject_prefix");
        let nats = args.installed.url.clone().zip(prefix.map(|(_, it)| it.clone()));
        let doors = Doors { args, address: server.address, nats };
        let measured = match feeds {
            false => runtime()?.block_on(doors.commands(&bar)),
            true => runtime()?.block_on(doors.feeds(&bar)),
        };
        cases.extend(measured?);
        // The next has the machine for itself.
        drop(server);
    }
    if let Some(url) = &args.postgres {
        bar.set_message("Postgres");
        cases.push(peers::postgres(url, args.skus)?);
    }
    if let Some(url) = &args.redis {
        bar.set_message("Redis");
        cases.push(peers::redis(url, args.commands, args.skus)?);
    }
    bar.finish_and_clear();
    Ok(cases)
}

/// What the server is told beside its directory.
fn settings(args: &Bench, config: &Config, feeds: bool) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("grpc.message_bytes_max", (64 << 20).to_string()),
        ("http.body_bytes_max", (64 << 20).to_string()),
        ("feed.movements", feeds.to_string()),
        ("feed.availability", feeds.to_string()),
    ];
    if let Some(url) = &args.installed.url {
        let prefix = &config.journal_subject_prefix;
        settings.extend([
            ("journal.url", url.clone()),
            ("journal.stream_prefix", config.journal_stream_prefix.clone()),
            ("journal.subject_prefix", prefix.clone()),
            ("nats.stream_prefix", format!("{}DOORS_", config.journal_stream_prefix)),
            ("nats.subject_prefix", prefix.replacen("onhand.bench.", "onhand.doors.", 1)),
        ]);
        settings
            .extend(args.installed.monitor.iter().map(|it| ("journal.monitor_url", it.clone())));
    }
    settings
}

impl Doors<'_> {
    async fn commands(&self, bar: &ProgressBar) -> Result<Vec<Case>, Failure> {
        self.prepare().await?;
        let mut cases = Vec::new();
        for size in [1_000, 8_000] {
            bar.set_message(format!("gRPC batches of {size}"));
            cases.push(self.batches(size).await?);
            bar.inc(1);
        }
        bar.set_message("single commands");
        cases.push(self.grpc_singles().await?);
        bar.inc(1);
        cases.push(self.nats_singles().await?);
        bar.inc(1);
        cases.push(self.http_singles().await?);
        bar.inc(1);
        bar.set_message("availability");
        cases.push(self.http_availability().await?);
        bar.inc(1);
        cases.push(self.grpc_availability().await?);
        bar.inc(1);
        Ok(cases)
    }

    /// What is published while it is booked.
    async fn feeds(&self, bar: &ProgressBar) -> Result<Vec<Case>, Failure> {
        bar.set_message("feeds");
        self.prepare().await?;
        let mut cases = Vec::new();
        cases.push(self.seen_after_ack().await?);
        bar.inc(1);
        cases.push(self.subscribers().await?);
        bar.inc(1);
        let mut beside = self.batches(8_000).await?;
        beside.what.push_str(", movements published");
        cases.push(beside);
        bar.inc(1);
        Ok(cases)
    }

    /// Items, stock and a channel that sells it.
    async fn prepare(&self) -> Result<(), Failure> {
        let mut caller = http::Caller::connect(self.address).await?;
        let mut lines = vec![
            json!({"command": "register_location", "id": "l", "location": "bench"}),
            json!({"command": "register_channel", "id": "c", "channel": "web", "locations": ["bench"]}),
        ];
        for sku in 0..self.args.skus {
            let (id, sku) = (format!("i{sku}"), format!("S{sku:07}"));
            lines.push(json!({"command": "register_item", "id": id, "sku": sku}));
        }
        let numbers: Vec<u64> = (0..self.args.skus).collect();
        for (number, part) in numbers.chunks(1_000).enumerate() {
            let one = |it: &u64| json!({"sku": format!("S{it:07}"), "quantity": 1_000_000_000});
            let stock: Vec<_> = part.iter().map(one).collect();
            lines.push(json!({"command": "receive_stock", "id": format!("r{number}"),
                "location": "bench", "from": "opening", "lines": stock}));
        }
        for part in lines.chunks(5_000) {
            let body = serde_json::to_vec(part)?;
            let path = format!("/v1/{LEDGER}/commands?atomic=true&entries=false");
            caller.ask(hyper::Method::POST, &path, body.into()).await?;
        }
        Ok(())
    }

    async fn batches(&self, size: u64) -> Result<Case, Failure> {
        let each = self.args.commands / self.args.callers;
        let prefix = if size >= 8_000 { 'y' } else { 'x' };
        let made = (0..self.args.callers)
            .map(|it| grpc::batches(LEDGER, prefix, it * each, each, size, self.args.skus));
        let round = grpc::submit(self.address, made.collect()).await?;
        let rate = (each * self.args.callers) as f64 / round.time.as_secs_f64();
        let aim = if size >= 8_000 { 400_000.0 } else { 250_000.0 };
        Ok(Case {
            what: format!("gRPC, batches of {}, {} callers", grouped(size), self.args.callers),
            measured: format!("{}/s", grouped(rate as u64)),
            aim: format!("{}/s", grouped(aim as u64)),
            ratio: Some(rate / aim),
            calls: round.times.len() as u64,
        })
    }

    /// Commands of each caller with one at a time.
    fn each(&self) -> u64 {
        (self.args.commands / 4 / CALLERS).max(1)
    }

    async fn grpc_singles(&self) -> Result<Case, Failure> {
        let round =
            grpc::singles(self.address, LEDGER, CALLERS, self.each(), self.args.skus).await?;
        Ok(rate_case("gRPC, single commands", &round, 50_000.0))
    }

    async fn nats_singles(&self) -> Result<Case, Failure> {
        let what = format!("NATS, single commands, {CALLERS} callers");
        let Some((url, prefix)) = &self.nats else { return Ok(no_nats(what, "50,000/s")) };
        let client = nats::connect(url).await?;
        nats::await_service(&client, prefix, SERVICE_MAX).await?;
        let round = nats::singles(url, prefix, CALLERS, self.each(), self.args.skus).await?;
        Ok(rate_case("NATS, single commands", &round, 50_000.0))
    }

    async fn http_singles(&self) -> Result<Case, Failure> {
        let round =
            http::singles(self.address, LEDGER, CALLERS, self.each(), self.args.skus).await?;
        Ok(rate_case("HTTP, single commands", &round, 25_000.0))
    }

    async fn http_availability(&self) -> Result<Case, Failure> {
        let each = 2 * self.each();
        let round = http::availability(self.address, LEDGER, CALLERS, each, self.args.skus).await?;
        Ok(rate_case("HTTP, availability of one item", &round, 40_000.0))
    }

    async fn grpc_availability(&self) -> Result<Case, Failure> {
        let callers = 8;
        let each = (self.args.commands / ASKED / 2).max(1);
        let round =
            grpc::availability(self.address, LEDGER, callers, each, ASKED, self.args.skus).await?;
        let rate = round.rate() * ASKED as f64;
        Ok(Case {
            what: format!("gRPC, availability of {ASKED} items, {callers} callers"),
            measured: format!("{} items/s", grouped(rate as u64)),
            aim: "1,000,000 items/s".to_owned(),
            ratio: Some(rate / 1e6),
            calls: round.times.len() as u64,
        })
    }

    async fn seen_after_ack(&self) -> Result<Case, Failure> {
        let what = "movements over NATS at 20,000/s, seen after the answer".to_owned();
        let Some((url, prefix)) = &self.nats else { return Ok(no_nats(what, "p99 ≤ 10 ms")) };
        let mut submitter = grpc::Submitter::connect(self.address).await?;
        let skus = self.args.skus;
        let round = nats::seen_after_ack(url, prefix, &mut submitter, STEADY_SECONDS, skus).await?;
        let p99 = round.percentile(99);
        Ok(Case {
            what,
            measured: format!("p50 {}, p99 {}", told(round.percentile(50)), told(p99)),
            aim: "p99 ≤ 10 ms".to_owned(),
            ratio: Some(0.01 / p99.as_secs_f64().max(1e-6)),
            calls: round.times.len() as u64,
        })
    }

    /// How far the ledger has come.
    async fn position(&self) -> Result<u64, Failure> {
        let mut caller = http::Caller::connect(self.address).await?;
        let told = caller.ask(hyper::Method::GET, "/v1/ledgers", Bytes::new()).await?;
        let told: serde_json::Value = serde_json::from_slice(&told)?;
        Ok(told["ledgers"][0]["position"].as_u64().unwrap_or(0))
    }

    /// The same callers without and with subscribers, of whom some stopped reading.
    async fn subscribers(&self) -> Result<Case, Failure> {
        let mut told_p99 = Vec::new();
        let mut calls = 0;
        for (prefix, count) in [('s', 0), ('t', SUBSCRIBERS)] {
            let after = self.position().await?;
            let stopped = STOPPED.min(count);
            let open = Subscribers::open(self.address, LEDGER, after, count, stopped).await?;
            let each = 500;
            let made =
                (0..8).map(|it| grpc::batches(LEDGER, prefix, it * each, each, 1, self.args.skus));
            let round = grpc::submit(self.address, made.collect()).await?;
            drop(open);
            calls += round.times.len() as u64;
            told_p99.push(round.percentile(99));
        }
        let (alone, beside) = (told_p99[0], told_p99[1]);
        Ok(Case {
            what: format!("p99 of 8 callers beside {SUBSCRIBERS} subscribers, {STOPPED} stopped"),
            measured: format!("{} → {}", told(alone), told(beside)),
            aim: "no more".to_owned(),
            ratio: Some(alone.as_secs_f64() / beside.as_secs_f64().max(1e-9)),
            calls,
        })
    }
}

fn rate_case(what: &str, round: &Round, aim: f64) -> Case {
    let p99 = told(round.percentile(99));
    Case {
        what: format!("{what}, {CALLERS} callers"),
        measured: format!("{}/s, p99 {p99}", grouped(round.rate() as u64)),
        aim: format!("{}/s", grouped(aim as u64)),
        ratio: Some(round.rate() / aim),
        calls: round.times.len() as u64,
    }
}

fn no_nats(what: String, aim: &str) -> Case {
    let measured = "not measured: name a NATS server with --url".to_owned();
    Case { what, measured, aim: aim.to_owned(), ratio: None, calls: 0 }
}

/// As a table.
pub fn tell(cases: &[Case]) {
    const COLUMNS: [(&str, Align); 5] = [
        ("door", Align::Text),
        ("calls", Align::Number),
        ("measured", Align::Number),
        ("aim", Align::Number),
        ("of the aim", Align::Number),
    ];
    let row = |it: &Case| {
        let ratio = it.ratio.map_or_else(|| "–".to_owned(), |it| format!("{it:.2}×"));
        vec![it.what.clone(), grouped(it.calls), it.measured.clone(), it.aim.clone(), ratio]
    };
    print("");
    print_table(&COLUMNS, &cases.iter().map(row).collect::<Vec<_>>());
}

/// For programs.
pub fn as_json(cases: &[Case]) -> serde_json::Value {
    let one = |it: &Case| {
        json!({"door": it.what, "calls": it.calls, "measured": it.measured, "aim": it.aim,
            "of_the_aim": it.ratio})
    };
    cases.iter().map(one).collect()
}
