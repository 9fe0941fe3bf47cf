//! One process at a time in a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StartError;

/// Held as long as the process uses the directory; the system lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct DataLock {
    _file: File,
}

impl DataLock {
    /// # Errors
    /// `InUse` if another process has it; `Io` if the directory cannot be written.
    pub fn take(data_dir: &Path) -> Result<DataLock, StartError> {
        let path = data_dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let failed = |error| StartError::io(format!("lock {}", path.display()), error);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(DataLock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(StartError::InUse { data_dir: data_dir.to_owned() })
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
