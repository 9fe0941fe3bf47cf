//! Stopping: what was acknowledged stays, what was not can be asked again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use onhand_server::running_server;

use crate::door::Door;

#[test]
fn a_stop_loses_nothing_that_was_acknowledged() {
    let mut door = Door::open().stocked();
    let url = door.url("/v1/acme/receive_stock");
    let stopping = AtomicBool::new(false);
    let acknowledged = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|caller| {
                let (url, stopping) = (&url, &stopping);
                scope.spawn(move || receive_until_refused(url, caller, stopping))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        stopping.store(true, Ordering::SeqCst);
        door.stop();
        callers.into_iter().flat_map(|it| it.join().unwrap()).collect::<Vec<String>>()
    });
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    assert_eq!(running_server(&door.config.data_dir), None);
    assert!(!door.config.serving_file().exists());

    let door = door.restart();
    let on_hand = door.stock(0)["on_hand"].as_u64().unwrap();
    assert!(on_hand >= 10 + acknowledged.len() as u64, "{on_hand}, {}", acknowledged.len());
    let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
    for key in &acknowledged {
        assert_eq!(door.command("receive_stock", key, body).header("idempotency-replayed"), "true");
    }
    assert_eq!(running_server(&door.config.data_dir).unwrap().address, door.address);
}

/// The keys that were acknowledged. After the stop has begun anything may be refused, not before.
fn receive_until_refused(url: &str, caller: usize, stopping: &AtomicBool) -> Vec<String> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut keys = Vec::new();
    loop {
        let key = format!("{caller}-{}", keys.len());
        let request = agent.post(url).header("content-type", "application/json");
        let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
        match request.header("idempotency-key", &key).send(body) {
            Ok(reply) if reply.status() == 201 => keys.push(key),
            Ok(_) | Err(_) => {
                assert!(stopping.load(Ordering::SeqCst), "refused before the stop");
                return keys;
            }
        }
    }
}
