//! One process at a time in a data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::StartError;

/// A process that has just ended may hold its lock a moment longer than it is seen to live.
const LET_GO_MAX: Duration = Duration::from_secs(2);
const LET_GO_POLL: Duration = Duration::from_millis(20);

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
        let latest = Instant::now() + LET_GO_MAX;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(DataLock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < latest => {
                    thread::sleep(LET_GO_POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(StartError::InUse { data_dir: data_dir.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}
