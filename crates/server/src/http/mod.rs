//! The HTTP door: accepts connections within bounds, serves them, and drains at the end.

mod app;
pub(crate) mod body;
pub(crate) mod commands;
mod confirmation;
mod health;
pub(crate) mod metrics;
pub(crate) mod params;
mod pulls;
pub(crate) mod reads;
pub(crate) mod respond;
mod running;
mod sheet;
mod snapshots;
pub(crate) mod table;

mod streams;
mod webhooks;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Node;
use crate::feeds::Feeds;
use crate::snapshots::Snapshots;
use crate::webhooks::Webhooks;
use app::App;

pub(crate) use app::{Room, Rooms};
pub(crate) use streams::Taken;

pub(crate) use reads::trouble as reads_trouble;
pub use reads::{answer_here, handover_csv, handovers_here, part_of};
pub use running::{Serving, running_server};

/// How soon a gRPC connection whose other end is gone is noticed.
const HTTP2_PING_EVERY: Duration = Duration::from_secs(20);
const HTTP2_PING_MAX: Duration = Duration::from_secs(20);

/// Serves `node` on `listener` until `shutdown` is done; then takes no more connections, finishes
/// what is under way within `http.drain_ms_max`, and closes the node. `ready` is called once the
/// file beside the data tells commands where to ask.
///
/// # Errors
/// The address of the listener cannot be told, or the file that tells it cannot be written.
pub async fn serve(
    node: Arc<Node>,
    listener: TcpListener,
    ready: impl FnOnce(),
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    warn_of_strangers(address);
    let running = running::announce(node.config(), address)?;
    ready();
    let snapshots = Arc::new(Snapshots::new(node.clone()));
    let looker = snapshots.begin()?;
    let feeds = Feeds::begin(node.clone())?;
    let webhooks = Webhooks::begin(node.clone(), feeds.clone())?;
    let app = App::new(node.clone(), snapshots, feeds.clone(), webhooks.clone());
    let neighbours = crate::nats::begin(app.rooms(), app.router());
    accept(&app, listener, shutdown, || {
        // Streams have no end of their own.
        feeds.end();
        webhooks.end();
    })
    .await;
    neighbours.end().await;
    drop(running);
    tracing::info!("draining");
    let closing = tokio::task::spawn_blocking(move || {
        // What is left of a long snapshot is finished by the next start.
        node.stop_taking();
        drop(looker);
        webhooks.close();
        node.shutdown_blocking();
    });
    closing.await.map_err(io::Error::other)
}

fn warn_of_strangers(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "listening beyond this machine, and nothing authenticates callers: anybody who can \
             reach this address can book"
        );
    }
}

/// Accepts until `shutdown`, then waits for the connections that are open.
async fn accept(
    app: &Arc<App>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    at_end: impl FnOnce(),
) {
    let config = app.node.config();
    let seats = Arc::new(Semaphore::new(config.http_connections_max as usize));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        // A seat first: above the bound connections wait unaccepted, in the system's own queue.
        let next = async {
            let seat = seats.clone().acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        match (seat, accepted) {
            (Ok(seat), Ok((stream, _))) => converse(app, &graceful, stream, seat),
            (_, Err(error)) => {
                // Out of descriptors, most likely: a short pause lets some close.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            (Err(_), Ok(_)) => break,
        }
    }
    drop(listener);
    at_end();
    let drain = Duration::from_millis(config.http_drain_ms_max);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Waits for the bytes that tell one protocol from the other. False: they do not come in time.
async fn speaks(stream: &TcpStream, longest: Duration) -> bool {
    let mut first = [0; PREFACE.len()];
    let words = async {
        loop {
            match stream.peek(&mut first).await {
                Ok(0) | Err(_) => return false,
                Ok(length) if length == first.len() => return true,
                Ok(length) if !PREFACE.starts_with(&first[..length]) => return true,
                Ok(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    };
    tokio::time::timeout(longest, words).await.unwrap_or(false)
}

fn converse(
    app: &Arc<App>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    seat: OwnedSemaphorePermit,
) {
    // Answers are small and wait for nobody.
    let _ = stream.set_nodelay(true);
    let header = Duration::from_millis(app.node.config().http_header_ms_max);
    let service = TowerToHyperService::new(app.router());
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(app.node.config().grpc_streams_max as u32)
        .keep_alive_interval(HTTP2_PING_EVERY)
        .keep_alive_timeout(HTTP2_PING_MAX);
    let watcher = graceful.watcher();
    let mut ending = app.rooms().feeds.ending();
    tokio::spawn(async move {
        let spoken = tokio::select! {
            spoken = speaks(&stream, header) => spoken,
            _ = ending.wait_for(|it| *it) => false,
        };
        if !spoken {
            return;
        }
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(seat);
    });
}
