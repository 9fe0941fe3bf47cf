//! What a person sees: tables, colour and progress, only where somebody is looking.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use comfy_table::{
    Attribute, Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How a table's column is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Text,
    Number,
}

/// A line under the header and no other: numbers are easier to compare without a grid.
const UNDERLINED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints rows as a table on a terminal, and as plain aligned text elsewhere.
pub fn print_table(headers: &[(&str, Align)], rows: &[Vec<String>]) {
    let mut table = Table::new();
    table.load_style(UNDERLINED).set_content_arrangement(ContentArrangement::Dynamic);
    let bold = std::io::stdout().is_terminal();
    table.set_header(headers.iter().map(|(title, align)| {
        let cell = Cell::new(title).set_alignment(alignment(*align));
        if bold { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    for row in rows {
        let cells = row.iter().zip(headers);
        table.add_row(
            cells.map(|(text, (_, align))| Cell::new(text).set_alignment(alignment(*align))),
        );
    }
    print(&table.trim_fmt());
}

fn alignment(align: Align) -> CellAlignment {
    match align {
        Align::Text => CellAlignment::Left,
        Align::Number => CellAlignment::Right,
    }
}

/// A line on standard output. Whoever closes the pipe early has read enough.
pub fn print(line: &str) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

/// Rows as CSV, with a header. What a spreadsheet would take for a formula begins with an
/// apostrophe.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_csv(headers: &[(&str, Align)], rows: &[Vec<String>]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(headers.iter().map(|(title, _)| title.replace(' ', "_")))?;
    for row in rows {
        writer.write_record(row.iter().map(|it| harmless(it).into_owned()))?;
    }
    writer.flush()
}

/// A cell that no spreadsheet takes for a formula; numbers below zero stay numbers.
fn harmless(cell: &str) -> Cow<'_, str> {
    let is_number = || cell.parse::<i64>().is_ok();
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number() {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// A bar with what is done, how fast, and how long it will still take. Silent off a terminal.
pub fn progress(total: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    let template = format!(
        "  {{msg}} {{bar:30}} {{human_pos}} of {{human_len}} {unit}, {{per_sec}}, {{eta}} left"
    );
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// A number with thousands kept apart: 245,903.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time as the HTTP door tells it, to the second: 2026-03-03 09:00:00.
pub fn moment(time: &serde_json::Value) -> String {
    let second: String = time.as_str().unwrap_or_default().chars().take(19).collect();
    second.replace('T', " ")
}

/// A duration for people: 480 µs, 12.3 ms, 4.56 s, 3 min 20 s.
pub fn told(time: Duration) -> String {
    let us = time.as_micros();
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        1_000_000..120_000_000 => format!("{:.2} s", us as f64 / 1e6),
        _ => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        let cells = ["=1+1", "@SUM(A1)", "+1x", "-x", "\tx", "-5", "W-1", "", "+5"];
        let told = cells.map(|it| harmless(it).into_owned());
        assert_eq!(told, ["'=1+1", "'@SUM(A1)", "'+1x", "'-x", "'\tx", "-5", "W-1", "", "+5"]);
    }

    #[test]
    fn numbers_are_told_for_people() {
        assert_eq!(
            [0, 999, 1_000, 245_903, 1_000_000].map(grouped),
            ["0", "999", "1,000", "245,903", "1,000,000"]
        );
        let times = [480, 12_300, 4_560_000, 200_000_000].map(|it| told(Duration::from_micros(it)));
        assert_eq!(times, ["480 µs", "12.3 ms", "4.56 s", "3 min 20 s"]);
    }
}
