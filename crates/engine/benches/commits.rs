//! Commands per second of one engine in process; commands are built before the clock starts.
//!
//! `cargo bench -p onhand-engine -- [memory|embedded|nats://host:port] [commands]`. Figures are of
//! one-line `commit_order` over 10,000 items, from four callers with two batches each under way.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onhand_core::{
    BlockBody, Book, ChannelId, ClaimLine, Command, CommandId, CommitOrder, Envelope, IfShort,
    KeptBack, Label, LedgerId, LocationId, LocationKind, LowStock, OrderId, Oversell, Partial,
    Quantity, ReceiveFrom, ReceiveLine, ReceiveStock, ReceiveTo, RegisterChannel, RegisterItem,
    RegisterLocation, Request, Routing, Rule, SetPolicy, Sku, Time,
};
use onhand_engine::{Answer, Batch, EngineConfig, EngineMetrics, Handle, Source, start};
use onhand_journal::{
    Chain, Durability, Embedded, Fault, HighWater, Identity, JetStreamConfig, Journal, Kind,
    MemoryJournal, Tip, jetstream,
};
use uuid::Uuid;

const ITEMS: usize = 10_000;
const CALLERS: usize = 4;
const UNDER_WAY: usize = 2;

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since.as_micros()).expect("a clock before the year 500,000")
}

/// Where blocks go.
enum Store {
    Memory(MemoryJournal),
    Embedded(Embedded),
    JetStream(Box<JetStreamConfig>),
}

/// A new journal in `directory` that is its own and only source.
struct Fresh {
    identity: Identity,
    store: Store,
    mark: PathBuf,
}

impl Fresh {
    fn new(store: &str, directory: &tempfile::TempDir) -> Fresh {
        let identity = Identity { installation: Uuid::now_v7(), shard: 0 };
        let store = match store {
            "memory" => Store::Memory(MemoryJournal::create(&identity, 1, now_us())),
            "embedded" => {
                let path = directory.path().join(format!("{}.redb", identity.installation));
                Store::Embedded(Embedded::create(path, &identity, 1, now_us()).expect("a journal"))
            }
            url => {
                let name = identity.installation.simple();
                let config = JetStreamConfig {
                    durability: Durability::Relaxed,
                    stream_prefix: format!("BENCH_{name}_"),
                    subject_prefix: format!("bench.{name}."),
                    ..JetStreamConfig::new(url)
                };
                jetstream::create(&config, &identity, 1, now_us()).expect("a journal");
                Store::JetStream(Box::new(config))
            }
        };
        Fresh {
            identity,
            store,
            mark: directory.path().join(format!("{}.mark", identity.installation)),
        }
    }

    fn open(&self) -> Result<Box<dyn Journal>, Fault> {
        Ok(match &self.store {
            Store::Memory(journal) => Box::new(journal.clone()),
            Store::Embedded(journal) => Box::new(journal.clone()),
            Store::JetStream(config) => Box::new(jetstream::open(config, &self.identity)?),
        })
    }
}

impl Source for Fresh {
    fn load(&mut self) -> Result<(Book, Tip), Fault> {
        let (mut chain, mut book) = (Chain::new(self.identity), Book::new([7; 16]));
        let mut reader = self.open()?.reader()?;
        loop {
            let blocks = reader.read_from(chain.tip.height + 1, 32 << 20, Duration::ZERO)?;
            if blocks.is_empty() {
                return Ok((book, chain.tip));
            }
            for bytes in blocks {
                let block = chain.accept(bytes)?;
                if block.kind == Kind::Entries {
                    let body: BlockBody = serde_json::from_slice(block.body()).expect("a body");
                    book.apply(block.height, Time(block.time_us), &body).expect("entries");
                }
            }
        }
    }

    fn journal(&mut self) -> Result<(Box<dyn Journal>, HighWater), Fault> {
        Ok((self.open()?, HighWater::open(&self.mark)?))
    }

    fn clock(&mut self) -> Time {
        Time(now_us())
    }
}

fn request(id: String, command: Command) -> Request {
    let envelope = Envelope {
        // As long as a real print: a short hash in hexadecimal.
        request: format!(
            "{:032x}",
            id.bytes().fold(7_u128, |sum, byte| sum * 31 + u128::from(byte))
        )
        .into(),
        id: CommandId::new(&id).expect("a name"),
        occurred_at: None,
        actor: None,
        source: None,
        source_event: None,
        cause: None,
        traceparent: None,
        metadata: BTreeMap::new(),
    };
    Request { ledger: LedgerId::new("bench").expect("a name"), envelope, command }
}

fn sku(item: usize) -> Sku {
    Sku::new(&format!("SKU-{item:06}")).expect("a name")
}

fn location() -> LocationId {
    LocationId::new("MAIN").expect("a name")
}

/// How an order says where its units come from, and what rules that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It names the location.
    Named,
    /// It names a channel, of which no rule says anything.
    Channel,
    /// It names a channel, and every dimension has a rule for everything and one for the item.
    Ruled,
}

fn channel() -> ChannelId {
    ChannelId::new("SHOP").expect("a name")
}

fn order(way: Way, number: usize, item: usize) -> Request {
    let named = way == Way::Named;
    let line = ClaimLine {
        r#ref: None,
        sku: sku(item),
        quantity: Quantity::new(1).expect("one"),
        location: named.then(location),
        slot: None,
    };
    let command = CommitOrder {
        order: OrderId::new(&format!("SO-{number:09}")).expect("a name"),
        channel: (!named).then(channel),
        hold: None,
        lines: vec![line],
        partial: Partial::None,
        if_short: IfShort::Refuse,
        campaign: None,
        customer: None,
        ship_to: None,
    };
    request(format!("order-{number:09}"), Command::CommitOrder(command))
}

/// A rule for every dimension that a commitment through a channel asks about.
fn every_rule() -> (Rule, Rule) {
    let (units, percent) = (Some(5), Some(1));
    let on_channel = Rule {
        buffer: Some(KeptBack { units, percent }),
        share_percent: Some(90),
        exclusive: Some(false),
        oversell: Some(Oversell { limit: Some(10), ratio: Some(105) }),
        max_listed: Some(1_000),
        end_when: Some(3),
        locations: Some(vec![location()]),
        hold_seconds: Some(600),
        sell_ahead_days: Some(7),
        low_stock: Some(LowStock { at: 10, clear: None }),
        routing: Some(Routing::default()),
        ..Rule::default()
    };
    let at_location = Rule {
        safety: Some(KeptBack { units, percent }),
        trust_percent: Some(80),
        cost: Some(12),
        regions: Some(vec![Label::new("EU").expect("a name")]),
        ..Rule::default()
    };
    (on_channel, at_location)
}

fn policy(id: String, sku: Option<Sku>, of_channel: bool) -> Request {
    let (on_channel, at_location) = every_rule();
    let command = SetPolicy {
        sku,
        category: None,
        channel: of_channel.then(channel),
        location: (!of_channel).then(location),
        supplier: None,
        set: if of_channel { on_channel } else { at_location },
        clear: Vec::new(),
    };
    request(id, Command::SetPolicy(Box::new(command)))
}

/// Rules of the channel and the location for everything, and for every item.
fn rules() -> Vec<Request> {
    let mut requests = Vec::new();
    for of_channel in [true, false] {
        requests.push(policy(format!("rule-{of_channel}"), None, of_channel));
        let of_item = |it| policy(format!("rule-{of_channel}-{it}"), Some(sku(it)), of_channel);
        requests.extend((0..ITEMS).map(of_item));
    }
    requests
}

/// Items with more units than all orders together want.
fn stock() -> Vec<Request> {
    let here = RegisterLocation {
        location: location(),
        name: None,
        kind: LocationKind::default(),
        supplier: None,
    };
    let mut requests = vec![request("location".to_string(), Command::RegisterLocation(here))];
    let (name, locations) = (None, vec![location()]);
    let shop = RegisterChannel { channel: channel(), name, locations };
    requests.push(request("channel".to_string(), Command::RegisterChannel(shop)));
    for item in 0..ITEMS {
        let (aliases, name, category, scale) = (Vec::new(), None, None, 0);
        let new = RegisterItem { sku: sku(item), aliases, name, category, scale };
        requests.push(request(format!("item-{item}"), Command::RegisterItem(new)));
    }
    for items in (0..ITEMS).collect::<Vec<_>>().chunks(500) {
        let quantity = Quantity::new(1_000_000_000).expect("a quantity");
        let line =
            |item: &usize| ReceiveLine { sku: sku(*item), quantity, lot: None, unit_cost: None };
        let receive = ReceiveStock {
            location: location(),
            lines: items.iter().map(line).collect(),
            to: ReceiveTo::default(),
            from: ReceiveFrom::default(),
            supplier: None,
            inbound: None,
            create_items: false,
        };
        requests.push(request(format!("units-{}", items[0]), Command::ReceiveStock(receive)));
    }
    requests
}

fn stocked(store: &str, directory: &tempfile::TempDir, way: Way) -> Handle {
    let source = Fresh::new(store, directory);
    let config = EngineConfig { keys_reserved: 4_000_000, ..EngineConfig::default() };
    let handle = start(source.identity, config, Box::new(source));
    assert!(handle.wait_started(Duration::from_secs(30)), "{:?}", handle.status());
    assert_accepted(&handle.submit_blocking(Batch::each(stock())));
    if way == Way::Ruled {
        assert_accepted(&handle.submit_blocking(Batch::each(rules())));
    }
    handle
}

fn assert_accepted(answers: &[Answer]) {
    let odd = answers.iter().find(|it| !matches!(it, Answer::Accepted { .. }));
    assert!(odd.is_none(), "{odd:?}");
}

/// Commands per second of `commands` orders in batches of `size`, over items that `pick` names.
/// Returns what the deciding thread was busy with each, in microseconds.
fn throughput(
    name: &str,
    handle: &Handle,
    way: Way,
    first: usize,
    commands: usize,
    size: usize,
    pick: fn(usize) -> usize,
) -> f64 {
    let mut batches: Vec<VecDeque<Batch>> = (0..CALLERS).map(|_| VecDeque::new()).collect();
    for (place, numbers) in (0..commands).collect::<Vec<_>>().chunks(size).enumerate() {
        let orders = numbers.iter().map(|it| order(way, first + it, pick(*it))).collect();
        batches[place % CALLERS].push_back(Batch::each(orders));
    }
    let blocks = blocks(handle.metrics());
    let busy = busy_ns("shard-0");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for batches in batches {
            scope.spawn(move || call(handle, batches));
        }
    });
    let time = begun.elapsed();
    let rate = commands as f64 / time.as_secs_f64();
    // What the one thread that decides was busy: other work on the machine does not blur it.
    let busy_us = (busy_ns("shard-0") - busy) as f64 / 1e3 / commands as f64;
    let per_block = commands as u64 / (self::blocks(handle.metrics()) - blocks).max(1);
    println!(
        "{name:<34} {rate:>9.0} commands/s   {busy_us:.2} us busy each   {per_block:>5} per block"
    );
    busy_us
}

/// Nanoseconds the processors spent on threads of that name; 0 where the system does not tell.
fn busy_ns(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_task = |task: std::fs::DirEntry| {
        let comm = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        let busy = stat.split(' ').next()?.parse::<u64>().ok()?;
        (comm.trim() == name).then_some(busy)
    };
    tasks.filter_map(of_task).sum()
}

fn blocks(metrics: &EngineMetrics) -> u64 {
    metrics.blocks.load(std::sync::atomic::Ordering::Relaxed)
}

/// Hands batches in, a few under way at a time.
fn call(handle: &Handle, batches: VecDeque<Batch>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut under_way = VecDeque::new();
    for batch in batches {
        under_way.push_back(handle.submit(batch));
        if under_way.len() == UNDER_WAY {
            let oldest = under_way.pop_front().expect("one under way");
            assert_accepted(&runtime.block_on(oldest));
        }
    }
    for answers in under_way {
        assert_accepted(&runtime.block_on(answers));
    }
}

/// One caller, one command at a time.
fn latency(handle: &Handle, first: usize, commands: usize) {
    let requests: Vec<Request> =
        (0..commands).map(|it| order(Way::Named, first + it, it % ITEMS)).collect();
    let mut times = Vec::with_capacity(commands);
    for request in requests {
        let begun = Instant::now();
        assert_accepted(&handle.submit_blocking(Batch::one(request)));
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |share: f64| times[((commands - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{:<34} p50 {:.3} ms   p99 {:.3} ms   p99.9 {:.3} ms",
        "one caller, one command",
        at(0.5),
        at(0.99),
        at(0.999)
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let store = arguments.first().map_or("embedded", String::as_str);
    let commands = arguments.get(1).map_or(400_000, |it| it.parse().expect("a number of commands"));
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    println!("journal: {store}, {commands} commands");
    let spread = |it: usize| it.wrapping_mul(7_919) % ITEMS;
    let (mut first, mut busy) = (0, Vec::new());
    for (name, way, size, pick) in [
        ("batches of 1,000", Way::Named, 1_000, spread as fn(usize) -> usize),
        ("batches of 8,000", Way::Named, 8_000, spread),
        ("batches of 8,000, one hot item", Way::Named, 8_000, |_| 0),
        ("8,000 by a channel without rules", Way::Channel, 8_000, spread),
        ("8,000 by a channel, every rule", Way::Ruled, 8_000, spread),
    ] {
        let handle = stocked(store, &directory, way);
        // Warm: files, caches and allocator.
        throughput("(warming up)", &handle, way, first, commands / 10, size, pick);
        first += commands / 10;
        busy.push(throughput(name, &handle, way, first, commands, size, pick));
        first += commands;
        handle.shutdown();
        assert!(handle.wait_stopped(Duration::from_secs(30)));
    }
    if let [.., none, every] = busy.as_slice() {
        println!("every rule costs {:.2} times as much as none, per command", every / none);
    }
    latency(&stocked(store, &directory, Way::Named), first, 2_000);
}
