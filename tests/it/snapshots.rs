//! Suppliers' numbers through the door: files of every format, forms, fetches and directories.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::{Process, onhand, run};
use crate::door::{Door, Reply};

macro_rules! sample {
    ($file:literal) => {
        include_bytes!(concat!("../../crates/reconciler/tests/samples/", $file))
    };
}

/// Items J, B and C of the supplier acme, whose feed `f` tells of its location S.
fn supplied(door: Door, feed: &Value) -> Door {
    for sku in ["J", "B", "C"] {
        door.book("register_item", &format!("i{sku}"), &format!(r#"{{"sku":"{sku}"}}"#));
    }
    door.book("set_supplier", "s1", r#"{"supplier":"acme"}"#);
    door.book("register_location", "s2", r#"{"location":"S","kind":"supplier","supplier":"acme"}"#);
    let mut body = json!({
        "feed": "f", "supplier": "acme", "location": "S", "tolerance": { "first": true },
    });
    body.as_object_mut().unwrap().extend(feed.as_object().unwrap().clone());
    door.book("set_feed", "s3", &body.to_string());
    let mapped = door.book(
        "map_supplier_sku",
        "s4",
        r#"{"supplier":"acme","lines":[{"supplier_sku":"00123","sku":"J"},{"supplier_sku":"B-200","sku":"B"},{"supplier_sku":"C-300","sku":"C"}]}"#,
    );
    // What is read from here on knows all of it.
    units(&door, "J", &mapped.body);
    door
}

fn open(feed: &Value) -> Door {
    supplied(Door::open(), feed)
}

const UPLOAD: &str = "/v1/acme/feeds/f/snapshots";

fn upload(door: &Door, query: &str, bytes: &[u8]) -> Reply {
    door.post(&format!("{UPLOAD}{query}"), "application/octet-stream", bytes)
}

fn taken(door: &Door, query: &str, bytes: &[u8]) -> Value {
    let reply = upload(door, query, bytes);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.body
}

/// Units of an item on the shelf, once what was booked up to `report` is seen.
fn units(door: &Door, sku: &str, report: &Value) -> i64 {
    let last = report["positions"].as_array().and_then(|it| it.last()).and_then(Value::as_u64);
    let last = last.or_else(|| report["position"].as_u64()).unwrap_or(0);
    let reply = door.get(&format!("/v1/acme/stock/{sku}?min_position={last}&wait_ms=10000"));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["rows"][0]["on_hand"].as_i64().unwrap_or(0)
}

fn position(door: &Door) -> u64 {
    door.get("/v1/ledgers").body["ledgers"][0]["position"].as_u64().unwrap()
}

/// Waits until it holds: what happens by itself has no other end to wait for.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_format_comes_in_with_its_leading_zeros() {
    let chinese = "encoding = \"gbk\"\nquantity_words = { \"有货\" = 5 }\n\
        columns = { code = \"货号\", quantity = \"库存\", description = \"名称\" }";
    let fixed = "format = \"fixed\"\ntrailer = { prefix = \"TRL\", count_field = { start = 13, length = 5 } }\n\
        [columns]\ncode = { start = 1, length = 12 }\nquantity = { start = 13, length = 5 }";
    let files: [(&[u8], &str, u64); 7] = [
        (b"supplier_sku,quantity\n00123,12\nB-200,\nC-300,0\n", "", 3),
        (sample!("stock.csv"), "", 4),
        (sample!("stock.json"), "", 3),
        (sample!("stock-gbk.tsv"), chinese, 2),
        (sample!("stock-fixed.txt"), fixed, 3),
        (sample!("x12-4010.edi"), "format = \"x12\"\nedi = { unit_packs = { CA = 1 } }", 6),
        (sample!("invrpt-d96a.edi"), "edi = { unit_packs = { CT = 1 } }", 4),
    ];
    for (bytes, profile, lines) in files {
        // A code with a line break in it, which the readers take, is no name.
        let bytes = &String::from_utf8(bytes.to_vec())
            .map_or_else(|it| it.into_bytes(), |it| it.replace("D\n400", "D-400").into_bytes())[..];
        let door = open(&json!({ "profile": profile }));
        let report = taken(&door, "", bytes);
        assert_eq!((&report["outcome"], &report["lines"]), (&"applied".into(), &lines.into()));
        assert_eq!(units(&door, "J", &report), 12, "{profile}: {report}");
        let hash = report["hash"].as_str().unwrap();
        assert_eq!(fetched(&door, hash), bytes, "{profile}");
    }
}

fn fetched(door: &Door, hash: &str) -> Vec<u8> {
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    let url = door.url(&format!("{UPLOAD}/{hash}/bytes"));
    agent.get(url).call().unwrap().body_mut().read_to_vec().unwrap()
}

#[test]
fn the_same_file_twice_is_once() {
    let door = open(&json!({}));
    let file = b"supplier_sku,quantity\n00123,12\nB-200,7\n";
    let first = taken(&door, "", file);
    assert_eq!(units(&door, "B", &first), 7);
    let booked = position(&door);
    let again = upload(&door, "", file);
    assert_eq!((again.status, &again.body["replayed"]), (200, &true.into()), "{again:?}");
    for field in ["outcome", "as_of", "positions", "changed", "settled", "lines", "snapshot"] {
        assert_eq!(again.body[field], first[field], "{field}");
    }
    assert_eq!(position(&door), booked);
    // A name means one file.
    let other = upload(&door, "?snapshot=monday", b"supplier_sku,quantity\n00123,1\n");
    assert_eq!(other.status, 201, "{other:?}");
    let reused = upload(&door, "?snapshot=monday", b"supplier_sku,quantity\n00123,2\n");
    assert_eq!((reused.status, reused.code()), (409, "snapshot_already_recorded"));
    assert_eq!(reused.body["same"], false);
}

#[test]
fn the_same_numbers_after_others_say_something_new() {
    let door = open(&json!({}));
    let (seven, ten) = (b"supplier_sku,quantity\n00123,7\n", b"supplier_sku,quantity\n00123,10\n");
    let first = taken(&door, "", seven);
    units(&door, "J", &first);
    let second = taken(&door, "", ten);
    units(&door, "J", &second);
    let third = taken(&door, "", seven);
    assert_eq!((&third["replayed"], &third["changed"]), (&false.into(), &1.into()), "{third}");
    assert_ne!(third["snapshot"], first["snapshot"]);
    // Whoever says which moment it is of says it once.
    let at = format!("?as_of={}", third["as_of"].as_str().unwrap());
    units(&door, "J", &third);
    let said = taken(&door, &at, ten);
    units(&door, "J", &said);
    assert_eq!(upload(&door, &at, ten).body["replayed"], true);
}

#[test]
fn a_tier_that_is_not_known_yet_spoils_nothing() {
    let door = open(&json!({}));
    let file = b"supplier_sku,quantity\n00123,7\n";
    let named = "?tier=fast&snapshot=monday&as_of=2026-03-01T09:00:00Z";
    let refused = upload(&door, named, file);
    assert_eq!((refused.status, refused.code()), (422, "unknown_tier"), "{refused:?}");
    let feed = r#"{"feed":"f","supplier":"acme","location":"S","tiers":[{"tier":"all","every_minutes":1440},{"tier":"fast","every_minutes":60}]}"#;
    let set = door.book("set_feed", "t1", feed);
    units(&door, "J", &set.body);
    assert_eq!(taken(&door, named, file)["outcome"], "applied");
}

#[test]
fn only_files_of_the_feed_come_back() {
    let door = open(&json!({}));
    let reply = door.get(&format!("{UPLOAD}/{}/bytes", "0".repeat(64)));
    assert_eq!(reply.status, 404);
    assert!(reply.body["detail"].as_str().unwrap().contains("newest snapshots"), "{reply:?}");
}

#[test]
fn a_control_number_with_other_content_is_refused() {
    let door = open(&json!({ "profile": "format = \"x12\"\nedi = { unit_packs = { CA = 1 } }" }));
    let file = sample!("x12-4010.edi");
    taken(&door, "", file);
    let changed = String::from_utf8_lossy(file)
        .replace("QTY*33*12*EA", "QTY*33*13*EA")
        .replace("CTT*4*117", "CTT*4*118");
    let reply = upload(&door, "", changed.as_bytes());
    assert_eq!((reply.status, reply.code()), (409, "snapshot_already_recorded"), "{reply:?}");
    assert_eq!(reply.body["same"], false);
    assert_eq!(units(&door, "J", &Value::Null), 12);
}

#[test]
fn a_file_with_mistakes_is_refused_whole() {
    let door = open(&json!({}));
    let before = position(&door);
    let reply = upload(&door, "", b"supplier_sku,quantity\n00123,12\nB-200,many\nC-300,1.5\n");
    assert_eq!((reply.status, reply.code()), (422, "file_unreadable"), "{reply:?}");
    assert_eq!(reply.body["complaints_count"], 2);
    let lines: Vec<_> = reply.body["complaints"].as_array().unwrap().iter().collect();
    assert_eq!((&lines[0]["line"], &lines[1]["line"]), (&3.into(), &4.into()), "{lines:?}");
    let edi = open(&json!({ "profile": "format = \"edifact\"" }));
    let whole = sample!("invrpt-d96a.edi");
    let cut = upload(&edi, "", &whole[..whole.len() / 2]);
    assert_eq!((cut.status, cut.code()), (422, "file_unreadable"), "{cut:?}");
    assert_eq!(position(&door), before);
}

#[test]
fn a_dry_run_books_nothing() {
    let door = open(&json!({}));
    let before = position(&door);
    let file = b"supplier_sku,quantity\n00123,12\nX-900,7\n";
    let reply = upload(&door, "?dry_run=true", file);
    assert_eq!((reply.status, &reply.body["dry_run"]), (200, &true.into()), "{reply:?}");
    assert_eq!((&reply.body["changed"], &reply.body["unknown"]), (&1.into(), &1.into()));
    assert_eq!(position(&door), before);
    let hash = reply.body["hash"].as_str().unwrap();
    assert_eq!(door.get(&format!("{UPLOAD}/{hash}/bytes")).status, 404);
    let report = taken(&door, "", file);
    for field in ["changed", "unknown", "settled", "compared", "outcome"] {
        assert_eq!(report[field], reply.body[field], "{field}");
    }
}

#[test]
fn a_held_file_is_applied_once_somebody_confirms_it() {
    let door = open(&json!({ "breakers": { "quantity_max": 1000 } }));
    let good = taken(&door, "", b"supplier_sku,quantity\n00123,12\nB-200,7\nC-300,3\n");
    let many = b"supplier_sku,quantity\n00123,5000\nB-200,6\nC-300,3\n";
    let held = upload(&door, "?snapshot=many", many);
    assert_eq!((held.status, &held.body["outcome"]), (202, &"held".into()), "{held:?}");
    assert_eq!(held.body["suspicions"][0]["breaker"], "absurd");
    assert_eq!(units(&door, "J", &good), 12);
    let again = upload(&door, "?snapshot=many", many);
    assert_eq!((again.status, &again.body["outcome"]), (200, &"held".into()), "{again:?}");
    door.book(
        "judge_snapshot",
        "j1",
        r#"{"feed":"f","snapshot":"many","verdict":"confirm","actor":"ann","reason":{"code":"other","note":"a container came"}}"#,
    );
    let applied = || upload(&door, "?snapshot=many", many).body["outcome"] == "applied";
    until("the confirmed snapshot is applied", applied);
    let last = upload(&door, "?snapshot=many", many).body;
    assert_eq!((&last["replayed"], &last["changed"]), (&true.into(), &2.into()), "{last}");
}

#[test]
fn an_older_file_is_evidence_only() {
    let door = open(&json!({}));
    let new = taken(&door, "?as_of=2026-03-02T09:00:00Z", b"supplier_sku,quantity\n00123,12\n");
    let old = taken(&door, "?as_of=2026-03-01T09:00:00Z", b"supplier_sku,quantity\n00123,99\n");
    assert_eq!(old["outcome"], "out_of_order", "{old}");
    assert_eq!(units(&door, "J", &old), 12, "{new}");
}

#[test]
fn lines_come_as_json_and_by_a_form_as_well() {
    let door = open(&json!({}));
    let body = r#"{"feed":"f","snapshot":"m1","lines":[{"supplier_sku":"00123","quantity":12}]}"#;
    let first = door.book("record_snapshot", "k1", body);
    assert_eq!(units(&door, "J", &first.body), 12);
    let again = door.command("record_snapshot", "k2", body);
    assert_eq!((again.status, again.code()), (409, "snapshot_already_recorded"), "{again:?}");
    assert_eq!(again.body["same"], true);
    let kept = first.body["entry"]["fact"]["snapshot_recorded"]["hash"].as_str().unwrap();
    assert!(String::from_utf8(fetched(&door, kept)).unwrap().contains("00123"));
    let twice = r#"{"feed":"f","snapshot":"m2","lines":[{"supplier_sku":"00123","quantity":1},{"supplier_sku":"00123","quantity":2}]}"#;
    let wrong = door.command("record_snapshot", "k3", twice);
    assert_eq!((wrong.status, wrong.code()), (422, "contradiction"), "{wrong:?}");
    assert_eq!(wrong.body["field"], "lines[1].supplier_sku");

    let form = |body: &str| door.post("/v1/acme/feeds/f/form", "application/json", body);
    let typed =
        form(r#"{"id":"form-1","actor":"ann","lines":[{"supplier_sku":"B-200","quantity":7}]}"#);
    assert_eq!(typed.status, 201, "{typed:?}");
    assert_eq!(units(&door, "B", &typed.body), 7);
    assert_eq!(units(&door, "J", &typed.body), 12);
    let wrong = form(r#"{"id":"form-2","complete":true,"lines":[]}"#);
    assert_eq!((wrong.status, &wrong.body["field"]), (400, &"complete".into()), "{wrong:?}");
}

#[test]
fn what_was_then_is_looked_up_for_whoever_decides_now() {
    let door = open(&json!({ "tolerance": {} }));
    let report = taken(&door, "", b"supplier_sku,quantity\n00123,12\n");
    let number = report["differences"][0]["largest"][0]["number"].as_u64().unwrap();
    assert_eq!(units(&door, "J", &report), 0);
    // It came in between: what they counted they could not have seen.
    door.book("receive_stock", "r1", r#"{"location":"S","lines":[{"sku":"J","quantity":5}]}"#);
    let settle = format!(
        r#"{{"action":"accept_theirs","numbers":[{number}],"actor":"ann","reason":{{"code":"correction"}}}}"#
    );
    let settled = door.book("settle_discrepancy", "d1", &settle);
    assert_eq!(units(&door, "J", &settled.body), 17, "{settled:?}");
    let before = report["as_of"].as_str().unwrap();
    let stocktake = format!(
        r#"{{"stocktake":"t1","location":"S","counted_at":"{before}","lines":[{{"sku":"B","quantity":0}}]}}"#
    );
    door.book("record_stocktake", "t1", &stocktake);
}

#[test]
fn a_profile_that_cannot_be_read_is_refused_with_its_line() {
    let door = open(&json!({}));
    let feed = r#"{"feed":"f","supplier":"acme","location":"S","profile":"\nformat = \"cvs\""}"#;
    let reply = door.command("set_feed", "p1", feed);
    assert_eq!((reply.status, reply.code()), (400, "invalid_field"), "{reply:?}");
    assert_eq!(reply.body["field"], "profile");
    assert!(reply.body["detail"].as_str().unwrap().contains("line 2, format"), "{reply:?}");
    let hashed = r#"{"feed":"f","snapshot":"m1","hash":"00","lines":[]}"#;
    assert_eq!(door.command("record_snapshot", "p2", hashed).body["field"], "hash");
}

#[test]
fn what_a_page_of_somebody_else_may_send_is_no_file() {
    let door = open(&json!({}));
    for kind in ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"] {
        assert_eq!(door.post(UPLOAD, kind, &b"supplier_sku,quantity\n"[..]).status, 415, "{kind}");
    }
    let unknown = door.post("/v1/acme/feeds/nobody/snapshots", "text/csv", &b"x"[..]);
    assert_eq!((unknown.status, unknown.code()), (422, "unknown_feed"));
    let small = Door::open_with(|it| it.snapshot_bytes_max = 1024);
    let small = supplied(small, &json!({}));
    let reply = upload(&small, "", &[b'x'; 4096]);
    assert_eq!((reply.status, reply.code()), (413, "body_too_large"));
}

/// A long file: every code is known.
fn long_file(lines: usize, quantity: usize) -> String {
    let mut text = String::from("supplier_sku,quantity\n");
    for line in 0..lines {
        writeln!(text, "{line:07},{quantity}").unwrap();
    }
    text
}

fn post(url: &str, kind: &str, body: &[u8]) -> Option<Value> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let sent = agent.post(url).header("content-type", kind).send(body);
    let text = sent.ok()?.body_mut().with_config().limit(256 << 20).read_to_string().ok()?;
    serde_json::from_str(&text).ok()
}

/// Sends commands, one a line, a thousand at a time.
fn batch(base: &str, commands: &[Value]) {
    for some in commands.chunks(1_000) {
        let body: String = some.iter().map(|it| format!("{it}\n")).collect();
        let url = format!("{base}/v1/acme/commands?entries=false");
        let told = post(&url, "application/x-ndjson", body.as_bytes()).unwrap();
        for result in told["results"].as_array().unwrap() {
            assert_eq!(result["status"], 201, "{result}");
        }
    }
}

/// A feed with so many items, each known to the supplier by its number.
fn long_feed(base: &str, items: usize) {
    let mut commands = vec![
        json!({"command":"set_supplier","id":"s1","supplier":"acme"}),
        json!({"command":"register_location","id":"s2","location":"S","kind":"supplier","supplier":"acme"}),
        json!({"command":"set_feed","id":"s3","feed":"f","supplier":"acme","location":"S","tolerance":{"first":true}}),
    ];
    let item = |it: usize| json!({"command":"register_item","id":format!("i{it}"),"sku":format!("W{it:07}")});
    commands.extend((0..items).map(item));
    for first in (0..items).step_by(1_000) {
        let line = |it: usize| json!({"supplier_sku":format!("{it:07}"),"sku":format!("W{it:07}")});
        let lines: Vec<Value> = (first..items.min(first + 1_000)).map(line).collect();
        commands.push(json!({"command":"map_supplier_sku","id":format!("m{first}"),"supplier":"acme","lines":lines}));
    }
    batch(base, &commands);
}

#[test]
fn a_long_file_is_finished_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    run(&["init", "--data", data.to_str().unwrap()]);
    let more = ["--set", "pull.look_ms=50"];
    let mut process = Process::serve(&data, &more);
    let items = 12_000;
    long_feed(&process.serving.url(), items);
    let file = long_file(items, 5);
    let url = format!("{}/v1/acme/feeds/f/snapshots", process.serving.url());
    let answer = {
        let (url, file) = (url, file.clone());
        std::thread::spawn(move || post(&url, "text/csv", file.as_bytes()))
    };
    // As soon as a part is booked, but before all are.
    let ledger = |process: &Process| {
        let url = format!("{}/v1/ledgers", process.serving.url());
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["ledgers"][0]["position"].as_u64().unwrap()
    };
    let before = ledger(&process);
    until("a part is booked", || ledger(&process) > before);
    process.end();
    drop(answer.join().unwrap());
    process = Process::serve(&data, &more);
    let stocked = || {
        let url = format!("{}/v1/acme/stock/W{:07}", process.serving.url(), items - 1);
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["rows"][0]["on_hand"] == 5
    };
    until("the file is finished", stocked);
    let url = format!("{}/v1/acme/feeds/f/snapshots", process.serving.url());
    let whole = || post(&url, "text/csv", file.as_bytes()).unwrap();
    until("all of it is told", || whole()["changed"] == items);
    assert_eq!((&whole()["replayed"], &whole()["settled"]), (&true.into(), &items.into()));
    // First numbers are set against nothing, and a run that goes on does not do so either.
    assert_eq!((&whole()["compared"], &whole()["accurate"]), (&0.into(), &0.into()));
}

/// A server of a supplier: says what it is told to say, and remembers what it was asked.
struct Supplier {
    address: SocketAddr,
    answers: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Supplier {
    /// Gives each answer once, in order; the last one for ever.
    fn open(answers: &[&str]) -> Supplier {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Vec<String> = answers.iter().map(|it| (*it).to_owned()).collect();
        let (answers, asked) =
            (Arc::new(Mutex::new(answers)), Arc::<Mutex<Vec<String>>>::default());
        let (to_give, noted) = (answers.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = String::new();
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let Ok(line) = line else { break };
                    if line.is_empty() {
                        break;
                    }
                    head.push_str(&line.to_ascii_lowercase());
                    head.push('\n');
                }
                noted.lock().unwrap().push(head);
                let mut answers = to_give.lock().unwrap();
                let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Supplier { address, answers, asked }
    }

    fn url(&self) -> String {
        format!("http://{}/stock.csv", self.address)
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

fn pulling(allow_private: bool, url: &str) -> Door {
    let door = Door::open_with(|it| {
        it.pull_allow_private = allow_private;
        // Only asked for by the test.
        it.pull_enabled = false;
    });
    supplied(door, &json!({ "pull": { "url": url } }))
}

fn pull(door: &Door) -> Reply {
    door.post("/v1/acme/feeds/f/pull", "application/json", "")
}

#[test]
fn a_file_is_fetched_and_not_again_while_it_is_the_same() {
    let file = "supplier_sku,quantity\n00123,12\n";
    let supplier = Supplier::open(&[
        &answer("200 OK", "etag: \"v1\"\r\n", file),
        &answer("304 Not Modified", "", ""),
        &answer("500 Oh", "", "no"),
    ]);
    let door = pulling(true, &supplier.url());
    let first = pull(&door);
    assert_eq!((first.status, &first.body["pulled"][0]["result"]), (200, &"fetched".into()));
    assert_eq!(units(&door, "J", &first.body["pulled"][0]["report"]), 12);
    assert_eq!(pull(&door).body["pulled"][0]["result"], "unchanged");
    assert!(supplier.asked.lock().unwrap()[1].contains("if-none-match: \"v1\""));
    let failed = pull(&door);
    assert_eq!(failed.status, 503, "{failed:?}");
    assert!(failed.body["detail"].as_str().unwrap().contains("answered 500"), "{failed:?}");
    let metrics = door.text("/metrics");
    for (result, count) in [("fetched", 1), ("unchanged", 1), ("failed", 1)] {
        let line = format!(
            "onhand_feed_pulls_total{{ledger=\"acme\",feed=\"f\",tier=\"\",result=\"{result}\"}} {count}"
        );
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
    assert!(metrics.contains("onhand_feed_pull_age_seconds{"), "{metrics}");
}

#[test]
fn no_private_address_is_asked() {
    let supplier = Supplier::open(&[&answer("200 OK", "", "supplier_sku,quantity\n00123,12\n")]);
    let port = supplier.address.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"] {
        let door = pulling(false, &format!("http://{host}:{port}/stock.csv"));
        let reply = pull(&door);
        assert_eq!(reply.status, 503, "{host}: {reply:?}");
    }
    assert!(supplier.asked.lock().unwrap().is_empty(), "somebody was asked");
    let door = pulling(false, &supplier.url());
    let detail = pull(&door).body["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("no public address"), "{detail}");
    drop(supplier.answers);
}

#[test]
fn what_is_due_is_fetched_by_itself() {
    let supplier = Supplier::open(&[&answer("200 OK", "", "supplier_sku,quantity\n00123,12\n")]);
    let door = Door::open_with(|it| {
        it.pull_allow_private = true;
        it.pull_look_ms = 50;
    });
    let door = supplied(door, &json!({ "pull": { "url": supplier.url() } }));
    until("the file is fetched", || {
        let reply = door.get("/v1/acme/stock/J");
        reply.body["rows"][0]["on_hand"] == 12
    });
}

#[test]
fn a_directory_is_watched() {
    let root = tempfile::tempdir().unwrap();
    let watched = root.path().join("acme");
    std::fs::create_dir(&watched).unwrap();
    let door = Door::open_with(|it| {
        it.pull_directories = root.path().to_owned();
        it.pull_look_ms = 50;
    });
    let door = supplied(door, &json!({ "pull": { "directory": "acme" } }));
    std::fs::write(watched.join("a.csv"), "supplier_sku,quantity\n00123,12\n").unwrap();
    std::fs::write(watched.join("b.csv"), "supplier_sku,quantity\n00123,lots\n").unwrap();
    let there = |path: &str| watched.join(path).exists();
    until("both files are put away", || there("done/a.csv") && there("refused/b.csv"));
    assert_eq!(units(&door, "J", &Value::Null), 12);
    let told = |path: &str| std::fs::read_to_string(watched.join(path)).unwrap();
    assert!(told("done/a.csv.report.txt").contains("applied"));
    assert!(told("refused/b.csv.report.txt").contains("line 2, quantity"));
    // The same bytes put there again say that nothing changed since.
    let before = position(&door);
    std::fs::write(watched.join("a.csv"), "supplier_sku,quantity\n00123,12\n").unwrap();
    until("it is put away again", || there("done/a.csv.2"));
    assert_eq!(position(&door), before + 1);
}

fn snapshot(data: &Path, file: &Path, more: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(onhand());
    command.arg("snapshot").arg(file).args(["--feed", "f", "--data"]).arg(data).args(more);
    command.output().unwrap()
}

#[test]
fn the_command_line_sends_a_file_and_says_what_it_came_to() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    run(&["init", "--data", data.to_str().unwrap()]);
    let process = Process::serve(&data, &[]);
    long_feed(&process.serving.url(), 3);
    let file = directory.path().join("stock.csv");
    std::fs::write(&file, long_file(4, 5)).unwrap();
    let text = |output: &std::process::Output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
    };
    let rehearsed = snapshot(&data, &file, &["--dry-run"]);
    assert!(text(&rehearsed).contains("would be applied"), "{}", text(&rehearsed));
    let sent = snapshot(&data, &file, &[]);
    assert!(sent.status.success(), "{}", text(&sent));
    for part in ["applied", "changed        3", "unknown codes  1", "unknown sku: 1"] {
        assert!(text(&sent).contains(part), "{part}: {}", text(&sent));
    }
    std::fs::write(&file, "supplier_sku,quantity\n0000001,1.5\n").unwrap();
    let refused = snapshot(&data, &file, &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("line 2, quantity"), "{}", text(&refused));
}
