//! The bytes of a file as lines of text, whatever its encoding and the ends of its lines.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8};

use super::{Profile, Source};
use crate::{Complaint, Complaints};

const CHUNK_BYTES: usize = 64 << 10;

/// Longest line, and longest record of several: an unclosed quote must not swallow the file into
/// memory.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// A file's text. What is wrong with the bytes is complained about, once a line, and read over:
/// other mistakes are to be found in the same run.
pub(super) struct Text<'s> {
    source: &'s mut dyn Source,
    decoder: Decoder,
    /// Whether the profile names the encoding.
    is_named: bool,
    raw: Vec<u8>,
    raw_from: usize,
    /// Bytes of the file that are decoded.
    offset: u64,
    decoded: String,
    /// Where the text that is not handed out yet begins.
    from: usize,
    /// Line of the text at `from`, from 1.
    line: u64,
    /// Up to where line ends were counted to say where a wrong byte stands, and the line there.
    seen: (usize, u64),
    after_cr: bool,
    at_end: bool,
    /// The last line that was complained about.
    complained: u64,
    pub complaints: Complaints,
}

impl<'s> Text<'s> {
    /// Reads on from where `source` stands, which must be the beginning of the text.
    pub fn new(source: &'s mut dyn Source, profile: &Profile) -> Text<'s> {
        let encoding = profile.encoding.map_or(UTF_8, |it| it.0);
        Text {
            source,
            // Obeys a byte order mark.
            decoder: encoding.new_decoder(),
            is_named: profile.encoding.is_some(),
            raw: Vec::new(),
            raw_from: 0,
            offset: 0,
            decoded: String::new(),
            from: 0,
            line: 1,
            seen: (0, 1),
            after_cr: false,
            at_end: false,
            complained: 0,
            complaints: Complaints::default(),
        }
    }

    /// The next line without its end, and its number. None: the file is at its end.
    pub fn next(&mut self) -> Option<(u64, &str)> {
        let (mut searched, mut is_dropped) = (0, false);
        loop {
            if self.after_cr && self.from < self.decoded.len() {
                self.after_cr = false;
                self.from += usize::from(self.decoded.as_bytes()[self.from] == b'\n');
            }
            match self.line_end(self.from + searched) {
                Some(end) if is_dropped => {
                    self.hand_out(end, 1);
                    (searched, is_dropped) = (0, false);
                    continue;
                }
                Some(end) => return Some(self.hand_out(end, 1)),
                None if self.at_end && (is_dropped || self.from >= self.decoded.len()) => {
                    return None;
                }
                None if self.at_end => return Some(self.hand_out(self.decoded.len(), 0)),
                None => searched = self.decoded.len() - self.from,
            }
            if searched > LINE_BYTES_MAX {
                self.complain(self.line, TOO_LONG.into());
                self.decoded.truncate(self.from);
                self.seen = (self.from, self.line);
                (searched, is_dropped) = (0, true);
            }
            self.refill();
        }
    }

    fn hand_out(&mut self, end: usize, end_bytes: usize) -> (u64, &str) {
        let (from, line) = (self.from, self.line);
        self.after_cr = self.decoded.as_bytes().get(end) == Some(&b'\r');
        self.from = end + end_bytes;
        self.line += 1;
        if self.seen.0 < self.from {
            self.seen = (self.from, self.line);
        }
        (line, &self.decoded[from..end])
    }

    /// Where the line ends, looked for from there on. Complains about NUL bytes on the way.
    fn line_end(&mut self, mut from: usize) -> Option<usize> {
        loop {
            let rest = &self.decoded.as_bytes()[from..];
            let place = from + rest.iter().position(|it| matches!(it, b'\n' | b'\r' | 0))?;
            if self.decoded.as_bytes()[place] != 0 {
                return Some(place);
            }
            self.complain(self.line, NUL.into());
            from = place + 1;
        }
    }

    /// Decodes the next chunk behind what is not handed out yet.
    fn refill(&mut self) {
        self.decoded.drain(..self.from);
        self.seen.0 = self.seen.0.saturating_sub(self.from);
        self.from = 0;
        if self.raw_from == self.raw.len() {
            self.raw.resize(CHUNK_BYTES, 0);
            let read = read_some(self.source, &mut self.raw).unwrap_or_else(|error| {
                let message = format!("the file cannot be read on from here: {error}");
                let line = Some(self.line);
                self.complaints.add(Complaint { line, column: None, message });
                0
            });
            self.raw.truncate(read);
            self.raw_from = 0;
        }
        let last = self.raw.is_empty();
        loop {
            // One byte of any encoding is at most three of UTF-8.
            let raw = &self.raw[self.raw_from..];
            self.decoded.reserve(raw.len() * 3 + 16);
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(raw, &mut self.decoded, last);
            self.raw_from += read;
            self.offset += read as u64;
            match result {
                DecoderResult::Malformed(length, after) => {
                    self.malformed(u64::from(length) + u64::from(after));
                }
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
            }
        }
        self.at_end = last;
    }

    fn malformed(&mut self, back: u64) {
        // A line feed after the carriage return of the chunk before ends no line of its own.
        let is_second = self.after_cr && self.seen.0 == self.from;
        let text = &self.decoded.as_bytes()[self.seen.0..];
        let text = text.strip_prefix(b"\n").filter(|_| is_second).unwrap_or(text);
        let mut ends = text.iter().filter(|it| **it == b'\n').count();
        if ends == 0 {
            // Files of old Macs end their lines so.
            ends = text.iter().filter(|it| **it == b'\r').count();
        }
        self.seen = (self.decoded.len(), self.seen.1 + ends as u64);
        let (name, offset) = (self.decoder.encoding().name(), self.offset.saturating_sub(back));
        let message = match self.is_named {
            true => format!(
                "byte {offset} of the file is not {name}; the file is damaged, of mixed encodings, \
                 or `encoding` in the profile is not its own"
            ),
            false => format!(
                "byte {offset} of the file is not {name}; set `encoding` in the profile, such as \
                 gbk, utf-16le, windows-1252"
            ),
        };
        self.complain(self.seen.1, message);
        self.decoded.push('\u{FFFD}');
    }

    fn complain(&mut self, line: u64, message: String) {
        if std::mem::replace(&mut self.complained, line) != line {
            self.complaints.add(Complaint { line: Some(line), column: None, message });
        }
    }
}

fn read_some(source: &mut dyn Source, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

const NUL: &str = "has NUL bytes; if the file is UTF-16, set `encoding = \"utf-16le\"` or \
                   \"utf-16be\" in the profile, else it is damaged";

const TOO_LONG: &str = "is longer than 1 MiB; this is no text with lines, or `encoding` in the \
                        profile is not its own";

/// As UTF-8 bytes.
impl Read for Text<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.from >= self.decoded.len() {
            if self.at_end {
                return Ok(0);
            }
            self.refill();
        }
        let left = &self.decoded.as_bytes()[self.from..];
        let read = left.len().min(into.len());
        into[..read].copy_from_slice(&left[..read]);
        self.line += left[..read].iter().filter(|it| **it == b'\n').count() as u64;
        self.from += read;
        if self.seen.0 < self.from {
            self.seen = (self.from, self.line);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    #[test]
    fn bytes_that_are_no_text_are_told() {
        says(
            "",
            "supplier_sku,quantity\nA\0,5\nB,5\n",
            expect![[
                r#"line 2: has NUL bytes; if the file is UTF-16, set `encoding = "utf-16le"` or "utf-16be" in the profile, else it is damaged"#
            ]],
        );
        let mixed = [
            b"supplier_sku,quantity,d\nA,5,x\nB,5,caf\xe9 \xe9\n".as_slice(),
            "C,5,é\n".as_bytes(),
        ];
        says_of(
            "",
            &mixed.concat(),
            expect![
                "line 3: byte 37 of the file is not UTF-8; set `encoding` in the profile, such as gbk, utf-16le, windows-1252"
            ],
        );
        says_of(
            "encoding = \"gbk\"",
            b"supplier_sku,quantity\nA\xff,5\n",
            expect![
                "line 2: byte 23 of the file is not GBK; the file is damaged, of mixed encodings, or `encoding` in the profile is not its own"
            ],
        );
        says_of(
            "",
            b"supplier_sku,quantity\nA,5\nB\xe4\xb8",
            expect![[r#"
                line 3: byte 27 of the file is not UTF-8; set `encoding` in the profile, such as gbk, utf-16le, windows-1252
                line 3: has 1 columns where 2 are due; the line is cut off, or a line end stands in a cell without quotes: ask for the file again"#]],
        );
        let long = format!("supplier_sku,quantity\n{},5\nB,x\n", "A".repeat(3 << 20));
        says(
            "",
            &long,
            expect![[r#"
            line 2: is longer than 1 MiB; this is no text with lines, or `encoding` in the profile is not its own
            line 3, quantity: "x" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile"#]],
        );
        let open = format!("supplier_sku,quantity\n\"A,5\n{}B,x\n", "C,5\n".repeat(300_000));
        let said = check("", open.as_bytes());
        assert!(said.starts_with("line 2: has a quote that is not closed"), "{said}");
        assert!(
            said.ends_with(
                "line 300003, quantity: \"x\" is no number; correct it, or say what it \
                                means in `unknown` or `quantity_words` of the profile"
            ),
            "{said}"
        );
        says_of(
            "",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            expect![
                "the file is an old workbook (.xls), or one with a password; save it as .xlsx without a password"
            ],
        );
        says_of(
            "format = \"csv\"",
            b"PK\x03\x04",
            expect![[
                r#"the file is a ZIP file, probably a workbook; set `format = "xlsx"` in the profile, or leave `format` out"#
            ]],
        );
        says_of("", b"\x1f\x8b\x08", expect!["the file is packed with gzip; unpack it"]);
        says_of("", b"%PDF-1.7", expect!["the file is a PDF; ask for it as CSV or XLSX"]);
    }

    #[test]
    fn every_encoding_is_text() {
        let chinese = "supplier_sku,quantity,description\nA,5,白瓷茶杯\nB,１２,㐀\n";
        for label in ["gb18030", "gbk", "big5", "utf-8"] {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            let text = if label == "gb18030" { chinese } else { &chinese.replace('㐀', "大") };
            let said = check(&format!("encoding = {label:?}"), &encoding.encode(text).0);
            let last = if label == "gb18030" { "㐀" } else { "大" };
            assert_eq!(
                said,
                format!("2: A 5 \"白瓷茶杯\"\n3: B 12 {last:?}\n2 lines, 0 skipped"),
                "{label}"
            );
        }
        for (label, mark) in
            [("utf-16le", true), ("utf-16le", false), ("utf-16be", true), ("utf-16be", false)]
        {
            let marked = if mark { format!("\u{feff}{chinese}") } else { chinese.to_owned() };
            let bytes: Vec<u8> = marked
                .encode_utf16()
                .flat_map(
                    |it| if label == "utf-16le" { it.to_le_bytes() } else { it.to_be_bytes() },
                )
                .collect();
            // A mark wins over what the profile says.
            let profile = if mark {
                "encoding = \"gbk\"".to_owned()
            } else {
                format!("encoding = {label:?}")
            };
            let said = check(&profile, &bytes);
            assert!(said.ends_with("\"㐀\"\n2 lines, 0 skipped"), "{label}: {said}");
        }
        let said = check(
            "encoding = \"windows-1252\"",
            b"supplier_sku;quantity;description\nA;5;Caf\xe9 \x80\n",
        );
        assert_eq!(said, "2: A 5 \"Café €\"\n1 lines, 0 skipped");
        says(
            "",
            "\u{feff}supplier_sku,quantity\nA,5\n",
            expect![[r#"
            2: A 5
            1 lines, 0 skipped"#]],
        );
        says_of(
            "",
            &encoding_rs::GBK.encode(chinese).0,
            expect![[r#"
                line 2: byte 38 of the file is not UTF-8; set `encoding` in the profile, such as gbk, utf-16le, windows-1252
                line 3: byte 49 of the file is not UTF-8; set `encoding` in the profile, such as gbk, utf-16le, windows-1252
                line 3, quantity: "����" is no number; correct it, or say what it means in `unknown` or `quantity_words` of the profile"#]],
        );
        let utf_16: Vec<u8> =
            "supplier_sku,quantity\nA,5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        says_of(
            "",
            &utf_16,
            expect![[r#"
                line 1: has NUL bytes; if the file is UTF-16, set `encoding = "utf-16le"` or "utf-16be" in the profile, else it is damaged
                line 1, supplier_sku: is not among the columns "s\0u\0p\0p\0l\0i\0e\0r\0_\0s\0k\0u\0", "\0q\0u\0a\0n\0t\0i\0t\0y\0"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong
                line 1, quantity: is not among the columns "s\0u\0p\0p\0l\0i\0e\0r\0_\0s\0k\0u\0", "\0q\0u\0a\0n\0t\0i\0t\0y\0"; correct `columns` in the profile, or `delimiter`, `encoding` and `skip_rows` if these look wrong"#]],
        );
    }

    #[test]
    fn the_line_of_a_wrong_byte_is_right_wherever_the_chunks_end() {
        for before in 65_520..65_540 {
            let mut file = b"supplier_sku,quantity,d\r\nA,5,".to_vec();
            file.resize(before, b'x');
            file.extend_from_slice(b"\r\nB,5,caf\xe9\r\nC,5,caf\xe9\r\n");
            let said = check("", &file);
            let lines: Vec<&str> =
                said.lines().filter_map(|it| it.split(": byte").next()).collect();
            assert_eq!(lines, ["line 3", "line 4"], "{before}: {said}");
        }
    }
}
