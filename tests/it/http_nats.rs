//! A server on a NATS journal whose server goes away: red while it is gone, and nothing twice after.

use std::time::{Duration, Instant};

use onhand_journal::testing::NatsServer;
use onhand_server::config::JournalKind;
use serde_json::json;

use crate::door::Door;

fn wait_for_readiness(door: &Door, status: u16) {
    let begun = Instant::now();
    while door.get("/readyz").status != status {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", door.get("/readyz"));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn readiness_is_red_while_the_journal_is_away_and_a_retry_books_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut nats = NatsServer::start(true, directory.path());
    let door = Door::open_with(|it| {
        it.journal_kind = JournalKind::Jetstream;
        it.journal_url = nats.url();
        it.journal_monitor_url = nats.monitor_url();
    })
    .stocked();
    wait_for_readiness(&door, 200);
    nats.kill();
    let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| door.command("receive_stock", "k1", body));
        wait_for_readiness(&door, 503);
        nats.restart();
        let first = asking.join().unwrap();
        assert!(matches!(first.status, 201 | 503), "{first:?}");
    });
    wait_for_readiness(&door, 200);
    let again = door.command("receive_stock", "k1", body);
    assert!(matches!(again.status, 200 | 201), "{again:?}");
    assert_eq!(again.position(), 5);
    assert_eq!(door.stock(5)["on_hand"], json!(11));
}
