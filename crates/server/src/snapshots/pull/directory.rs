//! A watched directory: its files in order of their names, each once it has stopped growing.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use onhand_core::{Label, Time};
use sha2::{Digest, Sha256};

use crate::snapshots::kept::{Form, Fresh, Kept, hex};

/// How each file looked when it was looked at last.
pub(super) type Looks = HashMap<PathBuf, Look>;

/// A file as it looks, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    bytes: u64,
    modified: Option<SystemTime>,
    since: Instant,
    /// How often it could not be taken, and when it is tried again.
    failures: u32,
    again: Option<Instant>,
}

impl Look {
    fn is_as(&self, other: &Look) -> bool {
        (self.bytes, self.modified) == (other.bytes, other.modified)
    }

    /// When the file was changed last, if its clock knows.
    pub fn changed(&self) -> Option<Time> {
        let since = self.modified?.duration_since(UNIX_EPOCH).ok()?;
        u64::try_from(since.as_micros()).ok().map(Time)
    }

    /// It could not be taken: it is tried again later, and later each time. True the first time.
    pub fn fail(&mut self, back_off: Duration, longest: Duration) -> bool {
        let wait = back_off.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.again = Some(Instant::now() + wait);
        self.failures += 1;
        self.failures == 1
    }
}

/// The directory that a feed names, if it lies below the root that the settings allow.
///
/// # Errors
/// Said to people.
pub(super) fn below(root: &Path, named: &str) -> Result<PathBuf, String> {
    if root.as_os_str().is_empty() {
        return Err("no directory is watched: set pull.directories to the one above it".into());
    }
    let real = |path: &Path| {
        fs::canonicalize(path).map_err(|error| {
            format!(
                "{} cannot be read: {error}; make the directory and let the server read it, or \
                 correct `pull.directory` with set_feed",
                path.display()
            )
        })
    };
    // Links are followed first, so that none leads out.
    let (root, path) = (real(root)?, real(&root.join(named))?);
    match path.starts_with(&root) && path != root {
        true => Ok(path),
        false => Err(format!("{named} does not lie below pull.directories")),
    }
}

/// Files that have looked the same for at least `apart`, in order of their names: two looks may be
/// closer together. `looks` is brought up to date.
///
/// # Errors
/// The directory cannot be read.
pub(super) fn ready(
    directory: &Path,
    looks: &mut Looks,
    now: Instant,
    apart: Duration,
) -> io::Result<Vec<PathBuf>> {
    let (mut seen, mut ready) = (Looks::new(), Vec::new());
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Neither directories nor links.
        if hidden || !entry.file_type()?.is_file() {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let look = Look { bytes, modified, since: now, failures: 0, again: None };
        let look = looks.remove(&entry.path()).filter(|it| it.is_as(&look)).unwrap_or(look);
        let is_still = now.duration_since(look.since) >= apart;
        if is_still && look.again.is_none_or(|at| at <= now) {
            ready.push(entry.path());
        }
        seen.insert(entry.path(), look);
    }
    *looks = seen;
    ready.sort();
    Ok(ready)
}

/// A name of the file as it was put there: whoever puts the same bytes there again says something
/// new, but a file that is only looked at again is the same.
pub(super) fn named(path: &Path, changed: Option<Time>, hash: &str) -> Option<Label> {
    let name = path.file_name()?.to_string_lossy();
    let text = format!("{name}\0{}\0{hash}", changed?.as_us());
    let digest = Sha256::digest(text.as_bytes());
    Label::new(&format!("file-{}", hex(digest.get(..8)?))).ok()
}

/// The file's bytes.
///
/// # Errors
/// It cannot be read, or has more bytes than are taken.
pub(super) fn receive(path: &Path, kept: &Kept) -> io::Result<Fresh> {
    let (mut file, mut coming) = (open_itself(path)?, kept.begin()?);
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(coming.end(Form::Raw)),
            count => coming.write(piece.get(..count).unwrap_or_default())?,
        }
    }
}

/// The file itself: not what a link put in its place leads to.
fn open_itself(path: &Path) -> io::Result<fs::File> {
    let file = fs::File::open(path)?;
    let (named, opened) = (fs::symlink_metadata(path)?, file.metadata()?);
    #[cfg(unix)]
    let same = {
        use std::os::unix::fs::MetadataExt;
        (named.dev(), named.ino()) == (opened.dev(), opened.ino())
    };
    #[cfg(not(unix))]
    let same = named.len() == opened.len();
    match named.is_file() && same {
        true => Ok(file),
        false => Err(io::Error::other("is no file of its own")),
    }
}

/// Moves the file into `done` or `refused` beside it, with a report. A name that is taken there
/// gets a number. Whoever may write the directory must not lead us out of it by a link.
///
/// # Errors
/// It cannot be moved.
pub(super) fn put_away(path: &Path, is_done: bool, report: &str) -> io::Result<()> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let folder = directory.join(if is_done { "done" } else { "refused" });
    fs::create_dir_all(&folder)?;
    if !fs::symlink_metadata(&folder)?.is_dir() {
        let message = format!("{} is a link; remove it", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
    }
    let name = name.to_string_lossy();
    let names = std::iter::once(name.to_string()).chain((2..).map(|it| format!("{name}.{it}")));
    let mut pairs = names.map(|it| (folder.join(format!("{it}.report.txt")), folder.join(it)));
    let is_free = |path: &Path| fs::symlink_metadata(path).is_err();
    let free = pairs.find(|(report, target)| is_free(report) && is_free(target));
    let Some((beside, target)) = free else { return Ok(()) };
    fs::File::create_new(beside)?.write_all(report.as_bytes())?;
    fs::rename(path, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_outside_the_root_is_not_watched() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("acme");
        fs::create_dir(&inside).unwrap();
        assert!(below(root.path(), "acme").is_ok());
        let refused = |named: &str| below(root.path(), named).unwrap_err();
        for named in ["..", ".", "acme/..", "/etc", "acme/../.."] {
            assert!(refused(named).contains("does not lie below"), "{named}: {}", refused(named));
        }
        assert!(refused("nobody").contains("cannot be read"));
        assert!(below(Path::new(""), "acme").unwrap_err().contains("pull.directories"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc", root.path().join("out")).unwrap();
            assert!(refused("out").contains("does not lie below"));
        }
    }

    #[test]
    fn a_file_is_ready_once_it_has_stopped_growing() {
        let directory = tempfile::tempdir().unwrap();
        let (b, a) = (directory.path().join("b.csv"), directory.path().join("a.csv"));
        fs::write(&b, "x").unwrap();
        fs::write(directory.path().join(".hidden"), "x").unwrap();
        let (mut looks, begun, apart) =
            (Looks::new(), Instant::now(), Duration::from_millis(5_000));
        let mut at = |ms: u64| {
            let now = begun + Duration::from_millis(ms);
            ready(directory.path(), &mut looks, now, apart).unwrap()
        };
        let none = Vec::<PathBuf>::new();
        assert_eq!(at(0), none);
        fs::write(&b, "xx").unwrap();
        fs::write(&a, "x").unwrap();
        assert_eq!(at(5_000), none);
        // Somebody made us look again at once: that it is the same says nothing.
        assert_eq!(at(5_003), none);
        assert_eq!(at(10_000), [a.clone(), b.clone()]);
        // What cannot be taken waits, and holds nothing up.
        let longest = Duration::from_secs(3_600);
        assert!(looks.get_mut(&a).unwrap().fail(longest, longest));
        assert!(!looks.get_mut(&a).unwrap().fail(longest, longest));
        let later = begun + Duration::from_millis(15_000);
        assert_eq!(ready(directory.path(), &mut looks, later, apart).unwrap(), [b]);
        put_away(&a, false, "why").unwrap();
        fs::write(&a, "x").unwrap();
        put_away(&a, false, "why").unwrap();
        let refused = directory.path().join("refused");
        for name in ["a.csv", "a.csv.report.txt", "a.csv.2", "a.csv.2.report.txt"] {
            assert!(refused.join(name).exists(), "{name}");
        }
    }
}
