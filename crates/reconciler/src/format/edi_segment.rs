//! EDI text cut into segments, elements and components, one segment in memory at a time.

use encoding_rs::{Encoding, UTF_8};

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

/// Where bytes come from: one at a time, so that a segment may lie in two pieces of the file.
pub(super) trait Bytes {
    /// The next byte, or None at the end of the file.
    fn next(&mut self) -> Result<Option<u8>, Complaint>;
}

/// The segments of a file, in order.
pub(super) struct Segments<B> {
    bytes: B,
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

impl<B: Bytes> Segments<B> {
    pub fn new(bytes: B, marks: Marks) -> Segments<B> {
        Segments { bytes, marks, encoding: UTF_8, number: 0, raw: Vec::new() }
    }

    /// Segments read so far.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next byte outside a segment: what precedes the first one.
    pub fn byte(&mut self) -> Result<Option<u8>, Complaint> {
        self.bytes.next()
    }

    /// Reads the next segment into `segment`. The last one of a file needs no terminator: whether
    /// something was cut off, the counts of the trailers tell.
    pub fn next(&mut self, segment: &mut Segment) -> Result<Step, Complaint> {
        self.raw.clear();
        let mut long = false;
        let mut released = false;
        loop {
            let Some(byte) = self.bytes.next()? else {
                if self.raw.iter().all(|it| it.is_ascii_whitespace() || *it == 0x1a) && !long {
                    return Ok(Step::End);
                }
                break;
            };
            if byte == self.marks.terminator && !released {
                // An empty line of a file whose lines are its segments.
                if self.raw.is_empty() && byte.is_ascii_whitespace() {
                    continue;
                }
                break;
            }
            released = !released && self.marks.release == Some(byte);
            let between = self.raw.is_empty() && byte.is_ascii_whitespace();
            if self.raw.len() == SEGMENT_BYTES_MAX {
                long = true;
            } else if !between {
                self.raw.push(byte);
            }
        }
        self.number += 1;
        if long {
            return Ok(Step::Broken(self.too_long()));
        }
        Ok(self.decode(segment))
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
    use super::*;
    use expect_test::{Expect, expect};

    pub(crate) struct Of<'a>(pub &'a [u8]);

    impl Bytes for Of<'_> {
        fn next(&mut self) -> Result<Option<u8>, Complaint> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
            self.0 = rest;
            Ok(Some(*first))
        }
    }

    fn check(bytes: &[u8], expect: Expect) {
        let marks =
            Marks { element: b'+', component: b':', terminator: b'\'', release: Some(b'?') };
        let mut segments = Segments::new(Of(bytes), marks);
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
        check(b"BGM+35'\r\n\x1a", expect![[r#"
            1 BGM / 35
        "#]]);
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
