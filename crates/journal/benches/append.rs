//! What one durable append costs, by block size and by store: seal, append, wait for durability.
//!
//! `cargo bench -p onhand-journal` prints a table. A plain appended file with one fdatasync per
//! block is the ceiling for any store on the same disk.

use onhand_journal::testing::NatsServer;
use onhand_journal::{
    Block, Chain, Embedded, Identity, JetStreamConfig, Journal, Kind, Reader, genesis, jetstream,
    seal,
};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Bytes of a body and how many blocks of it are appended.
const SIZES: [(usize, usize); 3] = [(300, 3_000), (200_000, 400), (2_000_000, 120)];

fn identity() -> Identity {
    Identity { installation: Uuid::from_u128(42), shard: 0 }
}

/// JSON of the given size, in which every block differs.
fn body(bytes: usize, number: usize) -> Vec<u8> {
    let mut body = format!("\"{number:08}").into_bytes();
    body.resize(bytes - 1, b'a' + (number % 26) as u8);
    body.push(b'"');
    body
}

/// Appends with `store` and prints one line of the table. The time of sealing is included.
fn measure(name: &str, bytes: usize, count: usize, mut store: impl FnMut(&Block)) {
    let mut tip = genesis(&identity(), 1, 0).tip();
    let mut times = Vec::with_capacity(count);
    let begun = Instant::now();
    for number in 0..count {
        let body = body(bytes, number);
        let one = Instant::now();
        let block = seal(&identity(), &tip, 1, 0, Kind::Entries, &body);
        store(&block);
        times.push(one.elapsed());
        tip = block.tip();
    }
    let total = begun.elapsed();
    times.sort();
    let at = |share: f64| times[((count - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{name:<14} {bytes:>9} B   p50 {:>7.3} ms   p99 {:>7.3} ms   {:>7.1} MB/s",
        at(0.5),
        at(0.99),
        megabytes(bytes * count, total)
    );
}

fn megabytes(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

fn replay(name: &str, bytes: usize, count: usize, reader: &mut dyn Reader) {
    let begun = Instant::now();
    let mut chain = Chain::new(identity());
    let mut total = 0;
    while chain.tip.height < count as u64 + 1 {
        let next = chain.tip.height + 1;
        let blocks = reader.read_from(next, 32 << 20, Duration::ZERO).expect("read");
        for block in blocks {
            total += block.len();
            chain.accept(block).expect("a chain");
        }
    }
    let rate = megabytes(total, begun.elapsed());
    println!("{name:<14} {bytes:>9} B   replay and verify {rate:>7.1} MB/s");
}

fn plain_file(directory: &Path) {
    for (bytes, count) in SIZES {
        let mut file = File::create(directory.join(format!("plain-{bytes}"))).expect("a file");
        measure("plain file", bytes, count, |block| {
            file.write_all(&block.bytes).expect("write");
            file.sync_data().expect("sync");
        });
    }
}

fn embedded(directory: &Path) {
    for (bytes, count) in SIZES {
        let path = directory.join(format!("embedded-{bytes}.redb"));
        let mut journal = Embedded::create(path, &identity(), 1, 0).expect("create");
        measure("embedded", bytes, count, |block| journal.append(block).expect("append"));
        replay("embedded", bytes, count, &mut *journal.reader().expect("reader"));
    }
}

fn jetstream(directory: &Path) {
    let server = NatsServer::start(true, &directory.join("nats"));
    for (bytes, count) in SIZES {
        let mut config = JetStreamConfig::new(server.url());
        config.monitor_url = Some(server.monitor_url());
        config.stream_prefix = format!("BENCH_{bytes}_");
        config.subject_prefix = format!("bench.{bytes}.");
        let mut journal = jetstream::create(&config, &identity(), 1, 0).expect("create");
        measure("jetstream R1", bytes, count, |block| journal.append(block).expect("append"));
        replay("jetstream R1", bytes, count, &mut *journal.reader().expect("reader"));
    }
}

fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    plain_file(directory.path());
    embedded(directory.path());
    jetstream(directory.path());
}
