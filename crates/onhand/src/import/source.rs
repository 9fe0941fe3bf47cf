//! The bytes of an export as UTF-8 text: gzip known by its content, other encodings decoded.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, Encoding};
use flate2::read::MultiGzDecoder;

use crate::failure::Failure;

const CHUNK_BYTES: usize = 64 << 10;

/// Opens `path` as text. `read_bytes` follows how much of the file has been read, for progress.
///
/// # Errors
/// A usage [`Failure`] if the file cannot be opened or is a spreadsheet.
pub fn open(
    path: &Path,
    encoding: &'static Encoding,
    read_bytes: Rc<Cell<u64>>,
) -> Result<Text, Failure> {
    let cannot =
        |error: io::Error| Failure::usage(format!("{}: cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.is_dir() {
        return Err(Failure::usage(format!("{}: is a directory; name a file", path.display())));
    }
    let mut plain = BufReader::with_capacity(CHUNK_BYTES, Counted { inner: file, read_bytes });
    let magic = peek(&mut plain).map_err(cannot)?;
    let bytes: Box<dyn Read> = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(plain)),
        [b'P', b'K', ..] => {
            let message = "is a ZIP file, perhaps a spreadsheet; export it as CSV and import that";
            return Err(Failure::usage(format!("{}: {message}", path.display())));
        }
        _ => Box::new(plain),
    };
    Ok(Text::new(bytes, encoding))
}

fn peek(reader: &mut BufReader<Counted>) -> io::Result<Vec<u8>> {
    let start = io::BufRead::fill_buf(reader)?;
    Ok(start.iter().take(2).copied().collect())
}

struct Counted {
    inner: File,
    read_bytes: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.read_bytes.set(self.read_bytes.get() + read as u64);
        Ok(read)
    }
}

/// Decodes as it is read, with every line ended by one line feed, the last one too. A byte that is
/// not of the encoding ends it with an error that names the line: guessing on would book wrong
/// names.
pub struct Text {
    bytes: Box<dyn Read>,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_from: usize,
    decoded: Vec<u8>,
    decoded_from: usize,
    /// Line of the next decoded byte, from 1.
    line: u64,
    after_cr: bool,
    at_end: bool,
}

impl Text {
    fn new(bytes: Box<dyn Read>, encoding: &'static Encoding) -> Text {
        Text {
            bytes,
            encoding,
            // Obeys a byte order mark, which files of spreadsheets often have.
            decoder: encoding.new_decoder(),
            raw: Vec::new(),
            raw_from: 0,
            decoded: Vec::new(),
            decoded_from: 0,
            line: 1,
            after_cr: false,
            at_end: false,
        }
    }

    /// Decodes the next chunk. Leaves nothing decoded at the end of the file.
    fn refill(&mut self) -> io::Result<()> {
        // One byte of any encoding is at most three of UTF-8.
        self.decoded.resize(CHUNK_BYTES * 3 + 16, 0);
        self.decoded_from = 0;
        loop {
            if self.raw_from == self.raw.len() && !self.at_end {
                self.raw.resize(CHUNK_BYTES, 0);
                let read = self.bytes.read(&mut self.raw).map_err(|error| self.broken(&error))?;
                self.raw.truncate(read);
                self.raw_from = 0;
                self.at_end = read == 0;
            }
            let raw = self.raw.get(self.raw_from..).unwrap_or_default();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                raw,
                &mut self.decoded,
                self.at_end,
            );
            self.raw_from += read;
            let mut written = self.tidy(written)?;
            if let DecoderResult::Malformed(..) = result {
                return Err(self.malformed());
            }
            if result == DecoderResult::InputEmpty && self.at_end {
                // The decoder asks for more room than it fills, so there is one byte left.
                self.decoded[written] = b'\n';
                written += 1;
            }
            if written > 0 {
                self.decoded.truncate(written);
                return Ok(());
            }
        }
    }

    /// Counts the lines of what was decoded, brings their ends to one form, and refuses the mark of
    /// an encoding that is none. Returns how many bytes are left.
    fn tidy(&mut self, written: usize) -> io::Result<usize> {
        let mut kept = 0;
        for place in 0..written {
            let byte = self.decoded[place];
            if byte == 0 {
                return Err(io::Error::other(format!(
                    "line {}: contains NUL bytes, so it is not {}; it may be utf-16: set \
                     `file.encoding` in the profile",
                    self.line,
                    self.encoding.name()
                )));
            }
            let ends = byte == b'\r' || byte == b'\n' && !self.after_cr;
            let dropped = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            self.line += u64::from(ends);
            if !dropped {
                self.decoded[kept] = if ends { b'\n' } else { byte };
                kept += 1;
            }
        }
        Ok(kept)
    }

    fn broken(&self, error: &io::Error) -> io::Error {
        let line = self.line;
        io::Error::other(format!("line {line}: the file is damaged or cut off here: {error}"))
    }

    fn malformed(&self) -> io::Error {
        io::Error::other(format!(
            "line {}: contains bytes that are not {}; set `file.encoding` in the profile to the \
             encoding of the file, such as utf-8, gbk, big5, windows-1252",
            self.line,
            self.decoder.encoding().name()
        ))
    }
}

impl Read for Text {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.decoded_from == self.decoded.len() {
            // After the end the decoder must not be asked again.
            if self.at_end {
                return Ok(0);
            }
            self.refill()?;
        }
        let left = self.decoded.get(self.decoded_from..).unwrap_or_default();
        let read = left.len().min(into.len());
        into[..read].copy_from_slice(&left[..read]);
        self.decoded_from += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn check(bytes: &[u8], encoding: &str, said: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let encoding = Encoding::for_label(encoding.as_bytes()).unwrap();
        let mut text = String::new();
        let actual = match open(file.path(), encoding, Rc::default()) {
            Ok(mut source) => match source.read_to_string(&mut text) {
                Ok(_) => text,
                Err(error) => error.to_string(),
            },
            Err(failure) => failure.to_string(),
        };
        assert!(actual.contains(said), "{actual:?} lacks {said:?}");
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn text_is_read_whatever_it_is_packed_in() {
        check("a,茶\n".as_bytes(), "utf-8", "a,茶\n");
        check(b"a\r\nb\rc\n\nd", "utf-8", "a\nb\nc\n\nd\n");
        check("\u{feff}a,b\n".as_bytes(), "utf-8", "a,b\n");
        check(&gzip("a,茶\n".as_bytes()), "utf-8", "a,茶\n");
        check(&encoding_rs::GBK.encode("货号,茶杯\n").0, "gbk", "货号,茶杯\n");
        check(b"caf\xe9\n", "windows-1252", "café\n");
        let utf_16: Vec<u8> =
            "\u{feff}a,茶\n".encode_utf16().flat_map(|it| it.to_le_bytes()).collect();
        check(&utf_16, "utf-16", "a,茶\n");
    }

    #[test]
    fn a_wrong_encoding_names_the_line() {
        check(b"a\nb\ncaf\xe9\n", "utf-8", "line 3: contains bytes that are not UTF-8");
        check(b"a\0\n\0b\0", "utf-8", "line 1: contains NUL bytes");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        check(b"PK\x03\x04...", "utf-8", "export it as CSV");
        let whole = gzip(&b"a,b,c\n".repeat(10_000));
        check(&whole[..whole.len() / 2], "utf-8", "the file is damaged or cut off here");
    }
}
