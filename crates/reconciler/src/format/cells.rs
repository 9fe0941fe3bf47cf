//! Records of cells parted by one character, where quotes may hold that character and line ends.

use super::text::{LINE_BYTES_MAX, Text};
use super::{Profile, Source};
use crate::{Complaint, Complaints};

/// A delimited file, record by record.
pub(super) struct Records<'s> {
    text: Text<'s>,
    comment: Option<String>,
    /// Of the record read last.
    pub cells: Cells,
    /// Lines without a record: empty ones and comments.
    pub skipped: u64,
}

impl<'s> Records<'s> {
    /// `above`: so many lines at the top are no records. `source` must stand at its beginning.
    pub fn new(
        source: &'s mut dyn Source,
        profile: &Profile,
        delimiter: u8,
        above: u64,
    ) -> Records<'s> {
        let mut text = Text::new(source, profile);
        for _ in 0..above {
            if text.next().is_none() {
                break;
            }
        }
        let cells = Cells::new(delimiter, profile.quote.0);
        Records { text, comment: profile.comment.clone(), cells, skipped: 0 }
    }

    /// Goes to the next record. The number of the line it begins on, or what is wrong with it;
    /// None: the file is at its end.
    pub fn next(&mut self) -> Option<Result<u64, Complaint>> {
        loop {
            let (line, text) = self.text.next()?;
            if is_left_out(text, self.comment.as_deref()) {
                self.skipped += 1;
                continue;
            }
            let first = self.cells.begin(text);
            let whole = first.and_then(|it| self.read_on(it));
            let told = |message: &str| Complaint {
                line: Some(line),
                column: None,
                message: message.into(),
            };
            return Some(whole.map(|()| line).map_err(told));
        }
    }

    fn read_on(&mut self, mut state: State) -> Result<(), &'static str> {
        while state == State::WithinQuotes {
            let (_, more) = self.text.next().ok_or(UNCLOSED)?;
            state = self.cells.add(more)?;
            if self.cells.text.len() > LINE_BYTES_MAX {
                return Err(UNCLOSED);
            }
        }
        Ok(())
    }

    /// What is wrong with the bytes read so far.
    pub fn complaints(self) -> Complaints {
        self.text.complaints
    }
}

/// Whether a line holds no record.
pub(super) fn is_left_out(line: &str, comment: Option<&str>) -> bool {
    let text = line.trim_start();
    text.is_empty() || comment.is_some_and(|it| text.starts_with(it))
}

const UNCLOSED: &str = "has a quote that is not closed, up to the end of the file or for 1 MiB; close \
                        it, or set `quote = \"\"` in the profile if quotes mean nothing in this file";

const AFTER_QUOTE: &str = "has text right after a closing quote; write a quote within quotes twice, \
                           or set `quote = \"\"` in the profile if quotes mean nothing in this file";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Whole,
    /// The record goes on with the next line.
    WithinQuotes,
}

/// The cells of one record, without their quotes.
pub(super) struct Cells {
    delimiter: u8,
    quote: Option<u8>,
    /// All cells, one behind the other.
    text: String,
    /// Where each one begins and ends in `text`.
    places: Vec<(usize, usize)>,
    /// Where the cell that stands in quotes begins.
    open: Option<usize>,
}

impl Cells {
    pub fn new(delimiter: u8, quote: Option<u8>) -> Cells {
        Cells { delimiter, quote, text: String::new(), places: Vec::new(), open: None }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The cell at that place from 0. Blank where there is none.
    pub fn get(&self, index: usize) -> &str {
        self.places.get(index).map_or("", |(begin, end)| &self.text[*begin..*end])
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(begin, end)| &self.text[*begin..*end])
    }

    /// Begins a record with its first line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn begin(&mut self, line: &str) -> Result<State, &'static str> {
        self.text.clear();
        self.places.clear();
        self.open = None;
        self.add(line)
    }

    /// Adds a line to the record.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, line: &str) -> Result<State, &'static str> {
        let mut from = 0;
        if self.open.is_some() {
            self.text.push('\n');
            match self.within_quotes(line, 0)? {
                Some(next) => from = next,
                None => return Ok(State::WithinQuotes),
            }
        }
        // One beyond the end: what follows a delimiter at the very end is still a cell.
        while from <= line.len() {
            let rest = &line.as_bytes()[from..];
            let blanks = self.blanks(rest);
            if self.quote.is_some() && rest.get(blanks).copied() == self.quote {
                self.open = Some(self.text.len());
                match self.within_quotes(line, from + blanks + 1)? {
                    Some(next) => from = next,
                    None => return Ok(State::WithinQuotes),
                }
            } else {
                let length = rest.iter().position(|it| *it == self.delimiter);
                let end = from + length.unwrap_or(rest.len());
                let begin = self.text.len();
                self.text.push_str(&line[from..end]);
                self.places.push((begin, self.text.len()));
                from = end + 1;
            }
        }
        Ok(State::Whole)
    }

    /// Spaces before an opening quote and after a closing one mean nothing.
    fn blanks(&self, bytes: &[u8]) -> usize {
        let is_blank = |it: &&u8| **it == b' ' && self.delimiter != b' ';
        bytes.iter().take_while(is_blank).count()
    }

    /// Reads on within quotes. Where the next cell begins; None: the line ends before the quotes.
    fn within_quotes(
        &mut self,
        line: &str,
        mut from: usize,
    ) -> Result<Option<usize>, &'static str> {
        loop {
            let rest = &line.as_bytes()[from..];
            let Some(place) = rest.iter().position(|it| Some(*it) == self.quote) else {
                self.text.push_str(&line[from..]);
                return Ok(None);
            };
            self.text.push_str(&line[from..from + place]);
            let after = &rest[place + 1..];
            if after.first().copied() == self.quote {
                self.text.push_str(&line[from + place..=from + place]);
                from += place + 2;
                continue;
            }
            let blanks = self.blanks(after);
            if after.get(blanks).is_some_and(|it| *it != self.delimiter) {
                return Err(AFTER_QUOTE);
            }
            let begin = self.open.take().unwrap_or(self.text.len());
            self.places.push((begin, self.text.len()));
            return Ok(Some(from + place + 1 + blanks + 1));
        }
    }
}
