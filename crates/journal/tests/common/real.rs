//! A real server, its journal and its clients.

use super::client::Client;
use super::{Backend, Nats, identity};
use onhand_journal::{Bytes, Fault, Journal, Patience, jetstream};
use std::time::Duration;

const PATIENT: Patience = Patience {
    resolve_max: Duration::from_secs(8),
    pause: Duration::from_millis(10),
    pause_max: Duration::from_millis(200),
};

pub fn started(sync_always: bool) -> Nats {
    let mut nats = Nats::with_sync(sync_always);
    nats.config.ack_timeout = Duration::from_millis(400);
    nats
}

pub fn client(nats: &Nats, name: &str) -> Client {
    let config = nats.config.clone();
    let open = move || -> Result<Box<dyn Journal>, Fault> {
        Ok(Box::new(jetstream::open(&config, &identity())?))
    };
    Client::new(open, nats.directory.path().join(name), PATIENT)
}

/// Everything stored, read one by one at the leader.
pub fn stored(nats: &Nats) -> Vec<Bytes> {
    let mut journal = nats.open().unwrap();
    (1..).map_while(|height| journal.read(height).unwrap()).collect()
}

/// A server with ten bodies and the client that wrote them, its writer still alive.
pub fn with_ten_bodies() -> (Nats, Client) {
    let nats = started(true);
    nats.create().unwrap();
    let mut client = client(&nats, "a");
    (1..=10).for_each(|number| client.append(number).unwrap());
    (nats, client)
}

pub fn open_refused(nats: &Nats) -> Fault {
    nats.open().err().expect("a refusal")
}
