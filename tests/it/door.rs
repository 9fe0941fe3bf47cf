//! A server under test: the real one, in this process, on a free port and a directory of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use onhand_server::{Config, Node, serve};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The server; stopped when dropped.
pub struct Door {
    pub address: SocketAddr,
    pub config: Config,
    pub directory: Arc<TempDir>,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the server said.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    headers: ureq::http::HeaderMap,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
    pub fn position(&self) -> u64 {
        self.body["position"].as_u64().unwrap()
    }
}

/// Settings for a server under test in `directory`.
pub fn config(directory: &Path) -> Config {
    Config {
        data_dir: directory.join("data"),
        http_listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::default()
    }
}

impl Door {
    pub fn open() -> Door {
        Door::open_with(|_| ())
    }

    /// A new installation whose settings `change` has changed.
    pub fn open_with(change: impl FnOnce(&mut Config)) -> Door {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let mut config = config(directory.path());
        change(&mut config);
        Node::create(&config).unwrap();
        Door::start(directory, config)
    }

    pub fn start(directory: Arc<TempDir>, config: Config) -> Door {
        let node = Arc::new(Node::open(&config, &mut |_| ()).unwrap());
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let listen = config.http_listen;
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { drop(stopped.await) };
                serve(node, listener, || {}, shutdown).await.unwrap();
            });
        });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let address = address.recv().unwrap();
        Door { address, config, directory, agent, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops the server as a signal would, and waits for its end.
    pub fn stop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Stops, then starts on the same directory.
    pub fn restart(mut self) -> Door {
        self.stop();
        Door::start(self.directory.clone(), self.config.clone())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A command with its key.
    pub fn command(&self, stem: &str, key: &str, body: &str) -> Reply {
        let request = self.agent.post(self.url(&format!("/v1/acme/{stem}")));
        let request = request.header("content-type", "application/json");
        reply(request.header("idempotency-key", format!("\"{key}\"")).send(body))
    }

    /// A command that must be booked.
    pub fn book(&self, stem: &str, key: &str, body: &str) -> Reply {
        let reply = self.command(stem, key, body);
        assert_eq!(reply.status, 201, "{stem} {body}: {reply:?}");
        // What is read next, by whichever door, has it.
        let position = reply.position();
        let seen = self.get(&format!("/v1/acme/places?min_position={position}&wait_ms=10000"));
        assert_eq!(seen.status, 200, "{seen:?}");
        reply
    }

    pub fn post(&self, path: &str, kind: &str, body: impl ureq::AsSendBody) -> Reply {
        reply(self.agent.post(self.url(path)).header("content-type", kind).send(body))
    }

    pub fn get(&self, path: &str) -> Reply {
        reply(self.agent.get(self.url(path)).call())
    }

    pub fn text(&self, path: &str) -> String {
        self.agent.get(self.url(path)).call().unwrap().body_mut().read_to_string().unwrap()
    }

    pub fn head(&self, path: &str) -> u16 {
        self.agent.head(self.url(path)).call().unwrap().status().as_u16()
    }

    pub fn patch(&self, path: &str, body: &str) -> Reply {
        let request = self.agent.patch(self.url(path)).header("content-type", "application/json");
        reply(request.send(body))
    }

    pub fn delete(&self, path: &str) -> Reply {
        reply(self.agent.delete(self.url(path)).call())
    }

    /// Writes raw bytes, and reads until the server closes the connection.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    }

    /// A ledger with the item `W`, the location `A`, a channel `eu`, and ten units.
    pub fn stocked(self) -> Door {
        self.book("register_item", "s1", r#"{"sku":"W"}"#);
        self.book("register_location", "s2", r#"{"location":"A"}"#);
        self.book("register_channel", "s3", r#"{"channel":"eu","locations":["A"]}"#);
        self.book("receive_stock", "s4", r#"{"location":"A","lines":[{"sku":"W","quantity":10}]}"#);
        self
    }

    /// Units of `W` at `A` by the names of the API, once the last booking is visible.
    pub fn stock(&self, min_position: u64) -> Value {
        let path = format!("/v1/acme/stock/W?min_position={min_position}&wait_ms=10000");
        let reply = self.get(&path);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body["rows"][0].clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.begin_stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn reply(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply {
    let mut response = result.unwrap();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Reply { status: response.status().as_u16(), body, headers: response.headers().clone() }
}
