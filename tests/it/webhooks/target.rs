//! Somebody who is called: a small HTTP server that writes down what it hears and answers as told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// One call.
#[derive(Clone, Debug)]
pub struct Heard {
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub at: Instant,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
    pub fn kind(&self) -> String {
        self.body()["type"].as_str().unwrap().to_owned()
    }
    pub fn position(&self) -> u64 {
        self.body()["data"]["position"].as_u64().unwrap()
    }

    /// Whether one of the signatures is by this secret or public key: computed anew, here.
    pub fn is_signed_by(&self, key: &str) -> bool {
        let content = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.text);
        let signatures = self.header("webhook-signature").split(' ');
        let (prefix, bytes) = key.split_at(6);
        let (prefix, bytes) = match prefix {
            "whsec_" => (prefix, STANDARD.decode(bytes).unwrap()),
            _ => ("whpk_", STANDARD.decode(&key[5..]).unwrap()),
        };
        signatures.filter_map(|it| it.split_once(',')).any(|(version, signature)| {
            let signature = STANDARD.decode(signature).unwrap();
            if prefix == "whsec_" && version == "v1" {
                let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).unwrap();
                mac.update(content.as_bytes());
                return mac.verify_slice(&signature).is_ok();
            }
            let public = VerifyingKey::from_bytes(bytes[..].try_into().unwrap_or(&[0; 32]));
            version == "v1a"
                && public.is_ok_and(|it| {
                    let signature = Signature::from_slice(&signature).unwrap();
                    it.verify_strict(content.as_bytes(), &signature).is_ok()
                })
        })
    }
}

/// What the target answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// A status and a header with its value.
    With(u16, String),
    /// Nothing, for as long as the test lasts.
    Hang,
}

type Answering = Box<dyn FnMut(&Heard) -> Answer + Send>;

struct Shared {
    heard: Mutex<Vec<Heard>>,
    more: Condvar,
    answer: Mutex<Answering>,
}

pub struct Target {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Target {
    /// Answers 204 to everything.
    pub fn new() -> Target {
        Target::that(|_| Answer::Status(204))
    }

    pub fn that(answer: impl FnMut(&Heard) -> Answer + Send + 'static) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Mutex<Answering> = Mutex::new(Box::new(answer));
        let shared = Arc::new(Shared { heard: Mutex::default(), more: Condvar::new(), answer });
        let room = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let room = room.clone();
                std::thread::spawn(move || listen(&room, stream));
            }
        });
        Target { address, shared }
    }

    pub fn answers(&self, answer: impl FnMut(&Heard) -> Answer + Send + 'static) {
        *self.shared.answer.lock().unwrap() = Box::new(answer);
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// All that was heard, once it is at least so much.
    pub fn await_calls(&self, count: usize) -> Vec<Heard> {
        self.until(&format!("{count} calls"), |it| it.len() >= count)
    }

    pub fn until(&self, what: &str, holds: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let begun = Instant::now();
        let mut heard = self.shared.heard.lock().unwrap();
        while !holds(&heard) {
            assert!(begun.elapsed() < PATIENCE, "{what}: {heard:#?}");
            heard = self.shared.more.wait_timeout(heard, Duration::from_secs(1)).unwrap().0;
        }
        heard.clone()
    }
}

fn listen(room: &Shared, stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let length = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let heard = Heard { headers, text: String::from_utf8(body).unwrap(), at: Instant::now() };
    let answer = (room.answer.lock().unwrap())(&heard);
    room.heard.lock().unwrap().push(heard);
    room.more.notify_all();
    let (status, header) = match answer {
        Answer::Status(status) => (status, String::new()),
        Answer::With(status, header) => (status, format!("{header}\r\n")),
        Answer::Hang => return std::thread::sleep(Duration::from_secs(600)),
    };
    let head =
        format!("HTTP/1.1 {status} x\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n");
    let _ = reader.get_mut().write_all(head.as_bytes());
}
