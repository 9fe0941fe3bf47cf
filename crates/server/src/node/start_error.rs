//! Why an installation cannot be made or opened, said to the people who run it.

use std::io;
use std::path::PathBuf;

use onhand_journal::Fault;

/// Every message names the file or the shard, and the remedy where there is one.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot {doing}: {source}")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "{} holds no installation; create one with `onhand init --data {}`, or name another directory with --data",
        data_dir.display(), data_dir.display()
    )]
    NotThere { data_dir: PathBuf },
    #[error(
        "{} holds an installation already; start it with `onhand serve`, or name another directory with --data",
        data_dir.display()
    )]
    AlreadyThere { data_dir: PathBuf },
    #[error(
        "{} is in use by another process; stop that one, or name another directory with --data",
        data_dir.display()
    )]
    InUse { data_dir: PathBuf },
    #[error(
        "{} cannot be read as an installation: {reason}; restore it from a backup",
        path.display()
    )]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "the journal {} is gone, though {} says that it was made; it is never made anew in passing: restore it from a backup, or start over in another directory with `onhand init`",
        journal.display(), installation.display()
    )]
    JournalGone { journal: PathBuf, installation: PathBuf },
    #[error("shard {shard}: {}", chain(fault))]
    Journal { shard: u16, fault: Fault },
}

impl StartError {
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> StartError {
        StartError::Io { doing: doing.into(), source }
    }
}

/// An error with all that is beneath it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
