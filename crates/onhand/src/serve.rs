//! `onhand serve`: the server, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use onhand_server::{Config, Node};
use tokio::net::TcpListener;

use crate::failure::{Failure, Outcome, whole};
use crate::init::{DurabilityChoice, word};
use crate::opening::open_node;
use crate::settings::Installed;
use crate::terminal::print;

/// Serves an installation over HTTP until it is told to stop
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    installed: Installed,
    /// Where the HTTP door listens [setting: http.listen, default: 127.0.0.1:7070]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// `relaxed` accepts a NATS server that does not prove to flush before it acknowledges
    /// [setting: journal.durability, default: strict]
    #[arg(long)]
    durability: Option<DurabilityChoice>,
}

impl Serve {
    /// # Errors
    /// Names the setting that cannot be read.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut flags = Vec::new();
        flags.extend(self.listen.map(|it| ("http.listen", it.to_string())));
        flags.extend(self.durability.map(|it| ("journal.durability", word(it))));
        self.installed.load(&flags)
    }
}

/// # Errors
/// The installation cannot be opened, or the address cannot be listened on.
pub fn run(args: &Serve) -> Outcome {
    let config = args.config()?;
    let node = Arc::new(open_node(&config)?);
    runtime()?.block_on(async {
        let listener = TcpListener::bind(config.http_listen).await.map_err(|error| {
            let doing = format!("listen on {} (setting http.listen)", config.http_listen);
            Failure::while_doing(doing, &error)
        })?;
        let address = listener.local_addr()?;
        let ready = || print(&format!("onhand serves http://{address}"));
        serve_until(node, listener, ready, told_to_stop()).await
    })
}

/// # Errors
/// No thread can be started.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::while_doing("start the runtime", &error))
}

/// Serves until `stop`, then drains. `ready` is called once commands beside it find the server.
///
/// # Errors
/// The door cannot be opened.
pub async fn serve_until(
    node: Arc<Node>,
    listener: TcpListener,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Outcome {
    onhand_server::serve(node, listener, ready, stop)
        .await
        .map_err(|error| Failure::new(format!("the server ended: {}", whole(&error))))
}

/// Ctrl-C, or the signal with which a system stops its services.
pub async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "only Ctrl-C will stop the server");
                wait_for_ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    wait_for_ctrl_c().await;
    tracing::info!("told to stop");
}

async fn wait_for_ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // No way to be told: serve for ever rather than stop at once.
        std::future::pending::<()>().await;
    }
}
