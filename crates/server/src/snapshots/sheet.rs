//! A supplier's file as it lies there: read as often as need be, a stretch of lines at a time.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use onhand_reconciler::format::{self, Format, Profile};
use onhand_reconciler::{Complaint, Complaints, Line, Reading};

use super::kept::Form;

/// Lines handed on at once: whoever looks at the book for them holds it up no longer.
pub(super) const CHUNK_LINES: usize = 1_000;
/// A file with no more lines is parsed once and its lines stay in memory; of a longer one they
/// are parsed anew for each look.
const LINES_KEPT: usize = 50_000;
const BUFFER_BYTES: usize = 256 << 10;

pub(super) struct Sheet {
    path: PathBuf,
    profile: Profile,
    pub reading: Reading,
    /// None: too many.
    lines: Option<Vec<Line>>,
}

impl Sheet {
    /// Reads the file to its end.
    ///
    /// # Errors
    /// All that is wrong with it, or with the profile.
    pub fn open(path: PathBuf, profile: Option<&str>, form: Form) -> Result<Sheet, Complaints> {
        let profile = match form {
            Form::Raw => profile_of(profile)?,
            Form::Lines => Profile { format: Some(Format::Json), ..Profile::default() },
        };
        let mut lines = Some(Vec::new());
        let reading = read(&path, &profile, &mut |line| {
            if let Some(known) = &mut lines {
                known.push(line);
                if known.len() > LINES_KEPT {
                    lines = None;
                }
            }
        })?;
        Ok(Sheet { path, profile, reading, lines })
    }

    /// The same file, at the place where it is kept now.
    pub fn at(self, path: PathBuf) -> Sheet {
        Sheet { path, ..self }
    }

    /// Hands on all lines, in order.
    ///
    /// # Errors
    /// The file is not what it was.
    pub fn each_chunk(&self, work: &mut dyn FnMut(&[Line])) -> Result<(), Complaints> {
        if let Some(lines) = &self.lines {
            lines.chunks(CHUNK_LINES).for_each(work);
            return Ok(());
        }
        let mut chunk = Vec::with_capacity(CHUNK_LINES);
        read(&self.path, &self.profile, &mut |line| {
            chunk.push(line);
            if chunk.len() == CHUNK_LINES {
                work(&chunk);
                chunk.clear();
            }
        })?;
        if !chunk.is_empty() {
            work(&chunk);
        }
        Ok(())
    }
}

fn read(
    path: &PathBuf,
    profile: &Profile,
    sink: &mut dyn FnMut(Line),
) -> Result<Reading, Complaints> {
    let gone = |error| Complaint::of_file(format!("cannot be opened: {error}; send it again"));
    let file = File::open(path).map_err(gone)?;
    format::read(&mut BufReader::with_capacity(BUFFER_BYTES, file), profile, sink)
}

fn profile_of(text: Option<&str>) -> Result<Profile, Complaint> {
    Profile::parse(text.unwrap_or("")).map_err(|it| {
        let message = format!("the feed's profile is wrong ({it}); correct it with set_feed");
        Complaint::of_file(message)
    })
}
