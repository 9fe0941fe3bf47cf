//! How fast a supplier's workbook becomes lines, and in how much memory.
//!
//! `cargo bench -p onhand-reconciler --bench xlsx -- [rows]`: writes a workbook of so many rows
//! with texts, numbers and moments under the target directory, and reads it three times.

#![allow(clippy::unwrap_used, reason = "a bench may stop")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use onhand_reconciler::format::{self, Profile};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let rows = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100_000);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("stock-{rows}.xlsx"));
    if !path.exists() {
        generate_apart(&path, rows);
    }
    let before = peak_mb();
    let (lines, best) = measure(&path);
    println!(
        "xlsx: {lines} rows, {} MB in {best:.2?}, {:.0} rows/s; at most {} MB resident, {before} \
         before",
        path.metadata().unwrap().len() >> 20,
        lines as f64 / best.as_secs_f64(),
        peak_mb()
    );
}

/// In a process of its own: the writer's memory would hide the reader's.
fn generate_apart(path: &Path, rows: u32) {
    if std::env::var_os("XLSX_WRITE").is_some() {
        generate(path, rows);
        std::process::exit(0);
    }
    let mut writer = std::process::Command::new(std::env::current_exe().unwrap());
    let status = writer.arg(rows.to_string()).env("XLSX_WRITE", "1").status().unwrap();
    assert!(status.success(), "the workbook is written");
}

fn generate(path: &Path, rows: u32) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let header = ["supplier_sku", "quantity", "pack", "next_restock_at", "description", "gtin"];
    sheet.write_row(0, 0, header).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let due = ExcelDateTime::parse_from_str("2026-12-01").unwrap();
    for row in 1..=rows {
        sheet.write_string(row, 0, format!("{row:08}")).unwrap();
        sheet.write_number(row, 1, f64::from(row % 997)).unwrap();
        sheet.write_number(row, 2, 12).unwrap();
        if row % 10 == 0 {
            sheet.write_datetime_with_format(row, 3, &due, &day).unwrap();
        }
        sheet.write_string(row, 4, format!("Cup of china number {row}")).unwrap();
        sheet.write_number(row, 5, 4_006_381_333_931.0).unwrap();
    }
    book.save(path).unwrap();
}

fn measure(path: &Path) -> (u64, Duration) {
    let profile = Profile::parse("time_zone = \"Europe/Berlin\"").unwrap();
    let mut best = Duration::MAX;
    let mut lines = 0;
    for _ in 0..3 {
        let mut file = File::open(path).unwrap();
        let begun = Instant::now();
        let mut units = 0;
        let reading = format::read(&mut file, &profile, &mut |line| {
            units += line.quantity.unwrap_or_default();
        });
        lines = reading.unwrap_or_else(|it| panic!("{it}")).lines;
        assert!(units > 0, "the lines say something");
        best = best.min(begun.elapsed());
    }
    (lines, best)
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) / 1024
}
