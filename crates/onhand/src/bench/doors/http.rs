//! Callers over HTTP/1.1, each on a connection of its own that is kept.

use std::net::SocketAddr;
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::round::Round;
use crate::failure::Failure;

/// One kept connection.
pub struct Caller {
    address: SocketAddr,
    send: SendRequest<Full<Bytes>>,
}

impl Caller {
    /// # Errors
    /// The server cannot be reached.
    pub async fn connect(address: SocketAddr) -> Result<Caller, Failure> {
        let doing = |error: &dyn std::error::Error| Failure::while_doing("connect", error);
        let stream = TcpStream::connect(address).await.map_err(|it| doing(&it))?;
        stream.set_nodelay(true).map_err(|it| doing(&it))?;
        let (send, connection) = handshake(TokioIo::new(stream)).await.map_err(|it| doing(&it))?;
        tokio::spawn(connection);
        Ok(Caller { address, send })
    }

    /// # Errors
    /// The connection broke, or the answer is not a success.
    pub async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| Failure::while_doing("write a request", &error))?;
        let broken = |error: hyper::Error| Failure::while_doing("ask the server", &error);
        self.send.ready().await.map_err(broken)?;
        let answer = self.send.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(broken)?.to_bytes();
        match status {
            StatusCode::OK | StatusCode::CREATED => Ok(body),
            _ => Err(Failure::new(format!("{status}: {}", String::from_utf8_lossy(&body)))),
        }
    }
}

async fn connected(address: SocketAddr, callers: u64) -> Result<Vec<Caller>, Failure> {
    let mut open = Vec::new();
    for _ in 0..callers {
        open.push(Caller::connect(address).await?);
    }
    Ok(open)
}

/// Every caller books `each` orders, one after the other.
///
/// # Errors
/// One was not booked.
pub async fn singles(
    address: SocketAddr,
    ledger: &str,
    callers: u64,
    each: u64,
    skus: u64,
) -> Result<Round, Failure> {
    let open = connected(address, callers).await?;
    let path = format!("/v1/{ledger}/commit_order");
    Round::run(open, move |mut caller, number| {
        let path = path.clone();
        async move {
            let mut times = Vec::with_capacity(each as usize);
            for it in number * each..(number + 1) * each {
                let sku = it.wrapping_mul(7_919) % skus;
                let body = format!(
                    r#"{{"id":"h{it}","order":"h{it}","lines":[{{"sku":"S{sku:07}","quantity":1,"location":"bench"}}]}}"#
                );
                let begun = Instant::now();
                caller.ask(Method::POST, &path, body.into()).await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        }
    })
    .await
}

/// Every caller asks `each` times what a channel may sell of one item.
///
/// # Errors
/// One was not answered.
pub async fn availability(
    address: SocketAddr,
    ledger: &str,
    callers: u64,
    each: u64,
    skus: u64,
) -> Result<Round, Failure> {
    let open = connected(address, callers).await?;
    let ledger = ledger.to_owned();
    Round::run(open, move |mut caller, number| {
        let ledger = ledger.clone();
        async move {
            let mut times = Vec::with_capacity(each as usize);
            for it in number * each..(number + 1) * each {
                let sku = it.wrapping_mul(7_919) % skus;
                let path = format!("/v1/{ledger}/availability?channel=web&sku=S{sku:07}");
                let begun = Instant::now();
                caller.ask(Method::GET, &path, Bytes::new()).await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        }
    })
    .await
}
