//! The gRPC door: the same ledger, answers and refusals as over HTTP, on the same port.

mod bad;
mod client;
mod commands;
mod feeds;
mod questions;
mod streams;

use std::future::Future;

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use onhand_proto::v1::commands_client::CommandsClient;
use onhand_proto::v1::feeds_client::FeedsClient;
use onhand_proto::v1::queries_client::QueriesClient;
use tokio::runtime::Runtime;
use tonic::Status;
use tonic::transport::Channel;

use crate::door::Door;

/// A door and a caller of it.
struct Caller {
    runtime: Runtime,
    channel: Channel,
    door: Door,
}

impl Caller {
    fn of(door: Door) -> Caller {
        let runtime = Runtime::new().unwrap();
        let address = format!("http://{}", door.address);
        let endpoint = Channel::from_shared(address).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Caller { runtime, channel, door }
    }

    /// With 10 units of `W` at `A`, and four entries.
    fn stocked() -> Caller {
        Caller::of(Door::open().stocked())
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn commands(&self) -> CommandsClient<Channel> {
        CommandsClient::new(self.channel.clone()).max_decoding_message_size(64 << 20)
    }

    fn queries(&self) -> QueriesClient<Channel> {
        QueriesClient::new(self.channel.clone())
    }

    fn feeds(&self) -> FeedsClient<Channel> {
        FeedsClient::new(self.channel.clone())
    }

    fn submit(&self, request: v1::SubmitRequest) -> Result<Vec<v1::Result>, Status> {
        let response = self.wait(self.commands().submit(request))?;
        Ok(response.into_inner().results)
    }
}

fn envelope(id: &str) -> Option<v1::Envelope> {
    Some(v1::Envelope { id: id.to_owned(), ..Default::default() })
}

fn receive(units: u64) -> v1::ReceiveStock {
    let line = v1::receive_stock::Line { sku: "W".into(), quantity: units, ..Default::default() };
    v1::ReceiveStock { location: "A".into(), lines: vec![line], ..Default::default() }
}

fn commit(order: &str, units: u64) -> v1::CommitOrder {
    let line = v1::ClaimLine { sku: "W".into(), quantity: units, ..Default::default() };
    let (order, channel) = (order.to_owned(), "eu".to_owned());
    v1::CommitOrder { order, channel, lines: vec![line], ..Default::default() }
}

fn item(id: &str, units: u64) -> v1::Command {
    let command = Some(Command::ReceiveStock(receive(units)));
    v1::Command { envelope: envelope(id), command }
}

fn batch(commands: Vec<v1::Command>) -> v1::SubmitRequest {
    v1::SubmitRequest { ledger: "acme".into(), commands, ..Default::default() }
}

#[track_caller]
fn accepted(result: &v1::Result) -> &v1::Accepted {
    match result.result.as_ref().unwrap() {
        v1::result::Result::Accepted(it) => it,
        v1::result::Result::Problem(it) => panic!("{it:?}"),
    }
}

#[track_caller]
fn problem(result: &v1::Result) -> &v1::Problem {
    match result.result.as_ref().unwrap() {
        v1::result::Result::Problem(it) => it,
        v1::result::Result::Accepted(it) => panic!("{it:?}"),
    }
}

/// Status, code, field and sentence of a refusal, in one line.
fn refusal(status: &Status) -> String {
    match onhand_client::Refusal::of(status) {
        Some(it) => format!("{:?} {} [{}] {}", status.code(), it.code, it.field, it.detail),
        None => format!("{:?} {}", status.code(), status.message()),
    }
}
