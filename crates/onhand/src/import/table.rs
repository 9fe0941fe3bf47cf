//! The records of a CSV text with their line numbers and columns.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord};

use super::profile::Form;
use super::source::{self, Text};
use crate::failure::Failure;

/// Most bytes of one record: an unclosed quote must not swallow the whole file into memory.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// An export, record by record.
pub struct Table {
    path: PathBuf,
    reader: csv::Reader<Bounded>,
    columns: Vec<String>,
    record: StringRecord,
    /// The first record of a file without a header, which is data.
    first: bool,
    budget: Rc<Cell<usize>>,
    /// Bytes of the file read so far, as it lies on disk.
    pub read_bytes: Rc<Cell<u64>>,
}

/// One record and the line it begins on.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub line: u64,
    pub fields: &'a StringRecord,
}

impl Table {
    /// # Errors
    /// A usage [`Failure`] if the file cannot be opened or has no columns.
    pub fn open(path: &Path, form: &Form) -> Result<Table, Failure> {
        let read_bytes = Rc::new(Cell::new(0));
        let text = source::open(path, form.encoding, Rc::clone(&read_bytes))?;
        let budget = Rc::new(Cell::new(RECORD_BYTES_MAX));
        let bounded = Bounded { text, budget: Rc::clone(&budget) };
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(form.delimiter);
        match form.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        let mut table = Table {
            path: path.to_owned(),
            reader: builder.from_reader(bounded),
            columns: Vec::new(),
            record: StringRecord::new(),
            first: false,
            budget,
            read_bytes,
        };
        if !table.advance()? {
            let message = "is empty; the first line must name the columns";
            return Err(Failure::usage(format!("{}: {message}", path.display())));
        }
        table.first = !form.header;
        table.columns = match form.header {
            true => table.record.iter().map(|it| it.trim().to_owned()).collect(),
            false => (1..=table.record.len()).map(|it| it.to_string()).collect(),
        };
        Ok(table)
    }

    /// Place of the column called `name`.
    ///
    /// # Errors
    /// A usage [`Failure`] naming the columns that there are.
    pub fn column(&self, name: &str, key: &str) -> Result<usize, Failure> {
        let mut places = self.columns.iter().enumerate().filter(|(_, it)| *it == name);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(Failure::usage(format!(
                "{}: has two columns called {name:?}; rename one (profile: `{key}`)",
                self.path.display()
            ))),
            (None, _) => Err(Failure::usage(format!(
                "{}: has no column {name:?} (profile: `{key}`); it has {}. Correct the column in \
                 the profile, or `file.delimiter` and `file.encoding` if these look wrong",
                self.path.display(),
                self.columns.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The next record, `None` at the end.
    ///
    /// # Errors
    /// [`Failure`]: the file cannot be read on from here.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        let there = std::mem::take(&mut self.first) || self.advance()?;
        // Where it ended, less its own lines: where it began is told before blank lines are skipped.
        let within: usize =
            self.record.iter().map(|it| it.bytes().filter(|it| *it == b'\n').count()).sum();
        let line = self.reader.position().line().saturating_sub(1 + within as u64);
        Ok(there.then_some(Record { line, fields: &self.record }))
    }

    fn advance(&mut self) -> Result<bool, Failure> {
        self.budget.set(RECORD_BYTES_MAX);
        let from = self.reader.position().line();
        self.reader.read_record(&mut self.record).map_err(|error| {
            let what = match error.into_kind() {
                csv::ErrorKind::Io(error) if error.to_string() == TOO_LONG => {
                    format!("line {from}: {TOO_LONG}")
                }
                csv::ErrorKind::Io(error) => error.to_string(),
                other => format!("line {from}: {other:?}"),
            };
            Failure::new(format!("{}: {what}", self.path.display()))
        })
    }
}

const TOO_LONG: &str = "the record is longer than 1 MiB; a quote is probably not closed (set \
                        `file.quote = \"\"` in the profile if quotes mean nothing in this file)";

/// Gives only as much as one record may have; the budget is renewed for each.
struct Bounded {
    text: Text,
    budget: Rc<Cell<usize>>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == 0 {
            return Err(io::Error::other(TOO_LONG));
        }
        let most = into.len().min(left);
        let read = self.text.read(&mut into[..most])?;
        self.budget.set(left - read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn form() -> Form {
        Form { encoding: encoding_rs::UTF_8, delimiter: b',', quote: Some(b'"'), header: true }
    }

    fn check(text: &str, form: &Form, said: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let actual = match Table::open(file.path(), form) {
            Ok(table) => rendered(table),
            Err(failure) => failure.to_string(),
        };
        assert!(actual.ends_with(said), "{actual:?} does not end with {said:?}");
    }

    fn rendered(mut table: Table) -> String {
        let mut text = table.columns.join("+");
        loop {
            match table.next() {
                Ok(Some(it)) => {
                    let fields: Vec<&str> = it.fields.iter().collect();
                    text += &format!(" {}:{}", it.line, fields.join("+"));
                }
                Ok(None) => return text,
                Err(failure) => return failure.to_string(),
            }
        }
    }

    #[test]
    fn records_know_their_lines() {
        check("a,b\r\n1,2\r\n\r\n3,\"x\ny\"\r\n4\r\n", &form(), "a+b 2:1+2 4:3+x\ny 6:4");
        check("1,2\n3,4\n", &Form { header: false, ..form() }, "1+2 1:1+2 2:3+4");
        check("a;b\n\"1;2\n", &Form { quote: None, delimiter: b';', ..form() }, "a+b 2:\"1+2");
        check("", &form(), "is empty; the first line must name the columns");
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_began() {
        let text = format!("a,b\n1,2\n3,\"4\n{}", "5,6\n".repeat(400_000));
        check(&text, &form(), &format!("line 3: {TOO_LONG}"));
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"Invoice,Code\n").unwrap();
        let table = Table::open(file.path(), &form()).unwrap();
        let said = table.column("InvoiceNo", "columns.document").unwrap_err().to_string();
        assert!(said.contains("no column \"InvoiceNo\" (profile: `columns.document`)"), "{said}");
        assert!(said.contains("it has \"Invoice\", \"Code\""), "{said}");
    }
}
