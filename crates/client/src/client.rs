//! A connection to a server, and the bounds that a client keeps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::Error;
use crate::ledger::Ledger;

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a command is sent again until it is answered.
    pub patience: Duration,
    /// Longest wait for one answer before the same is sent again.
    pub attempt_max: Duration,
    /// Commands in one batch, 1 to 10,000.
    pub batch_commands_max: usize,
    /// Bytes of one batch; a larger command travels alone. Less than the server's
    /// `grpc.message_bytes_max`.
    pub batch_bytes_max: usize,
    /// Batches of one ledger that are under way at once. Commands gather while all are.
    pub batches_max: usize,
    /// Commands of one ledger that wait to be sent; more callers wait to be queued.
    pub queue_commands_max: usize,
    /// Largest answer, in bytes.
    pub answer_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            patience: Duration::from_secs(30),
            attempt_max: Duration::from_secs(10),
            batch_commands_max: 1_000,
            batch_bytes_max: 4 << 20,
            batches_max: 4,
            queue_commands_max: 10_000,
            answer_bytes_max: 64 << 20,
        }
    }
}

/// A server of Onhand. Clones share the connection, which is made when it is first needed and
/// again when it breaks.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    channel: Channel,
    settings: Settings,
    /// By name: the commands of all callers of a ledger travel together.
    ledgers: Mutex<HashMap<String, Ledger>>,
}

impl Client {
    /// `address` such as `http://127.0.0.1:7070`. Call it within a tokio runtime.
    ///
    /// # Errors
    /// The address cannot be read. Whether somebody is there shows with the first call.
    pub fn connect(address: &str) -> Result<Client, Error> {
        Client::connect_with(address, Settings::default())
    }

    /// As [`Client::connect`], with other settings.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn connect_with(address: &str, settings: Settings) -> Result<Client, Error> {
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.map_err(|error| Error::Address { message: error.to_string() })?;
        let channel = endpoint
            .connect_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .connect_lazy();
        let inner = Inner { channel, settings, ledgers: Mutex::default() };
        Ok(Client { inner: Arc::new(inner) })
    }

    /// A ledger of the server, whether it has been written to or not.
    pub fn ledger(&self, name: &str) -> Ledger {
        let mut ledgers = self.inner.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        match ledgers.get(name) {
            Some(known) => known.clone(),
            None => {
                let new = Ledger::new(name, self.channel(), self.settings().clone());
                ledgers.insert(name.to_owned(), new.clone());
                new
            }
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        self.inner.channel.clone()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}
