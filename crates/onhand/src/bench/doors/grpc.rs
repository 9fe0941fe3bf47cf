//! Callers over gRPC.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use onhand_proto::v1::command::Command as Kind;
use onhand_proto::v1::commands_client::CommandsClient;
use onhand_proto::v1::queries_client::QueriesClient;
use onhand_proto::v1::{
    ClaimLine, Command, CommitOrder, CommitOrderRequest, Envelope, GetAvailabilityRequest,
    SubmitRequest, SubmitResponse, result,
};
use tonic::transport::{Channel, Endpoint};

use super::round::Round;
use crate::failure::Failure;

/// Largest message either way.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

async fn connect(address: SocketAddr) -> Result<Channel, Failure> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"));
    let endpoint = endpoint.map_err(|error| Failure::while_doing("name the server", &error))?;
    let endpoint = endpoint
        .tcp_nodelay(true)
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(16 << 20);
    endpoint.connect().await.map_err(|error| Failure::while_doing("connect", &error))
}

fn refused(status: &tonic::Status) -> Failure {
    Failure::new(format!("{}: {}", status.code(), status.message()))
}

fn order(prefix: char, number: u64, skus: u64) -> (Envelope, CommitOrder) {
    let sku = number.wrapping_mul(7_919) % skus;
    let name = format!("{prefix}{number}");
    let line = ClaimLine {
        sku: format!("S{sku:07}"),
        quantity: 1,
        location: "bench".to_owned(),
        ..ClaimLine::default()
    };
    let order = CommitOrder { order: name.clone(), lines: vec![line], ..CommitOrder::default() };
    (Envelope { id: name, ..Envelope::default() }, order)
}

/// Batches of one-line orders, made before the clock starts.
pub fn batches(
    ledger: &str,
    prefix: char,
    first: u64,
    count: u64,
    size: u64,
    skus: u64,
) -> Vec<SubmitRequest> {
    let mut batches = Vec::new();
    let mut from = first;
    while from < first + count {
        let until = (from + size).min(first + count);
        let command = |number| {
            let (envelope, order) = order(prefix, number, skus);
            Command { envelope: Some(envelope), command: Some(Kind::CommitOrder(order)) }
        };
        let commands = (from..until).map(command).collect();
        batches.push(SubmitRequest {
            ledger: ledger.to_owned(),
            commands,
            ..SubmitRequest::default()
        });
        from = until;
    }
    batches
}

/// # Errors
/// The first command that was not booked anew.
pub fn all_booked(response: &SubmitResponse) -> Result<(), Failure> {
    let odd = response
        .results
        .iter()
        .find(|it| !matches!(&it.result, Some(result::Result::Accepted(it)) if !it.replayed));
    odd.map_or(Ok(()), |it| Err(Failure::new(format!("a command was not booked: {it:?}"))))
}

/// A caller that hands batches in.
#[derive(Clone)]
pub struct Submitter(CommandsClient<Channel>);

impl Submitter {
    /// # Errors
    /// The server cannot be reached.
    pub async fn connect(address: SocketAddr) -> Result<Submitter, Failure> {
        let client = CommandsClient::new(connect(address).await?);
        let client = client.max_decoding_message_size(MESSAGE_BYTES_MAX);
        Ok(Submitter(client.max_encoding_message_size(MESSAGE_BYTES_MAX)))
    }

    /// # Errors
    /// It was not all booked.
    pub async fn submit(&mut self, batch: SubmitRequest) -> Result<SubmitResponse, Failure> {
        let answer = self.0.submit(batch).await.map_err(|it| refused(&it))?.into_inner();
        all_booked(&answer)?;
        Ok(answer)
    }
}

/// Callers that each hand in their batches, one after the other.
///
/// # Errors
/// A command was not booked.
pub async fn submit(
    address: SocketAddr,
    callers: Vec<Vec<SubmitRequest>>,
) -> Result<Round, Failure> {
    let mut open = Vec::new();
    for batches in callers {
        open.push((Submitter::connect(address).await?, batches));
    }
    Round::run(open, |(mut caller, batches), _| async move {
        let mut times = Vec::with_capacity(batches.len());
        for batch in batches {
            let begun = Instant::now();
            caller.submit(batch).await?;
            times.push(begun.elapsed());
        }
        Ok(times)
    })
    .await
}

/// Connections that callers with single calls share.
const CONNECTIONS: u64 = 4;

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
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(connect(address).await?);
    }
    let open = (0..callers).map(|it| {
        let channel = channels[(it % CONNECTIONS) as usize].clone();
        CommandsClient::new(channel)
    });
    let ledger = ledger.to_owned();
    Round::run(open.collect(), move |mut caller, number| {
        let ledger = ledger.clone();
        async move {
            let mut times = Vec::with_capacity(each as usize);
            for it in number * each..(number + 1) * each {
                let (envelope, command) = order('g', it, skus);
                let request = CommitOrderRequest {
                    ledger: ledger.clone(),
                    envelope: Some(envelope),
                    command: Some(command),
                    dry_run: false,
                };
                let begun = Instant::now();
                caller.commit_order(request).await.map_err(|it| refused(&it))?;
                times.push(begun.elapsed());
            }
            Ok(times)
        }
    })
    .await
}

/// Every caller asks `each` times what a channel may sell of `size` items.
///
/// # Errors
/// One was not answered in full.
pub async fn availability(
    address: SocketAddr,
    ledger: &str,
    callers: u64,
    each: u64,
    size: u64,
    skus: u64,
) -> Result<Round, Failure> {
    let mut open = Vec::new();
    for _ in 0..callers {
        open.push(QueriesClient::new(connect(address).await?));
    }
    let ledger = ledger.to_owned();
    Round::run(open, move |mut caller, number| {
        let ledger = ledger.clone();
        async move {
            let mut times: Vec<Duration> = Vec::with_capacity(each as usize);
            for it in number * each..(number + 1) * each {
                let first = it.wrapping_mul(7_919) % skus;
                let skus = (0..size).map(|it| format!("S{:07}", (first + it) % skus)).collect();
                let request = GetAvailabilityRequest {
                    ledger: ledger.clone(),
                    channel: "web".to_owned(),
                    skus,
                    ..GetAvailabilityRequest::default()
                };
                let begun = Instant::now();
                let answer = caller.get_availability(request).await.map_err(|it| refused(&it))?;
                times.push(begun.elapsed());
                if answer.into_inner().rows.len() as u64 != size {
                    return Err(Failure::new("an answer lacks rows"));
                }
            }
            Ok(times)
        }
    })
    .await
}
