//! Questions, health and reflection.

use onhand_proto::v1;
use tonic::codegen::http::uri::PathAndQuery;

use super::{Caller, refusal};
use crate::door::Door;

fn availability(skus: &[&str]) -> v1::GetAvailabilityRequest {
    v1::GetAvailabilityRequest {
        ledger: "acme".into(),
        channel: "eu".into(),
        skus: skus.iter().map(|it| (*it).to_owned()).collect(),
        min_position: 4,
        ..Default::default()
    }
}

#[test]
fn availability_is_told_in_the_order_asked() {
    let caller = Caller::stocked();
    let told = caller.wait(caller.queries().get_availability(availability(&["none", "W"])));
    let told = told.unwrap().into_inner();
    assert_eq!(told.seen.unwrap().position, 4);
    assert!(told.rows[0].unknown && !told.rows[1].unknown);
    assert_eq!((told.rows[1].published, told.rows[1].available), (10, 10));
    let ask = |it| refusal(&caller.wait(caller.queries().get_availability(it)).unwrap_err());
    let many = vec!["W"; 1_001];
    let said = [
        ask(availability(&[])),
        ask(availability(&["W", " "])),
        ask(availability(&many)),
        ask(v1::GetAvailabilityRequest { channel: "us".into(), ..availability(&["W"]) }),
        ask(v1::GetAvailabilityRequest { channel: String::new(), ..availability(&["W"]) }),
        ask(v1::GetAvailabilityRequest { min_position: 9, wait_ms: 1, ..availability(&["W"]) }),
    ];
    expect_test::expect![[r#"
        InvalidArgument missing_field [skus] skus is empty; name at least one
        InvalidArgument invalid_field [skus[1]] skus[1] must not begin or end with a space
        InvalidArgument invalid_field [skus] skus has more than 1000; ask in several parts
        NotFound not_found [] no channel has this name
        InvalidArgument missing_field [channel] channel is missing; add it
        DeadlineExceeded position_not_reached [] asked for position 9; what can be read reaches 4"#]].assert_eq(&said.join("\n"));
}

#[test]
fn stock_entries_and_ledgers_are_told() {
    let caller = Caller::stocked();
    let request = v1::GetStockRequest {
        ledger: "acme".into(),
        skus: vec!["W".into()],
        min_position: 4,
        wait_ms: 10_000,
    };
    let stock = caller.wait(caller.queries().get_stock(request)).unwrap().into_inner();
    assert_eq!((stock.rows[0].location.as_str(), stock.rows[0].sellable), ("A", 10));
    let request = v1::GetEntryRequest { ledger: "acme".into(), position: 4 };
    let entry = caller.wait(caller.queries().get_entry(request)).unwrap().into_inner();
    assert!(entry.entry_json.contains("stock_received"));
    let request = v1::GetEntryRequest { ledger: "acme".into(), position: 40 };
    let none = caller.wait(caller.queries().get_entry(request)).unwrap_err();
    assert!(refusal(&none).starts_with("NotFound not_found"), "{}", refusal(&none));
    let ledgers = caller.wait(caller.queries().list_ledgers(v1::ListLedgersRequest {})).unwrap();
    let ledgers = ledgers.into_inner().ledgers;
    assert_eq!((ledgers[0].ledger.as_str(), ledgers[0].position), ("acme", 4));
}

#[test]
fn any_question_of_http_is_answered_alike() {
    let caller = Caller::stocked();
    caller.door.stock(4);
    let ask = |question: &str, parameters: &[(&str, &str)]| {
        let pairs = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (ledger, question) = ("acme".to_owned(), question.to_owned());
        let request = v1::AskRequest { ledger, question, parameters: pairs.collect() };
        caller.wait(caller.queries().ask(request)).map(|it| it.into_inner().json)
    };
    let told: serde_json::Value = serde_json::from_str(&ask("timeline/W", &[]).unwrap()).unwrap();
    assert_eq!(told["rows"], caller.door.get("/v1/acme/timeline/W").body["rows"]);
    assert!(ask("stock", &[("sku", "W")]).unwrap().contains("on_hand"));
    let said = [
        ask("", &[]).unwrap_err(),
        ask("nothing/there", &[]).unwrap_err(),
        ask("stock", &[("sku", "no such & thing")]).unwrap_err(),
        ask("stock", &[("colour", "red")]).unwrap_err(),
        ask("commands", &[]).unwrap_err(),
    ];
    let said = said.iter().map(refusal).collect::<Vec<_>>().join("\n");
    expect_test::expect![[r#"
        InvalidArgument missing_field [question] question is missing; name an address behind the ledger's, such as timeline/MUG
        NotFound not_found [] there is nothing at /v1/acme/nothing/there
        NotFound not_found [] no item has this SKU
        InvalidArgument unknown_field [colour] colour is no parameter of this address
        Unimplemented method_not_allowed [] this address does not take GET; the header Allow lists what it takes"#]].assert_eq(&said);
}

/// A call of `path` with no message in it.
fn call(caller: &Caller, path: &'static str) -> tonic::Status {
    let mut grpc = tonic::client::Grpc::new(caller.channel.clone());
    caller.wait(async {
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        let path = PathAndQuery::from_static(path);
        let told = grpc.unary(tonic::Request::new(()), path, codec).await;
        told.err().unwrap_or_else(|| tonic::Status::ok(""))
    })
}

#[test]
fn health_is_told_and_what_is_not_there_is_unimplemented() {
    let caller = Caller::stocked();
    let code = |path| format!("{:?}", call(&caller, path).code());
    assert_eq!(code("/grpc.health.v1.Health/Check"), "Ok");
    assert_eq!(code("/onhand.v1.Commands/PaintItem"), "Unimplemented");
    assert_eq!(code("/onhand.v9.Commands/Submit"), "Unimplemented");
    assert_eq!(code("/v1/ledgers"), "Unimplemented");
    let text = caller.door.text("/metrics");
    assert!(
        text.contains(
            "onhand_grpc_calls_total{call=\"grpc.health.v1.Health/Check\",status=\"0\"} 1"
        ),
        "{text}"
    );
    assert!(!text.contains("PaintItem"));
}

#[test]
fn reflection_can_be_switched_off() {
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert_ne!(call(&Caller::stocked(), path).code(), tonic::Code::Unimplemented);
    let off = Caller::of(Door::open_with(|it| it.grpc_reflection = false));
    assert_eq!(call(&off, path).code(), tonic::Code::Unimplemented);
    let none = Door::open_with(|it| it.grpc_enabled = false);
    let none = Caller::of(none.stocked());
    assert_eq!(call(&none, "/onhand.v1.Commands/Submit").code(), tonic::Code::Unimplemented);
}
