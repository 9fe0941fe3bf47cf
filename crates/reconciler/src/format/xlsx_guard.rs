//! What a workbook unpacks to, measured before anything of it is kept in memory.

use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::Source;
use super::detect::{rewind, unreadable};
use super::number::quoted;
use crate::Complaint;

/// Largest workbook as it is sent.
const FILE_BYTES_MAX: u64 = 128 << 20;
const ENTRIES_MAX: usize = 1_000;
/// All entries together, unpacked.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Entries above [`RATIO_FREE_BYTES`] unpack to at most so many times their packed size.
const RATIO_MAX: u64 = 100;
const RATIO_FREE_BYTES: u64 = 1 << 20;
/// Texts that cells share are kept in memory.
const SHARED_TEXTS_BYTES_MAX: u64 = 64 << 20;
/// So are styles, and each takes far more there than in the file.
const STYLES_BYTES_MAX: u64 = 4 << 20;
/// What is beside the sheets and the texts.
const OTHER_BYTES_MAX: u64 = 16 << 20;
/// One text or tag. A cell holds at most 32,767 characters.
const STRETCH_BYTES_MAX: u64 = 1 << 20;
/// Announced texts: memory for them is taken before they are there.
const ANNOUNCED_MAX: u64 = 5_000_000;

/// Unpacks every entry once, into nothing, and holds it against what may be kept in memory.
/// Sizes that the file declares are looked at first, then what is really there.
///
/// Returns whether the workbook asks to be reckoned anew when it is opened: its formulas may never
/// have been.
///
/// # Errors
/// It is no workbook, is damaged, or unpacks to too much.
pub(super) fn check(source: &mut dyn Source) -> Result<bool, Complaint> {
    let length = source.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
    if length > FILE_BYTES_MAX {
        return Err(too_large(&format!("has {length} bytes"), FILE_BYTES_MAX));
    }
    rewind(source)?;
    let mut archive = ZipArchive::new(BufReader::new(&mut *source)).map_err(|_| {
        Complaint::of_file(
            "the file is no workbook (.xlsx), or was cut off; ask for it again, or save it as .xlsx",
        )
    })?;
    check_declared(&mut archive)?;
    let mut unpacked = 0;
    let mut is_unreckoned = false;
    for index in 0..archive.len() {
        let scan = measure(&mut archive, index, UNPACKED_BYTES_MAX - unpacked)?;
        unpacked += scan.bytes;
        is_unreckoned |= scan.is_unreckoned;
    }
    rewind(source)?;
    Ok(is_unreckoned)
}

fn too_large(what: &str, max: u64) -> Complaint {
    Complaint::of_file(format!(
        "the workbook {what}, more than {max}; save the sheet with the stock alone, or as CSV"
    ))
}

fn check_declared<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<(), Complaint> {
    if archive.len() > ENTRIES_MAX {
        return Err(too_large(&format!("has {} parts", archive.len()), ENTRIES_MAX as u64));
    }
    let mut sum = 0u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let (size, packed) = (entry.size(), entry.compressed_size());
        sum = sum.saturating_add(size);
        if size > RATIO_FREE_BYTES && size / RATIO_MAX > packed {
            return Err(Complaint::of_file(format!(
                "{} of the workbook unpacks from {packed} to {size} bytes, more than {RATIO_MAX} \
                 times as much; save the sheet with the stock alone, or as CSV",
                quoted(&entry.name().unwrap_or_default())
            )));
        }
    }
    match sum > UNPACKED_BYTES_MAX {
        true => Err(too_large(&format!("unpacks to {sum} bytes"), UNPACKED_BYTES_MAX)),
        false => Ok(()),
    }
}

fn damaged(error: &zip::result::ZipError) -> Complaint {
    Complaint::of_file(format!(
        "the workbook is damaged ({error}); ask for it again, or save it again as .xlsx"
    ))
}

/// Unpacks an entry, and tells what it really has.
fn measure<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    room: u64,
) -> Result<Scan, Complaint> {
    let mut entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    let name = entry.name().map_err(|error| damaged(&error))?.to_ascii_lowercase();
    let (declared, packed) = (entry.size(), entry.compressed_size());
    let max = bytes_max(&name).min(room);
    let mut scan = Scan::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = entry.read(&mut buffer).map_err(|error| damaged(&error.into()))?;
        if count == 0 {
            break;
        }
        scan.feed(&buffer[..count]);
        if scan.bytes > max {
            return Err(too_large(&format!("unpacks {} to much", quoted(&name)), max));
        }
        if scan.bytes > declared || scan.bytes > RATIO_FREE_BYTES && scan.bytes / RATIO_MAX > packed
        {
            return Err(Complaint::of_file(format!(
                "{} of the workbook unpacks to more than it declares; ask for the file again",
                quoted(&name)
            )));
        }
    }
    let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
    if is_xml && scan.longest > STRETCH_BYTES_MAX {
        return Err(too_large("has a text of a cell with too many bytes", STRETCH_BYTES_MAX));
    }
    if scan.announced > ANNOUNCED_MAX {
        return Err(too_large("announces too many texts", ANNOUNCED_MAX));
    }
    Ok(scan)
}

fn bytes_max(name: &str) -> u64 {
    match name {
        _ if name.contains("sharedstrings") => SHARED_TEXTS_BYTES_MAX,
        _ if name.contains("styles") => STYLES_BYTES_MAX,
        _ if name.contains("sheet") || name.contains("media") => UNPACKED_BYTES_MAX,
        _ => OTHER_BYTES_MAX,
    }
}

/// What is noticed of an entry while it is unpacked.
#[derive(Debug, Default)]
struct Scan {
    bytes: u64,
    /// Bytes since the last tag began, and the most that there were.
    stretch: u64,
    longest: u64,
    /// The largest number in an attribute `uniqueCount`.
    announced: u64,
    announcing: Attribute,
    /// Whether there is an attribute `fullCalcOnLoad="1"`.
    is_unreckoned: bool,
    reckoning: Attribute,
}

/// How much of an attribute with a number was seen.
#[derive(Clone, Copy, Debug)]
enum Attribute {
    /// So many letters of the name were there.
    Name(usize),
    /// Between the name and its number.
    Equals,
    Number(u64),
}

impl Default for Attribute {
    fn default() -> Attribute {
        Attribute::Name(0)
    }
}

impl Attribute {
    /// What is seen with one byte more.
    fn after(self, byte: u8, name: &[u8]) -> Attribute {
        match self {
            Attribute::Name(seen) if name[seen] == byte && seen + 1 == name.len() => {
                Attribute::Equals
            }
            Attribute::Name(seen) if name[seen] == byte => Attribute::Name(seen + 1),
            Attribute::Equals if byte.is_ascii_digit() => Attribute::Number(u64::from(byte - b'0')),
            Attribute::Number(before) if byte.is_ascii_digit() => {
                let number = before.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                Attribute::Number(number)
            }
            Attribute::Equals if byte.is_ascii_whitespace() || b"=\"'+".contains(&byte) => {
                Attribute::Equals
            }
            // An attribute's name begins after a space, never within another's.
            _ => Attribute::Name(usize::from(byte == name[0])),
        }
    }
}

impl Scan {
    fn feed(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        for &byte in piece {
            if byte == b'<' {
                self.stretch = 0;
            }
            self.stretch += 1;
            self.longest = self.longest.max(self.stretch);
            // Of UTF-16 every second byte.
            if byte == 0 {
                continue;
            }
            self.announcing = self.announcing.after(byte, b"uniqueCount");
            if let Attribute::Number(number) = self.announcing {
                self.announced = self.announced.max(number);
            }
            self.reckoning = self.reckoning.after(byte, b"fullCalcOnLoad");
            self.is_unreckoned |= matches!(self.reckoning, Attribute::Number(1));
        }
    }
}
