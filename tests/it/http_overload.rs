//! More than the shard takes: told at once to come back, and booked once when it does.

use serde_json::json;

use crate::door::Door;

#[test]
fn a_full_mailbox_answers_at_once_and_retries_book_once() {
    let door = Door::open_with(|it| {
        it.engine_mailbox_batches = 1;
        it.engine_mailbox_commands = 1;
    })
    .stocked();
    let turned_away = std::thread::scope(|scope| {
        let sell = |caller: usize| {
            let mut turned_away = 0;
            for round in 0..10 {
                let key = format!("{caller}-{round}");
                let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
                loop {
                    let reply = door.command("receive_stock", &key, body);
                    if reply.status != 429 {
                        assert!(matches!(reply.status, 200 | 201), "{reply:?}");
                        break;
                    }
                    assert_eq!((reply.code(), reply.header("retry-after")), ("overloaded", "1"));
                    assert_eq!(reply.body["outcome"], json!("not_booked"));
                    turned_away += 1;
                }
            }
            turned_away
        };
        let callers: Vec<_> = (0..16).map(|it| scope.spawn(move || sell(it))).collect();
        callers.into_iter().map(|it| it.join().unwrap()).sum::<u64>()
    });
    assert!(turned_away > 0, "nothing was ever too much");
    assert_eq!(door.stock(4 + 160)["on_hand"], json!(170));
    assert!(
        door.text("/metrics")
            .contains(&format!("onhand_engine_overloaded_total{{shard=\"0\"}} {turned_away}"))
    );
}
