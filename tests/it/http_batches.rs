//! Many commands in one body: each for itself, or all or none.

use serde_json::{Value, json};

use crate::door::{Door, Reply};

fn sell(id: &str, quantity: u64) -> String {
    format!(
        r#"{{"command":"commit_order","id":"{id}","order":"{id}","lines":[{{"sku":"W","quantity":{quantity},"location":"A"}}]}}"#
    )
}

fn lines(door: &Door, query: &str, body: &str) -> Reply {
    door.post(&format!("/v1/acme/commands{query}"), "application/x-ndjson", body)
}

/// Status and code of every result.
fn told(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let one = |it: &Value| match it["problem"]["code"].as_str() {
        Some(code) => format!("{} {code}", it["status"]),
        None => it["status"].to_string(),
    };
    reply.body["results"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn results_come_in_the_order_of_the_items() {
    let door = Door::open().stocked();
    let body = [sell("1", 4), sell("2", 7), sell("3", 6), sell("1", 4)].join("\n");
    let reply = lines(&door, "", &body);
    assert_eq!(told(&reply), ["201", "409 insufficient_stock", "201", "200"]);
    assert_eq!(reply.body["results"][3]["replayed"], json!(true));
    assert_eq!(reply.body["results"][3]["position"], reply.body["results"][0]["position"]);
    let array = format!("[{},{}]", sell("4", 1), sell("1", 4));
    let reply = door.post("/v1/acme/commands", "application/json", &array);
    assert_eq!(told(&reply), ["409 insufficient_stock", "200"]);
    assert_eq!(reply.body["results"][1]["entry"]["position"], json!(5));
    let brief = lines(&door, "?entries=false", &sell("1", 4));
    assert_eq!(brief.body["results"][0].get("entry"), None);
}

#[test]
fn a_cut_off_line_is_refused_by_itself_and_a_cut_off_array_as_a_whole() {
    let door = Door::open().stocked();
    let cut = sell("2", 1);
    let reply = lines(&door, "", &format!("{}\n{}", sell("1", 1), &cut[..40]));
    assert_eq!(told(&reply), ["201", "400 not_json"]);
    assert_eq!(reply.body["results"][1]["problem"]["line"], json!(2));

    let reply = door.post(
        "/v1/acme/commands",
        "application/json",
        format!("[{},{}", sell("3", 1), &cut[..40]),
    );
    assert_eq!((reply.status, reply.code()), (400, "not_json"));
    assert_eq!(door.stock(5)["committed"], json!(1));
}

#[test]
fn an_atomic_batch_is_booked_whole_or_not_at_all() {
    let door = Door::open().stocked();
    let reply =
        lines(&door, "?atomic=true", &[sell("1", 4), sell("2", 7), sell("3", 1)].join("\n"));
    assert_eq!(told(&reply), ["409 batch_refused", "409 insufficient_stock", "409 batch_refused"]);
    assert_eq!(reply.body["results"][0]["problem"]["index"], json!(1));

    let unread = lines(&door, "?atomic=true", &format!("{}\n{{\"x\":1}}", sell("1", 4)));
    assert_eq!((unread.status, unread.code()), (400, "batch_invalid"));
    assert_eq!(unread.body["invalid"][0]["index"], json!(1));
    assert_eq!(door.stock(4)["committed"], json!(0));

    let reply = lines(&door, "?atomic=true", &[sell("1", 4), sell("2", 6)].join("\n"));
    assert_eq!(told(&reply), ["201", "201"]);
    assert_eq!(reply.body["results"][0]["height"], reply.body["results"][1]["height"]);
}

#[test]
fn a_dry_run_of_a_batch_books_nothing() {
    let door = Door::open().stocked();
    let body = [sell("1", 8), sell("2", 8)].join("\n");
    let reply = lines(&door, "?dry_run=true", &body);
    assert_eq!(told(&reply), ["200", "409 insufficient_stock"]);
    assert_eq!(told(&lines(&door, "", &body)), ["201", "409 insufficient_stock"]);
}

#[test]
fn a_batch_has_its_bounds() {
    let door = Door::open();
    assert_eq!(lines(&door, "", "").code(), "empty_batch");
    assert_eq!(lines(&door, "", &"{}\n".repeat(10_001)).code(), "too_many_commands");
    assert_eq!(lines(&door, "?atmic=true", "{}").code(), "unknown_field");
}
