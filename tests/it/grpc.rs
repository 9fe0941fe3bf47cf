//! Commands over gRPC: the same ledger, answers and refusals as over HTTP.

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use onhand_proto::v1::commands_client::CommandsClient;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use crate::door::Door;

/// A door and a caller of it.
struct Caller {
    runtime: Runtime,
    commands: CommandsClient<Channel>,
    door: Door,
}

impl Caller {
    fn of(door: Door) -> Caller {
        let runtime = Runtime::new().unwrap();
        let address = format!("http://{}", door.address);
        let commands = runtime.block_on(CommandsClient::connect(address)).unwrap();
        let commands = commands.max_decoding_message_size(64 << 20);
        Caller { runtime, commands, door }
    }

    fn stocked() -> Caller {
        Caller::of(Door::open().stocked())
    }

    fn submit(&self, request: v1::SubmitRequest) -> Result<Vec<v1::Result>, tonic::Status> {
        let mut commands = self.commands.clone();
        let response = self.runtime.block_on(commands.submit(request))?;
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

fn item(id: &str, units: u64) -> v1::Command {
    let command = Some(Command::ReceiveStock(receive(units)));
    v1::Command { envelope: envelope(id), command }
}

fn batch(commands: Vec<v1::Command>) -> v1::SubmitRequest {
    v1::SubmitRequest { ledger: "acme".into(), commands, ..Default::default() }
}

fn accepted(result: &v1::Result) -> &v1::Accepted {
    match result.result.as_ref().unwrap() {
        v1::result::Result::Accepted(it) => it,
        v1::result::Result::Problem(it) => panic!("{it:?}"),
    }
}

fn problem(result: &v1::Result) -> &v1::Problem {
    match result.result.as_ref().unwrap() {
        v1::result::Result::Problem(it) => it,
        v1::result::Result::Accepted(it) => panic!("{it:?}"),
    }
}

#[test]
fn a_batch_is_answered_item_by_item_and_a_retry_as_before() {
    let caller = Caller::stocked();
    let items = || vec![item("k1", 1), item("k2", 0), item("k3", 2)];
    let first = caller.submit(batch(items())).unwrap();
    assert_eq!(accepted(&first[0]).position, 5);
    assert_eq!(problem(&first[1]).field, "receive_stock.lines[0].quantity");
    assert_eq!(accepted(&first[2]).position, 6);
    let again = caller.submit(batch(items())).unwrap();
    assert!(accepted(&again[0]).replayed && accepted(&again[2]).replayed);
    assert_eq!(caller.door.stock(6)["on_hand"], 13);
}
