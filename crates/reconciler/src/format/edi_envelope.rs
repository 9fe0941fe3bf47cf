//! What an EDI trailer must repeat of its header: the count of what lies between, and the number.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::edi_number;
use super::edi_segment::Segment;
use super::number::quoted;
use crate::{Complaint, Complaints};

/// An interchange, group or message that is open.
#[derive(Debug)]
pub(super) struct Level {
    /// Where its number stands, such as `ST02`.
    named: String,
    number: SmolStr,
    segment: u64,
    /// Members that were opened in it.
    pub members: u64,
}

impl Level {
    /// Opens a level with the number in that element.
    pub fn open(segment: &Segment, element: usize) -> Level {
        let named = format!("{}{element:02}", segment.tag());
        let number = segment.part(element, 1).into();
        Level { named, number, segment: segment.number, members: 0 }
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    /// Segments from the header to that one, both included.
    pub fn segments_to(&self, last: &Segment) -> u64 {
        last.number - self.segment + 1
    }

    /// Holds a trailer's first two elements against what was there.
    pub fn close(&self, trailer: &Segment, due: u64, what: &str, complaints: &mut Complaints) {
        let said = trailer.part(1, 1);
        if edi_number::count(said) != Some(due) {
            complaints.add(trailer.complain(
                1,
                format!(
                    "counts {} {what}, but the file has {due}; ask for the whole file again",
                    quoted(said)
                ),
            ));
        }
        let number = trailer.part(2, 1);
        if !edi_number::same_control(number, &self.number) {
            complaints.add(trailer.complain(
                2,
                format!(
                    "is {}, but {} in segment {} is {}; ask for the whole file again",
                    quoted(number),
                    self.named,
                    self.segment,
                    quoted(&self.number)
                ),
            ));
        }
    }

    /// The complaint about a trailer that never came.
    pub fn unclosed(&self, trailer: &str, at: u64) -> Complaint {
        let message = format!(
            "is missing for {} {} in segment {}: the file is cut off; ask for it again",
            self.named,
            quoted(&self.number),
            self.segment
        );
        Complaint::at(at, trailer, message)
    }
}

/// Numbers that were given away on one level.
#[derive(Debug, Default)]
pub(super) struct Numbers(FxHashSet<SmolStr>);

impl Numbers {
    /// Notes a number; one that was there before is a second sending of the same.
    pub fn note(&mut self, segment: &Segment, element: usize, complaints: &mut Complaints) {
        let number = segment.part(element, 1).trim_start_matches('0');
        if !self.0.insert(number.into()) {
            let number = quoted(segment.part(element, 1));
            complaints.add(segment.complain(
                element,
                format!("is {number} for the second time; give each its own, and send it once"),
            ));
        }
    }
}

/// The complaint about a trailer that closes nothing.
pub(super) fn opens_nothing(trailer: &Segment, header: &str) -> Complaint {
    trailer.complain_whole(format!("closes no {header}; ask for the whole file again"))
}

/// The complaint about what cannot be a segment.
pub(super) fn no_tag(segment: &Segment) -> Complaint {
    let message = format!(
        "{} is no segment tag; the element separator or the terminator is not the one that the \
         header of the file names",
        quoted(segment.tag())
    );
    Complaint { line: Some(segment.number), column: None, message }
}

/// The complaint about a header that has swallowed what follows it.
pub(super) fn too_long(header: &Segment, elements_max: usize) -> Option<Complaint> {
    (header.len() > elements_max).then(|| {
        header.complain_whole(format!(
            "has {} elements where at most {elements_max} are due; the terminator is not the one \
             that the header of the file names",
            header.len()
        ))
    })
}
