//! Files of all formats, damaged at random: nothing panics, no number is made up, it always ends.
//!
//! The same cases on every run. `FUZZ_CASES=100000 SEED=7 cargo test --release -p
//! onhand-reconciler --test fuzz` tries others, and more of them.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use onhand_reconciler::Complaints;
use onhand_reconciler::format::{self, Profile};
use rust_xlsxwriter::{Format, Workbook};
use zip::write::SimpleFileOptions;

/// So many damaged files per sample.
const CASES: u64 = 400;

/// No stock is larger.
const QUANTITY_MAX: u64 = 1_000_000_000_000;

fn number_from(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// SplitMix64: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A sample, and how it is to be read.
struct Sample {
    bytes: Vec<u8>,
    profile: &'static str,
}

macro_rules! sample {
    ($file:literal, $profile:expr) => {
        Sample { bytes: include_bytes!(concat!("samples/", $file)).to_vec(), profile: $profile }
    };
}

const GERMAN: &str = "format = \"csv\"\nencoding = \"windows-1252\"\nskip_rows = 1\nthousands = \".\"\n\
    columns = { code = \"Artikel\", quantity = \"Bestand\", description = \"Bezeichnung\" }\n\
    quantity_words = { \"10+\" = 10 }\nunknown = [\"n/a\"]\n\
    trailer = { prefix = \"SUMME\", count_field = 2 }";

const FIXED: &str = "format = \"fixed\"\n\
    trailer = { prefix = \"TRL\", count_field = { start = 13, length = 5 } }\n[columns]\n\
    code = { start = 1, length = 12 }\nquantity = { start = 13, length = 5 }\n\
    description = { start = 18, length = 12 }";

const CHINESE: &str = "format = \"tsv\"\nencoding = \"gbk\"\nquantity_words = { \"有货\" = 5 }\n\
    columns = { code = \"货号\", quantity = \"库存\", description = \"名称\" }";

fn texts() -> Vec<Sample> {
    vec![
        sample!("stock.csv", "format = \"csv\""),
        sample!("stock-german.csv", GERMAN),
        sample!("stock-gbk.tsv", CHINESE),
        sample!("stock-fixed.txt", FIXED),
        sample!("stock.json", ""),
    ]
}

fn interchanges() -> Vec<Sample> {
    vec![
        sample!("x12-4010.edi", "format = \"x12\""),
        sample!("x12-5010.edi", "format = \"x12\"\nedi = { unit_packs = { EA = 2 } }"),
        sample!("x12-4010.edi", "format = \"x12\"\nedi = { location = \"S2\" }"),
        sample!("invrpt-d96a.edi", "format = \"edifact\""),
        sample!("invrpt-d97a.edi", "format = \"edifact\"\nnegative = \"zero\""),
        sample!("invrpt-eancom.edi", "format = \"edifact\"\ntime_zone = \"Europe/Berlin\""),
    ]
}

fn workbook() -> Sample {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let header = ["supplier_sku", "quantity", "pack", "next_restock_at", "description"];
    sheet.write_row(0, 0, header).unwrap();
    let zeros = Format::new().set_num_format("00000");
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for row in 1..6 {
        sheet.write_number_with_format(row, 0, row * 11, &zeros).unwrap();
        sheet.write_number(row, 1, row * 100).unwrap();
        sheet.write_number_with_format(row, 3, 46_000 + row, &day).unwrap();
        sheet.write_string(row, 4, format!("Cup {row}")).unwrap();
    }
    sheet.write_formula(6, 1, "=1+1").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    Sample { bytes, profile: "format = \"xlsx\"\ntime_zone = \"UTC\"" }
}

/// What breaks readers more often than a random byte does.
const ODD: [&[u8]; 18] = [
    b"-",
    b"\"",
    b"\n",
    b"\r",
    b"\0",
    b"'",
    b"~",
    b"*",
    b"+",
    b":",
    b"?",
    b"99999999999999999999",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"ISA",
    b"UNA:+.? '",
    b"<c r=\"ZZZZZZZ1\" t=\"s\">",
];

/// Damages the bytes one to four times.
fn damage(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        let end = (at + 1 + chance.below(40)).min(bytes.len());
        match chance.below(8) {
            _ if bytes.is_empty() => bytes.extend_from_slice(other),
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes[at] = chance.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let odd = ODD[chance.below(ODD.len())];
                bytes.splice(at..at, odd.iter().copied());
            }
            // A piece of the file twice, or of another one.
            5 => {
                let piece = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            6 => {
                let from = chance.below(other.len());
                let to = (from + chance.below(60)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => {
                let digits: Vec<usize> =
                    (0..bytes.len()).filter(|it| bytes[*it].is_ascii_digit()).collect();
                if let Some(place) = digits.get(chance.below(digits.len())) {
                    bytes[*place] = b"0123456789-.,eE"[chance.below(15)];
                }
            }
        }
    }
}

/// A file that counts what is read of it.
struct Counted<'a> {
    file: Cursor<&'a [u8]>,
    bytes: u64,
    calls: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes += count as u64;
        self.calls += 1;
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.calls += 1;
        self.file.seek(to)
    }
}

/// Reads a file and checks what must hold of any.
fn try_out(bytes: &[u8], profile: &Profile) {
    let mut file = Counted { file: Cursor::new(bytes), bytes: 0, calls: 0 };
    let mut lines = 0;
    let read = format::read(&mut file, profile, &mut |line| {
        lines += 1;
        assert!(!line.code.is_empty(), "{line:?}");
        assert!(line.quantity.is_none_or(|it| it <= QUANTITY_MAX), "{line:?}");
        assert!(line.pack != Some(0), "{line:?}");
        assert!(line.line > 0, "{line:?}");
    });
    assert!(lines <= bytes.len().max(1) * 50, "{lines} lines of {} bytes", bytes.len());
    let bound = 1_000_000 + 64 * bytes.len() as u64;
    assert!(file.bytes < bound && file.calls < bound, "{} bytes were read", file.bytes);
    match read {
        Ok(reading) => assert_eq!(reading.lines, lines as u64),
        Err(complaints) => check_complaints(&complaints, profile),
    }
}

fn check_complaints(complaints: &Complaints, profile: &Profile) {
    assert!(!complaints.is_empty(), "refused without a word");
    for complaint in &complaints.first {
        assert!(!complaint.message.is_empty() && complaint.message.len() < 10_000, "{complaint}");
        assert!(complaint.line != Some(0), "{complaint}");
        let has_place = complaint.line.is_some() || complaint.column.is_none();
        // What JSON says of the whole file has a name and no line.
        let is_json = profile.format.is_none_or(|it| it == format::Format::Json);
        assert!(has_place || is_json, "a column without its line: {complaint}");
    }
}

/// Says which case it was, should anything panic.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

/// Damages each sample in many ways with `damaged`.
fn fuzz(samples: &[Sample], damaged: impl Fn(&Sample, &Sample, &mut Chance) -> Vec<u8>) {
    let seed = number_from("SEED", 1);
    for (index, sample) in samples.iter().enumerate() {
        let profile = Profile::parse(sample.profile).unwrap();
        try_out(&sample.bytes, &profile);
        for case in 0..number_from("FUZZ_CASES", CASES) {
            let mut chance = Chance(seed ^ (index as u64) << 48 ^ case << 8);
            let other = &samples[chance.below(samples.len())];
            let bytes = damaged(sample, other, &mut chance);
            let shown = String::from_utf8_lossy(&bytes);
            let _told = Told(format!("SEED={seed}, sample {index}, case {case}: {shown:?}"));
            try_out(&bytes, &profile);
            // As found by its first bytes.
            try_out(&bytes, &Profile { format: None, ..profile.clone() });
        }
    }
}

fn damaged_bytes(sample: &Sample, other: &Sample, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = sample.bytes.clone();
    damage(&mut bytes, &other.bytes, chance);
    bytes
}

#[test]
fn damaged_texts_end_in_lines_or_complaints() {
    fuzz(&texts(), damaged_bytes);
}

#[test]
fn damaged_interchanges_end_in_lines_or_complaints() {
    fuzz(&interchanges(), damaged_bytes);
}

#[test]
fn damaged_workbooks_end_in_lines_or_complaints() {
    fuzz(&[workbook()], damaged_bytes);
}

/// Most damage to the packed bytes is found by their checksum. Here a part is damaged before it
/// is packed.
#[test]
fn workbooks_with_damaged_parts_end_in_lines_or_complaints() {
    fuzz(&[workbook()], |sample, _, chance| {
        let mut old = zip::ZipArchive::new(Cursor::new(&sample.bytes)).unwrap();
        let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let which = chance.below(old.len());
        for index in 0..old.len() {
            let mut entry = old.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            // The sheet and the shared texts more often than the rest.
            let name = entry.name().unwrap().into_owned();
            let is_core = name.contains("sheet1") || name.contains("shared");
            if index == which || is_core && chance.below(2) == 0 {
                let other = content.clone();
                damage(&mut content, &other, chance);
            }
            new.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            new.write_all(&content).unwrap();
        }
        new.finish().unwrap().into_inner()
    });
}
