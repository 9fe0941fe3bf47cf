//! Malformed messages, large ones, deadlines, and two protocols on one port: byte by byte.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Request;
use hyper::body::{Body, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use onhand_proto::v1;
use prost::Message;
use tokio::net::TcpStream;
use tokio_stream::StreamExt;

use super::{Caller, accepted, batch, item};
use crate::door::Door;

/// Sends `body` to a call and tells its status and what it says.
async fn send(
    door: &Door,
    call: &str,
    headers: &[(&str, &str)],
    body: impl Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
) -> String {
    let stream = TcpStream::connect(door.address).await.unwrap();
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let connection = tokio::spawn(connection);
    let address = format!("http://{}/onhand.v1.Commands/{call}", door.address);
    let mut request = Request::post(address).header("content-type", "application/grpc");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let (head, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned().unwrap_or_default();
    let text = |name: &str| {
        let found = trailers.get(name).or(head.headers.get(name));
        found.map_or("", |it| it.to_str().unwrap()).to_owned()
    };
    connection.abort();
    format!("{} {}", text("grpc-status"), text("grpc-message").replace("%20", " "))
}

fn whole(bytes: &[u8]) -> Full<Bytes> {
    Full::new(Bytes::copy_from_slice(bytes))
}

/// A message with its head: not compressed, so many bytes.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    framed
}

#[test]
fn what_is_no_message_books_nothing() {
    let caller = Caller::stocked();
    let good = batch(vec![item("k1", 1), item("k2", 1)]).encode_to_vec();
    let cut = &good[..good.len() - 3];
    let mut compressed = framed(&good);
    compressed[0] = 1;
    let mut short = framed(&good);
    short.truncate(20);
    for bytes in [
        framed(b"\xff\xff\xff\xff"),
        framed(b"{\"ledger\":\"acme\"}"),
        framed(cut),
        compressed,
        short,
        vec![0, 0xff, 0xff, 0xff, 0xff],
        vec![7; 3],
        Vec::new(),
    ] {
        let told = caller.wait(send(&caller.door, "Submit", &[], whole(&bytes)));
        assert!(!told.starts_with("0 "), "{bytes:?}: {told}");
    }
    let told = caller.wait(send(&caller.door, "Submit", &[], whole(&framed(&good))));
    assert_eq!(told, "0 ");
    // The first of all that was booked.
    assert_eq!(caller.door.stock(6)["on_hand"], 12);
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let caller = Caller::of(Door::open_with(|it| it.grpc_message_bytes_max = 4_096).stocked());
    let many = batch((0..500).map(|it| item(&format!("k{it}"), 1)).collect());
    let refused = caller.submit(many).unwrap_err();
    assert_eq!(refused.code(), tonic::Code::OutOfRange, "{refused:?}");
    assert_eq!(accepted(&caller.submit(batch(vec![item("k0", 1)])).unwrap()[0]).position, 5);
}

#[test]
fn a_deadline_leaves_the_outcome_to_the_same_again() {
    let caller = Caller::stocked();
    // So many that no disk is faster than the shortest wait there is, a millisecond.
    let many = batch((0..5_000).map(|it| item(&format!("k{it}"), 5)).collect());
    let bytes = framed(&many.encode_to_vec());
    let headers = [("grpc-timeout", "1n")];
    let told = caller.wait(send(&caller.door, "Submit", &headers, whole(&bytes)));
    assert!(told.starts_with("4 the deadline came before the answer"), "{told}");
    assert!(told.contains("same id"), "{told}");
    let again = caller.wait(send(&caller.door, "Submit", &[], whole(&bytes)));
    assert_eq!(again, "0 ");
    assert_eq!(caller.door.stock(5_004)["on_hand"], 25_010);
}

#[test]
fn http_1_and_grpc_share_the_port() {
    let caller = Caller::stocked();
    std::thread::scope(|scope| {
        let over_http = scope.spawn(|| {
            for it in 0..50 {
                let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
                caller.door.book("receive_stock", &format!("h{it}"), body);
            }
        });
        for it in 0..50 {
            accepted(&caller.submit(batch(vec![item(&format!("g{it}"), 1)])).unwrap()[0]);
        }
        over_http.join().unwrap();
    });
    assert_eq!(caller.door.stock(104)["on_hand"], 110);
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    let mut caller = Caller::stocked();
    let request = v1::WatchMovementsRequest { ledger: "acme".into(), ..Default::default() };
    let mut stream = caller.wait(caller.feeds().watch_movements(request)).unwrap().into_inner();
    caller.wait(stream.message()).unwrap().unwrap();
    let begun = std::time::Instant::now();
    caller.door.stop();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn a_message_that_never_ends_is_given_up() {
    let caller = Caller::of(Door::open_with(|it| it.http_body_ms_max = 50).stocked());
    let bytes = framed(&batch(vec![item("k1", 1)]).encode_to_vec());
    let parts = tokio_stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from(bytes)))]);
    let body = StreamBody::new(parts.chain(tokio_stream::pending()));
    let told = caller.wait(send(&caller.door, "Submit", &[], body));
    assert!(told.starts_with("4 "), "{told}");
    assert_eq!(caller.door.stock(4)["on_hand"], 10);
}
