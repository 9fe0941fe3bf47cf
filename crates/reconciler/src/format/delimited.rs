//! Delimited text: CSV in all its dialects, tabs, pipes.

use super::cells::{Cells, Records, is_left_out};
use super::detect::rewind;
use super::place::Places;
use super::row::{Cell, Rows};
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::format::testing::*;

    const OURS: &str = "supplier_sku,quantity,pack,next_restock_at,description,gtin\n";

    #[test]
    fn our_own_form_needs_no_profile() {
        let text = format!(
            "{OURS}00123,5,12,2026-12-01T08:00:00Z,Cup,4006381333931\n\
             \"A,1\",,,,\"Saucer \"\"Wien\"\"\nround\",\nB-2,0,,,,\n"
        );
        says(
            "",
            &text,
            expect![[r#"
            2: 00123 5 x12 from 2026-12-01T08:00:00Z "Cup" gtin 4006381333931
            3: A,1 ? "Saucer \"Wien\"\nround"
            5: B-2 0
            3 lines, 0 skipped"#]],
        );
        says(
            "",
            "quantity;supplier_sku\r\n5;A\r\n;B\r\n",
            expect![[r#"
            2: A 5
            3: B ?
            2 lines, 0 skipped"#]],
        );
        says(
            "",
            "supplier_sku\tquantity\rA\t5\rB\t1",
            expect![[r#"
            2: A 5
            3: B 1
            2 lines, 0 skipped"#]],
        );
        says(
            "",
            "supplier_sku|quantity|price\nA|5|1,5;2\n",
            expect![[r#"
            2: A 5
            1 lines, 0 skipped"#]],
        );
        says(
            "",
            "sep=;\nsupplier_sku;quantity\nA;5\n",
            expect![[r#"
            3: A 5
            1 lines, 0 skipped"#]],
        );
    }

    #[test]
    fn columns_are_named_or_counted() {
        let profile = "columns = { code = \"Art. No\", quantity = 3, description = \"Text\" }";
        says(
            profile,
            "Art. No , Text,Stock\nA,\"Cup, small\",7\n",
            expect![[r#"
            2: A 7 "Cup, small"
            1 lines, 0 skipped"#]],
        );
        let profile = "header = false\ncolumns = { code = 2, quantity = 1 }\npack = 6";
        says(
            profile,
            "5;A\n7;B\n",
            expect![[r#"
            1: A 5 x6
            2: B 7 x6
            2 lines, 0 skipped"#]],
        );
        let profile = "format = \"pipe\"\nskip_rows = 2\ncomment = \"#\"\nquote = \"\"";
        let text = "Stock list\nof today,|\n# note\nsupplier_sku|quantity\n\nA|1\n#B|2\n\"C|3\n|\n";
        says(
            profile,
            text,
            expect![[r#"
            6: A 1
            8: "C 3
            2 lines, 4 skipped"#]],
        );
        says(
            "format = \"tsv\"",
            "supplier_sku\tquantity\nA;1\t5\n",
            expect![[r#"
            2: A;1 5
            1 lines, 0 skipped"#]],
        );
        says(
            "delimiter = \"~\"\nquote = \"'\"",
            "supplier_sku~quantity\n'A~1'~5\n",
            expect![[r#"
            2: A~1 5
            1 lines, 0 skipped"#]],
        );
        // What else a foreign file calls a pack is none of ours.
        let profile = "columns = { code = \"SKU\" }";
        says(
            profile,
            "SKU,quantity,pack\nA,5,box\n",
            expect![[r#"
            2: A 5
            1 lines, 0 skipped"#]],
        );
    }

    #[test]
    fn zeros_before_a_code_survive() {
        let text = "supplier_sku,quantity\n000,1\n00123,2\n=\"00456\",3\n\"=\"\"00789\"\"\",=\"4\"\n 007 ,5\n";
        says(
            "",
            text,
            expect![[r#"
            2: 000 1
            3: 00123 2
            4: 00456 3
            5: 00789 4
            6: 007 5
            5 lines, 0 skipped"#]],
        );
    }

    #[test]
    fn lines_that_are_cut_off_or_shifted_are_told() {
        let text = "supplier_sku,quantity,price\nA,5,1.0\nB,5\nC\nD,5,1,0\nE,5,1.0,,\n";
        says(
            "",
            text,
            expect![[r#"
            line 3: has 2 columns where 3 are due; the line is cut off, or a line end stands in a cell without quotes: ask for the file again
            line 4: has 1 columns where 3 are due; the line is cut off, or a line end stands in a cell without quotes: ask for the file again
            line 5: has 4 columns where 3 are due; put a cell with the delimiter in it in quotes"#]],
        );
        says(
            "",
            "supplier_sku,quantity\nA,5\n\"B,7\nC,8\n",
            expect![[
                r#"line 3: has a quote that is not closed, up to the end of the file or for 1 MiB; close it, or set `quote = ""` in the profile if quotes mean nothing in this file"#
            ]],
        );
        says(
            "",
            "supplier_sku,quantity\n\"A\"x,5\nB,\"7\nC\",8\n",
            expect![[r#"
            line 2: has text right after a closing quote; write a quote within quotes twice, or set `quote = ""` in the profile if quotes mean nothing in this file
            line 3: has 3 columns where 2 are due; put a cell with the delimiter in it in quotes"#]],
        );
        says(
            "",
            "supplier_sku,quantity\n5\" pipe,5\n\"5\"\" pipe, red\" ,7\n",
            expect![[r#"
            2: 5" pipe 5
            3: 5" pipe, red 7
            2 lines, 0 skipped"#]],
        );
        says(
            "quote = \"\"",
            "supplier_sku,quantity\n\"B,7\n",
            expect![[r#"
            2: "B 7
            1 lines, 0 skipped"#]],
        );
    }
}
