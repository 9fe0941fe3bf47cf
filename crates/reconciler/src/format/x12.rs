//! X12 846, the inventory report: interchange, groups and transaction sets with their counts.

use smol_str::{SmolStr, format_smolstr};

use super::edi_envelope::{Envelope, Level, Names, too_long};
use super::edi_item::{Out, Terms};
use super::edi_segment::{Marks, Segment, Segments, Step};
use super::number::quoted;
use super::x12_report::{CODES, DECIMAL, Inventory, QUANTITIES};
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
            Step::Broken(complaint) => reader.envelope.complain(complaint),
            Step::End => return reader.envelope.finish(segments.number()),
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

static NAMES: Names = Names {
    interchange: ["ISA", "IEA"],
    group: ["GS", "GE"],
    message: ["ST", "SE"],
    words: ["transaction set", "transaction sets"],
    is_grouped: true,
};

/// The segments of one interchange, as they come.
struct Reader<'p, 's> {
    envelope: Envelope<'p, 's, Inventory>,
    /// GS04 and GS05 of the group: what a set without a moment of its own is as of.
    stamp: (SmolStr, SmolStr),
}

impl<'p, 's> Reader<'p, 's> {
    fn new(profile: &'p Profile, isa: &Segment, sink: &'s mut dyn FnMut(Line)) -> Reader<'p, 's> {
        let mut out = Out::new(sink);
        let interchange = Level::open(isa, 13);
        out.reading.header.snapshot =
            Some(format_smolstr!("{}:{}", isa.part(6, 1), interchange.number()));
        let terms = Terms::new(profile, DECIMAL, &CODES, &QUANTITIES);
        let envelope = Envelope::new(&NAMES, terms, out, interchange);
        Reader { envelope, stamp: <(SmolStr, SmolStr)>::default() }
    }

    fn segment(&mut self, segment: &Segment) {
        if !self.envelope.admits(segment) {
            return;
        }
        match segment.tag() {
            "ISA" => self.envelope.begin_again(segment),
            "GS" => self.open_group(segment),
            "ST" => self.open_set(segment),
            "SE" => self.envelope.close_message(segment),
            "GE" => self.envelope.close_group(segment),
            "IEA" => self.envelope.close_interchange(segment),
            "TA1" | "ISB" | "ISE" => {}
            _ => self.envelope.within(segment),
        }
    }

    fn open_group(&mut self, segment: &Segment) {
        self.envelope.open_group(segment, 6);
        if let Some(complaint) = too_long(segment, GS_ELEMENTS) {
            self.envelope.complain(complaint);
        }
        let kind = segment.part(1, 1);
        if kind != "IB" {
            self.envelope.complain(segment.complain(
                1,
                format!("is {}: must be \"IB\", the group of inventory reports", quoted(kind)),
            ));
        }
        self.stamp = (segment.part(4, 1).into(), segment.part(5, 1).into());
    }

    fn open_set(&mut self, segment: &Segment) {
        let kind = segment.part(1, 1);
        let report = (kind == "846").then(|| Inventory::new(&self.stamp));
        let is_report = report.is_some();
        self.envelope.open_message(segment, 2, report);
        if !is_report {
            self.envelope.complain(segment.complain(
                1,
                format!(
                    "is {}: must be \"846\", the inventory report; send others elsewhere",
                    quoted(kind)
                ),
            ));
        }
    }
}
