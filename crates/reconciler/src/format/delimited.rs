//! Delimited text: CSV in all its dialects, tabs, pipes.

use super::cells::{Cells, Records, is_left_out};
use super::detect::rewind;
use super::row::{Cell, Places, Rows};
use super::text::Text;
use super::{Column, Format, Profile, Source, merged};
use crate::{Complaint, Complaints, Line, Reading};

/// Reads a file whose columns are parted by one character.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    format: Format,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let (delimiter, above) = delimiter(source, profile, format)?;
    let mut records = Records::new(source, profile, delimiter, above);
    let mut rows = Rows::new(profile);
    match records.next() {
        None => {}
        Some(Err(complaint)) => rows.wrong(complaint),
        Some(Ok(line)) => match Table::open(line, &records.cells, profile) {
            Err(complaints) => rows.fail(complaints),
            Ok(table) => {
                if profile.header == Some(false) {
                    table.record(line, &records.cells, &mut rows, sink);
                }
                while let Some(next) = records.next() {
                    match next {
                        Ok(line) => table.record(line, &records.cells, &mut rows, sink),
                        Err(complaint) => rows.wrong(complaint),
                    }
                }
            }
        },
    }
    rows.skip(records.skipped);
    merged(rows.finish(), records.complaints())
}

/// Where in a record everything is.
struct Table<'p> {
    profile: &'p Profile,
    places: Places,
    width: usize,
}

impl<'p> Table<'p> {
    /// By the first record: the header, or the first line of a file without one.
    fn open(line: u64, first: &Cells, profile: &'p Profile) -> Result<Table<'p>, Complaints> {
        let width = first.len();
        let places = match profile.header {
            Some(false) => Places::by_number(line, width, profile)?,
            _ => Places::in_header(line, &first.iter().collect::<Vec<_>>(), profile)?,
        };
        Ok(Table { profile, places, width })
    }

    fn record(&self, line: u64, cells: &Cells, rows: &mut Rows<'_>, sink: &mut dyn FnMut(Line)) {
        if let Some(trailer) = &self.profile.trailer
            && cells.get(0).trim_start().starts_with(&trailer.prefix)
        {
            let place = match trailer.count_field {
                Column::Number(number) => number.get() as usize - 1,
                Column::Name(_) | Column::Span { .. } => usize::MAX,
            };
            return rows.trailer(line, Cell::Text(cells.get(place)));
        }
        match self.wrong_width(cells) {
            Some(message) => rows.wrong(Complaint { line: Some(line), column: None, message }),
            None => rows.row(line, &self.places, |index| Cell::Text(cells.get(index)), sink),
        }
    }

    /// A cell too few or too many shifts what stands behind it: a price would become a quantity.
    fn wrong_width(&self, cells: &Cells) -> Option<String> {
        let (found, due) = (cells.len(), self.width);
        if found < due {
            return Some(format!(
                "has {found} columns where {due} are due; the line is cut off, or a line end \
                 stands in a cell without quotes: ask for the file again"
            ));
        }
        let is_blank = cells.iter().skip(due).all(|it| it.trim().is_empty());
        (!is_blank).then(|| {
            format!(
                "has {found} columns where {due} are due; put a cell with the delimiter in it in \
                 quotes"
            )
        })
    }
}

/// What a file without a word about it may be parted by.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// So many records are looked at to find the delimiter.
const SAMPLE_LINES: usize = 20;

/// The delimiter, and how many lines at the top are no records. Leaves `source` at its
/// beginning.
fn delimiter(
    source: &mut dyn Source,
    profile: &Profile,
    format: Format,
) -> Result<(u8, u64), Complaint> {
    let said = match (profile.delimiter, format) {
        (Some(said), _) => Some(said.0),
        (None, Format::Tsv) => Some(b'\t'),
        (None, Format::Pipe) => Some(b'|'),
        (None, _) => None,
    };
    let lines = first_lines(source, profile)?;
    rewind(source)?;
    // Excel writes, and heeds, such a line above the header.
    let hint = match lines.first().map(|it| it.trim_end().as_bytes()) {
        Some([b's', b'e', b'p', b'=', hint]) if profile.skip_rows == 0 => Some(*hint),
        _ => None,
    };
    let delimiter = said.or(hint).unwrap_or_else(|| detected(&lines, profile));
    Ok((delimiter, profile.skip_rows + u64::from(hint.is_some())))
}

fn first_lines(source: &mut dyn Source, profile: &Profile) -> Result<Vec<String>, Complaint> {
    rewind(source)?;
    let mut text = Text::new(source, profile);
    let mut above = profile.skip_rows;
    let mut lines = Vec::new();
    while let Some((_, line)) = text.next() {
        if above > 0 {
            above -= 1;
        } else if !is_left_out(line, profile.comment.as_deref()) {
            lines.push(line.to_owned());
        }
        if lines.len() == SAMPLE_LINES {
            break;
        }
    }
    Ok(lines)
}

/// The candidate under which the header has all columns that are due; else the one that parts
/// most lines into as many cells as the first.
fn detected(lines: &[String], profile: &Profile) -> u8 {
    let split = |line: &str, delimiter: u8| {
        let mut cells = Cells::new(delimiter, profile.quote.0);
        // A line that goes on within quotes is cut there: its cells are enough to tell.
        let _ = cells.begin(line);
        cells
    };
    let Some(first) = lines.first() else { return CANDIDATES[0] };
    if profile.header != Some(false) {
        let fits = |delimiter: &u8| Table::open(1, &split(first, *delimiter), profile).is_ok();
        if let Some(delimiter) = CANDIDATES.into_iter().find(fits) {
            return delimiter;
        }
    }
    let score = |delimiter: &u8| {
        let width = split(first, *delimiter).len();
        let alike = lines.iter().filter(|it| split(it, *delimiter).len() == width).count();
        if width > 1 { (alike, width) } else { (0, 0) }
    };
    // The first of equals.
    CANDIDATES.into_iter().rev().max_by_key(score).unwrap_or(CANDIDATES[0])
}
