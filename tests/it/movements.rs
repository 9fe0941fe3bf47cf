//! The movement feed over HTTP: pages, waiting for news, streams that go on where they were.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::door::{Door, Reply};

/// All events, in pages of `limit`.
pub fn feed(door: &Door, query: &str, limit: usize) -> Vec<Value> {
    let (mut after, mut all) = ("0".to_owned(), Vec::new());
    loop {
        let page = get(door, &format!("movements?after={after}&limit={limit}{query}"));
        let events = page.body["events"].as_array().unwrap();
        assert!(events.len() <= limit, "{page:?}");
        all.extend(events.iter().cloned());
        after = page.body["next"].as_str().unwrap().to_owned();
        if page.body["at_end"] == json!(true) {
            return all;
        }
    }
}

#[track_caller]
fn get(door: &Door, path: &str) -> Reply {
    let reply = door.get(&format!("/v1/acme/{path}"));
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply
}

fn received(door: &Door, key: &str) -> u64 {
    let body = r#"{"location":"A","lines":[{"sku":"W","quantity":1}]}"#;
    door.book("receive_stock", key, body).position()
}

/// A ledger in which two items were sold on two channels.
fn sold() -> Door {
    let door = Door::open().stocked();
    door.book("register_item", "i2", r#"{"sku":"茶","aliases":["tea"]}"#);
    door.book("register_channel", "c2", r#"{"channel":"us","locations":["A"]}"#);
    let body = r#"{"location":"A","lines":[{"sku":"tea","quantity":5}]}"#;
    door.book("receive_stock", "r2", body);
    for (order, channel, sku) in [("O1", "eu", "W"), ("O2", "us", "茶"), ("O3", "us", "W")] {
        let body = json!({"order": order, "channel": channel, "lines": [{"sku": sku, "quantity": 1}],
            "occurred_at": "2026-01-02T03:04:05Z"});
        door.book("commit_order", order, &body.to_string());
    }
    let last = door.book("ship_order", "s9", r#"{"order":"O3"}"#).position();
    door.stock(last);
    door
}

/// `position kind sku channel` of each.
fn told(events: &[Value]) -> Vec<String> {
    let text = |it: &Value| it.as_str().unwrap_or("-").to_owned();
    let one = |it: &Value| {
        let data = &it["data"];
        let (kind, sku, channel) =
            (text(&data["kind"]), text(&data["sku"]), text(&data["channel"]));
        format!("{} {kind} {sku} {channel}", data["position"])
    };
    events.iter().map(one).collect()
}

#[test]
fn events_are_told_in_pages_and_by_what_they_are_about() {
    let door = sold();
    let all = feed(&door, "", 100);
    let expected = [
        "4 stock_received W -",
        "7 stock_received 茶 -",
        "8 order_committed W eu",
        "9 order_committed 茶 us",
        "10 order_committed W us",
        "11 order_shipped W us",
        "11 order_shipped W us",
    ];
    assert_eq!(told(&all), expected);
    assert_eq!(feed(&door, "", 1), all);
    let only = |query: &str| told(&feed(&door, query, 2));
    assert_eq!(only("&sku=tea"), [expected[1], expected[3]]);
    assert_eq!(only("&channel=us"), expected[3..]);
    assert_eq!(only("&channel=us&sku=W"), expected[4..]);
    assert_eq!(
        only("&kind=order_committed,stock_received&sku=%E8%8C%B6"),
        [expected[1], expected[3]]
    );
    assert_eq!(only("&kind=order_shipped&kind=stock_held"), expected[5..]);

    let shipped = &all[5];
    assert_eq!(shipped["type"], "onhand.movement.order_shipped");
    assert_eq!(shipped["id"], "acme/00000000000000000011.000000");
    assert_eq!((&shipped["source"], &shipped["subject"]), (&json!("/ledgers/acme"), &json!("W")));
    let data = &shipped["data"];
    assert_eq!((&data["from"]["before"], &data["from"]["after"]), (&json!(10), &json!(9)));
    assert_eq!((&data["to"]["account"], &data["count"]), (&json!("customer"), &json!(2)));
    assert_eq!(all[6]["data"]["claim"]["change"], json!(-1));
    assert_eq!(all[2]["time"], "2026-01-02T03:04:05Z");
}

#[test]
fn whoever_waits_is_told_as_soon_as_there_is_news() {
    let door = Door::open().stocked();
    let before = Instant::now();
    let page = get(&door, "movements?after=4&wait_ms=150");
    assert_eq!(
        (page.body["events"].as_array().unwrap().len(), &page.body["at_end"]),
        (0, &json!(true))
    );
    assert!(before.elapsed() >= Duration::from_millis(150));
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| get(&door, "movements?after=4&wait_ms=30000&kind=stock_received"));
        door.book("register_item", "i9", r#"{"sku":"X"}"#);
        let position = received(&door, "r9");
        let page = waiting.join().unwrap();
        assert_eq!(page.body["events"][0]["data"]["position"], json!(position));
        assert_eq!(page.body["next"], json!(format!("{position:020}.999999")));
    });
    assert!(before.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_place_of_a_booking_is_a_place_at_once() {
    let door = Door::open().stocked();
    for round in 0..30 {
        let position = received(&door, &format!("r{round}"));
        let page = get(&door, &format!("movements?after={position}"));
        assert_eq!(page.body["at_end"], json!(true));
    }
}

#[test]
fn bad_questions_are_told_what_is_wrong() {
    let door = Door::open().stocked();
    let said = |path: &str| {
        let reply = door.get(&format!("/v1/acme/{path}"));
        format!("{} {}", reply.status, reply.body["detail"].as_str().unwrap())
    };
    assert!(
        said("movements?after=x").starts_with("400 after must be a place in the feed, such as")
    );
    assert!(said("movements?after=1.").starts_with("400 after must be a place"));
    let beyond = said("movements?after=99");
    assert!(beyond.contains("beyond the end of the feed: the ledger is at position 4"), "{beyond}");
    assert!(said("movements?kind=order_eaten").contains("`order_eaten` is no kind of entry"));
    assert!(said("movements?sku=").starts_with("400 sku must not be empty"));
    assert!(said("movements?from=3").starts_with("400 from is no parameter"));
    assert!(said("movements?wait_ms=soon").starts_with("400 wait_ms must be a whole number"));
    assert_eq!(door.get("/v1/other/movements").status, 404);
    let mut stream = Stream::ask(&door, "movements?after=99", None);
    assert_eq!((stream.status, stream.line().contains("beyond the end")), (400, true));
}

/// Names of fields and what kind of value each has.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, it)| (name.clone(), shape(it))).collect()
        }
        Value::String(_) => json!("text"),
        Value::Number(_) => json!("number"),
        _ => json!("other"),
    }
}

#[test]
fn the_event_in_the_pages_is_one() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/feeds.md")).unwrap();
    let example = page.split("```json event").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    assert_eq!(shape(&example), shape(&feed(&sold(), "", 100)[5]));
}

/// A stream of server-sent events, read line by line.
struct Stream {
    status: u16,
    retry_after: Option<String>,
    lines: BufReader<Box<dyn std::io::Read>>,
}

impl Stream {
    fn ask(door: &Door, path: &str, last: Option<&str>) -> Stream {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_recv_body(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request = agent.get(door.url(&format!("/v1/acme/{path}")));
        request = request.header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.call().unwrap();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|it| it.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body: Box<dyn std::io::Read> = Box::new(response.into_body().into_reader());
        Stream { status, retry_after, lines: BufReader::new(body) }
    }

    /// Empty at the end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let _ = self.lines.read_line(&mut line);
        line
    }

    /// The next event with its id.
    fn event(&mut self) -> (String, Value) {
        let mut id = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "the stream ended");
            if let Some(it) = line.strip_prefix("id: ") {
                id = it.trim().to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (id, serde_json::from_str(data).unwrap());
            }
        }
    }
}

#[test]
fn a_stream_goes_on_where_its_reader_was() {
    let door = sold();
    let (mut seen, mut last) = (Vec::new(), None::<String>);
    for round in 0..6 {
        let mut stream = Stream::ask(&door, "movements?after=2", last.as_deref());
        assert_eq!((stream.status, stream.line().as_str()), (200, "retry: 1000\n"));
        for _ in 0..3 {
            received(&door, &format!("{round}-{}", seen.len()));
            let (id, event) = stream.event();
            assert_eq!(event["sequence"], json!(id));
            last = Some(id);
            seen.push(event);
        }
    }
    let all = feed(&door, "", 100);
    assert!(seen.len() == 18 && seen[..] == all[..18], "{seen:?}");
}

#[test]
fn streams_have_seats_and_end_with_their_reader_and_with_the_server() {
    let mut door = Door::open_with(|it| {
        (it.feed_subscribers_max, it.feed_keep_alive_ms) = (1, 100);
    })
    .stocked();
    let mut first = Stream::ask(&door, "movements?sku=X", None);
    while !first.line().starts_with(": at 00000000000000000004.999999") {}
    let mut second = Stream::ask(&door, "movements", None);
    assert_eq!((second.status, second.retry_after.as_deref()), (503, Some("5")));
    assert!(second.line().contains("too_many_subscribers"));
    // So has whoever waits for a page, and nobody else.
    let waiting = door.get("/v1/acme/movements?after=4&wait_ms=10");
    assert_eq!((waiting.status, waiting.code()), (503, "too_many_subscribers"));
    get(&door, "movements");
    drop(first);
    let begun = Instant::now();
    let mut third = loop {
        let next = Stream::ask(&door, "movements", None);
        if next.status == 200 {
            break next;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the seat is never free");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(third.event().1["data"]["position"], json!(4));
    let begun = Instant::now();
    door.begin_stop();
    while !third.line().is_empty() {}
    assert!(begun.elapsed() < Duration::from_secs(5));
    door.stop();
}

#[test]
fn the_trace_of_a_call_is_in_its_events() {
    let door = Door::open().stocked();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let body =
        json!({"location": "A", "lines": [{"sku": "W", "quantity": 1}], "traceparent": trace});
    let booked = door.book("receive_stock", "t1", &body.to_string());
    let after = booked.position() - 1;
    let page = get(&door, &format!("movements?after={after}&wait_ms=10000"));
    let event = &page.body["events"][0];
    assert_eq!(
        (&event["traceparent"], &event["data"]["traceparent"]),
        (&json!(trace), &json!(trace))
    );
}
