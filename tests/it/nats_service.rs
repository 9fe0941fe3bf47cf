//! Commands and questions over NATS: the same words as over HTTP, and answers at once to all.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use onhand_core::Command;
use serde_json::{Value, json};

use crate::nats_caller::{NatsDoor, Said, ask};

fn open() -> NatsDoor {
    NatsDoor::open_with(|_| ()).stocked()
}

const ONE: &str = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
const TOO_MANY: &str = r#"{"channel":"eu","order":"o9","lines":[{"sku":"W","quantity":99}]}"#;

#[test]
fn every_stem_is_reachable_and_listed() {
    let it = NatsDoor::open_with(|_| ());
    for stem in Command::STEMS {
        let said = it.caller.ask(&format!("onhand.cmd.acme.{stem}"), &[], "{}");
        assert_eq!((said.status, said.code()), (400, "idempotency_key_missing"), "{stem}");
    }
    let info = it.caller.ask("$SRV.INFO.onhand", &[], "").body;
    assert_eq!(info["type"], "io.nats.micro.v1.info_response");
    let listed: BTreeSet<&str> = info["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    let stems = Command::STEMS.iter().copied();
    assert_eq!(listed, stems.chain(["commands", "questions"]).collect());
    let first = &info["endpoints"][0];
    assert_eq!(first["subject"], json!(format!("onhand.cmd.*.{}", Command::STEMS[0])));
    assert!(first["metadata"]["schema"].as_str().unwrap().starts_with("onhand.qry.meta.openapi#"));
    let ping = it.caller.ask("$SRV.PING", &[], "").body;
    assert_eq!(ping["id"], info["id"]);
    let of_one = format!("$SRV.STATS.onhand.{}", info["id"].as_str().unwrap());
    let stats = it.caller.ask(&of_one, &[], "").body;
    let first = &stats["endpoints"][0];
    assert_eq!((&first["num_requests"], &first["num_errors"]), (&json!(1), &json!(1)));
    assert_eq!(first["last_error"], "400:idempotency_key_missing");
    assert!(first["processing_time"].as_u64().unwrap() > 0);
}

#[test]
fn answers_are_those_of_http() {
    let it = open();
    for (place, (stem, body)) in [
        ("receive_stock", ONE),
        ("commit_order", r#"{"channel":"eu","order":"o1","lines":[{"sku":"W","quantity":2}]}"#),
        ("commit_order", TOO_MANY),
        ("receive_stock", r#"{"location":"A","lines":[]}"#),
        ("receive_stock", r#"{"location":"A","lines":[{"sku":"W","quantity":1.5}]}"#),
        ("count_stock", r#"{"location":"A","counted_at":"2000-01-01T00:00:00Z","lines":[{"sku":"W","counted":9}]}"#),
        ("no_stem", "{}"),
        ("receive_stock", "{"),
        ("receive_stock", "\u{1}"),
    ]
    .iter()
    .enumerate()
    {
        let key = format!("k{place}");
        let first = it.caller.command(stem, &key, body);
        let again = it.caller.command(stem, &key, body);
        let http = it.door.command(stem, &key, body);
        assert_eq!(again.status, http.status, "{stem} {body}: {again:?}");
        if *stem != "no_stem" {
            assert_eq!(again.body, http.body, "{stem} {body}");
            assert_eq!(again.header("Idempotency-Replayed"), http.header("idempotency-replayed"));
        }
        if again.status >= 400 {
            assert_eq!(again.code(), http.code());
            assert_eq!(again.header("Nats-Service-Error-Code"), again.status.to_string());
            assert_eq!(first.body["code"], http.body["code"]);
        } else {
            assert_eq!((first.status, again.status), (201, 200), "{first:?}");
            assert_eq!(first.code(), "");
        }
    }
}

#[test]
fn questions_are_the_reads_of_http() {
    let it = open();
    let said = it.caller.ask("onhand.qry.acme.availability", &[], r#"{"channel":"eu","sku":"W"}"#);
    let http = it.door.get("/v1/acme/availability?channel=eu&sku=W");
    assert_eq!((said.status, &said.body["rows"]), (200, &http.body["rows"]));
    let said = it.caller.ask("onhand.qry.acme.stock.W", &[], "");
    assert_eq!(said.body["rows"], it.door.get("/v1/acme/stock/W").body["rows"]);
    let said = it.caller.ask("onhand.qry.meta.ledgers", &[], "");
    assert_eq!(said.body["ledgers"][0]["ledger"], "acme");
    for (subject, body, status, code) in [
        ("onhand.qry.acme.stock.nix", "", 404, "not_found"),
        ("onhand.qry.acme.nix", "", 404, "not_found"),
        ("onhand.qry.acme.stock", r#"{"nix":1}"#, 400, "unknown_field"),
        ("onhand.qry.a=2a.stock", "", 400, "invalid_field"),
    ] {
        let said = it.caller.ask(subject, &[], body);
        assert_eq!((said.status, said.code()), (status, code), "{subject}: {said:?}");
    }
}

#[test]
fn a_batch_is_an_array_or_lines() {
    let it = open();
    let item = |id: &str, quantity: u64| json!({"command":"receive_stock","id":id,"location":"A","lines":[{"sku":"W","quantity":quantity}]});
    let array = Value::Array(vec![item("b1", 1), item("b2", 0), item("b3", 2)]).to_string();
    let said = it.caller.ask("onhand.cmd.acme.commands", &[], &array);
    assert_eq!(statuses(&said), [201, 400, 201], "{said:?}");
    let all = [("Onhand-Atomic", "true")];
    let said = it.caller.ask("onhand.cmd.acme.commands", &all, &array);
    assert_eq!((said.status, said.code()), (400, "batch_invalid"));
    let lines = format!("{}\n\n{}\n", item("b1", 1), item("b4", 4));
    let tried = [("Onhand-Dry-Run", "true"), ("Onhand-Entries", "false")];
    assert_eq!(statuses(&it.caller.ask("onhand.cmd.acme.commands", &tried, &lines)), [200, 200]);
    assert_eq!(statuses(&it.caller.ask("onhand.cmd.acme.commands", &[], &lines)), [200, 201]);
    let said = it.caller.ask("onhand.cmd.acme.commands", &[("Idempotency-Key", "k")], &lines);
    assert_eq!(said.code(), "idempotency_key_mismatch");
    assert_eq!(it.caller.ask("onhand.cmd.acme.commands", &[], "").code(), "not_json");
    assert_eq!(it.door.stock(7)["on_hand"], json!(17));
}

fn statuses(said: &Said) -> Vec<u64> {
    let results = said.body["results"].as_array().unwrap_or_else(|| panic!("{said:?}"));
    results.iter().map(|it| it["status"].as_u64().unwrap()).collect()
}

#[test]
fn headers_carry_the_trace_and_the_trial() {
    let it = open();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("idempotency-key", "t0"), ("Onhand-Dry-Run", "true")];
    let said = it.caller.ask("onhand.cmd.acme.receive_stock", &headers, ONE);
    assert_eq!((said.status, &said.body["dry_run"]), (200, &json!(true)));
    let headers = [("Idempotency-Key", "t1"), ("traceparent", trace)];
    let said = it.caller.ask("onhand.cmd.acme.receive_stock", &headers, ONE);
    assert_eq!(said.body["entry"]["command"]["traceparent"], json!(trace), "{said:?}");
    for (header, value) in [("Onhand-Dry-Run", "yes"), ("Idempotency-Key", "\"open")] {
        let said = it.caller.ask("onhand.cmd.acme.receive_stock", &[(header, value)], ONE);
        assert_eq!((said.code(), &said.body["field"]), ("invalid_field", &json!(header)));
    }
    let twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    let said = it.caller.ask("onhand.cmd.acme.receive_stock", &twice, ONE);
    assert_eq!(said.code(), "duplicate_field");
}

#[test]
fn a_wrong_subject_is_refused_by_name() {
    let it = open();
    for (subject, code) in [
        ("onhand.cmd.a=2Eb.receive_stock", "invalid_field"),
        ("onhand.cmd.a=2eb.receive_stock", "invalid_field"),
        ("onhand.cmd.=41.receive_stock", "invalid_field"),
        ("onhand.cmd.=2A.receive_stock", "invalid_field"),
        ("onhand.cmd.=.receive_stock", "invalid_field"),
        ("onhand.cmd.caf\u{e9}.receive_stock", "invalid_field"),
        ("onhand.cmd.acme.receive.stock", "not_found"),
        ("onhand.cmd.acme.expire_hold", "not_found"),
        ("onhand.cmd.acme", "not_found"),
    ] {
        let said = it.caller.ask(subject, &[("Idempotency-Key", "w1")], ONE);
        assert_eq!(said.code(), code, "{subject}: {said:?}");
        if code == "invalid_field" {
            assert_eq!(said.body["field"], "ledger", "{subject}");
        }
    }
    // A wildcard as such never leaves a client that checks; a server passes it on as a word.
    let raw = it.caller.raw_request("onhand.cmd.*.receive_stock", ONE);
    assert_eq!((raw.code(), &raw.body["field"]), ("invalid_field", &json!("ledger")), "{raw:?}");
}

#[test]
fn too_much_is_told_at_once() {
    let it = NatsDoor::open_with(|it| it.nats_commands_max = 2).stocked();
    let calls = (0..400).map(|number| {
        let client = it.caller.client.clone();
        async move {
            let key = format!("m{number}");
            let headers = [("Idempotency-Key", key.as_str())];
            let said = ask(&client, "onhand.cmd.acme.receive_stock", &headers, ONE).await.unwrap();
            Said::new(&said)
        }
    });
    let said = it.caller.runtime.block_on(join_all(calls));
    let booked = said.iter().filter(|it| it.status == 201).count();
    let overloaded: Vec<&Said> = said.iter().filter(|it| it.code() == "overloaded").collect();
    assert_eq!(booked + overloaded.len(), 400);
    assert!(booked > 0 && !overloaded.is_empty(), "{booked} booked");
    assert_eq!(overloaded[0].status, 429);
    assert_eq!(overloaded[0].header("Retry-After"), "1");
    assert_eq!(overloaded[0].body["outcome"], "not_booked");
    let position = 4 + booked as u64;
    assert_eq!(it.door.stock(position)["on_hand"], json!(10 + booked));
}

#[test]
fn nobody_is_answered_but_in_an_inbox() {
    let it = open();
    it.caller.runtime.block_on(async {
        let client = &it.caller.client;
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Idempotency-Key", "j1");
        let subject = "onhand.cmd.acme.receive_stock";
        for reply in ["onhand.journal.000", "$JS.API.STREAM.DELETE.ONHAND_NOTICES"] {
            let (headers, body) = (headers.clone(), ONE.into());
            client.publish_with_reply_and_headers(subject, reply, headers, body).await.unwrap();
        }
        client.publish_with_headers(subject, headers, ONE.into()).await.unwrap();
        client.publish("$SRV.PING", "".into()).await.unwrap();
        client.publish_with_reply("$SRV.INFO", "onhand.journal.000", "".into()).await.unwrap();
        client.flush().await.unwrap();
    });
    // They came before this one, whose key is nobody's yet, and which is booked behind the door's.
    let said = it.caller.command("receive_stock", "j1", ONE);
    assert_eq!((said.status, said.header("Idempotency-Replayed")), (201, ""), "{said:?}");
    assert_eq!(it.door.stock(5)["on_hand"], json!(11));
    it.caller.await_service();
}

#[test]
fn what_is_under_way_is_answered_when_the_server_stops() {
    let mut it = open();
    let calls: Vec<_> = (0..2_000)
        .map(|number| {
            let client = it.caller.client.clone();
            it.caller.runtime.spawn(async move {
                let key = format!("d{number}");
                let headers = [("Idempotency-Key", key.as_str())];
                ask(&client, "onhand.cmd.acme.receive_stock", &headers, ONE).await
            })
        })
        .collect();
    it.door.begin_stop();
    let said = it.caller.runtime.block_on(join_all(calls));
    it.door.stop();
    let (mut booked, mut gone) = (0, 0);
    for answer in said {
        match answer.unwrap() {
            Ok(message) => {
                let said = Said::new(&message);
                assert_eq!(said.status, 201, "{said:?}");
                booked += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), async_nats::RequestErrorKind::NoResponders, "{error}");
                gone += 1;
            }
        }
    }
    assert_eq!(booked + gone, 2_000);
    let door = it.door.restart();
    assert_eq!(door.stock(4 + booked)["on_hand"], json!(10 + booked));
}
