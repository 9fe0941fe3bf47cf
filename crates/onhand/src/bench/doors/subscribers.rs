//! Subscribers of the movement feed beside a caller, some of whom stop reading.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// Streams that are open until this is dropped.
pub struct Subscribers(Vec<JoinHandle<()>>);

impl Subscribers {
    /// Opens `count` streams of server-sent events that begin behind the position `after`, of
    /// which `stopped` are never read.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn open(
        address: SocketAddr,
        ledger: &str,
        after: u64,
        count: u64,
        stopped: u64,
    ) -> Result<Subscribers, Failure> {
        let mut tasks = Vec::new();
        for number in 0..count {
            let stream = subscribe(address, ledger, after).await;
            let mut stream =
                stream.map_err(|error| Failure::while_doing("subscribe to movements", &error))?;
            tasks.push(tokio::spawn(async move {
                let mut bytes = vec![0; 64 << 10];
                if number < stopped {
                    std::future::pending::<()>().await;
                }
                while stream.read(&mut bytes).await.is_ok_and(|it| it > 0) {}
            }));
        }
        Ok(Subscribers(tasks))
    }
}

impl Drop for Subscribers {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

async fn subscribe(address: SocketAddr, ledger: &str, after: u64) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "GET /v1/{ledger}/movements?after={after} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}
