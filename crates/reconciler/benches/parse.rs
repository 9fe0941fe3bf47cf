//! How fast suppliers' files become lines, and in how much memory.
//!
//! `cargo bench -p onhand-reconciler --bench parse -- [lines]`: writes a file of so many lines in
//! each format once, under the target directory, and reads it.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onhand_reconciler::format::{self, Profile};

/// Name, profile, and how one line is written.
type Case = (&'static str, &'static str, fn(u64) -> String);

const CASES: [Case; 6] = [
    ("csv", "", plain),
    ("csv-quoted", "", quoted),
    (
        "csv-german",
        "thousands = \".\"\ncolumns = { code = \"supplier_sku\", description = \"description\" }\n\
         unknown = [\"n/a\"]\nquantity_words = { \"10+\" = 10 }",
        german,
    ),
    ("csv-gbk", "encoding = \"gbk\"", chinese),
    (
        "fixed",
        "format = \"fixed\"\n[columns]\ncode = { start = 1, length = 12 }\n\
         quantity = { start = 13, length = 8 }\ndescription = { start = 21, length = 20 }",
        fixed,
    ),
    ("json", "", json),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let lines = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1_000_000);
    for case in CASES {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{lines}", case.0));
        if !path.exists() {
            generate(&path, lines, &case);
        }
        measure(&path, &case);
    }
}

fn measure(path: &Path, (name, profile, _): &Case) {
    let profile = Profile::parse(profile).unwrap();
    let (mut best, mut best_cpu) = (Duration::MAX, f64::MAX);
    let mut lines = 0;
    for _ in 0..3 {
        let mut file = File::open(path).unwrap();
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let mut units = 0;
        let reading = format::read(&mut file, &profile, &mut |line| {
            units += line.quantity.unwrap_or_default();
        });
        lines = reading.unwrap_or_else(|it| panic!("{it}")).lines;
        assert!(units > 0, "the lines say something");
        best = best.min(begun.elapsed());
        best_cpu = best_cpu.min(cpu_seconds() - cpu);
    }
    println!(
        "{name}: {lines} lines, {} MB in {best:.2?}, {:.0} lines/s, {best_cpu:.2} s of processor; \
         at most {} MB resident so far",
        path.metadata().unwrap().len() >> 20,
        lines as f64 / best.as_secs_f64(),
        peak_mb()
    );
}

fn generate(path: &Path, lines: u64, (name, profile, line): &Case) {
    println!("writing {}", path.display());
    let fresh = path.with_extension("making");
    let mut file = BufWriter::new(File::create(&fresh).unwrap());
    let header = match *name {
        "csv-german" => "supplier_sku;quantity;description\n",
        "fixed" | "json" => "",
        _ => "supplier_sku,quantity,pack,next_restock_at,description,gtin\n",
    };
    let encoding = Profile::parse(profile).unwrap().encoding.map_or(encoding_rs::UTF_8, |it| it.0);
    file.write_all(header.as_bytes()).unwrap();
    for number in 0..lines {
        file.write_all(&encoding.encode(&line(number)).0).unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
    std::fs::rename(&fresh, path).unwrap();
}

fn plain(number: u64) -> String {
    format!("SUP-{number:08},{},,,Cup of china number {number},4006381333931\n", number % 997)
}

fn quoted(number: u64) -> String {
    format!(
        "\"SUP-{number:08}\",\"{}\",\"12\",\"2026-12-01T08:00:00Z\",\"Cup, 5\"\" wide\",\"\"\n",
        number % 997
    )
}

fn german(number: u64) -> String {
    match number % 10 {
        0 => format!("SUP-{number:08};10+;Tasse\n"),
        1 => format!("SUP-{number:08};n/a;Tasse\n"),
        _ => format!("SUP-{number:08};1.{:03},00;Tasse\n", number % 997),
    }
}

fn chinese(number: u64) -> String {
    format!("SUP-{number:08},{},,,白瓷茶杯（{number}）,\n", number % 997)
}

fn fixed(number: u64) -> String {
    format!("SUP-{number:08}{:08}{:<20}\n", number % 997, format!("Cup {number}"))
}

fn json(number: u64) -> String {
    format!(
        "{{\"supplier_sku\": \"SUP-{number:08}\", \"quantity\": {}, \"description\": \"Cup\"}}\n",
        number % 997
    )
}

/// Of all threads: tells more than the clock where others work too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    ticks.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) / 1024
}
