//! One connection to NATS with its own small runtime, so that dropping it drops everything queued.

use super::JetStreamConfig;
use crate::fault::Fault;
use async_nats::connection::State;
use async_nats::jetstream::{Context, ContextBuilder};
use async_nats::{Client, ConnectOptions, Request, RequestError, RequestErrorKind, ServerAddr};
use bytes::Bytes;
use serde_json::Value;
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A dead connection shows at the third of these at the latest; the client's default is a minute.
const PING_EVERY: Duration = Duration::from_secs(3);

pub(super) struct Link {
    /// None once the link is closed.
    runtime: Option<Runtime>,
    client: Client,
    context: Context,
    timeout: Duration,
}

impl Link {
    pub(super) fn connect(config: &JetStreamConfig) -> Result<Link, Fault> {
        // One worker of its own: pings must be answered while no call of ours is under way.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("onhand-nats")
            .enable_all()
            .build()
            .map_err(|error| Fault::io("start the NATS runtime", error))?;
        let client = runtime.block_on(connect(config))?;
        let timeout = config.ack_timeout;
        // The context starts a task of its own, so it is made inside the runtime.
        let inside = runtime.enter();
        let context = ContextBuilder::new().timeout(timeout).build(client.clone());
        drop(inside);
        Ok(Link { runtime: Some(runtime), client, context, timeout })
    }

    /// Cuts the client's task off: what it still holds is never sent.
    pub(super) fn close(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    pub(super) fn connected(&self) -> bool {
        self.runtime.is_some() && self.client.connection_state() == State::Connected
    }

    /// Runs `work` to its end on this link's runtime.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => Err(Fault::Unavailable("the connection is closed".to_string())),
        }
    }

    /// One request; its answer's bytes.
    pub(super) fn request(
        &self,
        subject: &str,
        request: Request,
    ) -> Result<Result<Bytes, RequestError>, Fault> {
        let request = request.timeout(Some(self.timeout));
        self.wait(async {
            let answer = self.client.send_request(subject.to_string(), request).await;
            Ok(answer.map(|message| message.payload))
        })
    }

    /// One call of the JetStream API. The answer as it came, errors of the API included.
    pub(super) fn api(&self, verb: &str, body: &Value) -> Result<Value, Fault> {
        let payload = match body {
            Value::Null => Bytes::new(),
            body => Bytes::from(body.to_string()),
        };
        let subject = format!("$JS.API.{verb}");
        let answer = self.request(&subject, Request::new().payload(payload))?;
        let bytes = answer.map_err(|error| Fault::Unavailable(api_refused(verb, &error)))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Fault::Unavailable(format!("{verb} answered no JSON: {error}")))
    }
}

fn api_refused(verb: &str, error: &RequestError) -> String {
    match error.kind() {
        RequestErrorKind::NoResponders => {
            format!("{verb}: nobody answers; is JetStream enabled for this account?")
        }
        RequestErrorKind::TimedOut
        | RequestErrorKind::InvalidSubject
        | RequestErrorKind::MaxPayloadExceeded
        | RequestErrorKind::Other => format!("{verb}: {error}"),
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

async fn connect(config: &JetStreamConfig) -> Result<Client, Fault> {
    let mut options = ConnectOptions::new()
        .name("onhand-journal")
        .ping_interval(PING_EVERY)
        .connection_timeout(config.ack_timeout)
        .request_timeout(Some(config.ack_timeout));
    if let Some(path) = &config.credentials {
        options = with_credentials(options, path)?;
    }
    if let Some(ca) = &config.tls.ca {
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let Some((certificate, key)) = &config.tls.client {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    let addresses = addresses(&config.url)?;
    let connecting = options.connect(addresses);
    connecting.await.map_err(|error| Fault::Unavailable(format!("{}: {error}", config.url)))
}

/// A credentials file has a JWT and a seed; a file with a seed alone is a user nkey.
fn with_credentials(options: ConnectOptions, path: &Path) -> Result<ConnectOptions, Fault> {
    let doing = || format!("read the NATS credentials {}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| Fault::io(doing(), error))?;
    let seed = text.trim();
    if seed.starts_with("SU") {
        return Ok(options.nkey(seed.to_string()));
    }
    options.credentials(&text).map_err(|error| Fault::io(doing(), error))
}

fn addresses(url: &str) -> Result<Vec<ServerAddr>, Fault> {
    url.split(',')
        .map(|address| {
            let address = address.trim();
            address
                .parse()
                .map_err(|error| Fault::Gate(format!("NATS address {address:?}: {error}")))
        })
        .collect()
}
