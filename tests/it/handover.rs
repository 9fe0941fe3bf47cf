//! Handovers through the door: the list as JSON and CSV, confirmations by command and by file.

use serde_json::{Value, json};

use crate::door::{Door, Reply, reply};

/// A shop that sells from D of supplier S and from A, with three orders that wait for S.
fn supplied(on_shortage: &str) -> Door {
    let door = Door::open().stocked();
    let terms = json!({"supplier": "S", "confirm_within": 60, "on_shortage": on_shortage});
    door.book("set_supplier", "t1", &terms.to_string());
    let place = json!({"location": "D", "kind": "supplier", "supplier": "S"});
    door.book("register_location", "t2", &place.to_string());
    door.book("register_channel", "t3", r#"{"channel":"us","locations":["D","A"]}"#);
    door.book("receive_stock", "t4", r#"{"location":"D","lines":[{"sku":"W","quantity":20}]}"#);
    let map = json!({"supplier": "S", "lines": [{"supplier_sku": "=X-1", "sku": "W"}]});
    door.book("map_supplier_sku", "t5", &map.to_string());
    for (order, units) in [("SO-1", 4), ("@SO-2", 3), ("SO-3", 2)] {
        let order =
            json!({"order": order, "channel": "us", "lines": [{"sku": "W", "quantity": units}]});
        door.book("commit_order", &format!("o{units}"), &order.to_string());
    }
    door
}

fn hand_over(door: &Door, name: &str) -> u64 {
    let body = json!({"supplier": "S", "handover": name}).to_string();
    door.book("hand_over_orders", name, &body).position()
}

#[track_caller]
fn get(door: &Door, position: u64, path: &str) -> Value {
    let sign = if path.contains('?') { '&' } else { '?' };
    let path = format!("/v1/acme/suppliers/S/{path}{sign}min_position={position}&wait_ms=10000");
    let reply = door.get(&path);
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.body
}

fn send(door: &Door, handover: &str, file: &str) -> Reply {
    let path = format!("/v1/acme/suppliers/S/handovers/{handover}/confirmation");
    door.post(&path, "text/csv", file)
}

#[test]
fn what_waits_and_what_was_handed_over_is_told() {
    let door = supplied("keep");
    let waiting = get(&door, 1, "waiting");
    assert_eq!((&waiting["orders"], &waiting["more"]), (&json!(3), &json!(false)));
    let line = json!({"order": "@SO-2", "ref": "1", "sku": "W", "supplier_sku": "=X-1",
        "location": "D", "quantity": 3});
    assert_eq!(waiting["lines"][0], line);
    assert_eq!(get(&door, 1, "waiting?limit=1")["more"], true);
    let first = hand_over(&door, "2026-01-01/am");
    let last = hand_over(&door, "empty");
    assert_eq!(get(&door, last, "waiting")["lines"], json!([]));
    let all = get(&door, last, "handovers");
    let told: Vec<(&str, &str)> = all["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["handover"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("empty", "empty"), ("2026-01-01/am", "waiting")]);
    assert_eq!(all["rows"][1]["units"], 9);
    assert_eq!(get(&door, last, "handovers?limit=1")["next"], last);
    let rest = get(&door, last, &format!("handovers?after={last}"));
    assert_eq!(rest["rows"][0]["position"], first);
    assert_eq!(get(&door, last, "handovers?state=empty")["rows"].as_array().unwrap().len(), 1);
    let one = get(&door, last, "handovers/2026-01-01%2Fam");
    assert_eq!((&one["late"], &one["handed"][0]), (&json!(false), &line));
}

#[test]
fn the_list_comes_as_csv_without_formulas() {
    let door = supplied("keep");
    let position = hand_over(&door, "am");
    get(&door, position, "handovers/am");
    let path = "/v1/acme/suppliers/S/handovers/am";
    let list = "quantity,supplier_sku,sku,order,ref,location,short\r\n\
                3,'=X-1,W,'@SO-2,1,D,\r\n4,'=X-1,W,SO-1,1,D,\r\n2,'=X-1,W,SO-3,1,D,\r\n";
    assert_eq!(door.text(&format!("{path}?format=csv")), list);
    let accepted = |kind: &str| reply(ureq::get(door.url(path)).header("accept", kind).call());
    let csv = accepted("text/csv, application/json;q=0.5");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.body, Value::String(list.to_owned()));
    assert_eq!(accepted("application/json").header("content-type"), "application/json");
    let wrong = door.get(&format!("{path}?format=xml"));
    assert_eq!((wrong.status, wrong.code()), (400, "invalid_field"));
}

#[test]
fn the_list_comes_back_as_the_confirmation() {
    let door = supplied("reroute");
    let position = hand_over(&door, "am");
    get(&door, position, "handovers/am");
    let list = door.text("/v1/acme/suppliers/S/handovers/am?format=csv");
    let file =
        list.replacen("'@SO-2,1,D,", "'@SO-2,1,D,2", 1).replacen("SO-1,1,D,", "SO-1,1,D,0", 1);
    let booked = send(&door, "am", &file);
    assert_eq!(booked.status, 201, "{booked:?}");
    // The same file again is the same confirmation.
    let again = send(&door, "am", &file);
    assert_eq!((again.status, again.position()), (200, booked.position()));
    let other = send(&door, "am", &file.replacen("D,2", "D,1", 1));
    assert_eq!((other.status, other.code()), (409, "handover_already_confirmed"));
    let told = get(&door, booked.position(), "handovers/am");
    assert_eq!((&told["state"], &told["short"]), (&json!("confirmed"), &json!(2)));
    assert_eq!(told["confirmed"], booked.position());
    let short = &told["shortages"][0];
    assert_eq!((&short["order"], &short["action"]), (&json!("@SO-2"), &json!("reroute")));
    assert_eq!(short["to"][0], json!({"location": "A", "quantity": 2}));
}

#[test]
fn a_file_that_cannot_be_right_is_refused_as_a_whole() {
    let door = supplied("cancel");
    let position = hand_over(&door, "am");
    get(&door, position, "handovers/am");
    for (file, field) in [
        ("order,ref,short\nSO-1,1,1\nSO-1,1,2\n", "line 3, column ref"),
        ("order,ref,short\nSO-1,1,1\nSO-9,1,2\n", "line 3, column ref"),
        ("order,ref,short\nSO-3,1,1\nSO-1,1,5\n", "line 3, column short"),
        ("order,ref,location,short\nSO-1,1,A,1\n", "line 2, column ref"),
        ("order,ref,short\nSO-1,1,lots\n", "line 2, column short"),
        ("order,short\nSO-1,1\n", "line 1, column ref"),
        ("", "line 1"),
    ] {
        let no = send(&door, "am", file);
        assert_eq!((no.status, no.body["field"].as_str()), (400, Some(field)), "{file}: {no:?}");
    }
    let unknown = send(&door, "pm", "order,ref,short\nSO-1,1,1\n");
    assert_eq!(unknown.code(), "unknown_handover");
    let path = "/v1/acme/suppliers/S/handovers/am/confirmation";
    assert_eq!(door.post(path, "text/plain", "order,ref,short\n").status, 415);
    assert_eq!(
        door.post(&format!("{path}?on_shortage=shrug"), "text/csv", "order,ref,short\n").status,
        400
    );
    assert_eq!(get(&door, position, "handovers/am")["state"], "waiting");
    let tried =
        door.post(&format!("{path}?dry_run=true"), "text/csv", "order,ref,short\nSO-1,1,1\n");
    assert_eq!(tried.status, 200, "{tried:?}");
    assert_eq!(get(&door, position, "handovers/am")["state"], "waiting");
}

#[test]
fn how_many_are_confirmed_may_be_said_instead() {
    let door = supplied("keep");
    let position = hand_over(&door, "am");
    get(&door, position, "handovers/am");
    let path = "/v1/acme/suppliers/S/handovers/am/confirmation?on_shortage=cancel&actor=S";
    let file = "order;ref;quantity;confirmed\r\nSO-1;1;4;1\r\nSO-3;1;2;2\r\n";
    let booked = door.post(path, "text/csv", file);
    assert_eq!(booked.status, 201, "{booked:?}");
    let told = get(&door, booked.position(), "handovers/am");
    let short = &told["shortages"][0];
    assert_eq!((&short["order"], &short["short"]), (&json!("SO-1"), &json!(3)));
    assert_eq!(short["action"], "cancel");
    let order = door.get("/v1/acme/orders/SO-1").body;
    assert_eq!(
        (&order["lines"][0]["committed"], &order["lines"][0]["cancelled"]),
        (&json!(1), &json!(3))
    );
}

#[test]
fn a_confirmation_by_command_and_what_is_not_there() {
    let door = supplied("keep");
    let position = hand_over(&door, "am");
    let confirm = json!({"supplier": "S", "handover": "am"}).to_string();
    let booked = door.book("confirm_handover", "c1", &confirm).position();
    assert_eq!(get(&door, booked, "handovers/am")["state"], "confirmed");
    assert!(booked > position);
    for path in ["suppliers/T/waiting", "suppliers/T/handovers", "suppliers/S/handovers/pm"] {
        assert_eq!(door.get(&format!("/v1/acme/{path}")).status, 404, "{path}");
    }
    assert_eq!(door.command("miss_handover", "m1", &confirm).status, 404);
    assert!(door.text("/metrics").contains("onhand_projector_handovers_missed{shard=\"0\"} 0"));
}
