//! Feeds as streams.

use onhand_proto::v1;
use onhand_proto::v1::command::Command;
use onhand_proto::v1::watch_availability_response::News as Numbers;
use onhand_proto::v1::watch_movements_response::News;

use super::{Caller, batch, commit, envelope, item, refusal};

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
        ask(v1::WatchMovementsRequest { kinds: vec!["x".repeat(9_999)], ..wish("") }),
        ask(v1::WatchMovementsRequest { skus: vec!["W".into(), "".into()], ..wish("") }),
        ask(v1::WatchMovementsRequest { skus: vec!["W".into(); 1_001], ..wish("") }),
        ask(v1::WatchMovementsRequest { ledger: "nobody".into(), ..wish("") }),
    ];
    expect_test::expect![[r#"
        InvalidArgument invalid_field [after] after must be a place in the feed, such as 00000000000000000012.000003 (the `sequence` of an event), or a position, such as 12
        InvalidArgument invalid_field [after] after is 00000000000000000099.999999, beyond the end of the feed: the ledger is at position 4. Begin again from a place that the feed has told
        InvalidArgument invalid_field [kinds] kinds `moved` is no kind of entry, such as order_shipped
        InvalidArgument invalid_field [kinds] kinds `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is no kind of entry, such as order_shipped
        InvalidArgument invalid_field [skus[1]] skus[1] must not be empty
        InvalidArgument invalid_field [skus] skus names more than 1000; leave it out and pick what you need
        NotFound not_found [] the ledger is not known: its first accepted command begins it"#]].assert_eq(&said.join("\n"));
}

#[test]
fn the_newest_numbers_are_told_and_each_change_after_them() {
    let caller = Caller::stocked();
    let wish = v1::WatchAvailabilityRequest { ledger: "acme".into(), ..Default::default() };
    caller.wait(async {
        let mut feeds = caller.feeds();
        let mut stream = feeds.watch_availability(wish.clone()).await.unwrap().into_inner();
        let mut published = Vec::new();
        let caught_up = loop {
            match stream.message().await.unwrap().unwrap().news.unwrap() {
                Numbers::Change(it) => published.push((it.sku, it.published)),
                Numbers::CaughtUp(it) => break it.version,
            }
        };
        assert_eq!(published, [("W".to_owned(), 10)]);
        caller.commands().submit(batch(vec![item("k1", 5)])).await.unwrap();
        let change = loop {
            match stream.message().await.unwrap().unwrap().news.unwrap() {
                Numbers::Change(it) => break it,
                Numbers::CaughtUp(_) => {}
            }
        };
        assert_eq!((change.published, change.reason.as_str()), (15, "stock_received"));
        // Behind the beginning there is that change only.
        let wish = v1::WatchAvailabilityRequest { after: caught_up, ..wish };
        let mut again = feeds.watch_availability(wish).await.unwrap().into_inner();
        let first = again.message().await.unwrap().unwrap().news.unwrap();
        assert!(matches!(first, Numbers::Change(it) if it.version == change.version));
    });
}

#[test]
fn notices_are_told_as_they_come() {
    let caller = Caller::stocked();
    caller.door.book("set_policy", "p1", r#"{"channel":"eu","set":{"low_stock":{"at":5}}}"#);
    let wish = v1::WatchNoticesRequest { ledger: "acme".into(), ..Default::default() };
    caller.wait(async {
        let mut stream = caller.feeds().watch_notices(wish).await.unwrap().into_inner();
        let order = Some(Command::CommitOrder(commit("SO-1", 7)));
        let order = v1::Command { envelope: envelope("k1"), command: order };
        caller.commands().submit(batch(vec![order])).await.unwrap();
        let notice = stream.message().await.unwrap().unwrap();
        assert_eq!((notice.kind.as_str(), notice.published), ("low_stock", Some(3)));
    });
    let ask = |it| refusal(&caller.wait(caller.feeds().watch_notices(it)).unwrap_err());
    let (ledger, kinds) = ("acme".to_owned(), vec!["gone".to_owned()]);
    let said = ask(v1::WatchNoticesRequest { ledger, kinds, ..Default::default() });
    expect_test::expect!["InvalidArgument invalid_field [kinds[0]] kinds[0] must be low_stock, out_of_stock, back_in_stock or oversold"].assert_eq(&said);
}
