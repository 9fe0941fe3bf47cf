//! The client: batching, retries under the same key, feeds that go on over a break.

use std::time::Duration;

use onhand_client::{Client, Error, Ledger, Settings, proto};
use onhand_proto::v1::command::Command;

use super::{Caller, commit, envelope, item, receive};
use crate::door::Door;

fn ledger(caller: &Caller) -> Ledger {
    caller.wait(async {
        Client::connect(&format!("http://{}", caller.door.address)).unwrap().ledger("acme")
    })
}

#[test]
fn commands_of_many_callers_travel_together() {
    let caller = Caller::stocked();
    let shop = ledger(&caller);
    caller.wait(async {
        let book = |it: u32| {
            let shop = shop.clone();
            async move { shop.receive_stock(format!("k{it}"), receive(1)).await.unwrap().position }
        };
        let callers: Vec<_> = (0..500).map(|it| tokio::spawn(book(it))).collect();
        let mut positions = Vec::new();
        for it in callers {
            positions.push(it.await.unwrap());
        }
        positions.sort_unstable();
        assert_eq!(positions, (5..505).collect::<Vec<u64>>());
    });
    let text = caller.door.text("/metrics");
    let calls =
        text.lines().find(|it| it.contains("grpc_calls_total{call=\"onhand.v1.Commands/Submit\""));
    let calls: u64 = calls.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(calls < 250, "{calls} calls for 500 commands");
    let shown = caller.wait(shop.availability("eu", &["W"], 504)).unwrap();
    assert_eq!(shown[0].published, 510);
}

#[test]
fn refusals_are_typed() {
    let caller = Caller::stocked();
    let shop = ledger(&caller);
    let refused = caller.wait(shop.commit_order("k1", commit("SO-1", 11))).unwrap_err();
    let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (refusal.code.as_str(), &refusal.facts["lines"][0]["available"]),
        ("insufficient_stock", &10.into())
    );
    let order = Command::CommitOrder(commit("SO-1", 99));
    let order = proto::Command { envelope: envelope("k3"), command: Some(order) };
    let both = vec![item("k2", 1), order];
    let each = caller.wait(shop.dry_run(both.clone())).unwrap();
    assert!(each[0].is_ok() && each[1].is_err());
    let atomic = caller.wait(shop.submit_atomic(both.clone())).unwrap_err();
    assert!(matches!(&atomic, Error::Refused(it) if it.code == "insufficient_stock"), "{atomic:?}");
    let told = caller.wait(shop.submit(both));
    assert_eq!(told[0].as_ref().unwrap().position, 5);
    assert!(matches!(&told[1], Err(Error::Refused(_))));
}

#[test]
fn a_server_that_is_away_is_waited_for_and_books_once() {
    let caller = Caller::stocked();
    let address = caller.door.address;
    let (runtime, door) = (&caller.runtime, caller.door);
    let shop = runtime
        .block_on(async { Client::connect(&format!("http://{address}")).unwrap().ledger("acme") });
    let mut feed = shop.movements("");
    assert_eq!(runtime.block_on(feed.next()).unwrap().unwrap().quantity, 10);
    let (directory, mut config) = (door.directory.clone(), door.config.clone());
    drop(door);
    let asking = runtime.spawn(async move { shop.receive_stock("k1", receive(7)).await });
    config.http_listen = address;
    let door = Door::start(directory, config);
    assert_eq!(runtime.block_on(asking).unwrap().unwrap().position, 5);
    assert_eq!(runtime.block_on(feed.next()).unwrap().unwrap().quantity, 7);
    assert_eq!(door.stock(5)["on_hand"], 17);
}

#[test]
fn patience_ends() {
    let caller = Caller::stocked();
    let shop = caller.wait(async {
        let patience = Duration::from_millis(100);
        let settings = Settings { patience, ..Settings::default() };
        Client::connect_with("http://127.0.0.1:1", settings).unwrap().ledger("acme")
    });
    let told = caller.wait(shop.receive_stock("k1", receive(1))).unwrap_err();
    assert!(matches!(told, Error::OutcomeUnknown { .. }), "{told:?}");
    assert!(matches!(Client::connect("not an address"), Err(Error::Address { .. })));
}

#[test]
fn batches_are_no_larger_than_the_server_takes() {
    let caller = Caller::of(Door::open_with(|it| it.grpc_message_bytes_max = 4_096).stocked());
    let shop = caller.wait(async {
        let settings = Settings { batch_bytes_max: 4_000, ..Settings::default() };
        let address = format!("http://{}", caller.door.address);
        Client::connect_with(&address, settings).unwrap().ledger("acme")
    });
    let commands = (0..500).map(|it| item(&format!("k{it}"), 1)).collect();
    let told = caller.wait(shop.submit(commands));
    assert_eq!(told.last().unwrap().as_ref().unwrap().position, 504);
    caller.wait(async {
        let book = |it: u32| {
            let shop = shop.clone();
            async move { shop.receive_stock(format!("got{it}"), receive(1)).await.unwrap() }
        };
        let callers: Vec<_> = (0..500).map(|it| tokio::spawn(book(it))).collect();
        for it in callers {
            it.await.unwrap();
        }
    });
}
