//! The inbox through the door: what a supplier's file differs in, decided about and undone.

use std::process::Command;

use serde_json::{Value, json};

use crate::binary::onhand;
use crate::door::Door;

/// Items of the supplier acme at its location S, which the channel `sup` sells, with ten units each.
fn supplied() -> Door {
    let door = Door::open();
    for sku in ["J", "B", "C"] {
        door.book("register_item", &format!("i{sku}"), &json!({ "sku": sku }).to_string());
    }
    door.book("set_supplier", "s1", r#"{"supplier":"acme"}"#);
    door.book("register_location", "s2", r#"{"location":"S","kind":"supplier","supplier":"acme"}"#);
    door.book("register_channel", "s3", r#"{"channel":"sup","locations":["S"]}"#);
    door.book("set_feed", "s4", r#"{"feed":"f","supplier":"acme","location":"S"}"#);
    let lines: Vec<Value> =
        ["J", "B", "C"].map(|it| json!({"supplier_sku": format!("{it}-1"), "sku": it})).into();
    let body = json!({"supplier": "acme", "lines": lines});
    door.book("map_supplier_sku", "s5", &body.to_string());
    let lines: Vec<Value> = ["J", "B", "C"].map(|it| json!({"sku": it, "quantity": 10})).into();
    let body = json!({"location": "S", "lines": lines});
    door.book("receive_stock", "s6", &body.to_string());
    door
}

/// The position of the last entry of what an uploaded file came to.
fn upload(door: &Door, name: &str, file: &str) -> u64 {
    let path = format!("/v1/acme/feeds/f/snapshots?snapshot={name}");
    let reply = door.post(&path, "application/octet-stream", file.as_bytes());
    assert_eq!(reply.status, 201, "{reply:?}");
    let last = reply.body["positions"].as_array().and_then(|it| it.last()).cloned();
    last.and_then(|it| it.as_u64()).unwrap()
}

#[track_caller]
fn get(door: &Door, position: u64, path: &str) -> Value {
    let sign = if path.contains('?') { '&' } else { '?' };
    let reply = door.get(&format!("/v1/acme/{path}{sign}min_position={position}&wait_ms=10000"));
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.body
}

fn told(body: &Value) -> Vec<String> {
    let row = |it: &Value| {
        let item = if it["sku"].is_null() { &it["supplier_sku"] } else { &it["sku"] };
        let (item, state) = (item.as_str().unwrap(), it["state"].as_str().unwrap());
        format!("{item} {} {} {state}", it["theirs"], it["ours"])
    };
    body["rows"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn differences_of_a_file_are_in_the_inbox_and_can_be_settled_and_undone() {
    let door = supplied();
    let last = upload(&door, "one", "supplier_sku,quantity\nJ-1,7\nB-1,10\nC-1,3\nX-9,5\n");
    let inbox = get(&door, last, "discrepancies?order=largest");
    assert_eq!(told(&inbox), ["C 3 10 open", "X-9 5 0 open", "J 7 10 open"], "{inbox}");
    assert_eq!(told(&get(&door, last, "discrepancies?sku=C")), ["C 3 10 open"]);
    assert_eq!(told(&get(&door, last, "discrepancies?larger_than=5")), ["C 3 10 open"]);
    let published = |position| {
        let path = "availability?channel=sup&sku=C";
        get(&door, position, path)["rows"][0]["published"].as_i64().unwrap()
    };
    // What is doubted is not sold.
    assert_eq!(published(last), 3);

    let number = inbox["rows"][0]["number"].as_u64().unwrap();
    let one = get(&door, last, &format!("discrepancies/{number}"));
    let accepting = &one["accepting"];
    let figures = ["counted", "change", "sellable", "sellable_after"].map(|it| &accepting[it]);
    assert_eq!(figures, [&json!(3), &json!(-7), &json!(10), &json!(3)], "{one}");
    assert_eq!(one["history"][0]["step"], "opened");

    let body = json!({"action": "accept_theirs", "numbers": [number],
        "reason": {"code": "shrinkage"}});
    let nobody = door.command("settle_discrepancy", "d0", &body.to_string());
    assert_eq!((nobody.status, &nobody.body["field"]), (422, &"actor".into()), "{nobody:?}");
    let mut body = body;
    body["actor"] = json!("ann");
    let settled = door.book("settle_discrepancy", "d1", &body.to_string()).position();
    let one = get(&door, settled, &format!("discrepancies/{number}"));
    assert_eq!((&one["state"], &one["accepting"]), (&"accepted".into(), &Value::Null));
    let last = one["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["step"], &last["actor"]), (&"decided".into(), &"ann".into()));
    assert_eq!(published(settled), 3);

    let body = json!({"position": settled, "reason": "incorrect_data"});
    let undone = door.book("reverse_entry", "r1", &body.to_string()).position();
    let one = get(&door, undone, &format!("discrepancies/{number}"));
    let last = one["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&one["state"], &last["step"]), (&"open".into(), &"reopened".into()), "{one}");
}

#[test]
fn what_was_undone_can_be_accepted_again() {
    let door = supplied();
    let last = upload(&door, "one", "supplier_sku,quantity\nJ-1,7\nB-1,10\nC-1,10\n");
    let number = get(&door, last, "discrepancies")["rows"][0]["number"].as_u64().unwrap();
    let sellable =
        |position| get(&door, position, "stock?sku=J")["rows"][0]["sellable"].as_i64().unwrap();
    let accept = |id: &str| {
        let body = json!({"action": "accept_theirs", "numbers": [number], "actor": "ann",
            "reason": {"code": "shrinkage"}});
        door.book("settle_discrepancy", id, &body.to_string()).position()
    };
    let settled = accept("d1");
    assert_eq!(sellable(settled), 7);
    let body = json!({"position": settled, "reason": "incorrect_data"});
    let undone = door.book("reverse_entry", "r1", &body.to_string()).position();
    assert_eq!(sellable(undone), 10);
    assert_eq!(sellable(accept("d2")), 7);
}

#[test]
fn bad_questions_to_the_inbox_are_told_what_is_wrong() {
    let door = supplied();
    let said = |path: &str| {
        let reply = door.get(&format!("/v1/acme/{path}"));
        format!("{} {}", reply.status, reply.body["detail"].as_str().unwrap())
    };
    assert!(said("discrepancies?kind=loss").starts_with("400 kind must be first_seen, in_flight"));
    assert!(said("discrepancies?state=done").starts_with("400 state must be open, disputed"));
    assert_eq!(said("discrepancies?order=oldest"), "400 order must be newest or largest");
    assert_eq!(said("discrepancies?feed=g"), "404 no feed has this name");
    assert_eq!(said("discrepancies?supplier=x"), "404 no supplier has this name");
    assert_eq!(said("discrepancies?after=9"), "404 no discrepancy has this number");
    assert_eq!(said("discrepancies/9"), "404 no discrepancy has this number");
    assert!(said("discrepancies/first").starts_with("400 number must be a whole number"));
    assert_eq!(said("discrepancies?larger=5"), "400 larger is no parameter of this address");
}

/// What the command line prints.
fn cli(door: &Door, args: &[&str]) -> String {
    let output = Command::new(onhand()).args(args).args(["--server", &door.url("")]).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_line_previews_and_settles_in_bulk() {
    let door = supplied();
    let last = upload(&door, "one", "supplier_sku,quantity\nJ-1,7\nB-1,10\nC-1,3\n");
    get(&door, last, "discrepancies");
    let shown = cli(&door, &["inbox", "--order", "largest"]);
    assert!(shown.contains("C") && shown.contains("open"), "{shown}");
    let settle = [
        "settle",
        "--feed",
        "f",
        "--action",
        "accept_theirs",
        "--reason",
        "shrinkage",
        "--actor",
        "ann",
    ];
    let preview = cli(&door, &[&settle[..], &["--dry-run"]].concat());
    assert!(preview.contains("sellable stock would change by -10"), "{preview}");
    assert!(preview.contains("Nothing was booked."), "{preview}");
    assert!(cli(&door, &settle).contains("2 differences: accept_theirs."));
    let position = door.get("/v1/ledgers").body["ledgers"][0]["position"].as_u64().unwrap();
    assert_eq!(told(&get(&door, position, "discrepancies")), [""; 0]);
    let stock = get(&door, position, "stock/C");
    assert_eq!(stock["rows"][0]["on_hand"], 3);
    assert_eq!(stock["rows"][0]["freshness"]["feed"], "f");
    // Nothing is chosen by nothing.
    let nothing = Command::new(onhand())
        .args(["settle", "--action", "dispute", "--reason", "correction", "--actor", "ann"])
        .output();
    assert_eq!(nothing.unwrap().status.code(), Some(2));
}
