//! Feeds as streams.

use onhand_proto::v1;
use onhand_proto::v1::watch_movements_response::News;

use super::{Caller, batch, item, refusal};

fn wish(after: &str) -> v1::WatchMovementsRequest {
    let (ledger, after) = ("acme".to_owned(), after.to_owned());
    v1::WatchMovementsRequest { ledger, after, ..Default::default() }
}

fn all(caller: &Caller, wish: v1::WatchMovementsRequest) -> Vec<v1::Movement> {
    let wish = v1::WatchMovementsRequest { until_now: true, ..wish };
    caller.wait(async {
        let mut stream = caller.feeds().watch_movements(wish).await.unwrap().into_inner();
        let mut movements = Vec::new();
        while let Some(response) = stream.message().await.unwrap() {
            if let Some(News::Movement(it)) = response.news {
                movements.push(it);
            }
        }
        movements
    })
}

#[test]
fn movements_are_told_from_any_place() {
    let caller = Caller::stocked();
    caller.submit(batch(vec![item("k1", 1), item("k2", 2), item("k3", 3)])).unwrap();
    caller.door.stock(7);
    let told = all(&caller, wish(""));
    let units: Vec<u64> = told.iter().map(|it| it.quantity).collect();
    assert_eq!(units, [10, 1, 2, 3]);
    let second = &told[1];
    assert_eq!((second.kind.as_str(), second.sku.as_str()), ("stock_received", "W"));
    let to = second.to.as_ref().unwrap();
    assert_eq!((to.location.as_str(), to.before, to.after), ("A", Some(10), Some(11)));
    assert_eq!(second.origin.as_ref().unwrap().id, "k1");
    assert_eq!(all(&caller, wish(&second.sequence)), told[2..]);
    assert_eq!(all(&caller, wish("7")), []);
    let none = v1::WatchMovementsRequest { kinds: vec!["order_shipped".into()], ..wish("") };
    assert_eq!(all(&caller, none), []);
}

#[test]
fn a_stream_goes_on_with_what_is_booked() {
    let caller = Caller::stocked();
    caller.wait(async {
        let mut stream = caller.feeds().watch_movements(wish("4")).await.unwrap().into_inner();
        for round in 1..4 {
            let request = batch(vec![item(&format!("k{round}"), round)]);
            caller.commands().submit(request).await.unwrap();
            match stream.message().await.unwrap().unwrap().news {
                Some(News::Movement(it)) => assert_eq!(it.quantity, round),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn a_wrong_wish_is_refused_before_the_stream_begins() {
    let caller = Caller::stocked();
    let ask = |it| refusal(&caller.wait(caller.feeds().watch_movements(it)).unwrap_err());
    let said = [
        ask(wish("x")),
        ask(wish("99")),
        ask(v1::WatchMovementsRequest { kinds: vec!["moved".into()], ..wish("") }),
        ask(v1::WatchMovementsRequest { skus: vec!["W".into(), "".into()], ..wish("") }),
        ask(v1::WatchMovementsRequest { ledger: "nobody".into(), ..wish("") }),
    ];
    expect_test::expect![""].assert_eq(&said.join("\n"));
}
