//! The connection to the NATS servers of commands and feeds, and who makes it anew.
//!
//! A client sends what it has queued whenever it is connected again, however long ago that was asked
//! for. So nobody here lives through a lost connection: the work ends with its client, and begins
//! afresh with a new one.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;

use crate::Node;
use crate::config::{Config, JournalKind};

/// A dead connection shows at the third of these at the latest.
const PING_EVERY: Duration = Duration::from_secs(3);
/// Between two tries to connect, or to go on after a fault; it doubles from the first to the last.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Messages of a subscription that wait to be read; the client drops what comes behind them, and a
/// caller runs into its timeout. The library would keep sixteen times as many.
const WAITING_MAX: usize = 4_096;

/// Why work with NATS cannot go on. It is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost(pub String);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What went wrong, and how.
pub(super) fn lost(doing: &str, error: impl fmt::Display) -> Lost {
    Lost(format!("{doing}: {error}"))
}

/// Whether there is a NATS server for commands and feeds.
pub(super) fn is_wanted(node: &Node) -> bool {
    !url(node).is_empty()
}

/// Theirs, or else those of the journal if it lies on NATS.
fn url(node: &Node) -> &str {
    let config = node.config();
    match (config.nats_url.as_str(), node.installation().journal) {
        ("", JournalKind::Jetstream) => &config.journal_url,
        (url, JournalKind::Jetstream | JournalKind::Embedded) => url,
    }
}

/// A client, and what turns true once its connection is lost.
async fn connect(node: &Node) -> Result<(Client, watch::Receiver<bool>), Lost> {
    let (config, url) = (node.config(), url(node));
    let timeout = Duration::from_millis(config.journal_ack_ms_max);
    let (down, is_down) = watch::channel(false);
    let mut options = ConnectOptions::new()
        .name("onhand")
        .ping_interval(PING_EVERY)
        .connection_timeout(timeout)
        .request_timeout(Some(timeout))
        .subscription_capacity(WAITING_MAX)
        // A lost client is given up, and is not to come back by itself.
        .max_reconnects(1)
        .event_callback(move |event| {
            note(&event, &down);
            std::future::ready(())
        });
    let credentials = match config.nats_url.is_empty() {
        true => &config.journal_credentials,
        false => &config.nats_credentials,
    };
    if let Some(path) = given(credentials) {
        options = with_credentials(options, path)?;
    }
    let options = with_tls(options, config);
    let client = options.connect(addresses(url)?).await;
    Ok((client.map_err(|error| lost(&hosts(url), error))?, is_down))
}

fn note(event: &Event, down: &watch::Sender<bool>) {
    match event {
        Event::Disconnected | Event::Closed | Event::Draining => drop(down.send_replace(true)),
        Event::Connected | Event::LameDuckMode => {}
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            tracing::warn!(%event, "NATS");
        }
    }
}

fn given(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

/// The journal's certificates count for these servers too. That there must be TLS they say only
/// where the servers are the journal's; others say it by an address that begins with tls:.
fn with_tls(mut options: ConnectOptions, config: &Config) -> ConnectOptions {
    if let Some(ca) = given(&config.journal_tls_ca) {
        options = options.add_root_certificates(ca.into()).require_tls(config.nats_url.is_empty());
    }
    match given(&config.journal_tls_cert).zip(given(&config.journal_tls_key)) {
        Some((certificate, key)) => options.add_client_certificate(certificate.into(), key.into()),
        None => options,
    }
}

/// A credentials file has a JWT and a seed; a file with a seed alone is a user nkey.
fn with_credentials(options: ConnectOptions, path: &Path) -> Result<ConnectOptions, Lost> {
    let doing = format!("read the NATS credentials {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| lost(&doing, error))?;
    let seed = text.trim();
    if seed.starts_with("SU") {
        return Ok(options.nkey(seed.to_owned()));
    }
    options.credentials(&text).map_err(|error| lost(&doing, error))
}

/// The addresses without the secrets that may stand in them.
fn hosts(url: &str) -> String {
    let host = |it: &str| it.rsplit('@').next().unwrap_or_default().trim().to_owned();
    url.split(',').map(host).collect::<Vec<String>>().join(", ")
}

fn addresses(url: &str) -> Result<Vec<ServerAddr>, Lost> {
    let address = |it: &str| it.trim().parse().map_err(|error| lost("a NATS address", error));
    url.split(',').map(address).collect()
}

/// Does `work` with a client, and again with a new one whenever it ends or its connection is lost,
/// until `ending` turns true. `what` is for the log.
pub(super) async fn keep_up<F>(
    node: Arc<Node>,
    what: &'static str,
    mut ending: watch::Receiver<bool>,
    work: impl Fn(Client) -> F,
) where
    F: Future<Output = Result<(), Lost>>,
{
    let mut pause = PAUSE_MIN;
    let mut told: Option<Lost> = None;
    loop {
        let begun = Instant::now();
        let ended = tokio::select! {
            _ = ending.wait_for(|it| *it) => return,
            ended = once(&node, &work) => ended,
        };
        // It worked for a while: no server that refuses at once.
        if begun.elapsed() > pause * 2 {
            pause = PAUSE_MIN;
        }
        if let Err(why) = ended {
            // The same again is no news.
            if told.as_ref() != Some(&why) {
                tracing::warn!(what, %why, "NATS is lost, and is tried again");
            }
            told = Some(why);
        }
        tokio::select! {
            _ = ending.wait_for(|it| *it) => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

async fn once<F>(node: &Node, work: &impl Fn(Client) -> F) -> Result<(), Lost>
where
    F: Future<Output = Result<(), Lost>>,
{
    let (client, mut is_down) = connect(node).await?;
    tokio::select! {
        _ = is_down.wait_for(|it| *it) => Err(Lost("the connection to the NATS server is down".to_owned())),
        ended = work(client) => ended,
    }
}
