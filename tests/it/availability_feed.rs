//! The availability feed: the newest numbers always arrive, each once, and they are those that the
//! question tells.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::door::Door;

/// By channel and SKU.
pub type Numbers = BTreeMap<(String, String), (Value, Value)>;

/// Somebody who follows the feed page by page.
struct Reader {
    query: String,
    after: String,
    numbers: Numbers,
    /// Changes told, one for each.
    told: usize,
}

impl Reader {
    fn new(query: &str) -> Reader {
        Reader { query: query.to_owned(), after: String::new(), numbers: Numbers::new(), told: 0 }
    }

    /// Takes the next page. True: it is all there is.
    fn read(&mut self, door: &Door, wait_ms: u64) -> bool {
        let after =
            if self.after.is_empty() { String::new() } else { format!("&after={}", self.after) };
        let query = &self.query;
        let path =
            format!("/v1/acme/availability/changes?limit=500&wait_ms={wait_ms}{query}{after}");
        let reply = door.get(&path);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        for change in reply.body["events"].as_array().unwrap() {
            take(&mut self.numbers, &change["data"]);
            self.told += 1;
        }
        self.after = text(&reply.body["next"]);
        reply.body["at_end"] == true
    }

    /// Reads until it knows what the question tells.
    fn until_equal(&mut self, door: &Door, channels: &[&str]) {
        let begun = Instant::now();
        loop {
            self.read(door, 100);
            let asked = asked(door, channels);
            if self.numbers == asked {
                return;
            }
            let late = begun.elapsed() > Duration::from_secs(20);
            assert!(!late, "told {:?}\nasked {asked:?}", self.numbers);
        }
    }
}

pub fn take(numbers: &mut Numbers, change: &Value) {
    let key = (text(&change["channel"]), text(&change["sku"]));
    if change["closed"] == true {
        numbers.remove(&key);
        return;
    }
    let told = match change["unlimited"] == true {
        true => (json!("unlimited"), json!("unlimited")),
        false => (change["published"].clone(), change["available"].clone()),
    };
    numbers.insert(key, told);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// What the question tells of all items.
pub fn asked(door: &Door, channels: &[&str]) -> Numbers {
    let mut numbers = Numbers::new();
    for channel in channels {
        let reply = door.get(&format!("/v1/acme/availability?channel={channel}&limit=1000"));
        for row in reply.body["rows"].as_array().unwrap_or_else(|| panic!("{reply:?}")) {
            let key = ((*channel).to_owned(), text(&row["sku"]));
            numbers.insert(key, (row["published"].clone(), row["available"].clone()));
        }
    }
    numbers
}

/// Books all lines, `KEY` replaced by a key of their own.
pub fn book_all(door: &Door, mark: &str, commands: impl Iterator<Item = Value>) {
    let lines = commands.enumerate().map(|(place, mut command)| {
        command["id"] = format!("{mark}{place}").into();
        format!("{command}\n")
    });
    let body: String = lines.collect();
    let reply = door.post("/v1/acme/commands?entries=false", "application/x-ndjson", body);
    let results = reply.body["results"].as_array().unwrap_or_else(|| panic!("{reply:?}"));
    let refused = results.iter().find(|it| it["status"] != 201);
    assert!(refused.is_none(), "{refused:?}");
}

/// Items `I0` to `I49` at `A`, ten of each, on the channels `eu` and `us`.
pub fn shop(door: Door) -> Door {
    let door = door.stocked();
    door.book("register_channel", "c2", r#"{"channel":"us","locations":["A"]}"#);
    let item = |it: u32| json!({"command":"register_item","sku":format!("I{it}")});
    book_all(&door, "items-", (0..50).map(item));
    book_all(&door, "stock-", (0..50).map(|it| receive(it, 10)));
    door
}

pub fn receive(item: u32, quantity: u32) -> Value {
    let line = json!({"sku":format!("I{item}"),"quantity":quantity});
    json!({"command":"receive_stock","location":"A","lines":[line]})
}

const BOTH: [&str; 2] = ["eu", "us"];

#[test]
fn what_is_told_is_what_the_question_tells() {
    let door = shop(Door::open());
    let mut reader = Reader::new("");
    reader.until_equal(&door, &BOTH);
    for burst in 0..4 {
        book_all(&door, &format!("burst-{burst}-"), (0..400).map(|it| receive(it % 7, 1 + it % 3)));
        reader.until_equal(&door, &BOTH);
    }
    let order = r#"{"channel":"eu","order":"o1","lines":[{"sku":"I3","quantity":4}]}"#;
    let position = door.book("commit_order", "o1", order).position();
    reader.until_equal(&door, &BOTH);
    let reply = door.get("/v1/acme/availability/changes?sku=I3&channel=us");
    let change = &reply.body["events"][0]["data"];
    assert_eq!(change["reason"], "order_committed", "{reply:?}");
    assert_eq!((&change["position"], &change["freshness_step"]), (&json!(position), &json!(0)));
    assert!(change["sellable"].as_i64() > change["available"].as_i64(), "{change}");
    // A rule for a whole channel reaches all items; a name that is given up is closed.
    let rule = r#"{"channel":"us","set":{"buffer":{"units":3}}}"#;
    door.book("set_policy", "p1", rule);
    reader.until_equal(&door, &BOTH);
    door.book("rename_item", "r1", r#"{"sku":"I9","to":"I9-B"}"#);
    door.book("set_mode", "m1", r#"{"sku":"I8","mode":"unlimited"}"#);
    reader.until_equal(&door, &BOTH);
    assert!(!reader.numbers.contains_key(&("eu".to_owned(), "I9".to_owned())));
}

#[test]
fn a_reader_that_stops_finds_each_item_once() {
    let door = shop(Door::open());
    let mut reader = Reader::new("&channel=eu");
    reader.until_equal(&door, &["eu"]);
    let before = reader.told;
    book_all(&door, "many-", (0..10_000).map(|it| receive(it % 20, 1)));
    let others = &mut Reader::new("&sku=I5&channel=us");
    let expected = json!(10 + 10_000 / 20);
    let begun = Instant::now();
    while others.numbers.values().next().is_none_or(|it| it.0 != expected) {
        others.read(&door, 100);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", others.numbers);
    }
    // Only now does the first one read on.
    while !reader.read(&door, 0) {}
    assert_eq!(reader.told - before, 20);
    assert_eq!(reader.numbers, asked(&door, &["eu"]));
}

#[test]
fn rules_that_keep_changing_starve_no_reader() {
    let door = shop(Door::open());
    // Several slices of items: each rule is to reach all of them.
    let item = |it: u32| json!({"command":"register_item","sku":format!("X{it}")});
    book_all(&door, "more-", (0..2_000).map(item));
    let is_done = AtomicBool::new(false);
    let is_whole = std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                let units = round % 5;
                let rule = format!(r#"{{"channel":"us","set":{{"buffer":{{"units":{units}}}}}}}"#);
                door.book("set_policy", &format!("rule{round}"), &rule);
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let (mut reader, begun) = (Reader::new(""), Instant::now());
        let mut is_whole = false;
        while !is_whole && begun.elapsed() < Duration::from_secs(20) {
            is_whole = reader.read(&door, 10);
        }
        is_done.store(true, Ordering::Relaxed);
        is_whole
    });
    assert!(is_whole);
    // The last rule reaches everything that is told; what never had stock is not.
    let (mut reader, asked, begun) = (Reader::new(""), asked(&door, &BOTH), Instant::now());
    let is_right = |it: &Numbers| it.iter().all(|(key, told)| asked.get(key) == Some(told));
    while !reader.read(&door, 10) || !is_right(&reader.numbers) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", reader.numbers);
    }
}

#[test]
fn after_a_restart_everything_is_told_again() {
    let door = shop(Door::open());
    let mut reader = Reader::new("");
    reader.until_equal(&door, &BOTH);
    let door = door.restart();
    let told = reader.told;
    reader.until_equal(&door, &BOTH);
    while !reader.read(&door, 100) {}
    assert_eq!(reader.told - told, reader.numbers.len());
}

#[test]
fn a_wrong_question_is_refused() {
    let door = Door::open().stocked();
    for (query, status, code) in [
        ("?after=nix", 400, "invalid_field"),
        ("?nix=1", 400, "unknown_field"),
        ("?channel=nix", 404, "not_found"),
        ("?sku=nix", 404, "not_found"),
        ("?wait_ms=soon", 400, "invalid_field"),
    ] {
        let reply = door.get(&format!("/v1/acme/availability/changes{query}"));
        assert_eq!((reply.status, reply.code()), (status, code), "{query}");
    }
    assert_eq!(door.get("/v1/other/availability/changes").status, 404);
}

/// Server-sent events, as they come.
pub struct Events {
    lines: std::io::Lines<BufReader<ureq::BodyReader<'static>>>,
}

#[derive(Debug)]
pub struct Event {
    pub kind: String,
    pub id: String,
    pub data: Value,
}

impl Events {
    pub fn open(door: &Door, path: &str, last: Option<&str>) -> Events {
        let mut request = ureq::get(door.url(path)).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.call().unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { lines: BufReader::new(response.into_body().into_reader()).lines() }
    }

    /// None: the stream has ended.
    pub fn next(&mut self) -> Option<Event> {
        let mut event = Event { kind: String::new(), id: String::new(), data: Value::Null };
        loop {
            let line = self.lines.next()?.ok()?;
            match line.split_once(": ") {
                Some(("event", kind)) => event.kind = kind.to_owned(),
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                _ if line.is_empty() && !event.kind.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}

#[test]
fn a_stream_tells_everything_and_goes_on() {
    let mut door = Door::open().stocked();
    door.stock(4);
    let path = "/v1/acme/availability/changes?channel=eu";
    let mut events = Events::open(&door, path, None);
    let first = events.next().unwrap();
    assert_eq!(
        (first.kind.as_str(), &first.data["data"]["published"]),
        ("availability", &json!(10))
    );
    assert_eq!(first.data["type"], "onhand.availability.changed");
    assert_eq!(
        (&first.data["subject"], &first.data["source"]),
        (&json!("W"), &json!("/ledgers/acme"))
    );
    assert_eq!(first.data["sequence"], json!(first.id));
    let caught_up = events.next().unwrap();
    assert_eq!(caught_up.kind, "caught_up");
    door.book("receive_stock", "x1", r#"{"location":"A","lines":[{"sku":"W","quantity":5}]}"#);
    let next = events.next().unwrap();
    assert_eq!(
        (&next.data["data"]["published"], &next.data["data"]["reason"]),
        (&json!(15), &json!("stock_received"))
    );
    // Who comes back goes on behind it; who comes from nowhere hears everything.
    let mut again = Events::open(&door, path, Some(&caught_up.id));
    assert_eq!(again.next().unwrap().id, next.id);
    assert_eq!(again.next().unwrap().kind, "caught_up");
    let mut stranger = Events::open(&door, path, Some("0-17"));
    assert_eq!(stranger.next().unwrap().id, next.id);
    door.stop();
    assert!(events.next().is_none());
}

#[test]
fn seats_are_bounded() {
    let door = Door::open_with(|it| it.feed_subscribers_max = 1).stocked();
    let mut events = Events::open(&door, "/v1/acme/availability/changes", None);
    events.next().unwrap();
    let reply = door.get("/v1/acme/availability/changes?wait_ms=1000");
    assert!((429..=503).contains(&reply.status), "{reply:?}");
    assert_eq!(door.get("/v1/acme/availability/changes").status, 200);
}

#[test]
fn notices_come_as_they_are_noticed() {
    let door = Door::open().stocked();
    door.book("set_policy", "p1", r#"{"channel":"eu","set":{"low_stock":{"at":3}}}"#);
    door.stock(5);
    let path = "/v1/acme/notices";
    let quiet = door.get(&format!("{path}?wait_ms=50"));
    assert_eq!((quiet.status, &quiet.body["rows"]), (200, &json!([])));
    let mut events = Events::open(&door, path, None);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| door.get(&format!("{path}?wait_ms=20000&kind=low_stock")));
        let order = r#"{"channel":"eu","order":"o1","lines":[{"sku":"W","quantity":8}]}"#;
        door.book("commit_order", "o1", order);
        let reply = waiting.join().unwrap();
        assert_eq!(
            (&reply.body["rows"][0]["kind"], &reply.body["next"]),
            (&json!("low_stock"), &json!(1))
        );
    });
    let low = events.next().unwrap();
    assert_eq!((low.kind.as_str(), low.id.as_str()), ("notice", "1"));
    assert_eq!(low.data["type"], "onhand.stock.low");
    assert_eq!((&low.data["data"]["published"], &low.data["subject"]), (&json!(2), &json!("W")));
    let order = r#"{"channel":"eu","order":"o2","lines":[{"sku":"W","quantity":2}]}"#;
    door.book("commit_order", "o2", order);
    let mut again = Events::open(&door, path, Some("1"));
    for events in [&mut events, &mut again] {
        let out = events.next().unwrap();
        assert_eq!((out.id.as_str(), &out.data["type"]), ("2", &json!("onhand.stock.out")));
    }
}
