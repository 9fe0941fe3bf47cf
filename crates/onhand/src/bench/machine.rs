//! Under which conditions a measurement was taken.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Flushes measured.
const FLUSHES: usize = 200;

/// Name and value of each condition.
pub fn conditions(data: &Path) -> Vec<(String, String)> {
    let mut told = vec![
        ("processor".to_owned(), field("/proc/cpuinfo", "model name")),
        (
            "cores".to_owned(),
            std::thread::available_parallelism().map_or(0, |it| it.get()).to_string(),
        ),
        ("memory".to_owned(), field("/proc/meminfo", "MemTotal")),
        ("kernel".to_owned(), first_line("/proc/sys/kernel/osrelease")),
        (
            "build".to_owned(),
            if cfg!(debug_assertions) { "debug: figures mean nothing" } else { "release" }
                .to_owned(),
        ),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("data on".to_owned(), filesystem(data)),
    ];
    let flush = match flush_time(data) {
        Ok(time) => format!("{:.2} ms for 4 KiB, median of {FLUSHES}", time.as_secs_f64() * 1e3),
        Err(error) => format!("not measured: {error}"),
    };
    told.push(("one flush".to_owned(), flush));
    told
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The value of a line such as `model name : …`.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|it| it.starts_with(name));
    let value = line.and_then(|it| it.split_once(':')).map(|(_, value)| value.trim());
    value.unwrap_or("unknown").to_owned()
}

/// The kind of file system under a directory: that of the longest mount point above it.
fn filesystem(data: &Path) -> String {
    let path = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        path.starts_with(point).then_some((point.len(), kind))
    });
    above.max().map_or("unknown", |(_, kind)| kind).to_owned()
}

fn flush_time(data: &Path) -> io::Result<Duration> {
    let path = data.join("flush-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times[FLUSHES / 2])
}
