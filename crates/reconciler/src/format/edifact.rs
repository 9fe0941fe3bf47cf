//! EDIFACT INVRPT, the inventory report: interchange, groups and messages with their counts.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, UTF_8, WINDOWS_1252, WINDOWS_1254,
};
use smol_str::format_smolstr;

use super::edi_envelope::{Level, Numbers, no_tag, opens_nothing, too_long};
use super::edi_item::{Out, Terms};
use super::edi_segment::{Marks, Segment, Segments, Step};
use super::edifact_report::{CODES, QUANTITIES, Report};
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
            Step::Broken(complaint) => reader.out.complaints.add(complaint),
            Step::End => return reader.finish(segments.number()),
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

/// The segments of one interchange, as they come.
struct Reader<'p, 's> {
    terms: Terms<'p>,
    out: Out<'s>,
    interchange: Level,
    is_closed: bool,
    /// Whether something out of place was told already.
    is_outside: bool,
    /// Whether messages come in groups, which the interchange counts then.
    has_groups: bool,
    group: Option<Level>,
    message: Option<Message>,
    numbers: Numbers,
    group_numbers: Numbers,
    decimal: char,
    /// UNB04: what a message without a moment of its own is as of.
    stamp: String,
    messages: u64,
}

/// A message that is open.
struct Message {
    level: Level,
    /// None: another type, which is only counted.
    report: Option<Report>,
}

impl<'p, 's> Reader<'p, 's> {
    fn new(
        profile: &'p Profile,
        decimal: u8,
        unb: &Segment,
        sink: &'s mut dyn FnMut(Line),
    ) -> Reader<'p, 's> {
        let decimal = char::from(decimal);
        let mut terms = Terms::new(profile, &CODES, &QUANTITIES);
        terms.decimal(profile, decimal);
        let mut out = Out::new(sink);
        let interchange = Level::open(unb, 5);
        out.reading.header.snapshot =
            Some(format_smolstr!("{}:{}", unb.part(2, 1), interchange.number()));
        Reader {
            terms,
            out,
            interchange,
            is_closed: false,
            is_outside: false,
            has_groups: false,
            group: None,
            message: None,
            numbers: Numbers::default(),
            group_numbers: Numbers::default(),
            decimal,
            stamp: format!("{}{}", unb.part(4, 1), unb.part(4, 2)),
            messages: 0,
        }
    }

    fn segment(&mut self, segment: &Segment) {
        if !segment.has_tag() {
            return self.out.complaints.add(no_tag(segment));
        }
        if self.is_closed {
            return self.after_the_end(segment);
        }
        match segment.tag() {
            "UNB" => self.out.complaints.add(segment.complain_whole(
                "begins an interchange within another; ask for the whole file again",
            )),
            "UNG" => self.open_group(segment),
            "UNH" => self.open_message(segment),
            "UNT" => self.close_message(segment),
            "UNE" => self.close_group(segment),
            "UNZ" => self.close_interchange(segment),
            _ => self.within(segment),
        }
    }

    /// One complaint will do for all that follows.
    fn after_the_end(&mut self, segment: &Segment) {
        if !std::mem::replace(&mut self.is_outside, true) {
            self.out.complaints.add(segment.complain_whole(
                "stands after the end of the interchange; send one interchange per file",
            ));
        }
    }

    fn within(&mut self, segment: &Segment) {
        match &mut self.message {
            Some(Message { report: Some(report), .. }) => {
                report.segment(segment, &self.terms, &mut self.out);
            }
            Some(_) => {}
            None if self.is_outside => {}
            None => {
                // One complaint will do for all up to the next header.
                self.is_outside = true;
                self.out.complaints.add(segment.complain_whole(
                    "stands outside of a message (UNH to UNT); ask for the whole file again",
                ));
            }
        }
    }

    fn open_group(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        self.abandon_group(segment.number);
        // Before, messages were counted.
        if !self.has_groups {
            self.interchange.members = 0;
        }
        self.has_groups = true;
        self.interchange.members += 1;
        self.group_numbers.note(segment, 5, &mut self.out.complaints);
        self.group = Some(Level::open(segment, 5));
    }

    fn open_message(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        match &mut self.group {
            Some(group) => group.members += 1,
            None => self.interchange.members += 1,
        }
        self.numbers.note(segment, 1, &mut self.out.complaints);
        self.is_outside = false;
        let kind = segment.part(2, 1);
        let is_report = kind == "INVRPT";
        if !is_report {
            self.out.complaints.add(segment.complain_part(
                2,
                1,
                format!(
                    "is {}: must be \"INVRPT\", the inventory report; send others elsewhere",
                    quoted(kind)
                ),
            ));
        }
        let report = is_report.then(|| Report::new(&self.stamp, self.decimal));
        self.message = Some(Message { level: Level::open(segment, 1), report });
    }

    fn close_message(&mut self, segment: &Segment) {
        let Some(Message { level, report }) = self.message.take() else {
            return self.out.complaints.add(opens_nothing(segment, "UNH"));
        };
        if let Some(report) = report {
            report.finish(&self.terms, &mut self.out, self.messages == 0);
            self.messages += 1;
        }
        let due = level.segments_to(segment);
        level.close(segment, due, "segments", &mut self.out.complaints);
    }

    fn close_group(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        let Some(group) = self.group.take() else {
            return self.out.complaints.add(opens_nothing(segment, "UNG"));
        };
        group.close(segment, group.members, "messages", &mut self.out.complaints);
    }

    fn close_interchange(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        self.abandon_group(segment.number);
        let what = if self.has_groups { "groups" } else { "messages" };
        let due = self.interchange.members;
        self.interchange.close(segment, due, what, &mut self.out.complaints);
        self.is_closed = true;
        self.is_outside = false;
    }

    /// A message that something else ends than its trailer.
    fn abandon_message(&mut self, at: u64) {
        let Some(Message { level, report }) = self.message.take() else { return };
        if let Some(report) = report {
            report.finish(&self.terms, &mut self.out, self.messages == 0);
        }
        self.out.complaints.add(level.unclosed("UNT", at));
    }

    fn abandon_group(&mut self, at: u64) {
        if let Some(group) = self.group.take() {
            self.out.complaints.add(group.unclosed("UNE", at));
        }
    }

    fn finish(mut self, last: u64) -> Result<Reading, Complaints> {
        self.abandon_message(last);
        self.abandon_group(last);
        if !self.is_closed {
            self.out.complaints.add(self.interchange.unclosed("UNZ", last));
        }
        self.out.finish(&self.terms)
    }
}
