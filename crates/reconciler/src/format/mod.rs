//! What suppliers send: each format in its own file, all read into the same lines.
//!
//! A reader calls a sink for each line and keeps nothing of the file but what it must, so that a
//! million lines need no more memory than ten. A file is read to its end even where something is
//! wrong with it: people want to hear of all their mistakes at once.

mod cells;
mod contradiction;
mod delimited;
mod detect;
mod doubles;
mod edi_envelope;
mod edi_item;
mod edi_items;
mod edi_number;
mod edi_segment;
mod edi_time;
mod edifact;
mod edifact_report;
mod fixed;
mod json;
mod moment;
mod number;
mod place;
mod profile;
mod row;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_edi_round_trip;
#[cfg(test)]
mod testing_edifact;
#[cfg(test)]
mod testing_round_trip;
#[cfg(test)]
mod testing_x12;
#[cfg(test)]
mod testing_xlsx;
mod text;
mod x12;
mod x12_report;
mod xlsx;
mod xlsx_cell;
mod xlsx_guard;

use std::io::{Read, Seek};

use serde::Deserialize;

pub use moment::{Moments, NoMoment, Zone};
pub use profile::{
    Charset, Column, Columns, Delimiter, EdiTerms, Negative, Only, Profile, Quote, Sheet, Trailer,
};

use doubles::Doubles;

use crate::complaint::COMPLAINTS_MAX;
use crate::{Complaint, Complaints, Line, Reading};

/// The bytes of a file.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    Tsv,
    Pipe,
    Fixed,
    Json,
    Xlsx,
    X12,
    Edifact,
}

/// Reads a file to its end and hands its lines to `sink`, each code once.
///
/// # Errors
/// Everything that is wrong with it. What `sink` was given until then is to be thrown away: a file
/// is read as a whole or not at all.
pub fn read(
    source: &mut dyn Source,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    if let Some((key, message)) = profile.contradiction() {
        return Err(Complaint { line: None, column: Some(key.into()), message }.into());
    }
    let mut doubles = Doubles::default();
    let mut handed_on = 0;
    let mut once = |line: Line| {
        if doubles.is_new(&line) {
            handed_on += 1;
            sink(line);
        }
    };
    let read = match detect::format(source, profile)? {
        format @ (Format::Csv | Format::Tsv | Format::Pipe) => {
            delimited::read(source, profile, format, &mut once)
        }
        Format::Fixed => fixed::read(source, profile, &mut once),
        Format::Json => json::read(source, profile, &mut once),
        Format::X12 => x12::read(source, profile, &mut once),
        Format::Edifact => edifact::read(source, profile, &mut once),
        Format::Xlsx => xlsx::read(source, profile, &mut once),
    };
    let mut reading = merged(read, doubles.complaints)?;
    reading.skipped += doubles.repeated;
    reading.lines = handed_on;
    if handed_on == 0 {
        return Err(no_lines(&reading).into());
    }
    reading.header.complete = reading.header.complete.or(profile.complete);
    reading.header.basis = reading.header.basis.or(profile.basis);
    Ok(reading)
}

fn no_lines(reading: &Reading) -> Complaint {
    Complaint::of_file(match reading.skipped {
        0 => "the file has no lines; a supplier without stock sends lines with 0".to_owned(),
        skipped => format!(
            "the file has no lines but {skipped} left out; correct `only`, `comment`, \
             `skip_rows` or `edi.location` in the profile, or ask for the file again"
        ),
    })
}

/// What was read, if nothing more is wrong.
fn merged(read: Result<Reading, Complaints>, more: Complaints) -> Result<Reading, Complaints> {
    match read {
        Ok(reading) if more.is_empty() => Ok(reading),
        Ok(_) => Err(more),
        Err(mut complaints) => {
            merge(&mut complaints, more);
            Err(complaints)
        }
    }
}

/// Adds complaints in the order of the file's lines, those of the whole file first. Of one line
/// the added ones come first: what is wrong with its bytes explains the rest.
fn merge(complaints: &mut Complaints, more: Complaints) {
    complaints.count += more.count;
    complaints.first.splice(0..0, more.first);
    complaints.first.sort_by_key(|it| it.line);
    complaints.first.truncate(COMPLAINTS_MAX);
}
