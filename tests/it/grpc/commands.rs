//! Single commands and batches.

use expect_test::expect;
use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use tonic::Request;

use super::{Caller, accepted, batch, commit, envelope, item, problem, receive, refusal};

fn one(id: &str, order: &str, units: u64) -> v1::CommitOrderRequest {
    v1::CommitOrderRequest {
        ledger: "acme".into(),
        envelope: envelope(id),
        command: Some(commit(order, units)),
        dry_run: false,
    }
}

#[test]
fn a_command_is_booked_once_and_answered_with_its_entry() {
    let caller = Caller::stocked();
    let mut request = Request::new(one("k1", "SO-1", 2));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request.metadata_mut().insert("traceparent", trace.parse().unwrap());
    let first = caller.wait(caller.commands().commit_order(request)).unwrap().into_inner();
    assert_eq!((first.position, first.replayed), (5, false));
    let entry: serde_json::Value = serde_json::from_str(&first.entry_json).unwrap();
    assert_eq!(entry["command"]["traceparent"], trace);
    let again = caller.wait(caller.commands().commit_order(one("k1", "SO-1", 2))).unwrap();
    let again = again.into_inner();
    assert_eq!((again.position, again.replayed), (5, true));
    // The same key and body over HTTP are the same command.
    let body = r#"{"order":"SO-1","channel":"eu","lines":[{"sku":"W","quantity":2}]}"#;
    let reply = caller.door.command("commit_order", "k1", body);
    assert_eq!((reply.status, reply.position()), (200, 5));
    let other = caller.wait(caller.commands().commit_order(one("k1", "SO-1", 3))).unwrap_err();
    expect!["AlreadyExists idempotency_key_reused [lines] the key `k1` was used for a command with another `lines`"]
        .assert_eq(&refusal(&other));
}

#[test]
fn refusals_carry_code_field_and_facts() {
    let caller = Caller::stocked();
    let refused = caller.wait(caller.commands().commit_order(one("k1", "SO-1", 11))).unwrap_err();
    let told = onhand_client::Refusal::of(&refused).unwrap();
    assert_eq!(
        (refused.code(), told.code.as_str()),
        (tonic::Code::FailedPrecondition, "insufficient_stock")
    );
    assert_eq!(
        (&told.facts["lines"][0]["requested"], &told.facts["lines"][0]["available"]),
        (&11.into(), &10.into())
    );
    let details = tonic_types::StatusExt::get_error_details(&refused);
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("insufficient_stock", "onhand"));
    assert!(info.metadata["lines"].contains("\"available\":10"), "{info:?}");
    let said = |mut change: Box<dyn FnMut(&mut v1::CommitOrderRequest)>| {
        let mut request = one("k2", "SO-2", 1);
        change(&mut request);
        refusal(&caller.wait(caller.commands().commit_order(request)).unwrap_err())
    };
    let told = [
        said(Box::new(|it| it.ledger.clear())),
        said(Box::new(|it| it.ledger = "Acme".into())),
        said(Box::new(|it| it.envelope = None)),
        said(Box::new(|it| it.envelope = envelope("expire:1"))),
        said(Box::new(|it| it.command = None)),
        said(Box::new(|it| it.command.as_mut().unwrap().partial = 99)),
        said(Box::new(|it| it.command.as_mut().unwrap().lines[0].quantity = 0)),
        said(Box::new(|it| it.command.as_mut().unwrap().channel = "us".into())),
    ];
    expect![""].assert_eq(&told.join("\n"));
    assert_eq!(caller.door.stock(4)["committed"], 0);
}

#[test]
fn a_batch_is_answered_item_by_item_and_a_retry_as_before() {
    let caller = Caller::stocked();
    let items = || vec![item("k1", 1), item("k2", 0), v1::Command::default(), item("k3", 2)];
    let first = caller.submit(batch(items())).unwrap();
    assert_eq!(accepted(&first[0]).position, 5);
    assert_eq!(problem(&first[1]).field, "receive_stock.lines[0].quantity");
    assert_eq!(problem(&first[2]).field, "command");
    assert_eq!(accepted(&first[3]).position, 6);
    assert!(accepted(&first[3]).entry_json.is_empty());
    let again = caller.submit(v1::SubmitRequest { entries: true, ..batch(items()) }).unwrap();
    assert!(accepted(&again[0]).replayed && accepted(&again[3]).replayed);
    assert!(accepted(&again[3]).entry_json.contains("stock_received"));
    assert_eq!(caller.door.stock(6)["on_hand"], 13);
}

#[test]
fn all_or_nothing_and_nothing_at_all() {
    let caller = Caller::stocked();
    let atomic = |commands| v1::SubmitRequest { atomic: true, ..batch(commands) };
    let unread = caller.submit(atomic(vec![item("k1", 1), item("k2", 0)])).unwrap_err();
    assert!(refusal(&unread).starts_with("InvalidArgument batch_invalid"), "{}", refusal(&unread));
    let order = Command::CommitOrder(commit("SO-1", 99));
    let order = v1::Command { envelope: envelope("k3"), command: Some(order) };
    let refused = caller.submit(atomic(vec![item("k1", 1), order.clone()])).unwrap();
    let codes: Vec<&str> = refused.iter().map(|it| problem(it).code.as_str()).collect();
    assert_eq!(codes, ["batch_refused", "insufficient_stock"]);
    let dry =
        v1::SubmitRequest { dry_run: true, entries: true, ..batch(vec![item("k1", 1), order]) };
    let would = caller.submit(dry).unwrap();
    assert_eq!(accepted(&would[0]).position, 0);
    assert!(accepted(&would[0]).entry_json.contains("stock_received"));
    assert_eq!(problem(&would[1]).code, "insufficient_stock");
    let booked = caller.submit(atomic(vec![item("k1", 1), item("k4", 1)])).unwrap();
    assert_eq!(accepted(&booked[1]).position, 6);
    assert_eq!(caller.door.stock(6)["on_hand"], 12);
}

#[test]
fn ten_thousand_commands_are_taken_and_one_more_is_not() {
    let caller = Caller::stocked();
    let items = |count: usize| (0..count).map(|it| item(&format!("b{it}"), 1)).collect();
    let none = caller.submit(batch(Vec::new())).unwrap_err();
    let many = caller.submit(batch(items(10_001))).unwrap_err();
    expect![[r#"
        InvalidArgument empty_batch [commands] commands has no command; send at least one
        InvalidArgument too_many_commands [commands] commands has more than 10000 commands; send it in parts"#]].assert_eq(&format!("{}\n{}", refusal(&none), refusal(&many)));
    let all = caller.submit(batch(items(10_000))).unwrap();
    assert_eq!((all.len(), accepted(&all[9_999]).position), (10_000, 10_004));
    assert_eq!(caller.door.stock(10_004)["on_hand"], 10_010);
    let request = v1::ReceiveStockRequest {
        ledger: "acme".into(),
        envelope: envelope("d1"),
        command: Some(receive(1)),
        dry_run: true,
    };
    let would = caller.wait(caller.commands().receive_stock(request)).unwrap().into_inner();
    assert_eq!(would.position, 0);
    assert!(would.entry_json.contains("10005"));
}
