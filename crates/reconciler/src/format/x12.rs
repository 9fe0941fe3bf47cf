//! X12 846, the inventory report: interchange, groups and transaction sets with their counts.

use smol_str::{SmolStr, format_smolstr};

use super::edi_envelope::{Level, Numbers, no_tag, opens_nothing, too_long};
use super::edi_item::{Out, Terms};
use super::edi_segment::{Marks, Segment, Segments, Step};
use super::number::quoted;
use super::x12_report::{CODES, QUANTITIES, Report};
use super::{Profile, Source};
use crate::{Complaint, Complaints, Line, Reading};

/// Reads the 846 sets of an interchange. A line's number is that of its `LIN` segment.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let mut segments = Segments::new(source);
    if let Some(charset) = profile.encoding {
        segments.encoding = charset.0;
    }
    let mut segment = Segment::default();
    interchange_header(&mut segments, &mut segment)?;
    let mut reader = Reader::new(profile, &segment, sink);
    loop {
        match segments.next(&mut segment)? {
            Step::Segment => reader.segment(&segment),
            Step::Broken(complaint) => reader.out.complaints.add(complaint),
            Step::End => return reader.finish(segments.number()),
        }
    }
}

/// Bytes of an ISA with its terminator: all its elements have fixed lengths.
const ISA_BYTES: usize = 106;

/// Where in an ISA an element separator stands.
const ISA_SEPARATORS: [usize; 16] =
    [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];

fn interchange_header(segments: &mut Segments<'_>, segment: &mut Segment) -> Result<(), Complaint> {
    let isa = segments.begin(ISA_BYTES)?;
    if !isa.starts_with(b"ISA") {
        return Err(Complaint::of_file(
            "the file does not begin with ISA; it is no X12 file, correct `format` in the profile",
        ));
    }
    if isa.len() < ISA_BYTES {
        return Err(Complaint::at(
            1,
            "ISA",
            format!(
                "ends after {} of its {ISA_BYTES} characters; ask for the file again",
                isa.len()
            ),
        ));
    }
    segments.marks =
        Marks { element: isa[3], component: isa[104], terminator: isa[105], release: None };
    let separates = |place: &usize| isa[*place] == isa[3];
    let odd = ISA_SEPARATORS.windows(2).position(|it| !separates(&it[1]));
    if let Some(element) = odd {
        let length = ISA_SEPARATORS[element + 1] - ISA_SEPARATORS[element] - 1;
        return Err(Complaint::at(
            1,
            format!("ISA{:02}", element + 1),
            format!(
                "must be exactly {length} long and followed by {:?}; fill it up with spaces",
                char::from(isa[3])
            ),
        ));
    }
    if segments.marks.clash() {
        return Err(Complaint::at(
            1,
            "ISA",
            format!(
                "names {:?}, {:?} and {:?} as separators of elements and components and as \
                 terminator; they must be three different marks",
                char::from(isa[3]),
                char::from(isa[104]),
                char::from(isa[105])
            ),
        ));
    }
    match segments.take(&isa[..ISA_BYTES - 1], segment) {
        Step::Segment | Step::End => Ok(()),
        Step::Broken(complaint) => Err(complaint),
    }
}

const GS_ELEMENTS: usize = 8;

/// The segments of one interchange, as they come.
struct Reader<'p, 's> {
    terms: Terms<'p>,
    out: Out<'s>,
    interchange: Level,
    is_closed: bool,
    /// Whether something out of place was told already.
    is_outside: bool,
    group: Option<Level>,
    set: Option<Set>,
    group_numbers: Numbers,
    set_numbers: Numbers,
    /// GS04 and GS05 of the group: what a set without a moment of its own is as of.
    stamp: (SmolStr, SmolStr),
    sets: u64,
}

/// A transaction set that is open.
struct Set {
    level: Level,
    /// None: another type, which is only counted.
    report: Option<Report>,
}

impl<'p, 's> Reader<'p, 's> {
    fn new(profile: &'p Profile, isa: &Segment, sink: &'s mut dyn FnMut(Line)) -> Reader<'p, 's> {
        let mut out = Out::new(sink);
        let interchange = Level::open(isa, 13);
        out.reading.header.snapshot =
            Some(format_smolstr!("{}:{}", isa.part(6, 1), interchange.number()));
        Reader {
            terms: Terms::new(profile, &CODES, &QUANTITIES),
            out,
            interchange,
            is_closed: false,
            is_outside: false,
            group: None,
            set: None,
            group_numbers: Numbers::default(),
            set_numbers: Numbers::default(),
            stamp: <(SmolStr, SmolStr)>::default(),
            sets: 0,
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
            "ISA" => self.out.complaints.add(segment.complain_whole(
                "begins an interchange within another; ask for the whole file again",
            )),
            "GS" => self.open_group(segment),
            "ST" => self.open_set(segment),
            "SE" => self.close_set(segment),
            "GE" => self.close_group(segment),
            "IEA" => self.close_interchange(segment),
            "TA1" | "ISB" | "ISE" => {}
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
        match &mut self.set {
            Some(Set { report: Some(report), .. }) => {
                report.segment(segment, &self.terms, &mut self.out);
            }
            Some(_) => {}
            None if self.is_outside => {}
            None => {
                // One complaint will do for all up to the next header.
                self.is_outside = true;
                self.out.complaints.add(segment.complain_whole(
                    "stands outside of a transaction set (ST to SE); ask for the whole file again",
                ));
            }
        }
    }

    fn open_group(&mut self, segment: &Segment) {
        self.abandon_set(segment.number);
        self.abandon_group(segment.number);
        if let Some(complaint) = too_long(segment, GS_ELEMENTS) {
            self.out.complaints.add(complaint);
        }
        let kind = segment.part(1, 1);
        if kind != "IB" {
            self.out.complaints.add(segment.complain(
                1,
                format!("is {}: must be \"IB\", the group of inventory reports", quoted(kind)),
            ));
        }
        self.group_numbers.note(segment, 6, &mut self.out.complaints);
        self.set_numbers = Numbers::default();
        self.interchange.members += 1;
        self.group = Some(Level::open(segment, 6));
        self.stamp = (segment.part(4, 1).into(), segment.part(5, 1).into());
    }

    fn open_set(&mut self, segment: &Segment) {
        self.abandon_set(segment.number);
        match &mut self.group {
            Some(group) => group.members += 1,
            None => self.out.complaints.add(segment.complain_whole(
                "stands outside of a group (GS to GE); ask for the whole file again",
            )),
        }
        self.set_numbers.note(segment, 2, &mut self.out.complaints);
        self.is_outside = false;
        let kind = segment.part(1, 1);
        let is_report = kind == "846";
        if !is_report {
            self.out.complaints.add(segment.complain(
                1,
                format!(
                    "is {}: must be \"846\", the inventory report; send others elsewhere",
                    quoted(kind)
                ),
            ));
        }
        let report = is_report.then(|| Report::new(&self.stamp));
        self.set = Some(Set { level: Level::open(segment, 2), report });
    }

    fn close_set(&mut self, segment: &Segment) {
        let Some(Set { level, report }) = self.set.take() else {
            return self.out.complaints.add(opens_nothing(segment, "ST"));
        };
        if let Some(report) = report {
            report.finish(&self.terms, &mut self.out, self.sets == 0);
            self.sets += 1;
        }
        let due = level.segments_to(segment);
        level.close(segment, due, "segments", &mut self.out.complaints);
    }

    fn close_group(&mut self, segment: &Segment) {
        self.abandon_set(segment.number);
        let Some(group) = self.group.take() else {
            return self.out.complaints.add(opens_nothing(segment, "GS"));
        };
        group.close(segment, group.members, "transaction sets", &mut self.out.complaints);
    }

    fn close_interchange(&mut self, segment: &Segment) {
        self.abandon_set(segment.number);
        self.abandon_group(segment.number);
        let due = self.interchange.members;
        self.interchange.close(segment, due, "groups", &mut self.out.complaints);
        self.is_closed = true;
        self.is_outside = false;
    }

    /// A set that something else ends than its trailer.
    fn abandon_set(&mut self, at: u64) {
        let Some(Set { level, report }) = self.set.take() else { return };
        if let Some(report) = report {
            report.finish(&self.terms, &mut self.out, self.sets == 0);
        }
        self.out.complaints.add(level.unclosed("SE", at));
    }

    fn abandon_group(&mut self, at: u64) {
        if let Some(group) = self.group.take() {
            self.out.complaints.add(group.unclosed("GE", at));
        }
    }

    fn finish(mut self, last: u64) -> Result<Reading, Complaints> {
        self.abandon_set(last);
        self.abandon_group(last);
        if !self.is_closed {
            self.out.complaints.add(self.interchange.unclosed("IEA", last));
        }
        self.out.finish(&self.terms)
    }
}
