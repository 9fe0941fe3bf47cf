//! EDIFACT INVRPT, the inventory report: interchange, groups and messages with their counts.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, UTF_8, WINDOWS_1252, WINDOWS_1254,
};
use smol_str::format_smolstr;

use super::edi_envelope::{Envelope, Level, Names, too_long};
use super::edi_item::{Out, Terms};
use super::edi_segment::{Marks, Segment, Segments, Step};
use super::edifact_report::{CODES, Inventory, QUANTITIES};
use super::number::quoted;
use super::{Profile, Source};
use crate::{Complaint, Complaints, Line, Reading};

/// Reads the INVRPT messages of an interchange. A line's number is that of its `LIN` segment; a
/// UNA is not counted.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let mut segments = Segments::new(source);
    let mut segment = Segment::default();
    let decimal = interchange_header(&mut segments, &mut segment, profile)?;
    let mut reader = Reader::new(profile, decimal, &segment, sink);
    loop {
        match segments.next(&mut segment)? {
            Step::Segment => reader.segment(&segment),
            Step::Broken(complaint) => reader.envelope.complain(complaint),
            Step::End => return reader.envelope.finish(segments.number()),
        }
    }
}

/// Bytes of a UNA: the tag, four marks, one that is reserved, and the terminator.
const UNA_BYTES: usize = 9;

const UNB_ELEMENTS_MAX: usize = 11;

/// Reads UNA and UNB. Returns the mark before a number's fraction.
fn interchange_header(
    segments: &mut Segments<'_>,
    segment: &mut Segment,
    profile: &Profile,
) -> Result<u8, Complaint> {
    let begin = segments.begin(UNA_BYTES)?;
    let mut decimal = b'.';
    let read = match begin.strip_prefix(b"UNA") {
        Some(&[component, element, mark, release, _, terminator]) => {
            decimal = mark;
            let release = Some(release).filter(|it| *it != b' ');
            segments.marks = Marks { element, component, terminator, release };
            check_marks(&segments.marks)?;
            segments.next(segment)?
        }
        Some(_) => {
            return Err(Complaint::of_file("the file ends in its UNA; ask for it again"));
        }
        None if begin.starts_with(b"UNB") => segments.next_after(&begin, segment)?,
        None => return Err(no_edifact()),
    };
    match read {
        Step::Broken(complaint) => return Err(complaint),
        Step::End => return Err(no_edifact()),
        Step::Segment => {}
    }
    if segment.tag() != "UNB" {
        return Err(no_edifact());
    }
    if let Some(complaint) = too_long(segment, UNB_ELEMENTS_MAX) {
        return Err(complaint);
    }
    segments.encoding = match profile.encoding {
        Some(charset) => charset.0,
        None => charset(segment)?,
    };
    Ok(decimal)
}

fn no_edifact() -> Complaint {
    Complaint::of_file(
        "the file does not begin with UNA or UNB and the marks that they name; it is no EDIFACT \
         file, or cut off: correct `format` in the profile, or ask for the file again",
    )
}

fn check_marks(marks: &Marks) -> Result<(), Complaint> {
    if !marks.clash() {
        return Ok(());
    }
    let show = |byte: u8| char::from(byte);
    Err(Complaint::of_file(format!(
        "UNA names {:?}, {:?} and {:?} as separators of components and elements and as \
         terminator; they and the release character must be different marks",
        show(marks.component),
        show(marks.element),
        show(marks.terminator)
    )))
}

/// The encoding that UNB names. UTF-8 stands for plain ASCII too.
fn charset(unb: &Segment) -> Result<&'static Encoding, Complaint> {
    Ok(match unb.part(1, 1) {
        "UNOA" | "UNOB" | "UNOW" | "UNOY" => UTF_8,
        // A superset of ISO 8859-1, which has control characters where this has letters.
        "UNOC" => WINDOWS_1252,
        "UNOD" => ISO_8859_2,
        "UNOE" => ISO_8859_5,
        "UNOF" => ISO_8859_7,
        "UNOG" => ISO_8859_3,
        "UNOH" => ISO_8859_4,
        "UNOI" => ISO_8859_6,
        "UNOJ" => ISO_8859_8,
        // A superset of ISO 8859-9.
        "UNOK" => WINDOWS_1254,
        "KECA" => EUC_KR,
        "GBK" => GBK,
        "BIG5" => BIG5,
        other => {
            return Err(unb.complain_part(
                1,
                1,
                format!(
                    "is {}, no character set that can be read, such as UNOA, UNOB, UNOC or UNOY; \
                     set `encoding` in the profile",
                    quoted(other)
                ),
            ));
        }
    })
}

static NAMES: Names = Names {
    interchange: ["UNB", "UNZ"],
    group: ["UNG", "UNE"],
    message: ["UNH", "UNT"],
    words: ["message", "messages"],
    is_grouped: false,
};

/// The segments of one interchange, as they come.
struct Reader<'p, 's> {
    envelope: Envelope<'p, 's, Inventory>,
    decimal: char,
    /// UNB04: what a message without a moment of its own is as of.
    stamp: String,
}

impl<'p, 's> Reader<'p, 's> {
    fn new(
        profile: &'p Profile,
        decimal: u8,
        unb: &Segment,
        sink: &'s mut dyn FnMut(Line),
    ) -> Reader<'p, 's> {
        let decimal = char::from(decimal);
        let terms = Terms::new(profile, decimal, &CODES, &QUANTITIES);
        let mut out = Out::new(sink);
        let interchange = Level::open(unb, 5);
        out.reading.header.snapshot =
            Some(format_smolstr!("{}:{}", unb.part(2, 1), interchange.number()));
        let envelope = Envelope::new(&NAMES, terms, out, interchange);
        Reader { envelope, decimal, stamp: format!("{}{}", unb.part(4, 1), unb.part(4, 2)) }
    }

    fn segment(&mut self, segment: &Segment) {
        if !self.envelope.admits(segment) {
            return;
        }
        match segment.tag() {
            "UNB" => self.envelope.begin_again(segment),
            "UNG" => self.envelope.open_group(segment, 5),
            "UNH" => self.open_message(segment),
            "UNT" => self.envelope.close_message(segment),
            "UNE" => self.envelope.close_group(segment),
            "UNZ" => self.envelope.close_interchange(segment),
            _ => self.envelope.within(segment),
        }
    }

    fn open_message(&mut self, segment: &Segment) {
        let kind = segment.part(2, 1);
        let report = (kind == "INVRPT").then(|| Inventory::new(&self.stamp, self.decimal));
        let is_report = report.is_some();
        self.envelope.open_message(segment, 1, report);
        if !is_report {
            self.envelope.complain(segment.complain_part(
                2,
                1,
                format!(
                    "is {}: must be \"INVRPT\", the inventory report; send others elsewhere",
                    quoted(kind)
                ),
            ));
        }
    }
}
