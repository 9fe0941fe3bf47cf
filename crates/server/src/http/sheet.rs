//! The sheet of a handover: written for a supplier, and read when it comes back as a confirmation.
//!
//! No cell is a formula to a spreadsheet: what could begin one begins with an apostrophe, which is
//! taken off again when the sheet is read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::Terminator;
use onhand_core::{LineRef, OrderId, QUANTITY_MAX};
use onhand_wire::Invalid;

/// Of the list, in its order.
pub(super) const COLUMNS: [&str; 7] =
    ["quantity", "supplier_sku", "sku", "order", "ref", "location", "short"];

/// Rows as CSV with `\r\n`, as RFC 4180 has it.
///
/// # Errors
/// None in memory: whatever a writer could say.
pub(super) fn write(rows: &[[String; COLUMNS.len()]]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|it| harmless(it).into_owned()))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// With one more apostrophe in front of what begins a formula, be there apostrophes already or not.
fn harmless(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What was meant by a cell that was written so.
fn meant(cell: &str) -> &str {
    let cell = cell.trim_matches(' ');
    cell.strip_prefix('\'').filter(|it| is_formula(it)).unwrap_or(cell)
}

/// Reads a confirmation: a header, then `order`, `ref` and how many units are `short` or how many
/// are `confirmed`; an empty cell says that none is short. Other columns are not looked at, but
/// for `location`, and `quantity` beside `confirmed`. Separated by commas, semicolons or tabs.
///
/// # Errors
/// [`Invalid`] naming line and column of the first thing that cannot be read.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Short>, Invalid> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let message = format!("is not UTF-8 at byte {place}; save the file as CSV in UTF-8");
        Invalid::new("not_utf8", "", message)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = rows(text, delimiter(text))?.into_iter();
    let Some((_, header)) = rows.next() else {
        let message = "has no header; the first line names the columns: order,ref,short";
        return Err(Invalid::new("missing_field", "line 1", message));
    };
    let columns = Columns::of(&header)?;
    let (mut short, mut seen) = (Vec::new(), BTreeMap::new());
    for (line, cells) in rows {
        if cells.len() != header.len() {
            let (found, wanted) = (cells.len(), header.len());
            let message = format!("has {found} cells where the header has {wanted}");
            return Err(Invalid::new("invalid_field", &format!("line {line}"), message));
        }
        let row = columns.row(line, &cells)?;
        let name = (row.order.clone(), row.r#ref.clone(), row.location.clone());
        if let Some(before) = seen.insert(name, line) {
            let message = format!("names what line {before} names already; keep one");
            return Err(Invalid::new("duplicate_field", &cell(line, "ref"), message));
        }
        short.push(row);
    }
    Ok(short)
}

/// What the header has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or("");
    let count = |it: &u8| header.bytes().filter(|found| found == it).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

type Row = (u64, Vec<String>);

/// Rows with the number of the line they begin on; empty ones are left out.
fn rows(text: &str, delimiter: u8) -> Result<Vec<Row>, Invalid> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true);
    let mut rows = Vec::new();
    for record in builder.from_reader(text.as_bytes()).records() {
        let record = record.map_err(|error| Invalid::new("invalid_field", "", error))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|it| !it.trim().is_empty()) {
            rows.push((line, record.iter().map(str::to_owned).collect()));
        }
    }
    Ok(rows)
}

/// Where the columns stand.
struct Columns {
    order: usize,
    line_ref: usize,
    short: Option<usize>,
    confirmed: Option<(usize, usize)>,
    location: Option<usize>,
}

impl Columns {
    fn of(header: &[String]) -> Result<Columns, Invalid> {
        let names: Vec<String> = header.iter().map(|it| it.trim().to_ascii_lowercase()).collect();
        let find = |name: &str| names.iter().position(|it| it == name);
        for (place, name) in names.iter().enumerate() {
            let known = COLUMNS.contains(&name.as_str()) || name == "confirmed";
            if known && find(name) != Some(place) {
                let message = "stands twice in the header; keep one";
                return Err(Invalid::new("duplicate_field", &cell(1, name), message));
            }
        }
        let missing = |name: &str, message: &str| {
            Invalid::new(
                "missing_field",
                &cell(1, name),
                format!("is missing in the header{message}"),
            )
        };
        let needed = |name: &str| find(name).ok_or_else(|| missing(name, ""));
        let (order, line_ref) = (needed("order")?, needed("ref")?);
        let (short, confirmed) = (find("short"), find("confirmed"));
        let confirmed = match (short, confirmed) {
            (Some(_), Some(_)) => {
                let message = "stands beside `short`; keep one of them";
                return Err(Invalid::new("invalid_field", &cell(1, "confirmed"), message));
            }
            (None, None) => {
                let message = "; say how many units of a line are short, or `confirmed` ones";
                return Err(missing("short", message));
            }
            (_, confirmed) => confirmed.map(|it| Ok((it, needed("quantity")?))).transpose()?,
        };
        Ok(Columns { order, line_ref, short, confirmed, location: find("location") })
    }
}

pub(super) fn cell(line: u64, column: &str) -> String {
    format!("line {line}, column {column}")
}

/// What a line of the sheet says.
pub(super) struct Short {
    /// Of the file, counted from 1.
    pub line: u64,
    pub order: OrderId,
    pub r#ref: LineRef,
    /// Empty: wherever it was handed over.
    pub location: String,
    pub short: u64,
}

impl Columns {
    fn row(&self, line: u64, cells: &[String]) -> Result<Short, Invalid> {
        let wrong = |column: &str, message: &str| {
            Invalid::new("invalid_field", &cell(line, column), message)
        };
        let order = OrderId::new(meant(&cells[self.order]));
        let line_ref = LineRef::new(meant(&cells[self.line_ref]));
        let location = self.location.map(|it| meant(&cells[it]).to_owned());
        Ok(Short {
            line,
            order: order.map_err(|error| wrong("order", &error.to_string()))?,
            r#ref: line_ref.map_err(|error| wrong("ref", &error.to_string()))?,
            location: location.unwrap_or_default(),
            short: self.short_of(line, cells)?,
        })
    }
}

impl Columns {
    fn short_of(&self, line: u64, cells: &[String]) -> Result<u64, Invalid> {
        let number = |column: &str, place: usize| {
            let text = meant(&cells[place]);
            match text.parse::<u64>() {
                Ok(number) if number <= QUANTITY_MAX => Ok(Some(number)),
                Err(_) if text.is_empty() => Ok(None),
                Ok(_) | Err(_) => {
                    let message = "must be a whole number of units, such as 3, or empty";
                    Err(Invalid::new("invalid_field", &cell(line, column), message))
                }
            }
        };
        if let Some(place) = self.short {
            return Ok(number("short", place)?.unwrap_or(0));
        }
        let Some((confirmed, quantity)) = self.confirmed else { return Ok(0) };
        let Some(confirmed) = number("confirmed", confirmed)? else { return Ok(0) };
        let Some(quantity) = number("quantity", quantity)? else {
            let message = "is empty; say how many units were handed over";
            return Err(Invalid::new("missing_field", &cell(line, "quantity"), message));
        };
        quantity.checked_sub(confirmed).ok_or_else(|| {
            let message = format!("is more than the {quantity} that were handed over");
            Invalid::new("invalid_field", &cell(line, "confirmed"), message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read(text.as_bytes()) {
            Ok(lines) => {
                let line =
                    |it: &Short| format!("{} {}@{}:{}", it.order, it.r#ref, it.location, it.short);
                lines.iter().map(line).collect::<Vec<_>>().join(", ")
            }
            Err(no) => format!("{}: {} {}", no.code, no.field, no.message),
        }
    }

    #[test]
    fn a_confirmation_is_read_by_its_header() {
        for (text, meaning) in [
            ("order,ref,short\nO1,1,3\n", "O1 1@:3"),
            ("\u{feff}Order;Ref;Remark;Short\r\n\"O;1\";1;\"a\"\"b\";\r\n", "O;1 1@:0"),
            ("order\tref\tshort\nO1\t1\t 2 \n\n\t\t\n", "O1 1@:2"),
            ("quantity,order,ref,confirmed\n5,O1,1,3\n5,O1,2,\n", "O1 1@:2, O1 2@:0"),
            ("order,ref,location,short\nO1,1,D,1\nO1,1,E,2\n", "O1 1@D:1, O1 1@E:2"),
            ("order,ref,short\n'=O1,'-1,3\n''=O1,'x,1\n", "=O1 -1@:3, '=O1 'x@:1"),
        ] {
            assert_eq!(told(text), meaning, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line_and_column() {
        for (text, no) in [
            (
                "",
                "missing_field: line 1 has no header; the first line names the columns: order,ref,short",
            ),
            ("order,short\n", "missing_field: line 1, column ref is missing in the header"),
            (
                "order,ref\n",
                "missing_field: line 1, column short is missing in the header; say how many units of a line are short, or `confirmed` ones",
            ),
            (
                "order,ref,confirmed\n",
                "missing_field: line 1, column quantity is missing in the header",
            ),
            (
                "order,ref,short,confirmed\n",
                "invalid_field: line 1, column confirmed stands beside `short`; keep one of them",
            ),
            (
                "order,ref,ref,short\n",
                "duplicate_field: line 1, column ref stands twice in the header; keep one",
            ),
            (
                "order,ref,short\nO1,1,3\nO1,1,2\n",
                "duplicate_field: line 3, column ref names what line 2 names already; keep one",
            ),
            (
                "order,ref,short\nO1,1,-3\n",
                "invalid_field: line 2, column short must be a whole number of units, such as 3, or empty",
            ),
            (
                "order,ref,short\nO1,1,1.5\n",
                "invalid_field: line 2, column short must be a whole number of units, such as 3, or empty",
            ),
            ("order,ref,short\nO1,1\n", "invalid_field: line 2 has 2 cells where the header has 3"),
            (
                "quantity,order,ref,confirmed\n2,O1,1,3\n",
                "invalid_field: line 2, column confirmed is more than the 2 that were handed over",
            ),
            (
                "quantity,order,ref,confirmed\n,O1,1,3\n",
                "missing_field: line 2, column quantity is empty; say how many units were handed over",
            ),
        ] {
            assert_eq!(told(text), no, "{text:?}");
        }
        assert!(read(b"order,ref,short\n\xff").is_err_and(|it| it.code == "not_utf8"));
        assert!(told("order,ref,short\n,1,3\n").starts_with("invalid_field: line 2, column order"));
        assert!(
            told("order,ref,short\nO1,1,9999999999999\n")
                .starts_with("invalid_field: line 2, column short")
        );
    }

    #[test]
    fn no_cell_that_is_written_is_a_formula() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=x", "''@", "'x", "a=b", "1", ""]
        {
            let row = [text; COLUMNS.len()].map(str::to_owned);
            let bytes = write(&[COLUMNS.map(str::to_owned), row]).unwrap();
            let rows = rows(std::str::from_utf8(&bytes).unwrap(), b',').unwrap();
            for cell in rows.get(1).map_or(&[][..], |it| &it.1) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
                assert_eq!(meant(cell), text);
            }
        }
    }
}
