//! What a cell of a workbook holds, as the other formats' cells hold it.

use calamine::{DataRef, ExcelDateTime, Style};
use jiff::civil::DateTime;
use jiff::{SignedDuration, civil};

use super::row::Cell;

/// A cell's value, with what must be kept to lend it out.
#[derive(Debug, Default)]
pub(super) enum Value<'w> {
    #[default]
    Blank,
    Shared(&'w str),
    Text(String),
    Number(f64),
    /// A number, and how its format shows it.
    Shown(f64, String),
    Moment(DateTime),
    Wrong(String),
}

impl Value<'_> {
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Value::Blank => Cell::BLANK,
            Value::Shared(text) => Cell::Text(text),
            Value::Text(text) => Cell::Text(text),
            Value::Number(number) => Cell::Number(*number),
            Value::Shown(number, text) => Cell::Shown(*number, text),
            Value::Moment(moment) => Cell::Moment(*moment),
            Value::Wrong(message) => Cell::Wrong(message),
        }
    }

    /// As a header or a trailer shows it.
    pub fn text(&self) -> String {
        match self {
            Value::Blank | Value::Wrong(_) => String::new(),
            Value::Shared(text) => (*text).to_owned(),
            Value::Text(text) | Value::Shown(_, text) => text.clone(),
            Value::Number(number) => format!("{number}"),
            Value::Moment(moment) => moment.to_string(),
        }
    }

    /// Whether there is nothing in it to read.
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Blank => true,
            Value::Shared(text) => text.trim().is_empty(),
            Value::Text(text) => text.trim().is_empty(),
            Value::Number(_) | Value::Shown(..) | Value::Moment(_) | Value::Wrong(_) => false,
        }
    }
}

/// Beyond it a workbook's number has lost digits.
const EXACT_MAX: f64 = 1e15;

/// Reads a cell. `mask` is that of its style; `is_1904` says from when days are counted.
pub(super) fn value<'w>(data: &DataRef<'w>, mask: Option<&Mask>, is_1904: bool) -> Value<'w> {
    match data {
        DataRef::Empty => Value::Blank,
        DataRef::SharedString(text) => Value::Shared(text),
        DataRef::String(text) | DataRef::DurationIso(text) => Value::Text(text.clone()),
        DataRef::Int(number) => of_number(*number as f64, mask),
        DataRef::Float(number) => of_number(*number, mask),
        DataRef::DateTime(serial) => of_serial(serial, is_1904),
        DataRef::DateTimeIso(text) => match text.trim_end_matches('Z').parse() {
            Ok(moment) if !text.ends_with('Z') => Value::Moment(moment),
            _ => Value::Text(text.clone()),
        },
        DataRef::Bool(is) => {
            let shown = if *is { "TRUE" } else { "FALSE" };
            Value::Wrong(format!("is {shown} where a text or a number is due; correct it"))
        }
        DataRef::Error(error) => Value::Wrong(format!(
            "holds the error {error}; correct its formula and save the workbook again"
        )),
    }
}

fn of_number<'w>(number: f64, mask: Option<&Mask>) -> Value<'w> {
    if number.abs() >= EXACT_MAX || !number.is_finite() {
        return Value::Wrong(format!(
            "is the number {number}, and a workbook keeps only 15 digits; format the column as \
             text and enter it anew"
        ));
    }
    match mask.and_then(|it| it.show(number)) {
        Some(text) => Value::Shown(number, text),
        None => Value::Number(number),
    }
}

/// Days of a workbook end with the year 9999.
const SERIAL_END: f64 = 2_958_466.0;

fn of_serial<'w>(serial: &ExcelDateTime, is_1904: bool) -> Value<'w> {
    let days = serial.as_f64();
    let moment = if serial.is_duration() { None } else { moment(days, is_1904) };
    match moment {
        Some(moment) => Value::Moment(moment),
        None => Value::Wrong(format!(
            "is {days} with the format of a moment, and no moment; correct the cell's format"
        )),
    }
}

fn moment(days: f64, is_1904: bool) -> Option<DateTime> {
    // Day 0; the book of 1900 counts a 29th of February that never was.
    let epoch = match is_1904 {
        true => civil::date(1904, 1, 1),
        false if days < 60.0 => civil::date(1899, 12, 31),
        false => civil::date(1899, 12, 30),
    };
    if !(0.0..SERIAL_END).contains(&days) {
        return None;
    }
    let milliseconds = (days * 86_400_000.0).round() as i64;
    epoch.at(0, 0, 0, 0).checked_add(SignedDuration::from_millis(milliseconds)).ok()
}

/// A number format that shows a whole number with zeros before it or with marks between its
/// digits, such as `00000` or `000-000`: what people see of a code, and what must be kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mask {
    /// None: a digit.
    parts: Vec<Option<char>>,
    digits: usize,
}

/// A longer format is none of a code.
const MASK_CHARS_MAX: usize = 64;

impl Mask {
    pub fn of(style: &Style) -> Option<Mask> {
        Mask::new(&style.number_format.as_ref()?.format_code)
    }

    /// None: a format that shows anything but whole numbers, or shows them as they are.
    fn new(code: &str) -> Option<Mask> {
        let first = code.split(';').next()?;
        if first.len() > MASK_CHARS_MAX || !first.is_ascii() {
            return None;
        }
        let mut parts = Vec::new();
        let mut letters = first.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '0' => parts.push(None),
                '"' => {
                    let quoted = letters.by_ref().take_while(|it| *it != '"');
                    parts.extend(quoted.map(Some));
                }
                '\\' => parts.push(Some(letters.next()?)),
                '-' | ' ' | '/' | '(' | ')' | ':' => parts.push(Some(letter)),
                _ => return None,
            }
        }
        let digits = parts.iter().filter(|it| it.is_none()).count();
        (digits > 0 && parts.len() > 1).then_some(Mask { parts, digits })
    }

    /// None: a number that the format would show in part only.
    fn show(&self, number: f64) -> Option<String> {
        if number < 0.0 || number.fract() != 0.0 {
            return None;
        }
        let digits = format!("{:0width$}", number as u64, width = self.digits);
        let mut left = digits.chars();
        let mut text = String::new();
        let mut surplus = digits.len() - self.digits;
        for part in &self.parts {
            match part {
                Some(mark) => text.push(*mark),
                None => {
                    // Digits that have no place of their own stand at the first.
                    text.extend(left.by_ref().take(surplus + 1));
                    surplus = 0;
                }
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_shows_a_number_as_people_see_it() {
        for (code, number, shown) in [
            ("00000", 123.0, Some("00123")),
            ("00000", 1_234_567.0, Some("1234567")),
            ("000-000", 12_345.0, Some("012-345")),
            ("000-000", 71_012_345.0, Some("71012-345")),
            ("\"SKU-\"0000", 12.0, Some("SKU-0012")),
            ("00\\x00;-0", 1234.0, Some("12x34")),
            ("0000", 1.5, None),
            ("0000", -1.0, None),
        ] {
            let mask = Mask::new(code).expect("a mask");
            assert_eq!(mask.show(number).as_deref(), shown, "{code} {number}");
        }
        for code in ["General", "0", "0.00", "#,##0", "yyyy-mm-dd", "@", "", "-"] {
            assert_eq!(Mask::new(code), None, "{code}");
        }
    }

    #[test]
    fn days_are_counted_from_1900_or_1904() {
        let shown = |days, is_1904| moment(days, is_1904).map(|it| it.to_string());
        assert_eq!(shown(46_357.5, false).as_deref(), Some("2026-12-01T12:00:00"));
        assert_eq!(shown(44_895.5, true).as_deref(), Some("2026-12-01T12:00:00"));
        assert_eq!(shown(1.0, false).as_deref(), Some("1900-01-01T00:00:00"));
        assert_eq!(shown(61.0, false).as_deref(), Some("1900-03-01T00:00:00"));
        assert_eq!(shown(0.25, false).as_deref(), Some("1899-12-31T06:00:00"));
        assert_eq!(shown(-1.0, false), None);
        assert_eq!(shown(3e6, false), None);
        assert_eq!(shown(f64::NAN, false), None);
    }
}
