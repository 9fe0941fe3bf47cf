//! A caller of the NATS door, and a server with a NATS server beside it.

use std::time::{Duration, Instant};

use async_nats::{Client, ConnectOptions, HeaderMap, Message, Request};
use futures_util::StreamExt;
use onhand_journal::testing::NatsServer;
use onhand_server::Config;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::door::Door;

/// The server under test, the NATS server, and somebody who is connected to it.
pub struct NatsDoor {
    pub door: Door,
    pub caller: Caller,
    pub nats: NatsServer,
    _directory: TempDir,
}

impl NatsDoor {
    pub fn open_with(change: impl FnOnce(&mut Config)) -> NatsDoor {
        let directory = tempfile::tempdir().unwrap();
        let nats = NatsServer::start(false, directory.path());
        let door = Door::open_with(|it| {
            it.nats_url = nats.url();
            change(it);
        });
        let caller = Caller::new(&nats.url());
        if door.config.nats_commands {
            caller.await_service();
        }
        NatsDoor { door, caller, nats, _directory: directory }
    }

    /// With what [`Door::stocked`] books.
    pub fn stocked(self) -> NatsDoor {
        NatsDoor { door: self.door.stocked(), ..self }
    }
}

pub struct Caller {
    pub runtime: Runtime,
    pub client: Client,
    url: String,
}

/// What came back.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub body: Value,
    headers: HeaderMap,
}

impl Said {
    pub fn new(message: &Message) -> Said {
        let headers = message.headers.clone().unwrap_or_default();
        let status = headers.get("Onhand-Status").map_or(0, |it| it.as_str().parse().unwrap());
        let text = String::from_utf8_lossy(&message.payload);
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text.into_owned()));
        Said { status, body, headers }
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.as_str())
    }
    pub fn code(&self) -> &str {
        self.header("Nats-Service-Error")
    }
}

impl Caller {
    pub fn new(url: &str) -> Caller {
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(async_nats::connect(url)).unwrap();
        Caller { runtime, client, url: url.to_owned() }
    }

    /// Until the server takes commands.
    pub fn await_service(&self) {
        let begun = Instant::now();
        while !self.says("$SRV.PING.onhand") {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody takes commands");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether anybody answers on the subject.
    pub fn says(&self, subject: &str) -> bool {
        self.try_ask(subject, &[], "").is_ok()
    }

    pub fn try_ask(
        &self,
        subject: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Said, async_nats::RequestError> {
        let answered = self.runtime.block_on(ask(&self.client, subject, headers, body));
        answered.map(|it| Said::new(&it))
    }

    pub fn ask(&self, subject: &str, headers: &[(&str, &str)], body: &str) -> Said {
        self.try_ask(subject, headers, body).unwrap_or_else(|error| panic!("{subject}: {error}"))
    }

    /// A request with a subject that a client would not send.
    pub fn raw_request(&self, subject: &str, body: &str) -> Said {
        self.runtime.block_on(async {
            let options = ConnectOptions::new().skip_subject_validation(true);
            let client = options.connect(self.url.as_str()).await.unwrap();
            let inbox = client.new_inbox();
            let mut answers = client.subscribe(inbox.clone()).await.unwrap();
            let body = body.to_owned().into();
            client.publish_with_reply(subject.to_owned(), inbox, body).await.unwrap();
            let answer = tokio::time::timeout(Duration::from_secs(20), answers.next());
            Said::new(&answer.await.unwrap().unwrap())
        })
    }

    /// The last message of a subject.
    pub fn last(&self, stream: &str, subject: &str) -> Value {
        self.runtime.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            let stream = context.get_stream(stream).await.unwrap();
            let message = stream.get_last_raw_message_by_subject(subject).await.unwrap();
            serde_json::from_slice(&message.payload).unwrap()
        })
    }

    pub fn last_sequence(&self, stream: &str) -> u64 {
        self.runtime.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            context.get_stream(stream).await.unwrap().cached_info().state.last_sequence
        })
    }

    pub fn delete(&self, stream: &str) {
        self.runtime.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            context.delete_stream(stream).await.unwrap();
        });
    }

    /// Takes the messages of a subject out of a stream.
    pub fn purge(&self, stream: &str, subject: &str) {
        self.runtime.block_on(async {
            let context = async_nats::jetstream::new(self.client.clone());
            let stream = context.get_stream(stream).await.unwrap();
            stream.purge().filter(subject).await.unwrap();
        });
    }

    /// A command on the ledger `acme` with its key.
    pub fn command(&self, stem: &str, key: &str, body: &str) -> Said {
        self.ask(&format!("onhand.cmd.acme.{stem}"), &[("Idempotency-Key", key)], body)
    }
}

pub async fn ask(
    client: &Client,
    subject: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Message, async_nats::RequestError> {
    let mut map = HeaderMap::new();
    headers.iter().for_each(|(name, value)| map.append(*name, *value));
    let request = Request::new().payload(body.to_owned().into()).headers(map);
    client.send_request(subject.to_owned(), request.timeout(Some(Duration::from_secs(20)))).await
}
