//! What suppliers send: each format in its own file, all read into the same lines.
//!
//! A reader calls a sink for each line and keeps nothing of the file but what it must, so that a
//! million lines need no more memory than ten. A file is read to its end even where something is
//! wrong with it: people want to hear of all their mistakes at once.

mod contradiction;
mod moment;
mod profile;

use std::io::{Read, Seek};

use serde::Deserialize;

pub use moment::{Moments, Zone};
pub use profile::{
    Charset, Column, Columns, Delimiter, EdiTerms, Negative, Only, Profile, Quote, Sheet, Trailer,
};

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
    let format = profile.format.unwrap_or(Format::Csv);
    let (_, _) = (source, sink);
    match format {
        Format::Csv | Format::Tsv | Format::Pipe => Err(not_yet()),
        Format::Fixed => Err(not_yet()),
        Format::Json => Err(not_yet()),
        Format::Xlsx => Err(not_yet()),
        Format::X12 => Err(not_yet()),
        Format::Edifact => Err(not_yet()),
    }
}

fn not_yet() -> Complaints {
    Complaint::of_file("the format cannot be read yet").into()
}
