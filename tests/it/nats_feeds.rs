//! What channels are told, on JetStream: the stream is what the question tells, whatever became of
//! the NATS server meanwhile.

use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::availability_feed::{Numbers, asked, book_all, receive, shop, take};
use crate::nats_caller::{Caller, NatsDoor};

const BOTH: [&str; 2] = ["eu", "us"];

fn open() -> NatsDoor {
    NatsDoor::open_with(|it| it.nats_commands = false)
}

/// All last messages of a stream, as a newcomer loads them: until none is pending.
fn load(caller: &Caller, stream: &str) -> Option<Vec<Value>> {
    caller.runtime.block_on(async {
        let context = async_nats::jetstream::new(caller.client.clone());
        let stream = context.get_stream(stream).await.ok()?;
        let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..Default::default() };
        let consumer = stream.create_consumer(config).await.ok()?;
        let mut pending = consumer.cached_info().num_pending;
        let (mut events, mut messages) = (Vec::new(), consumer.messages().await.ok()?);
        while pending > 0 {
            let next = tokio::time::timeout(Duration::from_secs(5), messages.next()).await.ok()?;
            let message = next?.ok()?;
            pending = message.info().ok()?.pending;
            events.push(serde_json::from_slice(&message.payload).unwrap());
        }
        Some(events)
    })
}

/// Until the stream says what the question tells.
fn until_equal(it: &NatsDoor) {
    let begun = Instant::now();
    loop {
        let mut numbers = Numbers::new();
        let events = load(&it.caller, "ONHAND_AVAILABLE");
        events.iter().flatten().for_each(|event| take(&mut numbers, &event["data"]));
        let asked = asked(&it.door, &BOTH);
        if numbers == asked {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "told {numbers:?}\nasked {asked:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_stream_is_the_board_however_often_the_server_dies() {
    let mut it = open();
    it.door = shop(it.door);
    until_equal(&it);
    for round in 0..5 {
        std::thread::scope(|scope| {
            let door = &it.door;
            let booking = scope.spawn(move || {
                for part in 0..10 {
                    let commands = (0..200).map(|it| receive(it % 40, 1));
                    book_all(door, &format!("r{round}-{part}-"), commands);
                }
            });
            it.nats.kill();
            it.nats.restart();
            booking.join().unwrap();
        });
        let rename = format!(r#"{{"sku":"I{round}","to":"N.{round} x"}}"#);
        it.door.book("rename_item", &format!("rename{round}"), &rename);
        until_equal(&it);
    }
    // One subject, one message; odd names are one token each.
    let odd = it.caller.last("ONHAND_AVAILABLE", "onhand.available.acme.eu.N=2E3=20x");
    assert_eq!(odd["data"]["sku"], "N.3 x");
    let old = it.caller.last("ONHAND_AVAILABLE", "onhand.available.acme.eu.I3");
    assert_eq!(
        (&old["data"]["closed"], &old["type"]),
        (&json!(true), &json!("onhand.availability.changed"))
    );
}

#[test]
fn a_restart_publishes_what_differs_and_a_deleted_stream_is_made_anew() {
    let mut it = open();
    it.door = shop(it.door);
    until_equal(&it);
    let before = it.caller.last_sequence("ONHAND_AVAILABLE");
    it.door.stop();
    it.door.config.feed_availability = false;
    let mut door = it.door.restart();
    door.book("rename_item", "n1", r#"{"sku":"I1","to":"J1"}"#);
    book_all(&door, "off-", [receive(2, 5)].into_iter());
    door.stop();
    door.config.feed_availability = true;
    it.door = door.restart();
    until_equal(&it);
    // Two channels each of the name that is given up, of the new one, and of the item that grew.
    assert_eq!(it.caller.last_sequence("ONHAND_AVAILABLE"), before + 6);
    it.caller.delete("ONHAND_AVAILABLE");
    until_equal(&it);
    // Nothing is booked meanwhile: what is missing is noticed all the same.
    it.caller.purge("ONHAND_AVAILABLE", "onhand.available.acme.eu.I3");
    until_equal(&it);
    it.caller.purge("ONHAND_AVAILABLE", ">");
    until_equal(&it);
}

#[test]
fn notices_are_in_their_stream_once_each() {
    let mut it = open();
    it.door = it.door.stocked();
    let order = |number: u32, units: u32| {
        let line = json!({"sku":"W","quantity":units});
        json!({"channel":"eu","order":format!("o{number}"),"lines":[line]}).to_string()
    };
    it.door.book("commit_order", "o0", &order(0, 10));
    let mut expected = 1;
    await_notices(&it, expected);
    for round in 1..4 {
        it.nats.kill();
        let more = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
        it.door.book("receive_stock", &format!("m{round}"), more);
        it.door.book("commit_order", &format!("o{round}"), &order(round, 1));
        it.nats.restart();
        expected += 2;
        await_notices(&it, expected);
        if round == 2 {
            it.door = it.door.restart();
        }
    }
    let events = await_notices(&it, expected);
    let numbers: Vec<u64> =
        events.iter().map(|it| it["data"]["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=expected).collect::<Vec<u64>>());
    let out = it.caller.last("ONHAND_NOTICES", "onhand.notice.acme.out.eu.W");
    assert_eq!((&out["type"], &out["subject"]), (&json!("onhand.stock.out"), &json!("W")));
}

fn await_notices(it: &NatsDoor, count: u64) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let events = load(&it.caller, "ONHAND_NOTICES").unwrap_or_default();
        if events.len() as u64 >= count {
            return events;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{events:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
