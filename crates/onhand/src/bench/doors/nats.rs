//! Callers over NATS, and a subscriber of the movements' stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::Client;
use futures_util::StreamExt;

use super::grpc::{Submitter, batches};
use super::round::Round;
use crate::failure::Failure;

/// Connections that callers share.
const CONNECTIONS: u64 = 4;

/// # Errors
/// The NATS server cannot be reached.
pub async fn connect(url: &str) -> Result<Client, Failure> {
    async_nats::connect(url).await.map_err(|error| Failure::while_doing("connect to NATS", &error))
}

/// Waits until the server takes commands over NATS.
///
/// # Errors
/// It does not within `longest`.
pub async fn await_service(
    client: &Client,
    prefix: &str,
    longest: Duration,
) -> Result<(), Failure> {
    let deadline = Instant::now() + longest;
    let subject = format!("{prefix}cmd.bench.commit_order");
    loop {
        match client.request(subject.clone(), "{}".into()).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= deadline => {
                return Err(Failure::while_doing("wait for the command service", &error));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Every caller books `each` orders, one after the other.
///
/// # Errors
/// One was not booked.
pub async fn singles(
    url: &str,
    prefix: &str,
    callers: u64,
    each: u64,
    skus: u64,
) -> Result<Round, Failure> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(connect(url).await?);
    }
    let open = (0..callers).map(|it| clients[(it % CONNECTIONS) as usize].clone());
    let subject = format!("{prefix}cmd.bench.commit_order");
    Round::run(open.collect(), move |client: Client, number| {
        let subject = subject.clone();
        async move {
            let mut times = Vec::with_capacity(each as usize);
            for it in number * each..(number + 1) * each {
                let sku = it.wrapping_mul(7_919) % skus;
                let body = format!(
                    r#"{{"id":"n{it}","order":"n{it}","lines":[{{"sku":"S{sku:07}","quantity":1,"location":"bench"}}]}}"#
                );
                let begun = Instant::now();
                let answer = client.request(subject.clone(), body.into()).await;
                let answer =
                    answer.map_err(|error| Failure::while_doing("ask over NATS", &error))?;
                times.push(begun.elapsed());
                let refused = answer.headers.as_ref().is_some_and(|it| {
                    it.get("Nats-Service-Error-Code").is_some()
                });
                if refused {
                    let said = String::from_utf8_lossy(&answer.payload).into_owned();
                    return Err(Failure::new(format!("a command was not booked: {said}")));
                }
            }
            Ok(times)
        }
    })
    .await
}

/// Orders in one batch of a steady load, and how often one leaves: 20,000 a second.
const STEADY_BATCH: u64 = 100;
const STEADY_EVERY: Duration = Duration::from_millis(5);
/// Longest wait for the last events.
const LAST_MAX: Duration = Duration::from_secs(30);

/// How long it took from the acknowledgement of each entry until a subscriber of the movements'
/// stream saw it, under a steady load.
///
/// # Errors
/// Something was not booked, or not seen.
pub async fn seen_after_ack(
    url: &str,
    prefix: &str,
    submitter: &mut Submitter,
    seconds: u64,
    skus: u64,
) -> Result<Round, Failure> {
    let count = seconds * STEADY_BATCH * 1_000 / STEADY_EVERY.as_millis() as u64;
    let client = connect(url).await?;
    let mut events = client
        .subscribe(format!("{prefix}feed.>"))
        .await
        .map_err(|error| Failure::while_doing("subscribe", &error))?;
    client.flush().await.map_err(|error| Failure::while_doing("subscribe", &error))?;
    let seen: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let noted = seen.clone();
    let listening = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            let at = Instant::now();
            let body: serde_json::Value =
                serde_json::from_slice(&event.payload).unwrap_or_default();
            if let Some(order) = body["data"]["order"].as_str() {
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.entry(order.to_owned()).or_insert(at);
            }
        }
    });
    let mut acked = HashMap::new();
    let begun = Instant::now();
    let mut beat = tokio::time::interval(STEADY_EVERY);
    for batch in batches("bench", 'f', 0, count, STEADY_BATCH, skus) {
        beat.tick().await;
        let orders: Vec<String> =
            batch.commands.iter().filter_map(|it| Some(it.envelope.as_ref()?.id.clone())).collect();
        submitter.submit(batch).await?;
        let at = Instant::now();
        acked.extend(orders.into_iter().map(|it| (it, at)));
    }
    let time = begun.elapsed();
    let deadline = Instant::now() + LAST_MAX;
    while seen.lock().unwrap_or_else(PoisonError::into_inner).len() < acked.len() {
        if Instant::now() >= deadline {
            return Err(Failure::new("not every entry was seen by the subscriber"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    listening.abort();
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    // Seen before the answer came back: no wait at all.
    let waits = acked
        .iter()
        .filter_map(|(it, at)| Some(seen.get(it)?.checked_duration_since(*at).unwrap_or_default()));
    let mut times: Vec<Duration> = waits.collect();
    times.sort_unstable();
    Ok(Round { time, times })
}
