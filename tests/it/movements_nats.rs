//! The movements on JetStream: equal to the feed over HTTP, whatever happens to servers and stream.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream;
use onhand_journal::testing::NatsServer;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::door::Door;
use crate::movements::feed;

const STREAM: &str = "ONHAND_FEED_000";
/// Kills of the NATS server in a row.
const KILLS: usize = 20;

/// A message as it lies in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    sequence: u64,
    subject: String,
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
}

/// Whoever reads the stream.
struct Reader {
    runtime: Runtime,
    context: jetstream::Context,
}

impl Reader {
    fn connect(nats: &NatsServer) -> Reader {
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(async_nats::connect(nats.url())).unwrap();
        let inside = runtime.enter();
        let context = jetstream::new(client);
        drop(inside);
        Reader { runtime, context }
    }

    /// The sequence of the last message; 0 if there is none, or no stream.
    fn last(&self) -> u64 {
        self.runtime.block_on(async {
            match self.context.get_stream(STREAM).await {
                Ok(mut stream) => stream.info().await.map_or(0, |it| it.state.last_sequence),
                Err(_) => 0,
            }
        })
    }

    fn wait_for(&self, last: u64) {
        let begun = Instant::now();
        while self.last() < last {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {last}", self.last());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn delete(&self) {
        self.runtime.block_on(self.context.delete_stream(STREAM)).unwrap();
    }

    /// Lets every message grow too old.
    fn expire(&self) {
        let shortly = Duration::from_millis(100);
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.unwrap();
            let config = jetstream::stream::Config {
                max_age: shortly,
                duplicate_window: shortly,
                ..stream.cached_info().config.clone()
            };
            self.context.update_stream(config).await.unwrap();
        });
        until("messages are kept", || self.kept() == 0);
    }

    fn kept(&self) -> u64 {
        self.runtime.block_on(async {
            let mut stream = self.context.get_stream(STREAM).await.unwrap();
            stream.info().await.unwrap().state.messages
        })
    }

    /// Puts a message into the stream that no server of ours wrote.
    fn disturb(&self) {
        self.runtime.block_on(async {
            let subject = "onhand.feed.000.acme.of.somebody.else";
            let ack = self.context.publish(subject, "{}".into()).await.unwrap();
            ack.await.unwrap();
        });
    }

    fn max_age(&self) -> Duration {
        let stream = self.runtime.block_on(self.context.get_stream(STREAM)).unwrap();
        stream.cached_info().config.max_age
    }

    fn all(&self) -> Vec<Stored> {
        self.from(1)
    }

    fn from(&self, first: u64) -> Vec<Stored> {
        let last = self.last();
        self.runtime.block_on(async {
            let stream = self.context.get_stream(STREAM).await.unwrap();
            let mut all = Vec::new();
            for sequence in first..=last {
                let message = stream.get_raw_message(sequence).await.unwrap();
                let headers = message.headers.iter().map(|(name, values)| {
                    (name.to_string(), values.iter().map(|it| it.as_str()).collect())
                });
                let mut headers: Vec<(String, String)> = headers.collect();
                headers.sort();
                let (subject, payload) = (message.subject.to_string(), message.payload.to_vec());
                all.push(Stored { sequence, subject, headers, payload });
            }
            all
        })
    }
}

fn nats() -> (tempfile::TempDir, NatsServer) {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start(false, directory.path());
    (directory, nats)
}

fn published(nats: &NatsServer) -> Door {
    Door::open_with(|it| it.nats_url = nats.url()).stocked()
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What `/readyz` says of publishing: why it stopped, or nothing.
fn why_stopped(door: &Door) -> String {
    let ready = door.get("/readyz");
    assert_eq!(ready.status, 200);
    ready.body["movements"]["reason"].as_str().unwrap_or_default().to_owned()
}

/// Books `count` orders of a batch and of their shipping.
fn trade(door: &Door, from: u64, count: u64) {
    let mut lines = String::new();
    for number in from..from + count {
        let received = json!({"command": "receive_stock", "id": format!("r{number}"), "location": "A",
            "lines": [{"sku": "W", "quantity": 1}]});
        let sold = json!({"command": "commit_order", "id": format!("o{number}"),
            "order": format!("O{number}"), "channel": "eu", "lines": [{"sku": "W", "quantity": 1}]});
        let shipped = json!({"command": "ship_order", "id": format!("ship-{number}"), "order": format!("O{number}")});
        lines += &format!("{received}\n{sold}\n{shipped}\n");
    }
    let path = "/v1/acme/commands?entries=false";
    let reply = door.post(path, "application/x-ndjson", &lines);
    let results = reply.body["results"].as_array().unwrap();
    let refused = results.iter().find(|it| it["status"] != 201);
    assert_eq!(refused, None);
    // What was answered is to be in the feed.
    door.stock(results.last().unwrap()["position"].as_u64().unwrap());
}

/// The stream holds exactly the feed, each event once and in order.
#[track_caller]
fn assert_equal(door: &Door, reader: &Reader) -> Vec<Stored> {
    let feed = feed(door, "", 1_000);
    reader.wait_for(feed.len() as u64);
    let stored = reader.all();
    assert_eq!(stored.len(), feed.len());
    for (message, event) in stored.iter().zip(feed) {
        let told: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(told, event, "message {}", message.sequence);
        let kind = event["data"]["kind"].as_str().unwrap();
        assert!(
            message.subject.starts_with(&format!("onhand.feed.000.acme.{kind}.")),
            "{message:?}"
        );
    }
    stored
}

#[test]
fn a_stream_that_was_deleted_is_made_anew_and_is_equal() {
    let (_directory, nats) = nats();
    let door = published(&nats);
    door.book("register_item", "i2", r#"{"sku":"茶 *.>","aliases":["tea"]}"#);
    let body = r#"{"location":"A","lines":[{"sku":"茶 *.>","quantity":5}]}"#;
    door.book("receive_stock", "r-tea", body);
    trade(&door, 0, 40);
    let reader = Reader::connect(&nats);
    let before = assert_equal(&door, &reader);
    assert_eq!(before.len(), 162);
    let tea = before.iter().find(|it| it.subject.contains("=E8=8C=B6=20=2A=2E=3E")).unwrap();
    assert!(tea.headers.contains(&("Content-Type".into(), "application/cloudevents+json".into())));
    assert!(before.last().unwrap().subject.ends_with(".order_shipped.W.eu"));
    // Idle, and the server runs.
    reader.delete();
    assert_eq!(assert_equal(&door, &reader), before);
    // While it is being written, and over a restart.
    reader.delete();
    trade(&door, 40, 40);
    let mut door = door.restart();
    trade(&door, 80, 40);
    let after = assert_equal(&door, &reader);
    assert_eq!(after[..before.len()], before);
    // Kept for a week from now on: the same stream.
    assert_eq!(reader.max_age(), Duration::ZERO);
    door.config.feed_movements_days = 7;
    let door = door.restart();
    trade(&door, 120, 1);
    assert_eq!(assert_equal(&door, &reader)[..after.len()], after);
    assert_eq!(reader.max_age(), Duration::from_secs(7 * 24 * 60 * 60));
}

#[test]
fn a_stream_whose_messages_grew_too_old_goes_on_behind_them() {
    let (_directory, nats) = nats();
    let mut door = published(&nats);
    trade(&door, 0, 30);
    let reader = Reader::connect(&nats);
    let before = assert_equal(&door, &reader).len();
    // Nobody takes out some of them.
    reader.runtime.block_on(async {
        let stream = reader.context.get_stream(STREAM).await.unwrap();
        assert!(stream.purge().await.is_err() && stream.delete_message(1).await.is_err());
    });
    door.stop();
    reader.expire();
    let door = Door::start(door.directory.clone(), door.config.clone());
    trade(&door, 30, 10);
    let feed = feed(&door, "", 1_000);
    reader.wait_for(feed.len() as u64);
    let stored = reader.from(before as u64 + 1);
    let told = stored.iter().map(|it| serde_json::from_slice::<Value>(&it.payload).unwrap());
    assert_eq!(told.collect::<Vec<_>>(), feed[before..]);
}

#[test]
fn a_foreign_message_stops_publishing_and_never_takes_the_place_of_an_event() {
    let (_directory, nats) = nats();
    let mut door = published(&nats);
    trade(&door, 0, 5);
    let reader = Reader::connect(&nats);
    let foreign = assert_equal(&door, &reader).len() as u64 + 1;
    reader.disturb();
    trade(&door, 5, 5);
    let why = format!("has a message at {foreign} that this shard did not publish");
    until("publishing goes on", || why_stopped(&door).contains(&why));
    // Not even once it is too old to be kept.
    door.stop();
    reader.expire();
    let door = Door::start(door.directory.clone(), door.config.clone());
    until("publishing goes on", || why_stopped(&door).contains(&why));
    // What was under way behind it may have been stored.
    assert!(reader.last() >= foreign && reader.kept() == 0);
    reader.delete();
    assert_equal(&door, &reader);
    assert_eq!(why_stopped(&door), "");
}

#[test]
fn a_stream_of_somebody_else_is_left_alone() {
    let (_directory, nats) = nats();
    let reader = Reader::connect(&nats);
    let theirs = jetstream::stream::Config {
        name: STREAM.to_owned(),
        subjects: vec!["theirs.>".to_owned()],
        ..Default::default()
    };
    reader.runtime.block_on(reader.context.create_stream(theirs)).unwrap();
    let door = published(&nats);
    trade(&door, 0, 10);
    // It was tried, told, and tried again: bookings go on without it.
    assert_eq!((reader.last(), feed(&door, "", 1_000).len()), (0, 41));
    reader.delete();
    assert_equal(&door, &reader);
}

#[test]
fn a_nats_server_killed_again_and_again_leaves_no_gap_and_nothing_twice() {
    let (_directory, mut nats) = nats();
    let mut door = published(&nats);
    let reader = Reader::connect(&nats);
    reader.wait_for(1);
    let (stopping, traded) = (AtomicBool::new(false), AtomicU64::new(0));
    for part in 0..2 {
        stopping.store(false, Ordering::SeqCst);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stopping.load(Ordering::SeqCst) {
                    trade(&door, traded.fetch_add(5, Ordering::SeqCst), 5);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            for kill in 0..KILLS / 2 {
                let before = reader.last();
                reader.wait_for(before + 1 + (kill as u64 * 7) % 40);
                nats.restart();
            }
            stopping.store(true, Ordering::SeqCst);
        });
        if part == 0 {
            door = door.restart();
        }
    }
    let stored = assert_equal(&door, &reader);
    assert!(stored.len() > 20 * KILLS, "{}", stored.len());
}
