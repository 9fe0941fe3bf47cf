//! The trace of a call goes into what it books, and comes out again in events.

use crate::door::Door;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER: &str = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn post(door: &Door, path: &str, traces: &[&str], body: &str) -> u16 {
    let headers: String = traces.iter().map(|it| format!("traceparent: {it}\r\n")).collect();
    let length = body.len();
    let said = door.raw(
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: \
             application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
        .as_bytes(),
    );
    said.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_context_of_a_call_is_booked_and_told() {
    let door = Door::open().stocked();
    let line = r#""location":"A","lines":[{"sku":"W","quantity":1}]"#;
    let one = format!(r#"{{"id":"t1",{line}}}"#);
    assert_eq!(post(&door, "/v1/acme/receive_stock", &[TRACE], &one), 201);
    let many = format!(
        r#"[{{"command":"receive_stock","id":"t2",{line}}},
            {{"command":"receive_stock","id":"t3","traceparent":"{OTHER}",{line}}}]"#
    );
    assert_eq!(post(&door, "/v1/acme/commands", &[TRACE], &many), 200);
    // What is none is as if it were not there, and so are two.
    let none = format!(r#"{{"id":"t4",{line}}}"#);
    assert_eq!(post(&door, "/v1/acme/receive_stock", &["nonsense"], &none), 201);
    let two = format!(r#"{{"id":"t5",{line}}}"#);
    assert_eq!(post(&door, "/v1/acme/receive_stock", &[TRACE, OTHER], &two), 201);
    // A retry in another trace is the same command.
    assert_eq!(post(&door, "/v1/acme/receive_stock", &[OTHER], &one), 200);
    let moved = door.get("/v1/acme/movements?after=4&wait_ms=10000").body;
    let traces = moved["events"].as_array().unwrap().iter();
    let traces: Vec<&str> =
        traces.map(|it| it["traceparent"].as_str().unwrap_or_default()).collect();
    assert_eq!(traces, [TRACE, TRACE, OTHER, "", ""], "{moved:#}");
}
