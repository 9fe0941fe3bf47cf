//! EDI text cut into segments, elements and components, one segment in memory at a time.

use std::io::{BufRead, BufReader};

use encoding_rs::{Encoding, UTF_8};

use super::Source;
use super::detect::unreadable;
use crate::Complaint;

/// A longer segment means that the terminator is another character than the file says.
pub(super) const SEGMENT_BYTES_MAX: usize = 64 * 1024;

/// What sets the parts of an interchange apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub element: u8,
    pub component: u8,
    pub terminator: u8,
    /// Makes the mark after it a plain character.
    pub release: Option<u8>,
}

impl Default for Marks {
    /// What EDIFACT holds to where nothing else is said.
    fn default() -> Marks {
        Marks { element: b'+', component: b':', terminator: b'\'', release: Some(b'?') }
    }
}

impl Marks {
    /// Whether the marks can be told from each other and from what they set apart.
    pub fn clash(&self) -> bool {
        let all = [self.element, self.component, self.terminator];
        let plain = |it: &u8| it.is_ascii_alphanumeric() || *it == b' ' || !it.is_ascii();
        all.iter().any(plain)
            || self.release.is_some_and(|it| plain(&it) || all.contains(&it))
            || all[0] == all[1]
            || all[0] == all[2]
            || all[1] == all[2]
    }
}

/// One segment: its tag, and elements of components, all without release characters.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Place in the file, from 1.
    pub number: u64,
    text: String,
    /// Begin and end of every component in `text`.
    components: Vec<(usize, usize)>,
    /// Index of the first component of every element; the tag is element 0.
    elements: Vec<usize>,
}

impl Segment {
    pub fn tag(&self) -> &str {
        self.whole(0)
    }

    /// Elements after the tag.
    pub fn len(&self) -> usize {
        self.elements.len().saturating_sub(1)
    }

    /// One component, both counted from 1 as the standards do. Empty if it is not there.
    pub fn part(&self, element: usize, component: usize) -> &str {
        let Some(&first) = self.elements.get(element) else { return "" };
        let end = self.elements.get(element + 1).copied().unwrap_or(self.components.len());
        match self.components[first..end].get(component - 1) {
            Some(&(begin, end)) => self.text[begin..end].trim(),
            None => "",
        }
    }

    /// An element with all its components as one text. Empty if it is not there.
    pub fn whole(&self, element: usize) -> &str {
        let Some(&first) = self.elements.get(element) else { return "" };
        let end = self.elements.get(element + 1).copied().unwrap_or(self.components.len());
        self.text[self.components[first].0..self.components[end - 1].1].trim()
    }

    /// Whether the tag is one by its form: two or three capital letters and digits.
    pub fn has_tag(&self) -> bool {
        let tag = self.tag().as_bytes();
        matches!(tag.len(), 2 | 3)
            && tag[0].is_ascii_uppercase()
            && tag.iter().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
    }

    /// A complaint about the element that is called by tag and number, as in `QTY02`.
    pub fn complain(&self, element: usize, message: impl Into<String>) -> Complaint {
        Complaint::at(self.number, format!("{}{element:02}", self.tag()), message)
    }

    /// A complaint about a component, called as in `LIN03.1`.
    pub fn complain_part(
        &self,
        element: usize,
        component: usize,
        message: impl Into<String>,
    ) -> Complaint {
        Complaint::at(self.number, format!("{}{element:02}.{component}", self.tag()), message)
    }

    /// A complaint about the segment as such.
    pub fn complain_whole(&self, message: impl Into<String>) -> Complaint {
        Complaint::at(self.number, self.tag(), message)
    }

    /// Takes in the text of a segment without its terminator.
    fn cut(&mut self, number: u64, text: &str, marks: &Marks) {
        self.number = number;
        self.text.clear();
        self.components.clear();
        self.elements.clear();
        self.elements.push(0);
        let mut begin = 0;
        let mut released = false;
        for letter in text.chars() {
            let byte = u8::try_from(letter).ok().filter(u8::is_ascii);
            if released {
                released = false;
            } else if byte.is_some() && byte == marks.release {
                released = true;
                continue;
            } else if byte == Some(marks.element) || byte == Some(marks.component) {
                self.components.push((begin, self.text.len()));
                begin = self.text.len() + 1;
                if byte == Some(marks.element) {
                    self.elements.push(self.components.len());
                }
            }
            self.text.push(letter);
        }
        self.components.push((begin, self.text.len()));
    }
}

/// The segments of a file, in order.
pub(super) struct Segments<'s> {
    input: BufReader<&'s mut dyn Source>,
    pub marks: Marks,
    pub encoding: &'static Encoding,
    number: u64,
    raw: Vec<u8>,
}

/// What reading on came to.
pub(super) enum Step {
    Segment,
    /// The segment cannot be read; those after it can.
    Broken(Complaint),
    End,
}

/// What the bytes of a segment end with.
#[derive(PartialEq, Eq)]
enum Ending {
    Terminator,
    File,
}

impl<'s> Segments<'s> {
    /// Reads on from where `source` stands. The marks of [`Marks::default`] hold until others are
    /// known.
    pub fn new(source: &'s mut dyn Source) -> Segments<'s> {
        let input = BufReader::with_capacity(64 << 10, source);
        let marks = Marks::default();
        Segments { input, marks, encoding: UTF_8, number: 0, raw: Vec::new() }
    }

    /// Segments read so far.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The first bytes of the file from the first that is no space, without a byte order mark:
    /// `count` of them, or fewer at the end of the file.
    pub fn begin(&mut self, count: usize) -> Result<Vec<u8>, Complaint> {
        let mut found = Vec::with_capacity(count);
        while found.len() < count {
            let Some(&byte) = self.fill()?.first() else { break };
            self.input.consume(1);
            let before = found.is_empty() && byte.is_ascii_whitespace();
            if !before {
                found.push(byte);
            }
            if found == b"\xef\xbb\xbf" {
                found.clear();
            }
        }
        Ok(found)
    }

    fn fill(&mut self) -> Result<&[u8], Complaint> {
        self.input.fill_buf().map_err(|error| unreadable(&error))
    }

    /// Reads the next segment into `segment`. The last one of a file needs no terminator: whether
    /// something was cut off, the counts of the trailers tell.
    pub fn next(&mut self, segment: &mut Segment) -> Result<Step, Complaint> {
        self.raw.clear();
        self.resume(segment)
    }

    /// Takes in a segment whose bytes without the terminator were read by [`Self::begin`].
    pub fn take(&mut self, raw: &[u8], segment: &mut Segment) -> Step {
        self.raw.clear();
        self.raw.extend_from_slice(raw);
        self.number += 1;
        self.decode(segment)
    }

    /// As [`Self::next`], of a segment whose first bytes were read by [`Self::begin`].
    pub fn next_after(&mut self, begin: &[u8], segment: &mut Segment) -> Result<Step, Complaint> {
        self.raw.clear();
        self.raw.extend_from_slice(begin);
        self.resume(segment)
    }

    fn resume(&mut self, segment: &mut Segment) -> Result<Step, Complaint> {
        let mut is_long = false;
        let ending = self.collect(&mut is_long)?;
        let filler = |it: &u8| it.is_ascii_whitespace() || matches!(it, 0 | 0x1a);
        if ending == Ending::File && !is_long && self.raw.iter().all(filler) {
            return Ok(Step::End);
        }
        self.number += 1;
        if is_long {
            return Ok(Step::Broken(self.too_long()));
        }
        Ok(self.decode(segment))
    }

    /// Takes bytes up to the terminator into `raw`, but no more than a segment may have.
    fn collect(&mut self, is_long: &mut bool) -> Result<Ending, Complaint> {
        let Marks { terminator, release, .. } = self.marks;
        let mut released = false;
        loop {
            // Not `fill`, which would borrow `raw` as well.
            let piece = self.input.fill_buf().map_err(|error| unreadable(&error))?;
            if piece.is_empty() {
                return Ok(Ending::File);
            }
            let length = piece.len();
            for (index, &byte) in piece.iter().enumerate() {
                // Line ends between segments, or empty lines where each segment is a line.
                if self.raw.is_empty() && byte.is_ascii_whitespace() {
                    continue;
                }
                if byte == terminator && !released {
                    self.input.consume(index + 1);
                    return Ok(Ending::Terminator);
                }
                released = !released && release == Some(byte);
                if self.raw.len() < SEGMENT_BYTES_MAX {
                    self.raw.push(byte);
                } else {
                    *is_long = true;
                }
            }
            self.input.consume(length);
        }
    }

    fn too_long(&self) -> Complaint {
        Complaint {
            line: Some(self.number),
            column: None,
            message: format!(
                "no segment terminator {:?} within {SEGMENT_BYTES_MAX} bytes; the header of the \
                 file must name the terminator that the file uses",
                char::from(self.marks.terminator)
            ),
        }
    }

    fn decode(&mut self, segment: &mut Segment) -> Step {
        while self.raw.last().is_some_and(|it| matches!(it, b'\r' | b'\n')) {
            self.raw.pop();
        }
        match self.encoding.decode_without_bom_handling_and_without_replacement(&self.raw) {
            Some(text) => {
                segment.cut(self.number, &text, &self.marks);
                Step::Segment
            }
            None => Step::Broken(Complaint {
                line: Some(self.number),
                column: Some(String::from_utf8_lossy(&self.raw).chars().take(3).collect()),
                message: format!(
                    "has bytes that are no {}; name the file's encoding in the profile",
                    self.encoding.name()
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(bytes: &[u8], expect: Expect) {
        let mut source = Cursor::new(bytes);
        let mut segments = Segments::new(&mut source);
        let mut segment = Segment::default();
        let mut told = String::new();
        loop {
            match segments.next(&mut segment).expect("bytes") {
                Step::End => break,
                Step::Broken(complaint) => told += &format!("{complaint}\n"),
                Step::Segment => {
                    let elements = (0..=segment.len()).map(|element| {
                        let begin = segment.elements[element];
                        let end = segment.elements.get(element + 1);
                        let end = end.copied().unwrap_or(segment.components.len());
                        let parts = (1..=end - begin).map(|it| segment.part(element, it));
                        parts.collect::<Vec<_>>().join("|")
                    });
                    let elements = elements.collect::<Vec<_>>().join(" / ");
                    told += &format!("{} {elements}\n", segment.number);
                }
            }
        }
        expect.assert_eq(&told);
    }

    #[test]
    fn a_released_mark_is_a_plain_character_and_a_released_release_too() {
        check(
            b"IMD+F++:::50?'s ?+ 60?? ?:'LIN+1++401:EN'",
            expect![[r#"
                1 IMD / F /  / |||50's + 60? :
                2 LIN / 1 /  / 401|EN
            "#]],
        );
    }

    #[test]
    fn line_ends_between_segments_and_a_missing_last_terminator_do_no_harm() {
        check(
            b"BGM+35'\r\n\r\nLIN+1'\n  UNZ+1+7\r\n",
            expect![[r#"
                1 BGM / 35
                2 LIN / 1
                3 UNZ / 1 / 7
            "#]],
        );
        check(
            b"BGM+35'\r\n\x1a",
            expect![[r#"
            1 BGM / 35
        "#]],
        );
    }

    #[test]
    fn a_segment_without_end_or_with_foreign_bytes_is_told_and_those_after_it_are_read() {
        let long = [&b"IMD+"[..], &vec![b'x'; SEGMENT_BYTES_MAX], b"'FTX+\xff'LIN+1'"].concat();
        check(
            &long,
            expect![[r#"
                line 1: no segment terminator '\'' within 65536 bytes; the header of the file must name the terminator that the file uses
                line 2, FTX: has bytes that are no UTF-8; name the file's encoding in the profile
                3 LIN / 1
            "#]],
        );
    }

    #[test]
    fn marks_that_cannot_be_told_apart_clash() {
        let marks = Marks { element: b'*', component: b'>', terminator: b'\n', release: None };
        assert!(!marks.clash());
        assert!(Marks { element: b'>', ..marks }.clash());
        assert!(Marks { element: b'A', ..marks }.clash());
        assert!(Marks { release: Some(b'*'), ..marks }.clash());
    }
}
