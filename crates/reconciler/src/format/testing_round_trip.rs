//! What was written comes back, in every style and encoding; and no bytes at all bring it down.

use std::io::Cursor;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use onhand_core::QUANTITY_MAX;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use smol_str::SmolStr;

use super::*;

/// How a file is written.
#[derive(Clone, Debug)]
struct Style {
    encoding: &'static Encoding,
    mark: bool,
    delimiter: u8,
    end: &'static str,
    thousands: Option<char>,
    is_quoted: bool,
    is_wide: bool,
    /// Lines above the header.
    above: usize,
}

fn style() -> impl Strategy<Value = Style> {
    let encodings = [UTF_8, GBK, GB18030, BIG5, UTF_16LE, UTF_16BE, WINDOWS_1252];
    (
        (prop::sample::select(encodings.to_vec()), any::<bool>()),
        prop::sample::select(b",;\t|~".to_vec()),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        prop::sample::select(vec![None, Some('.'), Some(','), Some(' '), Some('\'')]),
        (any::<bool>(), any::<bool>(), 0..3_usize),
    )
        .prop_map(
            |((encoding, mark), delimiter, end, thousands, (is_quoted, is_wide, above))| Style {
                encoding,
                mark,
                delimiter,
                end,
                thousands,
                is_quoted,
                is_wide,
                above,
            },
        )
}

impl Style {
    fn profile(&self) -> Profile {
        let columns = Columns {
            code: Some(Column::Name("Code".into())),
            quantity: Some(Column::Name("Number".into())),
            description: Some(Column::Name("Text".into())),
            pack: Some(Column::Number(2.try_into().unwrap())),
            ..Columns::default()
        };
        Profile {
            format: Some(Format::Csv),
            encoding: Some(Charset(self.encoding)),
            delimiter: Some(Delimiter(self.delimiter)),
            thousands: self.thousands,
            skip_rows: self.above as u64,
            columns,
            ..Profile::default()
        }
    }

    fn file(&self, lines: &[Line]) -> Vec<u8> {
        let end = match self.end {
            "\r\n" => csv::Terminator::CRLF,
            other => csv::Terminator::Any(other.as_bytes()[0]),
        };
        let quotes =
            if self.is_quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .terminator(end)
            .quote_style(quotes)
            .from_writer(Vec::new());
        writer.write_record(["Text", "Pack", "Number", "Code"]).unwrap();
        for line in lines {
            let text = line.description.as_deref().unwrap_or_default();
            let pack = line.pack.map_or(String::new(), |it| self.number(it));
            let quantity = line.quantity.map_or(String::new(), |it| self.number(it));
            writer.write_record([text, &pack, &quantity, &line.code]).unwrap();
        }
        let mut text = format!("Above\" {}", self.end).repeat(self.above);
        text += &String::from_utf8(writer.into_inner().unwrap()).unwrap();
        self.encoded(&text)
    }

    fn number(&self, number: u64) -> String {
        let mut text = number.to_string();
        if let Some(mark) = self.thousands {
            let digits = text.len();
            for place in (1..digits).rev().filter(|it| (digits - it).is_multiple_of(3)) {
                text.insert(place, mark);
            }
        }
        let wide = |it: char| match it {
            '0'..='9' => char::from_u32(it as u32 + 0xFEE0).unwrap(),
            other => other,
        };
        let has_wide = self.is_wide && self.encoding != WINDOWS_1252;
        if has_wide { text.chars().map(wide).collect() } else { text }
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        let marked = if self.mark { format!("\u{feff}{text}") } else { text.to_owned() };
        if self.encoding == UTF_16LE {
            marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else if self.encoding == UTF_16BE {
            marked.encode_utf16().flat_map(u16::to_be_bytes).collect()
        } else if self.encoding == UTF_8 {
            marked.into_bytes()
        } else {
            self.encoding.encode(text).0.into_owned()
        }
    }
}

/// Texts of characters that the encoding has.
fn text(encoding: &'static Encoding) -> impl Strategy<Value = String> {
    let characters = "aZ09 -_./#\"',;|~\t+茶杯货大é€中\n";
    let known: Vec<char> = characters
        .chars()
        .filter(|it| encoding.output_encoding() == UTF_8 || !encoding.encode(&it.to_string()).2)
        .collect();
    prop::collection::vec(prop::sample::select(known), 0..12)
        .prop_map(|it| it.into_iter().collect::<String>().trim().to_owned())
}

fn lines(encoding: &'static Encoding) -> impl Strategy<Value = Vec<Line>> {
    let quantity =
        prop_oneof![Just(None), (0..2000_u64).prop_map(Some), (0..=QUANTITY_MAX).prop_map(Some)];
    let pack = prop::option::of(1..5000_u64);
    let line = (text(encoding), quantity, pack, text(encoding));
    prop::collection::vec(line, 1..20).prop_map(|lines| {
        let line =
            |(index, (code, quantity, pack, description)): (usize, (String, _, _, String))| {
                let code = format!("{index}:{code}").trim().to_owned();
                let description = (!description.is_empty()).then(|| SmolStr::new(&description));
                Line { code: SmolStr::new(code), quantity, pack, description, ..Line::default() }
            };
        lines.into_iter().enumerate().map(line).collect()
    })
}

fn written() -> impl Strategy<Value = (Style, Vec<Line>)> {
    style().prop_flat_map(|style| {
        let lines = lines(style.encoding);
        (Just(style), lines)
    })
}

proptest! {
    // The same cases in every run; PROPTEST_CASES asks for more of them.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(4), ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_comes_back((style, lines) in written()) {
        let file = style.file(&lines);
        let mut back = Vec::new();
        let read = read(&mut Cursor::new(file), &style.profile(), &mut |line| {
            // Where a line stood is not in what was written.
            back.push(Line { line: 0, ..line });
        });
        prop_assert!(read.is_ok(), "{}", read.unwrap_err());
        prop_assert_eq!(back, lines);
    }

    #[test]
    fn no_bytes_bring_it_down(bytes in prop::collection::vec(any::<u8>(), 0..400), which in 0..9_usize) {
        try_all(&bytes, which);
    }

    #[test]
    fn no_text_brings_it_down(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "supplier_sku", "quantity", ",", ";", "\t", "|", "\"", "\n", "\r", "\r\n", "=", "12",
                "1.234", "-", " ", "茶", "１", "TRL", "#", "{", "}", "[", "]", ":", "\"lines\":",
                "\"supplier_sku\":", "\"quantity\":", "null", "\u{feff}", "\0", "ISA*", "UNB+", "PK",
            ]),
            0..60,
        ),
        which in 0..9_usize,
    ) {
        try_all(parts.concat().as_bytes(), which);
    }

    #[test]
    fn no_profile_brings_it_down(text in "[a-z_ ={}\\[\\]\".\n0-9]{0,80}") {
        let _ = Profile::parse(&text);
    }
}

/// Reads the bytes after a fitting header, so that the lines themselves are reached.
fn try_all(bytes: &[u8], which: usize) {
    let fixed = "format = \"fixed\"\ncolumns = { code = { start = 1, length = 4 }, \
                 quantity = { start = 5, length = 3 }, pack = { start = 8, length = 2 } }";
    let profile = [
        "",
        "format = \"csv\"",
        "format = \"tsv\"\ntrailer = { prefix = \"TRL\", count_field = 2 }\ncomment = \"#\"",
        fixed,
        "format = \"json\"",
        "encoding = \"gbk\"",
        "encoding = \"utf-16le\"",
        "header = false\ncolumns = { code = 1, quantity = 2 }\nthousands = \".\"",
        "encoding = \"shift_jis\"\nquote = \"\"\nnegative = \"zero\"",
    ][which];
    let profile = Profile::parse(profile).unwrap();
    let headed = [b"supplier_sku,quantity\n".as_slice(), bytes].concat();
    for file in [bytes, &headed] {
        let _ = read(&mut Cursor::new(file), &profile, &mut |line| {
            assert!(!line.code.is_empty() && line.quantity.is_none_or(|it| it <= QUANTITY_MAX));
        });
    }
}
