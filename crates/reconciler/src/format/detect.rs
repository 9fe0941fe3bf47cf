//! Which format a file has, by its first bytes.

use std::io::SeekFrom;

use encoding_rs::{Encoding, UTF_8};

use super::{Format, Profile, Source};
use crate::Complaint;

/// So much of a file is looked at.
const SAMPLE_BYTES: u64 = 64 << 10;

/// The format that the profile says, or else the bytes. Leaves `source` at its beginning.
///
/// # Errors
/// It is a kind of file that holds no lines, or another one than the profile says.
pub(super) fn format(source: &mut dyn Source, profile: &Profile) -> Result<Format, Complaint> {
    let sample = sample(source)?;
    match (profile.format, binary(&sample)) {
        (None, Some(Binary::Zip)) => Ok(Format::Xlsx),
        (Some(Format::Xlsx), _) => Ok(Format::Xlsx),
        (Some(_), Some(Binary::Zip)) => Err(Complaint::of_file(
            "the file is a ZIP file, probably a workbook; set `format = \"xlsx\"` in the profile, \
             or leave `format` out",
        )),
        (_, Some(Binary::Other(what))) => Err(Complaint::of_file(format!("the file is {what}"))),
        (Some(format), None) => Ok(format),
        (None, None) => Ok(textual(&decoded(&sample, profile))),
    }
}

pub(super) fn rewind(source: &mut dyn Source) -> Result<(), Complaint> {
    let sought = source.seek(SeekFrom::Start(0));
    sought.map(|_| ()).map_err(|error| unreadable(&error))
}

pub(super) fn unreadable(error: &std::io::Error) -> Complaint {
    Complaint::of_file(format!("the file cannot be read: {error}"))
}

/// The file's first bytes. Leaves `source` at its beginning.
pub(super) fn sample(source: &mut dyn Source) -> Result<Vec<u8>, Complaint> {
    use std::io::Read;
    rewind(source)?;
    let mut sample = Vec::new();
    let mut begin = source.take(SAMPLE_BYTES);
    begin.read_to_end(&mut sample).map_err(|error| unreadable(&error))?;
    rewind(source)?;
    Ok(sample)
}

enum Binary {
    Zip,
    /// With what it is and what to do.
    Other(&'static str),
}

fn binary(sample: &[u8]) -> Option<Binary> {
    let other = match sample {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Some(Binary::Zip),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            "an old workbook (.xls), or one with a password; save it as .xlsx without a password"
        }
        [0x1F, 0x8B, ..] => "packed with gzip; unpack it",
        [b'%', b'P', b'D', b'F', ..] => "a PDF; ask for it as CSV or XLSX",
        _ => return None,
    };
    Some(Binary::Other(other))
}

/// The sample as text, as well as that can be done.
pub(super) fn decoded(sample: &[u8], profile: &Profile) -> String {
    let (encoding, mark_bytes) =
        Encoding::for_bom(sample).unwrap_or((profile.encoding.map_or(UTF_8, |it| it.0), 0));
    encoding.decode_without_bom_handling(&sample[mark_bytes..]).0.into_owned()
}

fn textual(text: &str) -> Format {
    let text = text.trim_start();
    match text.as_bytes() {
        [b'{' | b'[', ..] => Format::Json,
        [b'I', b'S', b'A', rest @ ..] if is_x12(rest) => Format::X12,
        [b'U', b'N', b'B', b'+', ..] | [b'U', b'N', b'A', b':', ..] => Format::Edifact,
        // Its own separators: six characters, then the header.
        [b'U', b'N', b'A', ..]
            if text.get(9..).is_some_and(|it| it.trim_start().starts_with("UNB")) =>
        {
            Format::Edifact
        }
        _ => Format::Csv,
    }
}

/// The first elements of an ISA have fixed lengths, so the separator stands at fixed places.
fn is_x12(rest: &[u8]) -> bool {
    let separator = rest.first();
    separator == Some(&b'*')
        || separator.is_some_and(|it| !it.is_ascii_alphanumeric())
            && [3, 14, 17].iter().all(|place| rest.get(*place) == separator)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_first_bytes_say_what_it_is() {
        let isa = "ISA*00*          *00*          *ZZ*A";
        for (text, due) in [
            (isa, Format::X12),
            (&isa.replace('*', "|"), Format::X12),
            ("ISA,quantity\n", Format::Csv),
            ("UNB+UNOC:3+A", Format::Edifact),
            ("UNA:+.? '\nUNB+UNOC", Format::Edifact),
            ("UNA|*.? ~UNB*UNOC", Format::Edifact),
            ("UNA,quantity", Format::Csv),
            (" \n{\"a\"", Format::Json),
            ("[", Format::Json),
            ("PK\u{3}\u{4}", Format::Xlsx),
            ("\u{feff}[", Format::Json),
            ("", Format::Csv),
        ] {
            let found = format(&mut Cursor::new(text), &Profile::default());
            assert_eq!(found, Ok(due), "{text:?}");
        }
    }
}
