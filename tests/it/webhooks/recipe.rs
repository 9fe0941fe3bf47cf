//! The receiver of `docs/webhooks.md` in Python, run as it stands there, where there is a Python.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{deliveries, open, receive, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The receiver; killed when dropped.
struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn script() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/webhooks.md")).unwrap();
    let start = page.find("```python\n").unwrap() + "```python\n".len();
    page[start..].split("```").next().unwrap().to_owned()
}

#[test]
fn the_receiver_of_the_page_takes_what_is_genuine_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let python = Command::new("python3")
        .args(["-c", &script(), &free.port().to_string()])
        .env("WEBHOOK_SECRET", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = python else { return };
    let mut receiver = Receiver(child);
    until("it listens", || TcpStream::connect(free).is_ok());
    let door = open();
    let url = format!("http://{free}/");
    for (name, secret) in [("right", SECRET), ("wrong", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        let body = json!({ "name": name, "url": url, "secret": secret });
        let made = door.post("/v1/acme/webhooks", "application/json", body.to_string());
        assert_eq!(made.status, 201, "{made:?}");
    }
    let position = receive(&door, "k1", 3);
    let mut lines = BufReader::new(receiver.0.stdout.take().unwrap()).lines();
    let told: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(told["data"]["position"], position);
    until("both were tried", || !deliveries(&door, "wrong").is_empty());
    assert_eq!(deliveries(&door, "wrong").last().unwrap()["status"], 401);
    assert_eq!(deliveries(&door, "right")[0]["result"], "delivered");
    // The same again is known by its id.
    let id = deliveries(&door, "right")[0]["id"].clone();
    let again = json!({ "id": id }).to_string();
    door.post("/v1/acme/webhooks/right/replay", "application/json", again);
    until("it was told again", || deliveries(&door, "right").len() == 2);
    let next = receive(&door, "k2", 1);
    let told: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(told["data"]["position"], next);
}
