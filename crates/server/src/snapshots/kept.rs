//! Suppliers' files as they came: kept by the hash of their bytes, durably, each once.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

/// The directory of kept files: `snapshots/<first two digits>/<hash>`.
pub(crate) struct Kept {
    root: PathBuf,
    bytes_max: u64,
}

/// How a kept file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the supplier sent it: by the feed's profile.
    Raw,
    /// Lines of a command, in our own JSON.
    Lines,
}

/// Bytes that came, not kept yet. Dropped, they are gone.
pub(crate) struct Fresh {
    file: NamedTempFile,
    pub hash: String,
    pub form: Form,
}

/// Bytes while they come.
pub(crate) struct Coming {
    file: NamedTempFile,
    digest: Sha256,
    bytes: u64,
    bytes_max: u64,
}

impl Kept {
    pub fn new(data_dir: &Path, bytes_max: u64) -> Kept {
        Kept { root: data_dir.join("snapshots"), bytes_max }
    }

    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Removes what a killed process was about to receive. Only before anything else comes.
    pub fn sweep(&self) {
        let incoming = self.incoming();
        if let Err(error) = fs::remove_dir_all(&incoming)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %incoming.display(), "leftovers could not be removed");
        }
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    /// # Errors
    /// The directory cannot be written.
    pub fn begin(&self) -> io::Result<Coming> {
        let incoming = self.incoming();
        fs::create_dir_all(&incoming)?;
        let file = NamedTempFile::new_in(incoming)?;
        Ok(Coming { file, digest: Sha256::new(), bytes: 0, bytes_max: self.bytes_max })
    }

    /// Keeps the bytes: durable when it returns. The same bytes once.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn keep(&self, fresh: Fresh) -> io::Result<PathBuf> {
        let path = self.path_of(&fresh.hash, fresh.form);
        if path.exists() {
            return Ok(path);
        }
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        fresh.file.as_file().sync_all()?;
        fresh.file.persist(&path)?;
        // The name in its folder, and each folder in its own.
        for folder in [folder, self.root.as_path()].into_iter().chain(self.root.parent()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(path)
    }

    fn path_of(&self, hash: &str, form: Form) -> PathBuf {
        let suffix = match form {
            Form::Raw => "",
            Form::Lines => ".lines",
        };
        let folder = hash.get(..2).unwrap_or("00");
        self.root.join(folder).join(format!("{hash}{suffix}"))
    }

    /// Where the bytes with this hash are kept, and how to read them. None: they are not, or it
    /// is no hash.
    pub fn find(&self, hash: &str) -> Option<(PathBuf, Form)> {
        let digits = hash.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        if hash.len() != 64 || !digits {
            return None;
        }
        let paths = [Form::Raw, Form::Lines].map(|form| (self.path_of(hash, form), form));
        paths.into_iter().find(|(path, _)| path.exists())
    }
}

impl Coming {
    /// # Errors
    /// `FileTooLarge`: more bytes than are taken. Others: the file cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    pub fn end(self, form: Form) -> Fresh {
        let hash = hex(&self.digest.finalize());
        Fresh { file: self.file, hash, form }
    }
}

impl Fresh {
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(kept: &Kept, bytes: &[u8]) -> io::Result<Fresh> {
        let mut coming = kept.begin()?;
        bytes.chunks(3).try_for_each(|it| coming.write(it))?;
        Ok(coming.end(Form::Raw))
    }

    #[test]
    fn bytes_are_kept_once_and_found_by_their_hash() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Kept::new(directory.path(), 1_000);
        let one = fresh(&kept, b"sku,quantity\n007,3\n").unwrap();
        let hash = one.hash.clone();
        assert_eq!(kept.find(&hash), None);
        let path = kept.keep(one).unwrap();
        assert_eq!(kept.keep(fresh(&kept, b"sku,quantity\n007,3\n").unwrap()).unwrap(), path);
        assert_eq!(kept.find(&hash), Some((path.clone(), Form::Raw)));
        assert_eq!(fs::read(path).unwrap(), b"sku,quantity\n007,3\n");
        assert_eq!(fs::read_dir(kept.incoming()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_hash_is_no_path() {
        let kept = Kept::new(Path::new("/"), 1_000);
        for text in ["", "../../etc/passwd", &"A".repeat(64), &"/".repeat(64)] {
            assert_eq!(kept.find(text), None, "{text}");
        }
    }

    #[test]
    fn more_bytes_than_are_taken_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let kept = Kept::new(directory.path(), 10);
        let error = fresh(&kept, &[b'x'; 11]).map(|it| it.hash).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(fresh(&kept, &[b'x'; 10]).is_ok());
    }
}
