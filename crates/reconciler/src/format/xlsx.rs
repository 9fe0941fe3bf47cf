//! Workbooks: one sheet's cells, row by row, read into the same lines as any table.

use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};

use rustc_hash::FxHashSet;

use super::number::quoted;
use super::place::Places;
use super::row::{Cell, Rows};
use super::xlsx_cell::{Mask, Value, value};
use super::{Column, Profile, Sheet, Source, xlsx_guard};
use crate::{Complaint, Complaints, Line, Reading};

type Book<'s> = Xlsx<BufReader<&'s mut dyn Source>>;

/// Rows with a cell in them, and all cells: what a sheet of 256 MiB could have is bounded too.
const ROWS_MAX: u64 = 2_000_000;
const CELLS_MAX: u64 = 20_000_000;
/// Columns of a sheet.
const WIDTH_MAX: usize = 16_384;

/// Reads one sheet of a workbook. Formulas count with the values that were saved with them; one
/// that was saved without is a blank cell. Numbers with a format such as `00000` are codes with
/// their zeros.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let is_unreckoned = xlsx_guard::check(source)?;
    let mut book: Book<'_> =
        unharmed(|| Xlsx::new(BufReader::new(source)))?.map_err(|error| unreadable(&error))?;
    let name = sheet_name(&book, profile)?;
    let is_1904 = book.has_1904_epoch();
    let unreckoned = match is_unreckoned {
        true => zeros_of_formulas(&mut book, &name)?,
        false => FxHashSet::default(),
    };
    let cells = unharmed(|| book.worksheet_cells_reader(&name))?;
    let cells = cells.map_err(|error| unreadable(&error))?;
    let masks = cells.styles().iter().map(Mask::of).collect();
    let rows = SheetRows {
        cells,
        masks,
        is_1904,
        unreckoned,
        ahead: None,
        at_end: false,
        row_count: 0,
        cell_count: 0,
    };
    Table { profile, places: None, rows: Rows::new(profile) }.read(rows, sink)
}

/// Formulas with the value 0 in a workbook that nobody reckoned: programs that write one without
/// reckoning it put that there.
fn zeros_of_formulas(book: &mut Book<'_>, name: &str) -> Result<FxHashSet<(u32, u32)>, Complaint> {
    let mut found = FxHashSet::default();
    let cells = unharmed(|| book.worksheet_cells_reader(name))?;
    let mut cells = cells.map_err(|error| unreadable(&error))?;
    loop {
        let next = unharmed(|| cells.next_cell_with_formula_metadata())?;
        let Some(cell) = next.map_err(|error| unreadable(&error))? else { return Ok(found) };
        if cell.formula.is_some() && cell.value == DataRef::Float(0.0) {
            found.insert(cell.pos);
        }
        if found.len() as u64 > ROWS_MAX {
            return Err(too_many(cell.pos.0, "formulas", ROWS_MAX));
        }
    }
}

/// Runs a piece of the workbook reader, which trusts its input in places: a cell named
/// `ZZZZZZZZ1` overflows its arithmetic.
fn unharmed<T>(run: impl FnOnce() -> T) -> Result<T, Complaint> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| {
        Complaint::of_file("the workbook is damaged; ask for it again, or save it again as .xlsx")
    })
}

fn unreadable(error: &XlsxError) -> Complaint {
    Complaint::of_file(format!(
        "the workbook cannot be read ({error}); ask for it again, or save it again as .xlsx"
    ))
}

/// The sheet that the profile names; else the first that is shown.
fn sheet_name(book: &Book<'_>, profile: &Profile) -> Result<String, Complaint> {
    let sheets = book.sheets_metadata();
    let found = match &profile.sheet {
        Some(Sheet::Name(name)) => sheets.iter().find(|it| it.name.trim() == name.trim()),
        Some(Sheet::Number(number)) => sheets.get(number.get() as usize - 1),
        None => sheets
            .iter()
            .find(|it| it.typ == SheetType::WorkSheet && it.visible == SheetVisible::Visible),
    };
    if let Some(found) = found {
        return Ok(found.name.clone());
    }
    let names: Vec<String> = sheets.iter().take(30).map(|it| quoted(&it.name)).collect();
    let wanted = match &profile.sheet {
        Some(Sheet::Name(name)) => format!("no sheet {}", quoted(name)),
        Some(Sheet::Number(number)) => format!("no sheet number {number}"),
        None => "no sheet that is shown".to_owned(),
    };
    Err(Complaint::of_file(format!(
        "the workbook has {wanted}; it has {}; correct `sheet` in the profile",
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    )))
}

/// The cells of a sheet, put together to rows.
struct SheetRows<'w, 's> {
    cells: XlsxCellReader<'w, BufReader<&'s mut dyn Source>>,
    /// By style.
    masks: Vec<Option<Mask>>,
    is_1904: bool,
    /// Cells by row and column whose 0 may be none.
    unreckoned: FxHashSet<(u32, u32)>,
    /// The first cell of the next row.
    ahead: Option<Placed<'w>>,
    at_end: bool,
    row_count: u64,
    cell_count: u64,
}

/// A cell with its row and column, from 0.
type Placed<'w> = (u32, usize, Value<'w>);

impl<'w> SheetRows<'w, '_> {
    /// Takes the next row that has cells into `row`. Returns its number, from 1.
    fn next(&mut self, row: &mut Vec<Value<'w>>) -> Result<Option<u64>, Complaint> {
        row.clear();
        let first = match self.ahead.take() {
            Some(first) => Some(first),
            None => self.cell()?,
        };
        let Some((number, column, value)) = first else { return Ok(None) };
        set(row, column, value);
        while let Some((its, column, value)) = self.cell()? {
            if its != number {
                self.ahead = Some((its, column, value));
                break;
            }
            set(row, column, value);
        }
        self.row_count += 1;
        if self.row_count > ROWS_MAX {
            return Err(too_many(number, "rows", ROWS_MAX));
        }
        Ok(Some(u64::from(number) + 1))
    }

    /// The next cell that is not empty.
    fn cell(&mut self) -> Result<Option<Placed<'w>>, Complaint> {
        while !self.at_end {
            let next = unharmed(|| self.cells.next_cell_with_style_id())?;
            let Some((cell, style)) = next.map_err(|error| unreadable(&error))? else {
                self.at_end = true;
                break;
            };
            let (row, column) = cell.get_position();
            self.cell_count += 1;
            if self.cell_count > CELLS_MAX {
                return Err(too_many(row, "cells", CELLS_MAX));
            }
            if column as usize >= WIDTH_MAX {
                return Err(too_many(row, "columns", WIDTH_MAX as u64));
            }
            let data = cell.get_value();
            if matches!(data, DataRef::Empty) {
                continue;
            }
            if self.unreckoned.contains(&(row, column)) {
                let message = "is a formula that was never reckoned; open the workbook in a \
                               spreadsheet program and save it";
                return Ok(Some((row, column as usize, Value::Wrong(message.into()))));
            }
            let mask = self.masks.get(style).and_then(Option::as_ref);
            return Ok(Some((row, column as usize, value(data, mask, self.is_1904))));
        }
        Ok(None)
    }
}

fn too_many(row: u32, what: &str, max: u64) -> Complaint {
    let message = format!("the sheet has more than {max} {what} up to here; save it as CSV");
    Complaint { line: Some(u64::from(row) + 1), column: None, message }
}

fn set<'w>(row: &mut Vec<Value<'w>>, column: usize, value: Value<'w>) {
    if row.len() <= column {
        row.resize_with(column + 1, Value::default);
    }
    row[column] = value;
}

/// Rows as lines: the header first, then the rest.
struct Table<'p> {
    profile: &'p Profile,
    /// None: the header is yet to come.
    places: Option<Places>,
    rows: Rows<'p>,
}

impl Table<'_> {
    fn read(
        mut self,
        mut sheet: SheetRows<'_, '_>,
        sink: &mut dyn FnMut(Line),
    ) -> Result<Reading, Complaints> {
        let mut row = Vec::new();
        loop {
            match sheet.next(&mut row) {
                Ok(None) => return self.rows.finish(),
                Ok(Some(line)) if line <= self.profile.skip_rows => {}
                Ok(Some(line)) => {
                    if let Err(complaints) = self.row(line, &row, sink) {
                        self.rows.fail(complaints);
                        return self.rows.finish();
                    }
                }
                // What follows cannot be found.
                Err(complaint) => {
                    self.rows.fail(complaint.into());
                    return self.rows.finish();
                }
            }
        }
    }

    fn row(
        &mut self,
        line: u64,
        row: &[Value<'_>],
        sink: &mut dyn FnMut(Line),
    ) -> Result<(), Complaints> {
        let begin = row.first().map(Value::text).unwrap_or_default();
        let begin = begin.trim_start();
        let is_comment = self
            .profile
            .comment
            .as_deref()
            .is_some_and(|it| !it.is_empty() && begin.starts_with(it));
        if is_comment || row.iter().all(Value::is_blank) {
            self.rows.skip(1);
            return Ok(());
        }
        let Some(places) = &self.places else {
            return self.first(line, row, sink);
        };
        let cell = |index: usize| row.get(index).map_or(Cell::BLANK, Value::cell);
        match &self.profile.trailer {
            Some(trailer) if begin.starts_with(&trailer.prefix) => {
                let place = match trailer.count_field {
                    Column::Number(number) => number.get() as usize - 1,
                    Column::Name(_) | Column::Span { .. } => usize::MAX,
                };
                self.rows.trailer(line, cell(place));
            }
            _ => self.rows.row(line, places, cell, sink),
        }
        Ok(())
    }

    /// The header, or the first line of a sheet without one.
    fn first(
        &mut self,
        line: u64,
        row: &[Value<'_>],
        sink: &mut dyn FnMut(Line),
    ) -> Result<(), Complaints> {
        if self.profile.header == Some(false) {
            // Blank cells at the end of a row are not in the file.
            self.places = Some(Places::by_number(line, WIDTH_MAX, self.profile)?);
            return self.row(line, row, sink);
        }
        let names: Vec<String> = row.iter().map(Value::text).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.places = Some(Places::in_header(line, &names, self.profile)?);
        Ok(())
    }
}
