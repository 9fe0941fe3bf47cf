//! What a stranger may send: large, slow, deep, wrong; the answer is short and the server lives on.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::door::Door;

const JSON: &str = "application/json";

#[test]
fn a_body_too_large_is_refused() {
    let door = Door::open_with(|it| it.http_body_bytes_max = 2048);
    let body = format!(r#"{{"id":"1","sku":"{}"}}"#, "x".repeat(3000));
    let reply = door.post("/v1/acme/register_item", JSON, &body);
    assert_eq!((reply.status, reply.code()), (413, "body_too_large"));
    // Without a length in its head, a body is cut off all the same.
    let chunk = format!("{:x}\r\n{}\r\n", 4096, "x".repeat(4096));
    let head = "POST /v1/acme/register_item HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let said = door.raw(format!("{head}{chunk}0\r\n\r\n").as_bytes());
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    assert_eq!(door.get("/healthz").status, 200);
}

#[test]
fn ten_thousand_nested_brackets_are_refused() {
    let door = Door::open();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for body in [nested.clone(), format!(r#"{{"id":"1","location":"A","lines":{nested}}}"#)] {
            let reply = door.post("/v1/acme/receive_stock", JSON, &body);
            assert_eq!(reply.status, 400, "{:?}", reply.code());
            let reply = door.post("/v1/acme/commands", JSON, format!("[{body}]"));
            assert!(matches!(reply.status, 200 | 400), "{reply:?}");
        }
    }
    assert_eq!(door.get("/healthz").status, 200);
}

#[test]
fn a_slow_head_is_cut_off_and_a_slow_body_is_told() {
    let door = Door::open_with(|it| {
        it.http_header_ms_max = 300;
        it.http_body_ms_max = 300;
    });
    let begun = Instant::now();
    let said = door.raw(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ");
    assert!(begun.elapsed() < Duration::from_secs(10), "{said}");
    let head = "POST /v1/acme/register_item HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let said = door.raw(head.as_bytes());
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("request_timeout"), "{said}");
}

#[test]
fn connections_above_the_bound_wait_their_turn() {
    let door = Door::open_with(|it| {
        it.http_connections_max = 2;
        it.http_header_ms_max = 400;
    });
    let mut idle: Vec<TcpStream> =
        (0..2).map(|_| TcpStream::connect(door.address).unwrap()).collect();
    idle.iter_mut().for_each(|it| it.write_all(b"GET ").unwrap());
    // Served as soon as the idle ones have had their time.
    assert_eq!(door.get("/healthz").status, 200);
}

#[test]
fn wrong_addresses_and_methods_are_problems_too() {
    let door = Door::open();
    let reply = door.get("/v2/acme");
    assert_eq!((reply.status, reply.code()), (404, "not_found"));
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let reply = door.delete("/v1/acme/stock");
    assert_eq!((reply.status, reply.code()), (405, "method_not_allowed"));
    assert!(reply.header("allow").contains("GET"), "{reply:?}");
    assert_eq!(door.get("/v1/acme/receive_stock").status, 405);
    assert_eq!(door.head("/healthz"), 200);
    assert_eq!(door.head("/v1/acme/receive_stock"), 405);
    assert_eq!(door.get("/errors/no_such_code").status, 404);
    let garbage = door.raw(b"\x16\x03\x01\x02\x00\x01\r\n\r\n");
    assert!(garbage.is_empty() || garbage.starts_with("HTTP/1.1 400"), "{garbage}");
    assert_eq!(door.get("/healthz").status, 200);
}
