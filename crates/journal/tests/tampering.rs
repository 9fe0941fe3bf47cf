//! A real server whose stream is deleted, changed or damaged behind our back.

#![allow(clippy::unwrap_used)]

mod common;

use common::client::Told;
use common::real::{client, open_refused, with_ten_bodies};
use common::{Nats, identity};
use onhand_journal::{Bytes, Fault, Identity, jetstream};
use std::path::PathBuf;
use uuid::Uuid;

/// One request to the JetStream API, as an operator would make it.
fn operate(nats: &Nats, verb: &str, body: serde_json::Value) -> serde_json::Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(&nats.config.url).await.unwrap();
        let payload = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = client.request(format!("$JS.API.{verb}"), payload).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    })
}

/// A fault with its cause.
fn said(fault: &Fault) -> String {
    let cause = std::error::Error::source(fault).map(|cause| cause.to_string());
    format!("{fault} {}", cause.unwrap_or_default())
}

#[test]
fn a_deleted_stream_is_missing_and_never_made_again() {
    let (nats, mut client) = with_ten_bodies();
    operate(&nats, "STREAM.DELETE.ONHAND_J_000", serde_json::Value::Null);
    let fault = client.append(11).unwrap_err();
    assert!(matches!(fault, Fault::Missing(_)), "{fault:?}");
    assert_eq!(client.told[&11], Told::NotStored);
    let fault = open_refused(&nats);
    assert!(fault.to_string().contains("ONHAND_J_000 does not exist"), "{fault}");
    assert!(matches!(open_refused(&nats), Fault::Missing(_)));
}

#[test]
fn a_stream_made_anew_halts() {
    let (nats, mut client) = with_ten_bodies();
    operate(&nats, "STREAM.DELETE.ONHAND_J_000", serde_json::Value::Null);
    jetstream::create(&nats.config, &identity(), 1, 77).unwrap();
    let fault = client.append(11).unwrap_err();
    assert!(said(&fault).contains("the journal now ends at 1"), "{}", said(&fault));
    let fault = client.append(12).unwrap_err();
    assert!(said(&fault).contains("the journal lost it"), "{}", said(&fault));
    // Even long enough, it is another chain.
    let mut other = self::client(&nats, "b");
    (20..40).for_each(|number| other.append(number).unwrap());
    let fault = client.append(13).unwrap_err();
    assert!(matches!(fault, Fault::Halted(_)), "{fault:?}");
}

#[test]
fn the_stream_of_another_installation_is_refused() {
    let (nats, _) = with_ten_bodies();
    let stranger = Identity { installation: Uuid::from_u128(1), shard: 0 };
    let fault = jetstream::open(&nats.config, &stranger).err().unwrap();
    assert!(fault.to_string().contains("onhand.installation: expected"), "{fault}");
}

#[test]
fn a_changed_configuration_is_refused() {
    let (nats, _) = with_ten_bodies();
    let watch = jetstream::open(&nats.config, &identity()).unwrap().watch().unwrap();
    watch.check().unwrap();
    let info = operate(&nats, "STREAM.INFO.ONHAND_J_000", serde_json::Value::Null);
    let mut config = info["config"].clone();
    config["max_age"] = serde_json::json!(3_600_000_000_000_u64);
    operate(&nats, "STREAM.UPDATE.ONHAND_J_000", config);
    let fault = open_refused(&nats);
    assert!(
        fault.to_string().contains("max_age: expected nothing, found 3600000000000"),
        "{fault}"
    );
    assert!(matches!(watch.check(), Err(Fault::Gate(_))));
}

/// The first file the server keeps messages of shard 0 in.
fn messages_file(nats: &Nats) -> PathBuf {
    let server = nats.server.lock().unwrap();
    server.directory().join("store/jetstream/$G/streams/ONHAND_J_000/msgs/1.blk")
}

/// Changes the stored messages while the server is down, then says what a restarted client meets.
fn tampered(change: impl Fn(&mut Vec<u8>)) -> String {
    let (nats, mut client) = with_ten_bodies();
    client.crash();
    nats.server.lock().unwrap().kill();
    let path = messages_file(&nats);
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    nats.server.lock().unwrap().restart();
    let fault = client.append(11).expect_err("a halt");
    assert!(matches!(fault, Fault::Halted(_)), "{fault:?}");
    assert_eq!(client.told[&11], Told::NotStored);
    said(&fault)
}

#[test]
fn a_tail_the_server_lost_halts() {
    for lost in [1, 700] {
        let said = tampered(|bytes| bytes.truncate(bytes.len() - lost));
        assert!(said.contains("found nothing: the journal lost it"), "{said}");
    }
}

#[test]
fn a_bit_that_flipped_on_disk_halts() {
    let said = tampered(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
    assert!(said.starts_with("halted: "), "{said}");
}
