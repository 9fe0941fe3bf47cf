//! The nesting of an EDI file: an interchange, its groups, their messages. What a trailer must
//! repeat of its header: the count of what lies between, and the number.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::edi_item::{Out, Terms};
use super::edi_number;
use super::edi_segment::Segment;
use super::number::quoted;
use crate::{Complaint, Complaints, Reading};

/// How a standard calls its levels: the tags of header and trailer, and words for people.
pub(super) struct Names {
    pub interchange: [&'static str; 2],
    pub group: [&'static str; 2],
    pub message: [&'static str; 2],
    /// A message, and several.
    pub words: [&'static str; 2],
    /// Messages come in groups always, and are numbered anew in each.
    pub is_grouped: bool,
}

/// One message while its segments come in.
pub(super) trait Report {
    fn segment(&mut self, segment: &Segment, terms: &Terms<'_>, out: &mut Out<'_>);

    /// At the end of the message. `is_first`: no other came before it.
    fn finish(self, terms: &Terms<'_>, out: &mut Out<'_>, is_first: bool);
}

/// An interchange while its segments come in.
pub(super) struct Envelope<'p, 's, R> {
    names: &'static Names,
    terms: Terms<'p>,
    pub out: Out<'s>,
    interchange: Level,
    is_closed: bool,
    /// Whether something out of place was told already.
    is_outside: bool,
    /// Whether messages come in groups, which the interchange counts then.
    has_groups: bool,
    group: Option<Level>,
    message: Option<Message<R>>,
    numbers: Numbers,
    group_numbers: Numbers,
    reports: u64,
}

/// A message that is open.
struct Message<R> {
    level: Level,
    /// None: another type, which is only counted.
    report: Option<R>,
}

impl<'p, 's, R: Report> Envelope<'p, 's, R> {
    pub fn new(
        names: &'static Names,
        terms: Terms<'p>,
        out: Out<'s>,
        interchange: Level,
    ) -> Envelope<'p, 's, R> {
        Envelope {
            names,
            terms,
            out,
            interchange,
            is_closed: false,
            is_outside: false,
            has_groups: names.is_grouped,
            group: None,
            message: None,
            numbers: Numbers::default(),
            group_numbers: Numbers::default(),
            reports: 0,
        }
    }

    pub fn complain(&mut self, complaint: Complaint) {
        self.out.complaints.add(complaint);
    }

    /// Whether it can be a segment of the interchange; else that is told.
    pub fn admits(&mut self, segment: &Segment) -> bool {
        if !segment.has_tag() {
            self.complain(no_tag(segment));
        } else if !self.is_closed {
            return true;
        } else if !std::mem::replace(&mut self.is_outside, true) {
            // One complaint will do for all that follows.
            self.complain(segment.complain_whole(
                "stands after the end of the interchange; send one interchange per file",
            ));
        }
        false
    }

    pub fn begin_again(&mut self, segment: &Segment) {
        self.complain(
            segment.complain_whole(
                "begins an interchange within another; ask for the whole file again",
            ),
        );
    }

    /// A segment that is neither header nor trailer.
    pub fn within(&mut self, segment: &Segment) {
        match &mut self.message {
            Some(Message { report: Some(report), .. }) => {
                report.segment(segment, &self.terms, &mut self.out);
            }
            Some(_) => {}
            None if self.is_outside => {}
            None => {
                // One complaint will do for all up to the next header.
                self.is_outside = true;
                let Names { words: [word, _], message: [first, last], .. } = self.names;
                self.complain(segment.complain_whole(format!(
                    "stands outside of a {word} ({first} to {last}); ask for the whole file again"
                )));
            }
        }
    }

    /// Opens a group with the number in that element.
    pub fn open_group(&mut self, segment: &Segment, element: usize) {
        self.abandon_message(segment.number);
        self.abandon_group(segment.number);
        // Before, messages were counted.
        if !std::mem::replace(&mut self.has_groups, true) {
            self.interchange.members = 0;
        }
        if self.names.is_grouped {
            self.numbers = Numbers::default();
        }
        self.interchange.members += 1;
        self.group_numbers.note(segment, element, &mut self.out.complaints);
        self.group = Some(Level::open(segment, element));
    }

    /// Opens a message with the number in that element. No report: it is of another type.
    pub fn open_message(&mut self, segment: &Segment, element: usize, report: Option<R>) {
        self.abandon_message(segment.number);
        match &mut self.group {
            Some(group) => group.members += 1,
            None if self.names.is_grouped => {
                let [first, last] = self.names.group;
                self.complain(segment.complain_whole(format!(
                    "stands outside of a group ({first} to {last}); ask for the whole file again"
                )));
            }
            None => self.interchange.members += 1,
        }
        self.numbers.note(segment, element, &mut self.out.complaints);
        self.is_outside = false;
        self.message = Some(Message { level: Level::open(segment, element), report });
    }

    pub fn close_message(&mut self, segment: &Segment) {
        let Some(Message { level, report }) = self.message.take() else {
            return self.complain(opens_nothing(segment, self.names.message[0]));
        };
        self.take_in(report);
        let due = level.segments_to(segment);
        level.close(segment, due, "segments", &mut self.out.complaints);
    }

    pub fn close_group(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        let Some(group) = self.group.take() else {
            return self.complain(opens_nothing(segment, self.names.group[0]));
        };
        group.close(segment, group.members, self.names.words[1], &mut self.out.complaints);
    }

    pub fn close_interchange(&mut self, segment: &Segment) {
        self.abandon_message(segment.number);
        self.abandon_group(segment.number);
        let what = if self.has_groups { "groups" } else { self.names.words[1] };
        let due = self.interchange.members;
        self.interchange.close(segment, due, what, &mut self.out.complaints);
        self.is_closed = true;
        self.is_outside = false;
    }

    fn take_in(&mut self, report: Option<R>) {
        if let Some(report) = report {
            report.finish(&self.terms, &mut self.out, self.reports == 0);
            self.reports += 1;
        }
    }

    /// A message that something else ends than its trailer.
    fn abandon_message(&mut self, at: u64) {
        let Some(Message { level, report }) = self.message.take() else { return };
        self.take_in(report);
        self.complain(level.unclosed(self.names.message[1], at));
    }

    fn abandon_group(&mut self, at: u64) {
        if let Some(group) = self.group.take() {
            self.complain(group.unclosed(self.names.group[1], at));
        }
    }

    /// At the end of the file, whose last segment has that number.
    pub fn finish(mut self, last: u64) -> Result<Reading, Complaints> {
        self.abandon_message(last);
        self.abandon_group(last);
        if !self.is_closed {
            self.complain(self.interchange.unclosed(self.names.interchange[1], last));
        }
        self.out.finish(&self.terms)
    }
}

/// An interchange, group or message that is open.
#[derive(Debug)]
pub(super) struct Level {
    /// Where its number stands, such as `ST02`.
    named: String,
    number: SmolStr,
    segment: u64,
    /// Members that were opened in it.
    members: u64,
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
    fn segments_to(&self, last: &Segment) -> u64 {
        last.number - self.segment + 1
    }

    /// Holds a trailer's first two elements against what was there.
    fn close(&self, trailer: &Segment, due: u64, what: &str, complaints: &mut Complaints) {
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
    fn unclosed(&self, trailer: &str, at: u64) -> Complaint {
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
struct Numbers(FxHashSet<SmolStr>);

impl Numbers {
    /// Notes a number; one that was there before is a second sending of the same.
    fn note(&mut self, segment: &Segment, element: usize, complaints: &mut Complaints) {
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
fn opens_nothing(trailer: &Segment, header: &str) -> Complaint {
    trailer.complain_whole(format!("closes no {header}; ask for the whole file again"))
}

/// The complaint about what cannot be a segment.
fn no_tag(segment: &Segment) -> Complaint {
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
