//! A mapping as a file: a header, then one code of the supplier a line.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8};
use onhand_core::{MappedLine, Quantity, Sku, Time};

/// The columns of such a file; the first two must be there.
pub const COLUMNS: [&str; 6] =
    ["supplier_sku", "sku", "pack", "unit_cost", "valid_from", "valid_until"];

/// One line, and where in the file it begins.
#[derive(Debug, PartialEq)]
pub struct Mapped {
    pub line: u64,
    pub mapped: MappedLine,
}

/// Everything that is wrong with a file, each with line, column and remedy.
pub type Complaints = Vec<String>;

/// Reads a whole file. A mark of its encoding at its beginning wins over `encoding`.
///
/// # Errors
/// Everything that is wrong with it: it is read as a whole or not at all.
pub fn read(bytes: &[u8], encoding: &'static Encoding) -> Result<Vec<Mapped>, Complaints> {
    let text = decoded(bytes, encoding).map_err(|it| vec![it])?;
    let mut records = ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .into_records();
    let Some(Ok(header)) = records.next() else {
        return Err(vec![format!("the file is empty; begin it with a header: {}", columns())]);
    };
    let places = Places::of(&header)?;
    let mut reading =
        Reading { places, lines: Vec::new(), complaints: Vec::new(), last: HashMap::new() };
    for record in records {
        match record {
            Ok(record) => reading.record(&record),
            Err(error) => reading.complaints.push(format!("the file cannot be read on: {error}")),
        }
    }
    match (reading.complaints.is_empty(), reading.lines.is_empty()) {
        (false, _) => Err(reading.complaints),
        (true, true) => Err(vec!["the file has no line below its header".to_owned()]),
        (true, false) => Ok(reading.lines),
    }
}

fn columns() -> String {
    COLUMNS.join(", ")
}

/// The text, or the line where it is no text of that encoding.
fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Result<String, String> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((encoding, 0));
    let bytes = bytes.get(mark..).unwrap_or_default();
    let decode = |it| encoding.decode_without_bom_handling_and_without_replacement(it);
    let remedy = "name its encoding, such as --encoding gbk, or save it as UTF-8";
    match decode(bytes) {
        Some(text) if text.contains('\0') => {
            Err(format!("the file is not {}: {remedy}", encoding.name()))
        }
        // The reader of records counts lines right only where they end in one way.
        Some(text) => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
        None => {
            let place = bytes.split(|it| *it == b'\n').position(|it| decode(it).is_none());
            let line = place.map_or(1, |it| it + 1);
            Err(format!("line {line}: contains bytes that are not {}; {remedy}", encoding.name()))
        }
    }
}

/// What the header is parted by most often.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default();
    let count = |mark: &u8| header.bytes().filter(|it| it == mark).count();
    // Of several as frequent the last one counts.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Where in a record each column is.
struct Places {
    of: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Places {
    fn of(header: &StringRecord) -> Result<Places, Complaints> {
        let line = header.position().map_or(1, csv::Position::line);
        let mut places = Places { of: [None; COLUMNS.len()], width: header.len() };
        let mut complaints = Vec::new();
        for (place, title) in header.iter().enumerate() {
            let title = title.trim();
            match COLUMNS.iter().position(|it| it.eq_ignore_ascii_case(title)) {
                None => complaints.push(format!(
                    "line {line}, column {title:?}: is not known; the columns are {}",
                    columns()
                )),
                Some(column) if places.of[column].is_some() => {
                    complaints.push(format!("line {line}, column {title}: stands twice; keep one"));
                }
                Some(column) => places.of[column] = Some(place),
            }
        }
        for (column, place) in COLUMNS.iter().zip(places.of).take(2) {
            if place.is_none() {
                complaints.push(format!("line {line}: the header has no column {column}; add it"));
            }
        }
        if complaints.is_empty() { Ok(places) } else { Err(complaints) }
    }

    /// A cell by its column's place in [`COLUMNS`], where there is something in it.
    fn cell<'r>(&self, record: &'r StringRecord, column: usize) -> Option<&'r str> {
        let cell = record.get(self.of.get(column).copied().flatten()?)?;
        (!cell.trim().is_empty()).then_some(cell)
    }
}

struct Reading {
    places: Places,
    lines: Vec<Mapped>,
    complaints: Complaints,
    /// Of every code: its last line, and since when that is valid.
    last: HashMap<Sku, (u64, Option<Time>)>,
}

impl Reading {
    fn record(&mut self, record: &StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|it| it.trim().is_empty()) {
            return;
        }
        let (found, due) = (record.len(), self.places.width);
        if found != due {
            self.complaints.push(format!(
                "line {line}: has {found} columns where {due} are due; put a cell with the \
                 delimiter in it in quotes, and leave no cell out"
            ));
            return;
        }
        match self.mapped(record) {
            Ok(mapped) => self.take(line, mapped),
            Err((column, message)) => {
                let column = COLUMNS[column];
                self.complaints.push(format!("line {line}, column {column}: {message}"));
            }
        }
    }

    /// Of one code the meanings must come in the order of time: a new one ends those behind it.
    fn take(&mut self, line: u64, mapped: MappedLine) {
        let since = mapped.valid_from;
        if let Some((earlier, before)) = self.last.get(&mapped.supplier_sku)
            && since <= *before
        {
            self.complaints.push(format!(
                "line {line}, column supplier_sku: the code stands in line {earlier} already; \
                 remove one, or give the later one a later valid_from"
            ));
            return;
        }
        self.last.insert(mapped.supplier_sku.clone(), (line, since));
        self.lines.push(Mapped { line, mapped });
    }

    fn mapped(&self, record: &StringRecord) -> Result<MappedLine, (usize, String)> {
        let cell = |column: usize| self.places.cell(record, column);
        let name = |column: usize| {
            let read = |text| Sku::new(text).map_err(|error| (column, error.to_string()));
            cell(column).map(read).transpose()
        };
        let time = |column: usize| {
            let read = |text: &str| crate::names::time(text.trim()).map_err(|it| (column, it));
            cell(column).map(read).transpose()
        };
        let code =
            name(0)?.ok_or((0, "is empty; every line needs the supplier's code".to_owned()))?;
        let units = cell(2).map(pack).transpose().map_err(|it| (2, it))?;
        let pack = units.unwrap_or(Quantity::ONE);
        let sku = name(1)?;
        let unit_cost = cell(3).map(whole).transpose().map_err(|it| (3, it))?;
        let (valid_from, valid_until) = (time(4)?, time(5)?);
        if sku.is_none() && (pack != Quantity::ONE || unit_cost.is_some() || valid_until.is_some())
        {
            let message = "is empty, so the code is to mean nothing any more; give a SKU, or leave \
                           pack, unit_cost and valid_until empty too";
            return Err((1, message.to_owned()));
        }
        if valid_until.is_some_and(|it| it <= valid_from.unwrap_or(Time(0))) {
            return Err((5, "must be after valid_from".to_owned()));
        }
        Ok(MappedLine { supplier_sku: code, sku, pack, unit_cost, valid_from, valid_until })
    }
}

/// Units of ours in one of theirs.
pub fn pack(text: &str) -> Result<Quantity, String> {
    let message = "must be at least 1: units of ours in one of theirs";
    Quantity::new(whole(text)?).ok_or_else(|| message.to_owned())
}

fn whole(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let is_whole = text.bytes().all(|it| it.is_ascii_digit());
    let number = if is_whole { text.parse().ok() } else { None };
    number.ok_or_else(|| format!("{text:?} must be a whole number in digits only, such as 12"))
}

/// The encoding of a name such as gbk.
pub fn encoding(name: &str) -> Result<&'static Encoding, String> {
    let known = Encoding::for_label(name.as_bytes());
    known.ok_or_else(|| {
        format!("is not known; take {}, gbk, big5 or another one of the web", UTF_8.name())
    })
}

#[cfg(test)]
mod tests {
    use encoding_rs::GBK;
    use expect_test::{Expect, expect};

    use super::*;

    fn check(bytes: &[u8], encoding: &'static Encoding, expected: Expect) {
        let told = match read(bytes, encoding) {
            Ok(lines) => lines
                .iter()
                .map(|it| format!("{} {}\n", it.line, serde_json::to_string(&it.mapped).unwrap()))
                .collect::<String>(),
            Err(complaints) => complaints.iter().map(|it| format!("{it}\n")).collect(),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn a_mapping_is_read_whatever_its_dialect() {
        let all = "\u{feff}supplier_sku;sku;pack;unit_cost;valid_from;valid_until\r\n\
                   007;W;12;310;;\r\n;;;;;\r\n\"8;9\";;;;;\r\n\
                   007;G;;;2026-03-01T00:00:00Z;2026-04-01T00:00:00Z\r\n";
        check(
            all.as_bytes(),
            UTF_8,
            expect![[r#"
            2 {"supplier_sku":"007","sku":"W","pack":12,"unit_cost":310}
            4 {"supplier_sku":"8;9"}
            5 {"supplier_sku":"007","sku":"G","valid_from":"2026-03-01T00:00:00Z","valid_until":"2026-04-01T00:00:00Z"}
        "#]],
        );
        check(
            &GBK.encode("SKU\tSupplier_SKU\n茶杯\t货号\n").0,
            GBK,
            expect![[r#"
            2 {"supplier_sku":"货号","sku":"茶杯"}
        "#]],
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let wrong = "supplier_sku,sku,pack,valid_from,unit_cost\n,W,,,\n1,W,0,,\n2,W,1.5,,\n 3,W,,,\n\
                     4,W,,2026-03-01,\n5,W\n6,,12,,\n7,W,,,\n7,G,,,\n8,W,,,3.10\n";
        check(
            wrong.as_bytes(),
            UTF_8,
            expect![[r#"
            line 2, column supplier_sku: is empty; every line needs the supplier's code
            line 3, column pack: must be at least 1: units of ours in one of theirs
            line 4, column pack: "1.5" must be a whole number in digits only, such as 12
            line 5, column supplier_sku: must not begin or end with a space
            line 6, column valid_from: must be a time with an offset, such as 2026-03-03T09:00:00Z
            line 7: has 2 columns where 5 are due; put a cell with the delimiter in it in quotes, and leave no cell out
            line 8, column sku: is empty, so the code is to mean nothing any more; give a SKU, or leave pack, unit_cost and valid_until empty too
            line 10, column supplier_sku: the code stands in line 9 already; remove one, or give the later one a later valid_from
            line 11, column unit_cost: "3.10" must be a whole number in digits only, such as 12
        "#]],
        );
        check(
            b"code,sku,sku\n1,W,W\n",
            UTF_8,
            expect![[r#"
            line 1, column "code": is not known; the columns are supplier_sku, sku, pack, unit_cost, valid_from, valid_until
            line 1, column sku: stands twice; keep one
            line 1: the header has no column supplier_sku; add it
        "#]],
        );
        check(
            b"",
            UTF_8,
            expect![[r#"
            the file is empty; begin it with a header: supplier_sku, sku, pack, unit_cost, valid_from, valid_until
        "#]],
        );
        check(
            b"supplier_sku,sku\n",
            UTF_8,
            expect![[r#"
            the file has no line below its header
        "#]],
        );
        check(
            b"supplier_sku,sku\n1,caf\xe9\n",
            UTF_8,
            expect![[r#"
            line 2: contains bytes that are not UTF-8; name its encoding, such as --encoding gbk, or save it as UTF-8
        "#]],
        );
    }
}
